"""What of a long curve can be seen on a few hundred pixels: the extremes of aligned blocks, and always the newest."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .series import Floats, SeriesBuffer

Indices = npt.NDArray[np.int64]


class _Level:
    """Where the least and the greatest value of each whole block of ``2**k`` points stand."""

    def __init__(self) -> None:
        self._low = np.empty(64, np.int64)
        self._high = np.empty(64, np.int64)
        self.count = 0

    @property
    def low(self) -> Indices:
        return self._low[: self.count]

    @property
    def high(self) -> Indices:
        return self._high[: self.count]

    def add(self, low: Indices, high: Indices) -> None:
        new = self.count + len(low)
        if new > len(self._low):
            room = np.empty(max(new, 2 * len(self._low)) - self.count, np.int64)
            self._low = np.concatenate([self.low, room])
            self._high = np.concatenate([self.high, room])
        self._low[self.count: new] = low
        self._high[self.count: new] = high
        self.count = new


class MinMaxPyramid:
    """Extremes of a growing series in blocks of 2, 4, 8, ... points.

    Blocks are aligned to the absolute index, so that a curve does not waver while it grows; updating costs as much as
    there are new points, drawing as much as there are pixels. The series must not shrink; make a new pyramid then.
    """

    def __init__(self, series: SeriesBuffer) -> None:
        self._series = series
        self._levels: list[_Level] = []

    def update(self) -> None:
        """Take in the points added to the series since the last call."""
        y = self._series.y
        level = 0
        while len(y) >> (level + 1):
            if level == len(self._levels):
                self._levels.append(_Level())
            start, stop = self._levels[level].count, len(y) >> (level + 1)
            if start < stop:
                self._levels[level].add(*self._merge(y, level, start, stop))
            level += 1

    def visible(self, x_low: float, x_high: float, pixels: int) -> Indices:
        """Indices of the points to draw between ``x_low`` and ``x_high``, ascending, about two a pixel at most.

        One point beyond either edge is included so that the line runs off the picture; ``x`` must not decrease.
        """
        x = self._series.x
        start = max(0, int(np.searchsorted(x, x_low, "left")) - 1)
        stop = min(len(x), int(np.searchsorted(x, x_high, "right")) + 1)
        count = stop - start
        if count <= 2 * max(pixels, 1):
            return np.arange(start, stop)
        level = math.ceil(math.log2(count / max(pixels, 1)))
        return self._picked(start, stop, min(level, len(self._levels)))

    def _picked(self, start: int, stop: int, level: int) -> Indices:
        """Extremes of the whole blocks between ``start`` and ``stop``, with both edges and smaller blocks there."""
        size = 1 << level
        first, last = -(-start // size), stop // size
        parts = [np.array([start, stop - 1])]
        if last > first:
            chosen = self._levels[level - 1]
            parts += [chosen.low[first:last], chosen.high[first:last]]
            parts += self._edge(start, first * size, level - 1)
            parts += self._edge(last * size, stop, level - 1)
        else:
            parts += self._edge(start, stop, level - 1)
        return np.unique(np.concatenate(parts))

    def _edge(self, start: int, stop: int, level: int) -> list[Indices]:
        """Points from ``start`` to ``stop`` in the largest whole blocks that fit, smaller towards the open ends."""
        parts: list[Indices] = []
        while start < stop:
            size = level
            while size > 0 and (start % (1 << size) or start + (1 << size) > stop):
                size -= 1
            if size == 0:
                parts.append(np.array([start]))
            else:
                block = start >> size
                parts += [self._levels[size - 1].low[block: block + 1], self._levels[size - 1].high[block: block + 1]]
            start += 1 << size
        return parts

    def _merge(self, y: Floats, level: int, start: int, stop: int) -> tuple[Indices, Indices]:
        if level == 0:
            left = np.arange(2 * start, 2 * stop, 2)
            return _lower(y, left, left + 1), _higher(y, left, left + 1)
        below = self._levels[level - 1]
        pairs = slice(2 * start, 2 * stop)
        low, high = below.low[pairs], below.high[pairs]
        return _lower(y, low[::2], low[1::2]), _higher(y, high[::2], high[1::2])


def _lower(y: Floats, one: Indices, other: Indices) -> Indices:
    """Whichever index has the lesser value; what is not a number loses."""
    return np.where((y[other] < y[one]) | np.isnan(y[one]), other, one)


def _higher(y: Floats, one: Indices, other: Indices) -> Indices:
    return np.where((y[other] > y[one]) | np.isnan(y[one]), other, one)
