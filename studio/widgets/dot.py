"""A dot that says how things stand, told apart by shape as well as by colour."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme

KINDS = ("", "ready", "busy", "done", "problem")


def dot_words(kind: str) -> str:
    """What a screen reader says for the dot ``kind``."""
    texts = {
        "ready": QCoreApplication.translate("Dot", "ready"),
        "busy": QCoreApplication.translate("Dot", "at work"),
        "done": QCoreApplication.translate("Dot", "done"),
        "problem": QCoreApplication.translate("Dot", "needs attention"),
    }
    return texts.get(kind, "")


def paint_dot(painter: QPainter, kind: str, center: QPointF, radius: float = 4.0) -> None:
    """Draw the dot ``kind`` at ``center``: a ring, a half-filled ring, a disc, a triangle, or nothing."""
    colors = theme.colors()
    name = {"ready": "muted", "busy": "busy", "done": "ok", "problem": "error"}.get(kind)
    if name is None:
        return
    color = colors.color(name)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(center.x() - radius, center.y() - radius, 2 * radius, 2 * radius)
    painter.setPen(QPen(color, 1.5))
    painter.setBrush(color if kind in ("done", "problem") else Qt.BrushStyle.NoBrush)
    if kind == "problem":
        x, y, r = center.x(), center.y(), radius
        painter.drawPolygon(QPolygonF([QPointF(x, y - r), QPointF(x + r, y + r * 0.8), QPointF(x - r, y + r * 0.8)]))
    else:
        painter.drawEllipse(box)
    if kind == "busy":
        painter.setBrush(color)
        painter.drawPie(box, 90 * 16, -180 * 16)
    painter.restore()


class StatusDot(QWidget):
    """The dot as a widget of its own."""

    def __init__(self, kind: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_kind(kind)
        theme.current().changed.connect(self.update)

    def set_kind(self, kind: str) -> None:
        """One of :data:`KINDS`."""
        self.kind = kind
        self.setAccessibleName(dot_words(kind))
        self.setToolTip(dot_words(kind))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(12, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_dot(painter, self.kind, QPointF(self.rect().center()) + QPointF(0.5, 0.5))
        painter.end()
