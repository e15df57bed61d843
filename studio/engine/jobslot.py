"""Room for one background job of a kind: a new one takes the place of the one before."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from .job import Job, Work, run_job

Listener = Callable[..., object] | SignalInstance | None


class JobSlot(QObject):
    """Runs one job at a time; whatever the job before would still have said is never heard."""

    events = Signal(object)
    """A list of events, in the window's thread."""
    finished = Signal(object)
    """What the generator returned."""
    failed = Signal(object)
    """A :class:`ulmengine.events.Failed`."""

    def __init__(self, parent: QObject, finished: Listener = None, failed: Listener = None) -> None:
        """``finished``, ``failed``: what the signals of these names are connected with."""
        super().__init__(parent)
        self._job: Job | None = None
        if finished is not None:
            self.finished.connect(finished)
        if failed is not None:
            self.failed.connect(failed)

    @property
    def running(self) -> bool:
        return self._job is not None

    def start(self, make: Work) -> None:
        """Carry out ``make``'s generator in the background, in place of the job under way."""
        self.cancel()
        job = run_job(self, make)
        self._job = job
        job.events.connect(self.events)
        job.finished.connect(self._finished)
        job.failed.connect(self._failed)

    @Slot()
    def cancel(self) -> None:
        """End the job under way; nothing more is heard of it."""
        job, self._job = self._job, None
        if job is not None:
            job.events.disconnect(self.events)
            job.finished.disconnect(self._finished)
            job.failed.disconnect(self._failed)
            job.cancel()

    @Slot(object)
    def _finished(self, result: object) -> None:
        self._job = None
        self.finished.emit(result)

    @Slot(object)
    def _failed(self, failure: object) -> None:
        self._job = None
        self.failed.emit(failure)
