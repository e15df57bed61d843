"""What keeps a run from going on: the words of its card, what can be tried, and what the buttons do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot

from studio.project import Project
from studio.shell import Shell
from studio.shown import ShownRun, Trouble
from studio.shown.log_reader import checkpoints_of
from studio.words import figure
from ulmengine.config import ConfigError, RunConfig, difference, with_settings
from ulmengine.events import Diverging, Event, Failed, RunStarted, SaveFailed
from ulmengine.plan.control import RunState
from ulmengine.record import START, RunFolder, RunFolderError
from ulmengine.record.changes import check_change
from ulmengine.record.checkpoints import CheckpointInfo
from ulmengine.record.failures import before_it_grew, halved_batch, lower_rate

from .going_on import GoingOn

Try = tuple[str, Callable[[], None]]
"""What a button says, and what it does."""


class Mender(QObject):
    """Mends the run of the last card: changes it, or the project, and goes on or starts again."""

    def __init__(self, project: Project, shell: Shell, going_on: GoingOn, parent: QObject) -> None:
        super().__init__(parent)
        self.project = project
        self.shell = shell
        self._going_on = going_on
        self._folder: RunFolder | None = None
        self._tried: set[str] = set()
        self._pending: tuple[Path, dict[str, Any]] | None = None
        shell.run.events.connect(self._heard)
        shell.run.stateChanged.connect(self._state_changed)

    def card(self, trouble: Trouble, run: ShownRun) -> tuple[Failed, list[Try]]:
        """What a card says of the ``trouble`` of ``run``, and its buttons, the best first."""
        if run.folder is None or self._folder is None or run.folder.path != self._folder.path:
            self._tried.clear()
        self._folder = run.folder
        if isinstance(trouble, SaveFailed):
            title = self.tr("The disk is full: the run waits") if trouble.cause == "disk_full" else \
                self.tr("The run's folder is gone: the run waits")
            waits = Failed(trouble.cause, title, trouble.text, trouble.advice, "")
            if trouble.stopping:
                return waits, [(self.tr("Try again"), self.shell.run.stop), (self.tr("Go on training"), self.go_on)]
            return waits, [(self.tr("Try again"), self.go_on)]
        if run.unreadable and isinstance(trouble, Failed):
            return trouble, [(self.tr("Try again"), run.again)]
        task = "language_model" if run.stage is None else run.stage.task
        infos = [] if run.folder is None else checkpoints_of(run.folder.path)
        if isinstance(trouble, Diverging):
            return self._grown(trouble), self._after_growing(
                lower_rate(run.config, task), before_it_grew(infos, trouble))
        return trouble, self.tries_of(trouble, task, run.config, infos)

    def tries_of(self, failed: Failed, task: str, config: RunConfig, infos: list[CheckpointInfo]) -> list[Try]:
        """Buttons for ``failed`` in a stage of ``task`` of a run of ``config``, the best first.

        :param infos: the run's whole checkpoints, oldest first.
        """
        go_on = [(self.tr("Go on from the last checkpoint"), self.go_on)] if infos else []
        match failed.cause:
            case "out_of_memory":
                return self._smaller(failed.remedy or halved_batch(config, task), resumable=bool(infos)) or go_on
            case "nan_loss":
                return self._slower(failed.remedy or lower_rate(config, task), last_good(infos, self._tried))
            case "disk_full" | "folder_gone" | "files":
                return [(self.tr("Try again"), self.go_on if infos else partial(self.change_and_start, {}))]
            case "data" if failed.remedy:
                return [(self._all_the_same(failed.remedy), partial(self.change_and_start, failed.remedy)),
                        (self.tr("Look at the corpus"), self.look)]
            case "data":
                return [(self.tr("Look at the corpus"), self.look)]
            case "settings":
                return [(self.tr("Look at the stages"), partial(self.shell.go, "rates"))]
            case "corpus_changed":
                anew = (self.tr("Begin a new run with the changed texts"), partial(self.begin_again, config))
                return [anew, (self.tr("Go on: the earlier files are back"), self.go_on)] if infos else [anew]
            case "checkpoint" if infos:
                return go_on
            case "checkpoint" | "program_changed":
                return [(self.tr("Begin again with the same settings"), partial(self.begin_again, config))]
        return go_on

    def change_and_start(self, values: dict[str, Any]) -> None:
        """Change the project's settings and start a new run, unless the corpus has to be looked at first."""
        if self.project.change(values) and not self.shell.starter.corpus_outdated():
            self.shell.starter.start()

    def begin_again(self, config: RunConfig) -> None:
        """Give the project the settings of a run of ``config``, and start a new run."""
        changed = difference(self.project.run_config(), config)
        self.change_and_start({name: value for name, (_, value) in changed.items() if name not in ("name", "version")})

    def change_and_go_on(self, values: dict[str, Any], checkpoint: str | None = None) -> None:
        """Go on with other settings, from ``checkpoint`` or from the last one.

        They become the run's own, and the project's, once it can begin with them; the description as it was is kept
        beside.
        """
        if self._folder is not None:
            self._going_on.after_stop(self._folder, partial(self._change, self._folder, values, checkpoint))

    def _change(self, folder: RunFolder, values: dict[str, Any], checkpoint: str | None) -> None:
        try:
            after = with_settings(folder.config(), [f"{name}={value}" for name, value in values.items()])
            check_change(folder, after)
        except (ConfigError, RunFolderError) as error:
            self.shell.toast_error(error)
            return
        if checkpoint is not None:
            self._tried.add(checkpoint)
        if self.shell.starter.resume(folder.path, checkpoint, changed=after):
            self._pending = folder.path, values

    @Slot(object)
    def _heard(self, events: list[Event]) -> None:
        """Once a changed run has begun, the project takes the change over for the next one."""
        if self._pending is None or not any(isinstance(event, RunStarted) for event in events):
            return
        (folder, values), self._pending = self._pending, None
        if self.shell.run.folder == folder:
            self.project.change(values)

    @Slot(object)
    def _state_changed(self, state: RunState) -> None:
        if state in (RunState.FAILED, RunState.STOPPED, RunState.INTERRUPTED, RunState.FINISHED):
            self._pending = None

    def go_on(self) -> None:
        """Go on as it is: after a wait, or from the last checkpoint."""
        if self._folder is not None:
            self.shell.starter.go_on(self._folder.path)

    def look(self) -> None:
        self.shell.go("corpus")

    def _all_the_same(self, remedy: dict[str, Any]) -> str:
        """What the button says that lets a run begin all the same with the settings ``remedy``."""
        if "corpus.min_per_class" in remedy:
            return self.tr("Leave these classes out and start")
        return self.tr("Start without measuring")

    def _smaller(self, smaller: dict[str, Any] | None, *, resumable: bool) -> list[Try]:
        if smaller is None:
            return []
        if resumable:
            text = self.tr("Halve the batch and continue")
            return [(text, partial(self.change_and_go_on, smaller))]
        text = self.tr("Halve the batch and start again")
        return [(text, partial(self.change_and_start, smaller))]

    def _slower(self, lower: dict[str, Any], good: CheckpointInfo | None) -> list[Try]:
        anew = (self.tr("Start again with a peak rate of {rate}").format(rate=_rate(lower)),
                partial(self.change_and_start, lower))
        return [anew] if good is None else [self._back_and_slower(lower, good), anew]

    def _grown(self, told: Diverging) -> Failed:
        return Failed(
            "diverging", self.tr("The loss grows instead of falling: the run waits"),
            self.tr("It is at {now} after {before} at the beginning. Everything is as it was after step {step}, in "
                    "memory.").format(now=figure(told.loss), before=figure(told.began), step=f"{told.total:,}"),
            self.tr("A peak rate that is too high does this. Go back to before it and lower the rate, or go on if you "
                    "expected it."), "")

    def _after_growing(self, lower: dict[str, Any], good: CheckpointInfo | None) -> list[Try]:
        """At a lower rate from before the loss grew, or on."""
        anew = (self.tr("Begin this run anew with a peak rate of {rate}").format(rate=_rate(lower)),
                partial(self.change_and_go_on, lower, START))
        return [anew if good is None else self._back_and_slower(lower, good), (self.tr("Go on as it is"), self.go_on)]

    def _back_and_slower(self, lower: dict[str, Any], good: CheckpointInfo) -> Try:
        text = self.tr("Go back to step {step} and continue with a peak rate of {rate}").format(
            step=f"{good.total:,}", rate=_rate(lower))
        return text, partial(self.change_and_go_on, lower, good.name)


def _rate(lower: dict[str, Any]) -> str:
    return f"{next(iter(lower.values())):.2g}"


def last_good(infos: list[CheckpointInfo], tried: set[str]) -> CheckpointInfo | None:
    """The checkpoint to go back to when the loss was no number: the newest that has not led there before."""
    fresh = [info for info in infos if info.name not in tried]
    return fresh[-1] if fresh else (infos[0] if infos else None)
