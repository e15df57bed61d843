"""Numbers in sentences."""

from __future__ import annotations


def counted(number: int, one: str, many: str) -> str:
    """``one`` for exactly one thing, else ``many``; ``{n}`` in it becomes the number with separators."""
    return (one if number == 1 else many).format(n=f"{number:,}")


def percent(share: float) -> str:
    """``share`` in whole percents as wide as "100%", in digits of equal width, so that what stands before lines up."""
    return f"{share:.0%}".rjust(4, "\N{FIGURE SPACE}")
