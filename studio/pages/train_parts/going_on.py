"""Going back to a checkpoint and on from there; a run that is alive is stopped and saved first."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Slot

from studio.ask import Choice
from studio.shell import Shell
from ulmengine.runs import RunFolder
from ulmengine.training.control import RunState

from .going_back import Lost, Point


@dataclass(frozen=True)
class Wish:
    """What is to be done with the run in ``folder`` once it has stopped."""

    folder: RunFolder
    point: Point


class GoingOn(QObject):
    """Asks, waits for the stop where one is needed, and goes on from the checkpoint.

    A wish lives until the next end of the run, however that comes: one that outlived a stop that failed would give
    things up at some later stop, of another run perhaps.
    """

    def __init__(self, shell: Shell, parent: QObject) -> None:
        super().__init__(parent)
        self.shell = shell
        self._wish: Wish | None = None
        shell.run.stateChanged.connect(self._state_changed)

    def go_back(self, folder: RunFolder, point: Point, lost: Lost) -> None:
        """Go back to ``point``; the person is asked first if that gives something up."""
        if lost and not self._agreed(point, lost):
            return
        self._after_stop(Wish(folder, point))

    def _agreed(self, point: Point, lost: Lost) -> bool:
        parts = [self.tr("%n checkpoint(s)", "", lost.checkpoints)] if lost.checkpoints else []
        parts += [self.tr("{count} steps of the curves and the log").format(count=f"{lost.steps:,}")] \
            if lost.steps else []
        detail = self.tr("What came after it is given up for good: {what}.").format(
            what=self.tr(" and ").join(parts) or self.tr("the result"))
        if lost.result:
            detail += " " + self.tr("The finished model stays until the run finishes again.")
        choices = (Choice("back", self.tr("Go back"), "danger"), Choice("cancel", self.tr("Cancel"), "cancel"))
        title = self.tr("Go back to step {total}").format(total=f"{point.total:,}")
        return self.shell.ask.choose(title, self.tr("Go back to step {total} and go on from there?").format(
            total=f"{point.total:,}"), choices, detail) == "back"

    def _after_stop(self, wish: Wish) -> None:
        run = self.shell.run
        if not run.active:
            self._do(wish)
        elif run.folder == wish.folder.path:
            self._wish = wish
            run.stop()
        else:
            self.shell.toast(self.tr("Another run is under way. Stop it first."), "warning")

    @Slot(object)
    def _state_changed(self, state: RunState) -> None:
        if self._wish is None or self.shell.run.active:
            return
        wish, self._wish = self._wish, None
        if state in (RunState.STOPPED, RunState.FINISHED) and self.shell.run.folder == wish.folder.path:
            # Later, so that everyone has heard of this end before the next beginning.
            QTimer.singleShot(0, self, _Doing(self, wish))
        else:
            self.shell.toast(self.tr("The run could not be stopped and saved, so it did not go back."), "warning")

    def _do(self, wish: Wish) -> None:
        self.shell.resume_run(wish.folder.path, wish.point.checkpoint)


class _Doing:
    """Carries a wish out."""

    def __init__(self, going: GoingOn, wish: Wish) -> None:
        self._going, self._wish = going, wish

    def __call__(self) -> None:
        self._going._do(self._wish)
