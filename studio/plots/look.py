"""How a plot looks: pens, axes, numbers. Everything comes from the theme."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPen

from studio import theme
from studio.theme import Type

from .series import Floats

RAW = 0.38
"""How much of a line's colour its unsmoothed points keep; the rest is the panel's. Opaque, so that Qt draws fast."""

LINE = 1.1
"""How far numbers below one another are apart at least, in heights of a line."""

AXIS_WIDTH = 56
"""The same for all, so that plots below one another line up."""


def pen(color: QColor, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen that keeps its width when the plot is zoomed."""
    made = QPen(color, width, style)
    made.setCosmetic(True)
    made.setCapStyle(Qt.PenCapStyle.FlatCap)
    return made


def raw_pen(series: int) -> QPen:
    """Pen of the unsmoothed line number ``series`` (from 1)."""
    return pen(theme.colors().blend(f"series{series}", RAW))


def line_pen(series: int, width: float = 2.0) -> QPen:
    """Pen of the smoothed line number ``series`` (from 1)."""
    return pen(theme.colors().color(f"series{series}"), width)


def ghost_pen(series: int) -> QPen:
    """Pen of what is only planned."""
    return pen(theme.colors().blend(f"series{series}", 0.6), 1.0, Qt.PenStyle.DashLine)


class Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis whose numbers are short, on a logarithmic scale too."""

    def __init__(self, orientation: str, *, narrow: bool = False) -> None:
        """``narrow``: there is room for four figures; a number that would not fit is not drawn at all."""
        super().__init__(orientation, maxTickLength=-4)
        self.narrow = narrow
        self.numbered = True
        self._named: list[float] | None = None
        """The numbers that are shown; None: all."""
        # A prefix such as "k" would have to be read together with the numbers.
        self.enableAutoSIPrefix(False)

    def set_numbered(self, numbered: bool) -> None:
        """Show its numbers, or keep their place empty."""
        if numbered != self.numbered:
            self.numbered = numbered
            self.picture = None
            self.update()

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if not self.numbered:
            return [""] * len(values)
        if self.logMode:
            return [_power(value) for value in values]
        return [text if self._named is None or value in self._named else ""
                for text, value in zip(self._figures(values, spacing), values, strict=True)]

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Coarse levels first; which of them are put into words is settled here."""
        levels: list[tuple[float, list[float]]] = super().tickValues(low, high, size)
        upright = self.orientation == "left" and not self.logMode
        self._named = self._choose(low, high, levels) if upright else None
        return levels

    def _choose(self, low: float, high: float, levels: list[tuple[float, list[float]]]) -> list[float]:
        """The numbers that are shown: wholly beside the axis, no closer than lines, and two at least where that goes;
        a single one would say nothing of the scale."""
        apart = (high - low) * self._line() / max(self.height(), 1.0)
        seen: list[float] = []
        named: list[float] = []
        for spacing, values in levels:
            inside = [value for value in values if low + apart / 2 <= value <= high - apart / 2]
            every, seen = self._every(spacing), sorted([*seen, *inside])
            if every == 1:
                named += inside
            elif not named:  # where there are some, 5.5 would stand between 5.4 and 5.6
                named = [value for value in inside if round(value / spacing) % every == 0]
            if len(named) < 2 and seen and seen[-1] - seen[0] >= apart:
                named = [seen[0], seen[-1]]
            if every > 1 and len(named) > 1:
                break
        return named

    def _figures(self, values: list[float], spacing: float) -> list[str]:
        largest = max((abs(value) for value in values), default=0.0)
        if largest >= 10_000_000:
            return [f"{value:.0e}" if value else "0" for value in values]
        if largest >= 10_000:
            if self.narrow or self.orientation == "left" or max(map(abs, self.range)) >= 100_000:
                # Longer ones reach into the axis' title.
                return [f"{value / 1_000:,g}k" if value else "0" for value in values]
            return [f"{value:,.0f}" for value in values]
        places = max(0, math.ceil(-math.log10(spacing)))
        return [f"{value:.{places}f}" if places < 5 else f"{value:.0e}" for value in values]

    def _every(self, spacing: float) -> int:
        """Which of the numbers below one another are shown, so that they do not stand closer than lines of text."""
        low, high = self.range
        apart = self.height() * spacing / max(high - low, 1e-12)
        if self.orientation != "left" or apart <= 0:
            return 1
        return next((every for every in (1, 2, 5, 10) if every * apart >= self._line()), 10)

    @staticmethod
    def _line() -> float:
        """Px that a number takes of the axis' height."""
        return LINE * QFontMetricsF(theme.current().font(Type.SMALL, numbers=True)).height()

    def logTickValues(
        self, low: float, high: float, size: float, usual: list[tuple[float | None, list[float]]]
    ) -> list[tuple[float | None, list[float]]]:
        """Powers of ten; with less than two of them in view, 2 and 5 times them as well."""
        powers = [float(n) for n in range(math.ceil(low), math.floor(high) + 1)]
        powers = _each(powers, 1.0, max(self._every(1.0), len(powers) // 9 + 1))
        between = [n + part for n in range(math.floor(low), math.ceil(high)) for part in np.log10([2.0, 5.0])]
        inside = [float(value) for value in between if low <= value <= high]
        if len(powers) >= 2:
            return [(1.0, powers)]
        if len(powers) + len(inside) >= 2:
            return [(1.0, powers + inside)]
        return usual


def dress(plot: pg.PlotWidget) -> None:
    """Give ``plot`` the colours and the type of the theme in force."""
    colors = theme.colors()
    plot.setBackground(colors.color("panel"))
    font = theme.current().font(Type.SMALL, numbers=True)
    for name in ("left", "bottom"):
        axis = plot.getAxis(name)
        axis.setPen(pen(colors.color("grid")))
        axis.setTextPen(colors.color("muted"))
        axis.setTickFont(font)
        axis.label.setFont(theme.current().font(Type.SMALL))
        axis.setStyle(tickTextOffset=6)
    plot.getAxis("left").setWidth(AXIS_WIDTH)
    grid = plot.getAxis("left")
    grid.setGrid(90)


def set_line(item: pg.PlotCurveItem, x: Floats | list[float], y: Floats | list[float]) -> None:
    """Give a line its points; what is not a number is a gap. pyqtgraph warns of lines that are nothing but gaps."""
    values = np.asarray(y, np.float64)
    if np.isfinite(values).any():
        item.setData(np.asarray(x, np.float64), values)
    else:
        item.setData([], [])


def set_lines(
    plot: pg.PlotWidget, items: list[pg.PlotCurveItem], lines: Sequence[tuple[QPen, Floats, Floats]], z: float = 0.0
) -> None:
    """Draw ``lines`` on ``plot`` with ``items``: further ones are made as they are needed, others hidden."""
    while len(items) < len(lines):
        item = pg.PlotCurveItem(connect="finite", antialias=True)
        item.setZValue(z)
        plot.addItem(item)
        items.append(item)
    for item in items[len(lines):]:
        item.hide()
    for item, (ink, x, y) in zip(items, lines, strict=False):
        set_line(item, x, y)
        item.setPen(ink)
        item.show()


def set_points(item: pg.ScatterPlotItem, x: Sequence[float], y: Floats | list[float], **style: Any) -> None:
    """Give markers their places; what is not a number has none."""
    values = np.asarray(y, np.float64)
    there = np.isfinite(values)
    item.setData(x=np.asarray(x, np.float64)[there], y=values[there], **style)


def to_log(values: Floats) -> Floats:
    """log10; what is not positive becomes a gap."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(values)
    return np.where(np.isfinite(logs), logs, np.nan)


def _each(values: list[float], spacing: float, every: int) -> list[float]:
    """Those of ``values`` that are multiples of ``every`` times ``spacing``; a single number would say nothing of the
    scale, so that else the outermost two are taken."""
    found = [value for value in values if round(value / spacing) % every == 0]
    return found if len(found) > 1 else [*values[:1], *values[1:][-1:]]


def _power(value: float) -> str:
    number = 10.0**value
    if number >= 10_000 or number < 0.001:
        return f"{number:.0e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{number:.4g}"
