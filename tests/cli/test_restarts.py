"""Whose run a restart by torchrun goes on with."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cli.test_killed import weights
from tests.runs.made import tiny_config, write_corpus
from ulmengine.cli.train import _folder
from ulmengine.config import RunConfig, save, with_settings
from ulmengine.events import EpochEnded, Step
from ulmengine.record import RunFolder, RunFolderError


def asked(**more: object) -> argparse.Namespace:
    nothing = {"resume": False, "checkpoint": None, "finish": False, "take_over": False, "set": [],
               "config": Path("c.toml")}
    return argparse.Namespace(**{**nothing, **more})


def torchrun(monkeypatch: pytest.MonkeyPatch, job: str, restarts: int) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", job)
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", str(restarts))


def test_a_restart_goes_on_with_its_own_run_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torchrun starts anew what has refused too: that must not take up the run it was refused for."""
    torchrun(monkeypatch, "first", 0)
    _folder(tmp_path, RunConfig(), asked())
    torchrun(monkeypatch, "first", 1)
    options = asked(checkpoint="000003-epoch")
    _folder(tmp_path, RunConfig(), options)
    assert (options.resume, options.checkpoint, options.take_over) == (True, None, True)
    for restarts in (0, 1, 2):
        torchrun(monkeypatch, "another", restarts)
        with pytest.raises(RunFolderError, match="holds a run already"):
            _folder(tmp_path, RunConfig(), asked())
    torchrun(monkeypatch, "another", 0)
    _folder(tmp_path, RunConfig(), asked(resume=True))
    torchrun(monkeypatch, "another", 1)
    _folder(tmp_path, RunConfig(), asked())


def test_without_torchrun_a_folder_belongs_to_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert _folder(tmp_path, RunConfig(), asked()).job == ""


def test_what_the_program_chose_for_a_run_is_no_setting_that_is_not_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settled = with_settings(RunConfig(), ["model.pretrained=/models/own.ulmfit"])
    RunFolder.create(tmp_path / "run", settled)
    _folder(tmp_path / "run", RunConfig(), asked(resume=True))  # the file leaves the choice open
    assert "not used" not in capsys.readouterr().err
    _folder(tmp_path / "run", with_settings(settled, ["classifier.lr=0.5"]), asked(resume=True))
    assert "the file says otherwise, which is not used: classifier.lr\n" in capsys.readouterr().err


def process_of(torchrun: subprocess.Popen[str], rank: int) -> psutil.Process:
    """The process with this number among those that ``torchrun`` has started."""
    started = (child for child in psutil.Process(torchrun.pid).children() if "LOCAL_RANK" in child.environ())
    return next(child for child in started if child.environ()["LOCAL_RANK"] == str(rank))


def trained_by_two(folder: RunFolder, killed: int | None, steps: int = 0) -> list[dict[str, Any]]:
    """What a run of two processes says, one of which is ``killed`` after so many ``steps`` and started again."""
    command = [str(Path(sys.executable).with_name("torchrun")), "--standalone", "--nproc-per-node", "2",
               "--max-restarts", "1", "--monitor-interval", "0.1", "-m", "ulmengine", "train",
               str(folder.path.with_name("c.toml")), "--out", str(folder.path), "--json"]
    said = folder.path.with_suffix(".said")
    with (
        said.open("w") as out,
        subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, text=True, stdout=out,
                         stderr=subprocess.PIPE, start_new_session=True) as torchrun,
    ):
        try:
            deadline = time.monotonic() + 100
            while killed is not None and sum(1 for _ in folder.events(Step)) < steps and time.monotonic() < deadline:
                time.sleep(0.02)
            if killed is not None:
                process_of(torchrun, killed).kill()
            _, error = torchrun.communicate(timeout=200)
        except BaseException:
            os.killpg(torchrun.pid, signal.SIGKILL)
            raise
    assert torchrun.returncode == 0, error[-3000:]
    assert "UserWarning" not in error
    assert folder.state() == "finished"
    return [json.loads(line) for line in said.read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="gloo and signals as on Linux")
def test_one_of_two_processes_is_killed_and_the_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    """The one that writes in the middle of an epoch of the language model, with what both have read carried on; the
    other one in the classifier's last stage. What each drops out follows from the seed and the step."""
    corpus = write_corpus(tmp_path / "c.csv", 250)
    save(tiny_config(corpus, "language_model.epochs=2", "language_model.batch_size=5", "classifier.epochs=[1]",
                     "saving.minutes=0.001"), tmp_path / "c.toml")
    whole = RunFolder(tmp_path / "whole")
    trained_by_two(whole, None)
    steps = sum(1 for _ in whole.events(Step))
    for killed, after in ((1, steps - 15), (0, 30)):
        folder = RunFolder(tmp_path / f"run{killed}")
        said = trained_by_two(folder, killed, after)
        assert weights(folder) == weights(whole)
        totals = [event.total for event in folder.events(Step)]
        assert totals == list(range(1, len(totals) + 1))
        assert [event.epoch for event in folder.events(EpochEnded)] == [1, 2, 1]
        beginnings = [event for event in said if event["type"] == "run_started"]
        assert [event["resumed"] for event in beginnings] == [False, True]
