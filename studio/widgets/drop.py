"""A place that files are dropped on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.theme import Type

from .layouts import STRETCH, in_column
from .text_labels import IconLabel, Paragraph


class DropArea(QWidget):
    """A dashed area with an icon and two lines of text; a click or Return asks for a file instead."""

    dropped = Signal(object)
    """The paths dropped, as a list of :class:`pathlib.Path`."""
    clicked = Signal()
    """The person wants to choose a file."""

    def __init__(self, title: str, text: str = "", icon: str = "drop", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumHeight(120)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self._over = False
        middle, picture = Qt.AlignmentFlag.AlignHCenter, IconLabel(icon, 28, "accent")
        picture.setAlignment(middle)
        labels = (Paragraph(title, Type.STRONG, muted=False, alignment=middle),
                  Paragraph(text, Type.SMALL, alignment=middle))
        in_column(STRETCH, picture, theme.XS, *labels, STRETCH, inside=self, gap=theme.XS,
                  margins=(theme.L, theme.L, theme.L, theme.L))
        for label in labels:
            label.setVisible(bool(label.text()))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_in(event.mimeData()):
            event.acceptProposedAction()
            self._set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_over(False)
        paths = paths_in(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.colors()
        lit = self._over or self.hasFocus()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(colors.color("accent" if lit else "outline"), 2 if lit else 1.25, Qt.PenStyle.DashLine)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(colors.color("accent_soft" if self._over else "panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        painter.end()

    def _set_over(self, over: bool) -> None:
        self._over = over
        self.update()


def paths_in(data: QMimeData) -> list[Path]:
    """The local files and folders that ``data`` carries."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
