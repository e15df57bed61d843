"""How much room things take on the disk, and room made again: generators of events, without any widget."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio.project import FILE
from ulmengine.config import ConfigError, load
from ulmengine.disk import move
from ulmengine.events import Event, Progress
from ulmengine.models import models_folder, shipped_models
from ulmengine.plan.control import RunState
from ulmengine.record import find_runs

COPIES = ("table-*", "tokens")
"""So are the things called that are prepared of a corpus. Whatever else lies in a project's cache stays there."""


@dataclass(frozen=True)
class ProjectRoom:
    """Bytes of a project: its ``runs`` with their checkpoints and models, and the ``copies`` that can be made again."""

    folder: Path
    name: str
    runs: int = 0
    copies: int = 0
    readable: bool = True
    """False: the folder is remembered and not there (its drive is unplugged, or it was moved), or it is forbidden to
    look into it; nothing was counted."""


@dataclass(frozen=True)
class Room:
    """What lies where. ``models`` and ``own``: the folder of the shipped models, and that of the person's own, with
    their bytes; None where there are none."""

    projects: tuple[ProjectRoom, ...]
    models: tuple[Path, int] | None
    own: tuple[Path, int] | None = None


@dataclass(frozen=True)
class Cleared:
    """Bytes that were set free, and those that are ``left`` because something holds on to them."""

    freed: int = 0
    left: int = 0
    running: bool = False
    """A run of the project is alive, perhaps in another program; nothing was touched."""


def measure(known: Iterable[Path], data: Path) -> Generator[Event, None, Room]:
    """The room taken by the projects ``known`` and by those below ``data``, the largest first, the unreadable last."""
    found, remembered = [], list(known)
    for folder in _folders(remembered, data):
        yield Progress("Counting", 0, 0)
        project = _project(folder, remembered=folder in remembered)
        if project is not None:
            found.append(project)
    models = shipped_models()
    shipped = (models[0].path.parent, sum(model.bytes for model in models)) if models else None
    mine = bytes_below(models_folder())
    return Room(tuple(sorted(found, key=lambda one: (not one.readable, -one.runs - one.copies))), shipped,
                (models_folder(), mine) if mine else None)


def clear_copies(project: Path) -> Generator[Event, None, Cleared]:
    """Remove what was prepared of the corpora of ``project``."""
    yield Progress("Clearing", 0, 0)
    if any(run.state() in (RunState.RUNNING, RunState.PAUSED) for run in find_runs(project / "runs")):
        return Cleared(running=True)
    freed = left = 0
    for path in _copies(project / "cache"):
        size = bytes_below(path)
        if _remove(path):
            freed += size
        else:
            left += size
        yield Progress("Clearing", freed, 0, "bytes")
    return Cleared(freed, left)


def bytes_below(folder: Path) -> int:
    """Bytes of all files below ``folder``; links are not followed, and what vanishes meanwhile is nothing."""
    total, waiting = 0, [str(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    with suppress(OSError):
                        total += entry.stat(follow_symlinks=False).st_size
    return total


def _folders(known: Iterable[Path], data: Path) -> list[Path]:
    """Where projects may lie, each once."""
    return list(dict.fromkeys([*known, *sorted((data / "projects").glob("*")), data / "sample"]))


def _project(folder: Path, *, remembered: bool) -> ProjectRoom | None:
    """What lies in ``folder``; None where that is no project, or is not there and was not ``remembered`` either."""
    try:
        if not (folder / FILE).is_file():
            gone = remembered and not folder.exists()
            return ProjectRoom(folder, folder.name, readable=False) if gone else None
        copies = sum(map(bytes_below, _copies(folder / "cache")))
        return ProjectRoom(folder, _name(folder), bytes_below(folder / "runs"), copies)
    except OSError:  # one project that cannot be read must not keep the others from being counted
        return ProjectRoom(folder, folder.name, readable=False)


def _name(folder: Path) -> str:
    try:
        return load(folder / FILE).name or folder.name
    except ConfigError:
        return folder.name


def _copies(cache: Path) -> list[Path]:
    found = [path for pattern in COPIES for path in sorted(cache.glob(pattern))]
    return [path for path in found if path.is_dir() and not path.is_symlink()]


def _remove(path: Path) -> bool:
    """Put ``path`` aside and remove it there, so that nobody finds half of it; False if something holds on to it."""
    aside = path.with_name(f"tmp-{uuid.uuid4().hex}")
    try:
        move(path, aside)
    except OSError:
        return False
    shutil.rmtree(aside, ignore_errors=True)  # what is left of it the next import sweeps away
    return True
