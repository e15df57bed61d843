"""The confusion matrix: what was given against what was said, each cell a way to its documents."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio import theme
from studio.pages.parts.painted import Painted

Mode = Literal["counts", "rows", "columns"]
_LEAST, _MOST, _HEIGHT = 34, 130, 30
_TALL, _ROOM = 46, 300
"""Px that a row has at most, and all of them together before each becomes lower, down to :data:`_HEIGHT`."""
_LABEL = 150
_LYING = 8
"""So many names of columns lie beside one another; where there are more they stand on end."""
_STRONGEST = 0.6


class Matrix(Painted):
    """Rows are the labels as given, columns what was said. Arrows move, Enter picks; a second time lets go.

    Where documents bear several labels a row is a label, and the columns say whether it was found, missed or wrongly
    given.
    """

    picked = Signal(int, int)
    """Row and column of the cell; -1, -1: none any more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Confusion matrix"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rows: tuple[str, ...] = ()
        self._columns: tuple[str, ...] = ()
        self._cells: npt.NDArray[np.int64] = np.zeros((0, 0), dtype=np.int64)
        self._good: npt.NDArray[np.bool_] = np.zeros((0, 0), dtype=bool)
        self._mode: Mode = "counts"
        self._picked = (-1, -1)
        self._at = (0, 0)
        self._hover = (-1, -1)
        self._longest = 0.0
        """Px that the longest name of a row takes."""
        self._upright = 0
        """How high the names of the columns are that stand on end, in px; 0: they lie."""

    def show_cells(self, labels: tuple[str, ...], cells: npt.NDArray[np.int64], picked: tuple[int, int]) -> None:
        """Show the counts: (classes, classes), or (classes, 2, 2) for several labels. ``picked``: the chosen cell."""
        self._rows = labels
        if cells.ndim == 3:
            self._columns = (self.tr("found"), self.tr("missed"), self.tr("wrongly given"))
            self._cells = np.stack([cells[:, 1, 1], cells[:, 1, 0], cells[:, 0, 1]], axis=1)
            self._good = np.zeros(self._cells.shape, dtype=bool)
            self._good[:, 0] = True
        else:
            self._columns, self._cells, self._good = labels, cells, np.eye(len(labels), dtype=bool)
        small = self.metrics(theme.Type.SMALL)
        self._longest = max(map(small.horizontalAdvance, self._rows[:200]), default=0.0)
        longest = max(map(small.horizontalAdvance, self._columns), default=0.0)
        many = len(self._columns) > _LYING and longest > _LEAST - 6
        self._upright = min(round(longest) + theme.S, _LABEL) if many else 0
        self._picked = picked
        self._at = (min(self._at[0], max(0, len(labels) - 1)), min(self._at[1], max(0, len(self._columns) - 1)))
        self.setFixedHeight(self.sizeHint().height())
        self.setMinimumWidth(self.minimumSizeHint().width())
        self._tell()
        self.update()

    def set_mode(self, mode: Mode) -> None:
        """Show counts, or shares of a row (of what was given) or of a column (of what was said)."""
        self._mode = mode
        self._tell()
        self.update()

    def shares(self) -> npt.NDArray[np.float64]:
        """The cells as the share that the mode asks for; of all documents where it shows counts."""
        counts = self._cells.astype(np.float64)
        axis = {"counts": None, "rows": 1, "columns": 0}[self._mode]
        whole = np.broadcast_to(counts.sum(axis=axis, keepdims=True), counts.shape)
        return np.asarray(np.divide(counts, whole, out=np.zeros_like(counts), where=whole > 0))

    def sizeHint(self) -> QSize:
        return QSize(_LABEL + len(self._columns) * 56, self._head() + len(self._rows) * self._high() + 4)

    def minimumSizeHint(self) -> QSize:
        """Cells that can be read; the area around it scrolls."""
        return QSize(90 + len(self._columns) * _LEAST, self.sizeHint().height())

    def _high(self) -> int:
        """Height of a row: few classes are shown large."""
        return min(max(_ROOM // max(1, len(self._rows)), _HEIGHT), _TALL)

    def _head(self) -> int:
        """Where the cells begin, below the names of the columns."""
        return _HEIGHT - 6 + (self._upright or _HEIGHT + 2)

    def _label_width(self) -> float:
        return float(min(self._longest + theme.M, _LABEL, max(60.0, self.width() - len(self._columns) * _LEAST)))

    def _cell_width(self) -> float:
        room = (self.width() - self._label_width()) / max(1, len(self._columns))
        return min(max(room, _LEAST), _MOST)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, small = self.painter(), self.metrics(theme.Type.SMALL)
        painter.setFont(self.type(theme.Type.SMALL, numbers=True))
        left, width = self._label_width(), self._cell_width()
        first_row = max(0, (event.rect().top() - self._head()) // self._high())
        last_row = min(len(self._rows), (event.rect().bottom() - self._head()) // self._high() + 1)
        columns = range(max(0, int((event.rect().left() - left) // width)),
                        min(len(self._columns), int((event.rect().right() - left) // width) + 1))
        shares = self.shares()
        largest = float(shares.max(initial=0.0)) if self._mode == "counts" else 1.0
        for row in range(first_row, last_row):
            box = QRectF(0, self._head() + row * self._high(), left - theme.S, self._high())
            painter.setPen(self.color("accent" if row == self._picked[0] else "text"))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, small.elidedText(
                self._rows[row] or self.tr("(empty)"), Qt.TextElideMode.ElideRight, box.width()))
            for column in columns:
                share = float(shares[row, column])
                self._paint_cell(painter, row, column, share, share / largest if largest else 0.0)
        self._paint_head(painter, columns)
        painter.end()

    def _paint_head(self, painter: QPainter, columns: range) -> None:
        """The names of the columns, above the rows that are in view."""
        left, width, small = self._label_width(), self._cell_width(), self.metrics(theme.Type.SMALL)
        painter.translate(0, self.head_top())
        if self.head_top():
            painter.fillRect(QRectF(0, 0, self.width(), self._head()), self.color("window"))
        painter.setPen(self.color("muted"))
        top = QRectF(left, 0, max(width * len(self._columns), 60.0), _HEIGHT - 6)
        several = self._columns != self._rows
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, "" if several else small.elidedText(
            self.tr("said →"), Qt.TextElideMode.ElideRight, top.width()))
        for column in columns:
            painter.setPen(self.color("accent" if column == self._picked[1] else "muted"))
            self._paint_name(painter, left + column * width, self._columns[column] or self.tr("(empty)"))

    def head_top(self) -> int:
        """Where the names of the columns begin: at the top of what is in view."""
        return max(0, self.visibleRegion().boundingRect().top())

    def _box(self, row: int, column: int) -> QRectF:
        width, high = self._cell_width(), self._high()
        return QRectF(self._label_width() + column * width, self._head() + row * high, width, high)

    def _paint_name(self, painter: QPainter, left: float, name: str) -> None:
        """The name of the column that begins at ``left``: it stands on end where many lie too close to be read."""
        small, width = self.metrics(theme.Type.SMALL), self._cell_width()
        if not self._upright:
            painter.drawText(QRectF(left + 3, _HEIGHT - 6, width - 6, _HEIGHT), Qt.AlignmentFlag.AlignCenter,
                             small.elidedText(name, Qt.TextElideMode.ElideRight, width - 6))
            return
        painter.save()
        painter.translate(left, self._head())
        painter.rotate(-90)
        room = self._upright - theme.XS
        painter.drawText(QRectF(theme.XS, 0, room, width), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                         small.elidedText(name, Qt.TextElideMode.ElideRight, room))
        painter.restore()

    def _paint_cell(self, painter: QPainter, row: int, column: int, share: float, strength: float) -> None:
        """``strength``: of the colour, from 0 to 1."""
        box, count = self._box(row, column).adjusted(1, 1, -1, -1), int(self._cells[row, column])
        good = bool(self._good[row, column])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.blend("series1" if good else "series2",
                                    max(_STRONGEST * strength, 0.10 if count else 0.03)))
        painter.drawRoundedRect(box, 3, 3)
        chosen, current = (row, column) == self._picked, (row, column) == self._at and self.hasFocus()
        if chosen or current or (row, column) == self._hover:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.color("accent" if chosen or current else "outline"), 2 if chosen else 1))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setPen(self.color("text" if count else "muted"))
        text = f"{count:,}" if self._mode == "counts" else f"{share:.0%}"
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        if good and self._columns == self._rows:  # never by colour alone
            painter.setPen(QPen(self.color("series1"), 1.5))
            painter.drawLine(QPointF(box.left() + 5, box.bottom() - 2), QPointF(box.right() - 5, box.bottom() - 2))

    def _cell_at(self, point: QPointF) -> tuple[int, int]:
        column = int((point.x() - self._label_width()) // self._cell_width())
        row = int((point.y() - self._head()) // self._high())
        inside = 0 <= row < len(self._rows) and 0 <= column < len(self._columns) \
            and point.y() >= self.head_top() + self._head()  # what lies below the names is not seen
        return (row, column) if inside else (-1, -1)

    def _pick(self, cell: tuple[int, int]) -> None:
        if cell[0] < 0:
            return
        self._at = cell
        self.picked.emit(*((-1, -1) if cell == self._picked else cell))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick(self._cell_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        before, self._hover = self._hover, self._cell_at(event.position())
        if self._hover != before:
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = (-1, -1)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
        key = Qt.Key(event.key())
        if key in step and len(self._rows):
            self._at = (min(max(self._at[0] + step[key][0], 0), len(self._rows) - 1),
                        min(max(self._at[1] + step[key][1], 0), len(self._columns) - 1))
            self._tell()
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and len(self._rows):
            self._pick(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row, column = self._cell_at(QPointF(event.pos()))
            if row >= 0:
                QToolTip.showText(event.globalPos(), self._words(row, column), self)
            return True
        return super().event(event)

    def _words(self, row: int, column: int) -> str:
        count = int(self._cells[row, column])
        if self._columns != self._rows:
            text = self.tr("{label}, {what}: {count} documents")
            return text.format(label=self._rows[row], what=self._columns[column], count=f"{count:,}")
        text = self.tr("given {given}, said {said}: {count} documents")
        return text.format(given=self._rows[row], said=self._columns[column], count=f"{count:,}")

    def _tell(self) -> None:
        if self._cells.size:
            self.setAccessibleDescription(self._words(*self._at))
