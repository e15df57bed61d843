"""The look in force: which colours, and who is told when they change."""

from __future__ import annotations

import sys
import time
import weakref
from collections.abc import Callable, Generator
from typing import Literal, Protocol

import shiboken6
from PySide6.QtCore import QCoreApplication, QDir, QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from .colors import DARK, LIGHT, Colors
from .icons import draw, icon_folder, make_icon
from .metrics import SMALLEST_POINT_SIZE, Type
from .sheet import sheet_of

Mode = Literal["system", "light", "dark"]
_ROLES = {
    "Window": "window", "WindowText": "text", "Base": "panel", "AlternateBase": "window", "Text": "text",
    "Button": "panel", "ButtonText": "text", "BrightText": "error", "ToolTipBase": "text", "ToolTipText": "panel",
    "PlaceholderText": "muted", "Highlight": "accent", "HighlightedText": "accent_text", "Accent": "accent",
    "Link": "accent", "LinkVisited": "accent", "Light": "panel", "Midlight": "hover", "Mid": "border",
    "Dark": "outline", "Shadow": "outline",
}
_DISABLED = ("WindowText", "Text", "ButtonText", "PlaceholderText")
PIECE_S = 0.01
"""So long at a time what is not in view is dressed anew."""
_POLISHED, _OWN_STYLE = Qt.WidgetAttribute.WA_WState_Polished, Qt.WidgetAttribute.WA_SetStyle
_Icon = tuple["weakref.ref[QObject]", str, str, float]
"""Who has it, its name, its colour, its gap."""


class _HasIcon(Protocol):
    def setIcon(self, icon: QIcon | QPixmap, /) -> None: ...


