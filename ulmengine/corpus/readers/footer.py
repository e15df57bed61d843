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
_RECKONED = """
    average mean median avg count min max minimum maximum subtotal durchschnitt mittelwert mittel anzahl zwischensumme
    moyenne médiane nombre sous-total media promedio mediana recuento conteo média contagem conteggio gemiddelde aantal
    średnia среднее 平均 平均值
"""
_FIGURES = frozenset(_RECKONED.split())
"""What else is reckoned of a column and written below it, beside its sum."""
_NUMBER_OF = re.compile(
    r"(?:total |the )?(?:number|count|sum|total) of \w+(?: \w+)?|anzahl (?:der )?\w+|nombre (?:de |d')\w+|"
    r"número de \w+|numero di \w+|aantal \w+", re.IGNORECASE)
_ROWS = re.compile(r"\(?\d[\d,.]* (?:rows?|records?|results?|zeilen?)"
                   r"(?: (?:affected|selected|returned|in set.*))?\)?\.?", re.IGNORECASE)
"""What a client of a database writes below the rows that it was asked for."""
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
    ragged = set(faults.ragged[-_MOST_SIGNED:])
    short = all(rows + held.height - place in ragged or _says_so("".join(filter(None, held.row(-place))))
                for place in range(1, min(behind, held.height) + 1))
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
    """How many of the last rows are none of the table: sums and what else is reckoned beside them; one or two words
    below these, or behind a blank line where all others fill more cells than one, or more that sign a report.
    ``behind``: how many rows stand behind the last blank line, if each fills one cell or is short."""
    if frame.width < 2 or frame.height < 6:
        return 0
    tail = [[(cell or "").strip() for cell in row] for row in frame.tail(_MOST).rows()]
    filled = frame.select(pl.sum_horizontal(pl.all().fill_null("").str.strip_chars() != "")).to_series()
    if behind and (signed := _signed_rows(frame)) >= behind and bool((filled[:-signed] > 1).all()):
        return signed
    usual = [_usual_words(column.head(frame.height - len(tail))) for column in frame.get_columns()]
    found, remarks, inner, summed, reckoned, said = 0, 0, 0, False, False, True
    for count, row in enumerate(reversed(tail), 1):
        above = frame[: frame.height - count]
        if _is_figure(row, _SUM, above) or _is_number_of(row, above):
            summed = reckoned = True
        elif _is_figure(row, _FIGURES, above):
            reckoned = True
        elif (reckoned and count > behind) or not _is_remark(row, usual):
            break
        else:
            remarks, inner = remarks + 1, inner + (not row[0])
        said &= _ROWS.fullmatch("".join(row)) is not None
        if (summed or said or (count == behind and not inner)) and remarks <= _MOST_REMARKS and (
                not remarks or bool((filled[: frame.height - count] > 1).all())):
            found = count
    return found


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


def _is_remark(row: Sequence[str], usual: Sequence[float]) -> bool:
    """Whether a row fills one cell alone, and not with what may be a text without a label: a sentence, or words as many
    as the ``usual`` ones of its column. "Source: ..." is none, whatever its length."""
    places = [place for place, cell in enumerate(row) if cell]
    cell = row[places[0]] if len(places) == 1 else ""
    if not cell or (cell[-1] in SENTENCE_ENDS and not _ROWS.fullmatch(cell)):
        return False
    words = cell.split()
    return any(word.endswith(":") for word in words[:2]) or _says_so(cell) or usual[places[0]] <= 2 or (
        len(words) <= _REMARK and len(words) < usual[places[0]])


def _says_so(cell: str) -> bool:
    """Whether a cell is what a program writes below what it exports."""
    return _SIGNED.match(cell) is not None or _ROWS.fullmatch(cell) is not None


def _is_figure(row: Sequence[str], words: frozenset[str], above: pl.DataFrame) -> bool:
    """Whether a row says one of the ``words`` and besides holds nothing but numbers that no row above it holds in these
    columns."""
    filled = [place for place, cell in enumerate(row) if cell]
    if not 1 < len(filled) < 8 or row[filled[0]].rstrip(":").strip().lower() not in words:
        return False
    return _are_new_numbers(row, filled, above)


def _is_number_of(row: Sequence[str], above: pl.DataFrame) -> bool:
    """Whether a row holds nothing but words such as "number of answers" and how many rows stand above it."""
    filled = [place for place, cell in enumerate(row) if cell]
    return len(filled) == 2 and _NUMBER_OF.fullmatch(row[filled[0]].rstrip(": ")) is not None and (
        row[filled[1]].replace(",", "") == str(above.height)) and _are_new_numbers(row, filled, above)


def is_sum(row: Sequence[str | None]) -> bool:
    """Whether a row, without knowing those above it, says sum or subtotal first and then nothing but numbers."""
    filled = [cell for cell in row if cell]
    words = filled[0].rstrip(":").lower() if filled else ""
    return 1 < len(filled) < 8 and (words in _SUM | _FIGURES or words.split()[0].strip(":") in _SUM | _FIGURES) and all(
        map(_NUMBER.fullmatch, filled[1:]))


def _are_new_numbers(row: Sequence[str], filled: Sequence[int], above: pl.DataFrame) -> bool:
    if not all(_NUMBER.fullmatch(row[place]) for place in filled[1:]):
        return False
    return not any((above.to_series(place).str.strip_chars() == row[place]).any() for place in filled)


def _shown(row: Sequence[str | None]) -> str:
    return ", ".join(cell.strip() for cell in row if cell and cell.strip())[:60]
