"""Tables that are written otherwise than CSV, made lines of CSV: drawn for the eye, as by psql, MySQL and in Markdown;
with single quotation marks around the cells; with quotation marks around whole rows, as where CSV is saved as CSV; with
line ends behind a backslash, as MySQL writes them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from .heading import few_values, find_heading

DRAWN = "the lines are drawn as a table, with | between the cells and --- below the heading"
_RULER = re.compile(r"(?=.*--)[\s|+:-]+")
_COUNT = re.compile(r"\(\d+ rows?(?: affected)?\)|\d+ rows? in set.*")
_BETWEEN = re.compile(r"(?<!\\)\|")
_LOOKED = 500
_ENCLOSED = re.compile(r'"((?:[^"]|"")*)"[\s,;]*')
_LEAST_ENCLOSED = 5
_ESCAPED = re.compile(r"\\(\r\n|.)", re.DOTALL)
_MOST_CARRIED = 1_000


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


def in_quotes(lines: Sequence[str], delimiters: Sequence[str]) -> str:
    """The delimiter of a table whose rows stand in quotation marks each as a whole, as where CSV was read as a single
    column and saved once more: of all rows, or of those that hold quotation marks themselves; "" where they do not.

    A text in quotation marks is none: one of the ``delimiters`` cuts all that the marks enclose, and the other lines,
    into the same number of cells without spaces before them, under names or beside a few values.
    """
    filled = [line for line in lines[:_LOOKED] if line.strip()]
    if sum(_ENCLOSED.fullmatch(line) is not None for line in filled) < max(_LEAST_ENCLOSED, 0.1 * len(filled)):
        return ""
    for mark in delimiters:
        try:
            rows = [row for row in csv.reader(unenclosed(filled), delimiter=mark) if row]
        except csv.Error:
            continue
        if rows and "\n" in rows[-1][-1]:  # cut off by the sample
            rows.pop()
        width = len(rows[0]) if rows else 0
        even = [row for row in rows if len(row) == width]
        spaced = sum(any(cell[:1] == " " for cell in row[1:]) for row in even)
        if width < 2 or len(even) < 0.98 * len(rows) or spaced > 0.05 * len(even):
            continue
        columns = [[row[place].strip() for row in even[1:]] for place in range(width)]
        few = any(few_values(column) and len(set(column)) > 1 for column in columns)
        texts = max(sum(map(len, column)) for column in columns) > 12 * len(even[1:])
        if texts and (few or find_heading(even, width).why.startswith("the first row holds the name")):
            return mark
    return ""


def unenclosed(lines: Iterable[str]) -> Iterator[str]:
    """``lines`` without the quotation marks around those that they enclose as a whole; such a row may have several
    lines."""
    inside = False
    for line in lines:
        odd = line.count('"') % 2 == 1
        if whole := None if inside else _ENCLOSED.fullmatch(line):
            yield whole[1].replace('""', '"') + "\n"
        elif inside and odd:
            yield line.rstrip("\r\n,; ").removesuffix('"').replace('""', '"') + "\n"
        elif inside or (odd and line.startswith('"')):
            yield line[not inside :].replace('""', '"')
        else:
            yield line
        inside ^= odd


def has_escaped_breaks(lines: Sequence[str], delimiters: Sequence[str]) -> str:
    r"""The delimiter of a table in which a backslash at the end of a line says that its row goes on in the next one;
    "" where the lines are not cut evenly by that, or are without it."""
    some = lines[:_LOOKED]
    if not any(map(_goes_on, some)):
        return ""
    rows = [row for row in _carried_on(some) if row.strip()]
    if _goes_on(some[-1]) and len(rows) > 1:  # cut off by the sample
        rows.pop()
    for mark in delimiters:
        widths = [len(_fields(row, mark)) for row in rows]
        if any(row[:1] == '"' or f'{mark}"' in row for row in rows):  # quotation marks may enclose such ends of lines
            continue
        if len(rows) > 2 and widths[0] > 1 and widths.count(widths[0]) >= 0.98 * len(rows):
            return mark
    return ""


def unescaped_rows(lines: Iterable[str], mark: str) -> Iterator[str]:
    r"""Rows with backslashes before what would end a cell or a line, and \N for nothing, as lines of CSV."""
    for row in _carried_on(lines):
        written = io.StringIO()
        cells = ["" if cell == "\\N" else _ESCAPED.sub(_plainly, cell) for cell in _fields(row, mark)]
        csv.writer(written, delimiter=mark, lineterminator="\n").writerow(cells)
        yield written.getvalue() if row.strip() else row


def _fields(row: str, mark: str) -> list[str]:
    """The cells of a row, with their backslashes."""
    bare = row.rstrip("\r\n")
    sign = re.escape(mark)
    return re.findall(rf"((?:[^{sign}\\]|\\.)*){sign}", f"{bare}{chr(92) * _goes_on(bare)}{mark}", re.DOTALL)


def _carried_on(lines: Iterable[str]) -> Iterator[str]:
    """Lines put together with those that they go on in."""
    held: list[str] = []
    for line in lines:
        held.append(line)
        if not _goes_on(line) or len(held) > _MOST_CARRIED:
            yield "".join(held)
            held = []
    if held:
        yield "".join(held)


def _goes_on(line: str) -> bool:
    bare = line.rstrip("\r\n")
    return (len(bare) - len(bare.rstrip("\\"))) % 2 == 1


def _plainly(escaped: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r", "0": ""}.get(escaped[1], escaped[1])


def _is_ruler(line: str) -> bool:
    return _RULER.fullmatch(line) is not None
