"""A disk that is full, a log that was cut short, checkpoints that cannot be read: nothing is lost."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.runs.made import tiny_run
from ulmengine import events as ev
from ulmengine.config import ConfigError
from ulmengine.corpus import CorpusError
from ulmengine.models import ModelError
from ulmengine.plan.errors import CannotBeginError
from ulmengine.record import RunFolder, RunFolderError
from ulmengine.record.failures import cause_of, describe
from ulmengine.record.log import EventLog, LogFollower, read_events
from ulmengine.runs import Run, run
from ulmengine.training import session


def step(total: int) -> ev.Step:
    return ev.Step(0, 1, total, total, 1.0, (0.1,), 0.5, 10, 0.01)


class Narrow:
    """A file with room for so many bytes."""

    def __init__(self, file: object, room: int) -> None:
        self._file, self.room = file, room

    def write(self, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = data[: self.room]
        self.room -= len(part)
        return int(self._file.write(part))  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


def test_half_a_line_does_not_stay_in_the_log(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.append(step(1))
    before = log.length
    narrow = Narrow(log._file, 20)
    log._file = narrow  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        log.append(step(2))
    assert log.length == before
    narrow.room = 10_000
    log.append(step(3))
    log.close()
    assert [event.total for event, _ in read_events(log.path) if isinstance(event, ev.Step)] == [1, 3]


def test_a_log_shorter_than_remembered_is_not_filled_with_zeros(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.append(step(1))
    log.cut(log.length + 1_000)
    log.append(step(2))
    log.close()
    assert b"\0" not in log.path.read_bytes()
    assert [event.total for event, _ in read_events(log.path) if isinstance(event, ev.Step)] == [1, 2]


def test_a_follower_notices_a_log_that_was_cut_and_has_grown_since(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.append(step(1))
    end = log.length
    log.append(step(2))
    follower = LogFollower(log.path)
    assert len(follower.poll()) == 2
    log.cut(end)
    for total in (20, 30, 40):
        log.append(step(total))
    log.close()
    assert [event.total for event in follower.poll() if isinstance(event, ev.Step)] == [1, 20, 30, 40]
    assert follower.restarts == 1
    assert follower.poll() == []
    assert follower.restarts == 1


def test_a_run_waits_while_its_log_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "RETRY_S", 0.0)
    folder = tiny_run(tmp_path / "run")
    append, refused = EventLog.append, []

    def sometimes(self: EventLog, event: ev.Event) -> None:
        if isinstance(event, ev.Step) and event.total == 4 and len(refused) < 2:
            refused.append(event)
            raise OSError(errno.ENOSPC, "No space left on device")
        append(self, event)

    monkeypatch.setattr(EventLog, "append", sometimes)
    said = list(Run(folder).events())
    assert isinstance(said[-1], ev.Finished)
    assert sum(isinstance(event, ev.SaveFailed) for event in said) == 2
    totals = [event.total for event in folder.events() if isinstance(event, ev.Step)]
    assert totals == list(range(1, len(totals) + 1))
    assert not any(isinstance(event, ev.SaveFailed) for event in folder.events())


@pytest.mark.parametrize("harm", ["newer", "damaged"])
def test_resuming_never_empties_what_it_cannot_read(tmp_path: Path, harm: str) -> None:
    folder = tiny_run(tmp_path / "run")
    list(Run(folder).events())
    for path in folder.checkpoints.glob("*.json"):
        record = json.loads(path.read_text())["record"] | ({"format": 99} if harm == "newer" else {})
        body = json.dumps(record, separators=(",", ":"))
        digest = hashlib.sha256(body.encode()).hexdigest() if harm == "newer" else "0" * 64
        path.write_text(f'{{"sha256":"{digest}","record":{body}}}')
    before = {path: path.read_bytes() for path in (folder.log_path, *folder.checkpoints.iterdir())}
    last = list(Run(RunFolder(folder.path)).events(resume=True))[-1]
    assert isinstance(last, ev.Failed)
    assert ("newer version" if harm == "newer" else "changed") in last.title
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(("harm", "title", "kept"), [
    ("bytes", "every checkpoint in", ""), ("records", "the records of its checkpoints", ""),
    ("file", "is a file", ""), ("newest", "corpus.csv", "Everything up to step"),
])
def test_of_checkpoints_that_cannot_be_read_it_is_not_said_that_there_were_none(
    tmp_path: Path, harm: str, title: str, kept: str
) -> None:
    folder = tiny_run(tmp_path / "run")
    run = Run(folder).events()
    next(event for event in run if isinstance(event, ev.StageStarted) and event.index == 1)
    run.close()
    log = folder.log_path.read_bytes()
    if harm == "file":
        shutil.rmtree(folder.checkpoints)
        folder.checkpoints.write_text("nothing")
    elif harm == "newest":  # there are others
        (tmp_path / "corpus.csv").unlink()
        shutil.rmtree(folder.cache)
        for path in sorted(folder.checkpoints.glob("0*.safetensors"))[-1:]:
            path.write_bytes(bytes(path.stat().st_size))
    else:
        for path in folder.checkpoints.glob("*.safetensors" if harm == "bytes" else "*.json"):
            path.write_bytes(bytes(path.stat().st_size)) if harm == "bytes" else path.unlink()
    last = list(Run(folder).events(resume=True))[-1]
    assert isinstance(last, ev.Failed)
    assert title in last.title
    assert last.kept.startswith(kept) if kept else not last.kept
    assert folder.log_path.read_bytes()[:len(log)] == log
    # A run that can be mended by bringing the corpus back stands as it did; the others have failed, and say so once.
    assert folder.state() == ("stopped" if harm == "newest" else "failed")
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Failed)
    assert len(list(folder.events(ev.Failed))) == (harm != "newest")


def test_checkpoints_that_are_brought_back_are_gone_on_from(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    run = Run(folder).events()
    next(event for event in run if isinstance(event, ev.StageStarted) and event.index == 1)
    run.close()
    folder.checkpoints.rename(tmp_path / "backup")
    folder.checkpoints.write_text("nothing")
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Failed)
    folder.checkpoints.unlink()
    (tmp_path / "backup").rename(folder.checkpoints)
    assert isinstance(list(Run(folder).events(resume=True))[-1], ev.Finished)
    assert not list(folder.events(ev.Failed))


def test_a_run_that_never_saved_says_that_nothing_was_trained(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run", "language_model.epochs=0", "classifier.epochs=[0]")
    last = list(Run(folder).events())[-1]
    assert isinstance(last, ev.Failed)
    assert last.kept == "Nothing had been trained long enough to be saved."


def test_checkpoints_that_cannot_be_written_are_told_without_a_number(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run")
    last: ev.Event | None = None
    for last in Run(folder).events():
        if isinstance(last, ev.StageStarted) and last.index == 0:
            shutil.rmtree(folder.checkpoints, ignore_errors=True)
            folder.checkpoints.write_text("nothing")
    assert isinstance(last, ev.Failed)
    assert last.title == f"File exists: {folder.checkpoints}"
    assert describe(OSError(5, "Input/output error")).title == "[Errno 5] Input/output error"
    assert describe(OSError("it is not there")).title == "it is not there"
    assert describe(RunFolderError("none [here]: /a")).title == "none [here]: /a"


def test_a_full_disk_is_known_under_what_was_made_of_it() -> None:
    wrapped = ValueError("the model cannot be written")
    wrapped.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert cause_of(wrapped) == "disk_full"
    assert cause_of(ValueError("another")) == "data"


def moved_away(tmp_path: Path, when: type[ev.Event], *, put_back: bool) -> tuple[list[ev.Event], RunFolder]:
    """What a run says whose project is renamed at its first event of that kind; at the third complaint it is renamed
    back, or else the run is closed."""
    folder = tiny_run(tmp_path / "project" / "runs" / "one")
    away, said = tmp_path / "renamed", list[ev.Event]()
    events = Run(folder, cache=tmp_path / "cache").events()
    for event in events:
        if isinstance(event, when) and not away.exists() and not any(isinstance(one, ev.SaveFailed) for one in said):
            (tmp_path / "project").rename(away)
        said.append(event)
        if isinstance(event, ev.SaveFailed):
            assert not (tmp_path / "project").exists()  # nothing is made anew in its place
            if sum(isinstance(one, ev.SaveFailed) for one in said) == 3:
                if put_back:
                    away.rename(tmp_path / "project")
                else:
                    with pytest.raises(RunFolderError, match="folder is gone"):
                        events.close()
    return said, folder


@pytest.mark.parametrize("when", [ev.Step, ev.StageEnded, ev.RunStarted])
def test_a_run_whose_folder_was_moved_waits_and_goes_on_once_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: type[ev.Event]
) -> None:
    monkeypatch.setattr(run, "RETRY_S", 0.0)
    monkeypatch.setattr(session, "RETRY_S", 0.0)
    (tmp_path / "project" / "runs").mkdir(parents=True)
    said, folder = moved_away(tmp_path, when, put_back=True)
    complaints = [event for event in said if isinstance(event, ev.SaveFailed)]
    assert {event.cause for event in complaints} == {"folder_gone"}
    assert str(folder.path) in complaints[0].text
    assert isinstance(said[-1], ev.Finished)
    assert folder.model_path.is_file()
    steps = [event.total for event in folder.events() if isinstance(event, ev.Step)]
    assert steps == list(range(1, len(steps) + 1))


def test_a_run_ended_while_its_folder_is_away_can_go_on_once_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "RETRY_S", 0.0)
    monkeypatch.setattr(session, "RETRY_S", 0.0)
    (tmp_path / "project" / "runs").mkdir(parents=True)
    said, folder = moved_away(tmp_path, ev.StageEnded, put_back=False)
    assert isinstance(said[-1], ev.SaveFailed)
    assert not (tmp_path / "project").exists()
    (tmp_path / "renamed").rename(tmp_path / "project")
    assert isinstance(list(Run(folder, cache=tmp_path / "cache").events(resume=True))[-1], ev.Finished)


def test_a_folder_gone_while_the_model_is_saved_is_told_and_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "project" / "runs").mkdir(parents=True)
    folder = tiny_run(tmp_path / "project" / "runs" / "one")
    said: list[ev.Event] = []
    for event in Run(folder, cache=tmp_path / "cache").events():
        said.append(event)
        if isinstance(event, ev.Progress) and event.task == "Working out the intervals":
            (tmp_path / "project").rename(tmp_path / "renamed")
    last = said[-1]
    assert isinstance(last, ev.Failed)
    assert last.cause == "folder_gone"
    assert str(folder.path) in last.title
    assert not (tmp_path / "project").exists()
    (tmp_path / "renamed").rename(tmp_path / "project")
    assert isinstance(list(Run(folder, cache=tmp_path / "cache").events(resume=True))[-1], ev.Finished)


@pytest.mark.parametrize(("error", "cause"), [
    (PermissionError(errno.EACCES, "no"), "files"), (OSError(errno.EROFS, "read only"), "files"),
    (FileNotFoundError(errno.ENOENT, "gone"), "files"), (ConfigError("no such setting"), "files"),
    (ModelError("damaged"), "files"), (RunFolderError("is none"), "files"), (CorpusError("no texts"), "data"),
    (ValueError("another"), "data"), (CannotBeginError("One class.", "Label more."), "data"),
    (OSError(errno.ENOSPC, "full"), "disk_full"), (MemoryError(), "out_of_memory"),
    (ImportError("libarrow.so: failed to map segment from shared object"), "out_of_memory"),
    (RuntimeError("can't start new thread"), "out_of_memory"), (ImportError("no module named 'a'"), "bug"),
])
def test_each_failure_has_a_cause_of_its_own(error: BaseException, cause: str) -> None:
    assert cause_of(error) == cause
