"""How long a log of many events takes to open, to go on with and to read: ``python -m tests.runs.long_log [STEPS]``."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ulmengine import events as ev
from ulmengine.config import RunConfig
from ulmengine.record import EventLog, LogFollower, RunFolder, summary

EVERY = 10_000
"""Steps in a stage."""


def write(folder: RunFolder, steps: int) -> None:
    with folder.open_log() as log:
        for total in range(1, steps + 1):
            stage = (total - 1) // EVERY
            if total % EVERY == 1:
                log.append(ev.StageStarted(stage, f"stage {stage + 1}", ("a", "b"), 1, 1, EVERY))
            log.append(ev.Step(stage, 1, total, total, 2.5 + 1 / total, (1e-3, 2e-3, 3e-3, 4e-3), 0.25, 640, 0.0123))
        log.append(ev.Stopped(steps))


def told(name: str, work: Callable[[], object]) -> None:
    began = time.perf_counter()
    found = work()
    seconds, peak = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024
    print(f"{name:32} {seconds:8.3f} s   {found}   (peak {peak} MB)", flush=True)  # noqa: T201


def main(steps: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder.create(Path(place) / "run", RunConfig())
        told("written", lambda: write(folder, steps))
        told("megabytes", lambda: folder.log_path.stat().st_size / 1e6)
        told("state, as Home shows it", folder.state)
        told("opened to be added to", lambda: EventLog(folder.log_path).close())
        told("summary, as runs DIR shows it", lambda: summary(folder)["type"])
        told("stages begun, to go on", lambda: sum(1 for _ in folder.events(ev.StageStarted)))
        told("every event, one by one", lambda: sum(1 for _ in folder.events()))
        follower = LogFollower(folder.log_path)
        told("followed, all of it", lambda: len(follower.poll()))
        told("followed, nothing new", lambda: len(follower.poll()))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
