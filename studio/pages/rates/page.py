"""Rates: how fast each layer group learns, in every stage: designed, previewed, and found by the range test."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSplitter, QWidget

from studio import theme
from studio.facts import CorpusFacts, batches_an_epoch
from studio.pages.base import ProjectPage
from studio.project import Project
from studio.shell import Shell
from studio.shown.plan import planned
from studio.widgets import SectionTitle, Turning, focus_in_view
from ulmengine.config import RunConfig

from .range_card import RangeCard
from .schedule_card import ScheduleCard
from .settings_card import SettingsCard

SETTINGS_WIDTH, SETTINGS_HEIGHT = 300, 200
PLOT_HEIGHT = 150
"""Px of a plot at least, axes included: with less height the page is scrolled."""


class RatesPage(ProjectPage):
    """The schedule of all stages above, the range test below, the settings of one task on the right."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(project, shell, parent)
        self._facts: CorpusFacts | None = None
        self.schedule = ScheduleCard(project)
        self.range = RangeCard(project, shell, self.schedule.task)
        self.settings = SettingsCard(project, shell, self.schedule.task)
        self.settings.setMinimumSize(SETTINGS_WIDTH, SETTINGS_HEIGHT)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        self.schedule.plot.setMinimumHeight(PLOT_HEIGHT)
        self.range.plot.setMinimumHeight(PLOT_HEIGHT)
        split.setHandleWidth(theme.M)
        self.body.setContentsMargins(theme.XL, theme.XL, theme.XL, theme.M)
        self.body.setSpacing(theme.M)
        self.heading = SectionTitle(self.tr("Rates"), " ", page=True)
        self.body.addWidget(self.heading)
        split.addWidget(self.schedule)  # first, so that Tab goes through them before the settings
        split.addWidget(self.range)
        both = Turning(split, self.settings, (3 * SETTINGS_WIDTH, SETTINGS_WIDTH))
        both.setStretchFactor(0, 1)
        both.setStretchFactor(1, 0)
        self.body.addWidget(both, 1)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 1)
        self.schedule.taskChanged.connect(self._task_changed)
        project.changed.connect(self._config_changed)
        shell.shown.stateChanged.connect(self._say_whose)
        self._say_whose()
        self.offer(self.tr("Find a rate"), self.find_rate, "search")
        self._config_changed(project.config)
        self._fresh = True
        QTimer.singleShot(0, self, self._age)

    @Slot()
    def _age(self) -> None:
        self._fresh = False

    def activated(self) -> None:
        """The page has come into view: what it draws may have changed meanwhile, unless it was made just now."""
        if not self._fresh:
            self._config_changed(self.project.config)
        self.status.emit("ready")

    def actions(self) -> list[QAction]:
        [find] = super().actions()
        find.setEnabled(self.range.search.isEnabled())
        return [find]

    @Slot()
    def find_rate(self) -> None:
        """Begin a range test where it is seen."""
        self.shell.go("rates")
        focus_in_view(self.range.cancel, self.range)
        self.range.begin()

    def show_setting(self, name: str) -> bool:
        """Bring the setting with the dotted ``name`` into view, on the side of the task that it belongs to."""
        task = name.partition(".")[0]
        if task in ("language_model", "classifier") and task != self.schedule.task:
            self.schedule.choose(task)
        return self.settings.show_setting(name)

    @Slot()
    def _say_whose(self) -> None:
        """Which run goes by what is drawn."""
        self.heading.set_below(
            self.tr("A run is going on with the rates that it began with; these are the next run's.")
            if self.shell.busy or self.shell.shown.elsewhere else
            self.tr("What is drawn here is what the training will do: the same function makes both."))

    @Slot(str)
    def _task_changed(self, task: str) -> None:
        self.settings.set_task(task)
        self.range.set_task(task)
        self._config_changed(self.project.config)

    @Slot(object)
    def _config_changed(self, config: RunConfig) -> None:
        if not self.schedule.plot.dragging:
            self._facts = self.project.facts
            self.schedule.set_labelled(self._facts is None or self._facts.classes > 0)
        plans = planned(config, self.project.folder, self._facts)
        self.settings.set_pretrained(any(plan.pretrained for plan in plans))
        self.schedule.show_plans(plans, batches_an_epoch(config, self._facts) if self._facts is not None else None)
