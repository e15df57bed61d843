"""Who is working on a run: a file with the process' number, locked by the system for as long as the process lives.

From another machine such a lock cannot be relied on. So its owner also touches the file twice a minute, and one that
has been silent for minutes is taken for dead: a node that went down must not keep its run for ever.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import psutil

from ulmengine.disk import no_link, read_json, whole

if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading what is locked, so a byte far behind the text is taken.
    _PLACE = 1 << 30

    def _lock(file: BinaryIO, *, alone: bool) -> None:
        del alone
        file.seek(_PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    def _unlock(file: BinaryIO) -> None:
        file.seek(_PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(file: BinaryIO, *, alone: bool) -> None:
        fcntl.flock(file.fileno(), (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)

    def _unlock(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)

FORMAT = 1
PAUSED = "paused"
BEAT_S = 30.0
SILENT_S = 300.0
"""Seconds without a sign after which a process of another machine counts as dead."""
_TRIES, _WAIT_S = 10, 0.03
_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


class RunBusyError(RuntimeError):
    """Another live process is working on this run."""


class RunLock:
    """Held while a process works on a run. Use as a context manager.

    :param take_over: do not ask whether a process of another machine still works on it.
    :raises RunBusyError: on entering, when another process holds it.
    """

    def __init__(self, path: Path, *, take_over: bool = False) -> None:
        self.path = path
        self._take_over = take_over
        self._token = uuid4().hex
        self._file: BinaryIO | None = None
        self._over = threading.Event()
        self._beat: threading.Thread | None = None
        self._lost = False

    def __enter__(self) -> RunLock:
        for _ in range(_TRIES):
            self._refuse_if_held()
            if self._take():
                break
            time.sleep(_WAIT_S)  # somebody is looking at it, or has just given it back
        else:
            self._refuse_if_held()
            raise RunBusyError(f"the run in {self.path.parent} is being taken up by another process just now")
        self._over.clear()
        self._lost = False
        self._beat = threading.Thread(target=self._keep_touching, name="run lock", daemon=True)
        self._beat.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._beat is not None:
            self._beat.join()
        if os.name == "nt" and self._file is not None:
            self._file.close()  # an open file cannot be removed there
        lock = _read(self.path)
        if lock is not None and lock.get("token") == self._token:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
        if self._file is not None:
            self._file.close()
            self._file = None

    def check(self) -> None:
        """Raise :class:`RunBusyError` if another machine has taken the run over, because this one was silent."""
        if self._lost:
            raise RunBusyError(
                f"another process has taken over the run in {self.path.parent}, because nothing was heard of this one "
                "for minutes; this one stops without touching it"
            )

    def _take(self) -> bool:
        """Open the file, lock it, and write into it whose it is; False if somebody else was quicker."""
        file = open(self.path, "a+b", opener=no_link)  # noqa: SIM115 - closed when it is given back
        try:
            # Its last owner may have removed it between the two: then it is another file that stands there now.
            if _locked(file, alone=True) is not False and _is_same(file, self.path):
                mine = {
                    "format": FORMAT, "pid": os.getpid(), "started": psutil.Process().create_time(),
                    "host": socket.gethostname(), "token": self._token,
                }
                file.truncate(0)
                file.write(json.dumps(mine).encode())
                file.flush()
                self._file = file
        finally:
            if self._file is None:
                file.close()
        return self._file is not None

    def _refuse_if_held(self) -> None:
        owner, lock = owner_of(self.path), _read(self.path)
        if owner is None or lock is None:
            return
        host = str(lock.get("host"))
        here = host == socket.gethostname()
        if not here and (self._take_over or _silence(self.path, _now_there(self.path)) > SILENT_S):
            return
        raise RunBusyError(
            f"the run in {self.path.parent} is being worked on by process {owner} of "
            f"{'this machine' if here else f'the machine {host}'}; stop it there first, or wait until it is done"
            + ("" if here else f" (if nobody works on it there any more, add --take-over, or remove {self.path})")
        )

    def _keep_touching(self) -> None:
        while not self._over.wait(BEAT_S):
            lock = _read(self.path)
            self._lost = self._lost or (lock is not None and lock.get("token") != self._token)
            if not self._lost:
                with suppress(OSError):
                    os.utime(self.path)


def owner_of(path: Path) -> int | None:
    """The number of the live process that holds the lock at ``path``, None if nobody does.

    Of another machine's process nothing can be said from here but when it was last heard of.
    """
    lock = _read(path)
    if lock is None:
        return None
    try:
        pid, started, host = int(lock["pid"]), float(lock["started"]), str(lock["host"])
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    if not 0 < pid < 1 << 31:
        return None
    if host != socket.gethostname():
        return pid if _silence(path, time.time()) <= SILENT_S else None
    free = _is_free(path) if "format" in lock else None
    if free is None:
        return pid if _is_alive(pid, started) else None
    return None if free else pid


def say_paused(path: Path, paused: bool) -> None:
    """Say that the process which holds the lock at ``path`` pauses, or that it goes on: in a file beside the lock, with
    the token of the lock, so that it is said of that process alone. Where it cannot be written it is not said."""
    lock = _read(path) if paused else None
    with suppress(OSError):
        if lock is not None:
            with whole(path.with_name(PAUSED)) as beside:
                beside.write_text(str(lock.get("token")), encoding="utf-8")
        elif not paused:
            path.with_name(PAUSED).unlink(missing_ok=True)


def is_paused(path: Path) -> bool:
    """Whether the process which holds the lock at ``path`` has said that it pauses."""
    lock = _read(path)
    try:
        return lock is not None and path.with_name(PAUSED).read_text(encoding="utf-8") == lock.get("token")
    except (OSError, ValueError):
        return False


def _locked(file: BinaryIO, *, alone: bool) -> bool | None:
    """Lock ``file`` for this opening of it, or see that nobody has it ``alone``, until the process ends, however that
    ends. False: another one holds it, None: this file system has no locks."""
    try:
        _lock(file, alone=alone)
    except OSError as error:
        return False if error.errno in _HELD else None
    return True


def _is_free(path: Path) -> bool | None:
    """Whether nobody holds the lock at ``path``; None: this file system has no locks."""
    try:
        with path.open("rb") as file:
            free = _locked(file, alone=False)
            if free:
                with suppress(OSError):
                    _unlock(file)
            return free
    except FileNotFoundError:
        return True
    except OSError:
        return None


def _is_alive(pid: int, started: float) -> bool:
    """By its start time too, for numbers are given again."""
    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - started) < 1.0)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # another person's process: it is there
        return True


def _is_same(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _read(path: Path) -> dict[str, Any] | None:
    try:
        values = read_json(path)
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def _silence(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except OSError:
        return 0.0


def _now_there(path: Path) -> float:
    """The time by the clock of the file server, which is the one that the owner's touches are dated by."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".now-") as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return time.time()
