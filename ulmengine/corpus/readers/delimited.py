"""Rows of CSV and its kin, streamed; uneven rows and stray quotes are mended or counted, never lost."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import polars as pl

from ulmengine.corpus import limits
from ulmengine.corpus.errors import Faults
from ulmengine.corpus.guess import guess_columns

from .dialect import DELIMITERS, NAMES, UNUSUAL, Dialect, cut_by_spaces, sniff, spelled_delimiter, unescaped
from .drawn import DRAWN, has_escaped_breaks, in_quotes, is_drawn
from .footer import without_footer
from .frames import frames_of
from .groups import with_groups
from .plain import bears_labels
from .reading import Look, Pass, Reading, plan_text, refuse_wide
from .tabular import cut_evenly, told_by_cells
from .textlines import text_blocks, text_lines
from .turns import with_turns
from .unusual import IN_PROSE, unusual_delimiter

SUFFIXES = (".csv", ".tsv", ".tab", ".psv", ".ssv")
_PROSE = (".txt", ".text", ".label", ".md", ".tokens", ".raw")
_LEAST_LINES, _MORE_BYTES = 20, 12 << 20
MEND_LINES = 60
"""A row with a stray quote is looked for its end over so many lines at most."""


def plan(look: Look, reason: str = "") -> Reading | None:
    """Plan the reading of a table, known by its name or its lines. :raises CorpusError: no text, or far too many
    columns."""
    config, suffix, delimiter, why = look.config, look.source.suffix, "", ""
    if not reason and suffix in SUFFIXES:
        reason = f"the file's name ends in {suffix}"
    elif not reason and config.delimiter and any(
            spelled_delimiter(config.delimiter) in line for line in look.lines[:60]):
        reason = "a delimiter is set"
    elif not reason and is_drawn(look.lines):
        reason = DRAWN
    elif not reason and in_quotes(look.lines, DELIMITERS):
        reason = "whole rows of a table stand in quotation marks"
    elif not reason and has_escaped_breaks(look.lines, DELIMITERS):
        reason = "rows of as many cells go on behind a backslash in the next line"
    elif not reason and not bears_labels(look.lines[:60]):
        delimiter, why = ("", "") if suffix in _PROSE[2:] else told_by_cells(look.lines)
        if not delimiter and not (reason := _cut(look)) and suffix not in _PROSE[2:] and (
                delimiter := unusual_delimiter(look.lines, IN_PROSE)):
            why = UNUSUAL
        reason = _cut(look) or (f"{NAMES.get(delimiter, repr(delimiter))} is the delimiter: {why}" if delimiter else "")
    if not reason:
        return None
    reading = plan_text("csv", look, reason, _frames)
    lines = _first_lines(look, reading.encoding)
    dialect = sniff(lines, config.delimiter or delimiter, config.header, suffix)
    if delimiter and not config.delimiter:
        told = () if delimiter in NAMES and why != UNUSUAL else (
            f"{delimiter.strip()!r} stands in each line and is read as what parts its cells. If the lines are texts "
            "with it, choose the format 'lines'.",)
        dialect = replace(dialect, reasons={**dialect.reasons, "delimiter": why}, notes=(*dialect.notes, *told))
    refuse_wide(f"'{look.source.path.name}' would have", len(dialect.columns),
                f" Is {NAMES.get(dialect.delimiter, dialect.delimiter)} really its delimiter?")
    rows = iter(DelimitedRows(iter(lines[:500]), dialect, Faults(), dialect.text_place))
    frame = next(frames_of(rows, dialect.columns, Faults()), None)
    if frame is not None and look.whole and dialect.header and (
            frame.to_series(0).head(_LEAST_LINES).str.strip_chars() == "").any():
        dialect, frame = _with_groups(look, dialect, frame)
    text = config.text_columns or (guess_columns(with_turns(frame), dialect.hints).text if frame is not None else ())
    place = dialect.columns.index(text[-1]) if text and text[-1] in dialect.columns else None
    if dialect.text_place is not None and not config.text_columns:
        place = dialect.text_place
    return replace(reading, dialect=dialect, columns=dialect.columns, text_place=place,
                   notes=(*reading.notes, *dialect.notes),
                   hints=dialect.hints, reasons={**reading.reasons, **dialect.reasons})


def _with_groups(look: Look, dialect: Dialect, first: pl.DataFrame) -> tuple[Dialect, pl.DataFrame]:
    """The ``dialect`` of a table that is seen as a whole, whose first column may be empty in the rows of a group below
    its first one; and its ``first`` rows with it."""
    rows = iter(DelimitedRows(iter(look.lines), dialect, Faults(), dialect.text_place))
    frames = without_footer(frames_of(rows, dialect.columns, Faults()), Pass())
    groups = with_groups(pl.concat(frames))
    note = groups.note()
    if not note:
        return dialect, first
    return replace(dialect, grouped=groups.filled > 0, notes=(*dialect.notes, note)), groups.frame.head(first.height)


def _cut(look: Look) -> str:
    """How nearly all lines are cut into the same number of cells; "" where they are not."""
    # Prose has commas, but no tab in every line.
    if cut_evenly(look.lines[:60], "\t" if look.source.suffix in _PROSE else "\t;|,"):
        return "the lines are cut evenly by a delimiter"
    return "spaces part cells in quotation marks, as R writes tables" if cut_by_spaces(look.lines[:60]) else ""


def _first_lines(look: Look, encoding: str) -> list[str]:
    """The lines by which a table is understood: those of more of it where the sample holds hardly a whole row."""
    if look.whole or len(look.lines) > _LEAST_LINES:
        return look.lines
    with look.source.open() as stream:
        blocks = text_blocks(stream, encoding, Faults(), _MORE_BYTES)
        lines = list(islice(text_lines(blocks, look.source.path.name), _LEAST_LINES + 1))
    return lines[:-1] or look.lines


def _frames(blocks: Iterator[str], reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    if reading.dialect is None:
        raise TypeError("a table is read by its dialect")
    lines = text_lines(blocks, reading.source.path.name)
    rows = iter(DelimitedRows(lines, reading.dialect, going.faults, reading.text_place))
    frames = without_footer(frames_of(rows, reading.columns, going.faults), going)
    return _regrouped(frames, going.faults) if reading.dialect.grouped else frames


def _regrouped(frames: Iterator[pl.DataFrame], faults: Faults) -> Iterator[pl.DataFrame]:
    """The rows of a table, which is small, each with the name of its group."""
    groups = with_groups(pl.concat(frames))
    if groups.kept is not None:
        faults.ragged[:] = [int(groups.kept[:row].sum()) for row in faults.ragged if groups.kept[row]]
    yield groups.frame


class _LineTape:
    """Lines for ``csv.reader``, remembering those of the row being read so that they can be read another way."""

    def __init__(self, lines: Iterator[str], dialect: Dialect) -> None:
        self._lines = lines
        self._backslash = dialect.backslash
        self._several = dialect.delimiter if len(dialect.delimiter) > 1 else ""
        self._sign = dialect.sign
        self._back: list[str] = []
        self.taken: list[str] = []
        self._size = 0

    def __iter__(self) -> _LineTape:
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else next(self._lines)
        if self._backslash:
            line = unescaped(line)
        if self._several:
            line = line.replace(self._several, self._sign)
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

    def __init__(self, lines: Iterator[str], dialect: Dialect, faults: Faults, text_place: int | None = None) -> None:
        csv.field_size_limit(max(csv.field_size_limit(), limits.MAX_FIELD + 1))
        lines = dialect.rewritten(lines) if dialect.rewritten else lines
        self._tape = _LineTape(islice(lines, dialect.skip, None), dialect)
        self._dialect = dialect
        self._faults = faults
        self._width = len(dialect.columns)
        self._text_place = self._width - 1 if text_place is None else text_place
        self._cell = _cell_pattern(dialect.sign)
        self._names = [name.lower() for name in dialect.columns]
        self._order: list[int] = []  # of a heading further down that names the columns in another order

    def __iter__(self) -> Iterator[list[str]]:
        reader = csv.reader(
            self._tape, delimiter=self._dialect.sign, strict=True,
            quoting=csv.QUOTE_MINIMAL if self._dialect.quoted else csv.QUOTE_NONE,
        )
        number = -1 - self._dialect.below if self._dialect.header else 0
        width = self._width
        blank = 0  # lines since the last row, which are rows where there is one column
        while True:
            self._tape.start_row()
            try:
                row = next(reader)
            except StopIteration:
                return
            except (csv.Error, OverflowError):
                row = []
            if blank and (row or "".join(self._tape.taken).strip()):
                first = number + len(self._faults.blank)
                self._faults.blank += range(first, first + blank)
                blank = 0
            if len(row) == width and number >= 0:
                # Each line of several is a row by itself: then a stray quote has swallowed the others.
                if len(self._tape.taken) > 1 and all(map(self._is_row, self._tape.taken)):
                    self._faults.mended += len(self._tape.taken)
                    self._tape.keep(1)
                    row = [_unquoted(cell) for cell in self._cells(self._tape.taken[0].rstrip("\r\n"))[0]]
                if self._is_heading(row):
                    continue
                yield [row[place] for place in self._order] if self._order else row
            elif not row and not "".join(self._tape.taken).strip():
                self._faults.after_blank = max(0, number)
                blank += width == 1 and number >= 0
                continue
            elif number >= 0:
                yield self._mended(row, number)
            number += 1

    def _is_row(self, line: str) -> bool:
        """Whether a line is a row by itself, known by its columns of few values."""
        cells, marks = self._cells(line.rstrip("\r\n"))[0], self._dialect.marks
        if len(cells) != self._width or not any(marks):
            return False
        return all(not few or _unquoted(cell).strip() in few for cell, few in zip(cells, marks, strict=True))

    def _is_heading(self, row: list[str]) -> bool:
        """Whether the heading stands here again, as in files put together; it may name the columns in another order."""
        if not self._dialect.header or row[0].strip().lower() not in self._names:
            return False
        names = [cell.strip().lower() for cell in row]
        if sorted(names) != sorted(self._names):
            return False
        self._faults.headings += 1
        self._order = [names.index(name) for name in self._names]
        return True

    def _before_heading(self, row: list[str]) -> list[str]:
        """A row without the heading that stands at its end where a file without a last line end was continued."""
        columns, width = self._dialect.columns, self._width
        glued = self._dialect.header and width > 1 and len(row) == 2 * width - 1
        if not glued or [cell.strip() for cell in row[width:]] != list(columns[1:]):
            return row
        last = row[width - 1].strip().removesuffix(columns[0])
        if last == row[width - 1].strip():
            return row
        self._faults.headings += 1
        return [*row[: width - 1], last.rstrip("\ufeff")]

    def _mended(self, row: list[str], number: int) -> list[str]:
        """A row of the right width out of one that was broken or had another width."""
        row = self._before_heading(row)
        if len(row) == self._width:
            return row
        if not self._dialect.quoted:
            return self._fitted(row or self._literal(self._tape.taken[0]), number)
        taken, lines = list(self._tape.taken), 1
        while lines <= MEND_LINES:
            if lines > len(self._tape.taken) and not self._tape.more():
                break
            text = "".join(self._tape.taken[:lines]).rstrip("\r\n")
            cells, still_open = self._cells(text)
            if len(cells) == self._width and (lines == 1 or not still_open):
                self._faults.mended += 1
                self._tape.keep(lines)
                return [_unquoted(cell) for cell in cells]
            if lines == 1 and still_open and (len(self._tape.taken) > 1 or self._tape.more()) and self._is_row(
                    self._tape.taken[1]):
                return self._unmended([], taken, number)  # the line after it is a row by itself
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
        return line.rstrip("\r\n").split(self._dialect.sign)

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
        if surplus > 0 and self._dialect.text_place is not None:
            self._faults.joined += 1
        else:
            self._faults.ragged.append(number)
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
