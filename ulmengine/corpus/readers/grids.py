"""Tables in markup: the largest of an HTML page, the sheet of a workbook that Excel saved as XML (SpreadsheetML)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import chain, takewhile

import polars as pl

from ulmengine.corpus import limits
from ulmengine.corpus.column_names import LABEL_NAMES, TEXT_NAMES
from ulmengine.corpus.errors import CorpusError, Faults
from ulmengine.corpus.guess import guess_columns
from ulmengine.counting import counted

from .below import second_heading
from .heading import above_heading, column_names, find_heading

_ROWS = ("tr", "row")
_CELLS = ("td", "th", "cell")
_UNSEEN = ("script", "style", "template", "noscript", "comment")
_BREAKS = ("p", "br", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr")
_WIDEST = limits.MAX_COLUMNS
"""A cell spans so many columns or rows at most."""
_LONGEST_TAG = 1 << 15
_LEAST = 3
"""A table has at least so many rows, its heading among them."""
_MOST_MARKED = 4
"""So many rows above each other may be marked as headings of columns."""
_MANY = 10
"""So many even rows are a table whatever its heading is."""


@dataclass(frozen=True)
class Grid:
    """The table that a page is: its ``number`` on it, how many rows stand ``above`` its data, its columns' names.

    ``others``: how many more tables of several rows there are. ``why``: what tells the heading. ``second``: a sentence
    about a second heading. ``sheet``: of a workbook, whose rows end with their last filled cell.
    """

    number: int
    above: int
    columns: tuple[str, ...]
    others: int
    why: str
    second: str = ""
    sheet: bool = False


@dataclass
class _Table:
    number: int
    cells: list[str] | None = None
    parts: list[str] | None = None
    span: int = 1
    down: int = 1
    head: bool = False
    """Whether the cell in hand is marked as a heading; ``heads``: how many places of the row are."""
    heads: int = 0
    here: dict[int, tuple[int, str, bool]] = field(default_factory=dict)
    """What cells of rows above that reach down hold in this row: place -> (how many rows, text, a heading)."""
    below: dict[int, tuple[int, str, bool]] = field(default_factory=dict)
    """The same for the next row."""

    def add(self, text: str, down: int, head: bool) -> None:
        """A cell that reaches down ``down`` rows, its own among them."""
        if self.cells is not None:
            if down > 1:
                self.below[len(self.cells)] = (down - 1, text, head)
            self.cells.append(text)
            self.heads += head

    def fill(self) -> None:
        """Fill the places that cells of rows above reach into."""
        while self.cells is not None and len(self.cells) in self.here:
            down, text, head = self.here.pop(len(self.cells))
            self.add(text, down, head)


class Markup(HTMLParser):
    """A parser that gives up at nothing, and is quick at the end of a source: there Python's own looks for the end of
    each tag that has none in all of what follows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def close(self) -> None:
        """The end of the source; where it lies in a tag or remark that is longer than any is, that is text."""
        if len(self.rawdata) > _LONGEST_TAG:
            rest, self.rawdata = self.rawdata, ""
            self.handle_data(rest)
        super().close()

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """A section of a kind that is not known is passed over as a remark is."""
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return self.parse_bogus_comment(i)


