"""Files dropped anywhere on the window."""

from __future__ import annotations

from pathlib import Path

import shiboken6
from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QGuiApplication, QPainter, QPaintEvent, QPen, QWindow
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from studio import theme
from studio.project import FILE
from studio.theme import Type
from studio.widgets import paths_in


class DropVeil(QWidget):
    """Lies over the window while files are held above it, and says what letting go will do."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._text = self.tr("Let go to open it")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def cover(self) -> None:
        """Show over the whole window."""
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = colors.color("window")
        veil.setAlphaF(0.86)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(colors.color("accent"), 2, Qt.PenStyle.DashLine))
        box = QRectF(self.rect()).adjusted(theme.XL, theme.XL, -theme.XL, -theme.XL)
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        painter.setFont(theme.current().font(Type.HEADING))
        painter.setPen(colors.color("text"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
        painter.end()


class PastFields(QObject):
    """While files are held above a window no field takes them, which would make text of their names: they go to what
    lies around it. Texts can be dropped into fields as ever."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._passed: list[QWidget] = []
        app = QApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.focusWindowChanged.connect(self.watch)  # dialogs are windows of their own

    @Slot(object)
    def watch(self, window: QWindow | None) -> None:
        """Let files pass by the fields of ``window`` too."""
        if window is not None:
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent) and paths_in(event.mimeData()):
            fields = [one for one in QApplication.allWidgets()
                      if isinstance(one, QLineEdit | QPlainTextEdit | QTextEdit) and one.acceptDrops()]
            for field in fields:
                field.setAcceptDrops(False)
            self._passed += fields
        elif event.type() in (QEvent.Type.DragLeave, QEvent.Type.Drop):
            for passed in filter(shiboken6.isValid, self._passed):
                passed.setAcceptDrops(True)
            self._passed = []
        return False


def project_in(paths: list[Path]) -> Path | None:
    """The project folder among ``paths`` (the folder itself, or its project.toml), if there is one."""
    for path in paths:
        if path.name == FILE:
            return path.parent
        if (path / FILE).is_file():
            return path
    return None
