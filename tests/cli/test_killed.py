"""A run whose process is killed again and again ends as one that never was."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.runs.made import tiny_config, write_corpus
from ulmengine.config import save
from ulmengine.events import to_json
from ulmengine.record import RunFolder

KILLS = int(os.environ.get("ULMFIT_TEST_KILLS", "4"))
SEED = int(os.environ.get("ULMFIT_TEST_SEED", str(time.time_ns() % 100_000)))
# Times, and what is called after them or lies elsewhere.
VARYING = {"seconds", "model", "path"}


def start(out: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ulmengine", "train", str(out.parent / "c.toml"), "--out", str(out), "--json"]
    return subprocess.Popen([*command, *more], env={**os.environ, "OMP_NUM_THREADS": "1"},
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(out: Path, *more: str) -> float:
    """The seconds that loading took."""
    began = time.monotonic()
    with start(out, *more) as process:
        while process.poll() is None and not RunFolder(out).log_path.exists():
            time.sleep(0.02)
        loaded = time.monotonic()
        _, error = process.communicate(timeout=100)
    assert process.returncode == 0, error.decode()[-2000:]
    return loaded - began


def wait_for_log(run: RunFolder, process: subprocess.Popen[bytes], length: int) -> None:
    """Until this process has written to the log and that is ``length`` bytes long, or the run is over."""
    began, deadline = time.time_ns(), time.monotonic() + 100
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(FileNotFoundError):
            log = run.log_path.stat()
            if log.st_size >= length and log.st_mtime_ns > began:
                return
        time.sleep(0.001)


def weights(run: RunFolder) -> dict[str, bytes]:
    with zipfile.ZipFile(run.model_path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(".safetensors")}


def said(run: RunFolder) -> list[dict[str, Any]]:
    events = []
    for event in map(to_json, run.events()):
        varying = VARYING | ({"name"} if event["type"] == "checkpointed" else set())
        events.append({key: value for key, value in event.items() if key not in varying})
    return events


@pytest.mark.slow
@pytest.mark.timeout(900)  # many processes, one after the other, each loading PyTorch
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bits_and_log(tmp_path: Path) -> None:
    """More kills with ULMFIT_TEST_KILLS=20; much the same moments again with ULMFIT_TEST_SEED."""
    draw = random.Random(SEED)
    save(tiny_config(write_corpus(tmp_path / "c.csv"), "language_model.epochs=3"), tmp_path / "c.toml")
    whole, killed = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "killed")
    loading = finish(whole.path)
    length = whole.log_path.stat().st_size
    moments: list[str] = []
    for number in range(KILLS):
        with start(killed.path, "--resume") as process:
            if number % 5 == 4:  # before it has begun, or while it is taken up
                time.sleep(draw.uniform(0.2, 1.0) * loading)
            else:
                wait_for_log(killed, process, round((number + draw.random()) / KILLS * 0.98 * length))
                time.sleep(draw.uniform(0.0, 0.05))
            process.kill()
        last = list(killed.events())[-1:] if killed.log_path.exists() else []
        moments.append(f"{process.returncode} after {type(last[0]).__name__ if last else 'nothing'}")
    print(f"seed {SEED}, killed: {', '.join(moments)}")  # noqa: T201
    finish(killed.path, "--resume")
    assert killed.state() == "finished"
    assert weights(killed) == weights(whole) != {}
    assert said(killed) == said(whole)
