"""Checkpoints are whole or not there, and only those worth keeping stay."""

from __future__ import annotations

import errno
import hashlib
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError

from ulmengine.record import CheckpointError, saved_event
from ulmengine.training import Checkpoints, Snapshot


def snapshot(total: int = 1, reason: str = "epoch", **more: Any) -> Snapshot:
    settings: dict[str, Any] = {"stage": 0, "best": False, "finished": False, "shared": {}, "values": {"epoch": 1}}
    settings |= more
    tensors = {"model.a": torch.arange(6.0).reshape(2, 3).t() + total, "random.torch": torch.get_rng_state()}
    return Snapshot(reason=reason, total=total, tensors=tensors, **settings)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "new")
    shared = {"best-0-x": {"a": torch.ones(2)}}
    values = {"epoch": 3, "metrics": {"accuracy": 0.5}, "loss": 0.1 + 0.2, "state": ["tuple", 0, None]}
    info = checkpoints.save(snapshot(7, best=True, shared=shared, values=values), {"log": 12})
    assert checkpoints.verify(info.name)
    found = checkpoints.load(info.name)
    assert (found.reason, found.stage, found.total, found.best, found.finished) == ("epoch", 0, 7, True, False)
    assert found.values == values
    assert torch.equal(found.weights()["a"], torch.arange(6.0).reshape(2, 3).t() + 7)
    assert torch.equal(found.shared["best-0-x"]["a"], torch.ones(2))
    latest = checkpoints.latest()
    assert latest is not None
    assert latest == info
    assert (latest.total, latest.epoch, latest.metrics, latest.extra) == (7, 3, {"accuracy": 0.5}, {"log": 12})
    assert info.bytes == sum(path.stat().st_size for path in (tmp_path / "new").glob("*.safetensors"))
    assert saved_event(info, 0.5).reason == "best"


