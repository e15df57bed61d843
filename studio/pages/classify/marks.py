"""What the marks in a text mean, shown as marks."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.pages.parts.painted import Painted

from .editor import STRONGEST

_PAD = 4


class MarksLegend(Painted):
    """Two words marked as the words of the text are: one for the label, one against it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._words: tuple[str, ...] = ()

    def show_label(self, label: str) -> None:
        """Say what speaks for and against ``label``; "" for nothing."""
        self._words = (self.tr("for {label}").format(label=label), self.tr("against it")) if label else ()
        self.setAccessibleName(self.tr("Marked words speak for {label}, underlined ones against it").format(
            label=label) if label else "")
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(200, round(self.metrics(theme.Type.SMALL).height()) + 2 * _PAD)

    def minimumSizeHint(self) -> QSize:
        """As high as it is, and as narrow as may be."""
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The words on their grounds."""
        if not self._words:
            return
        painter, metrics = self.painter(), self.metrics(theme.Type.SMALL)
        painter.setFont(self.type(theme.Type.SMALL))
        left = self._say(painter, 0.0, self.tr("These words speak"))
        for number, words in enumerate(self._words):
            room = self.width() - left - 2 * _PAD - (0 if number else metrics.horizontalAdvance(self._words[1]) + 24)
            text = metrics.elidedText(words, Qt.TextElideMode.ElideRight, max(24.0, room))
            left = self._mark(painter, left, text, against=bool(number)) + theme.S
        painter.end()

    def _say(self, painter: QPainter, left: float, text: str) -> float:
        """Plain words; gives where they end."""
        width = self.metrics(theme.Type.SMALL).horizontalAdvance(text)
        painter.setPen(self.color("muted"))
        painter.drawText(QRectF(left, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        return left + width + theme.S

    def _mark(self, painter: QPainter, left: float, text: str, *, against: bool) -> float:
        """A mark with ``text`` in it; gives where it ends."""
        metrics, name = self.metrics(theme.Type.SMALL), "series2" if against else "series1"
        box = QRectF(left, _PAD / 2, metrics.horizontalAdvance(text) + 2 * _PAD, self.height() - _PAD)
        painter.fillRect(box, self.blend(name, STRONGEST))
        painter.setPen(self.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        if against:
            painter.setPen(QPen(self.color(name), 1.5, Qt.PenStyle.DashLine))
            y = box.bottom() - 2
            painter.drawLine(QPointF(box.left() + _PAD, y), QPointF(box.right() - _PAD, y))
        return box.right()
