"""A line on a plot that follows a growing series: raw points below, the smoothed line above."""

from __future__ import annotations

from collections.abc import Callable

import pyqtgraph as pg

from .look import line_pen, raw_pen, set_line
from .plot import Plot
from .pyramid import MinMaxPyramid
from .series import Extent, Floats, SeriesBuffer, Smoothed

FEW, FEW_RAW = 4_000, 600
"""Up to this many points a line is drawn with smooth edges, which costs Qt many times more. Unsmoothed points that lie
close together are a band in which nobody sees edges."""


class Curve:
    """One series on ``plot`` in the colour number ``color``, unsmoothed and (with ``beta``) smoothed.

    Only what the pixels can show is handed to Qt. The series may grow between two :meth:`paint`; if points are taken
    away, make a new curve.
    """

    def __init__(self, plot: Plot, series: SeriesBuffer, color: int, beta: float | None = None) -> None:
        self.series = series
        self.color = color
        self._plot = plot
        self._raw_points = MinMaxPyramid(series)
        self._raw = pg.PlotCurveItem(connect="finite", skipFiniteCheck=False)
        self._smooth: pg.PlotCurveItem | None = None
        self._line = SeriesBuffer()
        self._line_points = MinMaxPyramid(self._line)
        self.smoothed = Smoothed(beta or 0.0)
        self._extent = Extent()
        plot.addItem(self._raw)
        if beta is not None:
            self._smooth = pg.PlotCurveItem(connect="finite")
            self._smooth.setZValue(5)
            plot.addItem(self._smooth)

    def remove(self) -> None:
        """Take the line off the plot."""
        self._plot.removeItem(self._raw)
        if self._smooth is not None:
            self._plot.removeItem(self._smooth)

    def extent(self) -> tuple[float, float] | None:
        """Lowest and highest value to be shown, None without points."""
        return self._extent.of(self.series.y)

    def set_beta(self, beta: float) -> None:
        self._take_in()
        self.smoothed.set_beta(beta, self.series.y)
        self._line = SeriesBuffer(max(256, len(self.series)))
        self._line.extend(self.series.x, self.smoothed.y)
        self._line_points = MinMaxPyramid(self._line)

    def paint(self, low: float, high: float) -> None:
        """Draw what lies between ``low`` and ``high``."""
        self._take_in()
        pixels, scaled = self._plot.pixels(), self._plot.scaled
        # The line that is read stands on top; without smoothing the raw points are that line.
        alone = self._smooth is None or self.smoothed.beta == 0.0
        pen = line_pen(self.color, 1.5) if alone else raw_pen(self.color)
        _draw(self._raw, self.series, self._raw_points, (low, high), pixels, scaled, FEW if alone else FEW_RAW)
        self._raw.setPen(pen)
        if self._smooth is not None:
            self._smooth.setVisible(not alone)
            if not alone:
                _draw(self._smooth, self._line, self._line_points, (low, high), pixels, scaled, FEW)
                self._smooth.setPen(line_pen(self.color))

    def _take_in(self) -> None:
        self._raw_points.update()
        if self._smooth is None:
            return
        new = slice(len(self._line), len(self.series))
        if new.start < new.stop:
            self.smoothed.extend(self.series.y[new])
            self._line.extend(self.series.x[new], self.smoothed.y[new])
        self._line_points.update()


def _draw(
    item: pg.PlotCurveItem, series: SeriesBuffer, points: MinMaxPyramid, span: tuple[float, float], pixels: int,
    scaled: Callable[[Floats], Floats], few: int,
) -> None:
    shown = points.visible(*span, pixels)
    item.opts["antialias"] = len(shown) <= few
    set_line(item, series.x[shown], scaled(series.y[shown]))
