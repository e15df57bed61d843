"""Who has the machine: work that needs it as a run does gives way to a run that is to begin."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from ulmengine.plan.control import Move, commands

from .job import Job
from .run_service import RunService


class Claims(QObject):
    """Jobs that need the machine to themselves, and the beginning of a run that waits for their ends.

    Both draw from torch's one source of random numbers, so that neither may go on beside the other.
    """

    gaveUp = Signal(str)
    """A job is given up, in the words that it was claimed with."""

    def __init__(self, run: RunService, parent: QObject) -> None:
        super().__init__(parent)
        self._run = run
        self._claims: dict[Job, str] = {}
        self._waiting: Callable[[], None] | None = None

    def claim(self, job: Job, given_up: str) -> None:
        """``job`` needs the machine; ``given_up`` is said should a run take it from it."""
        self._claims[job] = given_up
        job.ended.connect(self._ended)

    def when_free(self, start: Callable[[], None]) -> None:
        """Give up every job that claims the machine, and ``start`` the run when they have ended."""
        self._waiting = start
        for job, given_up in self._claims.items():
            job.cancel()
            self.gaveUp.emit(given_up)
        self._begin()

    def drop(self) -> None:
        """What waits to begin is wanted no more."""
        self._waiting = None

    @Slot()
    def _ended(self) -> None:
        job = self.sender()
        if isinstance(job, Job):
            self._claims.pop(job, None)
        self._begin()

    def _begin(self) -> None:
        start = self._waiting
        if start is not None and not self._claims:
            self._waiting = None
            if Move.START in commands(self._run.state):
                start()
