"""Rows of CSV and its kin, streamed; uneven rows and stray quotes are mended or counted, never lost."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import islice

from . import limits
from .dialect import Dialect
from .textlines import Losses

MEND_LINES = 60
"""A row with a stray quote is looked for its end over so many lines at most."""


class _Tape:
    """Lines for ``csv.reader``, remembering those of the row being read so that they can be read another way."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: list[str] = []
        self.taken: list[str] = []
        self._size = 0

    def __iter__(self) -> _Tape:
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else next(self._lines)
        self.taken.append(line)
        self._size += len(line)
        if self._size > limits.MAX_FIELD:
            raise OverflowError  # an opening quote without its closing one would swallow the rest of the file
        return line

    def start_row(self) -> None:
        """Forget the lines of the row before."""
        self.taken.clear()
        self._size = 0

    def more(self) -> bool:
        """Take one line more; False at the end of the file or of patience."""
        try:
            next(self)
        except (StopIteration, OverflowError):
            return False
        return True

    def keep(self, count: int) -> None:
        """Hand all taken lines but the first ``count`` back."""
        self._back.extend(reversed(self.taken[count:]))
        del self.taken[count:]


class DelimitedRows:
    """The data rows of a delimited text, each with exactly as many cells as there are columns.

    A row that breaks the rules of quoting, or has another width, is read again with stray quotes taken as text. If it
    still does not fit, surplus cells are put back into the text (an unquoted delimiter stood in it), missing ones are
    empty, and the row is counted.
    """

    def __init__(self, lines: Iterator[str], dialect: Dialect, losses: Losses, text_place: int | None = None) -> None:
        # The limit is the csv module's own and common to the process; the default (128 KB) is less than one document.
        csv.field_size_limit(max(csv.field_size_limit(), limits.MAX_FIELD + 1))
        self._tape = _Tape(islice(lines, dialect.skip, None))
        self._dialect = dialect
        self._losses = losses
        self._width = len(dialect.columns)
        self._text_place = self._width - 1 if text_place is None else text_place
        self._cell = _cell_pattern(dialect.delimiter)

    def __iter__(self) -> Iterator[list[str]]:
        reader = csv.reader(
            self._tape, delimiter=self._dialect.delimiter, strict=True,
            quoting=csv.QUOTE_MINIMAL if self._dialect.quoted else csv.QUOTE_NONE,
        )
        number = -1 if self._dialect.header else 0
        width = self._width
        while True:
            self._tape.start_row()
            try:
                row = next(reader)
            except StopIteration:
                return
            except (csv.Error, OverflowError):
                row = []
            if len(row) == width and number >= 0:
                yield row
            elif not row and not "".join(self._tape.taken).strip():
                continue
            elif number >= 0:
                yield self._mended(row, number)
            number += 1

    def _mended(self, row: list[str], number: int) -> list[str]:
        """A row of the right width out of one that was broken or had another width."""
        if not self._dialect.quoted:
            return self._fitted(row or self._literal(self._tape.taken[0]), number)
        taken, lines = list(self._tape.taken), 1
        while lines <= MEND_LINES:
            if lines > len(self._tape.taken) and not self._tape.more():
                break
            text = "".join(self._tape.taken[:lines]).rstrip("\r\n")
            cells, still_open = self._cells(text)
            if len(cells) == self._width and (lines == 1 or not still_open):
                self._losses.mended += 1
                self._tape.keep(lines)
                return [_unquoted(cell) for cell in cells]
            if not (still_open or (not row and len(cells) < self._width and cells[-1][:1] == '"')):
                break
            lines += 1
        return self._unmended(row, taken, number)

    def _unmended(self, row: list[str], taken: list[str], number: int) -> list[str]:
        """The row as csv understood it where it did; otherwise its first line alone."""
        if row and len(taken) <= MEND_LINES:
            self._tape.keep(len(taken))
            if len(taken) == 1:
                row = [_unquoted(cell) for cell in self._cells(taken[0].rstrip("\r\n"))[0]]
        else:
            self._tape.keep(1)
            row = self._literal(taken[0])
        return self._fitted(row, number)

    def _literal(self, line: str) -> list[str]:
        """The cells of a line whose quotes mean nothing."""
        return line.rstrip("\r\n").split(self._dialect.delimiter)

    def _cells(self, text: str) -> tuple[list[str], bool]:
        """The raw cells of one row, where only a quote before a delimiter or the end closes a cell; and whether a quote
        stays open. Surplus cells are joined into the text column, if that gives it its two quotes."""
        spans = [match.span() for match in self._cell.finditer(text)]
        surplus = len(spans) - self._width
        place = self._text_place
        if surplus > 0:
            first, last = spans[place][0], spans[place + surplus][1]
            if text[first : first + 1] == '"' == text[last - 1 : last] and last - first > 1:
                spans[place : place + surplus + 1] = [(first, last)]
        cells = [text[first:last] for first, last in spans]
        return cells, any(cell[:1] == '"' and (len(cell) < 2 or cell[-1] != '"') for cell in cells)

    def _fitted(self, row: list[str], number: int) -> list[str]:
        """``row`` filled up with empty cells, or its surplus cells joined into the text."""
        while len(row) > self._width and not row[-1].strip():
            row = row[:-1]
        surplus = len(row) - self._width
        if surplus == 0:
            return row
        self._losses.ragged.append(number)
        if surplus < 0:
            return row + [""] * -surplus
        place = self._text_place
        joined = self._dialect.delimiter.join(row[place : place + surplus + 1])
        return [*row[:place], joined, *row[place + surplus + 1 :]]


def _unquoted(cell: str) -> str:
    """A raw cell without the quotes around it."""
    if len(cell) > 1 and cell[0] == '"' == cell[-1]:
        return cell[1:-1].replace('""', '"')
    return cell


def _cell_pattern(delimiter: str) -> re.Pattern[str]:
    """One cell: enclosed by quotes that a delimiter or the end follows, or everything up to the next delimiter."""
    mark = re.escape(delimiter)
    quoted = rf'"[^"]*(?:"(?!{mark}|\Z)[^"]*)*"(?={mark}|\Z)'
    return re.compile(rf"(?:\A|(?<={mark}))(?:{quoted}|[^{mark}]*)")
