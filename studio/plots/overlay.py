"""One figure of several runs, laid over one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.words import figure

from .curve import Curve
from .look import line_pen, set_line, set_points
from .plot import Plot
from .series import Floats, SeriesBuffer

SMOOTH = 0.9


@dataclass(frozen=True, eq=False)
class OverlayLine:
    """A run's line: ``color`` is the number of its series colour; ``dense``: a value of every step, to be smoothed."""

    name: str
    color: int
    x: Floats
    y: Floats
    dense: bool


class OverlayPlot(Plot):
    """Lines of several runs over one axis; few points are marked, many are smoothed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._lines: tuple[OverlayLine, ...] = ()
        self._curves: list[Curve] = []
        self._items: list[tuple[OverlayLine, pg.PlotCurveItem, pg.ScatterPlotItem]] = []
        super().__init__(QCoreApplication.translate("OverlayPlot", "Curves of the chosen runs"), parent=parent)

    def set_lines(self, lines: Sequence[OverlayLine], left: str, bottom: str) -> None:
        """Draw these, with names of the axes."""
        for curve in self._curves:
            curve.remove()
        for _, line, points in self._items:
            self.removeItem(line)
            self.removeItem(points)
        self._lines, self._curves, self._items = tuple(lines), [], []
        for one in lines:
            if one.dense:
                series = SeriesBuffer(max(1, len(one.x)))
                series.extend(one.x, one.y)
                self._curves.append(Curve(self, series, one.color, SMOOTH))
            else:
                line = pg.PlotCurveItem(connect="finite", antialias=True)
                points = pg.ScatterPlotItem(pxMode=True)
                self.addItem(line)
                self.addItem(points)
                self._items.append((one, line, points))
        self.setLabel("left", left)
        self.setLabel("bottom", bottom)
        self.following = True
        self.mark()

    def paint_curves(self) -> None:
        (low, high), _ = self.view.viewRange()
        for curve in self._curves:
            curve.paint(low, high)
        for one, line, points in self._items:
            y = self.scaled(one.y)
            set_line(line, one.x, y)
            line.setPen(line_pen(one.color))
            brush = theme.colors().color(f"series{one.color}")
            set_points(points, one.x.tolist(), y.tolist(), size=7, brush=brush, pen=None)

    def bounds(self) -> tuple[float, float, float, float] | None:
        parts = [(one.x, one.y[np.isfinite(one.y)]) for one in self._lines if len(one.x)]
        parts = [(x, y) for x, y in parts if len(y)]
        if not parts:
            return None
        # Of a line of every step the highest hundredth is the first steps, beside which all else would be flat.
        tops = [float(np.quantile(y, 0.99)) if len(y) > 200 else float(y.max()) for _, y in parts]
        ends = self.scaled([min(float(y.min()) for _, y in parts), max(tops)])
        return 0.0, 1.02 * max(float(x[-1]) for x, _ in parts), float(ends[0]), float(ends[1])

    def summary(self) -> str:
        last = (f"{one.name} {figure(float(one.y[-1]))}" for one in self._lines if len(one.y))
        return "; ".join((self.name, *last))
