"""The loss of a run: every step pale, smoothed on top, validation as markers, the best one a star."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Slot
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.theme import Type
from studio.words import figure
from ulmengine.events import EpochEnded

from .curve import Curve
from .history import RunHistory, StageRecord
from .history_plot import HistoryPlot
from .look import line_pen, pen, set_line, set_points
from .series import recent
from .stage_bands import StageBands, stage_end

TRAIN, VALID = 1, 2
"""Numbers of the series colours."""

NAMES = 8
"""Px around the letters of the stages' names, which stand above the curves."""

EDGE = 1.01
"""A little more than the last step, so that a marker on it is whole."""


class LossPlot(HistoryPlot):
    """Training and validation loss over the optimizer steps of the run. Each stage is smoothed for itself."""

    def __init__(self, history: RunHistory, parent: QWidget | None = None) -> None:
        self.beta = 0.9
        super().__init__(history, parent=parent)
        self.setAccessibleName(self.tr("Loss over the steps of the run"))
        self.setLabel("left", self.tr("loss"))
        self.setMinimumHeight(110)
        self._bands = StageBands(self, named=True)
        self.view.sigResized.connect(self._resized)
        self._valid = pg.ScatterPlotItem(pxMode=True)
        self._valid_line = pg.PlotCurveItem(connect="finite")
        self._best = pg.ScatterPlotItem(pxMode=True)
        for z, item in ((8, self._valid_line), (9, self._valid), (10, self._best)):
            item.setZValue(z)
            self.addItem(item)

    @Slot(object)
    def _resized(self, view: object) -> None:
        del view
        self.mark()

    def set_beta(self, beta: float) -> None:
        """How strongly the line is smoothed, 0 to 0.999."""
        self.beta = beta
        for curve in self._curves:
            curve.set_beta(beta)
        self.mark()

    def stage_curves(self, stage: StageRecord) -> list[Curve]:
        return [Curve(self, stage.loss, TRAIN, self.beta)]

    def paint_curves(self) -> None:
        super().paint_curves()
        self._paint_validation()
        self._bands.paint(self.stages(), self.history.lost)

    def bounds(self) -> tuple[float, float, float, float] | None:
        found = [(stage, extent) for curve, stage in zip(self._curves, self.history.stages, strict=True)
                 if (extent := self._extent(curve, stage)) is not None]
        if not found:
            return None
        # A language model's loss is some ten times a classifier's, which would lie flat beside it: seen is the task in
        # hand, and of the other what the card of its stage shows.
        seen = [(stage, extent) for stage, extent in found if stage.task == found[-1][0].task]
        low, high = min(low for _, (low, _) in seen), max(high for _, (_, high) in seen)
        letters = QFontMetricsF(theme.current().font(Type.SMALL)).height()
        high += (high - low) * self.room_above(letters + NAMES)
        left, right = seen[0][0].before, self.planned_end()
        return left, left + (right - left) * EDGE, low, high

    def _fit(self) -> None:
        super()._fit()
        if self.bounds() is None:  # the stages to come are seen before there is a loss
            self.view.setXRange(0.0, self.planned_end() * EDGE, padding=0)

    def smoothed_at(self, x: float) -> tuple[float, float] | None:
        """Step and smoothed training loss at the step nearest to ``x``; None where there is none."""
        for curve in self._curves:
            steps = curve.series.x
            if len(steps) and steps[0] - 0.5 <= x <= steps[-1] + 0.5:
                nearest = min(int(np.searchsorted(steps, x - 0.5)), len(curve.smoothed.y) - 1)
                if nearest >= 0:
                    return float(steps[nearest]), float(curve.smoothed.y[nearest])
        return None

    def summary(self) -> str:
        stage = self.history.stage
        losses = stage.loss.y if stage is not None else np.empty(0)
        now, before = recent(losses), recent(losses[:max(1, len(losses) - max(10, len(losses) // 5))])
        if stage is None or now is None or before is None:
            return self.without_steps()
        way = self.tr("level")
        if abs(now - before) > 0.01 * abs(before):
            way = self.tr("falling") if now < before else self.tr("rising")
        said = self.tr("Loss {loss}, {way}, step {step} of the run.").format(
            loss=figure(now), way=way, step=f"{self.history.total:,}"
        )
        best = stage.best
        if best is not None and best.metrics:
            said += " " + self._best_words(best, stage.ends)
        return said

    def _best_words(self, best: EpochEnded, ends: list[EpochEnded]) -> str:
        """Which epoch is kept, and by what: a classifier's last that is not clearly worse than the most accurate."""
        loss, accuracy = figure(best.metrics.get("valid_loss")), best.metrics.get("accuracy")
        if accuracy is None:
            return self.tr("Best by validation loss after epoch {epoch}: {loss}.").format(loss=loss, epoch=best.epoch)
        said = self.tr("Kept by accuracy: epoch {epoch} with {accuracy}, validation loss {loss}.").format(
            accuracy=f"{accuracy:.1%}", loss=loss, epoch=best.epoch)
        highest = max((end for end in ends if "accuracy" in end.metrics), key=lambda end: end.metrics["accuracy"])
        if highest.metrics["accuracy"] > accuracy:
            said += " " + self.tr("Epoch {epoch} with {accuracy} was not clearly better.").format(
                epoch=highest.epoch, accuracy=f"{highest.metrics['accuracy']:.1%}")
        return said

    def _extent(self, curve: Curve, stage: StageRecord) -> tuple[float, float] | None:
        span = curve.extent()
        if span is None:
            return None
        values = self.scaled([*span, *(end.metrics.get("valid_loss", math.nan) for end in stage.ends)])
        values = values[np.isfinite(values)]
        return (float(values.min()), float(values.max())) if len(values) else None

    def _paint_validation(self) -> None:
        x: list[float] = []
        y: list[float] = []
        stars: list[tuple[float, float]] = []
        for stage in self.history.stages:
            for end in stage.ends:
                x.append(end.total)
                y.append(end.metrics.get("valid_loss", math.nan))
            if stage.best is not None and stage.best.metrics:
                stars.append((stage.best.total, stage.best.metrics.get("valid_loss", math.nan)))
            x.append(stage_end(stage))
            y.append(math.nan)
        shown = self.scaled(y)
        set_line(self._valid_line, x, shown)
        self._valid_line.setPen(line_pen(VALID, 1.0))
        color, panel = theme.colors().color(f"series{VALID}"), theme.colors().color("panel")
        set_points(self._valid, x, shown, symbol="o", size=8, brush=color, pen=pen(panel))
        places = self.scaled([value for _, value in stars])
        set_points(self._best, [total for total, _ in stars], places, symbol="star", size=17, brush=color,
                   pen=pen(panel))
