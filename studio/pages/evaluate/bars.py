"""How often each group of documents is right: bars with their intervals, each a way to its documents."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio import theme
from studio.pages.parts.painted import Painted

from .answers import Group

ROW = 26


class AccuracyBars(Painted):
    """One bar a group: the share that is right, its interval, how many there are. Arrows move, Enter picks."""

    picked = Signal(int)
    """The group's number; -1: none any more."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._groups: Sequence[Group] = ()
        self._picked = self._hover = -1
        self._at = 0
        self.show_groups((), -1)

    def show_groups(self, groups: Sequence[Group], picked: int) -> None:
        """Show ``groups``; ``picked`` is the chosen one, -1 for none."""
        self._groups, self._picked = groups, picked
        self._at = min(self._at, max(0, len(groups) - 1))
        self.setFixedHeight(max(1, len(groups)) * ROW + 2)
        self.setAccessibleDescription("; ".join(map(self._words, groups[:20])))
        self.update()

    def sizeHint(self) -> QSize:
        """All bars below one another."""
        return QSize(300, max(1, len(self._groups)) * ROW + 2)

    def minimumSizeHint(self) -> QSize:
        """Narrow, but of full height: the area around it scrolls."""
        return QSize(220, self.sizeHint().height())

    def _words(self, group: Group) -> str:
        if not group.count:
            return self.tr("{name}: no documents").format(name=group.name)
        text = self.tr("{name}: right in {right} of {count} documents, {share} ({low} to {high})")
        return text.format(name=group.name, right=f"{group.right:,}", count=f"{group.count:,}",
                           share=f"{group.share:.1%}", low=f"{100 * group.low:.1f}", high=f"{group.high:.1%}")

    def paintEvent(self, event: QPaintEvent) -> None:
        """The bars in sight."""
        painter = self.painter()
        painter.setFont(self.type(theme.Type.SMALL, numbers=True))
        metrics = self.metrics(theme.Type.SMALL)
        longest = max((metrics.horizontalAdvance(one.name) for one in self._groups), default=0.0)
        label = min(longest + theme.M, self.width() * 0.38)
        first, last = max(0, event.rect().top() // ROW), event.rect().bottom() // ROW + 1
        for row in range(first, min(last, len(self._groups))):
            self._paint_row(painter, row, label)
        painter.end()

    def _paint_row(self, painter: QPainter, row: int, label: float) -> None:
        group, top, metrics = self._groups[row], row * ROW + 1, self.metrics(theme.Type.SMALL)
        focused = row == self._at and self.hasFocus()
        if row in (self._hover, self._picked) or focused:
            painter.setPen(self.color("accent") if focused else Qt.PenStyle.NoPen)
            painter.setBrush(self.color("accent_soft" if row == self._picked else "hover"))
            painter.drawRoundedRect(QRectF(0.5, top + 0.5, self.width() - 1, ROW - 1), 4, 4)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(self.color("text"))
        name = metrics.elidedText(group.name or self.tr("(empty)"), Qt.TextElideMode.ElideRight, label - theme.S)
        painter.drawText(QRectF(theme.XS, top, label, ROW), middle, name)
        numbers = metrics.horizontalAdvance("100.0%  00,000")
        room = max(20.0, self.width() - label - numbers - 2 * theme.S)
        ground = QRectF(label, top + 7, room, ROW - 14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color("sunken"))
        painter.drawRoundedRect(ground, 3, 3)
        painter.setPen(self.color("muted"))
        right = QRectF(self.width() - numbers - theme.XS, top, numbers, ROW)
        if not group.count:
            painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, "–")
            return
        painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, f"{group.share:.1%}  {group.count:>6,}")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color("series1"))
        painter.drawRoundedRect(QRectF(label, top + 7, max(2.0, room * group.share), ROW - 14), 3, 3)
        painter.setPen(QPen(self.color("text"), 1.2))
        y = top + ROW / 2
        low, high = label + room * group.low, label + room * group.high
        painter.drawLine(QPointF(low, y), QPointF(high, y))
        for x in (low, high):
            painter.drawLine(QPointF(x, y - 3), QPointF(x, y + 3))

    def _row_at(self, y: float) -> int:
        row = int(y // ROW)
        return row if 0 <= row < len(self._groups) else -1

    def _pick(self, row: int) -> None:
        if row >= 0:
            self._at = row
            self.picked.emit(-1 if row == self._picked else row)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the group under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick(self._row_at(event.position().y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the bar under the mouse."""
        self._hover = self._row_at(event.position().y())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """No bar is under the mouse any more."""
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Enter and space pick."""
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._groups:
            self._at = min(len(self._groups) - 1, max(0, self._at + (1 if key == Qt.Key.Key_Down else -1)))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._groups:
            self._pick(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """A tooltip a bar, with its interval in numbers."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self._row_at(event.pos().y())
            if row >= 0:
                QToolTip.showText(event.globalPos(), self._words(self._groups[row]), self)
            return True
        return super().event(event)
