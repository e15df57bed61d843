"""A plot of a run as it grows: what each stage has said, made as the stage begins, and the stages to come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication

from ulmengine.plan.stages import StagePlan

from .curve import Curve
from .history import RunHistory, StageRecord
from .plot import Plot
from .stage_bands import stage_end, upcoming

_tr = QCoreApplication.translate

NO_LENGTHS: Mapping[int, int] = {}


class HistoryPlot(Plot):
    """A subclass says in :meth:`stage_curves` what it draws of a stage."""

    def __init__(self, history: RunHistory, name: str = "", **options: Any) -> None:
        self.history = history
        self.plans: tuple[StagePlan, ...] = ()
        self.lengths = NO_LENGTHS
        self._curves: list[Curve] = []
        self._stages_drawn = 0
        super().__init__(name, **options)

    def stage_curves(self, stage: StageRecord) -> list[Curve]:
        """The lines of ``stage``, which has begun."""
        raise NotImplementedError

    def set_history(
        self, history: RunHistory, plans: tuple[StagePlan, ...] = (), lengths: Mapping[int, int] = NO_LENGTHS
    ) -> None:
        """Show another run.

        :param plans: what it is going to do.
        :param lengths: steps of each stage by its number, until the run itself tells them.
        """
        self.history, self.plans, self.lengths = history, plans, lengths
        for curve in self._curves:
            curve.remove()
        self._curves, self._stages_drawn = [], 0
        self.begin_anew()

    def stages(self) -> list[StageRecord]:
        """Those that have begun, and those to come whose length is known."""
        return [*self.history.stages, *upcoming(self.history, self.plans, self.lengths)]

    def planned_end(self) -> float:
        """How far right a plot that follows the run looks: at all that is known to come, as long as it has taken no
        step or that is not far away."""
        stages, total = self.stages(), self.history.total
        end = stage_end(stages[-1]) if stages else 1.0
        return max(min(end, 4.0 * total), 20.0 if end > 20 else end) if total else end

    def without_steps(self) -> str:
        """What is said in the place of a stage's figures before its first step."""
        if not self.history.total:
            return _tr("HistoryPlot", "No step yet.")
        told = _tr("HistoryPlot", "No step of this stage yet, {step} of the run.")
        return told.format(step=f"{self.history.total:,}")

    def gather(self) -> None:
        for stage in self.history.stages[self._stages_drawn:]:
            self._curves += self.stage_curves(stage)
        self._stages_drawn = len(self.history.stages)

    def paint_curves(self) -> None:
        low, high = self.view.viewRange()[0]
        for curve in self._curves:
            curve.paint(low, high)
