"""A run that comes from elsewhere: whatever stands in one of its files breaks neither the rest of it nor other runs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from ulmengine.config import RunConfig
from ulmengine.events import EVENTS, Event, Stopped, from_json, to_json
from ulmengine.record import CheckpointError, RunFolder, find_runs, owner_of
from ulmengine.record.listing import run_line
from ulmengine.record.records import read_record
from ulmengine.training import Checkpoints, Snapshot

DEEP = "[" * 200_000


def written(path: Path, record: dict[str, Any]) -> Path:
    """A record with its right checksum, as anybody can make one."""
    body = json.dumps(record, separators=(",", ":"))
    path.write_text(f'{{"sha256":"{hashlib.sha256(body.encode()).hexdigest()}","record":{body}}}')
    return path


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    (tmp_path / "run").mkdir()
    there = Checkpoints(tmp_path / "run" / "checkpoints")
    for total in (1, 2):
        there.save(Snapshot("epoch", 0, total, False, False, {"model.a": torch.ones(2)}, {}, {"epoch": 1}))
    return there


def record_of(checkpoints: Checkpoints, name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((checkpoints.folder / f"{name}.json").read_text())["record"]
    return record


@pytest.mark.parametrize("changed", [
    {"name": "../../outside"}, {"name": "000001-epoch"}, {"name": 7}, {"sequence": "2"}, {"stage": [0]},
    {"total": None}, {"metrics": []}, {"files": ["x"]}, {"extra": "log"}, {"format": "1"}, {"saved_at": "now"},
    {"extra": {"log": -7}}, {"extra": {"log": "x"}}, {"extra": {"log": 1 << 70}}, {"extra": {"changes": 0.5}},
    {"stage": -1}, {"total": -5}, {"epoch": 10**30},
])
def test_a_record_that_is_not_what_it_should_be_is_passed_over(
    checkpoints: Checkpoints, changed: dict[str, object]
) -> None:
    outside = checkpoints.folder.parent.parent / "outside.json"
    outside.write_text("{}")
    first, second = (info.name for info in checkpoints.all())
    written(checkpoints.folder / f"{second}.json", {**record_of(checkpoints, second), **changed})
    assert [info.name for info in checkpoints.all()] == [first]
    assert not checkpoints.verify(second)
    with pytest.raises(CheckpointError):
        checkpoints.load(second)
    latest = checkpoints.latest()
    assert latest is not None
    assert latest.name == first
    checkpoints.drop_after(first)
    checkpoints.drop_all()
    assert outside.exists()


@pytest.mark.parametrize("entry", [
    {"file": "/dev/zero", "bytes": 0}, {"file": "../../secret", "bytes": 3}, {"file": "a\\b", "bytes": 3},
    {"file": "..", "bytes": 3}, {"file": 3, "bytes": 3}, {"file": "a", "bytes": -1}, {"file": "a", "bytes": 1 << 50},
    {"file": "a"},
])
def test_a_record_names_files_of_its_own_folder_only(checkpoints: Checkpoints, entry: dict[str, object]) -> None:
    first, second = (info.name for info in checkpoints.all())
    record = record_of(checkpoints, second)
    record["files"]["state"] = {"sha256": "0" * 64, **entry}
    written(checkpoints.folder / f"{second}.json", record)
    assert [info.name for info in checkpoints.all()] == [first]
    with pytest.raises(CheckpointError, match="files"):
        checkpoints.info(second)


def test_a_device_in_place_of_a_file_is_not_read(checkpoints: Checkpoints) -> None:
    name = checkpoints.all()[0].name
    record = record_of(checkpoints, name)
    record["files"]["state"] |= {"file": "endless", "bytes": 0}
    (checkpoints.folder / "endless").symlink_to("/dev/zero")
    written(checkpoints.folder / f"{name}.json", record)
    assert not checkpoints.verify(name)


def test_a_name_that_leads_elsewhere_is_no_checkpoint(checkpoints: Checkpoints) -> None:
    first = checkpoints.all()[0].name
    (checkpoints.folder.parent / f"{first}.json").write_bytes((checkpoints.folder / f"{first}.json").read_bytes())
    with pytest.raises(CheckpointError):
        checkpoints.info(f"../{first}")


@pytest.mark.parametrize("text", [DEEP, "{", '{"format": "x"}', "[1]", '{"format": 1e999}'])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    read_record(tmp_path / "a.json")
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    assert read_record(tmp_path / "endless.json") == {}


@pytest.mark.parametrize("lock", [
    DEEP, '{"pid": 1e999, "started": 0, "host": "a"}', '{"pid": [1], "started": 0, "host": "a"}',
    f'{{"pid": {"9" * 30}, "started": 0, "host": "a"}}', '{"pid": -1, "started": 0, "host": "a"}',
])
def test_a_lock_that_says_nothing_sensible_is_nobodys(tmp_path: Path, lock: str) -> None:
    (tmp_path / "lock.json").write_text(lock)
    assert owner_of(tmp_path / "lock.json") is None


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_with_a_field_of_another_kind_is_refused(kind: str) -> None:
    odd = {"type": kind, **dict.fromkeys(EVENTS[kind].__dataclass_fields__, object())}
    with pytest.raises(TypeError):
        from_json(odd)


@pytest.mark.parametrize("line", [
    DEEP, '{"type":["stopped"],"total":1}', '{"type":"stopped","total":"x"}', '{"type":"stopped"}', "[]", "null",
    '{"type":"step","stage":0,"epoch":1,"step":1,"total":1,"loss":"low","lrs":[],"grad_norm":1,"tokens":1,"seconds":1}',
    '{"type":"run_started","stages":[3]}', '{"type":"stage_started","groups":7,"name":[]}',
    f'{{"type":"stopped","total":1,"at":{"9" * 400}}}',
])
def test_a_line_of_a_log_breaks_neither_its_run_nor_the_list_of_all(tmp_path: Path, line: str) -> None:
    said: list[Event] = [Stopped(1), Stopped(2)]
    for name in ("good", "odd"):
        folder = RunFolder.create(tmp_path / name, RunConfig(name=name))
        with folder.open_log() as log:
            log.append(said[0])
        with folder.log_path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n" if name == "odd" else "")
        with folder.open_log() as log:
            log.append(said[1])
    found = [event for event in RunFolder(tmp_path / "odd").events() if to_json(event) in map(to_json, said)]
    assert found[0] == said[0]
    assert found[-1] == said[1]
    runs = find_runs(tmp_path)
    assert [(run.name, run.state) for run in map(run_line, runs)] == [("good", "stopped"), ("odd", "stopped")]


HEAD = '{"type":"log","format":1}\n'
"""What a log begins with, before any event."""


@pytest.mark.parametrize(("log", "said"), [
    ("no events\n", True), ("\0" * 2_000_000, True), (DEEP + "\n", True), ("[1]\n\0\0", True),
    (HEAD + "no events\n", True), (HEAD + "\0" * 2_000_000, True), (HEAD + '{"type":"unknown"}\n', True),
    (HEAD, False), (HEAD + '{"type":"run_sta', False), (HEAD + "\0" * 500, False),
    ("", False), ('{"type":"run_sta', False), ("\0" * 500, False), (json.dumps(to_json(Stopped(3))) + "\n", False),
])
def test_a_run_whose_log_cannot_be_read_is_not_called_new(tmp_path: Path, log: str, said: bool) -> None:
    """One that has written nothing yet is, or whose process died in writing, or as its texts were prepared."""
    folder = RunFolder.create(tmp_path / "run", RunConfig())
    folder.log_path.write_text(log)
    line = run_line(folder)
    assert ("cannot be read" in line.problem) is said
    assert (line.state is None) is said
