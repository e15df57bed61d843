"""The event log survives torn lines, can be cut back and followed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ulmengine.config import RunConfig
from ulmengine.events import Finished, Finishing, Note, RunStarted, StageEnded, StageStarted, Step, Stopped
from ulmengine.record.folder import RunFolder, RunFolderError, find_runs, last_event
from ulmengine.record.log import EventLog, LogFollower, read_events

STEP = Step(0, 1, 1, 1, 0.5, (1e-3, 2e-3), 0.1, 640, 0.25)


def events_of(path: Path) -> list[object]:
    return [event for event, _ in read_events(path)]


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        log.append(STEP)
        log.append(Note("déjà vu"))
    assert events_of(path) == [STEP, Note("déjà vu")]


def test_a_torn_last_line_is_passed_over_and_then_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        log.append(STEP)
    with path.open("ab") as file:
        file.write(b'{"type":"note","te')
    assert events_of(path) == [STEP]
    with EventLog(path) as log:
        log.append(Note("after"))
    assert events_of(path) == [STEP, Note("after")]
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


def test_the_log_is_cut_back_to_a_remembered_length(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        log.append(STEP)
        length = log.length
        log.append(Note("lost"))
    with EventLog(path, keep=length) as log:
        log.append(Stopped(1))
    assert events_of(path) == [STEP, Stopped(1)]


def test_a_follower_sees_each_event_once_and_starts_anew_after_a_cut(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    follower = LogFollower(path)
    assert follower.poll() == []
    log = EventLog(path)
    log.append(STEP)
    length = log.length
    assert follower.poll() == [STEP]
    log.append(Note("x" * 1000))
    assert follower.poll() == [Note("x" * 1000)]
    log.close()
    with EventLog(path, keep=length):
        assert follower.poll() == [STEP]


def test_the_last_event_of_a_long_log_is_found(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        for _ in range(3000):
            log.append(STEP)
        log.append(Finished(0.9, 0.8, "m", 3.0))
    assert path.stat().st_size > 262_144
    assert last_event(path) == Finished(0.9, 0.8, "m", 3.0)


def test_events_of_a_newer_version_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"type":"log","format":1}\n{"type":"from_the_future"}\n{"type":"stopped","total":4,"new":1}\n')
    assert events_of(path) == [Stopped(4)]


def test_a_run_folder_tells_its_state(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "a", RunConfig(name="first"))
    assert (folder.state(), folder.config().name) == ("new", "first")
    with folder.open_log() as log:
        log.append(STEP)
        assert folder.state() == "interrupted"
        with folder.lock():
            assert folder.state() == "running"
        log.append(Stopped(1))
    assert folder.state() == "stopped"
    assert find_runs(tmp_path) == [folder]


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    RunFolder.create(tmp_path, RunConfig())
    with pytest.raises(RunFolderError, match="holds a run already"):
        RunFolder.create(tmp_path, RunConfig())
    with pytest.raises(RunFolderError, match="holds no run"):
        RunFolder.open(tmp_path / "elsewhere")


@pytest.mark.parametrize(("lrs", "early"), [([1e-3, 2.6e-3], True), ([2e-3, 2e-3], False)])
def test_what_an_early_log_left_out_is_found_when_it_is_read(tmp_path: Path, lrs: list[float], early: bool) -> None:
    """It told neither a stage's task nor whether a pretrained model began it nor why it ended; finishing early stood in
    a file."""
    plan = [{"task": "language_model", "groups": ["layer 1", "decoder"]}, {"task": "classifier", "groups": ["head"]}]
    step = {"type": "step", "stage": 0, "epoch": 1, "step": 1, "total": 1, "loss": 0.5, "grad_norm": 1.0,
            "tokens": 1, "seconds": 1.0, "lrs": lrs}
    begun = {"type": "stage_started", "unfrozen": 1, "epochs": 1, "steps": 1}
    lines = [
        {"type": "run_started", "name": "old", "device": "cpu", "precision": "float32", "parameters": 1,
         "stages": plan},
        {**begun, "index": 0, "name": "language model", "groups": ["layer 1", "decoder"]}, step,
        {**begun, "index": 1, "name": "classifier: head (backward)", "groups": ["embedding", "head"]},
        *({"type": "stage_ended", "index": n, "name": "a stage", "unfrozen": 1, "epochs": 1, "train_loss": 1.0,
           "valid_loss": 1.0, "metrics": {}, "seconds": 1.0, "skipped": skipped}
          for n, skipped in enumerate((False, True))),
    ]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    if early:
        (tmp_path / "finish.json").write_text('{"format": 1, "early": true}')
    said = events_of(tmp_path / "events.jsonl")
    started = next(event for event in said if isinstance(event, RunStarted))
    assert [stage["pretrained"] for stage in started.stages] == [early, early]
    stages = [event for event in said if isinstance(event, StageStarted)]
    assert [(stage.task, stage.direction) for stage in stages] == [
        ("language_model", "forward"), ("classifier", "backward")]
    assert [event.why for event in said if isinstance(event, StageEnded)] == ["epochs", "asked"]
    assert (Finishing(True) in said) is early
    assert RunFolder(tmp_path).finishing is early
    assert LogFollower(tmp_path / "events.jsonl").poll() == said
