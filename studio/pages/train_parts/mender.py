"""Does what a failure's buttons offer: change the run, or the project, and go on or start again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from studio.plots.history import RunHistory
from studio.project import Project
from studio.shell import Shell
from ulmengine.config import ConfigError, RunConfig, save, with_settings
from ulmengine.events import Failed
from ulmengine.runs import RunFolder

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
        task = "language_model" if stage is None or stage.groups[-1:] != ("head",) else "classifier"
        infos = [] if folder is None else checkpoints_of(folder.path)
        return tries(failed, task, config, self, infos, self._tried)

    def after_waiting(self, folder: RunFolder | None) -> list[Try]:
        """What can be tried while the run in ``folder`` waits for room on the disk."""
        self._folder = folder
        return [(self.tr("Try again"), self.go_on)]

    def change_and_start(self, values: dict[str, Any]) -> None:
        """See :class:`~studio.pages.train_parts.mending.Deeds`."""
        self.project.change(values)
        self.shell.start_run()

    def change_and_go_on(self, values: dict[str, Any], checkpoint: str | None = None) -> None:
        """See :class:`~studio.pages.train_parts.mending.Deeds`. The description as it was is kept beside."""
        folder = self._folder
        if folder is None or self.shell.busy:
            return
        try:
            before = folder.config()
            config = with_settings(before, [f"{name}={value}" for name, value in values.items()])
            shutil.copy2(folder.config_path, _free_name(folder))
            save(config, folder.config_path, comments=True)
            folder.append_text(f"Changed before going on: {values}")
            self.project.change(values)
        except ConfigError as error:
            self.shell.toast(str(error), "error")
            return
        except OSError as error:
            self.shell.toast(self.tr("{file} could not be written: {why}").format(
                file=folder.config_path, why=error.strerror or str(error)), "error")
            return
        if checkpoint is not None:
            self._tried.add(checkpoint)
        self.shell.resume_run(folder.path, checkpoint)

    def go_on(self) -> None:
        """See :class:`~studio.pages.train_parts.mending.Deeds`."""
        folder, run = self._folder, self.shell.run
        if folder is not None and run.active and run.folder == folder.path:
            run.resume()  # it waits, with everything in memory
        elif folder is not None:
            self.shell.resume_run(folder.path)

    def look(self) -> None:
        """See :class:`~studio.pages.train_parts.mending.Deeds`."""
        self.shell.go("corpus")


def _free_name(folder: RunFolder) -> Path:
    number = 1
    while (path := folder.path / f"config-{number}.toml").exists():
        number += 1
    return path
