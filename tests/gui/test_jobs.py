from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Generator

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.engine.job import Job, run_job, shutdown_jobs
from studio.pages.parts.jobbar import JobBar
from ulmengine.events import Event, Failed, Progress

closed = threading.Event()


def counting() -> Generator[Event, None, int]:
    for n in range(3):
        yield Progress(f"task {n}", n, 3)
    return 42


def endless() -> Generator[Event, None, None]:
    try:
        while True:
            time.sleep(0.005)
            yield Progress("forever", 0, 0)
    finally:
        closed.set()


def failing() -> Generator[Event, None, None]:
    yield Progress("begun", 0, 0)
    raise ValueError("the file is empty")


def test_a_job_says_what_it_does_and_returns(qtbot: QtBot) -> None:
    parent = QObject()
    job = run_job(parent, counting)
    heard: list[Event] = []
    job.events.connect(heard.extend)
    returned: list[object] = []
    job.finished.connect(returned.append)
    with qtbot.waitSignal(job.ended, timeout=5000):
        pass
    assert returned == [42]
    assert [event.task for event in heard if isinstance(event, Progress)] == ["task 0", "task 1", "task 2"]
    assert not job.running


def asking() -> Generator[Event, None, str]:
    yield Progress("asking", 0, 0)
    return threading.current_thread().name


def test_python_does_not_keep_a_note_of_a_thread_that_is_gone(qtbot: QtBot) -> None:
    parent = QObject()
    before = threading.active_count()
    for _ in range(3):
        with qtbot.waitSignal(run_job(parent, asking).ended, timeout=5000):
            pass
    assert threading.active_count() == before


def test_a_failing_job_tells_a_record(qtbot: QtBot) -> None:
    parent = QObject()
    job = run_job(parent, failing)
    with qtbot.waitSignal(job.failed, timeout=5000) as blocker:
        pass
    record = blocker.args[0]
    assert isinstance(record, Failed)
    assert (record.cause, record.title) == ("data", "the file is empty")


def test_a_cancelled_job_closes_its_generator_and_says_nothing_more(qtbot: QtBot) -> None:
    parent = QObject()
    closed.clear()
    job = run_job(parent, endless)
    late: list[object] = []
    job.finished.connect(late.append)
    job.failed.connect(late.append)
    with qtbot.waitSignal(job.events, timeout=5000):
        pass
    with qtbot.waitSignal(job.ended, timeout=5000):
        job.cancel()
    assert closed.is_set()
    assert late == []


def test_the_window_ends_all_jobs(qtbot: QtBot) -> None:
    parent = QObject()
    jobs = [run_job(parent, endless) for _ in range(3)]
    assert shutdown_jobs(5.0)
    assert not any(job.running for job in jobs)


def test_a_job_that_begins_when_another_ends_is_ended_too(qtbot: QtBot) -> None:
    parent = QObject()
    later: list[Job] = []
    run_job(parent, endless).ended.connect(lambda: later.append(run_job(parent, endless)))
    assert shutdown_jobs(5.0)
    assert len(later) == 1
    assert not later[0].running


STUCK = """
import sys, threading, time
from PySide6.QtCore import QCoreApplication
from studio.engine.job import leave, run_job, shutdown_jobs
begun = threading.Event()
def stuck():
    begun.set()
    time.sleep(60)
    yield None
app = QCoreApplication([])
run_job(app, stuck)
begun.wait(10)
print("told", shutdown_jobs(0.05))
sys.exit(leave(3))
"""


def test_leaving_past_a_job_that_does_not_end_is_no_crash() -> None:
    done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout) == (3, "told False\n")
    assert "QThread" not in done.stderr


def test_a_job_ends_with_its_parent(qtbot: QtBot) -> None:
    parent = QObject()
    job = run_job(parent, endless)
    with qtbot.waitSignal(job.ended, timeout=5000):
        parent.deleteLater()


def test_how_far_the_work_is_can_be_read_whole_in_the_width_that_is_asked_for(qtbot: QtBot) -> None:
    shown = JobBar()
    qtbot.addWidget(shown)
    shown.begin("Classifying texts  ·  1,234,567 / 12,345,678 texts  ·  12 min 30 s left")
    shown.resize(shown.sizeHint())
    shown.show()
    assert shown.text.isVisible()
    assert shown.text.width() >= shown.text.sizeHint().width()
    assert shown.bar.width() >= 72


def test_the_line_of_a_job_is_as_high_before_and_after_as_while_it_works(qtbot: QtBot) -> None:
    bar = JobBar()
    qtbot.addWidget(bar)
    bar.show()
    before = bar.sizeHint().height(), bar.minimumHeight()
    bar.begin("Reading")
    assert max(bar.sizeHint().height(), bar.minimumHeight()) == max(before)
    bar.done("324 documents")
    assert max(bar.sizeHint().height(), bar.minimumHeight()) == max(before)
