"""The checkpoints of a run as their records tell them: listed, verified, given up; nothing here reads a tensor."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from ulmengine.disk import move, read_json, sha256
from ulmengine.events import Checkpointed

FORMAT = 1
LARGEST_FILE = 64 << 30
"""Bytes; several times a model's largest weights, since the optimizer's numbers stand beside them."""
MOST = 1 << 60
"""Of whatever a record counts: no file is that long."""
GIVEN_UP = "-given-up"
"""At the end of the name of a folder of checkpoints that is about to be removed."""


class CheckpointError(RuntimeError):
    """A checkpoint is missing, damaged or of a newer format; the message says which and what to try."""

    cause = "checkpoint"


@dataclass(frozen=True)
class CheckpointInfo:
    """A checkpoint as its record tells it.

    :ivar reason: "epoch", "stage", "time" or "stop". :ivar finished: its stage was over.
    :ivar extra: what the run added to it, the length of its event log for example.
    """

    name: str
    sequence: int
    reason: str
    stage: int
    epoch: int
    total: int
    best: bool
    finished: bool
    bytes: int
    metrics: dict[str, float]
    extra: dict[str, Any]
    files: dict[str, dict[str, Any]]
    saved_at: float


_KINDS = {name: get_origin(kind) or kind for name, kind in get_type_hints(CheckpointInfo).items() if name != "bytes"}
_KINDS |= {"saved_at": (int, float), "values": dict}
"""What a record holds, and of which kinds."""


class CheckpointFolder:
    """The checkpoints of a run in ``folder``.

    Each is a JSON record that names its safetensors files with their SHA-256. The record is renamed into place last,
    so a checkpoint without a record does not exist; a file that several share (the best weights so far, the weights
    a stage started from) is written once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[CheckpointInfo]:
        """Every checkpoint with a readable record, oldest first."""
        found = []
        for path in self.folder.glob("*.json"):
            try:
                found.append(self.info(path.stem))
            except CheckpointError:
                continue
        return sorted(found, key=lambda info: info.sequence)

    def latest(self) -> CheckpointInfo | None:
        """The newest checkpoint that is whole; damaged ones are passed over."""
        return next((info for info in reversed(self.all()) if self.verify(info.name)), None)

    def damaged_after(self, name: str) -> str:
        """Which newer checkpoint than ``name`` cannot be gone on from, the newest if there are several; "" if none."""
        newest = max((path.stem for path in self.folder.glob("*.json")), key=_number, default="")
        if _number(newest) <= _number(name):
            return ""
        try:
            return f"{newest}, step {self.info(newest).total:,}"
        except CheckpointError:
            return newest

    def why_unusable(self) -> str:
        """Why nothing here can be gone on from although there are checkpoints; empty where there are none.

        Weights without a record never were a checkpoint: the process died while it wrote its first one.
        """
        if self.folder.exists() and not self.folder.is_dir():
            return f"{self.folder}, where its checkpoints belong, is a file"
        names = sorted((path.stem for path in self.folder.glob("*.json")), reverse=True)
        for name in names:
            try:
                self.info(name)
            except CheckpointError as error:
                return str(error)
        return f"every checkpoint in {self.folder} is damaged" if names else ""

    def end_of(self, stage: int) -> CheckpointInfo | None:
        """The newest whole checkpoint of the end of ``stage``: where to go back to, to repeat the stage after it."""
        ends = (info for info in reversed(self.all()) if info.finished and info.stage == stage)
        return next((info for info in ends if self.verify(info.name)), None)

    def info(self, name: str) -> CheckpointInfo:
        """The record of the checkpoint called ``name``.

        :raises CheckpointError: there is none, or it cannot be read.
        """
        return info_of(read_checkpoint_record(self.folder / f"{name}.json"), name)

    def verify(self, name: str) -> bool:
        """Whether the checkpoint called ``name`` is whole: every file there, with the recorded checksum."""
        try:
            files = self.info(name).files
        except CheckpointError:
            return False
        return all(self.is_whole(entry) for entry in files.values())

    def prune(self, keep: int) -> None:
        """Remove all but the latest ``keep``, the newest best of every stage and each stage's end."""
        every = self.all()
        kept = {info.name for info in every[-keep:]} | {info.name for info in every if info.finished}
        kept |= {info.name for info in {info.stage: info for info in every if info.best}.values()}
        self._remove([info for info in every if info.name not in kept])

    def drop_after(self, name: str) -> None:
        """Give up everything newer than the checkpoint called ``name``, to go on from it.

        :raises CheckpointError: there is no such checkpoint.
        """
        sequence = self.info(name).sequence
        self._remove([info for info in self.all() if info.sequence > sequence])

    def drop_all(self) -> None:
        """Give up every checkpoint at once: should the process die meanwhile, they are all there or none is.

        Where another program has a file open (Windows) they go one after another, the newest first.
        """
        aside = self.folder.with_name(f"{self.folder.name}{GIVEN_UP}")
        shutil.rmtree(aside, ignore_errors=True)  # of a process that died before it was done
        if not self.folder.exists():
            return
        try:
            move(self.folder, aside)
        except OSError:
            self._remove(self.all()[::-1])
        for place in (self.folder, aside):
            shutil.rmtree(place, ignore_errors=True)

    def _remove(self, unwanted: list[CheckpointInfo]) -> None:
        """Remove these checkpoints, then every file that no other one needs."""
        for info in unwanted:
            _unlink(self.folder / f"{info.name}.json")
        left = self.all()
        needed = {entry["file"] for info in left for entry in info.files.values()}
        if {path.stem for path in self.folder.glob("*.json")} - {info.name for info in left}:
            return  # a record that cannot be read may need any of the files
        # ".tmp*" is what the safetensors library leaves of a file in whose writing the process died.
        for path in (file for form in ("*.safetensors", "*.part", ".tmp*") for file in self.folder.glob(form)):
            if path.name not in needed:
                _unlink(path)

    def has_size(self, entry: dict[str, Any]) -> bool:
        try:
            there = (self.folder / entry["file"]).stat()
            return stat.S_ISREG(there.st_mode) and bool(there.st_size == entry["bytes"])  # a device never ends
        except OSError:
            return False

    def is_whole(self, entry: dict[str, Any]) -> bool:
        """Whether the file of ``entry`` is there, with the recorded size and checksum."""
        path = self.folder / entry["file"]
        try:
            return self.has_size(entry) and sha256(path) == str(entry["sha256"])
        except OSError:
            return False


