"""The stages of a run behind a plot: every other one shaded, each with its name where there is room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QBrush, QFontMetricsF

from studio import theme
from studio.theme import Type
from studio.words import short_name
from ulmengine.events import LogLost
from ulmengine.plan.stages import StagePlan

from .history import RunHistory, StageRecord
from .look import pen
from .plot import Plot


class StageBands:
    """The bands of one plot; ``named``: with names at the top."""

    def __init__(self, plot: Plot, named: bool) -> None:
        self._plot = plot
        self._named = named
        self._bands: list[pg.LinearRegionItem] = []
        self._names: list[pg.TextItem] = []
        self._gaps: list[pg.LinearRegionItem] = []

    def paint(self, stages: list[StageRecord], lost: Sequence[LogLost] = ()) -> None:
        """Show ``stages`` at their places, and hatched what the log has ``lost``."""
        self._paint_lost(lost)
        while len(self._bands) < len(stages):
            self._add()
        for item in (*self._bands[len(stages):], *self._names[len(stages):]):
            item.hide()
        colors = theme.colors()
        (low, high), (_, top) = self._plot.view.viewRange()
        unit = self._plot.pixels() / max(high - low, 1e-9)
        metrics = QFontMetricsF(theme.current().font(Type.SMALL))
        for number, stage in enumerate(stages):
            end = stage_end(stage)
            band = self._bands[number]
            band.setRegion((stage.before, end))
            band.setBrush(colors.blend("sunken", 0.55 if number % 2 else 0.0))
            for line in band.lines:
                line.setPen(pen(colors.color("border")) if number else pen(colors.color("panel")))
            band.show()
            if self._named:
                self._place(number, stage, (max(stage.before, low), min(end, high)), top, unit, metrics)

    def _place(
        self, number: int, stage: StageRecord, span: tuple[float, float], top: float, unit: float,
        metrics: QFontMetricsF,
    ) -> None:
        text = self._names[number]
        name = short_name(stage)
        room = (span[1] - span[0]) * unit
        text.setVisible(metrics.horizontalAdvance(name) + 12 < room)
        text.setText(name)
        text.setColor(theme.colors().color("muted"))
        text.setFont(theme.current().font(Type.SMALL))
        text.setPos(span[0], top)

    def _paint_lost(self, lost: Sequence[LogLost]) -> None:
        for _ in range(len(self._gaps), len(lost)):
            gap = pg.LinearRegionItem(movable=False, pen=pg.mkPen(None))
            gap.setZValue(-18)
            gap.setToolTip(QCoreApplication.translate("Stages", "The run's log was cut, removed or damaged: nothing is "
                                                                "known of these steps."))
            self._plot.addItem(gap)
            self._gaps.append(gap)
        for gap, missing in zip(self._gaps, lost, strict=False):
            gap.setRegion((missing.after, missing.total))
            gap.setBrush(QBrush(theme.colors().color("muted"), Qt.BrushStyle.BDiagPattern))
        for number, gap in enumerate(self._gaps):
            gap.setVisible(number < len(lost))

    def _add(self) -> None:
        band = pg.LinearRegionItem(movable=False)
        band.setZValue(-20)
        for line in band.lines:
            line.setZValue(-19)
        self._plot.addItem(band)
        self._bands.append(band)
        name = pg.TextItem(anchor=(0, 0))
        name.setZValue(20)
        name.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        if self._named:
            self._plot.addItem(name)
        self._names.append(name)


def stage_end(stage: StageRecord) -> float:
    """Where a stage ends: where it did, or where it will."""
    last = float(stage.loss.x[-1]) if len(stage.loss) else float(stage.before)
    return last if stage.ended is not None else max(last, float(stage.before + stage.steps))


def upcoming(history: RunHistory, plans: tuple[StagePlan, ...], lengths: Mapping[int, int]) -> list[StageRecord]:
    """The stages that are still to come and whose length is known.

    A run tells the length of each as it begins; ``lengths`` (steps by the number of the stage) are drawn until then.
    In logs from before, and where batches were changed since, an epoch has as many steps as in a stage of the same
    kind that has begun.
    """
    stage = history.stage
    begun = () if history.started is None else history.started.stages
    told: Mapping[int, int] = {one["index"]: one["steps"] for one in begun if "steps" in one}
    if stage is None and not told:
        told = lengths
    known = {_kind(plan): one.steps / one.epochs for one in history.stages for plan in plans
             if plan.index == one.index and one.epochs > 0}
    found: list[StageRecord] = []
    start = 0.0 if stage is None else stage_end(stage)
    for plan in (plan for plan in plans if stage is None or plan.index > stage.index):
        length = known.get(_kind(plan))
        steps = told.get(plan.index, 0) if length is None else round(plan.epochs * length)
        if not steps:
            break
        found.append(StageRecord.of(plan, steps, int(start)))
        start += steps
    return found


def _kind(plan: StagePlan) -> tuple[str, str, bool]:
    return plan.task, plan.direction, plan.refit
