"""Documents divided by a column of the source: by its values, or by ranges where it holds many numbers or dates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ulmengine.corpus import CorpusError
from ulmengine.corpus.split import moments_of

from .answers import GROUPS, Dimension, by_value

MOST_APART = 31
"""Different numbers or stretches of time that stand for themselves (days of a month do); more are cut into ranges."""
_SURE = 0.9
"""Of the cells that are filled, so many are numbers, or dates, in a column of these."""
_FEW, _OWN = 10, 0.9
"""Of so many documents or more, the share of different values from which on each document has its own."""
_NONE = "–"


def by_cells(cells: Sequence[str]) -> Dimension | None:
    """Documents by what stands in a column (n,): six ranges of about the same number where these are many numbers;
    years, months, days, hours or ranges of them where these are many dates; else :func:`by_value`. None
    where nearly every document has a value of its own, as the number of an order."""
    if len(set(cells)) > MOST_APART:
        column = pl.Series(cells, dtype=pl.String).str.strip_chars()
        filled = int((column != "").sum())
        numbers = column.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
        if np.isfinite(numbers).sum() >= _SURE * filled:
            return _by_number(numbers) if _differ(numbers) else by_value(cells)
        try:
            moments = moments_of(column)
        except CorpusError:
            return _by_few(cells)
        if np.isfinite(moments).sum() >= _SURE * filled:
            return _by_time(moments) if _differ(moments[np.isfinite(moments)] // 1e6) else by_value(cells)
    return _by_few(cells)


def _by_few(cells: Sequence[str]) -> Dimension | None:
    return None if len(cells) >= _FEW and len(set(cells)) > _OWN * len(cells) else by_value(cells)


def _differ(values: npt.NDArray[np.float64]) -> bool:
    """Whether those that are known are not all the same: many cells may write one number in many ways."""
    return len(np.unique(values[np.isfinite(values)])) > 1


def _by_number(numbers: npt.NDArray[np.float64]) -> Dimension:
    there = np.isfinite(numbers)
    edges, codes = _cut(numbers[there])
    if (edges == edges.round()).all() and (numbers[there] == numbers[there].round()).all():
        tops = [*(edges[1:-1] - 1), edges[-1]]
        ends = [(f"{low:.0f}", f"{top:.0f}") for low, top in zip(edges[:-1], tops, strict=True)]
    else:
        told = next(said for digits in range(3, 18)
                    if len(set(said := [f"{edge:.{digits}g}" for edge in edges])) == len(np.unique(edges)))
        ends = list(pairwise(told))
    # A dash beside a minus is not to be read.
    between = " to " if edges[0] < 0 else "–"
    return _with_none(there, codes, [low if low == top else f"{low}{between}{top}" for low, top in ends])


def _by_time(moments: npt.NDArray[np.float64]) -> Dimension:
    """By the finest of year, month, day, hour, minute and second of which there are few enough."""
    there = np.isfinite(moments)
    exact = moments[there].astype(np.int64).astype("datetime64[us]")
    found: tuple[npt.NDArray[Any], npt.NDArray[np.int64]] | None = None
    for unit in ("Y", "M", "D", "h", "m", "s"):
        stretches = exact.astype(f"datetime64[{unit}]")
        names, codes = np.unique(stretches, return_inverse=True)
        if len(names) > MOST_APART:
            break
        found = names, codes.astype(np.int64)
    if found is None or len(found[0]) < 2:  # of all that is told apart there is but one, of what is finer too many
        edges, codes = _cut(stretches)
        tops = [*(edges[1:-1] - 1), edges[-1]]
        words = [_moment(low) if low == top else f"{_moment(low)} – {_moment(top)}"
                 for low, top in zip(edges[:-1], tops, strict=True)]
        return _with_none(there, codes, words)
    return _with_none(there, found[1], list(map(_moment, found[0])))


def _moment(stretch: Any) -> str:
    """A year, month, day, hour, minute or second in words."""
    day, _, clock = str(stretch).partition("T")
    return f"{day} {clock if ':' in clock else f'{clock}:00'}" if clock else day


def _cut(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """The edges, one more than ranges, of at most six of about the same number of ``values``, and the range of each.
    Where one value is so common that it would leave a single range, it has its own. There are two different values at
    least."""
    known = np.sort(values)
    starts = _starts(known, GROUPS)
    if len(starts) == 1:
        starts = np.array([starts[0], *_starts(known[known > starts[0]], GROUPS - 1)])
    edges = np.array([*starts, known[-1]])
    return edges, np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2).astype(np.int64)


def _starts(known: npt.NDArray[Any], groups: int) -> npt.NDArray[Any]:
    """The different values that begin so many parts of about the same length."""
    return np.unique(known[[len(known) * group // groups for group in range(groups)]])


def _with_none(there: npt.NDArray[np.bool_], codes: npt.NDArray[np.int64], names: list[str]) -> Dimension:
    """The groups of the documents that are ``there``, and after them one of the others if there are any."""
    whole = np.full(len(there), len(names), dtype=np.int64)
    whole[there] = codes
    return Dimension(whole, (*names, *([] if there.all() else [_NONE])))
