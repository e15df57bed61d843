"""What earlier versions have written is opened by this one, read and gone on with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ulmengine import events as ev
from ulmengine.config import with_settings
from ulmengine.models import load_bundle
from ulmengine.record import RunBusyError, RunFolder, change, summary
from ulmengine.record.records import read_record
from ulmengine.runs import Run
from ulmengine.training import Checkpoints

DATA = Path(__file__).parent / "data"
KEPT = sorted(path.name for path in DATA.iterdir() if path.is_dir())


@pytest.fixture(params=KEPT)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> RunFolder:
    """A copy of a stopped run, its corpus beside it; the lock in it was left by a machine that is gone."""
    shutil.copytree(DATA / request.param, tmp_path / "kept")
    folder = RunFolder.open(tmp_path / "kept" / "run")
    lock = folder.path / "lock.json"
    os.utime(lock, (0, 0))
    change(folder, with_settings(folder.config(), [f"corpus.path='{tmp_path / 'kept' / 'corpus.csv'}'"]))
    return folder


def test_every_file_says_its_format(kept: RunFolder) -> None:
    for path in kept.path.rglob("*"):
        text = path.read_text(encoding="utf-8", errors="replace")[:4_000] if path.is_file() else ""
        if path.suffix in (".json", ".jsonl"):
            assert '"format":1' in text.replace(" ", ""), path
        elif path.suffix == ".toml":
            assert "version = 1" in text, path


def test_an_earlier_run_is_read(kept: RunFolder) -> None:
    assert kept.state() == "stopped"
    assert kept.notes()
    assert (kept.config().name, kept.config().model.hidden_size) == ("kept", 8)
    events = list(kept.events())
    assert isinstance(events[0], ev.Note | ev.RunStarted)
    assert isinstance(events[-1], ev.Stopped)
    lines = kept.log_path.read_text(encoding="utf-8").splitlines()
    assert len(events) == len(lines) - 1  # every event is known; the first line is the log's own
    assert [stage["name"] for stage in summary(kept)["stages"]] == ["language model"]
    assert read_record(kept.path / "environment.json")["torch"]
    every = Checkpoints(kept.checkpoints).all()
    assert [info.finished for info in every] == [True, False]
    assert all(Checkpoints(kept.checkpoints).verify(info.name) for info in every)


def test_an_earlier_run_goes_on_to_its_end(kept: RunFolder) -> None:
    said = list(Run(kept).events(resume=True))
    assert isinstance(said[-1], ev.Finished), said[-1]
    assert next(event.total for event in said if isinstance(event, ev.Step)) > 1


def test_a_run_from_before_there_was_a_record_of_its_texts_goes_on(kept: RunFolder) -> None:
    record = kept.path / "corpus.json"
    (kept.path / "corpus.txt").write_text(read_record(record)["corpus"])
    record.unlink()
    (kept.path / "lock.json").unlink()
    assert isinstance(list(Run(kept).events(resume=True))[-1], ev.Finished)


def test_an_earlier_lock_is_understood(kept: RunFolder) -> None:
    os.utime(kept.path / "lock.json")
    assert kept.state() == "running"
    with pytest.raises(RunBusyError, match="a machine that is gone"):
        next(Run(kept).events(resume=True))


@pytest.mark.parametrize("name", KEPT)
def test_an_earlier_model_opens(name: str) -> None:
    bundle = load_bundle(DATA / name / "model.ulmfit")
    assert bundle.labels == ("fruit", "tool")
    assert set(bundle.classifiers()) == {"forward"}
