"""How the cells of a delimited file are told apart, found from its beginning."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ulmengine.corpus.errors import CorpusError

DELIMITERS = (",", "\t", ";", "|")
NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}
SPELLED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
SNIFF_LINES = 400
_SAID = re.compile(r"sep=(.)", re.IGNORECASE)
_NOWHERE = "\x1f"
"""ASCII's own separator of units: stands in no text."""


@dataclass(frozen=True)
class Dialect:
    """Delimiter, whether quotes enclose cells, whether the first row names the columns, and the columns' names."""

    delimiter: str
    quoted: bool
    header: bool
    columns: tuple[str, ...]
    reasons: dict[str, str]
    skip: int = 0
    """Lines before the table: Excel's "sep=;"."""


def spelled_delimiter(text: str) -> str:
    """One character for what a person wrote ("tab", "\\t", ";"). :raises CorpusError: more than one character."""
    delimiter = SPELLED.get(text.strip().lower() or text, text)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise CorpusError(f"'{text}' is not a delimiter. Give one character, for example , or ; or tab.")
    return delimiter


def sniff(lines: Sequence[str], delimiter: str = "", header: str = "auto", suffix: str = "") -> Dialect:
    """The dialect of a file that begins with ``lines``.

    :param delimiter: given by the person; empty: found by itself.
    :param header: "auto", "yes" or "no".
    :param suffix: of the file's name; .tsv and .tab are taken at their word where the lines allow both.
    """
    said = _SAID.fullmatch(lines[0].lstrip("\ufeff").strip("\r\n")) if lines else None
    lines = lines[1 if said else 0 : SNIFF_LINES]
    reasons = {}
    if delimiter:
        best, reasons["delimiter"] = spelled_delimiter(delimiter), "as set"
    elif said:
        best, reasons["delimiter"] = said[1], "the first line says so, as Excel writes it"
    else:
        best, reasons["delimiter"] = _best_delimiter(lines, suffix)
    quoted = _quotes_matter(lines, best)
    rows = _rows(lines, best, quoted)
    width = Counter(len(row) for row in rows).most_common(1)[0][0] if rows else 1
    first = rows[0] if rows else []
    named, reasons["header"] = has_header(rows, width) if header == "auto" else (header == "yes", "as set")
    columns = column_names(first if named else [], max(width, len(first) if named else 0))
    return Dialect(best, quoted, named, columns, reasons, 1 if said else 0)


def column_names(given: Sequence[str], width: int) -> tuple[str, ...]:
    """``width`` different names: those given, "column 3" for a nameless third one, a number behind a repeated one."""
    names: dict[str, None] = {}
    for place in range(width):
        name = given[place].strip() if place < len(given) else ""
        name = name or f"column {place + 1}"
        unique, number = name, 2
        while unique in names:
            unique, number = f"{name} ({number})", number + 1
        names[unique] = None
    return tuple(names)


def _best_delimiter(lines: Sequence[str], suffix: str) -> tuple[str, str]:
    """The delimiter that cuts most rows into the same number of cells, more than one."""
    if suffix in (".tsv", ".tab") and any("\t" in line for line in lines):
        return "\t", "the file's name says tabs and there are some"
    best, reason, best_score = ",", "one column: no delimiter cuts the lines evenly", 0.0
    for delimiter in DELIMITERS:
        rows = _rows(lines, delimiter, quoted=True)
        if not rows:
            continue
        width, count = Counter(len(row) for row in rows).most_common(1)[0]
        head = len(rows[0]) == width
        even = count / len(rows)
        # A first row that the delimiter does not cut is the heading of a single column whose texts hold such signs,
        # unless all others are cut into the same three or more: then it is a title above the table.
        alone = len(rows[0]) == 1 and len(rows) > 1 and (width < 3 or even < 0.9)
        # Even cutting counts most; a first row of the common width and more than two cells speak for it.
        score = 0.0 if width < 2 or even < 0.3 or alone else even + 0.2 * head + 0.02 * min(width, 10)
        if score > best_score:
            best, best_score = delimiter, score
            reason = f"{NAMES[delimiter]} cuts {even:.0%} of the first rows into {width} cells"
    if best_score == 0.0:
        line = lines[0] if lines else ""
        best = max(DELIMITERS, key=line.count)
        if line.count(best):
            return best, f"{NAMES[best]} is the one in the first line"
        if max((len(row) for row in _rows(lines, best, quoted=True)), default=1) > 1:
            best = next((one for one in DELIMITERS if not any(one in text for text in lines)), _NOWHERE)
    return best, reason


def _quotes_matter(lines: Sequence[str], delimiter: str) -> bool:
    """Whether quotes enclose cells: not where reading them so makes the rows more uneven than leaving them be."""
    if not any('"' in line for line in lines):
        return True
    with_quotes, without = _rows(lines, delimiter, quoted=True), _rows(lines, delimiter, quoted=False)
    closed = sum(line.count(f'"{delimiter}') + line.count(f'{delimiter}"') + line.startswith('"') for line in lines)
    return closed > 0 and _evenness(with_quotes) >= _evenness(without) - 0.02


def _evenness(rows: Sequence[Sequence[str]]) -> float:
    """The share of rows with the commonest number of cells."""
    return Counter(len(row) for row in rows).most_common(1)[0][1] / len(rows) if rows else 0.0


def _rows(lines: Sequence[str], delimiter: str, quoted: bool) -> list[list[str]]:
    """The rows of complete lines; a last row inside open quotes is left away, it is only cut off by the sample."""
    rows = []
    try:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
        rows = [row for row in reader if row]
    except csv.Error:
        rows = [line.rstrip("\r\n").split(delimiter) for line in lines if line.strip()]
    if len(rows) > 2 and quoted and "\n" in rows[-1][-1]:
        rows.pop()
    return rows


def has_header(rows: Sequence[Sequence[str]], width: int) -> tuple[bool, str]:
    """Whether the first row holds names: short, no numbers, and found nowhere below."""
    from ulmengine.corpus.guess import LABEL_NAMES, SPLIT_NAMES, TEXT_NAMES

    if not rows:
        return False, "no rows"
    first = [cell.strip() for cell in rows[0]]
    below = rows[1:200]
    named = [cell for cell in first if cell]
    known = {cell.lower() for cell in named} & (LABEL_NAMES | TEXT_NAMES | SPLIT_NAMES)
    place = _again_below(first, below, width)
    if known and place is None and all(len(cell) <= 60 for cell in first):
        return True, f"the first row holds the name '{sorted(known)[0]}'"
    if not below:
        return False, "a single row is read as data"
    if not named or any(_is_number(cell) for cell in named):
        return False, "the first row holds numbers, as data does"
    if len(set(named)) < len(named) or any(len(cell) > 60 for cell in named):
        return False, "the first row looks like data"
    if place is not None:
        return False, f"the first row's '{first[place]}' stands in rows below as well"
    longest = max((sum(len(c) for c in row) / max(1, len(row)) for row in below), default=0)
    if width > 1 or sum(map(len, first)) / max(1, len(first)) < 0.3 * longest:
        return True, "the first row differs from the rows below"
    return False, "the first row looks like the others"


def _again_below(first: Sequence[str], below: Sequence[Sequence[str]], width: int) -> int | None:
    """The first column whose first cell comes again below it, None where there is none.

    A row that is the first one again is no witness: files put together repeat their heading.
    """
    others = [row for row in below if [cell.strip() for cell in row] != list(first)]
    for place in range(min(width, len(first))):
        if first[place] and any(place < len(row) and row[place].strip() == first[place] for row in others):
            return place
    return None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
