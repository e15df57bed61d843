"""Small square pictures painted by hand: the ROC and precision-recall curves, and the reliability diagram."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio import theme
from studio.pages.parts.painted import Painted
from ulmengine.inference.ranking import Bin

_LEFT, _BOTTOM, _TOP, _RIGHT = 44, 40, 8, 12
Points = Sequence[tuple[float, float]]


class Square(Painted):
    """A picture from 0 to 1 on both axes."""

    def __init__(self, name: str, x: str, y: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._x, self._y = x, y
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(300, 250)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 190)

    def area(self) -> QRectF:
        """Where the picture itself is."""
        return QRectF(_LEFT, _TOP, max(10, self.width() - _LEFT - _RIGHT), max(10, self.height() - _TOP - _BOTTOM))

    def place(self, x: float, y: float) -> QPointF:
        """Where a point stands on the screen."""
        area = self.area()
        return QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())

    def paint_ground(self, painter: QPainter) -> None:
        """Grid, numbers and names of the axes."""
        area, small = self.area(), self.type(theme.Type.SMALL, numbers=True)
        painter.setFont(small)
        for tenth in range(0, 11, 2):
            share = tenth / 10
            painter.setPen(QPen(self.color("grid"), 1))
            painter.drawLine(self.place(share, 0), self.place(share, 1))
            painter.drawLine(self.place(0, share), self.place(1, share))
            painter.setPen(self.color("muted"))
            painter.drawText(QRectF(self.place(share, 0).x() - 20, area.bottom() + 2, 40, 16),
                             Qt.AlignmentFlag.AlignCenter, f"{share:.1f}")
            painter.drawText(QRectF(0, self.place(0, share).y() - 8, _LEFT - 6, 16),
                             Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{share:.1f}")
        painter.drawText(QRectF(area.left(), area.bottom() + 19, area.width(), 18), Qt.AlignmentFlag.AlignCenter,
                         self.metrics(theme.Type.SMALL).elidedText(self._x, Qt.TextElideMode.ElideRight, area.width()))
        painter.save()
        painter.translate(9, area.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-area.height() / 2, -8, area.height(), 16), Qt.AlignmentFlag.AlignCenter, self._y)
        painter.restore()


class CurvePicture(Square):
    """One class' curve, with the line of a classifier that knows nothing."""

    def __init__(self, name: str, x: str, y: str, parent: QWidget | None = None) -> None:
        super().__init__(name, x, y, parent)
        self._points: Points = ()
        self._chance: Points = ()
        self._empty = ""

    def show_curve(self, points: Points, chance: Points, told: str, empty: str = "") -> None:
        """Show ``points``; ``chance``: the line of no knowledge. ``told``: the picture in words; ``empty``: why there
        is none."""
        self._points, self._chance, self._empty = points, chance, empty
        self.setAccessibleDescription(empty or told)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.painter()
        self.paint_ground(painter)
        if self._empty:
            painter.setPen(self.color("muted"))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(self.area().adjusted(8, 8, -8, -8), flags, self._empty)
        else:
            painter.setPen(QPen(self.color("muted"), 1, Qt.PenStyle.DashLine))
            painter.drawPolyline(QPolygonF([self.place(*point) for point in self._chance]))
            painter.setPen(QPen(self.color("series1"), 2))
            painter.drawPolyline(QPolygonF([self.place(*point) for point in self._points]))
        painter.end()


class ReliabilityPicture(Square):
    """How often answers of each confidence are right: bars beside the diagonal. A bar picks its documents."""

    picked = Signal(int)
    """Number of the bin; -1: none any more."""

    def __init__(self, name: str, x: str, y: str, parent: QWidget | None = None) -> None:
        super().__init__(name, x, y, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._bins: Sequence[Bin] = ()
        self._before: Sequence[Bin] = ()
        self._picked, self._at = -1, 0
        self._choosable = True

    def show_bins(self, bins: Sequence[Bin], before: Sequence[Bin], picked: int, *, choosable: bool = True) -> None:
        """Show the ``bins``, and as dots what they were ``before`` the temperature."""
        self._bins, self._before, self._picked, self._choosable = bins, before, picked, choosable
        self._at = min(self._at, max(0, len(bins) - 1))
        self.setAccessibleDescription("; ".join(self._words(one) for one in bins if one.count))
        self.update()

    def _words(self, one: Bin) -> str:
        return self.tr("confidence {low} to {high}: right in {share} of {count} documents").format(
            low=f"{100 * one.low:.0f}", high=f"{one.high:.0%}", share=f"{one.accuracy:.1%}", count=f"{one.count:,}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.painter()
        self.paint_ground(painter)
        for number, one in enumerate(self._bins):
            top, foot = self.place(one.low, one.accuracy), self.place(one.high, 0.0)
            box = QRectF(top, foot).adjusted(1, 0, -1, 0)
            chosen, current = number == self._picked, number == self._at and self.hasFocus()
            if one.count:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self.blend("series1", 0.9 if chosen else 0.55))
                painter.drawRect(box)
            if chosen or current:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(self.color("accent"), 2 if chosen else 1))
                painter.drawRect(QRectF(self.place(one.low, 1.0), foot))
        painter.setPen(QPen(self.color("muted"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(self.place(0, 0), self.place(1, 1))
        painter.setPen(QPen(self.color("panel"), 1))
        painter.setBrush(self.color("series2"))
        for one in self._before:
            if one.count:
                painter.drawEllipse(self.place(one.confidence, one.accuracy), 3.5, 3.5)
        painter.end()

    def _bin_at(self, point: QPointF) -> int:
        area = self.area()
        share = (point.x() - area.left()) / area.width()
        return next((n for n, one in enumerate(self._bins) if one.low <= share < one.high), -1)

    def _pick(self, number: int) -> None:
        if self._choosable and 0 <= number < len(self._bins) and (self._bins[number].count or number == self._picked):
            self._at = number
            self.picked.emit(-1 if number == self._picked else number)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick(self._bin_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._bins:
            self._at = min(len(self._bins) - 1, max(0, self._at + (1 if key == Qt.Key.Key_Right else -1)))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._pick(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self._bin_at(QPointF(event.pos()))
            if number >= 0 and self._bins[number].count:
                QToolTip.showText(event.globalPos(), self._words(self._bins[number]), self)
            return True
        return super().event(event)
