"""Going back to a checkpoint, or branching a new run from it; a run that is alive is stopped and saved first."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio.ask import Choice
from studio.engine.jobslot import JobSlot
from studio.project import Project
from studio.shell import Shell
from studio.shown import ShownRun
from studio.shown.log_reader import checkpoints_of
from studio.words import setting_words, words
from ulmengine.config import RunConfig, difference
from ulmengine.counting import listed
from ulmengine.events import Event, Failed, Progress
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder, RunFolderError
from ulmengine.record.changes import check_branched
from ulmengine.record.copies import branch

from .going_back import Lost, Point, lost_by_going_to

_NAMED = 8
"""Settings that a question names."""


def branching(
    source: RunFolder, checkpoint: str, target: Path, config: RunConfig | None
) -> Generator[Event, None, RunFolder]:
    """Branch a new run at ``target`` off ``source``; returns its folder."""
    yield Progress("Copying the run", 0, 0)
    return branch(source, checkpoint, target, config)


class GoingOn(QObject):
    """Asks, waits for the stop where one is needed, and goes on from the checkpoint.

    A deed that waits for a stop is dropped at the next end of the run, however that comes: one that outlived a stop
    that failed would give things up at some later stop, of another run perhaps.
    """

    branched = Signal(object)
    """A new run (a :class:`ulmengine.record.RunFolder`) was branched off and goes on now."""

    def __init__(self, project: Project, shell: Shell, parent: QObject) -> None:
        super().__init__(parent)
        self.project = project
        self.shell = shell
        self._waiting: tuple[RunFolder, Callable[[], object]] | None = None
        self._heard: RunState | None = None
        self._copier = JobSlot(self, self._copied, self._not_copied)
        shell.run.stateChanged.connect(self._state_changed)

    def go_back(self, run: ShownRun, point: Point) -> None:
        """Take ``run`` back to ``point``; the person is asked first if that gives something up, and may branch
        instead. One that is paused is paused there too."""
        if run.folder is None or not self.project.may_change():
            return
        lost = partial(self._lost, run, run.folder.path, point)
        answer = self._asked(run, point, lost) if lost() else "back"
        if answer == "back":
            if self._is_there(run.folder, point):
                paused = run.own and run.state in (RunState.PAUSED, RunState.PAUSING)
                self.after_stop(run.folder, partial(self.shell.starter.resume, run.folder.path, point.checkpoint,
                                                    paused=paused))
        elif answer == "new":
            if not self.shell.starter.corpus_outdated():
                self.after_stop(run.folder, self.shell.starter.start)
        elif answer == "branch":
            self.branch(run, point)

    def branch(self, run: ShownRun, point: Point) -> None:
        """Branch a new run off ``point`` of ``run``, and go on with it."""
        if run.folder is None or not self.project.may_change():
            return
        folder, config = run.folder, run.config
        wanted, answer = self.project.run_config(), "same"
        changed = difference(config, wanted)
        if changed:
            choices = [Choice("same", self.tr("With the run's own settings")),
                       Choice("cancel", self.tr("Cancel"), "cancel")]
            names = [f"“{setting_words(name)}”" for name in changed]
            detail = self.tr("The project's settings differ in: {names}.").format(names=listed(names, _NAMED))
            try:
                check_branched(config, wanted)
                choices.insert(0, Choice("new", self.tr("With the project's settings"), "default"))
            except RunFolderError as error:
                detail += " " + self.tr("They cannot be taken: {why}.").format(why=words(str(error)))
            place = point.place or self.tr("step {total}").format(total=f"{point.total:,}")
            answer = self.shell.ask.choose(
                self.tr("Branch a new run"),
                self.tr("A new run goes on from {place}. With which settings?").format(place=place), choices, detail)
        if answer != "cancel" and self._is_there(folder, point):
            self.after_stop(folder, partial(self._copy, folder, point.checkpoint, wanted if answer == "new" else None))

    def _is_there(self, folder: RunFolder, point: Point) -> bool:
        """Whether ``point`` has not been removed for a newer one while the person decided; they are told."""
        if point.is_start or any(info.name == point.checkpoint for info in checkpoints_of(folder.path)):
            return True
        self.shell.toast(self.tr("The checkpoint at step {total} is gone: newer ones were saved meanwhile.").format(
            total=f"{point.total:,}"), "warning")
        return False

    @staticmethod
    def _lost(run: ShownRun, folder: Path, point: Point) -> Lost:
        """What going back to ``point`` gives up now: ``run`` may take further steps meanwhile."""
        return lost_by_going_to(point, folder, run.history)

    def _told(self, run: ShownRun, lost_now: Callable[[], Lost]) -> str:
        lost = lost_now()
        parts = [self.tr("%n checkpoint(s)", "", lost.checkpoints)] if lost.checkpoints else []
        parts += [self.tr("{count} steps of the curves and the log").format(count=f"{lost.steps:,}")] \
            if lost.steps else []
        detail = self.tr("What came after it is given up for good: {what}.").format(
            what=self.tr(" and ").join(parts) or self.tr("the result"))
        if run.state is RunState.RUNNING:
            detail += " " + self.tr("Training goes on until you decide; what it learns meanwhile is given up too.")
        if lost.result:
            detail += " " + self.tr("The finished model stays until the run finishes again.")
        return detail

    def _asked(self, run: ShownRun, point: Point, lost_now: Callable[[], Lost]) -> str:
        """What to do."""
        detail = partial(self._told, run, lost_now)
        back, cancel = Choice("back", self.tr("Go back"), "danger"), Choice("cancel", self.tr("Cancel"), "cancel")
        if point.is_start:
            instead = Choice("new", self.tr("Start a new run instead"), "default")
            return self.shell.ask.choose(self.tr("Go back to the beginning"), self.tr(
                "Go back to the beginning of this run and train it anew?"), (instead, back, cancel), detail)
        instead = Choice("branch", self.tr("Branch a new run instead"), "default")
        title = self.tr("Go back to step {total}").format(total=f"{point.total:,}")
        return self.shell.ask.choose(title, self.tr("Go back to step {total} and go on from there?").format(
            total=f"{point.total:,}"), (instead, back, cancel), detail)

    def after_stop(self, folder: RunFolder, deed: Callable[[], object]) -> None:
        """Do ``deed`` with the run in ``folder`` once it has stopped and is saved; at once if nothing is under way."""
        run = self.shell.run
        if not run.active:
            deed()
        elif run.folder == folder.path:
            self._waiting = folder, deed
            run.stop()
        else:
            self.shell.toast_busy(self.tr("Another run is under way. Stop it first."))

    @Slot(object)
    def _state_changed(self, state: RunState) -> None:
        held, self._heard = state is RunState.PAUSED and self._heard is RunState.STOPPING, state
        if self._waiting is None or (self.shell.run.active and not held):
            return
        (folder, deed), self._waiting = self._waiting, None
        if state in (RunState.STOPPED, RunState.FINISHED) and self.shell.run.folder == folder.path:
            # Later, so that everyone has heard of this end before the next beginning.
            QTimer.singleShot(0, self, deed)
        else:
            self.shell.toast(self.tr("The run could not be stopped and saved, so nothing was changed."), "warning")

    def _copy(self, folder: RunFolder, checkpoint: str, config: RunConfig | None) -> None:
        self._copier.start(partial(branching, folder, checkpoint, self.project.new_run_folder(), config))

    @Slot(object)
    def _copied(self, folder: RunFolder) -> None:
        self.branched.emit(folder)
        self.shell.starter.resume(folder.path)

    @Slot(object)
    def _not_copied(self, failed: Failed) -> None:
        self.shell.toast_error(self.tr("The run could not be branched: {why}").format(why=failed.title))
