"""News that comes and goes in the corner, and never asks for an answer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QCursor, QEnterEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio import theme
from studio.shell import Notice

from .buttons import Button, IconButton
from .card import Card
from .layouts import in_row
from .text_labels import IconLabel, Paragraph

_ICONS = {"info": ("info", "accent"), "ok": ("done", "ok"), "warning": ("warning", "warn"), "error": ("error", "error")}
WIDTH = 380
SHOWN = 4
"""More than this are not stacked; the oldest goes."""
CONTROL = 64
"""Px up to which a part of the window is kept free as a whole; of a higher one (a table, a text) the place in use."""
SECONDS = {"info": 6, "ok": 6, "warning": 12, "error": 20}


class Toast(Card):
    """One piece of news. It stays while the mouse rests on it, and its time runs only while it is seen."""

    closed = Signal(object)

    def __init__(self, notice: Notice, parent: QWidget) -> None:
        super().__init__(margin=theme.M, parent=parent)
        self.notice = notice
        self.set_colors("panel", "outline")
        self._text = Paragraph(notice.text, muted=False)
        close = IconButton("close", self.tr("Close"))
        close.clicked.connect(self.close_toast)
        name, color = _ICONS[notice.level]
        top, middle = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignVCenter
        self.body.addLayout(in_row((IconLabel(name, 20, color), 0, top), (self._text, 1, middle), (close, 0, top),
                                   gap=theme.M))
        if notice.button:
            button = Button(notice.button, role="quiet")
            button.clicked.connect(self._act)
            self.body.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName(notice.text)
        self._timer = QTimer(self, singleShot=True, interval=SECONDS[notice.level] * 1_000)
        self._timer.timeout.connect(self.close_toast)

    def fit(self, width: int) -> None:
        """Be so wide, and as high as the text needs: only a toast that is shown knows how many lines that is."""
        self.setFixedWidth(width)
        self._text.setFixedWidth(width - 2 * theme.M - 20 - 2 * theme.M - theme.TARGET)
        layout = self.layout()
        if layout is not None:
            layout.activate()
        self.adjustSize()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if self.isVisible():  # the pointer leaves one that is hidden as well
            self._timer.start()
        super().leaveEvent(event)

    @Slot()
    def close_toast(self) -> None:
        self.hide()
        self.closed.emit(self)

    @Slot()
    def _act(self) -> None:
        if self.notice.action is not None:
            self.notice.action()
        self.close_toast()


class Toasts(QObject):
    """Stacks toasts in the lower right corner of ``window``, above ``lift`` px and right of ``inset`` px; in another
    corner where they would cover what the person is just using."""

    def __init__(self, window: QWidget, lift: int = 0, inset: int = 0) -> None:
        super().__init__(window)
        self._window = window
        self._lift, self._inset = lift, inset
        self._corner = (1, 1)
        """Right or left, below or above (1 or 0 each)."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_changed)
        self.shown: list[Toast] = []
        window.installEventFilter(self)

    @Slot(object)
    def show_notice(self, notice: Notice) -> None:
        """Show ``notice``; the same text is not shown twice at a time."""
        for toast in [one for one in self.shown if one.notice.text == notice.text]:
            toast.close_toast()
        if len(self.shown) >= SHOWN:
            self.shown[0].close_toast()
        toast = Toast(notice, self._window)
        toast.closed.connect(self._closed)
        self.shown.append(toast)
        toast.show()
        toast.fit(self._width())
        toast.raise_()
        self._place()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(toast, notice.text))

    def clear(self) -> None:
        for toast in list(self.shown):
            toast.close_toast()

    @Slot()
    def forget_undo(self) -> None:
        """Something was changed: the button of a toast would take back that, and not what the toast tells of."""
        for toast in [one for one in self.shown if one.notice.undoes]:
            toast.close_toast()

    @Slot()
    def forget_untrue(self) -> None:
        """Something has happened: what is true no longer goes."""
        for toast in [one for one in self.shown if one.notice.holds is not None and not one.notice.holds()]:
            toast.close_toast()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            for toast in self.shown:
                toast.fit(self._width())
            self._place()
        return super().eventFilter(watched, event)

    @Slot(object)
    def _closed(self, toast: Toast) -> None:
        if toast in self.shown:
            self.shown.remove(toast)
            toast.deleteLater()
            self._place()

    @Slot()
    def _focus_changed(self) -> None:
        """Whoever goes through the window with the tab key sees where they are."""
        focus = QApplication.focusWidget()
        mine = focus is not None and self._is_mine(focus)
        if self.shown and not mine and not any(toast.underMouse() for toast in self.shown):
            self._place()

    def _place(self) -> None:
        if not self.shown:
            self._corner = (1, 1)
            return
        self._show_fitting()
        used = self._used()
        free = [corner for corner in (self._corner, (1, 1), (0, 1), (1, 0), (0, 0))
                if not any(self._room(corner).intersects(one) for one in used)]
        self._corner = free[0] if free else (1, 1)
        room = self._room(self._corner)
        top = room.top()
        for toast in self.shown:
            if not toast.isHidden():
                toast.move(room.left(), top)
                top += toast.height() + theme.S

    def _show_fitting(self) -> None:
        """As many as the window is high enough for, the newest first; the others wait behind until there is room."""
        left = self._window.height() - self._lift - 2 * theme.L
        for toast in reversed(self.shown):
            toast.setVisible(toast is self.shown[-1] or toast.height() <= left)
            left -= toast.height() + theme.S

    def _width(self) -> int:
        return min(WIDTH, self._window.width() - 2 * theme.L)

    def _room(self, corner: tuple[int, int]) -> QRect:
        """What the toasts would cover in that corner."""
        heights = [toast.height() for toast in self.shown if not toast.isHidden()]
        high, width = sum(heights) + theme.S * (len(heights) - 1), self._width()
        right, below = corner
        rightmost = self._window.width() - width - theme.L
        x = rightmost if right else min(self._inset + theme.L, rightmost)
        return QRect(x, self._window.height() - self._lift - theme.L - high if below else theme.L, width, high)

    def _used(self) -> list[QRect]:
        """Where the person is at work: the control that has the focus, and the one under the pointer."""
        found, window = [], self._window
        focus = window.focusWidget()
        if focus is not None and not self._is_mine(focus) and focus.isVisible() and focus.height() <= CONTROL:
            found.append(self._seen(focus))
        pointer = window.mapFromGlobal(QCursor.pos())
        under = window.childAt(pointer) if window.underMouse() else None
        if under is not None and not self._is_mine(under):
            reach = QPoint(theme.TARGET, theme.TARGET)
            found.append(self._seen(under) if under.height() <= CONTROL else QRect(pointer - reach, pointer + reach))
        return found

    def _seen(self, part: QWidget) -> QRect:
        """What is seen of ``part`` (it may be scrolled away), in the window's measure."""
        return part.visibleRegion().boundingRect().translated(part.mapTo(self._window, QPoint()))

    def _is_mine(self, part: QWidget) -> bool:
        """Whether ``part`` belongs to a toast, which does not get out of its own way."""
        return any(toast is part or toast.isAncestorOf(part) for toast in self.shown)