def test_there_is_no_half_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk while writing leaves the earlier checkpoints as they were and nothing beside them."""
    checkpoints = Checkpoints(tmp_path)
    first = checkpoints.save(snapshot(1))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(tensors: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("ulmengine.training.checkpoints.save_file", full)
    with pytest.raises(OSError, match="No space left") as caught:
        checkpoints.save(snapshot(2))
    assert caught.value.errno == errno.ENOSPC
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    latest = checkpoints.latest()
    assert latest is not None
    assert latest.name == first.name


def test_a_failing_record_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(tmp_path)

    def broken(handle: object) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr("ulmengine.training.checkpoints.os.fsync", broken)
    with pytest.raises(OSError, match="broken"):
        checkpoints.save(snapshot(1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["cut", "flip", "missing", "record"])
def test_a_damaged_checkpoint_is_never_offered(damage: str, tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    good, bad = checkpoints.save(snapshot(1)), checkpoints.save(snapshot(2))
    file, record = tmp_path / f"{bad.name}.safetensors", tmp_path / f"{bad.name}.json"
    body = file.read_bytes()
    if damage == "cut":
        file.write_bytes(body[:-1])
    elif damage == "flip":
        file.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    elif damage == "missing":
        file.unlink()
    else:
        record.write_text(record.read_text().replace('"total":2', '"total":3'))
    assert not checkpoints.verify(bad.name)
    with pytest.raises(CheckpointError):
        checkpoints.load(bad.name)
    latest = checkpoints.latest()
    assert latest is not None
    assert latest.name == good.name


def test_a_newer_format_is_refused_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(tmp_path)
    monkeypatch.setattr("ulmengine.training.checkpoints.FORMAT", 2)
    info = checkpoints.save(snapshot(1))
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="newer version"):
        checkpoints.load(info.name)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="000009-epoch"):
        Checkpoints(tmp_path).load("000009-epoch")
    assert Checkpoints(tmp_path / "nowhere").latest() is None


def test_the_latest_the_best_and_the_ends_of_stages_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    shared = {"start-0": {"a": torch.zeros(1)}}
    better = {"start-0": {"a": torch.zeros(1)}, "best-0": {"a": torch.ones(1)}}
    names = [
        checkpoints.save(snapshot(1, best=True, shared=shared)).name,
        checkpoints.save(snapshot(2, best=True, shared=better)).name,
        checkpoints.save(snapshot(3, "stage", best=True, finished=True)).name,
        *(checkpoints.save(snapshot(total, "time", stage=1)).name for total in (4, 5, 6)),
    ]
    (tmp_path / "left-over.safetensors.part").touch()
    (tmp_path / ".tmpkilled").touch()
    checkpoints.prune(2)
    assert [info.name for info in checkpoints.all()] == [names[2], names[4], names[5]]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{name}.{end}" for name in (names[2], names[4], names[5]) for end in ("json", "safetensors")
    )
    end = checkpoints.end_of(0)
    assert end is not None
    assert end.name == names[2]
    assert checkpoints.end_of(1) is None


def test_a_shared_file_is_written_once_and_outlives_its_first_checkpoint(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    shared = {"start-0": {"a": torch.zeros(1)}}
    checkpoints.save(snapshot(1, shared=shared))
    written = (tmp_path / "start-0.safetensors").stat().st_mtime_ns
    second = checkpoints.save(snapshot(2, shared=shared))
    assert (tmp_path / "start-0.safetensors").stat().st_mtime_ns == written
    checkpoints.prune(1)
    assert [info.name for info in checkpoints.all()] == [second.name]
    assert torch.equal(checkpoints.load(second.name).shared["start-0"]["a"], torch.zeros(1))


def test_a_run_branches_off_from_a_checkpoint_of_another(tmp_path: Path) -> None:
    here, there = Checkpoints(tmp_path / "here"), Checkpoints(tmp_path / "there")
    name = here.save(snapshot(5, best=True, shared={"best-0": {"a": torch.ones(1)}})).name
    branched = there.load(there.save(here.load(name)).name)
    assert torch.equal(branched.weights()["a"], here.load(name).weights()["a"])
    assert torch.equal(branched.shared["best-0"]["a"], torch.ones(1))


KILLED = """
import sys, torch
from pathlib import Path
from ulmengine.training import Checkpoints, Snapshot
checkpoints = Checkpoints(Path(sys.argv[1]))
for total in range(10_000):
    tensors = {"model.a": torch.full((200_000,), float(total))}
    shared = {f"best-{total // 3}": {"a": torch.full((1000,), float(total // 3))}}
    checkpoints.save(Snapshot("epoch", 0, total, False, False, tensors, shared, {"epoch": total}))
    checkpoints.prune(2)
    print(total, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_process_killed_while_saving_leaves_a_whole_checkpoint(seed: int, tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(random.Random(seed).random())
    process.kill()
    said = [0, *map(int, process.stdout.read().split())][-1]
    process.stdout.close()
    process.wait()
    checkpoints = Checkpoints(tmp_path)
    latest = checkpoints.latest()
    assert latest is not None
    assert latest.total >= said
    found = checkpoints.load(latest.name)
    assert torch.equal(found.weights()["a"], torch.full((200_000,), float(latest.total)))
    assert torch.equal(found.shared[f"best-{latest.total // 3}"]["a"], torch.full((1000,), float(latest.total // 3)))
    checkpoints.save(snapshot(99))
    checkpoints.prune(1)
    assert len(list(tmp_path.iterdir())) == 2


def test_going_back_gives_up_what_came_after(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    names = [checkpoints.save(snapshot(total)).name for total in (1, 2, 3)]
    checkpoints.drop_after(names[0])
    assert [info.name for info in checkpoints.all()] == names[:1]


def test_the_record_is_plain_json(tmp_path: Path) -> None:
    info = Checkpoints(tmp_path).save(snapshot(1))
    record = json.loads((tmp_path / f"{info.name}.json").read_text())
    assert record["record"]["format"] == 1


def test_a_file_that_another_program_holds_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where nobody may remove a file while a virus scanner looks at it."""
    checkpoints = Checkpoints(tmp_path)
    for number in range(3):
        checkpoints.save(snapshot(total=number))
    held = sorted(tmp_path.glob("*.safetensors"))[0]
    unlink = Path.unlink

    def refuse(self: Path, missing_ok: bool = False) -> None:
        if self == held:
            raise PermissionError(errno.EACCES, "in use", str(self))
        unlink(self, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        checkpoints.prune(1)
    assert held.exists()
    checkpoints.prune(1)
    assert not held.exists()


def test_a_record_that_lacks_something_is_passed_over(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    info = checkpoints.save(snapshot())
    path = tmp_path / f"{info.name}.json"
    record = json.loads(path.read_text())["record"]
    del record["stage"]
    body = json.dumps(record, separators=(",", ":"))
    path.write_text(f'{{"sha256":"{hashlib.sha256(body.encode()).hexdigest()}","record":{body}}}')
    assert checkpoints.all() == []
    assert "stage" in checkpoints.why_unusable()
