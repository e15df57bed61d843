"""The numbers of one curve: grown without copying all of them each time, smoothed without a bias at the start."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from studio.growing import GrowingArray
from ulmengine.smoothing import ExponentialMean

Floats = npt.NDArray[np.float64]

BETA = 0.9
"""Share of the past in a smoothed value where nobody has chosen another."""
MAX_BETA = 0.999
"""The strongest smoothing: beyond this a line shows its own past rather than the run."""
RECENT = 100
"""Steps that count for the figure by which a curve is told: of those before, the smoothing leaves nothing."""


class SeriesBuffer:
    """Points of a curve. ``x`` and ``y`` are views of float64, valid until the next :meth:`extend`."""

    def __init__(self, capacity: int = 256) -> None:
        self._x, self._y = GrowingArray(room=capacity), GrowingArray(room=capacity)

    def __len__(self) -> int:
        return len(self._x)

    @property
    def x(self) -> Floats:
        """Positions, in the order they came."""
        return self._x.values

    @property
    def y(self) -> Floats:
        """Values."""
        return self._y.values

    def extend(self, x: Sequence[float] | Floats, y: Sequence[float] | Floats) -> None:
        self._x.extend(x)
        self._y.extend(y)


class Smoothed:
    """Exponential moving average of a whole series, corrected for its start (1412.6980, section 3).

    :param beta: share of the past, 0 (no smoothing) to :data:`MAX_BETA`.

    A value that is not finite is passed over: the line goes on from what was before.
    """

    def __init__(self, beta: float = BETA) -> None:
        self.set_beta(beta, np.empty(0))

    @property
    def beta(self) -> float:
        """Share of the past."""
        return self._beta

    @property
    def y(self) -> Floats:
        """The smoothed values, one for each value given."""
        return self._values.values

    def set_beta(self, beta: float, values: Floats) -> None:
        """Smooth the whole series ``values`` anew."""
        self._beta = min(max(beta, 0.0), MAX_BETA)
        self._values, self._seen, self._state = GrowingArray(), 0, np.zeros(1)
        self.extend(values)

    def extend(self, values: Sequence[float] | Floats) -> None:
        self._values.extend(self._smooth(np.asarray(values, np.float64)))

    def _smooth(self, given: Floats) -> Floats:
        finite = np.isfinite(given)
        if finite.all():
            return self._smooth_finite(given)
        last = self.y[-1] if len(self._values) else math.nan
        line = np.full(len(given) + 1, last)
        line[1:][finite] = self._smooth_finite(given[finite])
        # Where nothing came, the last value stands.
        place = np.where(np.concatenate([[True], finite]), np.arange(len(line)), 0)
        return line[np.maximum.accumulate(place)][1:]

    def _smooth_finite(self, given: Floats) -> Floats:
        if not len(given):
            return given
        from scipy.signal import lfilter  # slow to import, and the window opens without it

        states, self._state = lfilter([1 - self._beta], [1, -self._beta], given, zi=self._state)
        weight = 1 - self._beta ** np.arange(self._seen + 1, self._seen + len(given) + 1)
        self._seen += len(given)
        return np.asarray(states / weight)


def recent(values: Floats) -> float | None:
    """The smoothed value at the end of ``values``: the figure by which a curve is told in words, whatever smoothing it
    is drawn with. None where nothing was said yet."""
    if not len(values):
        return None
    mean = ExponentialMean(BETA)
    for value in filter(math.isfinite, values[-RECENT:].tolist()):
        mean.add(value)
    return mean.mean if mean.count else math.nan


class Extent:
    """Lowest and highest to be shown of a growing series; single spikes among many points do not count.

    Looking at all points again is put off until there are a twentieth more of them.
    """

    FEW = 200
    """Up to this many points every one counts."""

    def __init__(self) -> None:
        self._count = 0
        self._span: tuple[float, float] | None = None

    def of(self, values: Floats) -> tuple[float, float] | None:
        """Lowest and highest of ``values``, None if none is finite."""
        if len(values) < self._count or len(values) <= self.FEW or len(values) > 1.05 * self._count:
            self._count = len(values)
            self._span = _span(values, self.FEW)
        return self._span


def _span(values: Floats, few: int) -> tuple[float, float] | None:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    if len(finite) <= few:
        return float(finite.min()), float(finite.max())
    low, high = np.percentile(finite, (0.5, 99.5))
    return float(low), float(high)
