"""How long something has been silent, told by looking again and again; no Qt.

Silence is added up look by look and a long gap between two looks counts as a short one: a machine that slept, or a
thread that was held up, was not looking, and so has not seen any silence.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ulmengine.events import Event, Step
from ulmengine.plan.control import RunState

LONGEST_LOOK = 1.0
"""Seconds that one look adds at most."""


class Silence:
    """Seconds of silence that were really listened to."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self.seconds = 0.0

    def look(self) -> float:
        """Add the time since the last look; all the silence so far."""
        now = self._clock()
        self.seconds += min(max(0.0, now - self._last), LONGEST_LOOK)
        self._last = now
        return self.seconds

    def broken(self) -> None:
        """Something was heard."""
        self.seconds = 0.0
        self._last = self._clock()


@dataclass(frozen=True)
class Beat:
    """A sign of life of the training process; pickles.

    ``silent``: seconds for which its training loop has said nothing, 0 while it is held. ``usual``: the longest time
    between two steps so far, None where no step is under way or none has ended yet.
    """

    silent: float = 0.0
    usual: float | None = None

    def hangs(self, patience: float, between: float) -> bool:
        """Whether the loop has been silent for too long.

        A step has ``patience`` seconds, or twenty times the longest one so far; work between steps (reading, measuring,
        saving, the first step) has ``between``.
        """
        return self.silent > (between if self.usual is None else max(patience, 20 * self.usual))


class Pulse:
    """The training loop's own progress, as a thread beside it sees it.

    The loop calls :meth:`saw` and :meth:`entered`; the other thread :meth:`beat`, often.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._silence = Silence(clock)
        self._usual: float | None = None
        self._among_steps = False
        self.held = False
        """The loop waits for someone else: for the person, or for room in the mailbox."""

    def saw(self, event: Event) -> None:
        """The loop has said ``event``."""
        step = isinstance(event, Step)
        if step and self._among_steps:
            self._usual = max(self._usual or 0.0, self._silence.seconds)
        self._among_steps = step
        self._silence.broken()

    def entered(self, state: RunState) -> None:
        """The run has entered ``state``."""
        if state is RunState.PAUSED:
            self.held = True
        elif self.held:
            self.held = False
            self._silence.broken()

    def beat(self) -> Beat:
        """Look at the loop."""
        if self.held:
            self._silence.broken()
        else:
            self._silence.look()
        return Beat(self._silence.seconds, (self._usual or 0.0) if self._among_steps else None)
