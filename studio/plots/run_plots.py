"""Loss above rate, with one x axis, one cursor and one row of tools for both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QSplitter, QWidget

from studio import theme
from studio.theme import Type
from studio.widgets import Beside, Button, CalmSlider, IconButton, Label, Readout
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row
from studio.widgets.number_box import POSITIONS
from studio.words import figure, rate
from ulmengine.disk import whole
from ulmengine.plan.stages import StagePlan

from .history import RunHistory, StageRecord
from .history_plot import NO_LENGTHS
from .legend import Legend, LegendEntry
from .loss_plot import TRAIN, VALID, LossPlot
from .rate_plot import RatePlot, color_of
from .series import MAX_BETA

START_BETA = 0.9


class RunPlots(QWidget):
    """The two plots of a run and what belongs to them."""

    exportWanted = Signal()

    def __init__(self, history: RunHistory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history = history
        self.plans: tuple[StagePlan, ...] = ()
        self.loss = LossPlot(history)
        self.rate = RatePlot(history)
        self.rate.setXLink(self.loss)
        self.loss.getAxis("bottom").setStyle(showValues=False)
        self.loss.getAxis("bottom").setHeight(4)
        self.legend = Legend([
            LegendEntry(self.tr("training"), TRAIN, "raw"), LegendEntry(self.tr("smoothed"), TRAIN),
            LegendEntry(self.tr("validation"), VALID, "points"), LegendEntry(self.tr("kept"), VALID, "star"),
        ])
        self.rate_legend = Legend()
        self.readout = Readout()
        self.follow = Button(self.tr("Follow"), "zoom-fit", "quiet")
        self.follow.setToolTip(self.tr("Show the whole run again and keep up with it (F)"))
        self.log = Button(self.tr("Log"), role="quiet")
        self.log.setCheckable(True)
        self.log.setToolTip(self.tr("Draw loss and rate on a logarithmic scale (L)"))
        self.log.setAccessibleName(self.tr("Logarithmic scale"))
        self.smoothing = CalmSlider()
        self.smoothing.setFixedWidth(120)
        self.smoothing.setAccessibleName(self.tr("Smoothing of the loss"))
        self.export = IconButton("export", self.tr("Save the curves as a picture or a table"))
        self._arrange()
        self._connect()
        self.smoothing.setValue(position_of(START_BETA))

    def set_history(
        self, history: RunHistory, plans: tuple[StagePlan, ...], lengths: Mapping[int, int] = NO_LENGTHS
    ) -> None:
        """Show another run; ``plans`` and ``lengths``: see :meth:`HistoryPlot.set_history`."""
        self.history, self.plans = history, plans
        self.loss.set_history(history, plans, lengths)
        self.rate.set_history(history, plans, lengths)
        self._following_changed()
        self._cursor_moved(self.loss.cursor_place)

    def mark(self) -> None:
        self.loss.mark()
        self.rate.mark()
        self.readout.setText(self.loss.summary())
        stage = self.history.stage or next(iter(self.plans), None)
        if stage is None:
            self.rate_legend.set_entries([])
            return
        entries = [LegendEntry(name, color_of(len(stage.groups), n)) for n, name in enumerate(stage.groups)
                   if n >= len(stage.groups) - stage.unfrozen]
        self.rate_legend.set_entries([*reversed(entries), LegendEntry(self.tr("planned"), 1, "planned")])

    def show_stage(self, index: int) -> None:
        """Zoom in on the stage number ``index`` as far as there is something to see of it."""
        for stage in self.history.stages:
            if stage.index == index and len(stage.loss):
                for plot in (self.loss, self.rate):
                    plot.set_following(False)
                low, high = float(stage.before), max(float(stage.loss.x[-1]), stage.before + 2.0)
                room = (high - low) * 0.02
                values = self.loss.scaled(stage.loss.y)
                values = values[np.isfinite(values)]
                self.loss.view.setXRange(low - room, high + room, padding=0)
                if len(values):
                    self.loss.view.setYRange(float(values.min()), float(values.max()), padding=0.1)

    def save_picture(self, path: Path) -> None:
        """Write both plots with their legends as PNG, twice as fine as on the screen.

        :raises OSError: it cannot be written.
        """
        picture = QPixmap(self.size() * 2)
        picture.setDevicePixelRatio(2)
        picture.fill(theme.colors().color("panel"))
        self.render(picture)
        with whole(path) as beside:
            if not picture.save(str(beside), "PNG"):
                raise OSError(f"{path} cannot be written")

    def _arrange(self) -> None:
        tools = in_row(STRETCH, self.follow, Label(self.tr("Smoothing"), Type.SMALL, muted=True), self.smoothing,
                       self.log, self.export)
        self.legend.setMinimumWidth(self.legend.sizeHint().width())
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.addWidget(self.loss)
        split.addWidget(as_widget(in_column(self.rate_legend, (self.rate, 1), gap=0)))
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([300, 190])
        in_column(Beside(self.legend, as_widget(tools)), (split, 1), self.readout, inside=self, gap=theme.XS)
        self.follow.hide()

    def _connect(self) -> None:
        for plot in (self.loss, self.rate):
            plot.followChanged.connect(self._following_changed)
            plot.cursorMoved.connect(self._cursor_moved)
            plot.logChanged.connect(self.log.setChecked)
        self.follow.clicked.connect(self._follow)
        self.log.toggled.connect(self._set_log)
        self.smoothing.valueChanged.connect(self._smooth)
        self.export.clicked.connect(self.exportWanted)

    @Slot()
    def _follow(self) -> None:
        self.rate.set_following(True)
        self.loss.set_following(True)

    @Slot()
    def _following_changed(self) -> None:
        self.follow.setVisible(not (self.loss.following and self.rate.following))
        if not self.rate.following and self.loss.following:
            # Their x axes are one: who pans the lower plot must not be pulled back by the upper.
            self.loss.set_following(False)

    @Slot(bool)
    def _set_log(self, log: bool) -> None:
        for plot in (self.loss, self.rate):
            if plot.log_y != log:
                plot.set_log(log)

    @Slot(int)
    def _smooth(self, position: int) -> None:
        beta = beta_of(position)
        self.smoothing.setToolTip(self.tr("Smoothing: {beta}").format(beta=f"{beta:.3f}"))
        self.loss.set_beta(beta)

    @Slot(object)
    def _cursor_moved(self, x: float | None) -> None:
        said = "" if x is None else self.read(x)
        for plot in (self.loss, self.rate):
            plot.set_cursor(x if said else None)
        self.readout.read(said)

    def read(self, x: float) -> str:
        """What the curves say at the step nearest to ``x``."""
        for stage in self.history.stages:
            steps = stage.loss.x
            if not len(steps) or not steps[0] - 0.5 <= x <= steps[-1] + 0.5:
                continue
            at = min(int(np.searchsorted(steps, x - 0.5)), len(steps) - 1)
            return self._words(stage, at)
        return ""

    def _words(self, stage: StageRecord, at: int) -> str:
        step = float(stage.loss.x[at])
        parts = [self.tr("step {step}").format(step=f"{step:,.0f}"), stage.name,
                 self.tr("loss {loss}").format(loss=figure(float(stage.loss.y[at])))]
        smooth = self.loss.smoothed_at(step)
        if smooth is not None:
            parts.append(self.tr("smoothed {loss}").format(loss=figure(smooth[1])))
        end = next((end for end in stage.ends if end.total >= step), None)
        if end is not None and "valid_loss" in end.metrics:
            parts.append(self.tr("validation at {step}: {loss}").format(
                step=f"{end.total:,}", loss=figure(end.metrics["valid_loss"])
            ))
        rates = zip(stage.learning, stage.rates, strict=True)
        parts += [f"{name} {rate(float(series.y[at]))}" for name, series in reversed(list(rates))]
        return "  ·  ".join(parts)


def beta_of(position: int) -> float:
    """The smoothing that the slider's ``position`` stands for: finer towards the strong end."""
    return min(1 - math.exp(-7.4 * position / POSITIONS), MAX_BETA)


def position_of(beta: float) -> int:
    """The inverse of :func:`beta_of`."""
    return round(-math.log(1 - beta) / 7.4 * POSITIONS)
