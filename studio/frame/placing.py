"""Where the window stands and how large it is: as the last time, and never more than the screen has room for."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QMargins, QObject, QPoint, QRect, QSize, QTimer, Slot
from PySide6.QtWidgets import QStyle, QWidget

USUAL = QSize(1280, 800)
SMALLEST = QSize(960, 600)
"""Every page works from this size on; what is less high or wide than a page is scrolled."""
FRAME_MS = 200
"""So often it is looked whether the desktop has put its frame around the window."""
LOOKS = 15


class Placing(QObject):
    """Gives ``window`` its size and place."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._fitted = QSize()
        self._looks = 0

    def restore(self, known: str) -> None:
        """As :meth:`told` said the last time (an empty text: the usual size), as far as this screen has room."""
        window = self._window
        if not known or not window.restoreGeometry(QByteArray.fromBase64(known.encode())):
            window.resize(USUAL)
        title = window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)
        self.fit(QMargins(2, title, 2, 2))  # about: the frame is known only when the window is shown

    def told(self) -> str:
        """Size and place, to be remembered."""
        return self._window.saveGeometry().toBase64().toStdString()

    def shown(self) -> None:
        """The window has come up: fit it once more as soon as the desktop has put its frame around it."""
        self._looks = LOOKS
        QTimer.singleShot(FRAME_MS, self, self._look_at_frame)

    def fit(self, frame: QMargins) -> None:
        """Be no larger than the screen has room for with ``frame`` around, and stand wholly on it."""
        window = self._window
        room = window.screen().availableGeometry().marginsRemoved(frame)
        window.setMinimumSize(SMALLEST.boundedTo(room.size()))
        if window.isMaximized() or window.isFullScreen():
            return
        window.resize(window.size().boundedTo(room.size()))
        inner = QRect(window.geometry())
        inner.moveLeft(max(room.left(), min(inner.left(), room.right() + 1 - inner.width())))
        inner.moveTop(max(room.top(), min(inner.top(), room.bottom() + 1 - inner.height())))
        if window.isVisible():
            window.setGeometry(inner)
        else:
            window.move(inner.topLeft() - QPoint(frame.left(), frame.top()))
        self._fitted = window.size()

    @Slot()
    def _look_at_frame(self) -> None:
        window, handle = self._window, self._window.windowHandle()
        if handle is None or not window.isVisible() or window.size() != self._fitted:
            return  # gone, or of a size that the person has given it
        self._looks -= 1
        if not handle.frameMargins().isNull():
            self.fit(handle.frameMargins())
        elif self._looks > 0:
            QTimer.singleShot(FRAME_MS, self, self._look_at_frame)
