"""A run whose loss grows: its log says so, and on the command line it stops with words about what to try."""

from __future__ import annotations

from pathlib import Path

import pytest

from ulmengine.cli import main
from ulmengine.cli.train import _grown
from ulmengine.config import save
from ulmengine.events import Diverging, Finished, StageStarted, Step
from ulmengine.record import RunFolder
from ulmengine.runs import Run

from .made import tiny_config, tiny_run, write_corpus

FAST = ("language_model.lr=10", "language_model.epochs=6", "language_model.optimizer.clip=100", "classifier.epochs=[1]")


def test_it_is_said_logged_and_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tiny_config(write_corpus(tmp_path / "corpus.csv"), *FAST), tmp_path / "run.toml")
    assert main(["train", str(tmp_path / "run.toml"), "--out", str(tmp_path / "run")]) == 1
    told = capsys.readouterr().err
    folder = RunFolder.open(tmp_path / "run")
    (grew,) = folder.events(Diverging)
    assert isinstance(grew, Diverging)
    assert grew.loss > 1.5 * grew.began
    last = max(event.total for event in folder.events(Step))
    assert last == grew.total  # not a step more
    assert "error: The loss grows instead of falling" in told
    back, on = [line.split()[3:] for line in told.splitlines() if line.strip().startswith("python -m ulmengine train")]
    assert back[-1].startswith("language_model.lr=")
    assert float(back[-1].partition("=")[2]) == pytest.approx(3.3)
    assert on[-1] == "--resume"
    capsys.readouterr()
    assert main([*back, "--set", "language_model.lr=0.01"]) == 0
    assert not list(folder.events(Diverging))
    assert list(folder.events(Finished))


def test_a_run_that_was_stopped_meanwhile_says_the_same(tmp_path: Path) -> None:
    def grown(folder: RunFolder, *, resume: bool = False) -> Diverging:
        run = Run(folder).events(resume=resume)
        found = next(event for event in run if isinstance(event, Diverging))
        run.close()
        return found

    told = grown(tiny_run(tmp_path / "whole", *FAST))
    folder = tiny_run(tmp_path / "stopped", *FAST)
    run = Run(folder).events()
    next(event for event in run if isinstance(event, Step) and event.total == told.total - 2)
    run.close()
    assert told.since < told.total - 2  # it was growing when it was stopped
    assert grown(folder, resume=True) == told


def test_what_to_try_is_said_where_the_log_was_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny_run(tmp_path / "run", *FAST)
    for total in (2, 3):
        run = Run(folder).events(resume=total == 3)
        next(event for event in run if isinstance(event, Step) and event.total == total)
        run.close()
        if total == 2:
            folder.log_path.write_bytes(b"")
    assert not list(folder.events(StageStarted))
    _grown(folder, Diverging(0, 3, 9.0, 3.0, 2))
    assert "--set language_model.lr=3.3" in capsys.readouterr().err
