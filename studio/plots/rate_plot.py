"""The learning rate of every layer group: planned (dashed), as it really was (solid), and where it is now (a dot)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.words import rate
from ulmengine.plan.stages import StagePlan

from .curve import Curve
from .history import RunHistory, StageRecord
from .history_plot import HistoryPlot
from .look import ghost_pen, pen, set_lines, set_points
from .stage_bands import StageBands, stage_end

PLANNED_POINTS = 240
"""Points of a planned line: enough for a smooth one on any screen."""


class RatePlot(HistoryPlot):
    """Rates over the optimizer steps of the run. The plan is drawn with the schedule's own function."""

    def __init__(self, history: RunHistory, parent: QWidget | None = None) -> None:
        self._ghosts: list[pg.PlotCurveItem] = []
        self._planned_key: tuple[Any, ...] = ()
        self._planned_lines: list[tuple[int, np.ndarray, np.ndarray]] = []
        super().__init__(history, parent=parent)
        self.setAccessibleName(self.tr("Learning rate of every layer group over the steps of the run"))
        self.setLabel("left", self.tr("rate"))
        self.setLabel("bottom", self.tr("step"))
        self.getAxis("left").setTickDensity(0.4)
        self.setMinimumHeight(96)
        self._bands = StageBands(self, named=False)
        self._dots = pg.ScatterPlotItem(pxMode=True)
        self._dots.setZValue(12)
        self.addItem(self._dots)

    def stage_curves(self, stage: StageRecord) -> list[Curve]:
        first = len(stage.groups) - len(stage.rates)
        return [Curve(self, series, color_of(len(stage.groups), first + n)) for n, series in enumerate(stage.rates)]

    def paint_curves(self) -> None:
        super().paint_curves()
        set_lines(self, self._ghosts, [(ghost_pen(color), x, y) for color, x, y in self._planned()], z=-5)
        self._paint_dots()
        self._bands.paint(self.stages(), self.history.lost)
        self.getAxis("bottom").set_numbered(bool(self.history.stages))  # before, how long a stage is may be a guess

    def bounds(self) -> tuple[float, float, float, float] | None:
        said = (curve.extent() for curve in self._curves)
        lines = [line for _, _, line in self._planned()] + [self.scaled(list(span)) for span in said if span]
        values = np.concatenate([np.empty(0), *lines])
        values = values[np.isfinite(values)]
        if not len(values):
            return None
        low, high = float(values.min()), float(values.max())
        (left, right), _ = self.view.viewRange()
        return left, right, low if self.log_y else 0.0, high

    def summary(self) -> str:
        last, stage = self.history.last, self.history.stage
        if last is None or stage is None or last.stage != stage.index:
            return self.without_steps()
        parts = [f"{name} {rate(value)}" for name, value in zip(stage.learning, last.lrs, strict=False)]
        return self.tr("Learning rates: {rates}.").format(rates=", ".join(reversed(parts)))

    def _planned(self) -> list[tuple[int, np.ndarray, np.ndarray]]:
        """Colour number, x and drawn y of the planned rate of every learning group of every stage that is placed."""
        stages = self.stages()
        key = (self.log_y, self.plans, *((stage.index, stage.before, stage.steps, _length(stage)) for stage in stages))
        if key != self._planned_key:
            self._planned_key, self._planned_lines = key, self._plan_lines(stages)
        return self._planned_lines

    def _plan_lines(self, stages: list[StageRecord]) -> list[tuple[int, np.ndarray, np.ndarray]]:
        found: list[tuple[int, np.ndarray, np.ndarray]] = []
        for stage, plan in ((s, self._plan_of(s)) for s in stages):
            length = _length(stage)
            if plan is None or length < 1:
                continue
            schedule = plan.schedule(stage.steps)
            at = np.unique(np.linspace(0, length - 1, min(length, PLANNED_POINTS)).astype(int))
            for group in range(len(plan.groups) - plan.unfrozen, len(plan.groups)):
                rates = self.scaled([schedule.lr(int(step), group) for step in at])
                found.append((color_of(len(plan.groups), group), stage.before + 1 + at, rates))
        return found

    def _plan_of(self, stage: StageRecord) -> StagePlan | None:
        return next((plan for plan in self.plans if plan.index == stage.index), None)

    def _paint_dots(self) -> None:
        last, stage = self.history.last, self.history.stage
        if last is None or stage is None or self.history.finished is not None:
            self._dots.setData(x=[], y=[])
            return
        first = len(stage.groups) - len(last.lrs)
        colors = [theme.colors().color(f"series{color_of(len(stage.groups), first + n)}") for n in range(len(last.lrs))]
        set_points(
            self._dots, [last.total] * len(last.lrs), self.scaled(list(last.lrs)), symbol="o", size=9, brush=colors,
            pen=pen(theme.colors().color("panel")),
        )


def _length(stage: StageRecord) -> int:
    """Steps of which the plan is drawn: all of the stage, or those until it was ended."""
    return min(stage.steps, int(stage_end(stage)) - stage.before) if stage.ended is not None else stage.steps


def color_of(groups: int, group: int) -> int:
    """Colour number of a layer group, counted from the last: the head keeps its colour whatever lies below it."""
    return groups - group
