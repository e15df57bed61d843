"""A run copied out of its project and into another one, in the background."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from ulmengine.disk import file_stem, move, unused_path
from ulmengine.events import Event, Progress
from ulmengine.record import RunFolder, export_run, import_run


def importing(path: Path, into: Path) -> Generator[Event, None, Path]:
    """Take the exported run at ``path`` up in the folder ``into``, under a name of its own; returns where it stands."""
    yield Progress("Taking up the run", 0, 0)
    name = path.stem if path.is_file() else path.name
    return import_run(path, into, unused_path(into, name).name).path


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


def exporting_all(runs: Sequence[tuple[Path, str]], into: Path) -> Generator[Event, None, list[Path]]:
    """Write each of the ``runs``, pairs of folder and name, to a file of its own in the folder ``into``."""
    made = []
    for source, name in runs:
        made.append((yield from exporting(source, unused_path(into, file_stem(name), ".zip"))))
    return made
