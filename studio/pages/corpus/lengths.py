"""How long the documents are, and where they are cut."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.pages.parts.painted import Painted

BINS = 36
LOWEST, HIGHEST = 16, 100_000
"""The permitted range of the document limit (``TokenConfig.max_tokens``)."""
_GRAB = 8.0
_TOP, _BOTTOM = 24.0, 20.0


class LengthHistogram(Painted):
    """Documents by their number of tokens on a logarithmic axis, with the document limit as a line to be dragged."""

    limitMoved = Signal(int)
    """The person has let go of the line at this number of tokens, or moved it with the arrow keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Lengths of the documents"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(150)
        self.setToolTip(self.tr(
            "Drag the line (or use the arrow keys) to set the document limit: of a longer document the classifier "
            "learns from its last tokens up to the limit."
        ))
        self._lengths: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._counts: npt.NDArray[np.int64] = np.zeros(BINS, dtype=np.int64)
        self._low, self._high = 0.0, 4.0
        self._limit = 1_440
        self._dragging = False

    def set_lengths(self, lengths: npt.ArrayLike) -> None:
        """Show documents of these ``lengths`` in tokens."""
        self._lengths = np.sort(np.asarray(lengths, dtype=np.int64))
        self._rebin()
        self._tell()
        self.update()

    def set_limit(self, tokens: int) -> None:
        if not self._dragging:
            self._limit = tokens
            self._rebin()
            self._tell()
            self.update()

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Documents in each bin."""
        return self._counts

    def beyond(self) -> int:
        """How many of the documents are longer than the limit."""
        return int(len(self._lengths) - np.searchsorted(self._lengths, self._limit, side="right"))

    def sizeHint(self) -> QSize:
        return QSize(320, 150)

    def _rebin(self) -> None:
        longest = int(self._lengths[-1]) if len(self._lengths) else 1_000
        shortest = max(1, int(self._lengths[0])) if len(self._lengths) else 1
        self._low = math.floor(math.log10(shortest) * 2) / 2
        self._high = max(math.log10(longest * 1.3 + 1), math.log10(self._limit * 1.5), self._low + 1)
        places = np.clip((np.log10(np.maximum(self._lengths, 1)) - self._low) / (self._high - self._low), 0, 0.9999)
        self._counts = np.bincount((places * BINS).astype(np.int64), minlength=BINS)

    def _tell(self) -> None:
        if not len(self._lengths):
            self.setAccessibleDescription("")
            return
        self.setAccessibleDescription(self.tr(
            "Half of the documents have up to {median} tokens, the longest {longest}. Limit {limit} tokens: {beyond} "
            "documents are longer."
        ).format(median=int(np.median(self._lengths)), longest=int(self._lengths[-1]), limit=self._limit,
                 beyond=self.beyond()))

    def _plot(self) -> QRectF:
        return QRectF(theme.S, _TOP, self.width() - 2 * theme.S, self.height() - _TOP - _BOTTOM)

    def _x(self, tokens: float) -> float:
        plot = self._plot()
        return plot.left() + plot.width() * (math.log10(max(tokens, 1.0)) - self._low) / (self._high - self._low)

    def _tokens(self, x: float) -> int:
        plot = self._plot()
        power = self._low + (x - plot.left()) / plot.width() * (self._high - self._low)
        return int(min(HIGHEST, max(LOWEST, round(10**power))))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.painter()
        self._paint_axis(painter)
        self._paint_bars(painter)
        self._paint_limit(painter)
        self.paint_focus(painter)
        painter.end()

    def _paint_axis(self, painter: QPainter) -> None:
        plot = self._plot()
        painter.setFont(self.type(theme.Type.SMALL, numbers=True))
        marks = [factor * 10**power for power in range(0, 7) for factor in (1, 3)]
        for tokens in marks:
            x = self._x(tokens)
            if plot.left() <= x <= plot.right():
                painter.setPen(self.color("grid"))
                painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.setPen(self.color("muted"))
        for text, place in self.axis_labels():
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(self.color("border"))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())

    def axis_labels(self) -> list[tuple[str, QRectF]]:
        """The numbers below the axis and their places: powers of ten, and three times them where all have room."""
        plot, metrics = self._plot(), self.metrics(theme.Type.SMALL)
        for factors in ((1, 3), (1,)):
            found = []
            for tokens in (factor * 10**power for power in range(0, 7) for factor in factors):
                width, x = metrics.horizontalAdvance(f"{tokens:,}"), self._x(tokens)
                place = QRectF(x - width / 2, plot.bottom() + 2, width, _BOTTOM - 2)
                if plot.left() <= x <= plot.right() and place.right() <= self.width():
                    found.append((f"{tokens:,}", place))
            if all(one.right() + theme.XS <= other.left() for (_, one), (_, other) in itertools.pairwise(found)):
                break
        return found

    def _paint_bars(self, painter: QPainter) -> None:
        plot, highest = self._plot(), max(1, int(self._counts.max()))
        width = plot.width() / BINS
        limit = self._x(self._limit)
        painter.setPen(Qt.PenStyle.NoPen)
        for place, count in enumerate(self._counts):
            if not count:
                continue
            height = max(2.0, plot.height() * float(count) / highest)
            left = plot.left() + place * width
            painter.setBrush(self.blend("series1", 0.4) if left + width / 2 > limit else self.color("series1"))
            painter.drawRect(QRectF(left + 0.5, plot.bottom() - height, width - 1, height))

    def _paint_limit(self, painter: QPainter) -> None:
        plot, x = self._plot(), self._x(self._limit)
        strong = self.hasFocus() or self._dragging
        painter.setPen(QPen(self.color("series2"), 3 if strong else 2))
        painter.drawLine(QPointF(x, _TOP - 4), QPointF(x, plot.bottom()))
        painter.setBrush(self.color("series2"))
        painter.drawEllipse(QPointF(x, _TOP - 4), 4, 4)
        text = self.tr("limit {tokens}").format(tokens=f"{self._limit:,}")
        if len(self._lengths):
            text += self.tr(" · {count} longer").format(count=f"{self.beyond():,}")
        metrics = self.metrics(theme.Type.SMALL)
        width = metrics.horizontalAdvance(text)
        left = x - width - 8 if x + width + 8 > plot.right() else x + 8
        painter.setPen(self.color("text"))
        painter.drawText(QPointF(max(plot.left(), left), _TOP - 10 + metrics.ascent() / 2), text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        near = abs(event.position().x() - self._x(self._limit)) <= _GRAB
        self._dragging = near and event.button() == Qt.MouseButton.LeftButton

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        near = abs(event.position().x() - self._x(self._limit)) <= _GRAB
        self.setCursor(Qt.CursorShape.SizeHorCursor if near or self._dragging else Qt.CursorShape.ArrowCursor)
        if self._dragging:
            self._limit = self._tokens(event.position().x())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._dragging = False
            self._moved()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move the line by a tenth."""
        factor = {Qt.Key.Key_Left: 1 / 1.1, Qt.Key.Key_Right: 1.1}.get(Qt.Key(event.key()))
        if factor is None:
            super().keyPressEvent(event)
            return
        self._limit = int(min(HIGHEST, max(LOWEST, round(self._limit * factor))))
        self._moved()

    def _moved(self) -> None:
        self._tell()
        self.update()
        self.limitMoved.emit(self._limit)
