"""Snapshots of training on disk: safetensors beside a JSON record with checksums, complete or not there at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save_file
from torch import Tensor

from ulmengine.disk import sha256, whole
from ulmengine.record.checkpoints import (
    FORMAT,
    CheckpointError,
    CheckpointFolder,
    CheckpointInfo,
    info_of,
    read_checkpoint_record,
)

from .context import Snapshot
from .going_on import leads_on

_DISK_FULL = ("code: 28", "os error 28", "os error 122", "code: 122", "No space left", "quota",
              "os error 112", "code: 112")  # the last two on Windows


class Checkpoints(CheckpointFolder):
    """The checkpoints of a run in ``folder``, to be written and taken up again."""

    def save(self, snapshot: Snapshot, extra: dict[str, Any] | None = None) -> CheckpointInfo:
        """Write ``snapshot``; when this returns it is safely on disk.

        :raises OSError: it cannot be written (disk full, say); the earlier checkpoints are as they were.
        """
        self.folder.mkdir(exist_ok=True)  # not the run's folder: one that was moved away is not made anew
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
                there = entry is not None and self.has_size(entry)
                files[key] = entry if entry is not None and there else self._write(file, tensors, written)
            record = {
                "format": FORMAT, "name": name, "sequence": sequence, "reason": snapshot.reason,
                "stage": snapshot.stage, "epoch": snapshot.values.get("epoch", 0), "total": snapshot.total,
                "best": snapshot.best, "finished": snapshot.finished, "metrics": snapshot.values.get("metrics", {}),
                "saved_at": time.time(), "files": files, "extra": extra or {}, "values": snapshot.values,
            }
            self._write_json(self.folder / f"{name}.json", record)
        except BaseException:
            for path in written:
                path.unlink(missing_ok=True)
            raise
        return info_of(record, name)

    def load(self, name: str, *, shared_too: bool = True) -> Snapshot:
        """Read the checkpoint called ``name``.

        :param shared_too: False: what it shares with others is left out where it is damaged.
        :raises CheckpointError: it is missing or damaged.
        """
        record = read_checkpoint_record(self.folder / f"{name}.json")
        info = info_of(record, name)
        tensors: dict[str, dict[str, Tensor]] = {}
        for key, entry in info.files.items():
            if not self.is_whole(entry):
                if key != "state" and not shared_too:
                    continue
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

    def leads_on(self, name: str, stages: int) -> bool:
        """Whether the record of the checkpoint called ``name`` holds what a run of so many ``stages`` goes on with."""
        try:
            record = read_checkpoint_record(self.folder / f"{name}.json")
            info = info_of(record, name)
        except CheckpointError:
            return False
        return info.stage < stages and "log" in info.extra and leads_on(record["values"])

    def latest_of(self, stages: int) -> CheckpointInfo | None:
        """The newest checkpoint that is whole and that a run of so many ``stages`` can go on from."""
        return next((info for info in reversed(self.all()) if self.verify(info.name)
                     and self.leads_on(info.name, stages)), None)

    def _write(self, file: str, tensors: dict[str, Tensor], written: list[Path]) -> dict[str, Any]:
        path = self.folder / file
        try:
            with whole(path) as beside:
                save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, beside)
                beside.chmod(0o644)  # the library makes files that only their owner may read
                digest, size = sha256(beside), beside.stat().st_size
        except SafetensorError as error:
            number = errno.ENOSPC if any(sign in str(error) for sign in _DISK_FULL) else errno.EIO
            raise OSError(number, os.strerror(number), str(path)) from error
        written.append(path)
        return {"file": file, "sha256": digest, "bytes": size}

    def _write_json(self, path: Path, record: dict[str, Any]) -> None:
        body = json.dumps(record, separators=(",", ":"))
        checksum = hashlib.sha256(body.encode()).hexdigest()
        with whole(path) as beside:
            beside.write_text(f'{{"sha256":"{checksum}","record":{body}}}\n', encoding="utf-8")
