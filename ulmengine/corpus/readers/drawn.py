"""Tables that are written otherwise than CSV, made lines of CSV: drawn for the eye, as by psql, MySQL and in Markdown;
with single quotation marks around the cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

DRAWN = "the lines are drawn as a table, with | between the cells and --- below the heading"
_RULER = re.compile(r"(?=.*--)[\s|+:-]+")
_COUNT = re.compile(r"\(\d+ rows?(?: affected)?\)|\d+ rows? in set.*")
_BETWEEN = re.compile(r"(?<!\\)\|")
_LOOKED = 500


def is_drawn(lines: Sequence[str]) -> bool:
    """Whether lines are nothing but a drawn table: names, a ruler of as many pieces, and rows of as many cells."""
    filled = [line.strip() for line in lines[:_LOOKED] if line.strip()]
    top = bool(filled) and _is_ruler(filled[0])
    if len(filled) < 3 + top or not _is_ruler(filled[1 + top]):
        return False
    cells = _BETWEEN.split(filled[top].strip("|"))
    rows = [line for line in filled[2 + top :] if not _is_ruler(line) and not _COUNT.fullmatch(line)]
    return len(cells) > 1 and len(re.findall("-+", filled[1 + top])) == len(cells) and bool(rows) and sum(
        len(_BETWEEN.split(line.strip("|"))) >= len(cells) for line in rows) >= 0.98 * len(rows)


def undrawn(lines: Iterable[str]) -> Iterator[str]:
    """The heading and the rows of a drawn table as lines of CSV, with a bar for the comma."""
    edged: bool | None = None
    for line in lines:
        bare = line.strip()
        if not bare or _is_ruler(bare) or _COUNT.fullmatch(bare):
            continue
        edged = bare.startswith("|") if edged is None else edged
        inner = bare.removeprefix("|").removesuffix("|") if edged else line
        written = io.StringIO()
        csv.writer(written, delimiter="|", lineterminator="\n").writerow(
            cell.strip().replace("\\|", "|") for cell in _BETWEEN.split(inner))
        yield written.getvalue()


def in_apostrophes(mark: str) -> re.Pattern[str]:
    """A cell behind a single quotation mark (2) at the beginning of a line or behind a delimiter (1), and the mark that
    closes it (3); the rest of the line where none does, so that it is looked through once."""
    mark = re.escape(mark)
    return re.compile(rf"(\A|{mark})'([^']*(?:'(?!{mark}|\s*\Z)[^']*)*)('?)")


def without_apostrophes(lines: Iterable[str], mark: str) -> Iterator[str]:
    """``lines`` with double quotation marks around the cells that stand in single ones."""
    cell = in_apostrophes(mark)
    for line in lines:
        yield cell.sub(_quoted, line)


def _quoted(cell: re.Match[str]) -> str:
    text = re.sub(r"''|\\'", "'", cell[2]).replace('"', '""')
    return f'{cell[1]}"{text}"' if cell[3] else cell[0]


def _is_ruler(line: str) -> bool:
    return _RULER.fullmatch(line) is not None
