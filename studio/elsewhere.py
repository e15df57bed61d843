"""Other windows, and other programs, that are at work on the same project."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QLockFile

from ulmengine.record import RunFolder, owner_of

LOCK = ".open.lock"


class OpenHere:
    """Says to other windows which project is open in this one. The system takes it for said no more when the process
    has ended, however that was."""

    def __init__(self) -> None:
        self._lock: QLockFile | None = None

    def take(self, folder: Path) -> bool:
        """The project in ``folder`` is open here now, in place of another one; False: it is in another window too."""
        self.give_back()
        self._lock = QLockFile(str(folder / LOCK))
        self._lock.setStaleLockTime(0)  # however long it has been open there
        # Of a folder that cannot be written nobody knows.
        return self._lock.tryLock(0) or self._lock.error() != QLockFile.LockError.LockFailedError

    def give_back(self) -> None:
        """No project is open here any more."""
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None


def trained_elsewhere(runs: Path) -> list[RunFolder]:
    """Those of the project's ``runs`` that another process works on."""
    locks = sorted(runs.glob("*/lock.json"))
    return [RunFolder(path.parent) for path in locks if owner_of(path) not in (None, os.getpid())]
