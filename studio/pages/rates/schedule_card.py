"""The schedule designer: the plan of all stages in a picture, with handles, beside the settings that make it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QWidget

from studio import theme
from studio.facts import EPOCH
from studio.plots.legend import Legend, LegendEntry
from studio.plots.rate_plot import color_of
from studio.plots.schedule_plot import HAS_RATIO, X_SETTING, SchedulePlot
from studio.project import Project
from studio.widgets import Button, Card, Readout
from studio.widgets.layouts import in_row
from ulmengine.config import ClassifierConfig, ConfigError, LanguageModelConfig, RunConfig
from ulmengine.plan.stages import StagePlan

TASKS = ("language_model", "classifier")


def section_of(config: RunConfig, task: str) -> LanguageModelConfig | ClassifierConfig:
    """The settings of ``task``."""
    return config.language_model if task == "language_model" else config.classifier


class ScheduleCard(Card):
    """Shows the planned rates of ``project``; dragging its handles changes the settings of the task in hand."""

    taskChanged = Signal(str)

    def __init__(self, project: Project, task: str = "classifier", parent: QWidget | None = None) -> None:
        super().__init__(margin=theme.M, parent=parent)
        self.project = project
        self.task = task
        self._guessed = True
        self.plot = SchedulePlot()
        self.legend = Legend()
        self.readout = Readout()
        self.log = Button(self.tr("Log"), role="quiet")
        self.log.setCheckable(True)
        self.log.setToolTip(self.tr("Draw the rates on a logarithmic scale (L)"))
        self.log.setAccessibleName(self.tr("Logarithmic scale"))
        self.choice = QButtonGroup(self)
        top = in_row()
        for number, text in enumerate((self.tr("Language model"), self.tr("Classifier"))):
            button = Button(text)
            button.setCheckable(True)
            button.setToolTip(self.tr("Whose rates the handles and the settings change"))
            self.choice.addButton(button, number)
            top.addWidget(button)
        self.choice.button(TASKS.index(task)).setChecked(True)
        top.addStretch(1)
        top.addWidget(self.log)
        self.body.addLayout(top)
        self.body.addWidget(self.legend)
        self.body.addWidget(self.plot, 1)
        self.body.addWidget(self.readout)
        self.choice.idClicked.connect(self._chosen)
        self.log.toggled.connect(self._log_toggled)
        self.plot.logChanged.connect(self.log.setChecked)
        self.plot.edited.connect(self._edited)
        self.plot.cursorMoved.connect(self._cursor_moved)
        self._hint()

    def show_plans(self, plans: tuple[StagePlan, ...], batches: Mapping[str, int] | None = None) -> None:
        """Draw ``plans``; ``batches``: those of an epoch of each task, None while they are not known."""
        self._guessed = batches is None
        self.plot.set_plans(plans, self.task, batches)
        self._hint()
        widest = max(plans, key=lambda plan: (plan.task == self.task, plan.unfrozen), default=None)
        names = widest.groups if widest is not None else ()
        entries = [LegendEntry(name, color_of(len(names), n)) for n, name in enumerate(names)]
        self.legend.set_entries(entries[::-1])
        self._cursor_moved(self.plot.cursor_place)

    def set_labelled(self, labelled: bool) -> None:
        """Whether there is a classifier to be trained; without labels there is the language model alone."""
        button = self.choice.button(TASKS.index("classifier"))
        button.setEnabled(labelled)
        button.setToolTip(self.tr("Whose rates the handles and the settings change") if labelled
                          else self.tr("The corpus has no labels"))
        if not labelled and self.task == "classifier":
            self.choose("language_model")

    def choose(self, task: str) -> None:
        """Let the handles change ``task``."""
        self.choice.button(TASKS.index(task)).setChecked(True)
        self._chosen(TASKS.index(task))

    @Slot(int)
    def _chosen(self, number: int) -> None:
        self.task = TASKS[number]
        self.taskChanged.emit(self.task)

    @Slot(bool)
    def _log_toggled(self, log: bool) -> None:
        if self.plot.log_y != log:
            self.plot.set_log(log)

    @Slot(object)
    def _edited(self, values: dict[str, float]) -> None:
        current: RunConfig = self.project.config
        section = section_of(current, self.task)
        old = {"lr": section.lr, **{f"schedule.{k}": v for k, v in section.schedule.model_dump().items()}}
        changed = {f"{self.task}.{name}": value for name, value in values.items() if old.get(name) != value}
        if not changed:
            return
        # All that the handle sets, so that one drag is one step to be undone.
        whole = {f"{self.task}.{name}": value for name, value in values.items()}
        try:
            self.project.change(whole, self.tr("Drag the schedule"))
        except ConfigError:  # beyond what is permitted: the handle goes back to where it may be
            self.plot.redraw()

    @Slot(object)
    def _cursor_moved(self, x: float | None) -> None:
        said = "" if x is None else self.plot.read(x)
        self.plot.set_cursor(x if said else None)
        self.readout.read(said)

    def _hint(self) -> None:
        kind = section_of(self.project.config, self.task).schedule.kind
        if kind in X_SETTING and kind in HAS_RATIO:
            said = self.tr("Drag the ring to set the peak and where it lies, the diamond for the lowest rate; or use "
                           "the arrow keys.")
        elif kind in HAS_RATIO:
            said = self.tr("Drag the ring up or down to set the peak, the diamond for the lowest rate; or use the "
                           "arrow keys.")
        else:
            said = self.tr("Drag the ring to set the peak and where it lies; or use the arrow keys.")
        if self._guessed:
            said += " " + self.tr("Drawn with {n} steps an epoch until the corpus has been read.").format(n=EPOCH)
        self.readout.setText(said)
