"""Bars below one another, one a row, each a way to what it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio import theme

from .painted import Painted


@dataclass(frozen=True)
class Bar:
    """One row: its name, the share of the room that is filled (0 to 1; None: there is nothing to show), the figures
    beside it, the bounds of an interval as such shares; ``strong`` before the others, ``faint`` behind them."""

    name: str
    share: float | None
    figures: str
    tip: str = ""
    interval: tuple[float, float] | None = None
    color: str = "series1"
    strong: bool = False
    faint: bool = False


class BarList(Painted):
    """Arrows move, Enter, space and a click pick; thousands of rows may be there, those in sight are painted."""

    rowPicked = Signal(int)
    """The row that was picked, also when it is so already."""

    def __init__(self, name: str, size: theme.Type = theme.Type.BODY, row: int = 26,
                 parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._size, self._row = size, row
        self._bars: Sequence[Bar] = ()
        self._widths = ("", 0.0, 0.0)  # the font in which they were measured; of the names, of the figures
        self._marked = self._hover = -1
        self._at = 0

    def show_bars(self, bars: Sequence[Bar], marked: int = -1) -> None:
        """Show ``bars``; ``marked`` is the chosen one, -1 for none."""
        self._bars, self._marked, self._hover, self._widths = bars, marked, -1, ("", 0.0, 0.0)
        self._at = min(self._at, max(0, len(bars) - 1))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def mark(self, row: int) -> None:
        """Let ``row`` be the chosen one, -1 for none, without telling anyone."""
        self._marked = row
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, max(1, len(self._bars)) * self._row + 2)

    def minimumSizeHint(self) -> QSize:
        """Narrow, but of full height: the area around it scrolls."""
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.painter()
        first, last = max(0, (event.rect().top() - 1) // self._row), event.rect().bottom() // self._row + 1
        for row in range(first, min(last, len(self._bars))):
            self._paint_row(painter, row)
        painter.end()

    def _measures(self) -> tuple[float, float]:
        """Px for the names, with a gap, and for the figures."""
        font = self.type(self._size).key()
        if self._widths[0] != font:
            metrics = self.metrics(self._size)
            names = max((metrics.horizontalAdvance(bar.name) for bar in self._bars), default=0.0)
            figures = max((bar.figures for bar in self._bars), key=len, default="")
            self._widths = (font, names, metrics.horizontalAdvance(figures) + theme.S)
        return min(self._widths[1] + theme.M, self.width() * 0.4), self._widths[2]

    def _paint_row(self, painter: QPainter, row: int) -> None:
        bar, top, metrics = self._bars[row], row * self._row + 1, self.metrics(self._size)
        self._paint_ground(painter, row, top)
        label, space = self._measures()
        painter.setFont(self.type(theme.Type.STRONG if bar.strong else self._size, numbers=True))
        painter.setPen(self.color("text"))
        middle = Qt.AlignmentFlag.AlignVCenter
        name = metrics.elidedText(bar.name or self.tr("(empty)"), Qt.TextElideMode.ElideRight, label - theme.XS)
        painter.drawText(QRectF(theme.XS, top, label, self._row), middle | Qt.AlignmentFlag.AlignLeft, name)
        room = QRectF(label + theme.XS, top + 7, max(8.0, self.width() - label - space - theme.L), self._row - 14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color("sunken"))
        painter.drawRoundedRect(room, 3, 3)
        painter.setPen(self.color(bar.color if bar.color != "series1" else "text" if bar.strong else "muted"))
        painter.drawText(QRectF(self.width() - space - theme.XS, top, space, self._row),
                         middle | Qt.AlignmentFlag.AlignRight, bar.figures)
        if bar.share is None:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.blend(bar.color, 0.55) if bar.faint else self.color(bar.color))
        filled = max(2.0, room.width() * bar.share)
        painter.drawRoundedRect(QRectF(room.left(), room.top(), filled, room.height()), 3, 3)
        if bar.interval is not None:
            self._paint_interval(painter, room, bar.interval)

    def _paint_ground(self, painter: QPainter, row: int, top: int) -> None:
        focused = row == self._at and self.hasFocus()
        if focused or row in (self._hover, self._marked):
            painter.setPen(self.color("accent") if focused else Qt.PenStyle.NoPen)
            painter.setBrush(self.color("accent_soft" if row == self._marked else "hover"))
            painter.drawRoundedRect(QRectF(0.5, top + 0.5, self.width() - 1, self._row - 1), 4, 4)

    def _paint_interval(self, painter: QPainter, room: QRectF, interval: tuple[float, float]) -> None:
        painter.setPen(QPen(self.color("text"), 1.2))
        y, (low, high) = room.center().y(), (room.left() + room.width() * share for share in interval)
        painter.drawLine(QPointF(low, y), QPointF(high, y))
        for x in (low, high):
            painter.drawLine(QPointF(x, y - 3), QPointF(x, y + 3))

    def _row_at(self, y: float) -> int:
        row = int(y // self._row)
        return row if 0 <= row < len(self._bars) else -1

    def _pick(self, row: int) -> None:
        if row >= 0:
            self._at = row
            self.update()
            self.rowPicked.emit(row)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick(self._row_at(event.position().y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._row_at(event.position().y())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._bars:
            self._at = min(len(self._bars) - 1, max(0, self._at + (1 if key == Qt.Key.Key_Down else -1)))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._bars:
            self._pick(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """A tooltip a row, since a long name is cut."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self._row_at(event.pos().y())
            if row >= 0 and self._bars[row].tip:
                QToolTip.showText(event.globalPos(), self._bars[row].tip, self)
            return True
        return super().event(event)
