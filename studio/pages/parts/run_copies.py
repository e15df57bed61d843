"""A run copied out of its project and into another one, in the background."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from ulmengine.disk import move
from ulmengine.events import Event, Progress
from ulmengine.record import RunFolder, export_run, import_run


def importing(path: Path, into: Path) -> Generator[Event, None, Path]:
    """Take the exported run at ``path`` up in the folder ``into``; returns where it stands."""
    yield Progress("Taking up the run", 0, 0)
    return import_run(path, into).path


def exporting(
    source: Path, target: Path, *, checkpoints: bool = True, folder: bool = False
) -> Generator[Event, None, Path]:
    """Write the run in ``source`` to the one file ``target``, or to a ``folder`` there that is not there yet."""
    yield Progress("Exporting the run", 0, 0)
    run = RunFolder.open(source)
    if folder:
        return export_run(run, target, checkpoints=checkpoints)
    beside = target.with_name(f".{target.stem}.new.zip")
    beside.unlink(missing_ok=True)
    # The dialog has asked whether what stands there may go; it goes when the new one is whole.
    move(export_run(run, beside, checkpoints=checkpoints), target)
    return target
