"""A run on a disk that really is full."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from tests.runs.made import tiny_run
from ulmengine import events as ev
from ulmengine.models import load_bundle
from ulmengine.plan import RunControl, RunState, drive
from ulmengine.record import RunFolder
from ulmengine.runs import Run
from ulmengine.training import Checkpoints

# Small steps of a page, so that the disk is full to the last byte whatever the file system keeps for itself.
PAGE = 4_096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(path: Path) -> None:
    """Write ``path`` until not a byte more fits on its disk."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(PAGE)):
            pass


@pytest.mark.parametrize("place", ["checkpoint", "log"])
def test_a_full_disk_pauses_the_run_and_it_goes_on_when_there_is_room(tmp_path: Path, disk: Path, place: str) -> None:
    whole = tiny_run(tmp_path / "whole")
    list(Run(whole, cache=tmp_path / "cache").events())
    folder = RunFolder.create(disk / "run", whole.config())
    control, ballast, full = RunControl(), disk / "ballast", []

    def go_on() -> None:
        while control.state is not RunState.PAUSED:
            time.sleep(0.01)
        # What was saved before is whole, while the disk still is full.
        every = Checkpoints(folder.checkpoints).all()
        full.append([Checkpoints(folder.checkpoints).verify(info.name) for info in every])
        ballast.unlink()
        control.resume()

    def sink(event: ev.Event) -> None:
        if isinstance(event, ev.StageEnded) and event.index == 0 and place == "checkpoint":
            fill(ballast)
            # Room for the log to go on to the next checkpoint, which has a hundred times this size.
            os.truncate(ballast, ballast.stat().st_size - 2 * PAGE)
        if isinstance(event, ev.Step) and event.stage == 1 and place == "log" and not ballast.exists() and not full:
            fill(ballast)
        if isinstance(event, ev.SaveFailed):
            threading.Thread(target=go_on).start()

    drive(Run(folder, cache=tmp_path / "cache").events(), control, sink)
    assert control.state is RunState.FINISHED
    [verified] = full
    assert verified
    assert all(verified)
    ours, theirs = load_bundle(folder.model_path).state, load_bundle(whole.model_path).state
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    steps = [event.total for event in folder.events() if isinstance(event, ev.Step)]
    assert steps == [event.total for event in whole.events() if isinstance(event, ev.Step)]


def test_who_stops_while_the_disk_is_full_is_told_and_loses_nothing_saved(tmp_path: Path, disk: Path) -> None:
    folder = tiny_run(disk / "run")
    events = Run(folder, cache=tmp_path / "cache").events()
    next(event for event in events if isinstance(event, ev.Checkpointed))
    for event in events:
        if isinstance(event, ev.Step):
            break
    fill(disk / "ballast")
    with pytest.raises(ValueError, match="The disk is full"):
        events.close()
    assert all(Checkpoints(folder.checkpoints).verify(info.name) for info in Checkpoints(folder.checkpoints).all())
    (disk / "ballast").unlink()
    assert isinstance(list(Run(folder, cache=tmp_path / "cache").events(resume=True))[-1], ev.Finished)


def test_who_stops_while_the_disk_is_full_is_held_and_stops_or_goes_on_when_there_is_room(
    tmp_path: Path, disk: Path
) -> None:
    folder = tiny_run(disk / "run")
    one, control, ballast = Run(folder, cache=tmp_path / "cache"), RunControl(), disk / "ballast"
    control.put_down = one.put_down
    told: list[ev.SaveFailed] = []

    def stop_once_more() -> None:
        while control.state is not RunState.PAUSED:
            time.sleep(0.01)
        if len(told) == 2:  # the first time for nothing: there is no more room than before
            ballast.unlink()
        control.stop()

    def sink(event: ev.Event) -> None:
        if isinstance(event, ev.Step) and event.total == 5:
            fill(ballast)
            control.stop()
        if isinstance(event, ev.SaveFailed):
            told.append(event)
            threading.Thread(target=stop_once_more).start()

    drive(one.events(), control, sink)
    assert control.state is RunState.STOPPED
    assert [event.stopping for event in told] == [True, True]
    latest = Checkpoints(folder.checkpoints).latest()
    assert latest is not None
    assert (latest.reason, latest.total) == ("stop", 5)
    assert folder.state() is RunState.STOPPED
    events = list(Run(folder, cache=tmp_path / "cache").events(resume=True))
    assert isinstance(events[-1], ev.Finished)
    steps = [event.total for event in folder.events() if isinstance(event, ev.Step)]
    assert steps == list(range(1, len(steps) + 1))
