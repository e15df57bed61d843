"""What a file that was taken for lines of text shows to be more, above all one that has come through a pipe, without a
name that says what it is."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from ulmengine.config import CorpusConfig
from ulmengine.corpus import Preview, Understood
from ulmengine.corpus.column_names import KNOWN_NAMES, TEXT_NAMES
from ulmengine.corpus.readers.formats import look_at
from ulmengine.corpus.readers.pipes import came_through_pipe
from ulmengine.corpus.readers.source import find_source
from ulmengine.corpus.readers.tabular import names_among
from ulmengine.disk import parsed
from ulmengine.models import Columns

from .names import as_named

PLACE = re.compile(r"column \d+(?: \(\d+\))?")
"""What a column without a name is called: a place, where other tables may hold anything."""
_QUOTED_LINES = 60
"""By so many rows it is judged whether lines are cells in quotation marks."""
LINES = ("lines", "blocks", "file")


def are_plain_lines(path: Path, found: Understood, roles: Columns | None) -> bool:
    """Whether what comes through a pipe is a text a line: nothing marks its lines, no heading names a column, and what
    cuts them evenly stands there as in prose, before a space or in a number, or is a tab that parts no label."""
    if found.format != "csv" or roles is None:
        return found.format in LINES
    if not KNOWN_NAMES.isdisjoint(map(str.lower, found.columns)):
        return False
    known = as_named(roles.text, found.columns)
    if known and not any(map(PLACE.fullmatch, known)):
        return False
    if found.delimiter == "\t":
        return not found.label_columns
    lines = [line for line in look_at(find_source(path), CorpusConfig()).lines if line.strip()]
    cut = re.compile(rf"{re.escape(found.delimiter)}(?!\s|(?<=\d.)\d{{3}}\b)")
    return sum(not cut.search(line) for line in lines) > 0.5 * len(lines)


def shown_by_lines(seen: Preview, wanted: tuple[str, ...]) -> dict[str, str]:
    """The settings for a file that was taken for lines and is more: a table under a heading, or, if it has come through
    a pipe, where no name says so, strings of JSON or the cells of a single column in quotation marks."""
    found = seen.understood
    if _is_heading(seen, wanted):
        return {"format": "csv", "header": "yes"}
    if not came_through_pipe(found.path) or found.format not in (*LINES, "csv") or len(found.columns) > 1:
        return {}
    lines = look_at(find_source(found.path), CorpusConfig()).lines
    if any("\\" in line for line in lines) and all(map(_is_json_string, filter(str.strip, lines))):
        return {"format": "jsonl"}
    return {"format": "csv"} if _arequoted(lines) else {}


def _is_json_string(line: str) -> bool:
    try:
        return isinstance(parsed(line), str)
    except ValueError:
        return False


def _arequoted(lines: Sequence[str]) -> bool:
    """Whether lines are a single column all of whose cells stand in quotation marks but for a heading, or just those,
    at least two, that hold a delimiter or such marks."""
    for mark in ",;":
        reader = csv.reader(lines, delimiter=mark, strict=True)
        begin, rows = 0, 0
        enclosed: list[str] = []
        try:
            for row in islice(reader, _QUOTED_LINES):
                if len(row) > 1:
                    break
                rows += len(row)
                enclosed += row if lines[begin].startswith('"') else []
                begin = reader.line_num
            else:
                needed = all(mark in cell or '"' in cell for cell in enclosed)
                whole = rows - (not lines[0].startswith('"'))
                if enclosed and (len(lines) == 1 or (len(enclosed) > 1 and (needed or len(enclosed) == whole))):
                    return True
        except csv.Error:
            continue
    return False


def _is_heading(seen: Preview, wanted: tuple[str, ...]) -> bool:
    """Whether a file that was taken for lines begins with a heading in which all ``wanted`` are, or, if it has come
    through a pipe, with the name of a column of texts alone."""
    found = seen.understood
    if found.format not in LINES or not seen.rows or not seen.rows[0]:
        return False
    first, _, more = seen.rows[0][0].partition("\n")
    alone = came_through_pipe(found.path) and (bool(more) or found.rows != 1) and first.strip().lower() in TEXT_NAMES
    return alone or names_among(first, wanted)
