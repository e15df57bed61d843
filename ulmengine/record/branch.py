"""A new run that begins where another one once stood."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from ulmengine.config import RunConfig
from ulmengine.disk import whole_folder

from .changes import check_branched, check_stages, keep_old
from .checkpoints import CheckpointFolder, CheckpointInfo
from .folder import BRANCH, START, RunFolder, RunFolderError, making
from .records import write_record


def branch(source: RunFolder, checkpoint: str, target: Path, config: RunConfig | None = None) -> RunFolder:
    """Make a run at ``target`` that goes on from a checkpoint of ``source``, which stays as it is.

    Resumed without other settings it ends with the same bits as ``source`` would have. ``branch.json`` tells where it
    came from.

    :param config: its own settings; absent: those of ``source``.
    :raises RunFolderError: the checkpoint is missing or damaged, something stands at ``target``, a setting cannot
        differ, or the disk cannot take it.
    """
    if checkpoint == START:
        raise RunFolderError("at its beginning a run has nothing to branch off; start a new run with its config.toml")
    checkpoints = CheckpointFolder(source.checkpoints)
    if not checkpoints.verify(checkpoint):
        raise RunFolderError(f"the checkpoint {checkpoint} is missing or damaged; branch off another one")
    info = checkpoints.info(checkpoint)
    before = source.config()
    changed = check_branched(before, config or before)
    check_stages(before, config or before, info.stage)
    with making(target), whole_folder(target) as place:
        beside = RunFolder(place)
        beside.begin(config or before)
        _copy(source, beside, info, checkpoints)
        if changed:
            keep_old(beside, before)
        write_record(beside.path / BRANCH, {
            "folder": str(source.path.resolve()), "name": before.name, "checkpoint": checkpoint, "total": info.total,
            "changed": changed, "at": time.time(),
        })
    folder = RunFolder(target)
    told = "; ".join(f"{name} {what}" for name, what in changed.items())
    folder.append_text(f"branched off {before.name} ({source.path}) at step {info.total:,}{': ' if told else ''}{told}")
    return folder


def _copy(source: RunFolder, beside: RunFolder, info: CheckpointInfo, checkpoints: CheckpointFolder) -> None:
    """The log up to the checkpoint, the checkpoint, and the ends of earlier stages, whose networks it needs."""
    for pattern in ("corpus.json", "corpus.txt", "tokenizer.json", "environment.json", "config-*.toml"):
        for path in source.path.glob(pattern):
            shutil.copyfile(path, beside.path / path.name)
    with source.log_path.open("rb") as log, beside.log_path.open("wb") as copy:
        copy.write(log.read(int(info.extra["log"])))
    wanted = [
        other for other in checkpoints.all()
        if other.name == info.name or (other.finished and other.stage < info.stage and other.sequence < info.sequence)
    ]
    for name in {entry["file"] for other in wanted for entry in other.files.values()}:
        if (source.checkpoints / name).is_file():  # what is lost of an earlier stage may not be needed
            shutil.copyfile(source.checkpoints / name, beside.checkpoints / name)
    for other in wanted:  # the records last: without its record a checkpoint does not exist
        shutil.copyfile(source.checkpoints / f"{other.name}.json", beside.checkpoints / f"{other.name}.json")
