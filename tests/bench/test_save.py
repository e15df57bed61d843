"""The benchmark of saving at a toy size: that it saves what a run saves, and what it reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ulmengine.bench import save
from ulmengine.bench.measure import BenchError
from ulmengine.cli import main
from ulmengine.events import SaveFailed
from ulmengine.training import Checkpoints, Snapshot

TASK = {
    "preset": "tiny", "vocabulary": 60, "batch": 2, "time": 5, "saves": 3, "precision": "float32", "softmax": "full",
    "device": "cpu",
}


def test_the_command_tells_what_a_save_costs(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--vocab", "60", "--batch", "2", "--seq", "5", "--steps", "2"]
    assert main(["bench", "save", "--preset", "tiny", *sizes, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["saves"] == 2
    assert figures["share_of_time"] == pytest.approx(figures["save_s"] / 600, abs=1e-6)
    for name in ("save_s", "first_save_s", "step_s", "mb_per_s"):
        assert figures[name] > 0, name


def test_what_is_saved_is_all_that_a_run_needs(tmp_path: Path) -> None:
    figures = save.save({**TASK, "folder": str(tmp_path)})
    checkpoints = Checkpoints(tmp_path)
    latest = checkpoints.latest()
    assert latest is not None
    assert (latest.reason, latest.total) == ("time", 4)
    assert len(checkpoints.all()) == 2, "pruned as in a run"
    snapshot = checkpoints.load(latest.name)
    weights = sum(tensor.nbytes for tensor in snapshot.weights().values())
    moments = sum(tensor.nbytes for name, tensor in snapshot.tensors.items() if name.startswith("optimizer."))
    assert moments >= 2 * weights
    assert any(name.startswith("state.") for name in snapshot.tensors)
    assert any(name.startswith("random.") for name in snapshot.tensors)
    assert figures["bytes"] == (tmp_path / f"{latest.name}.safetensors").stat().st_size
    assert figures["shared_bytes"] == sum(file.stat().st_size for file in tmp_path.glob("start-*.safetensors"))
    assert weights <= figures["shared_bytes"] < 1.2 * weights


def test_steps_and_saves_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = {"now": 0.0}
    kept = Checkpoints.save

    def slowly(self: Checkpoints, snapshot: Snapshot, *more: Any) -> Any:
        clock["now"] += 120.0
        return kept(self, snapshot, *more)

    def stream(task: Any) -> Any:
        made = text(task)
        epoch = made.epoch

        def late(*which: int) -> Any:
            for batch in epoch(*which):
                clock["now"] += 3.0
                yield batch

        made.epoch = late  # type: ignore[method-assign]
        return made

    text = save._stream
    monkeypatch.setattr(save, "_stream", stream)
    monkeypatch.setattr(Checkpoints, "save", slowly)
    monkeypatch.setattr(save.time, "perf_counter", lambda: clock["now"])
    figures = save.save({**TASK, "folder": str(tmp_path)})
    assert (figures["step_s"], figures["save_s"], figures["share_of_time"]) == (3.0, 120.0, 0.2)


def test_a_full_disk_is_no_figure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: Any) -> Any:
        yield SaveFailed("The disk is full.", "Free some space.")

    monkeypatch.setattr(save, "_training", full)
    with pytest.raises(BenchError, match=r"The disk is full\. Free some space\."):
        save.save({**TASK, "folder": str(tmp_path)})
