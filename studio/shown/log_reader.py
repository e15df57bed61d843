"""A run that was made before, or is being made elsewhere, read from its event log."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from studio.plots.history import RunHistory
from ulmengine.events import Event, Progress, outcome
from ulmengine.record import RunFolder
from ulmengine.record.checkpoints import CheckpointFolder, CheckpointInfo
from ulmengine.record.log import LogFollower

from .following import is_owned

AT_ONCE_BYTES = 400_000
"""A log up to this size is read while the page opens; a larger one in the background."""

_PIECE = 20_000


@dataclass(frozen=True)
class Loaded:
    """What a run has said so far; ``follower`` reads what a live owner will say next, None where there is none."""

    history: RunHistory
    follower: LogFollower | None = None


def is_short(folder: RunFolder) -> bool:
    """Whether the log of ``folder`` is read in no time."""
    return not folder.log_path.exists() or folder.log_path.stat().st_size <= AT_ONCE_BYTES


def read(folder: RunFolder, *, own: bool = False) -> Loaded:
    """All that the run in ``folder`` has said so far, ready to be followed unless it is this program's ``own``."""
    return outcome(reading(folder, own=own))


def reading(folder: RunFolder, *, own: bool = False) -> Generator[Event, None, Loaded]:
    """:func:`read` piece by piece."""
    history = RunHistory()
    follower = None if own or not is_owned(folder) else LogFollower(folder.log_path)
    events: Iterator[Event] = folder.events() if follower is None else iter(follower.poll())
    done = 0
    while piece := list(islice(events, _PIECE)):
        history.extend(piece)
        done += len(piece)
        yield Progress("Reading the run", done, 0, "events")
    return Loaded(history, follower)


def checkpoints_of(folder: Path) -> list[CheckpointInfo]:
    """The checkpoints of the run in ``folder`` whose files are all there in their full length, oldest first.

    Their checksums are looked at by the engine, before it gives anything up for one of them.
    """
    place = folder / "checkpoints"
    if not place.is_dir():
        return []
    every = CheckpointFolder(place).all()
    return [info for info in every if all(_is_there(place, entry) for entry in info.files.values())]


def saved_stage(folder: RunFolder | None) -> int | None:
    """Number of the stage in which the run in ``folder`` was saved last; None where it never was."""
    infos = [] if folder is None else checkpoints_of(folder.path)
    return infos[-1].stage if infos else None


def _is_there(place: Path, entry: dict[str, object]) -> bool:
    path = place / str(entry["file"])
    return path.is_file() and path.stat().st_size == entry["bytes"]
