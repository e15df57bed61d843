"""Who is working on a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ulmengine.events import Stopped
from ulmengine.record import RunBusyError, RunFolder, RunLock, lock, owner_of

HOLD = "import sys, time; from pathlib import Path; from ulmengine.record import RunLock\n" \
       "with RunLock(Path(sys.argv[1])): print('held', flush=True); time.sleep(100)"


def foreign(path: Path, silent_s: float) -> None:
    """The lock of a process on another machine that was last heard of so long ago."""
    path.write_text(json.dumps({"format": 1, "pid": 7, "started": 0.0, "host": "cluster-12", "token": "x"}))
    os.utime(path, (time.time() - silent_s,) * 2)


def test_a_live_process_of_this_machine_keeps_others_out(tmp_path: Path) -> None:
    with RunLock(tmp_path / "lock.json"):
        assert owner_of(tmp_path / "lock.json") == os.getpid()
        with pytest.raises(RunBusyError, match="of this machine"), RunLock(tmp_path / "lock.json"):
            pass
    assert not (tmp_path / "lock.json").exists()
    assert owner_of(tmp_path / "lock.json") is None


def test_that_a_run_pauses_is_said_of_the_process_that_holds_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    lock.say_paused(path, True)  # nobody holds it
    assert not list(tmp_path.iterdir())
    with RunLock(path):
        assert not lock.is_paused(path)
        lock.say_paused(path, True)
        assert lock.is_paused(path)
        lock.say_paused(path, False)
        assert not lock.is_paused(path)
        lock.say_paused(path, True)
    assert not lock.is_paused(path)
    with RunLock(path):  # as after a process that was killed as it paused
        assert not lock.is_paused(path)
    foreign(path, silent_s=1)
    assert not lock.is_paused(path)
    (tmp_path / lock.PAUSED).write_bytes(b"\xff")
    assert not lock.is_paused(path)
    lock.say_paused(tmp_path / "gone" / "lock.json", False)


def test_the_lock_of_another_machine_is_told_with_its_name_and_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    foreign(path, silent_s=10)
    with pytest.raises(RunBusyError, match=r"process 7 of the machine cluster-12.*--take-over"), RunLock(path):
        pass
    with RunLock(path, take_over=True):
        assert owner_of(path) == os.getpid()


def test_another_machine_that_is_silent_for_minutes_holds_nobody_back(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    foreign(path, silent_s=lock.SILENT_S + 30)
    assert owner_of(path) is None
    with RunLock(path):
        assert owner_of(path) == os.getpid()


def test_a_held_lock_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BEAT_S", 0.01)
    path = tmp_path / "lock.json"
    with RunLock(path):
        os.utime(path, (0, 0))
        deadline = time.monotonic() + 10
        while path.stat().st_mtime == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert time.time() - path.stat().st_mtime < 60


def test_who_was_taken_over_stops_and_leaves_the_lock_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BEAT_S", 0.01)
    path = tmp_path / "lock.json"
    with RunLock(path) as mine:
        mine.check()
        foreign(path, silent_s=0)
        deadline = time.monotonic() + 10
        while not mine._lost and time.monotonic() < deadline:
            time.sleep(0.01)
        with pytest.raises(RunBusyError, match="taken over"):
            mine.check()
    assert json.loads(path.read_text())["host"] == "cluster-12"


@pytest.mark.parametrize("clock", [0.0, -5_000.0])
def test_a_process_lives_whatever_its_clock_says_and_a_killed_one_does_not(tmp_path: Path, clock: float) -> None:
    """The start time of a process shifts when the machine's clock is set."""
    path = tmp_path / "lock.json"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        values = json.loads(path.read_text())
        assert values["format"] == 1
        with path.open("r+") as file:
            file.write(json.dumps(values | {"started": values["started"] + clock}))
        assert owner_of(path) == process.pid
        with pytest.raises(RunBusyError, match=f"process {process.pid} of this machine"), RunLock(path):
            pass
        process.kill()
        process.wait()
    assert path.exists()
    assert owner_of(path) is None
    with RunLock(path):
        assert owner_of(path) == os.getpid()


def test_the_lock_of_an_earlier_version_goes_by_the_process_start(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    with RunLock(path):
        values = json.loads(path.read_text())
    del values["format"], values["token"]
    path.write_text(json.dumps(values))
    assert owner_of(path) == os.getpid()
    path.write_text(json.dumps(values | {"started": values["started"] - 3_600.0}))
    assert owner_of(path) is None


@pytest.mark.skipif(sys.platform == "win32", reason="links are for administrators there")
@pytest.mark.parametrize("leads_to", ["mine.txt", "nowhere", ""])
@pytest.mark.parametrize("name", ["lock.json", "events.jsonl", "log.txt"])
def test_nothing_of_a_run_is_written_through_a_link(tmp_path: Path, name: str, leads_to: str) -> None:
    """``leads_to``: nothing: it is a folder."""
    (tmp_path / "mine.txt").write_text("mine")
    run = tmp_path / "run"
    run.mkdir()
    if leads_to:
        (run / name).symlink_to(tmp_path / leads_to)
    else:
        (run / name).mkdir()
    folder = RunFolder(run)
    told = "is a link" if leads_to else "is a folder"
    with pytest.raises(OSError, match=told):
        (folder.lock().__enter__ if name == "lock.json" else folder.open_log)()
    if name == "log.txt":
        with pytest.raises(OSError, match=told):
            folder.append_text("a word")
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links are for administrators there")
@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_a_run_behind_a_link_is_written(tmp_path: Path, linked: bool, there: bool) -> None:
    """The run's own folder, or one above it, may be a link: to another disk, say."""
    (tmp_path / "disk" / "run").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "run" if linked else tmp_path / "disk")
    folder = RunFolder(tmp_path / "link" if linked else tmp_path / "link" / "run")
    if there:
        folder.append_text("before")
        folder.lock().path.write_text("{}")
        folder.open_log().close()
    with folder.lock(), folder.open_log() as log:
        log.append(Stopped(1))
        folder.append_text("a word")
        assert owner_of(folder.lock().path) == os.getpid()
    assert list(folder.events()) == [Stopped(1)]
    assert (tmp_path / "disk" / "run" / "log.txt").read_text().endswith("a word\n")
