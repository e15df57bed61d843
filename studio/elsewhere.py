"""Other windows, and other programs, that are at work on the same project."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QCoreApplication, QLockFile, QObject, QTimer, Signal, Slot

from ulmengine.record import RunFolder, owner_of, run_name

from .ask import Ask, Choice
from .project import Project

_tr = QCoreApplication.translate

LOCK = ".open.lock"
AGAIN_MS = 2_000
"""How often a window that only reads asks whether the one that has the say is there still."""


class OpenHere(QObject):
    """Says to other windows which project is open in this one, where it has the say; where another window has it, the
    project is only read here. The system takes it for said no more when the process has ended, however that was."""

    gained = Signal(bool)
    """The project can be changed here now: the window that had the say is gone, or (True) its folder can be written."""
    begun = Signal(object)
    """The window that has the say, or another program, has begun these runs of the project: a list of them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project: Project | None = None
        self._lock: QLockFile | None = None
        self._trained: list[RunFolder] = []
        self._again = QTimer(self, interval=AGAIN_MS)
        self._again.timeout.connect(self.look)

    def take(self, project: Project) -> None:
        """``project`` is open here now, in place of another one; only to be read while another window has the say."""
        self.give_back()
        self._project, self._lock = project, _lock_of(project.folder)
        locked = not can_write(project.folder)
        project.set_read_only(locked or _is_held_elsewhere(self._lock), folder=locked)
        if project.read_only:
            self._trained = trained_elsewhere(project.runs)
            self._again.start()

    @Slot()
    def look(self) -> None:
        """Take the say if the window that had it is gone, or the folder can be written now; otherwise see what it has
        begun."""
        project = self._project
        if not self._again.isActive() or self._lock is None or project is None:
            return
        folder = project.folder_read_only
        if folder and not can_write(project.folder):
            return
        if not self._lock.tryLock(0):
            project.set_read_only(project.read_only)
            before, self._trained = self._trained, trained_elsewhere(project.runs)
            if begun := [run for run in self._trained if run not in before]:
                self.begun.emit(begun)
            return
        self._again.stop()
        if project.read_only:
            project.set_read_only(False)
            self.gained.emit(folder)

    def is_elsewhere(self, folder: Path) -> bool:
        """Whether another window has the say over the project in ``folder``, be it open in this one too or not."""
        if self._project is None or self._project.folder != folder:
            return _is_held_elsewhere(_lock_of(folder))  # one that was to be had is given back with the object
        self.look()
        return self._again.isActive()

    def give_back(self) -> None:
        """No project is open here any more."""
        self._again.stop()
        if self._lock is not None:
            self._lock.unlock()
        self._project = self._lock = None


def _lock_of(folder: Path) -> QLockFile:
    lock = QLockFile(str(folder / LOCK))
    lock.setStaleLockTime(0)  # however long it has been open there
    return lock


def _is_held_elsewhere(lock: QLockFile) -> bool:
    """Take ``lock``; whether that cannot be done because another one holds it. Of a folder that cannot be written
    nobody knows: what a window that was killed has left there cannot be taken away."""
    return not lock.tryLock(0) and lock.error() == QLockFile.LockError.LockFailedError and \
        can_write(Path(lock.fileName()).parent)


def can_write(folder: Path) -> bool:
    """Whether files can be made in ``folder``: not on a disk that is mounted to be read only, nor without the right. A
    full disk, or a folder that is gone, is told where it is come across."""
    probe = folder / f".{uuid4().hex}.part"
    try:  # once: on Windows tempfile tries without end where there is no right to
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        probe.unlink()
    except OSError as error:
        return error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM)
    return True


def trained_elsewhere(runs: Path) -> list[RunFolder]:
    """Those of the project's ``runs`` that another process works on."""
    locks = sorted(runs.glob("*/lock.json"))
    return [RunFolder(path.parent) for path in locks if owner_of(path) not in (None, os.getpid())]


def may_train_beside(ask: Ask, runs: Path, own: Path | None = None) -> bool:
    """Whether to begin a run although another window or program trains one of the project's ``runs``: the person is
    asked.

    :param own: the run that is to go on. Where it is that one, beginning itself says so.
    """
    others = [run for run in trained_elsewhere(runs) if run.path != own]
    if not others:
        return True
    told = _tr("Elsewhere", "Another window or program is training the run {name} of this project. Train beside it?")
    answer = ask.choose(
        _tr("Elsewhere", "Training is under way elsewhere"), told.format(name=run_name(others[0])),
        (Choice("beside", _tr("Elsewhere", "Train beside it")), Choice("cancel", _tr("Elsewhere", "Cancel"), "cancel")),
        _tr("Elsewhere", "Both share the processor and its memory, so each takes longer. Neither changes the other."))
    return answer == "beside"
