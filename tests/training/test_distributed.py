"""Two processes with half of each batch do what one does with the whole batch."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from ulmengine.plan import TrainingError
from ulmengine.training.batches import DocumentBatch, StreamBatch
from ulmengine.training.distributed import World, documents_of, join, rows_of, torchrun_job

WORLDS = [World(rank, 2, torch.device("cpu")) for rank in range(2)]


def test_every_row_is_read_by_one_process() -> None:
    inputs = torch.arange(15).reshape(5, 3)
    parts = [rows_of(StreamBatch(inputs, inputs + 1, 1.0, fresh=True), world) for world in WORLDS]
    assert sorted(torch.cat([part.inputs for part in parts])[:, 0].tolist()) == [0, 3, 6, 9, 12]
    assert all(torch.equal(part.targets, part.inputs + 1) for part in parts)
    with pytest.raises(TrainingError, match="fewer processes"):
        rows_of(StreamBatch(inputs[:1], inputs[:1], 1.0, fresh=True), WORLDS[0])


def test_documents_stay_sorted_and_are_cut_to_the_longest_of_their_own() -> None:
    lengths = torch.tensor([9, 7, 4])
    batch = DocumentBatch(torch.ones(3, 9, dtype=torch.int64), lengths, torch.tensor([0, 1, 0]), np.array([5, 6, 7]))
    first, second = (documents_of(batch, world) for world in WORLDS)
    assert first.lengths.tolist() == [9, 4]
    assert second.lengths.tolist() == [7]
    assert second.tokens.shape == (1, 7)
    assert first.indices.tolist() == [5, 7]


def test_a_process_without_a_document_takes_one_along_uncounted() -> None:
    batch = DocumentBatch(torch.ones(1, 3, dtype=torch.int64), torch.tensor([3]), torch.tensor([1]), np.array([4]))
    second = documents_of(batch, WORLDS[1])
    assert len(second.indices) == 0
    assert second.tokens.shape == (1, 3)


def test_alone_there_is_nobody_to_join() -> None:
    with pytest.raises(TrainingError, match="torchrun"), join(torch.device("cpu")):
        pass


def run(kind: str, out: Path, processes: int, *more: str) -> dict[str, torch.Tensor]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "tests.training.data_parallel", kind, str(out), *more]
    running = []
    for rank in range(processes):
        place = {} if processes == 1 else {
            "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
        }
        running.append(subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"} | place))
    assert [process.wait(timeout=120) for process in running] == [0] * processes
    return load_file(out)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["language_model", "classifier", "batch_norm"])
def test_two_processes_train_like_one(kind: str, tmp_path: Path) -> None:
    alone, together = run(kind, tmp_path / "one", 1), run(kind, tmp_path / "two", 2)
    assert alone.keys() == together.keys()
    # The last batch holds two documents, whose small variance magnifies how sums were rounded.
    rtol, atol = (5e-3, 5e-5) if kind == "batch_norm" else (1e-4, 1e-6)
    for name, tensor in alone.items():
        torch.testing.assert_close(together[name], tensor, rtol=rtol, atol=atol)


@pytest.mark.slow
@pytest.mark.parametrize("later", [2, 1])
def test_what_each_process_has_read_is_carried_on_when_they_go_on(later: int, tmp_path: Path) -> None:
    """In the middle of an epoch, with unequal shares of five rows, and with another number of processes too."""
    kept = str(tmp_path / "kept")
    whole = run("whole", tmp_path / "whole", 1, kept + "-not")
    begun = run("begun", tmp_path / "begun", 2, kept)
    gone_on = run("gone_on", tmp_path / "gone_on", later, kept)
    losses = torch.cat([begun.pop("losses"), gone_on.pop("losses")])
    torch.testing.assert_close(losses, whole.pop("losses"), rtol=1e-5, atol=1e-6)
    for name, tensor in whole.items():
        torch.testing.assert_close(gone_on[name], tensor, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_what_each_process_drops_out_is_the_same_when_they_go_on(tmp_path: Path) -> None:
    """To the last bit, though the checkpoint is the first one's; what is drawn after the stage is as in one process."""
    kept = str(tmp_path / "kept")
    alone = run("dropping-whole", tmp_path / "alone", 1, kept + "-alone")
    whole = run("dropping-whole", tmp_path / "whole", 2, kept + "-not")
    begun = run("dropping-begun", tmp_path / "begun", 2, kept)
    gone_on = run("dropping-gone_on", tmp_path / "gone_on", 2, kept)
    assert not torch.equal(alone["losses"], whole["losses"])
    gone_on["losses"] = torch.cat([begun["losses"], gone_on["losses"]])
    assert whole.keys() == gone_on.keys()
    assert [name for name, tensor in whole.items() if not torch.equal(tensor, gone_on[name])] == []


def test_a_call_of_torchrun_is_known_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    assert torchrun_job() == ""
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "slurm-77")
    assert torchrun_job() == "slurm-77"
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")  # what torchrun calls every job without a name
    assert str(os.getppid()) in torchrun_job()
