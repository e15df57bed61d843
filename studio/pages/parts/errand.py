"""One piece of background work that a person asked for: a line that says how it goes, a card where it failed."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from studio.engine.job import Work
from studio.engine.jobslot import JobSlot
from studio.widgets import FailureCard
from ulmengine.events import Failed

from .jobbar import JobBar


class Errand(JobSlot):
    """A :class:`JobSlot` with ``bar`` and ``failure``, which the page lays out; the bar is seen while it works."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, self._over, self._say)
        self.bar, self.failure = JobBar(), FailureCard()
        self.bar.hide()
        self.events.connect(self.bar.show_events)
        self.bar.cancelled.connect(self.cancel)

    def begin(self, text: str, make: Work) -> None:
        """Carry out ``make``'s generator; ``text`` says what is done until it says so itself."""
        self.failure.clear()
        self.start(make)
        self.bar.begin(text)
        self.bar.show()

    @Slot()
    def cancel(self) -> None:
        """End the work under way; nothing more is heard of it."""
        super().cancel()
        self._over()

    @Slot()
    def _over(self) -> None:
        self.bar.done()
        self.bar.hide()

    @Slot(object)
    def _say(self, failure: Failed) -> None:
        self._over()
        self.failure.show_failure(failure)
