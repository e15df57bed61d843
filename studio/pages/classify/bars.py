"""How likely each label is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.pages.parts.painted import Painted

ROW = 30


class ProbabilityBars(Painted):
    """A bar a label, likeliest first. Picking one (click, or arrows and Enter) asks which words speak for it."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Probabilities of the labels"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._values: tuple[tuple[str, float], ...] = ()
        self._explained = ""
        self._at = 0
        self._hover = -1

    def show_probabilities(self, values: dict[str, float], explained: str) -> None:
        """Show ``values``; ``explained`` is the label whose words are marked in the text."""
        self._values = tuple(sorted(values.items(), key=lambda item: -item[1]))
        self._explained = explained
        self._at = min(self._at, max(0, len(self._values) - 1))
        self.setAccessibleDescription(", ".join(f"{name} {value:.0%}" for name, value in self._values))
        self.setFixedHeight(max(1, len(self._values)) * ROW + 2)
        self.update()

    @property
    def values(self) -> tuple[tuple[str, float], ...]:
        """What is shown, likeliest first."""
        return self._values

    def sizeHint(self) -> QSize:
        """All bars below one another."""
        return QSize(300, max(1, len(self._values)) * ROW + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Label, bar and share of every row."""
        painter = self.painter()
        metrics = self.metrics()
        longest = max((metrics.horizontalAdvance(name) for name, _ in self._values), default=0.0)
        for row, (name, value) in enumerate(self._values):
            self._paint_row(painter, row, name, value, min(longest + 12, self.width() * 0.4))
        painter.end()

    def _paint_row(self, painter: QPainter, row: int, name: str, value: float, label: float) -> None:
        top, metrics = row * ROW + 1, self.metrics()
        focused = row == self._at and self.hasFocus()
        if row == self._hover or focused or name == self._explained:
            painter.setPen(self.color("accent") if focused else Qt.PenStyle.NoPen)
            painter.setBrush(self.color("accent_soft" if name == self._explained else "hover"))
            painter.drawRoundedRect(QRectF(0.5, top + 0.5, self.width() - 1, ROW - 1), 4, 4)
        painter.setFont(self.type(theme.Type.STRONG if row == 0 else theme.Type.BODY, numbers=True))
        painter.setPen(self.color("text"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(8, top, label, ROW), middle | Qt.AlignmentFlag.AlignLeft,
                         metrics.elidedText(name, Qt.TextElideMode.ElideRight, label - 4))
        space = metrics.horizontalAdvance("100.0%") + 8
        room = max(8.0, self.width() - label - space - 24)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color("border"))
        painter.drawRoundedRect(QRectF(label + 8, top + 10, room, ROW - 20), 4, 4)
        painter.setBrush(self.color("series1") if row == 0 else self.blend("series1", 0.55))
        painter.drawRoundedRect(QRectF(label + 8, top + 10, max(2.0, room * value), ROW - 20), 4, 4)
        painter.setPen(self.color("text" if row == 0 else "muted"))
        painter.drawText(QRectF(self.width() - space - 8, top, space, ROW), middle | Qt.AlignmentFlag.AlignRight,
                         f"{value:.1%}")

    def _row_at(self, y: float) -> int:
        row = int(y // ROW)
        return row if 0 <= row < len(self._values) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the label under the mouse."""
        row = self._row_at(event.position().y())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._at = row
            self.picked.emit(self._values[row][0])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the row under the mouse."""
        self._hover = self._row_at(event.position().y())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """No row is under the mouse any more."""
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Enter and space pick."""
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._values:
            step = 1 if key == Qt.Key.Key_Down else -1
            self._at = min(len(self._values) - 1, max(0, self._at + step))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._values:
            self.picked.emit(self._values[self._at][0])
        else:
            super().keyPressEvent(event)
