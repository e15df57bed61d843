"""The exponential mean that every smoothed figure is, and how far its beginning goes."""

from __future__ import annotations


def beginning(count: int) -> int:
    """How many of ``count`` losses of a range test, the first ones, say only together where it begins: their smoothed
    values are means of few losses and move more by chance than by what is learnt."""
    return max(1, min(10, count // 5))


class ExponentialMean:
    """Mean of a series in which a value counts ``beta`` times what the next one does, without a bias to the start.

    That is the exponential moving average divided by 1 - beta^n (1412.6980, section 3), without its detour: the first
    value is its own mean to the last digit.
    """

    def __init__(self, beta: float) -> None:
        self.beta = beta
        self.count = 0
        self.mean = 0.0

    def add(self, value: float) -> float:
        """Take ``value`` up; returns the mean."""
        self.count += 1
        self.mean += (value - self.mean) * ((1 - self.beta) / (1 - self.beta**self.count))
        return self.mean
