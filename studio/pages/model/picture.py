"""The picture of the network, with every dropout where it acts."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from studio import theme
from studio.pages.parts.painted import Painted

from .drawing import Box, Pill, Plan, plan_of
from .sizes import Network

_FILLS = {"embedding": ("series1", 0.16), "layer": ("series1", 0.28), "decoder": ("series3", 0.14),
          "head": ("series2", 0.2)}


WIDEST = 840
"""Wider than this the parts would only drift apart."""


WHOLE, NARROWEST = 460, 296
"""Px of width for which everything is laid out at least, and the least to which that is made smaller."""


class NetworkPicture(Painted):
    """Boxes for the parts, pills for the dropouts; a pill is the fuller, the more is dropped. A click picks one, and
    drawing it fuller or emptier with the mouse sets it."""

    drawn = Signal(str, float)
    """The dropout called so (as in :attr:`picked`) is wanted with this probability."""
    picked = Signal(str)
    """The dropout clicked: the name of its setting below ``model.dropout``."""

    def __init__(self, network: Network, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Picture of the network"))
        self.setMouseTracking(True)
        self.setMaximumWidth(WIDEST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._network = network
        self._lit = self._used = ""
        self._held: tuple[Pill, QPointF] | None = None
        self._drawing = False
        self._plan: Plan = plan_of(network, 640.0)
        self.show_network(network)

    @property
    def plan(self) -> Plan:
        """What is painted."""
        return self._plan

    def show_network(self, network: Network) -> None:
        """Paint another network, or the same with other dropouts."""
        self._network = network
        self._plan = plan_of(network, float(max(self.width(), WHOLE)))
        self.setFixedHeight(math.ceil(self._plan.height * self._scale))
        self.setAccessibleDescription("; ".join(
            [f"{box.title}: {box.detail}" for box in self._plan.boxes]
            + [self.tr("dropout {name} {value}").format(name=pill.title, value=probability(pill.value))
               for pill in self._plan.pills]
        ))
        self.update()

    def light(self, name: str) -> None:
        """Mark the dropout under the mouse; an empty name for none, then the one in use is marked."""
        self._lit = name or self._used
        self.update()

    def use(self, name: str) -> None:
        """Mark the dropout whose slider is being used; an empty name for none."""
        self._used = name
        self.light("")

    @property
    def _scale(self) -> float:
        """How large everything is painted: smaller only where the words would not fit."""
        return min(1.0, self.width() / WHOLE)

    @property
    def lit(self) -> str:
        """The dropout that is marked, "" for none."""
        return self._lit

    def sizeHint(self) -> QSize:
        return QSize(640, self.height())

    def minimumSizeHint(self) -> QSize:
        """Narrower than this the words could not be read."""
        return QSize(NARROWEST, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.show_network(self._network)
        QTimer.singleShot(0, self, self.updateGeometry)  # the height has changed within a layout that is being made

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.painter()
        painter.scale(self._scale, self._scale)
        self._paint_lines(painter)
        for box in self._plan.boxes:
            self._paint_box(painter, box)
        for pill in self._plan.pills:
            self._paint_pill(painter, pill)
        painter.end()

    def _paint_lines(self, painter: QPainter) -> None:
        plan = self._plan
        pen = QPen(self.color("outline"), 1.5)
        for pill in plan.pills:
            painter.setPen(QPen(self.color("border"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(pill.anchor, QPointF(_near(pill.rect, pill.anchor), pill.rect.center().y()))
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for loop in plan.loops:
            path = QPainterPath(QPointF(loop.left(), loop.top()))
            out = loop.right() + 6
            path.cubicTo(out, loop.top() - 4, out, loop.bottom() + 4, loop.left(), loop.bottom())
            painter.drawPath(path)
            self._head(painter, QPointF(loop.left() + 9, loop.bottom() + 1.5), QPointF(loop.left(), loop.bottom()))
        for start, end in plan.arrows:
            painter.setPen(pen)
            painter.drawLine(start, end)
            self._head(painter, start, end)
        painter.setPen(QPen(self.color("outline"), 1.25, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for start, end in plan.skips:
            path = QPainterPath(start)
            path.cubicTo(start.x() - 30, start.y(), end.x() - 30, end.y(), end.x(), end.y())
            painter.drawPath(path)
        if plan.tie is not None:
            start, end = plan.tie
            side = start.x() - 12
            path = QPainterPath(start)
            path.quadTo(side, start.y(), side, start.y() - 12)
            path.lineTo(side, end.y() + 12)
            path.quadTo(side, end.y(), side + 12, end.y())
            path.lineTo(end)
            painter.drawPath(path)

    def _head(self, painter: QPainter, start: QPointF, end: QPointF) -> None:
        """The point of an arrow."""
        angle = math.atan2(end.y() - start.y(), end.x() - start.x())
        wings = [QPointF(end.x() - 8 * math.cos(angle + turn), end.y() - 8 * math.sin(angle + turn))
                 for turn in (-0.45, 0.45)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color("outline"))
        painter.drawPolygon(QPolygonF([end, *wings]))
        painter.setPen(QPen(self.color("outline"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_box(self, painter: QPainter, box: Box) -> None:
        name, share = _FILLS[box.kind]
        painter.setPen(QPen(self.blend(name, 0.65), 1))
        painter.setBrush(self.blend(name, share))
        painter.drawRoundedRect(box.rect, 8, 8)
        metrics = self.metrics()
        inner = box.rect.adjusted(10, 5, -10, -5)
        painter.setPen(self.color("text"))
        painter.setFont(self.type(theme.Type.STRONG))
        painter.drawText(inner, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter,
                         metrics.elidedText(box.title, Qt.TextElideMode.ElideRight, inner.width()))
        painter.setFont(self.type(theme.Type.SMALL, numbers=True))
        small = self.metrics(theme.Type.SMALL)
        painter.drawText(inner, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter,
                         small.elidedText(box.detail, Qt.TextElideMode.ElideRight, inner.width()))

    def _paint_pill(self, painter: QPainter, pill: Pill) -> None:
        lit = pill.name == self._lit
        painter.setPen(QPen(self.color("accent" if lit else "outline"), 2 if lit else 1))
        painter.setBrush(self.color("panel"))
        painter.drawRoundedRect(pill.rect, 12, 12)
        painter.save()
        shape = QPainterPath()
        shape.addRoundedRect(pill.rect.adjusted(1, 1, -1, -1), 11, 11)
        painter.setClipPath(shape)
        filled = QRectF(pill.rect)
        filled.setWidth(pill.rect.width() * pill.value)
        painter.fillRect(filled, self.blend("accent", 0.3))
        painter.restore()
        number = probability(pill.value)
        small = self.metrics(theme.Type.SMALL)
        room = pill.rect.adjusted(10, 0, -10, 0)
        space = small.horizontalAdvance(number) + 8
        painter.setFont(self.type(theme.Type.SMALL, numbers=True))
        painter.setPen(self.color("text"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, number)
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft,
                         small.elidedText(pill.title, Qt.TextElideMode.ElideRight, room.width() - space))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show that a pill can be drawn fuller, and draw the one that is held."""
        if self._held is not None:
            pill, start = self._held
            far = (event.position() - start).manhattanLength() >= QApplication.startDragDistance()
            self._drawing = self._drawing or far
            if self._drawing:
                share = (event.position().x() / self._scale - pill.rect.left()) / pill.rect.width()
                self.drawn.emit(pill.name, min(max(share, 0.0), 1.0))
            return
        found = self._pill_at(event.position())
        self.setCursor(Qt.CursorShape.SizeHorCursor if found else Qt.CursorShape.ArrowCursor)
        self.light(found.name if found else "")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held, self._drawing = None, False

    def leaveEvent(self, event: QEvent) -> None:
        self.light("")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the dropout under the mouse: its slider takes the focus, and so the arrow keys; and hold it."""
        pill = self._pill_at(event.position())
        if pill is not None and event.button() == Qt.MouseButton.LeftButton:
            self._held, self._drawing = (pill, event.position()), False
            self.picked.emit(pill.name)

    def _pill_at(self, place: QPointF) -> Pill | None:
        return next((pill for pill in self._plan.pills if pill.rect.contains(place / self._scale)), None)


def _near(rect: QRectF, point: QPointF) -> float:
    """The side of ``rect`` that is nearer to ``point``."""
    return rect.left() if point.x() < rect.center().x() else rect.right()


def probability(value: float) -> str:
    """A probability as it stands in the picture."""
    return f"{value:.3f}" if 0 < value < 0.1 else f"{value:.2f}"
