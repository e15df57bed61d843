"""How many documents each label has."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio import theme
from studio.pages.parts.painted import Painted
from studio.pages.parts.quantities import percent

ROW = 26
RARE = 10
"""A label with fewer documents than this is hardly learnt; its bar says so."""


class BalanceBars(Painted):
    """A horizontal bar a label, commonest first; picking one (click, or arrows and Enter) asks for its documents."""

    picked = Signal(str)
    """The label picked; an empty text when the picked one is picked again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Documents of each label"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._counts: tuple[tuple[str, int], ...] = ()
        self._total = 0
        self._longest = ("", 0.0)  # the font it was measured in, and the width of the longest label
        self._picked = ""
        self._at = 0
        self._hover = -1

    def set_counts(self, counts: Sequence[tuple[str, int]]) -> None:
        """Show these labels with their numbers of documents."""
        self._counts = tuple(sorted(counts, key=lambda item: (-item[1], item[0])))
        self._picked, self._at, self._hover = "", 0, -1
        self._total, self._longest = sum(count for _, count in self._counts), ("", 0.0)
        told = "; ".join(f"{name}: {count:,} ({count / (self._total or 1):.0%})" for name, count in self._counts[:20])
        self.setAccessibleDescription(told)
        self.setFixedHeight(max(1, len(self._counts)) * ROW + 2)
        self.update()

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """What is shown, commonest first."""
        return self._counts

    def set_picked(self, label: str) -> None:
        """Mark a label as picked without telling anyone."""
        self._picked = label
        self.update()

    def sizeHint(self) -> QSize:
        """All bars below one another."""
        return QSize(280, max(1, len(self._counts)) * ROW + 2)

    def minimumSizeHint(self) -> QSize:
        """Narrow, but of full height: the area around it scrolls."""
        return QSize(180, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Label, bar, count and share of the rows in sight: there may be thousands."""
        painter = self.painter()
        font = self.type(numbers=True)
        painter.setFont(font)
        width, total = self._label_width(), self._total or 1
        first, last = max(0, (event.rect().top() - 1) // ROW), event.rect().bottom() // ROW + 1
        for row, (name, count) in enumerate(self._counts[first:last], first):
            self._paint_row(painter, row, name, count, total, width)
        painter.end()

    def _label_width(self) -> float:
        font = self.type().key()
        if self._longest[0] != font:
            metrics = self.metrics()
            self._longest = (font, max((metrics.horizontalAdvance(name) for name, _ in self._counts), default=0.0))
        return float(min(self._longest[1] + theme.S, self.width() * 0.4))

    def _paint_row(self, painter: QPainter, row: int, name: str, count: int, total: int, label: float) -> None:
        top, metrics = row * ROW + 1, self.metrics()
        if row == self._hover or (row == self._at and self.hasFocus()) or name == self._picked:
            painter.setPen(self.color("accent") if row == self._at and self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(self.color("accent_soft" if name == self._picked else "hover"))
            painter.drawRoundedRect(QRectF(0.5, top + 0.5, self.width() - 1, ROW - 1), 4, 4)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(self.color("text"))
        elided = metrics.elidedText(name or self.tr("(empty)"), Qt.TextElideMode.ElideRight, label - theme.XS)
        painter.drawText(QRectF(theme.XS, top, label, ROW), middle | Qt.AlignmentFlag.AlignLeft, elided)
        numbers = f"{count:,}  {percent(count / total)}"
        space = metrics.horizontalAdvance("000,000  100%")
        room = max(8.0, self.width() - label - space - 3 * theme.S)
        longest = max(1, self._counts[0][1])
        bar = QRectF(label + theme.S, top + 6, max(2.0, room * count / longest), ROW - 12)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color("warn" if count < RARE else "series1"))
        painter.drawRoundedRect(bar, 3, 3)
        painter.setPen(self.color("warn" if count < RARE else "muted"))
        right = QRectF(self.width() - space - theme.S, top, space + theme.XS, ROW)
        painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, numbers)

    def _row_at(self, y: float) -> int:
        row = int(y // ROW)
        return row if 0 <= row < len(self._counts) else -1

    def _pick(self, row: int) -> None:
        if row < 0:
            return
        self._at = row
        name = self._counts[row][0]
        self._picked = "" if name == self._picked else name
        self.update()
        self.picked.emit(self._picked)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the label under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick(self._row_at(event.position().y()))

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
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._counts:
            step = 1 if key == Qt.Key.Key_Down else -1
            self._at = min(len(self._counts) - 1, max(0, self._at + step))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._counts:
            self._pick(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """A tooltip a row, since a long label is cut."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self._row_at(event.pos().y())
            if row >= 0:
                name, count = self._counts[row]
                text = self.tr("{label}: {count} documents. Click to show them.").format(label=name, count=f"{count:,}")
                if count < RARE:
                    text += " " + self.tr("So few are hardly enough to learn from.")
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
