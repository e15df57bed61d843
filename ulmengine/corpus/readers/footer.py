"""What programs and people write below a table: sums, and a word on where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import polars as pl

from ulmengine.corpus.errors import Faults

_MOST = 5
_SUMS = """
    total totals sum summe gesamt gesamtsumme insgesamt totaux somme suma totale somma soma totaal summa toplam razem
    celkem итого всего усього σύνολο 合计 总计 合計 總計 総計 합계 총계 المجموع סהכ
"""
_SUM = frozenset(_SUMS.split()) | {"grand total", "total general", "total général", "total geral"}
_NUMBER = re.compile(r"[-+(]?[^\w\s]?\s?\d[\d.,'\u00a0\u202f ]*\)?\s?[%\u20ac$\u00a3]?")


def without_footer(frames: Iterator[pl.DataFrame], faults: Faults) -> Iterator[pl.DataFrame]:
    """``frames`` without the last rows that are none of the table; what they are is noted.

    ``faults.after_blank``: the number of the first row behind the last blank line.
    """
    held: pl.DataFrame | None = None
    rows = 0
    for frame in frames:
        if held is not None:
            rows += held.height
            yield held
        held = frame
    if held is None:
        return
    behind = held.height + rows - faults.after_blank if faults.after_blank else 0
    count = footer_rows(held, behind)
    if count:
        kept = held.height - count
        shown = ", ".join(f"'{_shown(row)}'" for row in held[kept:].rows())
        faults.notes.append(f"{count} row{'s' * (count > 1)} at the end {'are' if count > 1 else 'is'} no row"
                            f"{'s' * (count > 1)} of the table ({shown}): left out.")
        faults.ragged[:] = [row for row in faults.ragged if row < rows + kept]
        held = held[:kept]
    yield held


def footer_rows(frame: pl.DataFrame, behind: int = 0) -> int:
    """How many of the last rows are none of the table: sums, or a few behind a blank line that fill but one cell where
    all others fill more. ``behind``: how many rows stand behind the last blank line."""
    if frame.width < 2 or frame.height < 6:
        return 0
    tail = [[(cell or "").strip() for cell in row] for row in frame.tail(_MOST).rows()]
    count = 0
    while count < len(tail) and _is_sum(tail[-1 - count], frame[: frame.height - count - 1]):
        count += 1
    if not 0 < behind <= _MOST:
        return count
    own = [row for row in tail[len(tail) - behind : len(tail) - count] if sum(map(bool, row)) == 1]
    if count + len(own) < behind:
        return count
    above = frame[: frame.height - behind]
    filled = above.select(pl.sum_horizontal(pl.all().fill_null("").str.strip_chars() != "")).to_series()
    return behind if above.height and bool((filled > 1).all()) else count


def _is_sum(row: Sequence[str], above: pl.DataFrame) -> bool:
    """Whether a row says total and besides holds nothing but numbers that no row above it holds in these columns."""
    filled = [place for place, cell in enumerate(row) if cell]
    if not 1 < len(filled) < 8 or row[filled[0]].rstrip(":").strip().lower() not in _SUM:
        return False
    if not all(_NUMBER.fullmatch(row[place]) for place in filled[1:]):
        return False
    return not any((above.to_series(place).str.strip_chars() == row[place]).any() for place in filled)


def _shown(row: Sequence[str | None]) -> str:
    return ", ".join(cell.strip() for cell in row if cell and cell.strip())[:60]
