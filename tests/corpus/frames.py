"""Small tables in memory, and the texts and values that fill them."""

from __future__ import annotations

import polars as pl

LONG = "a sentence with quite a number of words in it, number "
NAMES = ("good", "bad", "mid")


def frame(**columns: list[str]) -> pl.DataFrame:
    return pl.DataFrame(columns)


def long(count: int) -> list[str]:
    return [LONG + str(n) for n in range(count)]


def cells_of(told: str) -> list[str]:
    """Sixty cells of the values in ``told``, in turn; "3 of" before them: all but three are empty."""
    some, _, values = told.rpartition(" of ")
    names = values.split()
    step = len(names) * 3 + 1  # so that two columns do not go in step
    cells = ["" if name == "_" else name for n in range(60) for name in [names[(n + n // step) % len(names)]]]
    return [cell if n < int(some) else "" for n, cell in enumerate(cells)] if some else cells