def saved_event(info: CheckpointInfo, seconds: float) -> Checkpointed:
    """What a run says once ``info`` is safely on disk."""
    reason = "best" if info.best and info.reason == "epoch" else info.reason
    return Checkpointed(info.name, reason, info.total, info.bytes, seconds)


def read_checkpoint_record(path: Path) -> dict[str, Any]:
    try:
        whole = read_json(path)
        record, checksum = whole["record"], whole["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"there is no readable checkpoint {path.stem} in {path.parent}") from error
    body = json.dumps(record, separators=(",", ":"))
    if hashlib.sha256(body.encode()).hexdigest() != checksum:
        raise CheckpointError(f"the record {path} has been changed; go on from another checkpoint")
    if not isinstance(record, dict) or not isinstance(record.get("format"), int):
        raise CheckpointError(f"there is no readable checkpoint {path.stem} in {path.parent}")
    if record["format"] > FORMAT:
        raise CheckpointError(f"{path} was written by a newer version of the program; update it to go on")
    return record


def info_of(record: dict[str, Any], name: str) -> CheckpointInfo:
    """What ``record``, which may come from anywhere, tells of the checkpoint called ``name``.

    :raises CheckpointError: something is missing, is not of its kind, or names a file elsewhere.
    """
    wrong = [field for field, kinds in _KINDS.items() if not isinstance(record.get(field), kinds)]
    if not wrong and (record["name"] != name or not _is_plain(name)):
        wrong = ["name"]
    counts = ("sequence", "stage", "epoch", "total")
    if not wrong:
        wrong = [field for field in counts if not 0 <= record[field] < MOST]
        wrong += ["metrics"] * any(not isinstance(value, (int, float)) for value in record["metrics"].values())
        wrong += [field for field, value in record["extra"].items()
                  if field in ("log", "changes") and not (isinstance(value, int) and 0 <= value < MOST)]
        wrong += ["seconds"] * (not isinstance(record["extra"].get("seconds", 0.0), (int, float)))
    if not wrong and not ("state" in record["files"] and all(map(_is_file_entry, record["files"].values()))):
        wrong = ["files"]
    if wrong:
        raise CheckpointError(f"the record of the checkpoint {name!r} lacks something this version needs, or has it "
                              f"in another form ({', '.join(wrong)})")
    own = {field: record[field] for field in _KINDS if field != "values"}
    return CheckpointInfo(**own, bytes=sum(entry["bytes"] for entry in record["files"].values()))


def _is_file_entry(entry: Any) -> bool:
    return (isinstance(entry, dict) and isinstance(entry.get("file"), str) and _is_plain(entry["file"])
            and isinstance(entry.get("sha256"), str) and isinstance(entry.get("bytes"), int)
            and 0 <= entry["bytes"] <= LARGEST_FILE)


def _is_plain(name: str) -> bool:
    """Whether ``name`` is that of something in a folder, and leads nowhere else."""
    return name not in ("", ".", "..") and not set(name) & set("/\\:\0")


def _number(name: str) -> str:
    """The digits that checkpoints are counted by, which their names begin with."""
    return name.partition("-")[0]


def _unlink(path: Path) -> None:
    """Remove ``path``; one that another program holds (Windows) is left for the next time: it costs room, not a run."""
    with suppress(PermissionError):
        path.unlink(missing_ok=True)
