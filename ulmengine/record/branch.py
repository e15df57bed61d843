"""A new run that begins where another one once stood."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from ulmengine.config import RunConfig

from .changes import check_branched, check_stages, keep_old
from .checkpoints import CheckpointFolder, CheckpointInfo
from .folder import BRANCH, START, RunFolder, RunFolderError
from .records import write_record


def branch(source: RunFolder, checkpoint: str, target: Path, config: RunConfig | None = None) -> RunFolder:
    """Make a run at ``target`` that goes on from a checkpoint of ``source``, which stays as it is.

    Resumed without other settings it ends with the same bits as ``source`` would have. ``branch.json`` tells where it
    came from.

    :param config: its own settings; absent: those of ``source``.
    :raises RunFolderError: the checkpoint is missing or damaged, a run stands at ``target``, a setting cannot differ,
        or the disk cannot take it.
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
    folder = RunFolder.create(target, config or before)
    try:
        _copy(source, folder, info, checkpoints)
        if changed:
            keep_old(folder, before)
        write_record(folder.path / BRANCH, {
            "folder": str(source.path.resolve()), "name": before.name, "checkpoint": checkpoint, "total": info.total,
            "changed": changed, "at": time.time(),
        })
    except OSError as error:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise RunFolderError(f"{target} cannot be written: {error.strerror or error}") from error
    told = "; ".join(f"{name} {what}" for name, what in changed.items())
    folder.append_text(f"branched off {before.name} ({source.path}) at step {info.total:,}{': ' if told else ''}{told}")
    return folder


def _copy(source: RunFolder, folder: RunFolder, info: CheckpointInfo, checkpoints: CheckpointFolder) -> None:
    """The log up to the checkpoint, the checkpoint, and the ends of earlier stages, whose networks it needs."""
    for pattern in ("corpus.json", "corpus.txt", "tokenizer.json", "environment.json", "config-*.toml"):
        for path in source.path.glob(pattern):
            shutil.copyfile(path, folder.path / path.name)
    with source.log_path.open("rb") as log, folder.log_path.open("wb") as copy:
        copy.write(log.read(int(info.extra["log"])))
    wanted = [
        other for other in checkpoints.all()
        if other.name == info.name or (other.finished and other.stage < info.stage and other.sequence < info.sequence)
    ]
    for name in {entry["file"] for other in wanted for entry in other.files.values()}:
        if (source.checkpoints / name).is_file():  # what is lost of an earlier stage may not be needed
            shutil.copyfile(source.checkpoints / name, folder.checkpoints / name)
    for other in wanted:  # the records last: without its record a checkpoint does not exist
        shutil.copyfile(source.checkpoints / f"{other.name}.json", folder.checkpoints / f"{other.name}.json")
