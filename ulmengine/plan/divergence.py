"""A loss that grows instead of falling, told from the steps of a run alone."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import TypeVar

from ulmengine.events import Diverging, Event, StageStarted, Step, retold
from ulmengine.smoothing import ExponentialMean

T = TypeVar("T")

BETA = 0.9
"""Share of the past in the smoothed loss."""

FIRST = 5
"""Steps of a task whose mean counts as what it began with."""

LEAST = 10
"""Steps of a stage before which nothing is said: a schedule begins at a low rate, and a new head at chance."""

FACTOR, ROOM = 1.5, 0.5
"""The smoothed loss diverges above ``FACTOR`` times the beginning plus ``ROOM`` nats."""

LOWEST = math.log(2)
"""What a task begins with counts at least as much: the loss of guessing between two classes, in nats."""


class Divergence:
    """Watches the losses of one run.

    The beginning is that of the task and not of the stage: a classifier that was nearly right may well be worse for a
    while when more of it begins to learn, but not worse than it was before it had learnt anything. One wild step is
    no divergence either, so a single loss counts at most twice the bound.
    """

    def __init__(self) -> None:
        self._task, self._stage = "", -1
        self._began: dict[str, list[float]] = {}
        self._told = -1
        self._begin_stage()

    def _begin_stage(self) -> None:
        self._mean = ExponentialMean(BETA)
        self._lowest, self._since = math.inf, 0

    def saw(self, event: Event) -> Diverging | None:
        """Take note of ``event``; what is to be told of it, once a stage."""
        if isinstance(event, StageStarted) and event.index != self._stage:  # a run that goes on says it once more
            self._task, self._stage = event.task, event.index
            self._begin_stage()
        if not isinstance(event, Step) or not math.isfinite(event.loss):
            return None
        first = self._began.setdefault(self._task, [])
        if len(first) < FIRST:
            first.append(event.loss)
        began = max(sum(first) / len(first), LOWEST)
        bound = FACTOR * began + ROOM
        loss = self._mean.add(min(event.loss, 2 * bound))
        if loss < self._lowest:
            self._lowest, self._since = loss, event.total
        if self._mean.count < LEAST or loss <= bound or self._told == event.stage:
            return None
        self._told = event.stage
        return Diverging(event.stage, event.total, loss, began, self._since)


def watched(events: Generator[Event, None, T], watch: Divergence | None = None) -> Generator[Event, None, T]:
    """The ``events`` of a run, and behind a step that tells of it the word that its loss grows.

    :param watch: has seen, or will have by the first step, what came before in a run that goes on.
    """
    watching = watch or Divergence()

    def tell(event: Event) -> Iterator[Event]:
        yield event
        told = watching.saw(event)
        if told is not None:
            yield told

    return retold(events, tell)
