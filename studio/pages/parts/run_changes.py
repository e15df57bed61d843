"""What is done to runs, each as a step that can be undone; and runs copied out of their project and into another."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtGui import QUndoCommand

from ulmengine.disk import file_stem, move, unused_path
from ulmengine.events import Event, Progress
from ulmengine.record import (
    RunFolder,
    RunFolderError,
    RunLine,
    RunMarks,
    delete_run,
    export_run,
    import_run,
    read_about,
    restore_run,
    run_line,
    write_about,
)

Tell = Callable[[str], None]
Naming = Callable[[Sequence[str]], str]
"""What the undo menu calls a step, by the names of its runs."""


class Deed(Protocol):
    """What is done to one run."""

    line: RunLine

    @property
    def folder(self) -> Path:
        """Where the run stands, or stood last."""

    def there(self) -> None:
        """Do it."""

    def back(self) -> None:
        """Take it back."""


class DeleteRun:
    """A run is put aside."""

    def __init__(self, line: RunLine) -> None:
        self.line, self.folder = line, line.folder
        self._waiting: Path | None = None

    def there(self) -> None:
        self._waiting = delete_run(self.folder)

    def back(self) -> None:
        if self._waiting is not None:
            self.folder = restore_run(self._waiting)


class TakeUp:
    """A run has been taken up from elsewhere, see :func:`taking_up`; taken back, it waits where deleted ones do."""

    def __init__(self, line: RunLine) -> None:
        self.line = line
        self._away = DeleteRun(line)

    @property
    def folder(self) -> Path:
        return self._away.folder

    def there(self) -> None:
        self._away.back()  # the first time it stands there already

    def back(self) -> None:
        self._away.there()


def taking_up(path: Path, into: Path) -> Generator[Event, None, RunLine]:
    """Copy the exported run at ``path`` into the folder ``into``."""
    return run_line(RunFolder((yield from importing(path, into))))


class Say:
    """Another ``title``, other ``tags``, ``archived`` or not; what is not given stays as it is."""

    def __init__(
        self, line: RunLine, *, title: str | None = None, tags: tuple[str, ...] | None = None,
        archived: bool | None = None
    ) -> None:
        self.line, self.folder = line, line.folder
        self._run = RunFolder(line.folder)
        old = read_about(self._run)  # the line may be older than what was said a moment ago
        self._old, self._new = old, RunMarks(
            old.title if title is None else title, old.tags if tags is None else tags,
            old.archived if archived is None else archived)

    def there(self) -> None:
        write_about(self._run, self._new)

    def back(self) -> None:
        write_about(self._run, self._old)


class Together(QUndoCommand):
    """What is done to one run or to several at once. What fails is told and left out of the step; a step of which
    nothing is left is forgotten. ``done`` is told where the runs are that it was taken back for or done again to;
    nothing the first time."""

    def __init__(
        self, deeds: Sequence[Deed], naming: Naming, done: Callable[[Sequence[Path]], None], failed: Tell
    ) -> None:
        super().__init__()
        self.deeds = list(deeds)
        self._naming, self._done, self._failed = naming, done, failed
        self._first = True

    def redo(self) -> None:
        self._carry_out(self.deeds, lambda deed: deed.there())

    def undo(self) -> None:
        self._carry_out(self.deeds[::-1], lambda deed: deed.back())

    def _carry_out(self, deeds: Sequence[Deed], step: Callable[[Deed], None]) -> None:
        for deed in tuple(deeds):
            try:
                step(deed)
            except (RunFolderError, OSError) as error:
                self.deeds.remove(deed)
                self._failed(str(error))
        self.setObsolete(not self.deeds)
        if self.deeds:
            self.setText(self._naming([deed.line.name for deed in self.deeds]))
        again, self._first = [] if self._first else [deed.folder for deed in self.deeds], False
        self._done(again)


def importing(path: Path, into: Path) -> Generator[Event, None, Path]:
    """Take the exported run at ``path`` up in the folder ``into``, under a name of its own; returns where it stands."""
    yield Progress("Taking up the run", 0, 0)
    name = path.stem if path.is_file() else path.name
    return import_run(path, into, unused_path(into, name).name).path


def exporting(
    source: Path, target: Path, *, checkpoints: bool = True, folder: bool = False
) -> Generator[Event, None, Path]:
    """Write the run in ``source`` to the one file ``target``, or to a ``folder`` there that is not there yet."""
    yield Progress("Exporting the run", 0, 0)
    run = RunFolder.open(source)
    if folder:
        return export_run(run, target, checkpoints=checkpoints)
    beside = target.with_name(f".{target.stem}.new.zip")
    beside.unlink(missing_ok=True)
    # The dialog has asked whether what stands there may go; it goes when the new one is whole.
    move(export_run(run, beside, checkpoints=checkpoints), target)
    return target


def exporting_all(runs: Sequence[tuple[Path, str]], into: Path) -> Generator[Event, None, list[Path]]:
    """Write each of the ``runs``, pairs of folder and name, to a file of its own in the folder ``into``."""
    made = []
    for source, name in runs:
        made.append((yield from exporting(source, unused_path(into, file_stem(name), ".zip"))))
    return made
