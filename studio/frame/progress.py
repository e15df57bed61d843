"""Where the run stands, gathered from what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ulmengine import events as ev

SMOOTHING = 0.9
"""Share of the past in the smoothed loss and step time; the mean is corrected for its beginning."""


class RunProgress:
    """The figures of the run bar."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """A new run begins."""
        self.device = ""
        self.stages: tuple[Mapping[str, Any], ...] = ()
        self.stage_index = -1
        self.stage_name = ""
        self.steps = 0
        self.step = 0
        self.epoch = 0
        self.epochs = 0
        self.task = ""
        self.done = 0.0
        self.total = 0.0
        self.accuracy: float | None = None
        self.baseline: float | None = None
        self.failure: ev.Failed | None = None
        self._loss = _Mean()
        self._seconds = _Mean()

    def update(self, events: Iterable[ev.Event]) -> None:
        """Take note of ``events``."""
        for event in events:
            match event:
                case ev.Step():
                    self._take_step(event)
                case ev.Progress():
                    self.task, self.done, self.total = event.task, event.done, event.total
                case ev.RunStarted():
                    self.device, self.stages = event.device, event.stages
                case ev.StageStarted():
                    self._begin_stage(event)
                case ev.Evaluated():
                    self.task = ""
                    self.accuracy, self.baseline = event.accuracy, event.baseline_accuracy
                case ev.Failed():
                    self.failure = event
                case ev.StageEnded() | ev.EpochEnded() | ev.Finished():
                    self.task = ""

    @property
    def loss(self) -> float | None:
        """The smoothed training loss, None before the first step."""
        return self._loss.value

    @property
    def fraction(self) -> float | None:
        """The share done of the task in hand, or of the stage; None while it cannot be told."""
        if self.task:
            return self.done / self.total if self.total > 0 else None
        return self.step / self.steps if self.steps else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds left of the stage; None while it cannot be told."""
        seconds = self._seconds.value
        if seconds is None or not self.steps:
            return None
        return max(0, self.steps - self.step) * seconds

    def _take_step(self, event: ev.Step) -> None:
        self.task = ""
        self.step, self.epoch = event.step, event.epoch
        self._loss.add(event.loss)
        self._seconds.add(event.seconds)

    def _begin_stage(self, event: ev.StageStarted) -> None:
        self.task = ""
        self.stage_index, self.stage_name = event.index, event.name
        self.steps, self.epochs, self.step, self.epoch = event.steps, event.epochs, 0, 0
        self._loss = _Mean()
        self._seconds = _Mean()


class _Mean:
    """An exponential mean that is right from the first value on."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._weight = 0.0

    def add(self, value: float) -> None:
        self._sum = SMOOTHING * self._sum + (1 - SMOOTHING) * value
        self._weight = SMOOTHING * self._weight + (1 - SMOOTHING)

    @property
    def value(self) -> float | None:
        return self._sum / self._weight if self._weight else None
