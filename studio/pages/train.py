"""Train: the stages one after another, the curves as they grow, and everything that can be asked of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.plots.export import save_table
from studio.plots.history import RunHistory
from studio.project import Project
from studio.shell import Shell
from studio.words import state_dot
from ulmengine import events as ev
from ulmengine.config import ConfigError, RunConfig, save, with_settings
from ulmengine.runs import RunFolder
from ulmengine.training.control import RunState

from .base import ProjectPage
from .parts.jobslot import JobSlot
from .train_parts.going_back import Point, checkpoints_of, points
from .train_parts.loading import is_short, read_history, reading
from .train_parts.mending import tries
from .train_parts.offers import offers
from .train_parts.plan import plan_of_run, planned
from .train_parts.view import TrainView
from .train_parts.words import standing_words

STATES = {"running": RunState.RUNNING, "finished": RunState.FINISHED, "failed": RunState.FAILED,
          "stopped": RunState.STOPPED, "interrupted": RunState.INTERRUPTED}
"""What a run's folder says of it, in the words of a live one."""


class TrainPage(ProjectPage):
    """Shows the run that is under way, or the newest one of the project."""

    key: ClassVar[str] = "train"
    icon: ClassVar[str] = "train"

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(project, shell, parent)
        self.title = self.tr("Train")
        self.history = RunHistory()
        self.folder: RunFolder | None = None
        self.config: RunConfig = project.config
        self._waiting: list[ev.Event] = []
        self._then: Point | None = None
        self._has_checkpoint = False
        self.loader = JobSlot(self)
        self.view = TrainView(self.history)
        self.body.setContentsMargins(theme.XL, theme.L, theme.XL, theme.M)
        self.body.addWidget(self.view, 1)
        self._connect()
        self._open_newest()

    def _connect(self) -> None:
        run, view, buttons = self.shell.run, self.view, self.view.buttons
        run.stateChanged.connect(self._state_changed)
        run.events.connect(self._events_came)
        self.project.changed.connect(self._project_changed)
        self.loader.finished.connect(self._loaded)
        for signal in (buttons.startWanted, view.big_start.clicked):
            signal.connect(self.start)
        buttons.resumeWanted.connect(self.resume)
        buttons.pauseWanted.connect(run.pause)
        buttons.stopWanted.connect(run.stop)
        buttons.nextStageWanted.connect(self.next_stage)
        buttons.stepWanted.connect(self._step)
        buttons.betweenChanged.connect(self._between_changed)
        buttons.pointsWanted.connect(self._list_points)
        buttons.goBackWanted.connect(self.go_back)
        view.strip.chosen.connect(view.plots.show_stage)
        view.result.classifyWanted.connect(self._classify)
        view.choose.clicked.connect(self._choose_corpus)
        view.look.clicked.connect(self._look_at_rates)
        view.failure.dismissed.connect(self._refresh)
        view.plots.exportWanted.connect(self.export)
        buttons.between.setChecked(run.pause_between_stages)

    # Which run is shown

    def _open_newest(self) -> None:
        run = self.shell.run
        mine = run.folder if run.active and run.folder is not None and self.project.runs in run.folder.parents else None
        folders = self.project.run_folders()
        if mine is not None:
            self.show_run(RunFolder(mine))
        elif folders:
            self.show_run(folders[-1])
        else:
            self._show_history(RunHistory(), self.project.config)

    def show_run(self, folder: RunFolder) -> None:
        """Show the run in ``folder``: all that it has said so far, and what it says from now on."""
        self.folder = folder
        try:
            config = folder.config()
        except ConfigError as error:
            self.shell.toast(str(error), "error")
            config = self.project.config
        self._waiting = []
        if is_short(folder):
            self._show_history(read_history(folder), config)
        else:
            self._show_history(RunHistory(), config)
            self.view.heading.set_below(self.tr("Reading the run …"))
            self.loader.start(_Reading(folder))

    @Slot(object)
    def _loaded(self, history: RunHistory) -> None:
        history.extend(self._waiting)
        self._waiting = []
        self._show_history(history, self.config)

    def _show_history(self, history: RunHistory, config: RunConfig) -> None:
        self.history, self.config = history, config
        self._has_checkpoint = self.folder is not None and bool(checkpoints_of(self.folder.path))
        self._plan()
        self.view.clear_failure()
        if history.failed is not None and not self.shell.run.active:
            self._show_failure(history.failed)
        self._refresh()

    def _plan(self) -> None:
        """Lay the plan of the run shown, or of the project where there is none."""
        plans: tuple[Any, ...] = ()
        if self.history.started is not None:
            steps = [self.history.last] if self.history.last else []
            plans = plan_of_run(self.config, self.history.started, steps)
        plans = plans or planned(self.config)
        self.plans = plans
        self.view.set_history(self.history, plans)

    # What the run says

    @Slot(object)
    def _events_came(self, events: list[ev.Event]) -> None:
        if self.loader.running:
            self._waiting += events
            return
        if self.folder is None or self.shell.run.folder != self.folder.path:
            return
        fresh = any(isinstance(event, ev.RunStarted) for event in events)
        unsure = self.history.last is None
        if fresh:
            self._going_on(events)
        self.history.extend(events)
        if any(isinstance(event, ev.Checkpointed) for event in events):
            self._has_checkpoint = True
        if fresh or (unsure and self.history.last is not None):
            self._plan()
        self.view.mark()
        for event in events:
            if isinstance(event, ev.Failed):
                self._show_failure(event)
        self._refresh()

    def _going_on(self, events: list[ev.Event]) -> None:
        """A run that goes on has cut its log back to the checkpoint: show what is left of it."""
        going = any(isinstance(event, ev.RunStarted) and event.resumed for event in events)
        if going and self.folder is not None and is_short(self.folder):
            self.history = read_history(self.folder)

    @Slot(object)
    def _state_changed(self, state: RunState) -> None:
        run = self.shell.run
        if state is RunState.STARTING and run.folder is not None and self.project.runs in run.folder.parents:
            if self.folder is None or self.folder.path != run.folder:
                self.folder = RunFolder(run.folder)
                self._show_history(RunHistory(), run.config or self.project.config)
            self.view.clear_failure()
        if self._then is not None and state in (RunState.STOPPED, RunState.FINISHED):
            point, self._then = self._then, None
            self._go_on_from(point)
            return
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        run = self.shell.run
        shown = self._is_live()
        state = run.state if shown else RunState.IDLE
        stage = self.history.stage
        between = stage is not None and stage.ended is not None
        last = stage is not None and stage.index == len(self.plans) - 1
        offered = offers(run.state, checkpoints=self._has_checkpoint, complete=self.history.finished is not None,
                         between=between, last_stage=last)
        self.view.buttons.show_offers(offered, run.state, told=self.view.has_advice,
                                      complete=self.history.finished is not None)
        self.view.show_run(self.history, self.plans, alive=shown and run.active, any_run=self.folder is not None)
        self.view.show_readiness(bool(self.project.config.corpus.path))
        self.view.heading.set_below(self._standing(state))
        self.status.emit(self._dot())

    def _is_live(self) -> bool:
        run = self.shell.run
        return self.folder is not None and run.folder == self.folder.path and run.state is not RunState.IDLE

    def _standing(self, state: RunState) -> str:
        if self.folder is None:
            return self.tr("{count} stages are planned").format(count=len(self.plans))
        if not self._is_live():
            state = STATES.get(self.folder.state(), RunState.IDLE)
        return standing_words(self.folder.path.name, state, self.history, self.shell.run.active)

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
        self.shell.start_run()

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

    @Slot(object)
    def go_back(self, point: Point) -> None:
        """Go back to ``point`` and on from there; a run that is alive is stopped and saved first."""
        if self.shell.run.active:
            self._then = point
            self.shell.run.stop()
        else:
            self._go_on_from(point)

    def _go_on_from(self, point: Point) -> None:
        if self.folder is not None:
            self.shell.run.start(self.config, self.folder.path, resume=True, checkpoint=point.checkpoint)

    @Slot(str)
    def _step(self, size: str) -> None:
        if size in ("batch", "epoch", "stage"):
            self.shell.run.step(size)  # type: ignore[arg-type]

    @Slot(bool)
    def _between_changed(self, wanted: bool) -> None:
        self.shell.run.pause_between_stages = wanted

    @Slot()
    def _list_points(self) -> None:
        found = points(self.folder.path, self.history, self.plans) if self.folder is not None else []
        self.view.buttons.set_points(list(found))

    @Slot()
    def _classify(self) -> None:
        self.shell.go("classify")

    @Slot()
    def _choose_corpus(self) -> None:
        self.shell.go("corpus")

    @Slot()
    def _look_at_rates(self) -> None:
        self.shell.go("rates")

    @Slot()
    def export(self) -> None:
        """Save the curves: a picture for .png, the table of every step for .csv."""
        name = self.folder.path.name if self.folder is not None else "run"
        path = self.shell.ask.save_file(self.tr("Save the curves"), Path.home() / f"{name}.png",
                                        self.tr("Picture (*.png);;Table of every step (*.csv)"))
        if path is None:
            return
        try:
            if path.suffix.lower() == ".csv":
                save_table(self.history, path)
            else:
                path = path if path.suffix else path.with_suffix(".png")
                self.view.plots.save_picture(path)
        except OSError as error:
            self.shell.toast(self.tr("{file} could not be written: {why}").format(
                file=path, why=error.strerror or str(error)), "error")
            return
        self.shell.toast(self.tr("Saved as {file}.").format(file=path), "ok")

    # Failures

    def _show_failure(self, failed: ev.Failed) -> None:
        stage = self.history.stage
        task = "language_model" if stage is None or stage.groups[-1:] != ("head",) else "classifier"
        found = tries(
            failed.cause, task, self.config, resumable=self._has_checkpoint,
            change_and_start=self._change_and_start, change_and_go_on=self._change_and_go_on,
            resume=self.resume, look=self._choose_corpus,
        )
        self.view.show_failure(failed, found)

    def _change_and_start(self, values: dict[str, Any]) -> None:
        self.project.change(values)
        self.shell.start_run()

    def _change_and_go_on(self, values: dict[str, Any]) -> None:
        """Change the run's own description as well, and go on from its last checkpoint."""
        if self.folder is None:
            return
        try:
            self.config = with_settings(self.config, [f"{name}={value}" for name, value in values.items()])
            save(self.config, self.folder.config_path, comments=True)
            self.folder.append_text(f"Changed before going on: {values}")
        except OSError as error:
            self.shell.toast(self.tr("{file} could not be written: {why}").format(
                file=self.folder.config_path, why=error.strerror or str(error)), "error")
            return
        self.project.change(values)
        self.shell.resume_run(self.folder.path)

    # Qt

    @Slot(object)
    def _project_changed(self, config: RunConfig) -> None:
        if self.folder is None:
            self._show_history(self.history, config)

    def activated(self) -> None:
        """The page has come into view."""
        self._refresh()
        self.view.mark()

    def actions(self) -> list[QAction]:
        """What the palette offers of this page."""
        if not hasattr(self, "_actions"):
            self._actions = []
            for text, icon, slot in ((self.tr("Save the curves"), "export", self.export),
                                     (self.tr("Next stage"), "next-stage", self.next_stage)):
                action = QAction(text, self)
                action.setProperty("icon_name", icon)
                action.triggered.connect(slot)
                self._actions.append(action)
        self._actions[0].setEnabled(self.history.total > 0)
        self._actions[1].setEnabled(self.view.buttons.next_stage.isVisibleTo(self))
        return self._actions


class _Reading:
    """Makes the generator that reads a long log."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def __call__(self) -> Any:
        return reading(self._folder)
