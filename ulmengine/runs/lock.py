"""Who is working on a run: a file with the process' number and start time, so that a dead owner is recognised."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from types import TracebackType

import psutil


class RunBusyError(RuntimeError):
    """Another live process is working on this run."""


class RunLock:
    """Held while a process works on a run. Use as a context manager.

    :raises RunBusyError: on entering, when a live process holds it, or one of another machine.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> RunLock:
        owner = owner_of(self.path)
        if owner is not None:
            host = json.loads(self.path.read_text(encoding="utf-8"))["host"]
            here = host == socket.gethostname()
            raise RunBusyError(
                f"the run in {self.path.parent} is being worked on by process {owner} of "
                f"{'this machine' if here else f'the machine {host}'}; stop it there first, or wait until it is done"
                + ("" if here else f" (if nobody works on it there any more, remove {self.path})")
            )
        mine = {"pid": os.getpid(), "started": psutil.Process().create_time(), "host": socket.gethostname()}
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        beside.write_text(json.dumps(mine), encoding="utf-8")
        beside.replace(self.path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.path.unlink(missing_ok=True)


def owner_of(path: Path) -> int | None:
    """The number of the live process that holds the lock at ``path``, None if nobody does.

    A lock of another machine counts as held: from here nothing can be said of its process.
    """
    try:
        lock = json.loads(path.read_text(encoding="utf-8"))
        pid, started, host = int(lock["pid"]), float(lock["started"]), str(lock["host"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if host != socket.gethostname():
        return pid
    try:
        alive = abs(psutil.Process(pid).create_time() - started) < 1.0
    except psutil.Error:
        return None
    return pid if alive else None
