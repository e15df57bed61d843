"""The whole Studio killed while it trains, again and again: in the end everything is as if it had never been."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.project import Project
from tests.runs.made import tiny_config, write_corpus
from ulmengine.events import to_json
from ulmengine.record import RunFolder, find_runs
from ulmengine.training import Checkpoints

ROOT = Path(__file__).parents[2]
TIMES = int(os.environ.get("STUDIO_KILLS", "3"))
LONGEST_S = 120


def start(project: Path, host: str) -> subprocess.Popen[bytes]:
    """The Studio in a process group of its own."""
    return subprocess.Popen([sys.executable, "-m", "tests.studio.driven", str(project), host], cwd=ROOT,
                            start_new_session=True)


def kill(studio: subprocess.Popen[bytes]) -> None:
    """End it and its training process, with no last word."""
    with suppress(ProcessLookupError):
        os.killpg(studio.pid, signal.SIGKILL)
    studio.wait()


def make_project(folder: Path, corpus: Path) -> Path:
    config = tiny_config(corpus, "language_model.epochs=3", "classifier.epochs=[3, 3]")
    Project.create(folder, config).close()
    return folder


def said(run: RunFolder) -> list[dict[str, Any]]:
    """The log but for times and places."""
    left_out = {"seconds", "model", "path"}
    return [{name: value for name, value in to_json(event).items() if name not in left_out} for event in run.events()]


def only_run(project: Path) -> RunFolder:
    runs = find_runs(project / "runs")
    assert len(runs) == 1
    return runs[0]


def wait_for_log(project: Path, studio: subprocess.Popen[bytes], length: int) -> None:
    """Until the log has grown to ``length`` bytes, or the run is over."""
    deadline = time.monotonic() + LONGEST_S
    began = time.time_ns()
    while studio.poll() is None and time.monotonic() < deadline:
        logs = [path.stat() for path in (project / "runs").glob("*/events.jsonl")]
        if logs and logs[0].st_size >= length and logs[0].st_mtime_ns > began:
            return
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.timeout(900)  # many processes, one after the other, each loading PyTorch
@pytest.mark.skipif(sys.platform == "win32", reason="process groups are killed the POSIX way")
@pytest.mark.parametrize("host", ["thread", "process"])
def test_a_studio_killed_again_and_again_ends_as_one_never_killed(host: str, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus.csv", 200)
    whole = make_project(tmp_path / "whole", corpus)
    killed = make_project(tmp_path / "killed", corpus)
    assert start(whole, host).wait(LONGEST_S) == 0

    length = only_run(whole).log_path.stat().st_size
    draw = random.Random(time.time_ns())
    kills = 0
    for _ in range(TIMES):
        studio = start(killed, host)
        wait_for_log(killed, studio, round(draw.uniform(0.0, 0.98) * length))
        time.sleep(draw.uniform(0.0, 0.05))
        kills += studio.poll() is None
        kill(studio)
    assert kills
    assert start(killed, host).wait(LONGEST_S) == 0

    once, again = only_run(whole), only_run(killed)
    assert again.state() == "finished"
    assert said(again) == said(once)
    last, other = Checkpoints(once.checkpoints).latest(), Checkpoints(again.checkpoints).latest()
    assert last is not None
    assert other is not None
    assert (last.name, last.total) == (other.name, other.total)
    tensors = Checkpoints(once.checkpoints).load(last.name).tensors
    others = Checkpoints(again.checkpoints).load(other.name).tensors
    assert tensors.keys() == others.keys()
    different = [name for name in tensors if not torch.equal(tensors[name], others[name])]
    assert set(different) <= {"random.numpy"}  # nothing that is trained draws from it, and no run seeds it
