"""The range test: loss over the learning rate on a logarithmic axis, suggestions, and a range to be dragged."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPainterPath
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.words import figure, rate
from ulmengine.events import RangePoint

from .look import line_pen, pen, raw_pen, set_line, set_points
from .plot import Plot

COLORS = {"valley": 3, "slide": 4, "steepest": 5, "minimum": 6}
"""Colour of each rule's marker; they are told apart by their names as well."""


LABEL_GAP = 4
"""Px around the name of a suggestion."""
_RIM = 1.5
"""Px of ground around its letters."""


class RangePlot(Plot):
    """Points of a range test as they come. The x axis is drawn in powers of ten, as are the range's ends."""

    rangeEdited = Signal(float, float)
    """Lowest and highest rate of the range, while it is dragged."""
    rangeSettled = Signal()
    """The range was let go of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.points: list[RangePoint] = []
        self.suggestions: dict[str, float] | None = None
        """What the rules suggest; None before a test has ended."""
        super().__init__("", parent=parent)
        self.setAccessibleName(self.tr("Loss over the learning rate"))
        self.setLabel("left", self.tr("loss"))
        self.setLabel("bottom", self.tr("learning rate"))
        self.getAxis("bottom").setLogMode(x=True)
        self._raw = pg.PlotCurveItem(connect="finite", antialias=True)
        self._smooth = pg.PlotCurveItem(connect="finite", antialias=True)
        self._dot = pg.ScatterPlotItem(pxMode=True)
        self.region = pg.LinearRegionItem(movable=True)
        self.region.setZValue(-10)
        self.region.hide()
        for z, item in ((1, self._raw), (5, self._smooth), (8, self._dot)):
            item.setZValue(z)
            self.addItem(item)
        self.addItem(self.region)
        self._marks: dict[str, pg.InfiniteLine] = {}
        self.region.sigRegionChanged.connect(self._region_moved)
        self.region.sigRegionChangeFinished.connect(self._region_let_go)
        self.view.sigResized.connect(self._resized)
        self.redress()

    @property
    def dragging(self) -> bool:
        """Whether the band or one of its edges is in the person's hand."""
        return bool(self.region.moving or any(line.moving for line in self.region.lines))

    def clear_points(self) -> None:
        """A new test begins."""
        self.points = []
        self.set_suggestions(None)
        self.begin_anew()

    def add(self, points: list[RangePoint]) -> None:
        self.points += points
        self.mark()

    def set_suggestions(self, suggestions: dict[str, float] | None) -> None:
        """Mark what the rules suggest, rule -> rate, where the test has ended."""
        self.suggestions = suggestions
        for line in self._marks.values():
            self.removeItem(line)
        self._marks = {}
        for rule, value in sorted((suggestions or {}).items(), key=lambda item: item[1]):
            if value > 0:
                self._marks[rule] = self._mark(rule, value)
        self.mark()

    def set_range(self, low: float, high: float) -> None:
        """Show the range from ``low`` to ``high`` (rates); :attr:`rangeEdited` is not emitted."""
        with QSignalBlocker(self.region):
            self.region.setRegion((math.log10(max(low, 1e-9)), math.log10(max(high, 1e-9))))
        self.region.show()

    def paint_curves(self) -> None:
        x = np.log10(np.array([max(point.lr, 1e-12) for point in self.points]))
        set_line(self._raw, x, self.scaled([point.loss for point in self.points]))
        self._raw.setPen(raw_pen(1))
        smooth = self.scaled([point.smoothed for point in self.points])
        set_line(self._smooth, x, smooth)
        self._smooth.setPen(line_pen(1))
        self._place_labels()
        going = bool(self.points) and self.suggestions is None
        set_points(self._dot, x[-1:] if going else x[:0], smooth[-1:] if going else smooth[:0], symbol="o", size=10,
                   brush=theme.colors().color("series1"), pen=pen(theme.colors().color("panel")))

    def bounds(self) -> tuple[float, float, float, float] | None:
        values = self.scaled([point.smoothed for point in self.points])
        values = values[np.isfinite(values)]
        if not len(values):
            return -7.0, 1.0, 0.0, 1.0
        low, first = float(values.min()), float(values[0])
        # A test ends when the loss runs away; the way there is what matters.
        high = min(float(values.max()), first + 1.2 * max(first - low, 0.1 * abs(first)))
        right = max(math.log10(self.points[-1].lr), 1.0 if self.suggestions is None else -9.0)
        left = math.log10(max(self.points[0].lr, 1e-9))
        rows = 1 + max((row for row, _ in self._rows(left, right)), default=-1)
        before = float(values[: int(values.argmin()) + 1].max())  # where it runs away it is not among the names
        named = before + (before - low) * self.room_above(rows * _row_height())
        return left, right, low, max(high + 0.1 * (high - low), named)

    def summary(self) -> str:
        if not self.points:
            return self.tr("No test has been made.")
        found = ", ".join(f"{rule_name(rule)} {rate(value)}" for rule, value in (self.suggestions or {}).items())
        return self.tr("{count} rates tried, up to {rate}. Suggestions: {found}.").format(
            count=len(self.points), rate=rate(self.points[-1].lr), found=found or "–"
        )

    def read(self, x: float) -> str:
        """What the curve says at the rate nearest to 10 to the ``x``."""
        if not self.points:
            return ""
        nearest = min(self.points, key=lambda point: abs(math.log10(max(point.lr, 1e-12)) - x))
        return self.tr("rate {rate}  ·  loss {loss}  ·  smoothed {smoothed}").format(
            rate=rate(nearest.lr), loss=figure(nearest.loss), smoothed=figure(nearest.smoothed)
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move the upper end of the range, with Shift the lower one."""
        step = {Qt.Key.Key_Left: -0.05, Qt.Key.Key_Right: 0.05}.get(Qt.Key(event.key()))
        if step is None or not self.region.isVisible():
            super().keyPressEvent(event)
            return
        low, high = self.region.getRegion()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            low = min(low + step, high)
        else:
            high = max(high + step, low)
        self.region.setRegion((low, high))

    @Slot()
    def redress(self) -> None:
        super().redress()
        if not hasattr(self, "_marks"):
            return
        colors = theme.colors()
        self.region.setBrush(colors.blend("accent", 0.10))
        self.region.setHoverBrush(colors.blend("accent", 0.16))
        for line in self.region.lines:
            line.setPen(pen(colors.color("accent"), 2.0))
            line.setHoverPen(pen(colors.color("accent"), 4.0))
        self.set_suggestions(self.suggestions)

    @Slot()
    def _region_moved(self) -> None:
        low, high = self.region.getRegion()
        self.rangeEdited.emit(float(10.0**low), float(10.0**high))

    @Slot()
    def _region_let_go(self) -> None:
        self._region_moved()  # the last move of the whole band is told of here alone
        self.rangeSettled.emit()

    @Slot(object)
    def _resized(self, view: object) -> None:
        del view
        self._place_labels()
        self.mark()  # the room above the curve is so many px in any size

    def _place_labels(self) -> None:
        (left, right), _ = self.view.viewRange()
        height = _row_height()
        unit, width = self.pixels() / max(right - left, 1e-9), self.pixels()
        for line, (row, side) in zip(self._marks.values(), self._rows(left, right), strict=True):
            # Where neither side has room for a name it stands over its line, as far as the edge asks for.
            at, wide = (line.value() - left) * unit, _metrics().horizontalAdvance(line.label.format) + 2 * LABEL_GAP
            place = min(side, at / wide) if side else max(side, (at + wide - width) / wide)
            line.label.anchors = [(place, 0.5), (place, 0.5)]
            line.label.setPosition(1.0)
            # Each ends at its name, so that none is drawn through another's.
            line.setSpan(0.0, max(0.0, 1.0 - (row + 0.6) * height / max(self.view.height(), height)))

    def _rows(self, left: float, right: float) -> list[tuple[int, int]]:
        """Row (from the top) and side (0: right of its line, 1: left of it) of every name, where the x axis goes from
        ``left`` to ``right``. A name stands below those that reach over its line.

        The lower half stands left of its lines and the upper half right, if the edges leave room: so few rows do.
        """
        metrics, count = _metrics(), len(self._marks)
        unit = self.pixels() / max(right - left, 1e-9)
        at = [(line.value() - left) * unit for line in self._marks.values()]
        wide = [metrics.horizontalAdvance(line.label.format) + 2 * LABEL_GAP for line in self._marks.values()]
        turn = count // 2
        if count and at[-1] + wide[-1] > self.pixels():
            turn = count
        elif turn and at[0] < wide[0]:
            turn = 0
        found = [(0, 0)] * count
        for sign, innermost_first in ((-1, range(turn - 1, -1, -1)), (1, range(turn, count))):
            ends: list[float] = []  # how far out the names of each row reach
            for number in innermost_first:
                line = sign * at[number]
                row = 1 + max((row for row, end in enumerate(ends) if end > line), default=-1)
                ends[row: row + 1] = [line + wide[number]]
                found[number] = row, int(sign < 0)
        return found

    def _mark(self, rule: str, value: float) -> pg.InfiniteLine:
        color = theme.colors().color(f"series{COLORS.get(rule, 2)}")
        line = pg.InfiniteLine(math.log10(value), angle=90, pen=pen(color, 1.5, Qt.PenStyle.DashLine))
        line.label = _Name(line, f"{rule_name(rule)} {rate(value)}", color=color, anchors=[(0, 0.5), (0, 0.5)])
        line.label.setFont(theme.current().font(theme.Type.SMALL))
        line.setZValue(7)  # no curve runs through a name
        self.addItem(line)
        return line


class _Name(pg.InfLineLabel):  # type: ignore[misc]
    """The name of a suggestion, each letter with a rim of the ground, so that a curve or an edge of the range behind it
    stays whole between the letters and runs through none."""

    def paint(self, painter: QPainter, *rest: Any) -> None:
        super().paint(painter, *rest)
        text = self.textItem
        margin, font = text.document().documentMargin(), text.font()
        letters = QPainterPath()
        letters.addText(margin, margin + QFontMetricsF(font).ascent(), font, text.toPlainText())
        ground = pen(theme.colors().color("panel"), 2 * _RIM)
        ground.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(text.mapToParent(letters), ground)


def _metrics() -> QFontMetricsF:
    return QFontMetricsF(theme.current().font(theme.Type.SMALL))


def _row_height() -> float:
    """Px of a row of names."""
    return _metrics().height() + LABEL_GAP


def rule_name(rule: str) -> str:
    """What a rule is called beside its marker and on its button."""
    translate = QCoreApplication.translate
    return {
        "valley": translate("RangeTest", "valley"), "slide": translate("RangeTest", "slide"),
        "steepest": translate("RangeTest", "steepest"),
        "minimum": translate("RangeTest", "minimum ÷ 10"),
    }.get(rule, rule)
