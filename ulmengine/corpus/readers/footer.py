"""What programs and people write below a table: sums, and a word on where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

import polars as pl

from ulmengine.corpus import limits
from ulmengine.counting import counted

from .heading import SENTENCE_ENDS
from .reading import Pass

_MOST = 5
_MOST_REMARKS = 2
_REMARK = 4
"""Words that a remark has at most, where it does not say that it is one."""
_MOST_SIGNED = 12
_SIGNED = re.compile(
    r"confidential information|(?:report )?generated (?:by|on|at)\b|exported (?:by|on|from|at)\b|report run\b|"
    r"grand totals? \(|(?:copyright )?(?:\(c\)|\u00a9) ?\d{4}|copyright \d{4}", re.IGNORECASE)
"""How a line begins by which a program signs a report that it exports, as Salesforce does."""
_SUMS = """
    total totals sum summe gesamt gesamtsumme insgesamt totaux somme suma totale somma soma totaal summa toplam razem
    celkem итого всего усього σύνολο 合计 总计 合計 總計 総計 합계 총계 المجموع סהכ
"""
_SUM = frozenset(_SUMS.split()) | {"grand total", "total general", "total général", "total geral"}
_NUMBER = re.compile(r"[-+(]?[^\w\s]?\s?\d[\d.,'\u00a0\u202f ]*\)?\s?[%\u20ac$\u00a3]?")


def without_footer(frames: Iterator[pl.DataFrame], going: Pass) -> Iterator[pl.DataFrame]:
    """``frames`` without the last rows that are none of the table; what they are is noted.

    ``going.faults.after_blank``: the number of the first row behind the last blank line.
    """
    if going.most is not None and going.size > limits.SAMPLE_BYTES:  # a look at its beginning sees no end
        yield from frames
        return
    faults = going.faults
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
    short = set(range(rows + held.height - behind, rows + held.height)) <= set(faults.ragged[-_MOST_SIGNED:])
    count = footer_rows(held, behind if short else 0)
    if count:
        kept = held.height - count
        faults.notes.append(footer_note(held[kept:]))
        faults.ragged[:] = [row for row in faults.ragged if row < rows + kept]
        held = held[:kept]
    yield held


def footer_note(rows: pl.DataFrame) -> str:
    """A sentence about rows that are left out."""
    shown = ", ".join(f"'{_shown(row)}'" for row in rows.rows())
    count = counted(rows.height, "row at the end is no row", "rows at the end are no rows")
    return f"{count} of the table ({shown}): left out."


def footer_rows(frame: pl.DataFrame, behind: int = 0) -> int:
    """How many of the last rows are none of the table: sums, and one or two words behind a blank line where all
    others fill more cells than one, or more that sign a report. ``behind``: how many rows stand behind the last blank
    line, if all are short."""
    if frame.width < 2 or frame.height < 6:
        return 0
    tail = [[(cell or "").strip() for cell in row] for row in frame.tail(_MOST).rows()]
    count = 0
    while count < len(tail) and _is_sum(tail[-1 - count], frame[: frame.height - count - 1]):
        count += 1
    usual = _usual_words(frame.to_series(0).head(frame.height - behind)) if behind else 0
    own = [row for row in tail[max(0, len(tail) - behind) : len(tail) - count] if _is_remark(row, usual)]
    filled = frame.select(pl.sum_horizontal(pl.all().fill_null("").str.strip_chars() != "")).to_series()
    if behind and (signed := _signed_rows(frame)) >= behind and bool((filled[:-signed] > 1).all()):
        return signed
    if not own or len(own) > _MOST_REMARKS or count + len(own) < behind:
        return count
    above = filled[: frame.height - behind]
    return behind if len(above) and bool((above > 1).all()) else count


def _signed_rows(frame: pl.DataFrame) -> int:
    """How many of the last rows fill their first cell alone, if several of them sign the report of a program."""
    tail = [[(cell or "").strip() for cell in row] for row in frame.tail(_MOST_SIGNED).rows()]
    alone = list(takewhile(lambda row: row[0] and not any(row[1:]), reversed(tail)))
    signs = sum(_SIGNED.match(row[0]) is not None for row in alone)
    return len(alone) if len(alone) < len(tail) and signs > 1 else 0


def _usual_words(column: pl.Series) -> float:
    """How many words the cells of a column hold, in the middle."""
    words = column.drop_nulls().str.split(" ").list.len().median()
    return words if isinstance(words, float) else 0.0


def _is_remark(row: Sequence[str], usual: float) -> bool:
    """Whether a row fills its first cell alone, and not with what may be a text without a label: a sentence, or words
    as many as the ``usual`` ones above. "Source: ..." is none, whatever its length."""
    if not row[0] or any(row[1:]) or row[0][-1] in SENTENCE_ENDS:
        return False
    words = row[0].split()
    return any(word.endswith(":") for word in words[:2]) or _SIGNED.match(row[0]) is not None or usual <= 2 or (
        len(words) <= _REMARK and len(words) < usual)


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
