"""The planned rate of every layer group over every stage, with handles that change the plan."""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import attrgetter

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.facts import steps_of
from studio.words import rate
from ulmengine.plan.stages import StagePlan

from .history import StageRecord
from .look import line_pen, pen, set_lines
from .plot import MOST_NAMES, Plot
from .rate_plot import PLANNED_POINTS, color_of
from .series import Floats
from .stage_bands import StageBands

MARGIN = 12
"""Px around what is drawn, so that a handle at its edge is whole."""

NAMES = 13
"""Px around the letters of the stages' names: above them, and for the half of a handle below."""

X_SETTING = {"stlr": "cut_frac", "one_cycle": "pct_start", "constant": "warmup"}
"""Which setting of a kind of schedule says how long the rate rises."""

HAS_RATIO = ("stlr", "clr", "sgdr")

MOST_STEPS = 4_000
"""Steps of a stage whose rates are worked out to find the peak."""


class SchedulePlot(Plot):
    """Rates over epochs, drawn with the engine's own function.

    Two handles stand on the longest stage of the task being edited, the last one of several: the peak (up and down: the
    rate; sideways: how long it rises) and, where the kind of schedule has one, the lowest rate (the ratio). Arrow keys
    move the first.
    """

    edited = Signal(object)
    """New values by the name below the section: {"lr": 0.01, "schedule.cut_frac": 0.2}."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.plans: tuple[StagePlan, ...] = ()
        self.task = "classifier"
        self._lines: list[pg.PlotCurveItem] = []
        self._batches: Mapping[str, int] = {}
        self._curves: list[tuple[int, Floats, Floats]] = []
        super().__init__("", parent=parent)
        self.setAccessibleName(self.tr("Planned learning rate of every layer group over all stages"))
        self.setLabel("left", self.tr("rate"))
        self.setLabel("bottom", self.tr("epoch"))
        self.view.setMouseEnabled(x=False, y=False)
        self._bands = StageBands(self, named=True)
        self.peak = pg.TargetItem(size=15, symbol="o", movable=True)
        self.low = pg.TargetItem(size=13, symbol="d", movable=True)
        for handle in (self.peak, self.low):
            handle.setZValue(30)
            self.addItem(handle)
        self.peak.sigPositionChanged.connect(self._peak_moved)
        self.low.sigPositionChanged.connect(self._low_moved)
        for handle in (self.peak, self.low):
            handle.sigPositionChangeFinished.connect(self._let_go)
        self.redress()

    def set_plans(self, plans: tuple[StagePlan, ...], task: str, batches: Mapping[str, int] | None = None) -> None:
        """Show ``plans``; the handles change the settings of ``task``. ``batches``: those of an epoch of each task."""
        if (plans, task, batches or {}) == (self.plans, self.task, self._batches):
            return
        self.plans, self.task, self._batches = plans, task, batches or {}
        self._curves = self._reckon()
        if self.isVisible():
            self.redraw()
        else:
            self._due = True  # drawn when it is shown

    def paint_curves(self) -> None:
        set_lines(self, self._lines, [(line_pen(color), x, self.scaled(y)) for color, x, y in self._curves])
        self._bands.paint([StageRecord.of(plan, plan.epochs, int(start)) for plan, start in self._placed()])
        self._place_handles()

    def bounds(self) -> tuple[float, float, float, float] | None:
        lines = self._curves
        if not lines:
            return None
        values = self.scaled(np.concatenate([y for _, _, y in lines]))
        values = values[np.isfinite(values)]
        if not len(values):
            return None
        low, high = float(values.min()), float(values.max())
        letters = QFontMetricsF(theme.current().font(theme.Type.SMALL)).height()
        named = min((letters + NAMES - MARGIN) / max(self.view.height() - 2 * MARGIN, 1.0), MOST_NAMES)
        room = (high - low) * max(0.14, named / (1 - named))
        return 0.0, sum(plan.epochs for plan in self.plans), low if self.log_y else 0.0, high + room

    @property
    def dragging(self) -> bool:
        """Whether a handle is in the person's hand."""
        return bool(self.peak.moving or self.low.moving)

    def summary(self) -> str:
        one, many = self.tr("{stage}: 1 epoch, up to {rate}"), self.tr("{stage}: {epochs} epochs, up to {rate}")
        return "; ".join(
            (one if plan.epochs == 1 else many).format(stage=plan.name, epochs=plan.epochs, rate=rate(plan.peak))
            for plan in self.plans
        )

    def read(self, x: float) -> str:
        """What is planned at epoch ``x``."""
        for plan, start in self._placed():
            if start <= x <= start + plan.epochs:
                steps = self._steps(plan)
                schedule = plan.schedule(steps)
                step = min(int((x - start) / plan.epochs * steps), steps - 1)
                groups = range(len(plan.groups) - 1, len(plan.groups) - plan.unfrozen - 1, -1)
                rates = [f"{plan.groups[group]} {rate(schedule.lr(step, group))}" for group in groups]
                return "  ·  ".join([self.tr("epoch {epoch}").format(epoch=f"{x:.2f}"), plan.name, *rates])
        return ""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The margin around what is drawn is so many px in any size."""
        super().resizeEvent(event)
        if hasattr(self, "low"):
            self.mark()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down: the peak, left and right: how long it rises."""
        plan = self._edited_plan()
        moves = {Qt.Key.Key_Up: (1.1, 0.0), Qt.Key.Key_Down: (1 / 1.1, 0.0), Qt.Key.Key_Left: (1.0, -0.01),
                 Qt.Key.Key_Right: (1.0, 0.01)}
        move = moves.get(Qt.Key(event.key()))
        if plan is None or move is None:
            super().keyPressEvent(event)
            return
        values: dict[str, float] = {}
        if move[0] != 1.0:
            values["lr"] = _rounded(plan.settings.lr * move[0])
        name = X_SETTING.get(plan.settings.schedule.kind)
        if move[1] and name:
            share = getattr(plan.settings.schedule, name) + move[1]
            values[f"schedule.{name}"] = round(min(max(share, 0.0), 0.9), 3)
        if values:
            self.edited.emit(values)

    def _placed(self) -> list[tuple[StagePlan, float]]:
        start, placed = 0.0, []
        for plan in self.plans:
            placed.append((plan, start))
            start += plan.epochs
        return placed

    def _reckon(self) -> list[tuple[int, Floats, Floats]]:
        found: list[tuple[int, Floats, Floats]] = []
        for plan, start in self._placed():
            steps = self._steps(plan)
            schedule = plan.schedule(steps)
            at = np.unique(np.linspace(0, steps - 1, min(steps, PLANNED_POINTS * 2)).astype(int))
            of_groups = np.array([schedule.rates(step) for step in at.tolist()]).T
            for group in range(len(plan.groups) - plan.unfrozen, len(plan.groups)):
                rates = of_groups[group]
                # The last rate stands until the stage ends: a stage of a single step would not be seen otherwise.
                x = np.append(start + at * plan.epochs / steps, start + plan.epochs)
                found.append((color_of(len(plan.groups), group), x, np.append(rates, rates[-1])))
        return found

    def _edited_plan(self) -> StagePlan | None:
        stages = [plan for plan in self.plans if plan.task == self.task and not plan.refit]
        return max(reversed(stages), key=attrgetter("epochs"), default=None)

    def _steps(self, plan: StagePlan) -> int:
        """Optimizer steps of the stage."""
        return steps_of(plan, self._batches)

    def _place_handles(self) -> None:
        plan = self._edited_plan()
        for handle, shown in ((self.peak, plan is not None),
                              (self.low, plan is not None and plan.settings.schedule.kind in HAS_RATIO)):
            handle.setVisible(shown)
        if plan is None:
            return
        start = next(begin for one, begin in self._placed() if one is plan)
        at, rates = self._head_rates(plan)
        top, steps = int(np.argmax(rates)), self._steps(plan)
        self._put(self.peak, start + at[top] * plan.epochs / steps, float(rates[top]))
        if self.low.isVisible():
            valley = _first_valley(rates, top)
            self._put(self.low, start + at[valley] * plan.epochs / steps, float(rates[valley]))

    def _put(self, handle: pg.TargetItem, x: float, y: float) -> None:
        if not handle.moving:
            with QSignalBlocker(handle):
                handle.setPos(x, float(self.scaled([y])[0]))

    def _head_rates(self, plan: StagePlan) -> tuple[npt.NDArray[np.int64], Floats]:
        """Steps and the head's rates at them: of all steps, or of so many that none is a px from its neighbours."""
        steps, last = self._steps(plan), len(plan.groups) - 1
        schedule = plan.schedule(steps)
        at = np.unique(np.linspace(0, steps - 1, min(steps, MOST_STEPS)).astype(np.int64))
        return at, np.array([schedule.lr(step, last) for step in at.tolist()])

    @Slot(object)
    def _peak_moved(self, handle: pg.TargetItem) -> None:
        plan = self._edited_plan()
        if plan is None:
            return
        # A later stage's peak is the setting times what the stages before it have taken away.
        values = {"lr": _rounded(self._value(handle.pos().y(), plan.peak) * (plan.settings.lr / plan.peak))}
        name = X_SETTING.get(plan.settings.schedule.kind)
        if name:
            start = next(begin for one, begin in self._placed() if one is plan)
            share = (handle.pos().x() - start) / plan.epochs
            values[f"schedule.{name}"] = round(min(max(share, 0.0), 0.9), 3)
        self.edited.emit(values)

    @Slot(object)
    def _low_moved(self, handle: pg.TargetItem) -> None:
        plan = self._edited_plan()
        if plan is not None:
            low = self._value(handle.pos().y(), plan.peak / 1_000)
            self.edited.emit({"schedule.ratio": _rounded(min(max(plan.peak / low, 1.0), 1_000.0))})

    @Slot(object)
    def _let_go(self, handle: pg.TargetItem) -> None:
        """Stand on the curve again, which may not have gone where the mouse went, and fit the view to it."""
        self.redraw()

    def _fit(self) -> None:
        # A view that changed under the hand would give the same place of the mouse another rate at every move.
        found = self.bounds()
        if self.dragging or found is None:
            return
        left, right, low, high = found
        x_room = MARGIN * max(right - left, 1e-9) / max(self.view.width() - 2 * MARGIN, 50.0)
        y_room = MARGIN * (high - low or abs(high) or 1.0) / max(self.view.height() - 2 * MARGIN, 30.0)
        self.view.setRange(xRange=(left - x_room, right + x_room), yRange=(low - y_room, high + y_room), padding=0)

    def _value(self, drawn: float, least: float) -> float:
        """The rate that is drawn at height ``drawn``; below the axis there is none, and the least is taken."""
        value = 10.0**drawn if self.log_y else drawn
        return min(value if value > 0 else min(least, 1e-6), 10.0)

    @Slot()
    def redress(self) -> None:
        super().redress()
        if hasattr(self, "low"):
            colors = theme.colors()
            for handle in (self.peak, self.low):
                handle.setPen(pen(colors.color("text"), 2.0))
                handle.setBrush(colors.color("panel"))
                handle.setHoverPen(pen(colors.color("accent"), 3.0))
                handle.setHoverBrush(colors.color("accent_soft"))


def _first_valley(rates: Floats, top: int) -> int:
    """Where the rate stops falling for the first time after ``top``."""
    later = np.diff(rates[top:])
    stopped = np.flatnonzero(later >= 0)
    return top + int(stopped[0]) if len(stopped) else len(rates) - 1


def _rounded(value: float) -> float:
    """``value`` to two digits, as a person would write it."""
    if value <= 0 or not math.isfinite(value):
        return value
    return float(f"{value:.2g}")
