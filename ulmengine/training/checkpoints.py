"""Snapshots of training on disk: safetensors beside a JSON record with checksums, complete or not there at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save_file
from torch import Tensor

from ulmengine.events import Checkpointed

from .context import Snapshot

FORMAT = 1
_DISK_FULL = ("code: 28", "os error 28", "os error 122", "code: 122", "No space left", "quota",
              "os error 112", "code: 112")  # the last two on Windows
GIVEN_UP = "-given-up"
"""At the end of the name of a folder of checkpoints that is about to be removed."""
HELD_S = 2.0
"""Seconds for which a file that another program looks at is tried again; Windows lets nobody rename such a file."""


class CheckpointError(RuntimeError):
    """A checkpoint is missing, damaged or of a newer format; the message says which and what to try."""


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


class Checkpoints:
    """The checkpoints of a run in ``folder``.

    Each is a JSON record that names its safetensors files with their SHA-256. The record is renamed into place last,
    so a checkpoint without a record does not exist; a file that several share (the best weights so far, the weights
    a stage started from) is written once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, snapshot: Snapshot, extra: dict[str, Any] | None = None) -> CheckpointInfo:
        """Write ``snapshot``; when this returns it is safely on disk.

        :raises OSError: it cannot be written (disk full, say); the earlier checkpoints are as they were.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        earlier = self.all()
        sequence = earlier[-1].sequence + 1 if earlier else 1
        name = f"{sequence:06d}-{snapshot.reason}"
        known = {entry["file"]: entry for info in earlier for entry in info.files.values()}
        written: list[Path] = []
        try:
            files = {"state": self._write(f"{name}.safetensors", snapshot.tensors, written)}
            for key, tensors in snapshot.shared.items():
                file = f"{key}.safetensors"
                entry = known.get(file)
                there = entry is not None and self._has_size(entry)
                files[key] = entry if entry is not None and there else self._write(file, tensors, written)
            record = self._record(snapshot, name, sequence, files, extra or {})
            self._write_json(self.folder / f"{name}.json", record)
        except BaseException:
            for path in written:
                path.unlink(missing_ok=True)
            raise
        return _info(record)

    def all(self) -> list[CheckpointInfo]:
        """Every checkpoint with a readable record, oldest first."""
        found = []
        for path in self.folder.glob("*.json"):
            try:
                found.append(_info(_read_json(path)))
            except CheckpointError:
                continue
        return sorted(found, key=lambda info: info.sequence)

    def latest(self) -> CheckpointInfo | None:
        """The newest checkpoint that is whole; damaged ones are passed over."""
        return next((info for info in reversed(self.all()) if self.verify(info.name)), None)

    def why_unusable(self) -> str:
        """Why nothing here can be gone on from although something is there; empty for a folder without checkpoints."""
        if not any(self.folder.glob("*.safetensors")) and not any(self.folder.glob("*.json")):
            return ""
        for path in sorted(self.folder.glob("*.json"), reverse=True):
            try:
                _info(_read_json(path))
            except CheckpointError as error:
                return str(error)
        return f"every checkpoint in {self.folder} is damaged"

    def best(self, stage: int | None = None) -> CheckpointInfo | None:
        """The newest whole checkpoint of a best epoch, of ``stage`` if given."""
        wanted = (info for info in reversed(self.all()) if info.best and stage in (None, info.stage))
        return next((info for info in wanted if self.verify(info.name)), None)

    def end_of(self, stage: int) -> CheckpointInfo | None:
        """The newest whole checkpoint of the end of ``stage``: where to go back to, to repeat the stage after it."""
        ends = (info for info in reversed(self.all()) if info.finished and info.stage == stage)
        return next((info for info in ends if self.verify(info.name)), None)

    def info(self, name: str) -> CheckpointInfo:
        """The record of the checkpoint called ``name``.

        :raises CheckpointError: there is none, or it cannot be read.
        """
        return _info(_read_json(self.folder / f"{name}.json"))

    def verify(self, name: str) -> bool:
        """Whether the checkpoint called ``name`` is whole: every file there, with the recorded checksum."""
        try:
            files = self.info(name).files
        except CheckpointError:
            return False
        return all(self._is_whole(entry) for entry in files.values())

    def load(self, name: str) -> Snapshot:
        """Read the checkpoint called ``name``.

        :raises CheckpointError: it is missing or damaged.
        """
        record = _read_json(self.folder / f"{name}.json")
        info = _info(record)
        tensors: dict[str, dict[str, Tensor]] = {}
        for key, entry in info.files.items():
            if not self._is_whole(entry):
                raise CheckpointError(
                    f"the checkpoint {name} in {self.folder} is damaged ({entry['file']} is missing or has changed); "
                    "go on from an earlier one"
                )
            # Read, not mapped: a mapped file could not be removed on Windows while the run goes on. Cloned, because
            # the products' last bits depend on how the memory is aligned, and a clone is aligned as in training.
            content = load_tensors((self.folder / entry["file"]).read_bytes())
            tensors[key] = {tensor: value.clone() for tensor, value in content.items()}
        return Snapshot(
            info.reason, info.stage, info.total, info.best, info.finished, tensors.pop("state"), tensors,
            record["values"],
        )

    def prune(self, keep: int) -> list[str]:
        """Remove all but the latest ``keep``, the newest best of every stage and each stage's end; returns names."""
        every = self.all()
        kept = {info.name for info in every[-keep:]} | {info.name for info in every if info.finished}
        kept |= {info.name for info in {info.stage: info for info in every if info.best}.values()}
        return self._remove([info for info in every if info.name not in kept])

    def drop_after(self, name: str) -> list[str]:
        """Give up everything newer than the checkpoint called ``name``, to go on from it; returns names.

        :raises CheckpointError: there is no such checkpoint.
        """
        sequence = self.info(name).sequence
        return self._remove([info for info in self.all() if info.sequence > sequence])

    def drop_all(self) -> None:
        """Give up every checkpoint at once: should the process die meanwhile, they are all there or none is.

        Where another program has a file open (Windows) they go one after another, the newest first.
        """
        aside = self.folder.with_name(f"{self.folder.name}{GIVEN_UP}")
        shutil.rmtree(aside, ignore_errors=True)  # of a process that died before it was done
        if not self.folder.exists():
            return
        try:
            self.folder.rename(aside)
        except OSError:
            self._remove(self.all()[::-1])
        for place in (self.folder, aside):
            shutil.rmtree(place, ignore_errors=True)

    def _remove(self, unwanted: list[CheckpointInfo]) -> list[str]:
        """Remove these checkpoints, then every file that no other one needs."""
        for info in unwanted:
            _unlink(self.folder / f"{info.name}.json")
        left = self.all()
        needed = {entry["file"] for info in left for entry in info.files.values()}
        if {path.stem for path in self.folder.glob("*.json")} - {info.name for info in left}:
            return [info.name for info in unwanted]  # a record that cannot be read may need any of the files
        # ".tmp*" is what the safetensors library leaves of a file in whose writing the process died.
        for path in (file for form in ("*.safetensors", "*.part", ".tmp*") for file in self.folder.glob(form)):
            if path.name not in needed:
                _unlink(path)
        return [info.name for info in unwanted]

    def _record(
        self, snapshot: Snapshot, name: str, sequence: int, files: dict[str, dict[str, Any]], extra: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "format": FORMAT, "name": name, "sequence": sequence, "reason": snapshot.reason, "stage": snapshot.stage,
            "epoch": snapshot.values.get("epoch", 0), "total": snapshot.total, "best": snapshot.best,
            "finished": snapshot.finished, "metrics": snapshot.values.get("metrics", {}), "saved_at": time.time(),
            "files": files, "extra": extra, "values": snapshot.values,
        }

    def _write(self, file: str, tensors: dict[str, Tensor], written: list[Path]) -> dict[str, Any]:
        path, beside = self.folder / file, self.folder / f"{file}.part"
        try:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, beside)
            beside.chmod(0o644)  # the library makes files that only their owner may read
            with beside.open("rb+") as handle:
                digest = hashlib.file_digest(handle, "sha256").hexdigest()
                os.fsync(handle.fileno())
            size = beside.stat().st_size
            _put_in_place(beside, path)
        except SafetensorError as error:
            beside.unlink(missing_ok=True)
            raise _as_os_error(error, path) from error
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        written.append(path)
        return {"file": file, "sha256": digest, "bytes": size}

    def _write_json(self, path: Path, record: dict[str, Any]) -> None:
        beside = path.with_name(path.name + ".part")
        body = json.dumps(record, separators=(",", ":"))
        checksum = hashlib.sha256(body.encode()).hexdigest()
        try:
            with beside.open("w", encoding="utf-8") as file:
                file.write(f'{{"sha256":"{checksum}","record":{body}}}\n')
                file.flush()
                os.fsync(file.fileno())
            _put_in_place(beside, path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

    def _has_size(self, entry: dict[str, Any]) -> bool:
        try:
            return bool((self.folder / entry["file"]).stat().st_size == entry["bytes"])
        except OSError:
            return False

    def _is_whole(self, entry: dict[str, Any]) -> bool:
        path = self.folder / entry["file"]
        try:
            if not self._has_size(entry):
                return False
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == str(entry["sha256"])
        except OSError:
            return False


def saved_event(info: CheckpointInfo, seconds: float) -> Checkpointed:
    """What a run says once ``info`` is safely on disk."""
    reason = "best" if info.best and info.reason == "epoch" else info.reason
    return Checkpointed(info.name, reason, info.total, info.bytes, seconds)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        record, checksum = whole["record"], whole["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"there is no readable checkpoint {path.stem} in {path.parent}") from error
    body = json.dumps(record, separators=(",", ":"))
    if hashlib.sha256(body.encode()).hexdigest() != checksum:
        raise CheckpointError(f"the record {path} has been changed; go on from another checkpoint")
    if record.get("format", 0) > FORMAT:
        raise CheckpointError(f"{path} was written by a newer version of the program; update it to go on")
    return dict(record)


def _info(record: dict[str, Any]) -> CheckpointInfo:
    try:
        return CheckpointInfo(
            record["name"], record["sequence"], record["reason"], record["stage"], record["epoch"], record["total"],
            record["best"], record["finished"], sum(entry["bytes"] for entry in record["files"].values()),
            record["metrics"], record["extra"], record["files"], record["saved_at"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"the record of a checkpoint lacks something this version needs ({error})") from error


def _put_in_place(beside: Path, path: Path) -> None:
    deadline = time.monotonic() + HELD_S
    while True:
        try:
            beside.replace(path)
            return
        except PermissionError:
            if os.name != "nt" or time.monotonic() > deadline:
                raise
        time.sleep(0.05)


def _unlink(path: Path) -> None:
    """Remove ``path``; one that another program holds (Windows) is left for the next time: it costs room, not a run."""
    with suppress(PermissionError):
        path.unlink(missing_ok=True)


def _as_os_error(error: SafetensorError, path: Path) -> OSError:
    text = str(error)
    number = errno.ENOSPC if any(sign in text for sign in _DISK_FULL) else errno.EIO
    return OSError(number, os.strerror(number), str(path))


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
