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

ROW, WILD = 10, 5
"""Losses in a row above the bound that tell, and above twice the bound: of small batches some are always below it."""

FACTOR, ROOM = 1.5, 0.5
"""The bound: ``FACTOR`` times the beginning plus ``ROOM`` nats."""

LOWEST = math.log(2)
"""What a task begins with counts at least as much: the loss of guessing between two classes, in nats."""


class Divergence:
    """Watches the losses of one run.

    The beginning is that of the task and not of the stage: a classifier that was nearly right may well be worse for a
    while when more of it begins to learn, but not worse than it was before it had learnt anything. A wild step is no
    divergence either, so a single loss counts at most twice the bound, less still as one of the first. A stage that
    begins above the bound takes up where the one before it has ended.
    """

    def __init__(self) -> None:
        self._task, self._stage, self._begins = ("", ""), -1, False
        self._began: dict[tuple[str, str], list[float]] = {}
        self._told = -1
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._mean = ExponentialMean(BETA)
        self._lowest, self._since, self._above, self._wild = math.inf, 0, 0, 0

    def saw(self, event: Event) -> Diverging | None:
        """Take note of ``event``; what is to be told of it, once a stage. What was told in the past of a run that goes
        on is told again, unless steps follow upon it: then a person has chosen to go on."""
        if isinstance(event, Diverging):
            self._told = -1
        if isinstance(event, StageStarted) and event.index != self._stage:  # a run that goes on says it once more
            if (event.task, event.direction) != self._task:
                self._begin_anew()
            self._task, self._stage, self._begins = (event.task, event.direction), event.index, True
        if not isinstance(event, Step) or not math.isfinite(event.loss):
            return None
        first = self._began.setdefault(self._task, [])
        if len(first) < FIRST:
            first.append(min(event.loss, FACTOR * _bound(first or [event.loss])))
        bound = _bound(first)
        if self._begins and event.loss <= bound:
            self._begin_anew()
        self._begins = False
        self._above = self._above + 1 if event.loss > bound else 0
        self._wild = self._wild + 1 if event.loss > 2 * bound else 0
        loss = self._mean.add(min(event.loss, 2 * bound))
        if loss < self._lowest:
            self._lowest, self._since = loss, event.total
        if (self._above < ROW and self._wild < WILD) or self._told == event.stage:
            return None
        self._told = event.stage
        return Diverging(event.stage, event.total, event.loss if self._wild >= WILD else loss,
                         min(first[0], _beginning(first)), self._since)


def _beginning(first: list[float]) -> float:
    """What a task began with, by its first losses."""
    return max(sum(first) / len(first), LOWEST)


def _bound(first: list[float]) -> float:
    return FACTOR * _beginning(first) + ROOM


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
