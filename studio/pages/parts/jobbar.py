"""Background work: a line that shows how it goes (what, how far, how long still, Cancel), and work with such a line."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from studio import theme
from studio.engine.job import Work
from studio.engine.jobslot import JobSlot
from studio.widgets import Button, ElidedLabel, FailureCard
from studio.widgets.layouts import in_row
from studio.words import time_words, words
from ulmengine.events import Event, Failed, Progress

from .quantities import TimeLeft

STEPS = 1_000


class JobBar(QWidget):
    """Shows the ``Progress`` events handed to :meth:`show_events`; keeps its height when idle so that nothing jumps."""

    cancelled = Signal()
    """The person wants the work to end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = ElidedLabel("", theme.Type.SMALL, muted=True, numbers=True)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setRange(0, STEPS)
        self.bar.setMinimumWidth(72)
        self.bar.setMaximumWidth(220)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.cancel = Button(self.tr("Cancel"), "close", "quiet")
        self.cancel.clicked.connect(self.cancelled)
        # The text has what the bar does not need: where it has its own width, all of it can be read.
        in_row((self.bar, 0, Qt.AlignmentFlag.AlignVCenter), (self.text, 1), self.cancel, inside=self, gap=theme.M)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(self.cancel.sizeHint().height())  # also while it is hidden
        self._left = TimeLeft()
        self.done()

    def begin(self, text: str) -> None:
        """Work has begun; how far it will go is not known yet."""
        self._left = TimeLeft()
        self.text.setText(text)
        self.bar.setRange(0, 0)
        self.bar.show()
        self.cancel.show()
        self.cancel.setEnabled(True)

    def done(self, text: str = "") -> None:
        """The work is over; ``text`` stays to be read."""
        self.text.setText(text)
        self.bar.setRange(0, STEPS)
        self.bar.hide()
        self.cancel.hide()

    @Slot(object)
    def show_events(self, events: Event | list[Event]) -> None:
        """Take the newest ``Progress`` of one event or a list of them."""
        several = events if isinstance(events, list) else [events]
        newest = next((event for event in reversed(several) if isinstance(event, Progress)), None)
        if newest is not None:
            self._show(newest)

    def _show(self, event: Progress) -> None:
        task, counted = words(event.task), words(unit(event.unit))
        told = task[:1].upper() + task[1:]
        if event.total > 0:
            self.bar.setRange(0, STEPS)
            self.bar.setValue(round(STEPS * min(1.0, event.done / event.total)))
            told += f"  ·  {amount(event.done, event.unit)} / {amount(event.total, event.unit)} {counted}"
        elif event.done:
            self.bar.setRange(0, 0)
            told += f"  ·  {amount(event.done, event.unit)} {counted}"
        left = self._left.seconds(event.task, event.done, event.total, time.monotonic())
        if left is not None:
            told += "  ·  " + self.tr("{time} left").format(time=time_words(left))
        self.text.setText(told.rstrip())
        self.bar.setAccessibleDescription(told)


def amount(value: float, counted: str) -> str:
    """A number of things with separators; bytes as megabytes."""
    return f"{value / 1e6:,.1f}" if counted in ("bytes", "byte") else f"{value:,.0f}"


def unit(counted: str) -> str:
    """What is counted, bytes as megabytes."""
    return "MB" if counted in ("bytes", "byte") else counted


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
