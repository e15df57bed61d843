"""Figures for TensorBoard, where it is installed; a word where it is not."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ulmengine import events as ev
from ulmengine.record import START
from ulmengine.runs import Run

from .made import tiny_run


class Recorder:
    """Stands in for the optional package's writer."""

    written: list[tuple[str, float, int]]
    closed: list[bool]

    purged: list[int | None]

    def __init__(self, log_dir: str, purge_step: int | None = None) -> None:
        Recorder.written, Recorder.closed, Recorder.purged = [], [], [purge_step]
        assert log_dir.endswith("tensorboard")

    def add_scalar(self, name: str, value: float, step: int) -> None:
        Recorder.written.append((name, value, step))

    def close(self) -> None:
        Recorder.closed.append(True)


def test_every_step_and_epoch_is_mirrored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=Recorder))
    events = list(Run(tiny_run(tmp_path / "run", "saving.tensorboard=true", "classifier.epochs=[0]")).events())
    steps = [(event.total, event.loss) for event in events if isinstance(event, ev.Step)]
    assert [(step, value) for name, value, step in Recorder.written if name == "train/loss"] == steps
    last = next(event for event in events if isinstance(event, ev.EpochEnded))
    assert ("validation/perplexity", last.metrics["perplexity"], last.total) in Recorder.written
    assert Recorder.closed == [True]


def test_without_the_package_the_run_goes_on_with_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    events = list(Run(tiny_run(tmp_path / "run", "saving.tensorboard=true", "classifier.epochs=[0]")).events())
    assert any(isinstance(event, ev.Note) and "tensorboard" in event.text for event in events)
    assert isinstance(events[-1], ev.Finished)


def test_what_is_repeated_after_going_on_does_not_stand_there_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=Recorder))
    folder = tiny_run(tmp_path / "run", "saving.tensorboard=true", "classifier.epochs=[0]")
    events = Run(folder).events()
    next(event for event in events if isinstance(event, ev.Step) and event.total == 3)
    events.close()
    list(Run(folder).events(resume=True))
    assert (Recorder.purged, Recorder.written[0][2]) == ([4], 4)


def test_a_run_that_cannot_begin_again_keeps_its_figures_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=Recorder))
    folder = tiny_run(tmp_path / "run", "saving.tensorboard=true", "classifier.epochs=[0]")
    list(Run(folder).events())
    Recorder.purged = []
    (tmp_path / "corpus.csv").rename(tmp_path / "elsewhere.csv")
    assert isinstance(list(Run(folder).events(resume=True, checkpoint=START))[-1], ev.Failed)
    assert Recorder.purged == []
    (tmp_path / "elsewhere.csv").rename(tmp_path / "corpus.csv")
    assert isinstance(list(Run(folder).events(resume=True, checkpoint=START))[-1], ev.Finished)
    assert Recorder.purged == [1]
