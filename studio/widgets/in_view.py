"""Bringing a control into view, however deep it lies in what scrolls."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from studio import theme

_MOVED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.LayoutRequest)
_PASSING = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason, Qt.FocusReason.MenuBarFocusReason)
"""Why a control loses the focus and gets it back by itself."""


def focus_in_view(control: QWidget, whole: QWidget | None = None) -> None:
    """Give ``control`` the focus and scroll to it, with all of ``whole`` (what it belongs to) where there is room.

    A page that is just being opened has its layout only when Qt comes back to it, and texts that are wrapped their
    heights a moment later: whatever moves ``control`` afterwards is followed, until the person scrolls or goes on to
    another control.
    """
    control.setFocus(Qt.FocusReason.ShortcutFocusReason)
    bring_into_view(control, whole)
    for former in control.findChildren(_Following, options=Qt.FindChildOption.FindDirectChildrenOnly):
        former.end()
    _Following(control, whole)


def bring_into_view(control: QWidget, whole: QWidget | None = None) -> None:
    """Scroll every area around ``control`` so far that it is seen."""
    for area in _areas_around(control):
        if whole is not None:
            area.ensureWidgetVisible(whole, 0, theme.L)
        area.ensureWidgetVisible(control, 0, theme.L)


class _Following(QObject):
    """Keeps ``control`` in view while it holds the focus, or will once it is shown."""

    def __init__(self, control: QWidget, whole: QWidget | None) -> None:
        super().__init__(control)
        self._control, self._whole = control, whole
        self._holder = control
        while (proxy := self._holder.focusProxy()) is not None:
            self._holder = proxy
        self._later = QTimer(self, singleShot=True)  # after all of a layout has taken its place
        self._later.timeout.connect(self._follow)
        self._holder.installEventFilter(self)
        part: QWidget | None = control
        while part is not None:
            part.installEventFilter(self)
            part = None if part.isWindow() else part.parentWidget()
        for area in _areas_around(control):
            area.verticalScrollBar().actionTriggered.connect(self.end)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVED:
            self._later.start()
        elif isinstance(event, QFocusEvent) and watched is self._holder and event.lostFocus() \
                and event.reason() not in _PASSING:
            self.end()
        return False

    @Slot()
    def end(self) -> None:
        """The person has gone on."""
        self._later.stop()
        self.deleteLater()

    @Slot()
    def _follow(self) -> None:
        if not self._control.isVisible():
            return
        if self._control.window().focusWidget() is self._holder:
            bring_into_view(self._control, self._whole)
        else:
            self.end()


def _areas_around(control: QWidget) -> list[QScrollArea]:
    """The innermost first."""
    found = []
    parent = control.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            found.append(parent)
        parent = parent.parentWidget()
    return found
