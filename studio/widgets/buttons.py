"""Buttons: one primary action a screen, the others plain or quiet."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QPushButton, QToolButton, QWidget

from studio import theme
from studio.theme.icons import ICON

GAP = 0.25
"""The share of an icon's width that is kept free before the text, besides what the style keeps."""
_INK = {"primary": "accent_text", "danger": "error", "quiet": "accent", "fold": "accent", "search": "muted"}


class Button(QPushButton):
    """A button with a text and perhaps an icon. ``role``: "plain", "primary", "danger", "quiet" or "fold"."""

    def __init__(self, text: str, icon: str = "", role: str = "plain", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", role)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(text.replace("&", ""))
        self.setAutoDefault(True)  # Enter presses the button that has the focus, outside of dialogs too
        self._icon_name = icon
        self._show_icon(role)

    def set_role(self, role: str) -> None:
        """Let the button be of another kind: the primary one, say, or no longer."""
        if self.property("role") != role:
            theme.restyle(self, "role", role)
            self._show_icon(role)

    def set_icon(self, name: str) -> None:
        self._icon_name = name
        self._show_icon(str(self.property("role")))

    def _show_icon(self, role: str) -> None:
        if self._icon_name:
            self.setIconSize(QSize(round(ICON * (1 + GAP)), ICON))
            theme.current().set_icon(self, self._icon_name, _INK.get(role, "text"), GAP)


class PrimaryButton(Button):
    """The one thing that a screen is about."""

    def __init__(self, text: str, icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, icon, "primary", parent)


class ElidedButton(Button):
    """A button that gives way when there is no room: its text is cut in the middle, whole in the tooltip then."""

    def __init__(self, text: str, icon: str = "", role: str = "plain", parent: QWidget | None = None) -> None:
        """``text``: as it is to be read; an "&" in it is no mark of a key."""
        super().__init__(text.replace("&", "&&"), icon, role, parent)
        self.whole = text
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(self._advance(self.whole) - self._advance(self.shown()), 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), self.fontMetrics().averageCharWidth() * 12), self.sizeHint().height())

    def shown(self) -> str:
        """What is to be read."""
        return self.text().replace("&&", "&")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        text = self.whole
        if self.width() < self.sizeHint().width():
            around = super().sizeHint().width() - self._advance(self.shown())
            text = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, self.width() - around)
        if text != self.shown():
            self.setText(text.replace("&", "&&"))
        self.setToolTip(self.whole if text != self.whole else "")

    def _advance(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text)


class IconButton(QToolButton):
    """A button that is only an icon; ``name`` is its tooltip and what a screen reader says."""

    def __init__(self, icon: str, name: str, parent: QWidget | None = None, color: str = "muted") -> None:
        super().__init__(parent)
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(theme.TARGET, theme.TARGET)
        theme.current().set_icon(self, icon, color)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses it as it does any other button, and not what it lies on."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            (self.click if self.menu() is None else self.showMenu)()
        else:
            super().keyPressEvent(event)

    def rename(self, icon: str, name: str, color: str = "muted") -> None:
        """Let the button be another one: Pause becomes Resume."""
        self.setToolTip(name)
        self.setAccessibleName(name)
        theme.current().set_icon(self, icon, color)


class OnePress(QObject):
    """Makes a double click on ``buttons`` one click, whichever of them the second press meets.

    For buttons that take each other's place or meaning when they are pressed: the second press of a hand that clicks
    everything twice must not undo, or worse, what the first one did.
    """

    def __init__(self, parent: QObject, buttons: Iterable[QAbstractButton]) -> None:
        super().__init__(parent)
        for button in buttons:
            button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Qt sends it between the second press and its release; a button that is not down by then is not clicked.
        if event.type() == QEvent.Type.MouseButtonDblClick and isinstance(watched, QAbstractButton):
            watched.setDown(False)
            return True
        return False
