"""What the lines of a plot are called: a sample of each line and its name, in a row or two."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.theme import Type

from .look import RAW, ghost_pen, line_pen, pen

SAMPLE = 18
GAP = 14


@dataclass(frozen=True)
class LegendEntry:
    """A name and how its line looks; ``color``: number of the series colour."""

    name: str
    color: int
    kind: Literal["line", "raw", "planned", "points", "star"] = "line"


class Legend(QWidget):
    """Entries in a row, or in two where one has no room for them; where they do not fit either, the longest names are
    cut in the middle and all stand in the tooltip. It fixes its own height."""

    def __init__(self, entries: list[LegendEntry] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: list[LegendEntry] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.set_type(self, Type.SMALL)
        theme.current().changed.connect(self.update)
        self._fit()  # also while there is nothing to tell of, out of view
        self.set_entries(entries or [])

    def set_entries(self, entries: list[LegendEntry]) -> None:
        if entries != self._entries:
            self._entries = entries
            self.setAccessibleName(self.tr("Legend: {names}").format(names=", ".join(e.name for e in entries)))
            self.updateGeometry()
            self._fit()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(sum(self._width(entry) + GAP for entry in self._entries)), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        for number, row in enumerate(self._rows()):
            x, y = 0.0, number * self._line
            for entry, name in zip(row, self._fitting(row), strict=True):
                self._sample(painter, entry, QPointF(x, y + self._line / 2))
                painter.setPen(theme.colors().color("muted"))
                box = QRectF(x + SAMPLE + 5, y, self.width(), self._line)
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
                x += SAMPLE + 6 + QFontMetricsF(self.font()).horizontalAdvance(name) + GAP
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def shown(self) -> list[str]:
        """The names as there is room for them: of a row the shorter ones whole, the others alike long."""
        return [name for row in self._rows() for name in self._fitting(row)]

    @property
    def _line(self) -> int:
        return self.fontMetrics().height() + 2

    def _rows(self) -> list[list[LegendEntry]]:
        entries, half = self._entries, math.ceil(len(self._entries) / 2)
        one = sum(self._width(entry) + GAP for entry in entries) - GAP <= self.width()
        return [entries] if one or len(entries) < 2 else [entries[:half], entries[half:]]

    def _fitting(self, row: list[LegendEntry]) -> list[str]:
        metrics, names = QFontMetricsF(self.font()), [entry.name for entry in row]
        room = float(self.width() - len(names) * (SAMPLE + 6 + GAP) + GAP)
        found = dict.fromkeys(range(len(names)), "")
        for left, place in enumerate(sorted(found, key=lambda one: metrics.horizontalAdvance(names[one]))):
            share = room / (len(names) - left)
            found[place] = metrics.elidedText(names[place], Qt.TextElideMode.ElideMiddle, max(share, 0.0))
            room -= metrics.horizontalAdvance(found[place])
        return list(found.values())

    def _fit(self) -> None:
        self.setFixedHeight(len(self._rows()) * self._line)
        names = [entry.name for entry in self._entries]
        self.setToolTip("" if self.shown() == names else ", ".join(names))

    def _width(self, entry: LegendEntry) -> float:
        return SAMPLE + 5 + QFontMetricsF(self.font()).horizontalAdvance(entry.name) + 1

    def _sample(self, painter: QPainter, entry: LegendEntry, left: QPointF) -> None:
        colors, right = theme.colors(), left + QPointF(SAMPLE, 0)
        color = colors.color(f"series{entry.color}")
        if entry.kind in ("points", "star"):
            painter.setPen(line_pen(entry.color, 1.0))
            painter.drawLine(left, right)
            painter.setBrush(color)
            painter.setPen(Qt.PenStyle.NoPen)
            place = (left + right) / 2
            if entry.kind == "points":
                painter.drawEllipse(place, 3.5, 3.5)
            else:
                painter.drawPolygon(star(place, 6.5))
            return
        pens = {"line": line_pen(entry.color), "planned": ghost_pen(entry.color),
                "raw": pen(colors.blend(f"series{entry.color}", RAW), 1.0)}
        painter.setPen(pens[entry.kind])
        painter.drawLine(left, right)


def star(center: QPointF, radius: float) -> QPolygonF:
    """A star of five points."""
    points = []
    for number in range(10):
        length = radius if number % 2 == 0 else radius * 0.45
        angle = math.pi * number / 5 - math.pi / 2
        points.append(center + QPointF(math.cos(angle), math.sin(angle)) * length)
    return QPolygonF(points)
