"""Train: the stages one after another, the curves as they grow, and everything that can be asked of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.pages.base import ProjectPage
from studio.plots.history import RunHistory
from studio.project import Project
from studio.shell import Shell
from studio.words import state_dot
from ulmengine import events as ev
from ulmengine.config import ConfigError, RunConfig
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder

from .buttons import Offers, facts, offers, offers_elsewhere
from .choosing import STATES, RunChoice
from .early import is_finishing, left_out, may_turn
from .going_back import Point, lost_by_going_to, points, saved_stage
from .going_on import GoingOn
from .mender import Mender
from .named import page_actions
from .plan import plan_of_run, planned
from .reader import Reader
from .saving import save_curves
from .view import TrainView
from .words import standing_words


class TrainPage(ProjectPage):
    """Shows the run that is under way, or the newest one of the project."""

    key: ClassVar[str] = "train"
    icon: ClassVar[str] = "train"

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(project, shell, parent)
        self.title = self.tr("Train")
        self.history = RunHistory()
        self.config: RunConfig = project.config
        self._saved: int | None = None  # number of the stage of its newest checkpoint
        self._finishing = False
        self.reader = Reader(shell, self)
        self.going_on = GoingOn(project, shell, self)
        self.mender = Mender(project, shell, self)
        self.view = TrainView(self.history)
        self.body.setContentsMargins(theme.XL, theme.XL, theme.XL, theme.M)
        self.body.addWidget(self.view, 1)
        self.choice = RunChoice(project, shell, self.view.buttons, self)
        self._connect()
        self._open_first()

    def _connect(self) -> None:
        run, view, buttons = self.shell.run, self.view, self.view.buttons
        run.stateChanged.connect(self._state_changed)
        run.events.connect(self._events_came)
        self.project.changed.connect(self._project_changed)
        self.shell.runWanted.connect(self._wanted)
        self.reader.begun.connect(self._reading)
        self.reader.read.connect(self._read)
        self.reader.said.connect(self._take)
        self.reader.letGo.connect(self._let_go)
        self.reader.failed.connect(self._not_read)
        self.choice.chosen.connect(self.show_run)
        for signal in (buttons.startWanted, view.big_start.clicked):
            signal.connect(self.start)
        buttons.resumeWanted.connect(self.resume)
        buttons.pauseWanted.connect(run.pause)
        buttons.stopWanted.connect(run.stop)
        buttons.nextStageWanted.connect(self.next_stage)
        buttons.finishWanted.connect(self.finish)
        buttons.stepWanted.connect(self._step)
        buttons.betweenChanged.connect(self._between_changed)
        buttons.pointsWanted.connect(self._list_points)
        buttons.goBackWanted.connect(self.go_back)
        buttons.branchWanted.connect(self.branch)
        self.going_on.branched.connect(self.show_run)
        view.strip.chosen.connect(view.plots.show_stage)
        view.result.classifyWanted.connect(self._classify)
        view.choose.clicked.connect(self._choose_corpus)
        view.look.clicked.connect(self._look_at_rates)
        view.open_run.clicked.connect(self.choice.open)
        view.failure.dismissed.connect(self._refresh)
        view.plots.exportWanted.connect(self.export)
        buttons.between.setChecked(run.pause_between_stages)

    # Which run is shown

    @property
    def folder(self) -> RunFolder | None:
        """The run that is shown; None where there is none yet."""
        return self.reader.folder

    def _open_first(self) -> None:
        run = self.shell.run
        mine = run.folder if run.active and run.folder is not None and self.project.runs in run.folder.parents else None
        folders = self.project.run_folders()
        if self.shell.wanted_run is not None:
            self._wanted(self.shell.wanted_run)
        elif mine is not None:
            self.show_run(RunFolder(mine))
        elif folders:
            self.show_run(folders[-1])
        else:
            self._show_history(RunHistory(), self.project.config)

    @Slot(object)
    def _wanted(self, path: Path) -> None:
        self.shell.wanted_run = None
        self.show_run(RunFolder(path))

    @Slot(object)
    def show_run(self, folder: RunFolder) -> None:
        """Show the run in ``folder``: all that it has said so far, and what it says from now on.

        One that another process is working on is followed and not touched.
        """
        try:
            self.config = self.reader.config_of(folder)
        except ConfigError as error:
            self.shell.toast(str(error), "error")
            self.config = self.project.config
        self.reader.show(folder)

    @Slot()
    def _reading(self) -> None:
        self._show_history(RunHistory(), self.config)
        self.view.heading.set_below(self.tr("Reading the run…"))

    @Slot(object)
    def _read(self, history: RunHistory) -> None:
        self._show_history(history, self.config)

    @Slot()
    def _let_go(self) -> None:
        self._show_history(self.history, self.config)

    @Slot(object)
    def _not_read(self, failed: ev.Failed) -> None:
        self._refresh()
        self.view.heading.set_below(self.tr("The run could not be read"))
        self.view.show_failure(failed, [(self.tr("Try again"), self.reader.again)])

    def _show_history(self, history: RunHistory, config: RunConfig) -> None:
        self.history, self.config = history, config
        self._saved = saved_stage(self.folder)
        self._finishing = is_finishing(self.folder)
        self._plan()
        self.view.clear_failure()
        if history.failed is not None and not self.shell.run.active and not self.reader.elsewhere:
            self._show_failure(history.failed)
        self._refresh()

    def _plan(self) -> None:
        """Lay the plan of the run shown, or of the project where there is none."""
        plans: tuple[Any, ...] = ()
        if self.history.started is not None:
            plans = plan_of_run(self.config, self.history.started)
        plans = plans or planned(self.config)
        self.plans = plans
        self.view.set_history(self.history, plans, left_out(plans, self.history, finishing=self._finishing))

    # What the run says

    @Slot(object)
    def _events_came(self, events: list[ev.Event]) -> None:
        if self.folder is None or self.shell.run.folder != self.folder.path:
            return
        if not self.reader.holds_back(events):
            self._take(events)

    @Slot(object)
    def _take(self, events: list[ev.Event]) -> None:
        """The run shown has said ``events``."""
        fresh = any(isinstance(event, ev.RunStarted) for event in events)
        unsure = self.history.last is None
        if fresh and not self.reader.elsewhere:
            self._going_on(events)
        self.history.extend(events)
        if any(isinstance(event, ev.Checkpointed) for event in events) and self.history.stage is not None:
            self._saved = self.history.stage.index
        before = self._finishing
        if may_turn(events):
            self._finishing = is_finishing(self.folder)
        turned = self._finishing is not before
        if fresh or turned or (unsure and self.history.last is not None):
            self._plan()
        self.view.mark()
        for event in events:
            if isinstance(event, ev.Failed) and not self.reader.elsewhere:
                self._show_failure(event)
            elif isinstance(event, ev.SaveFailed):
                self._show_waiting(event)
        self._refresh()

    def _going_on(self, events: list[ev.Event]) -> None:
        """A run that goes on has cut its log back to the checkpoint, or to nothing: show what is left of it."""
        if any(isinstance(event, ev.RunStarted) and event.resumed for event in events):
            self.history = self.reader.what_is_left() or self.history
        elif self.history.stages:
            self.history, self._saved = self.reader.what_is_left() or RunHistory(), None

    @Slot(object)
    def _state_changed(self, state: RunState) -> None:
        run = self.shell.run
        if state is RunState.STARTING and run.folder is not None:
            shown = self.folder is not None and self.folder.path == run.folder
            if shown or self.project.runs in run.folder.parents:
                self.reader.take_over(RunFolder(run.folder))
                self.view.clear_failure()
                if not shown:
                    self._show_history(RunHistory(), run.config or self.project.config)
        elif state is RunState.RUNNING and self.reader.own:
            self.view.clear_failure()  # whatever it was waiting for, it goes on
        elif not run.active and self.folder is not None and run.folder == self.folder.path:
            self._saved = saved_stage(self.folder)
            before, self._finishing = self._finishing, is_finishing(self.folder)
            self.reader.release()
            if self._finishing is not before:
                self._plan()  # a wish that was not heard any more is none
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        run = self.shell.run
        shown = self._is_live()
        state = run.state if shown else RunState.IDLE
        complete = self.history.finished is not None
        self.view.buttons.show_offers(self._offered(), run.state, told=self.view.has_advice,
                                      complete=complete or (not shown and run.active) or self.reader.elsewhere)
        self.view.show_run(self.history, self.plans, alive=(shown and run.active) or self.reader.elsewhere,
                           any_run=self.folder is not None)
        self.view.show_readiness(bool(self.project.config.corpus.path))
        self.view.heading.set_below(self._standing(state))
        self.choice.shown = self.folder
        self.status.emit(self._dot())

    def _offered(self) -> Offers:
        run = self.shell.run
        if self.reader.elsewhere or (run.active and not self.reader.own):
            return offers_elsewhere(run.state)
        return offers(run.state, facts(self.history, self.plans, self._saved, finishing=self._finishing))

    def _is_live(self) -> bool:
        run = self.shell.run
        return self.folder is not None and run.folder == self.folder.path and run.state is not RunState.IDLE

    def _standing(self, state: RunState) -> str:
        if self.folder is None:
            return self.tr("{count} stages are planned").format(count=len(self.plans))
        if not self._is_live():
            state = STATES.get(self.folder.state(), RunState.IDLE)
        alive = self.reader.elsewhere or self.reader.own
        words = standing_words(self._name(), state, self.history, alive)
        if self.reader.elsewhere:
            words = self.tr("{run}  ·  in another process, only looked at").format(run=words)
        return words

    def _name(self) -> str:
        """The run's name; with its whole path where it lies outside the project."""
        if self.folder is None:
            return "run"
        return self.folder.path.name if self.folder.path.parent == self.project.runs else str(self.folder.path)

    def _dot(self) -> str:
        if self._is_live():
            return state_dot(self.shell.run.state)
        if self.folder is None:
            return "ready" if self.project.config.corpus.path else ""
        return state_dot(STATES.get(self.folder.state(), RunState.IDLE))

    # What the person wants

    @Slot()
    def start(self) -> None:
        """Start a new run of the project as it is set now."""
        self.shell.begin_run()

    @Slot()
    def resume(self) -> None:
        """Go on: after a pause, or from the last checkpoint of the run shown."""
        if self.shell.run.active:
            self.shell.run.resume()
        elif self.folder is not None:
            self.shell.resume_run(self.folder.path)

    @Slot()
    def next_stage(self) -> None:
        """End the stage in hand after its step and go on with the next; between two stages simply go on."""
        stage = self.history.stage
        if stage is not None and stage.ended is None:
            self.shell.run.skip_stage()
        if self.shell.run.state is RunState.PAUSED:
            self.shell.run.resume()

    @Slot()
    def finish(self) -> None:
        """End the run with what it has learnt so far; one that is over is taken up for that."""
        alive = self.reader.own
        if self.folder is not None and self.shell.finish_run(self.folder.path) and alive:
            self._finishing = True  # the run itself hears of it after the step in hand
            self._plan()
            self._refresh()

    @Slot(object)
    def go_back(self, point: Point) -> None:
        """Go back to ``point`` and on from there; a run that is alive is stopped and saved first."""
        if self.folder is not None:
            lost = lost_by_going_to(point, self.folder.path, self.history)
            self.going_on.go_back(self.folder, self.config, point, lost)

    @Slot(object)
    def branch(self, point: Point) -> None:
        """Branch a new run off ``point``; this one stays as it is (stopped and saved, if it is alive)."""
        if self.folder is not None:
            self.going_on.branch(self.folder, self.config, point)

    @Slot(str)
    def _step(self, size: str) -> None:
        if size in ("batch", "epoch", "stage"):
            self.shell.run.step(size)  # type: ignore[arg-type]

    @Slot(bool)
    def _between_changed(self, wanted: bool) -> None:
        self.shell.run.pause_between_stages = wanted

    @Slot()
    def _list_points(self) -> None:
        folder = self.folder
        self.view.buttons.set_points([] if folder is None else points(folder.path, self.history, self.plans))

    @Slot()
    def _classify(self) -> None:
        if self.folder is not None:
            self.shell.classify_with(self.folder.model_path)

    @Slot()
    def _choose_corpus(self) -> None:
        self.shell.go("corpus")

    @Slot()
    def _look_at_rates(self) -> None:
        self.shell.go("rates")

    @Slot()
    def export(self) -> None:
        """Save the curves: a picture for .png, the table of every step for .csv."""
        save_curves(self.shell, self.folder.path.name if self.folder else "run", self.history, self.view.plots)

    # Failures

    def _show_failure(self, failed: ev.Failed) -> None:
        self.view.show_failure(failed, self.mender.tries(failed, self.folder, self.config, self.history))

    def _show_waiting(self, why: ev.SaveFailed) -> None:
        """The run cannot save and waits, with everything in memory."""
        card = ev.Failed("disk_full", self.tr("The disk is full: the run waits"), why.text, why.advice, "")
        self.view.show_failure(card, self.mender.after_waiting(self.folder))
        self._refresh()

    # Qt

    @Slot(object)
    def _project_changed(self, config: RunConfig) -> None:
        if self.folder is None:
            self._show_history(self.history, config)

    def activated(self) -> None:
        """The page has come into view."""
        self._refresh()
        self.view.mark()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reader.following.begin()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.reader.following.rest()

    def actions(self) -> list[QAction]:
        """What the palette offers of this page."""
        if not hasattr(self, "_actions"):
            self._actions = page_actions(self, ((self.tr("Save the curves"), "export", self.export),
                                                (self.tr("Next stage"), "next-stage", self.next_stage),
                                                (self.tr("Finish now"), "flag", self.finish)))
        self._actions[0].setEnabled(self.history.total > 0)
        buttons = self.view.buttons
        self._actions[1].setEnabled(buttons.is_wanted(buttons.next_stage))
        self._actions[2].setEnabled(buttons.is_wanted(buttons.finish))
        return self._actions

