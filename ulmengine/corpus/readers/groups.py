"""Tables in which the name of a group stands in its first row alone, or on a row of its own above the others."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import polars as pl

from ulmengine.corpus.column_names import TEXT_NAMES, called_like_label, key_of
from ulmengine.corpus.guess import guess_columns
from ulmengine.counting import counted

from .footer import is_sum

_LONGEST_NAME = 60
_UNEVEN, _MOST_ROWS = 10, 100
"""Of groups whose names stand beside their first rows the largest is at most so many times the smallest, and they have
at most so many rows on average: else the names are rather labels that a person has given here and there."""
_LEAST = 6
_LOOKED = 200


class Groups(NamedTuple):
    """A table with the name of its group in each row. ``filled``: how many rows were given it; ``left``: how many that
    hold a name or a sum of their group alone were left out; ``kept``: which rows were not; ``doubt``: a sentence where
    the empty cells may mean the same as the one above, and are left empty."""

    frame: pl.DataFrame
    filled: int = 0
    left: int = 0
    kept: pl.Series | None = None
    doubt: str = ""

    def note(self, where: str = "") -> str:
        """What was done, or may be to be done, in a sentence; "" for nothing. ``where``: the sheet, if any."""
        if not self.filled:
            return self.doubt
        rows = counted(self.filled, "row below is", "rows below are")
        left = counted(self.left, "row that holds nothing but a name or a sum of a group is",
                       "rows that hold nothing but a name or a sum of a group are")
        return (f"'{self.frame.columns[0]}' stands only in the first row of each group{where}: {rows} read as having "
                f"the same{f', and {left} left out' if self.left else ''}.")


def with_groups(below: pl.DataFrame) -> Groups:
    """Rows below a heading, each with the name of its group in the first column, where these names are surely those of
    groups: short, each another, the first of them in the first row, and each over rows without one.

    A person who labels some documents of many leaves cells empty too: such labels come again, stand in the middle of
    nothing, or at the beginning alone. Titles, remarks and answers that only some documents have are theirs alone.
    """
    if below.width < 2:
        return Groups(below)
    bare = below.with_columns(pl.all().str.strip_chars().replace("", None))
    cells = bare.to_series(0)
    if 2 * cells.null_count() < below.height:
        return Groups(below)
    others = bare.select(pl.exclude(below.columns[0]))
    empty = others.select(pl.all_horizontal(pl.all().is_null())).to_series()
    sums = pl.Series([cell is not None and is_sum(row) for cell, row in zip(cells, bare.rows(), strict=True)])
    blank = empty & cells.is_null()
    named = cells.is_not_null() & ~sums
    rows = ~blank & ~sums
    places, names = rows.filter(rows).len(), cells.filter(named)
    starts = [*named.filter(rows).arg_true(), places]
    heads = named & empty
    alone = bool(heads.any())
    data = others.filter(rows & ~heads)
    if places < _LEAST or names.len() < 2 or names.n_unique() < names.len() or starts[0] != 0 or max(
            map(len, names)) >= _LONGEST_NAME or not any(not column.null_count() for column in data.get_columns()):
        return Groups(below)
    sizes = [end - start - alone for start, end in pairwise(starts)]
    sure = min(sizes) > 1 and max(sizes) <= _UNEVEN * min(sizes) and sum(sizes) <= _MOST_ROWS * len(sizes)
    if alone and (heads.sum() < names.len() or min(sizes) < 1 or max(sizes) < 2):
        return Groups(below)
    name = below.columns[0]
    if not alone:
        label = guess_columns(below.head(_LOOKED)).label
        may = label in ((), (name,))
        if key_of(name) in TEXT_NAMES or not (may or called_like_label(key_of(name))):  # titles, remarks and answers
            return Groups(below)
        if not sure:
            return Groups(below, doubt=(
                f"'{name}' is filled in {names.len():,} of {places:,} rows, each time with another value. If an empty "
                "cell means the same as the one above it, fill the column down in the file: here such rows count as "
                "not labelled.") if may else "")
    kept = ~sums & ~heads
    frame = below.with_columns(pl.Series(name, cells).set(sums, None).forward_fill().set(blank, None))
    return Groups(frame.filter(kept), int((rows & ~named).sum()), int((~kept).sum()), kept)
