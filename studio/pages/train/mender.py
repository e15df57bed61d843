"""Does what a failure's buttons offer: change the run, or the project, and go on or start again."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from studio.plots.history import RunHistory
from studio.project import Project
from studio.shell import Shell
from ulmengine.config import ConfigError, RunConfig, with_settings
from ulmengine.events import Failed
from ulmengine.runs import RunFolder, RunFolderError
from ulmengine.runs.changes import change
from ulmengine.runs.mending import Task

from .going_back import checkpoints_of
from .mending import Try, tries


class Mender(QObject):
    """Mends the run it was last shown."""

    def __init__(self, project: Project, shell: Shell, parent: QObject) -> None:
        super().__init__(parent)
        self.project = project
        self.shell = shell
        self._folder: RunFolder | None = None
        self._tried: set[str] = set()

    def tries(self, failed: Failed, folder: RunFolder | None, config: RunConfig, history: RunHistory) -> list[Try]:
        """What can be tried after ``failed`` of the run in ``folder``, in the state that ``history`` tells."""
        if folder is None or self._folder is None or folder.path != self._folder.path:
            self._tried.clear()
        self._folder = folder
        stage = history.stage
        task: Task = "language_model" if stage is None or stage.groups[-1:] != ("head",) else "classifier"
        infos = [] if folder is None else checkpoints_of(folder.path)
        return tries(failed, task, config, self, infos, self._tried)

    def after_waiting(self, folder: RunFolder | None) -> list[Try]:
        """What can be tried while the run in ``folder`` waits for room on the disk."""
        self._folder = folder
        return [(self.tr("Try again"), self.go_on)]

    def change_and_start(self, values: dict[str, Any]) -> None:
        """See :class:`~studio.pages.train.mending.Deeds`."""
        self.project.change(values)
        self.shell.start_run()

    def change_and_go_on(self, values: dict[str, Any], checkpoint: str | None = None) -> None:
        """See :class:`~studio.pages.train.mending.Deeds`. The description as it was is kept beside."""
        folder = self._folder
        if folder is None or self.shell.busy:
            return
        try:
            change(folder, with_settings(folder.config(), [f"{name}={value}" for name, value in values.items()]))
            self.project.change(values)
        except (ConfigError, RunFolderError) as error:
            self.shell.toast(str(error), "error")
            return
        if checkpoint is not None:
            self._tried.add(checkpoint)
        self.shell.resume_run(folder.path, checkpoint)

    def go_on(self) -> None:
        """See :class:`~studio.pages.train.mending.Deeds`."""
        folder, run = self._folder, self.shell.run
        if folder is not None and run.active and run.folder == folder.path:
            run.resume()  # it waits, with everything in memory
        elif folder is not None:
            self.shell.resume_run(folder.path)

    def look(self) -> None:
        """See :class:`~studio.pages.train.mending.Deeds`."""
        self.shell.go("corpus")
