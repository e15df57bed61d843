"""The operating system's own lock on an open file: it ends with the process, however that ends."""

from __future__ import annotations

import errno
import sys
from contextlib import suppress
from typing import BinaryIO

_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)

if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading what is locked, so a byte far behind the text is taken.
    _PLACE = 1 << 30

    def _take(file: BinaryIO, *, alone: bool) -> None:
        del alone
        file.seek(_PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    def _give(file: BinaryIO) -> None:
        file.seek(_PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _take(file: BinaryIO, *, alone: bool) -> None:
        fcntl.flock(file.fileno(), (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)

    def _give(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)


def take(file: BinaryIO) -> bool | None:
    """Lock ``file`` for this opening of it alone; False: another one holds it, None: this file system has no locks."""
    return _try(file, alone=True)


def is_free(file: BinaryIO) -> bool | None:
    """Whether nobody holds ``file``; None as in :func:`take`."""
    free = _try(file, alone=False)
    if free:
        with suppress(OSError):
            _give(file)
    return free


def _try(file: BinaryIO, *, alone: bool) -> bool | None:
    try:
        _take(file, alone=alone)
    except OSError as error:
        return False if error.errno in _HELD else None
    return True
