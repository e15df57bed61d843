"""Other windows, and other programs, that are at work on the same project."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLockFile, QObject, QTimer, Signal, Slot

from ulmengine.record import RunFolder, owner_of, run_name

from .ask import Ask, Choice

_tr = QCoreApplication.translate

LOCK = ".open.lock"
AGAIN_MS = 2_000
"""How often a window that only reads asks whether the one that has the say is there still."""


class OpenHere(QObject):
    """Says to other windows which project is open in this one, where it has the say. The system takes it for said no
    more when the process has ended, however that was."""

    gained = Signal()
    """The window that had the say is gone: this one has it now."""
    looked = Signal()
    """The window that has the say is there still."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock: QLockFile | None = None
        self._again = QTimer(self)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self.look)

    def take(self, folder: Path) -> bool:
        """The project in ``folder`` is open here now, in place of another one; False: another window has the say over
        it, until :attr:`gained`."""
        self.give_back()
        self._lock = _lock_of(folder)
        if _is_held_elsewhere(self._lock):
            self._again.start()
            return False
        return True

    @Slot()
    def look(self) -> None:
        """Take the say if the window that had it is gone."""
        if not self._again.isActive() or self._lock is None:
            return
        if self._lock.tryLock(0):
            self._again.stop()
            self.gained.emit()
        else:
            self.looked.emit()

    def is_shared(self) -> bool:
        """Whether another window has the say over the project that is open here."""
        self.look()
        return self._again.isActive()

    def give_back(self) -> None:
        """No project is open here any more."""
        self._again.stop()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None


def is_open_elsewhere(folder: Path) -> bool:
    """Whether another window has the say over the project in ``folder``, which is not open in this one."""
    return _is_held_elsewhere(_lock_of(folder))  # one that was to be had is given back with the object


def _lock_of(folder: Path) -> QLockFile:
    lock = QLockFile(str(folder / LOCK))
    lock.setStaleLockTime(0)  # however long it has been open there
    return lock


def _is_held_elsewhere(lock: QLockFile) -> bool:
    """Take ``lock``; whether that cannot be done because another one holds it. Of a folder that cannot be written
    nobody knows."""
    return not lock.tryLock(0) and lock.error() == QLockFile.LockError.LockFailedError


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
