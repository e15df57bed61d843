"""Deleting a project: what is the project's is set aside, can be put back, and goes for good at the next start."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand

from studio.elsewhere import LOCK
from studio.project import FILE
from studio.shell import Shell
from ulmengine.disk import move, unused_path
from ulmengine.events import Event, Progress
from ulmengine.record.relabelled import JOURNAL

PARTS = (FILE, JOURNAL, "cache", "runs", LOCK)
"""What belongs to a project in its folder. Anything else there is the person's own and is never touched."""
_MARK = ".deleted"


def set_aside(folder: Path) -> Path:
    """Move the project out of ``folder`` into a hidden folder beside it; gives that one.

    :raises OSError: it cannot be moved; then all of it stands where it stood.
    """
    aside = unused_path(folder.parent, f".{folder.name}{_MARK}")
    aside.mkdir()
    try:
        _move(folder, aside)
    except OSError:
        _move(aside, folder)
        aside.rmdir()
        raise
    with suppress(OSError):  # something of the person's own lies in it
        folder.rmdir()
    return aside


def put_back(folder: Path, aside: Path) -> Path:
    """Undo :func:`set_aside`; gives the folder: another one beside ``folder`` where a new project stands there now.

    :raises OSError: it cannot be moved back.
    """
    if (folder / FILE).exists():
        folder = unused_path(folder.parent, folder.name)
    folder.mkdir(parents=True, exist_ok=True)
    _move(aside, folder)
    aside.rmdir()
    return folder


def purge(folders: Iterable[str]) -> Generator[Event, None, None]:
    """Delete what was set aside, for good."""
    for path in map(Path, folders):
        yield Progress("Deleting", 0, 0)
        if path.name.startswith(".") and _MARK in path.name:
            shutil.rmtree(path, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    for name in PARTS:
        if (source / name).exists():
            move(source / name, target / name)


@dataclass
class DeletedProject:
    """A project that was deleted since the program was started, and where it waits; ``aside`` is None once it is back.
    ``step``: of undo, by which it was deleted."""

    folder: Path
    name: str
    aside: Path | None = None
    step: QUndoCommand | None = None

    @property
    def waits(self) -> bool:
        """Whether it can be put back."""
        return self.aside is not None and self.aside.is_dir()


class Deletions(QObject):
    """The projects deleted since the program was started: each one a step that can be undone where no project is open
    or Home is in view, and each can be put back by its name."""

    changed = Signal()

    def __init__(self, shell: Shell, parent: QObject) -> None:
        super().__init__(parent)
        self.shell = shell
        self._gone: list[DeletedProject] = []
        shell.undo.indexChanged.connect(self._drop_obsolete)

    @property
    def waiting(self) -> list[DeletedProject]:
        """Those that can be put back, the last deleted first."""
        return [one for one in reversed(self._gone) if one.waits]

    def delete(self, folder: Path, name: str) -> DeletedProject | None:
        """Set the project aside; None (and a toast) if that cannot be done."""
        gone = DeletedProject(folder, name)
        self._gone.append(gone)
        gone.step = _Deletion(self, gone)
        self.shell.undo.push(gone.step)
        return gone if gone.waits else None

    def put_back(self, gone: DeletedProject) -> None:
        """Put it back, in whichever order they were deleted; nothing is done where it is back already."""
        stack, step = self.shell.undo, gone.step
        if step is not None and stack.canUndo() and stack.command(stack.index() - 1) is step:
            stack.undo()
        elif self._return(gone) and step is not None:
            step.setObsolete(True)  # other steps stay, also those of other kinds
            stack.indexChanged.emit(stack.index())  # what was offered of it is of no use any more

    @Slot()
    def _drop_obsolete(self) -> None:
        """No Ctrl+Z is lost on what is back already."""
        stack = self.shell.undo
        while stack.canUndo() and stack.command(stack.index() - 1).isObsolete():
            stack.undo()

    def _remove(self, gone: DeletedProject) -> bool:
        shell = self.shell
        is_here = shell.project is not None and shell.project.folder == gone.folder
        if is_here and shell.busy:
            shell.toast_busy(self.tr("Training is under way. Stop it before you delete the project."))
            return False
        if shell.open_here.is_elsewhere(gone.folder):  # which writes on, whether this may too or not
            shell.toast(self.tr("{name} is open in another window. Close it there before you delete it.").format(
                name=gone.name), "warning")
            return False
        if is_here:
            shell.close_project()
        try:
            gone.aside = set_aside(gone.folder)
        except OSError as error:
            shell.toast_error(self.tr("{folder} could not be deleted: {why}").format(
                folder=gone.folder, why=error.strerror or str(error)))
            return False
        shell.settings.remember_deleted(gone.aside)
        shell.settings.forget_project(gone.folder)
        self.changed.emit()
        return True

    def _return(self, gone: DeletedProject) -> bool:
        if gone.aside is None:
            return False
        settings = self.shell.settings
        try:
            gone.folder = put_back(gone.folder, gone.aside)
        except OSError as error:
            self.shell.toast_error(self.tr("{folder} could not be put back: {why}").format(
                folder=gone.folder, why=error.strerror or str(error)))
            return False
        settings.change(deleted=tuple(path for path in settings.values.deleted if path != str(gone.aside)))
        gone.aside = None
        settings.remember_project(gone.folder)
        self.changed.emit()
        return True


class _Deletion(QUndoCommand):
    """A project is deleted; one that is deleted already stays so."""

    def __init__(self, book: Deletions, gone: DeletedProject) -> None:
        super().__init__(book.tr("Delete {name}").format(name=gone.name))
        self._book, self._gone = book, gone

    def redo(self) -> None:
        self.setObsolete(not self._gone.waits and not self._book._remove(self._gone))

    def undo(self) -> None:
        self.setObsolete(not self._book._return(self._gone))
