"""Delimiters that stand in prose as well, or in few tables: told by rows of as many cells under names or beside a
label; and a sentence where the lines have them alike and nothing else says that they are a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ulmengine.corpus.column_names import KNOWN_NAMES

from .heading import Rows, few_values, find_heading, is_measure, plain

SIGNS = "$~^\u00a6\u00a7"
"""Such as stand in a table of any name, if the usual ones do not cut it."""
IN_PROSE = f"|;{SIGNS}"
"""Such as are looked for where a file is called like prose."""
_LOOKED, _LEAST, _LEAST_TOLD = 1_000, 6, 20
_SHORT, _WORDS, _TEXT = 40, 4, 12
"""Characters and words of a name or a label at most; characters of a text on average."""


class _Cut(NamedTuple):
    """The delimiter, with the spaces around it, and the rows that it cuts into as many cells each."""

    mark: str
    rows: Rows


def unusual_delimiter(lines: Sequence[str], signs: str = SIGNS) -> str:
    """The delimiter, one of ``signs``, of lines that are a table beyond doubt; "" for none.

    Mathematics, prices, paths and logs have such signs in each line too: there spaces stand on one side of them, or no
    cell is a name or comes again.
    """
    cuts = filter(None, (_cut(lines, sign) for sign in signs))
    return next((cut.mark for cut in cuts if _is_table(cut)), "")


def delimiter_note(lines: Sequence[str]) -> tuple[str, ...]:
    """A sentence about a sign that cuts every line into the same three cells or more, though they are read as texts."""
    for sign in IN_PROSE:
        cut = _cut(lines, sign)
        if cut and len(cut.rows[0]) > 2 and len(cut.rows) >= _LEAST_TOLD and _has_texts(cut.rows):
            return (f"Each line is read as a text, though '{sign}' stands in each of them {len(cut.rows[0]) - 1} "
                    f"times. If it is a table, set the delimiter to '{sign}'.",)
    return ()


def _cut(lines: Sequence[str], sign: str) -> _Cut | None:
    """How a sign cuts nearly all lines, with spaces on both sides of it in all of them or hardly any; None: it does
    not."""
    filled = [line.strip("\r\n") for line in lines[:_LOOKED] if line.strip()]
    count = filled[0].count(sign) if filled else 0
    even = [line for line in filled if line.count(sign) == count]
    if not count or len(filled) < _LEAST or len(even) < 0.98 * len(filled):
        return None
    padded = sum(line.count(f" {sign} ") == count for line in even) >= 0.98 * len(even)
    mark = f" {sign} " if padded else sign
    rows = [line.split(mark) for line in even if not padded or line.count(mark) == count]
    spaced = sum(any(cell[:1] == " " for cell in row[1:]) or any(cell[-1:] == " " for cell in row[:-1]) for row in rows)
    return None if spaced > 0.05 * len(rows) else _Cut(mark, [[cell.strip() for cell in row] for row in rows])


def _is_table(cut: _Cut) -> bool:
    rows, width = cut.rows, len(cut.rows[0])
    columns = [[row[place] for row in rows[1:]] for place in range(width)]
    labels = [cells for cells in columns if len(set(cells)) > 1 and all(map(_is_short, cells)) and few_values(cells)]
    if not _has_texts(rows):
        return False
    headed = all(map(_is_short, rows[0])) and find_heading(rows, width).named
    named = headed and any(plain(name) in KNOWN_NAMES for name in rows[0])
    if width == 2:  # a label of words beside each text
        return cut.mark.strip() in SIGNS and any(
            all(cell[:1].isalpha() for cell in column) and len(set(column)) <= 0.25 * len(column) for column in labels)
    return bool(labels) or named or (headed and any(all(map(is_measure, column)) for column in columns))


def _has_texts(rows: Rows) -> bool:
    return any(sum(map(len, column)) > _TEXT * len(rows) for column in zip(*rows, strict=True))


def _is_short(cell: str) -> bool:
    return 0 < len(cell) <= _SHORT and len(cell.split()) <= _WORDS