class GridParser(Markup):
    """Gathers the rows of tables as they end, in ``done``: (number of the table, its cells, all of them headings).

    ``outer``: the numbers of tables that hold other tables, as those that only lay a page out do.
    """

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[int, list[str], bool]] = []
        self.outer: set[int] = set()
        self.outside = 0
        self._tables: list[_Table] = []
        self._count = 0
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell; those before them may lack their ends."""
        tag = tag.removeprefix("ss:")
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "table":
            if self._tables:
                self.outer.add(self._tables[-1].number)
            self._tables.append(_Table(self._count))
            self._count += 1
        elif not self._tables:
            return
        elif tag in _ROWS:
            self._end_row()
            self._tables[-1].cells = []
        elif tag in _CELLS:
            self._begin_cell(tag, dict(attrs))
        elif tag in _BREAKS and self._tables[-1].parts is not None:
            self._tables[-1].parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End one."""
        tag = tag.removeprefix("ss:")
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "table" and self._tables:
            self._end_row()
            self._tables.pop()
        elif not self._tables:
            return
        elif tag in _ROWS:
            self._end_row()
        elif tag in _CELLS:
            self._end_cell()
        elif tag in _BREAKS and self._tables[-1].parts is not None:
            self._tables[-1].parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Text of the innermost cell, or beside all tables."""
        if self._unseen:
            return
        if self._tables and self._tables[-1].parts is not None:
            self._tables[-1].parts.append(data)
        elif not self._tables:
            self.outside += len(data.strip())

    def finish(self, number: int) -> bool:
        """The end of the source: a last row may lack its end. Returns whether table ``number`` lacks it as well."""
        self.close()
        lacks = any(table.number == number for table in self._tables)
        while self._tables:
            self._end_row()
            self._tables.pop()
        return lacks

    def _begin_cell(self, tag: str, given: dict[str, str | None]) -> None:
        self._end_cell()
        table = self._tables[-1]
        if table.cells is None:
            table.cells = []
        place = _number(given.get("ss:index"), 0)  # Excel leaves empty cells out and numbers the next one, from 1
        while len(table.cells) < place - 1:
            table.cells.append("")
        table.fill()
        table.parts = []
        table.span = _number(given.get("colspan"), _number(given.get("ss:mergeacross"), 0) + 1)
        table.down = _number(given.get("rowspan"), _number(given.get("ss:mergedown"), 0) + 1)
        table.head = tag == "th"

    def _end_cell(self) -> None:
        table = self._tables[-1]
        if table.parts is None or table.cells is None:
            return
        lines = (" ".join(line.split()) for line in "".join(table.parts).split("\n"))
        text = "\n".join(line for line in lines if line)
        for more in range(min(table.span, max(1, _WIDEST - len(table.cells)))):
            table.add("" if more else text, table.down, table.head)
        table.parts = None

    def _end_row(self) -> None:
        table = self._tables[-1]
        self._end_cell()
        if table.cells is None:
            return
        table.fill()
        width = len(table.cells)
        table.here, table.below = table.below, {}
        if any(table.cells):
            self.done.append((table.number, table.cells, table.heads == width))
        table.cells, table.heads = None, 0


def _number(text: str | None, other: int) -> int:
    return max(1, min(int(text), _WIDEST)) if text and text.isdecimal() else other


def grid_of(text: str, header: str, *, sheet: bool = False) -> Grid | None:
    """The table that markup which begins with ``text`` consists of; None where it is no table with texts.

    :param header: "auto", "yes" or "no". :param sheet: it is a workbook: any even table is one.
    """
    if not sheet and len(re.findall(r"<tr[\s>]", text, re.IGNORECASE)) < _LEAST:
        return None
    parser = GridParser()
    parser.feed(text)
    rows: dict[int, list[tuple[list[str], bool]]] = {}
    for number, cells, heads in parser.done:
        if number not in parser.outer:
            rows.setdefault(number, []).append((cells, heads))
    if not rows:
        return None
    number = max(rows, key=lambda one: (len(rows[one]), -one))
    found = [cells for cells, _ in rows[number]]
    letters = {one: sum(len(cell) for cells, _ in own for cell in cells) for one, own in rows.items()}
    if not sheet and letters[number] < 0.7 * (parser.outside + sum(letters.values())):
        return None
    width, count = Counter(map(len, found)).most_common(1)[0]
    if not sheet and (width < 2 or count < 0.9 * len(found) or len(found) < _LEAST):
        return None
    width = max(map(len, found)) if sheet else width
    found = [(cells + [""] * width)[:width] for cells in found]
    above = _marked_heading(rows[number]) or above_heading(found) if header == "auto" else 0
    marked = rows[number][above][1]
    named, why, _ = (True, "its cells are marked as headings", "") if marked and header == "auto" else find_heading(
        found[above:], width, header)
    known = {cell.strip().lower() for cell in found[above]} & (TEXT_NAMES | LABEL_NAMES)
    columns = column_names(found[above] if named else [], width)
    below, second = second_heading(found[above:]) if named else (0, "")
    body = [dict(zip(columns, cells, strict=True)) for cells in found[above + named + below :]]
    told = sheet or marked or (named and known) or len(found) > _MANY
    if not body or not told or not guess_columns(pl.DataFrame(body)).text:
        return None
    others = sum(len(own) > 2 for one, own in rows.items() if one != number)
    return Grid(number, above + named + below, columns, others, why, second, sheet)


def _marked_heading(rows: list[tuple[list[str], bool]]) -> int:
    """Which of several rows that are marked as headings at the beginning names the columns: the last with the most
    names, none of them twice; 0 where it is the first, or no other is marked."""
    marked = [cells for cells, _ in takewhile(lambda row: row[1], rows)]
    if len(marked) > min(_MOST_MARKED, len(rows) // 2):
        return 0
    names = [len({cell for cell in cells if cell}) for cells in marked]
    return max(range(len(names)), key=lambda place: (names[place], place), default=0)


def grid_rows(blocks: Iterator[str], grid: Grid, faults: Faults, name: str, *, cut: bool) -> Iterator[list[str]]:
    """The rows of the table that was found, each with a cell for every column.

    :param cut: the end of the blocks is not that of the file; a row without its end is none.
    """
    parser = GridParser()
    seen, lacks = 0, False
    for block in chain(blocks, ("",)):
        if block:
            parser.feed(block)
        elif not cut:
            lacks = parser.finish(grid.number)
        for number, cells, heads in parser.done:
            if number != grid.number:
                continue
            seen += 1
            if seen > grid.above and not (heads and cells == list(grid.columns)):
                yield _fitted(cells, len(grid.columns), seen - grid.above - 1, faults, sheet=grid.sheet)
        parser.done.clear()
        if len(parser.rawdata) > limits.MAX_FIELD:
            raise CorpusError(f"'{name}' has a tag without its end: it is damaged.")
    if lacks:
        faults.notes.append(f"'{name}' ends before its table does, after "
                            f"{counted(seen - grid.above, 'row', 'rows')}: it may be cut short.")


def _fitted(cells: list[str], width: int, number: int, faults: Faults, *, sheet: bool) -> list[str]:
    row = list(cells)
    while len(row) > width and not row[-1]:
        row.pop()
    if len(row) > width or (len(row) < width and not sheet):
        faults.ragged.append(number)
    return [*row[: width - 1], " ".join(row[width - 1 :])] if len(row) > width else row + [""] * (width - len(row))
