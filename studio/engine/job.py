"""Any other long piece of work (an import, an audit, a range test, a prediction): a generator on its own thread."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from ulmengine.events import Event, Failed
from ulmengine.record.failures import describe, release_memory

from .background import BackgroundThread
from .mailbox import Mailbox
from .run_service import AT_ONCE, TICK

Work = Callable[[], Generator[Event, None, Any]]


class Job(QObject):
    """One generator carried out in the background; all signals come in the window's thread.

    Exactly one of :attr:`finished` and :attr:`failed` comes at the end, neither after :meth:`cancel`;
    :attr:`ended` always comes last.
    """

    events = Signal(object)  # list[Event]
    finished = Signal(object)  # what the generator returned
    failed = Signal(object)  # a Failed record
    ended = Signal()

    def __init__(self, make: Work) -> None:
        super().__init__()
        self._box = Mailbox()
        self._errand = _Errand(make, self._box)
        self._thread = BackgroundThread(self._errand, "job")
        self._thread.ended.connect(self._thread_ended)
        self._over = False
        self._timer = QTimer(self, interval=TICK)
        self._timer.timeout.connect(self._look)

    @property
    def running(self) -> bool:
        return self in _RUNNING

    def start(self) -> None:
        """Begin; the job keeps itself alive until it has ended."""
        _RUNNING.add(self)
        self._thread.start()
        self._timer.start()

    @Slot()
    def cancel(self) -> None:
        """Close the generator before its next event; nothing but :attr:`ended` comes any more."""
        self._errand.cancelled.set()
        self._box.release()

    def wait(self, milliseconds: int) -> bool:
        """Wait for the end that long at most; True if it has ended."""
        return self._thread.wait(milliseconds)

    @Slot()
    def _look(self) -> None:
        events = self._box.take(AT_ONCE)
        if events and not self._errand.cancelled.is_set():
            self.events.emit(events)

    @Slot()
    def _thread_ended(self) -> None:
        while len(self._box):
            self._look()
        self._timer.stop()
        _RUNNING.discard(self)
        errand = self._errand
        if errand.failure is not None:
            release_memory()
        if not errand.cancelled.is_set():
            if errand.failure is not None:
                self.failed.emit(errand.failure)
            else:
                self.finished.emit(errand.result)
        self.ended.emit()


def run_job(parent: QObject, make: Work) -> Job:
    """Start ``make``'s generator in the background; it is cancelled when ``parent`` goes away.

    Connect to the job's signals right after: none comes before the window's loop turns again.
    """
    job = Job(make)
    parent.destroyed.connect(job.cancel)
    job.start()
    return job


def shutdown_jobs(timeout_s: float) -> bool:
    """Cancel every job, those too that begin when another ends, and wait for their ends; True if all came in time."""
    deadline = time.monotonic() + timeout_s
    while _RUNNING:
        running = list(_RUNNING)
        for job in running:
            job.cancel()
        for job in running:
            job.wait(max(1, int((deadline - time.monotonic()) * 1000)))
        if time.monotonic() >= deadline:
            break
    return not _RUNNING


def leave(code: int) -> int:
    """The last thing that the program does: return ``code``, or end the process with it while a job does not end.

    Qt would abort it, as a crash, for a thread that still runs. Nothing is lost: files are written whole or not at all.
    """
    if _RUNNING:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # as in a program without a terminal on Windows
                stream.flush()
        os._exit(code)
    return code


_RUNNING: set[Job] = set()


class _Errand:
    """What the worker does."""

    def __init__(self, make: Work, box: Mailbox) -> None:
        self._make, self._box = make, box
        self.cancelled = threading.Event()
        self.failure: Failed | None = None
        self.result: Any = None

    def __call__(self) -> None:
        self.failure = self._carry_out()

    def _carry_out(self) -> Failed | None:
        try:
            work = self._make()
            try:
                while not self.cancelled.is_set():
                    self._box.put(next(work))
            except StopIteration as end:
                self.result = end.value
            finally:
                work.close()
        except BaseException as error:  # crosses to the window as a record, never as an object
            record = describe(error)
            traceback.clear_frames(error.__traceback__)
            return record
        return None
