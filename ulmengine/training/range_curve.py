"""The curve of a learning-rate range test, smoothed, and the rates that four rules read off it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ulmengine.plan.errors import TrainingError
from ulmengine.smoothing import ExponentialMean

Floats = NDArray[np.float64]

SMOOTHING = 0.98
NOISY = 10
"""So many points at the beginning are a mean of few losses, and move more by chance than by what is learnt: where the
curve is steepest or lowest is not looked for among them."""
DIVERGED = 4.0
"""The test ends when the smoothed loss is this many times the lowest one (as in the reference)."""


@dataclass(frozen=True)
class RangeResult:
    """What a range test found.

    :ivar lrs, losses, smoothed: one value a step, the diverged ones at the end left out.
    :ivar suggestions: rule -> rate, see :func:`suggestions`. :ivar diverged: the loss went up before the last rate.
    """

    lrs: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestions: dict[str, float]
    diverged: bool


class RangeCurve:
    """Losses over rates, smoothed without bias towards the start."""

    def __init__(self) -> None:
        self.lrs: list[float] = []
        self.losses: list[float] = []
        self.smoothed: list[float] = []
        self.diverged = False
        self._mean = ExponentialMean(SMOOTHING)

    def add(self, lr: float, loss: float) -> float:
        """Add a point; returns the smoothed loss."""
        if not math.isfinite(loss):
            if not self.losses:
                raise TrainingError("the loss is not a number before anything was learnt; look at the weights and data")
            self.diverged = True
            loss = smoothed = max(self.losses) * DIVERGED
        else:
            smoothed = self._mean.add(loss)
        self.lrs.append(lr)
        self.losses.append(loss)
        self.smoothed.append(smoothed)
        self.diverged = self.diverged or smoothed > DIVERGED * min(self.smoothed)
        return smoothed

    def result(self) -> RangeResult:
        """The curve without its diverged end, and what it suggests."""
        end = len(self.lrs) - self._diverged_points()
        lrs, smoothed = self.lrs[:end], self.smoothed[:end]
        found, start = suggestions(lrs, smoothed), min(NOISY, end // 5)
        settled = suggestions(lrs[start:], smoothed[start:])
        found |= {rule: settled[rule] for rule in ("steepest", "minimum") if rule in settled}
        return RangeResult(tuple(lrs), tuple(self.losses[:end]), tuple(smoothed), found, self.diverged)

    def _diverged_points(self) -> int:
        """Points at the end whose loss is above where the curve began: they tell of nothing but divergence."""
        if not self.diverged:
            return 0
        lowest = int(np.argmin(self.smoothed))
        return sum(value > self.smoothed[0] for value in self.smoothed[lowest:]) or 1


def suggestions(lrs: Sequence[float], losses: Sequence[float]) -> dict[str, float]:
    """Rates that four rules read off a (smoothed) curve; only those that are defined.

    ``valley``: half-way into the middle third of the longest run of ever lower losses. ``slide``: the last rate, from
    the right, at which the slopes of two points 15 apart still differ. ``steepest``: where the loss falls fastest over
    the logarithm of the rate. ``minimum``: a tenth of the rate with the lowest loss.
    """
    if len(lrs) < 2 or len(lrs) != len(losses):
        return {}
    rates, values = np.asarray(lrs, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    found = {"steepest": _steepest(rates, values), "minimum": float(rates[values.argmin()]) / 10}
    found |= {name: rate for name, rate in (("valley", _valley(rates, values)), ("slide", _slide(rates, values)))
              if rate is not None}
    return found


def _steepest(rates: Floats, losses: Floats) -> float:
    slopes = np.diff(losses) / np.diff(np.log(rates))
    return float(rates[slopes.argmin()])


def _valley(rates: Floats, losses: Floats) -> float | None:
    """Longest strictly falling subsequence, its first end; None if nothing falls."""
    lengths = [1] * len(losses)
    for right in range(1, len(losses)):
        before = [lengths[left] for left in range(right) if losses[left] > losses[right]]
        lengths[right] = 1 + max(before, default=0)
    end = int(np.argmax(lengths))
    if lengths[end] < 2:
        return None
    # The reference takes the start to be as many points before the end as the subsequence has, gaps or not.
    start = end - lengths[end]
    third = (end - start) / 3
    return float(rates[max(0, start + int(third) + int(third / 2))])


def _slide(rates: Floats, losses: Floats) -> float | None:
    """None if the curve is too short."""
    apart = 15
    if len(losses) <= apart:
        return None
    slopes = np.gradient(losses)
    left = len(losses) - 1 - apart
    chosen = left
    while left >= 0 and abs(slopes[left + apart] - slopes[left]) > 0.005:
        chosen = left
        left -= 1
    return float(rates[chosen])
