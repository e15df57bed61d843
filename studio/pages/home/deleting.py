"""Deleting a project: what is the project's is set aside, can be put back, and goes for good at the next start."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterable
from contextlib import suppress
from pathlib import Path

from studio.project import FILE
from ulmengine.disk import move, unused_path
from ulmengine.events import Event, Progress

PARTS = (FILE, "cache", "runs")
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
        put_back(folder, aside)
        raise
    with suppress(OSError):  # something of the person's own lies in it
        folder.rmdir()
    return aside


def put_back(folder: Path, aside: Path) -> None:
    """Undo :func:`set_aside`.

    :raises OSError: it cannot be moved back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _move(aside, folder)
    aside.rmdir()


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