class Theme(QObject):
    """The theme of the running application; :func:`current` gives it."""

    changed = Signal()
    """The colours have changed: paint anew."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self.mode: Mode = "system"
        self.colors: Colors = LIGHT
        self._icons: dict[tuple[str, str, float], QIcon] = {}
        self._looks: weakref.WeakKeyDictionary[QObject, tuple[str, str, float]] = weakref.WeakKeyDictionary()
        """Of everything that has an icon: its name, its colour, its gap."""
        self._steps: Generator[None, None, None] | None = None
        self._undressed: list[QWidget] = []
        self._old_icons: list[_Icon] = []
        """Of what is not in view and still to be dressed in new colours."""
        base = app.font()
        self._points = max(base.pointSizeF(), SMALLEST_POINT_SIZE)
        QDir.addSearchPath("icons", str(icon_folder()))
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)

    def apply(self, mode: Mode) -> None:
        """Show ``mode``; "system" follows the desktop and keeps following it."""
        self._set_mode(mode)
        self._begin()
        self.finish()

    def change(self, mode: Mode) -> None:
        """As :meth:`apply`, but in pieces, between which the window goes on answering: first what is in view, which is
        not painted before it is whole, then all else."""
        self._set_mode(mode)
        self._begin()
        self._go_on()

    @property
    def changing(self) -> bool:
        """Whether a change has not reached everything yet."""
        return self._steps is not None

    def finish(self) -> None:
        """End a change that is under way."""
        steps, self._steps = self._steps, None
        for _ in steps or ():
            pass

    def dress(self, part: QWidget) -> None:
        """``part`` comes into view: a change that has not reached it yet reaches it now."""
        if self._undressed or self._old_icons:
            mine: list[QWidget] = []
            others: list[QWidget] = []
            for one in filter(_alive, self._undressed):
                (mine if one is part or part.isAncestorOf(one) else others).append(one)
            self._undressed = others
            for widget in mine:
                _polish(widget)
            icons, self._old_icons = self._old_icons, []
            self._old_icons = self._draw_icons(icons, lambda widget: part.isAncestorOf(widget))

    def _set_mode(self, mode: Mode) -> None:
        self.mode = mode
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        self._app.styleHints().setColorScheme(schemes.get(mode, Qt.ColorScheme.Unknown))

    def icon(self, name: str, color: str = "text", gap: float = 0.0) -> QIcon:
        """The icon called ``name`` in today's colours. Prefer :meth:`set_icon`, which follows the theme."""
        key = (name, color, gap)
        if key not in self._icons:
            self._icons[key] = make_icon(name, self.colors, color, gap)
        return self._icons[key]

    def pixmap(self, name: str, size: int, color: str = "text") -> QPixmap:
        """The icon called ``name`` as a picture of ``size`` px."""
        return draw(name, size, self.colors.color(color), self._app.devicePixelRatio())

    def set_icon(self, target: QObject, name: str, color: str = "text", gap: float = 0.0) -> None:
        """Give ``target`` (a button or an action) an icon now and again whenever the colours change. ``gap``: a share
        of its width that stays free behind it."""
        self._looks[target] = name, color, gap
        _put(target, self.icon(name, color, gap))

    def font(self, step: Type = Type.BODY, *, numbers: bool = False) -> QFont:
        """A font of the scale; ``numbers``: figures of equal width, so that a changing number stays in its place."""
        font = QFont(self._app.font())
        font.setPointSizeF(self._points * step.scale)
        if step.emphasised:
            font.setWeight(QFont.Weight.DemiBold)
        if numbers:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def fixed_font(self, step: Type = Type.BODY) -> QFont:
        """The system's font with letters of equal width."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self._points * step.scale)
        return font

    def _begin(self) -> None:
        if self._steps is not None:
            self._steps.close()
        dark = self.mode == "dark" or (
            self.mode == "system" and self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        self.colors = DARK if dark else LIGHT
        self._icons.clear()
        self._steps = self._change()

    @Slot()
    def _go_on(self) -> None:
        """The next step, and another one in a later turn of the loop."""
        if self._steps is not None:
            try:
                next(self._steps)
            except StopIteration:
                self._steps = None
            else:
                QTimer.singleShot(0, self, self._go_on)

    def _change(self) -> Generator[None, None, None]:
        """Dress everything in the colours as they are now."""
        windows = [one for one in self._app.topLevelWidgets() if one.isVisible() and one.updatesEnabled()]
        for window in windows:
            window.setUpdatesEnabled(False)
        try:
            self._app.setPalette(_palette(self.colors))
            aside = self._set_aside()
            # Exchanged for another one, Qt would dress every widget as often as it lies deep.
            self._app.setStyleSheet("")
            self._app.setStyleSheet(sheet_of(self.colors))
            for widget in aside:
                widget.setAttribute(_OWN_STYLE, False)
            yield
            icons = [(weakref.ref(target), *look) for target, look in self._looks.items()]
            self._old_icons = self._draw_icons(icons, QWidget.isVisible)
            self.changed.emit()
        finally:
            for window in windows:
                if _alive(window):
                    window.setUpdatesEnabled(True)
                    # What asked to be painted before is still listed, but the request that Qt sent for it came while
                    # nothing was painted; for a window that has such a list it sends no other.
                    QCoreApplication.postEvent(window, QEvent(QEvent.Type.UpdateRequest))
        yield from self._dress_the_rest()

    def _set_aside(self) -> list[QWidget]:
        """Let Qt take what is not in view for something that it has never dressed and that has a style of its own, so
        that it leaves it alone; gives what has to be told again that it has none."""
        hidden = [one for one in self._app.allWidgets() if not one.isVisible()]
        self._undressed = [one for one in self._undressed if _alive(one)]
        self._undressed += [one for one in hidden if one.testAttribute(_POLISHED)]
        aside = [one for one in hidden if not one.testAttribute(_OWN_STYLE)]
        for widget in aside:
            widget.setAttribute(_POLISHED, False)
            widget.setAttribute(_OWN_STYLE, True)
        return aside

    def _dress_the_rest(self) -> Generator[None, None, None]:
        began = time.perf_counter()
        while self._undressed or self._old_icons:
            if self._undressed:
                _polish(self._undressed.pop())
            else:
                self._draw_icons([self._old_icons.pop()], lambda _: True)
            if time.perf_counter() - began > PIECE_S:
                yield
                began = time.perf_counter()

    def _draw_icons(self, icons: list[_Icon], wanted: Callable[[QWidget], bool]) -> list[_Icon]:
        """Draw those of ``icons`` anew whose owners are ``wanted``, or no widgets; gives the others."""
        others = []
        for entry in icons:
            reference, name, color, gap = entry
            target = reference()
            if target is None or not shiboken6.isValid(target):
                continue
            if isinstance(target, QWidget) and not wanted(target):
                others.append(entry)
            else:
                _put(target, self.icon(name, color, gap))
        return others

    @Slot()
    def _system_changed(self) -> None:
        if self.mode == "system":
            self._begin()
            self._go_on()


_current: list[Theme] = []


def current() -> Theme:
    """The application's theme; made on the first call, in light, before :func:`apply_theme` says otherwise.

    :raises RuntimeError: there is no QApplication yet.
    """
    if not _current or not shiboken6.isValid(_current[0]):
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            raise RuntimeError("the theme needs a QApplication")
        _current[:] = [Theme(app)]
    return _current[0]


def apply_theme(app: QApplication, mode: Mode = "system") -> Theme:
    """Dress ``app``: Fusion (the native style on macOS), base font, palette, style sheet. Can be called again."""
    if sys.platform != "darwin":
        app.setStyle("Fusion")
    theme = current()
    font = theme.font()
    if font.pointSizeF() != app.font().pointSizeF():
        app.setFont(font)
    theme.apply(mode)
    return theme


def colors() -> Colors:
    """Today's colours."""
    return current().colors


def set_type(widget: QWidget, step: Type, *, numbers: bool = False) -> None:
    """Set ``widget`` in a step of the type scale."""
    widget.setFont(current().font(step, numbers=numbers))


def restyle(widget: QWidget, name: str, value: str | bool) -> None:
    """Give ``widget`` the property ``name``, which the style sheet looks at."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _palette(colors: Colors) -> QPalette:
    """A palette with every role set; disabled text is paler, a selection stays readable without focus."""
    palette = QPalette()
    for role, name in _ROLES.items():
        palette.setColor(QPalette.ColorRole[role], QColor(getattr(colors, name)))
    for role in _DISABLED:
        palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole[role], QColor(colors.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, QColor(colors.border))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Accent, QColor(colors.disabled))
    return palette


def _alive(target: QObject | None) -> bool:
    return target is not None and shiboken6.isValid(target)


def _polish(widget: QWidget) -> None:
    if shiboken6.isValid(widget) and not widget.testAttribute(_POLISHED):
        QCoreApplication.sendEvent(widget, QEvent(QEvent.Type.Polish))


def _put(target: QObject, icon: QIcon) -> None:
    setter: _HasIcon = target  # type: ignore[assignment]
    setter.setIcon(icon)
