"""Whether lines are the rows of a table though the file's name does not say so: by their heading, their cells, or a
label that a delimiter parts from each text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product

from ulmengine.corpus.column_names import KNOWN_NAMES, TEXT_NAMES

from .dialect import csv_rows
from .heading import Rows, few_values

_LOOKED = 1_000
_LONG_NAME = 40
_MOST_ABOVE = 5
_MARKS = "\t;|,"
_LEAST_MARKED = 6
_SIGNS = re.compile(r"[!-/:-@\[-`{-~]{2,}")
_PROSE = ".,!?-'\"`*()[]{}<>=/&"
"""Signs that stand beside each other in prose, addresses and code: a mark neither begins nor ends with one."""
_NO_MARK = frozenset("\\/~^")
_ENDED = re.compile(r"[^\w\s@]@[^@]*$")
_LAST = re.compile(r"[\w+-]{1,30}\s*")


def cut_evenly(lines: Sequence[str], delimiters: str) -> bool:
    """Whether some delimiter stands equally often in nearly all of the first lines, but for a title above them."""
    filled = [line for line in lines if line.strip()]
    return any(
        _are_even([line.count(delimiter) for line in filled], 0)
        or (_has_quotes(filled, delimiter) and _are_even([len(row) for row in _rows(filled, delimiter)], 1))
        for delimiter in delimiters
    )


def _are_even(counts: list[int], alone: int) -> bool:
    """Whether nearly all ``counts`` are the first one, which is more than ``alone``; up to two may stand above it."""
    above = 0
    while counts[1:] and counts[0] <= alone and above < 2:
        counts, above = counts[1:], above + 1
    return len(counts) > 1 and counts[0] > alone and sum(count == counts[0] for count in counts) > 0.9 * len(counts)


def told_by_cells(lines: Sequence[str]) -> tuple[str, str]:
    """The delimiter of lines that are a table though they may as well be prose by their delimiters, and why; "" where
    nothing tells."""
    filled = [line.rstrip("\r\n") for line in lines[:_LOOKED] if line.strip()]
    if mark := _several(filled):
        return mark, "it stands equally often in each line"
    for delimiter in _MARKS:
        above = next((place for place, line in enumerate(filled[: _MOST_ABOVE + 1]) if delimiter in line), 0)
        own = filled[above:]  # below a title
        if _is_headed(_rows(own, delimiter), delimiter):
            return delimiter, "the first line names the columns of a table"
        if _has_label(own, delimiter):
            return delimiter, "it parts a label from each text"
    if sum("@" in line for line in filled) >= 0.98 * len(filled) and _has_label(filled, "@") and all(
            _LAST.fullmatch(line.rpartition("@")[2]) for line in filled) and sum(
            bool(_ENDED.search(line)) for line in filled) >= 0.8 * len(filled):  # else a name of a person, or a mail's
        return "@", "it parts a label from each text"
    return "", ""


def _several(lines: Sequence[str]) -> str:
    """The mark of several signs that cuts all lines into the same number of cells, one of them a text; "" for none."""
    if len(lines) < _LEAST_MARKED:
        return ""
    for bare in dict.fromkeys(found.strip(_PROSE) for found in _SIGNS.findall(lines[0])):
        mark = f" {bare} " if all(f" {bare} " in line for line in lines) else bare
        if len(bare) < 2 or (mark == bare and bare in (";;", "||")):  # an empty cell is no mark
            continue
        if set(bare) in ({"_"}, {"$"}) or set(bare) & _NO_MARK:  # a gap to be filled, a path, a prompt, mathematics
            continue
        rows = [line.split(mark) for line in lines]
        even = sum(len(row) == len(rows[0]) for row in rows) >= 0.95 * len(rows)
        # An end of a line alone, as of a verse, parts nothing.
        filled = sum(bool(row[0].strip()) + bool(row[-1].strip()) + (len(row) > 2) for row in rows)
        longest = max(sum(map(len, column)) for column in zip(*(row[: len(rows[0])] for row in rows), strict=False))
        if even and len(rows[0]) > 1 and filled >= 1.9 * len(rows) and longest > 12 * len(rows) and (
                len(rows[0]) > 2 or _holds_few(rows)):
            return mark
    return ""


def _holds_few(rows: Rows) -> bool:
    """Whether one of two columns holds a few values that come again, and neither a single one."""
    values = [{row[place].strip() for row in rows} for place in (0, -1)]
    return min(map(len, values)) > 1 and min(map(len, values)) <= 0.5 * len(rows)


def names_among(line: str, names: Iterable[str]) -> bool:
    """Whether some delimiter cuts ``line``, perhaps a heading, into cells like names among which all ``names`` are."""
    wanted = set(map(_plain, names))
    return bool(wanted) and any(wanted <= set(map(_plain, row)) and _are_names(row) and not _is_spaced(row)
                                for delimiter in _MARKS for row in _rows([line], delimiter)[:1])


def cut_like_heading(lines: Sequence[str], names: Iterable[str], least: int) -> bool:
    """Whether lines are a table beyond doubt: a heading with ``names`` in it, and at least ``least`` rows, nearly all
    of as many cells, more than one; no ``names``: any rows that are even."""
    wanted = set(map(_plain, names))
    filled = [line.rstrip("\r\n") for line in lines[:_LOOKED] if line.strip()]
    for delimiter, quoted in product(_MARKS, (True, False)):
        rows = _rows(filled, delimiter) if quoted else [line.split(delimiter) for line in filled]
        if len(rows) < least + bool(wanted) or len(rows[0]) < 2:
            continue
        headed = not wanted or (wanted <= set(map(_plain, rows[0])) and _are_names(rows[0]) and not _is_spaced(rows[0]))
        if headed and sum(len(row) == len(rows[0]) for row in rows) >= 0.95 * len(rows):
            return True
    return False


def _are_names(cells: Sequence[str]) -> bool:
    """Whether cells may be the names of columns: short, each another."""
    names = list(map(_plain, cells))
    return all(names) and len(set(names)) == len(names) and max(map(len, names)) <= _LONG_NAME


def _is_spaced(cells: Sequence[str]) -> bool:
    """Whether a cell begins with a space, as in a sentence."""
    return any(cell[:1] == " " for cell in cells[1:])


def _is_headed(rows: Rows, delimiter: str) -> bool:
    """Whether the first of ``rows`` holds names, known ones among them, and the others are at least as wide."""
    if len(rows) < 2 or len(rows[0]) < 2 or not _are_names(rows[0]):
        return False
    names = list(map(_plain, rows[0]))
    known = [name for name in names if name in KNOWN_NAMES]
    even = all(len(row) == len(names) for row in rows[1:])
    wide = sum(len(row) >= len(names) for row in rows[1:]) >= 0.9 * (len(rows) - 1)
    both = any(name in TEXT_NAMES for name in names) and len(known) > 1
    return wide and bool(known) and ((both and (even or not _is_spaced(rows[0]))) or (even and delimiter != ","))


def _has_label(lines: Sequence[str], delimiter: str) -> bool:
    """Whether a delimiter in nearly every line parts one of few values from a longer text, before or after it."""
    if sum(delimiter in line for line in lines) < 0.98 * len(lines):
        return False
    before = [line.partition(delimiter)[::2] for line in lines]
    after = [line.rpartition(delimiter)[::-2] for line in lines]
    return any(_are_labelled(pairs, prose=delimiter == ",") for pairs in (before, after))


def _are_labelled(pairs: Sequence[tuple[str, str]], *, prose: bool) -> bool:
    """Whether the first of each of the ``pairs`` is a label and the second a text; ``prose``: parted as prose may be,
    where a space follows."""
    labels = [label.strip() for label, _ in pairs]
    if not all(labels) or len(set(labels)) < 2 or not few_values(labels):
        return False
    if prose and sum(label[:1] == " " or text[:1] == " " for label, text in pairs) > 0.05 * len(pairs):
        return False
    letters = sum(len(text) for _, text in pairs)
    return letters > max(12 * len(pairs), 2 * sum(map(len, labels)))


def _has_quotes(lines: Sequence[str], delimiter: str) -> bool:
    """Whether quotation marks enclose cells."""
    return any(line.startswith('"') or f'{delimiter}"' in line for line in lines)


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The rows of lines; a last one that is narrower, as inside open quotes, is only cut off by the sample."""
    rows = csv_rows(lines, delimiter)
    widest = Counter(len(row) for row in rows).most_common(1)
    if len(rows) > 2 and widest and len(rows[-1]) < widest[0][0]:
        rows.pop()
    return rows


def _plain(cell: str) -> str:
    return cell.strip().lstrip("\ufeff").strip("\"'# ").lower()
