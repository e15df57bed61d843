"""Numbers in sentences."""

from __future__ import annotations


def counted(number: int, one: str, many: str) -> str:
    """``one`` for exactly one thing, else ``many``; ``{n}`` in it becomes the number with separators."""
    return (one if number == 1 else many).format(n=f"{number:,}")
