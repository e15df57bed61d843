"""Quantities in words: numbers of things, shares, and how long work will still take."""

from __future__ import annotations

SETTLED_S = 1.0
"""Before this many seconds of work any reckoning would jump about."""


class TimeLeft:
    """Reckons the seconds left of one task from its progress; begins anew when the task changes."""

    def __init__(self) -> None:
        self._task = ""
        self._began = 0.0
        self._first = 0.0

    def seconds(self, task: str, done: float, total: float, now: float) -> float | None:
        """Seconds left of ``task`` at the clock reading ``now``; None while it cannot be told."""
        if task != self._task:
            self._task, self._began, self._first = task, now, done
        passed, made = now - self._began, done - self._first
        if total <= 0 or made <= 0 or passed < SETTLED_S:
            return None
        return max(0.0, (total - done) * passed / made)


def counted(number: int, one: str, many: str) -> str:
    """``one`` for exactly one thing, else ``many``; ``{n}`` in it becomes the number with separators."""
    return (one if number == 1 else many).format(n=f"{number:,}")


def large(number: int) -> str:
    """A large number in few figures: "12.3 M", "4,567"."""
    if number >= 1e9:
        return f"{number / 1e9:.2f} G"
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{number / 1e3:.0f} k" if number >= 1e4 else f"{number:,}"


def percent(share: float) -> str:
    """``share`` in whole percents as wide as "100%", in digits of equal width, so that what stands before lines up."""
    return f"{share:.0%}".rjust(4, "\N{FIGURE SPACE}")


def size_words(size: int) -> str:
    """A size on the disk as a person says it: "0 kB", "312 kB", "4.1 MB", "1.2 GB"."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{-(-size // 1000)} kB"
