"""Which run is looked at: another one of the project, or one from elsewhere."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from studio.project import Project
from studio.shell import Shell
from studio.words import state_words
from ulmengine.runs import RunFolder
from ulmengine.training.control import RunState

from .buttons import TrainButtons

STATES = {"running": RunState.RUNNING, "finished": RunState.FINISHED, "failed": RunState.FAILED,
          "stopped": RunState.STOPPED, "interrupted": RunState.INTERRUPTED}
"""What a run's folder says of it, in the words of a live one."""

LISTED = 20


class RunChoice(QObject):
    """The menu of the runs behind ``buttons``."""

    chosen = Signal(object)
    """A :class:`ulmengine.runs.RunFolder`."""
    exportWanted = Signal()

    def __init__(self, project: Project, shell: Shell, buttons: TrainButtons, parent: QObject) -> None:
        super().__init__(parent)
        self.project, self.shell, self.buttons = project, shell, buttons
        self.shown: RunFolder | None = None
        buttons.runsWanted.connect(self._list)
        buttons.runChosen.connect(self.chosen)
        buttons.openWanted.connect(self.open)
        buttons.exportWanted.connect(self.exportWanted)

    @Slot()
    def open(self) -> None:
        """Ask for the folder of a run and show it."""
        folder = self.shell.ask.folder(self.tr("Open a run folder"), self.project.runs if self.project.runs.is_dir()
                                       else Path.home())
        if folder is not None:
            self.shell.open_run(folder)

    @Slot()
    def _list(self) -> None:
        shown = None if self.shown is None else self.shown.path
        others = [run for run in reversed(self.project.run_folders()) if run.path != shown][:LISTED]
        self.buttons.set_runs([(self._words(run), run) for run in others])

    def _words(self, run: RunFolder) -> str:
        state = STATES.get(run.state(), RunState.IDLE)
        return f"{run.path.name}  ·  {state_words(state)}"
