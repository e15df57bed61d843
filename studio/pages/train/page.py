"""Train: the stages one after another, the curves as they grow, and everything that can be asked of the run."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.facts import batches_an_epoch, known_facts, steps_of
from studio.pages.base import ProjectPage
from studio.pages.parts.quantities import counted
from studio.plots.export import save_table
from studio.plots.history import RunHistory
from studio.project import Project
from studio.shell import Shell
from studio.shown import ShownRun
from ulmengine.config import ConfigError, RunConfig
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder, run_name

from .choosing import RunChoice
from .figures import standing_words
from .going_back import Point, points
from .going_on import GoingOn
from .mender import Mender
from .view import TrainView


class TrainPage(ProjectPage):
    """Shows the run of the window: the one that is under way, or the newest one of the project.

    While one is under way another can be looked at beside it.
    """

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(project, shell, parent)
        self.shown = shell.shown
        self._beside = ShownRun(shell.run, self)
        self._beside.gone.connect(self._look_at_windows)
        self._told: object = None
        self.going_on = GoingOn(project, shell, self)
        self.mender = Mender(project, shell, self.going_on, self)
        self.view = TrainView(self.history)
        self.body.setContentsMargins(theme.XL, theme.XL, theme.XL, theme.M)
        self.body.addWidget(self.view, 1)
        self.choice = RunChoice(project, shell, self.view.buttons, self)
        self._connect()
        self.offer(self.tr("Save the curves"), self.export, "export")
        self.offer(self.tr("Next stage"), self.next_stage, "next-stage")
        self.offer(self.tr("Finish now"), self.finish, "flag")
        self.offer(self.tr("Go back to a checkpoint"), self.view.buttons.open_back_menu, "undo")
        self._listen_to(self.shown)
        if shell.wanted_run is not None:
            self._wanted(shell.wanted_run)
        elif self.shown.folder is None:
            shell.show_newest_run()
        self._look_at(self.shown)

    def _connect(self) -> None:
        shell, run, view, buttons = self.shell, self.shell.run, self.view, self.view.buttons
        run.stateChanged.connect(self._run_changed)
        shell.runWanted.connect(self._wanted)
        shell.corpusTold.connect(self._refresh)
        self.project.runsChanged.connect(self._runs_changed)
        self.choice.chosen.connect(self.show_run)
        for button in (buttons.start, buttons.anew, view.big_start):
            button.clicked.connect(self.shell.starter.begin)
        buttons.resume.clicked.connect(self.resume)
        buttons.pause.clicked.connect(run.pause)
        buttons.stop.clicked.connect(run.stop)
        buttons.next_stage.clicked.connect(self.next_stage)
        buttons.finish.clicked.connect(self.finish)
        buttons.stepWanted.connect(run.step)
        buttons.between.toggled.connect(self._between_changed)
        buttons.back_menu.aboutToShow.connect(self._list_points)
        buttons.goBackWanted.connect(self.go_back)
        buttons.branchWanted.connect(self.branch)
        self.going_on.branched.connect(self.show_run)
        view.strip.chosen.connect(view.plots.show_stage)
        view.result.classifyWanted.connect(self._classify)
        view.choose.clicked.connect(self._look_at_corpus)
        view.look.clicked.connect(lambda: shell.go("rates"))
        view.open_run.clicked.connect(self.choice.open)
        view.failure.dismissed.connect(self._dismissed)
        view.plots.exportWanted.connect(self.export)
        buttons.between.setChecked(run.pause_between_stages)

    # Which run is shown

    @property
    def folder(self) -> RunFolder | None:
        """The run that is shown; None where there is none yet."""
        return self.shown.folder

    @property
    def history(self) -> RunHistory:
        """All that it has said."""
        return self.shown.history

    @property
    def config(self) -> RunConfig:
        """Its description."""
        return self.shown.config

    @Slot(object)
    def _wanted(self, path: Path) -> None:
        self.shell.wanted_run = None
        self.show_run(RunFolder(path))

    @Slot(object)
    def show_run(self, folder: RunFolder) -> None:
        """Show the run in ``folder``; beside the one that is under way, if that is another."""
        window = self.shell.shown
        if window.own and window.folder != folder:
            self._look_at(self._beside)
            try:
                self._beside.show(folder)
            except ConfigError as error:
                self.shell.toast_error(error)
        else:
            if not window.alive or window.folder != folder:
                self.shell.show_run(folder)
            self._look_at(window)

    def _look_at(self, run: ShownRun) -> None:
        if run is not self.shown:
            self.shown.replaced.disconnect(self._draw_anew)
            self.shown.changed.disconnect(self._refresh)
            self.shown.unseen_by(self)
            self._listen_to(run)
        self._draw_anew()
        self._refresh()

    @Slot()
    def _look_at_windows(self) -> None:
        self._look_at(self.shell.shown)

    def _listen_to(self, run: ShownRun) -> None:
        self.shown = self.choice.shown = run
        run.replaced.connect(self._draw_anew)
        run.changed.connect(self._refresh)
        run.seen_by(self)

    @Slot()
    def _runs_changed(self) -> None:
        self.shown.look()  # it may be gone; at the window's own the shell looks

    @Slot(object)
    def _run_changed(self, state: RunState) -> None:
        if state is RunState.STARTING and self.shown is not self.shell.shown:
            self._look_at(self.shell.shown)

    # What it looks like

    @Slot()
    def _draw_anew(self) -> None:
        """Another run is shown, or the same one with another past or plan."""
        self._told = None
        self.view.failure.clear()
        plans, config, folder = self.shown.plans, self.config, self.folder
        facts = self.project.facts if folder is None else known_facts(config, folder.cache)
        batches = {} if facts is None else batches_an_epoch(config, facts)
        lengths = {plan.index: steps_of(plan, batches) for plan in plans}
        self.view.set_history(self.history, plans, lengths, self.shown.left_out)

    @Slot()
    def _refresh(self) -> None:
        """Show the run as it stands now."""
        run, busy_beside = self.shown, self.shell.run.active and not self.shown.own
        self._tell_trouble()
        self.view.mark()
        self.view.buttons.show_offers(
            run.offers, own=run.own, told=self.view.has_advice,
            complete=self.history.finished is not None or busy_beside or run.elsewhere)
        self.view.show_run(self.history, run.plans, alive=run.alive, any_run=run.folder is not None)
        self.view.show_readiness(bool(self.project.config.corpus.path), fit=self._corpus_is_fit())
        self.view.heading.set_below(*self._standings())
        self.status.emit(self._dot())

    def _tell_trouble(self) -> None:
        """Say what went wrong, once, until it is of the past."""
        trouble = self.shown.trouble
        if trouble is self._told:
            return
        self._told = trouble
        if trouble is None:
            self.view.failure.clear()
        else:
            self.view.show_failure(*self.mender.card(trouble, self.shown))

    def _standings(self) -> list[str]:
        """How the run stands, in a line, and in ever shorter ones."""
        run = self.shown
        if run.folder is None:
            return [counted(len(run.plans), self.tr("1 stage is planned"), self.tr("{n} stages are planned"))]
        if run.reading:
            return [self.tr("Reading the run…")]
        if run.unreadable:
            return [self.tr("The run could not be read")]
        own, name = run.is_of(self.project), run_name(run.folder)
        told = standing_words(name if own else self.tr("“{run}”").format(run=name), run.state, self.history,
                              run.alive, barred=run.own)
        if not own:
            told = [f"{told[0]}  ·  {run.folder.path}", *told]
        if run.elsewhere:
            told = [*(self.tr("{run}  ·  in another process, only looked at").format(run=words) for words in told),
                    *told[-2:]]
        return told

    def _dot(self) -> str:
        if self.folder is None:
            return "ready" if self.project.config.corpus.path and self._corpus_is_fit() else ""
        return self.shown.dot

    def _corpus_is_fit(self) -> bool:
        """Whether nothing is known of the corpus that keeps a run from beginning."""
        return not self.shell.corpus_unreadable and not self.shown.hindrance

    @Slot()
    def _dismissed(self) -> None:
        self._told = None
        self.shown.dismiss()

    # What the person wants

    @Slot()
    def resume(self) -> None:
        """Go on: after a pause, or from the last checkpoint of the run shown."""
        if self.folder is not None:
            self.shell.starter.go_on(self.folder.path)

    @Slot()
    def next_stage(self) -> None:
        """End the stage in hand after its step and go on with the next; between two stages simply go on."""
        stage = self.shown.stage
        if stage is not None and stage.ended is None:
            self.shell.run.skip_stage()
        if self.shell.run.state is RunState.PAUSED:
            self.shell.run.resume()

    @Slot()
    def finish(self) -> None:
        """End the run with what it has learnt so far; one that is over is taken up for that."""
        alive = self.shown.own
        if self.folder is not None and self.shell.starter.finish(self.folder.path) and alive:
            self.shown.asked_to_finish()

    @Slot(object)
    def go_back(self, point: Point) -> None:
        """Go back to ``point`` and on from there; a run that is alive is stopped and saved first."""
        self.going_on.go_back(self.shown, point)

    @Slot(object)
    def branch(self, point: Point) -> None:
        """Branch a new run off ``point``; this one stays as it is (stopped and saved, if it is alive)."""
        self.going_on.branch(self.shown, point)

    @Slot(bool)
    def _between_changed(self, wanted: bool) -> None:
        self.shell.run.pause_between_stages = wanted

    @Slot()
    def _list_points(self) -> None:
        folder = self.folder
        self.view.buttons.set_points([] if folder is None else points(folder.path, self.history, self.shown.plans))

    @Slot()
    def _look_at_corpus(self) -> None:
        self.shell.go("corpus")
        if self.shown.hindrance:
            self.shell.problemsWanted.emit()

    @Slot()
    def _classify(self) -> None:
        if self.folder is not None:
            self.shell.classify_with(self.folder.model_path)

    @Slot()
    def export(self) -> None:
        """Save the curves: a picture for .png, the table of every step for .csv."""
        name = self.folder.path.name if self.folder else "run"
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
            self.shell.toast_error(self.tr("{file} could not be written: {why}").format(
                file=path, why=error.strerror or str(error)))
            return
        self.shell.toast(self.tr("Saved as {file}.").format(file=path), "ok")

    # Qt

    def activated(self) -> None:
        self._refresh()
        buttons = self.view.buttons
        buttons.lead((buttons.stop, buttons.next_stage, buttons.finish))

    def actions(self) -> list[QAction]:
        buttons, (saving, *others) = self.view.buttons, super().actions()
        saving.setEnabled(self.history.total > 0)
        for action, button in zip(others, (buttons.next_stage, buttons.finish, buttons.back), strict=True):
            action.setEnabled(buttons.is_wanted(button))
        return [saving, *others]
