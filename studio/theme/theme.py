"""The look in force: which colours, and who is told when they change."""

from __future__ import annotations

import sys
import weakref
from typing import Literal, Protocol

import shiboken6
from PySide6.QtCore import QDir, QObject, Qt, Signal, Slot
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
        self._targets: list[tuple[weakref.ref[QObject], str, str, float]] = []
        base = app.font()
        self._points = max(base.pointSizeF(), SMALLEST_POINT_SIZE)
        QDir.addSearchPath("icons", str(icon_folder()))
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)

    def apply(self, mode: Mode) -> None:
        """Show ``mode``; "system" follows the desktop and keeps following it."""
        self.mode = mode
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        self._app.styleHints().setColorScheme(schemes.get(mode, Qt.ColorScheme.Unknown))
        self._show()

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
        self._targets = [entry for entry in self._targets if entry[0]() not in (None, target)]
        self._targets.append((weakref.ref(target), name, color, gap))
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

    def _show(self) -> None:
        dark = self.mode == "dark" or (
            self.mode == "system" and self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        self.colors = DARK if dark else LIGHT
        self._icons.clear()
        self._app.setPalette(_palette(self.colors))
        self._app.setStyleSheet("")  # exchanged for another one, Qt would dress every widget as often as it lies deep
        self._app.setStyleSheet(sheet_of(self.colors))
        self._refresh_icons()
        self.changed.emit()

    def _refresh_icons(self) -> None:
        self._targets = [entry for entry in self._targets if _alive(entry[0]())]
        for reference, name, color, gap in self._targets:
            target = reference()
            if target is not None:
                _put(target, self.icon(name, color, gap))

    @Slot()
    def _system_changed(self) -> None:
        if self.mode == "system":
            self._show()


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


def _put(target: QObject, icon: QIcon) -> None:
    setter: _HasIcon = target  # type: ignore[assignment]
    setter.setIcon(icon)
