"""A run whose process is killed again and again ends as one that never was."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.runs.made import tiny_config, write_corpus
from ulmengine.config import save
from ulmengine.events import to_json
from ulmengine.runs import RunFolder

KILLS = int(os.environ.get("ULMFIT_TEST_KILLS", "4"))
SEED = int(os.environ.get("ULMFIT_TEST_SEED", str(time.time_ns() % 100_000)))
# Times, and what is called after them or lies elsewhere.
VARYING = {"seconds", "model", "path"}


def start(out: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ulmengine", "train", str(out.parent / "c.toml"), "--out", str(out), "--json"]
    return subprocess.Popen([*command, *more], env={**os.environ, "OMP_NUM_THREADS": "1"},
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(out: Path, *more: str) -> tuple[float, float]:
    """The seconds that loading and training took."""
    began = time.monotonic()
    with start(out, *more) as process:
        while process.poll() is None and not RunFolder(out).log_path.exists():
            time.sleep(0.02)
        loaded = time.monotonic()
        _, error = process.communicate(timeout=100)
    assert process.returncode == 0, error.decode()[-2000:]
    return loaded - began, time.monotonic() - loaded


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
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bits_and_log(tmp_path: Path) -> None:
    """More kills with ULMFIT_TEST_KILLS=20; the same moments again with ULMFIT_TEST_SEED."""
    draw = random.Random(SEED)
    save(tiny_config(write_corpus(tmp_path / "c.csv"), "language_model.epochs=3"), tmp_path / "c.toml")
    whole, killed = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "killed")
    loading, training = finish(whole.path)
    moments: list[str] = []
    for _ in range(KILLS):
        with start(killed.path, "--resume") as process:
            # Some fall before the run has begun, some in its middle, and some while it saves, is tested or is over.
            time.sleep(0.9 * loading + draw.uniform(0.0, 4.0) * training / KILLS)
            process.kill()
        last = list(killed.events())[-1:] if killed.log_path.exists() else []
        moments.append(f"{process.returncode} after {type(last[0]).__name__ if last else 'nothing'}")
    print(f"seed {SEED}, loading {loading:.1f} s, training {training:.1f} s, killed: {', '.join(moments)}")  # noqa: T201
    finish(killed.path, "--resume")
    assert killed.state() == "finished"
    assert weights(killed) == weights(whole) != {}
    assert said(killed) == said(whole)
