"""A small plot of one figure of a run: accuracy, perplexity, gradient norm or throughput."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.words import figure

from .curve import Curve
from .history import RunHistory, StageRecord
from .history_plot import HistoryPlot
from .look import line_pen, pen, set_line, set_points
from .series import SeriesBuffer

AXIS_WIDTH = 46
ROOM = 0.1
"""The least span of an axis of shares: around a single one there would be numbers above 1. None is below 0."""


@dataclass(frozen=True)
class Figure:
    """What a small plot shows. ``series``: a figure of every step; ``metric``: one of the ends of epochs;
    ``shorter``: its title where there is little room."""

    key: str
    title: str
    series: Callable[[StageRecord], SeriesBuffer] | None = None
    metric: str = ""
    shorter: str = ""


def figures() -> tuple[Figure, ...]:
    """The four that the train page shows."""
    tr = QCoreApplication.translate
    return (
        Figure("accuracy", tr("SmallPlot", "Accuracy"), metric="accuracy"),
        Figure("perplexity", tr("SmallPlot", "Perplexity"), metric="perplexity"),
        Figure("grad_norm", tr("SmallPlot", "Gradient norm"), series=lambda stage: stage.grad_norm,
               shorter=tr("SmallPlot", "Gradient")),
        Figure("throughput", tr("SmallPlot", "Tokens / s"), series=lambda stage: stage.throughput),
    )


class SmallPlot(HistoryPlot):
    """One figure over the whole run, without axes of its own to play with."""

    def __init__(self, history: RunHistory, shown: Figure, parent: QWidget | None = None) -> None:
        self.shown = shown
        super().__init__(history, shown.title, wide=False, parent=parent)
        self.getAxis("bottom").setStyle(showValues=False)
        self.getAxis("bottom").setHeight(6)
        self.redress()
        self._line = pg.PlotCurveItem(connect="finite", antialias=True)
        self._points = pg.ScatterPlotItem(pxMode=True)
        self.addItem(self._line)
        self.addItem(self._points)

    @Slot()
    def redress(self) -> None:
        super().redress()
        self.getAxis("left").setWidth(AXIS_WIDTH)

    def value(self) -> float | None:
        """The newest figure."""
        if self.shown.series is not None:
            stage = self.history.stage
            values = self.shown.series(stage).y if stage else ()
            return float(np.mean(values[-20:])) if len(values) else None
        points = self._measured()
        return points[1][-1] if points[1] else None

    def stage_curves(self, stage: StageRecord) -> list[Curve]:
        return [Curve(self, self.shown.series(stage), 1, 0.9)] if self.shown.series is not None else []

    def paint_curves(self) -> None:
        super().paint_curves()
        if self.shown.series is None:
            self._paint_measured()

    def bounds(self) -> tuple[float, float, float, float] | None:
        right = max(float(self.history.total), 1.0) * 1.04
        if self.shown.series is None:
            values = [value for value in self._measured()[1] if math.isfinite(value)]
            if not values:
                return None
            low, high = min(values), max(values)
            if self.shown.key == "accuracy":
                low = max(0.0, min(low, high - ROOM))
            return 0.0, right, low, high
        spans = [span for span in (curve.extent() for curve in self._curves) if span]
        return (0.0, right, 0.0, max(high for _, high in spans)) if spans else None

    def summary(self) -> str:
        return f"{self.shown.title}: {figure(self.value())}"

    def _measured(self) -> tuple[list[float], list[float]]:
        ends = [end for stage in self.history.stages for end in stage.ends if self.shown.metric in end.metrics]
        return [end.total for end in ends], [end.metrics[self.shown.metric] for end in ends]

    def _paint_measured(self) -> None:
        x, y = self._measured()
        set_line(self._line, x, y)
        self._line.setPen(line_pen(2, 1.5))
        set_points(self._points, x, y, symbol="o", size=6, brush=theme.colors().color("series2"),
                   pen=pen(theme.colors().color("panel")))
