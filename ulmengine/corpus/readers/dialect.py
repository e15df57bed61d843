"""How the cells of a delimited file are told apart, found from its beginning."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from ulmengine.corpus import limits
from ulmengine.corpus.column_names import KNOWN_NAMES, LABEL_NAMES, is_label_name, is_name_of_texts, key_of
from ulmengine.corpus.errors import CorpusError
from ulmengine.corpus.guess import Hints
from ulmengine.counting import counted

from .below import orange_hints, second_heading, survey_rows
from .drawn import (
    DRAWN,
    has_escaped_breaks,
    in_apostrophes,
    in_quotes,
    is_drawn,
    undrawn,
    unenclosed,
    unescaped_rows,
    without_apostrophes,
)
from .heading import (
    Row,
    Rows,
    above_heading,
    column_names,
    few_values,
    find_heading,
    named_like_data,
    plain,
    surplus_place,
)
from .several import NOTE as LABELS_TOGETHER
from .several import labels_behind, with_labels_together
from .unusual import delimiter_note, unusual_delimiter

DELIMITERS = (",", "\t", ";", "|")
UNUSUAL = "it cuts the lines into as many cells each, under names or beside a label"
NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe", " ": "space"}
SPELLED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
SNIFF_LINES = 400
_SINGLE = re.compile(r"[^\W\d]\w{0,19}")
_LEAST_NAMED = 6
_RAGGED = 0.6
"""Of rows that are cut less evenly something else has to tell that they are a table."""
_AUTOML = frozenset({"TRAIN", "VALIDATION", "TEST"})
_NUMBER = re.compile(r"(?:.*[\W_])?(?:id|ids|uuid|index|idx|key|row|nr|no|num|number|nummer|n°|№|编号|序号|番号)\.?")
"""What a column of the numbers or names of rows is called."""
_NOWHERE = "\x1f"
"""ASCII's own separator of units: stands in no text."""


@dataclass(frozen=True)
class Dialect:
    """Delimiter, whether quotes enclose cells, whether the first row names the columns, and the columns' names.

    :param skip: lines before the table: Excel's "sep=;", a title, comments.
    :param below: rows under the heading that are no data: Orange's types and roles.
    :param backslash: a quotation mark inside a cell is written with a backslash before it.
    :param rewritten: makes lines of CSV of those of the file, which are written otherwise; None: they are not.
    :param text_place: the column whose texts hold unquoted delimiters: the surplus cells of a row go into it, and are
        nothing to report; None: there is none.
    :param marks: the few values that each column holds, by which a line is known to be a whole row; empty: many.
    :param grouped: the name of a group stands in its first row alone, and is given to those below it.
    :param notes: what a person should know about the reading chosen.
    """

    delimiter: str
    quoted: bool
    header: bool
    columns: tuple[str, ...]
    reasons: dict[str, str]
    skip: int = 0
    below: int = 0
    backslash: bool = False
    rewritten: Callable[[Iterable[str]], Iterator[str]] | None = None
    text_place: int | None = None
    marks: tuple[frozenset[str], ...] = ()
    grouped: bool = False
    notes: tuple[str, ...] = ()
    hints: Hints = field(default_factory=Hints)

    @property
    def sign(self) -> str:
        """The one character that cuts a line in which it stands for a delimiter of several."""
        return self.delimiter if len(self.delimiter) == 1 else _NOWHERE


class _Width(NamedTuple):
    """How many columns there are, the names given to them, and where the surplus cells of a row go."""

    names: list[str]
    width: int
    place: int | None = None
    note: str = ""


def spelled_delimiter(text: str) -> str:
    """The delimiter for what a person wrote ("tab", "\\t", ";", "::"). :raises CorpusError: it can be none."""
    delimiter = SPELLED.get(text.strip().lower() or text, text)
    if any(sign in '"\r\n' or (len(delimiter) > 1 and sign.isalnum()) for sign in delimiter):
        raise CorpusError(f"'{text}' is not a delimiter. Give one character, for example , or ; or tab, or several "
                          "signs such as ::.")
    return delimiter


def sniff(lines: Sequence[str], delimiter: str = "", header: str = "auto", suffix: str = "") -> Dialect:
    """The dialect of a file that begins with ``lines``.

    :param delimiter: given by the person; empty: found by itself.
    :param header: "auto", "yes" or "no".
    :param suffix: of the file's name; .tsv and .tab are taken at their word where the lines allow both.
    """
    # The limit is the csv module's own and common to the process; the default (128 KB) is less than one document.
    csv.field_size_limit(max(csv.field_size_limit(), limits.MAX_FIELD + 1))
    said = _said(lines[0]) if lines else ""
    lines = lines[1 if said else 0 : SNIFF_LINES]
    reasons: dict[str, str] = {}
    given = spelled_delimiter(delimiter) if delimiter else said
    drawn = not delimiter and is_drawn(lines)
    whole = "" if drawn else in_quotes(lines, (given,) if given else DELIMITERS)
    carried = "" if drawn or whole else has_escaped_breaks(lines, (given,) if given else DELIMITERS)
    mark = "" if drawn or whole or carried else _beside_apostrophes(lines, given)
    rewritten = (undrawn if drawn else unenclosed if whole else partial(unescaped_rows, mark=carried) if carried else
                 partial(without_apostrophes, mark=mark) if mark else None)
    lines = list(rewritten(lines)) if rewritten else lines
    if drawn:
        best, reasons["delimiter"] = "|", DRAWN
    elif given:
        best, reasons["delimiter"] = given, "as set" if delimiter else "the first line says so, as Excel writes it"
    elif whole:
        best, reasons["delimiter"] = whole, f"{NAMES.get(whole, whole)} stands within rows that are enclosed as a whole"
    elif carried:
        best, reasons["delimiter"] = carried, f"{NAMES.get(carried, carried)} parts the cells of rows of several lines"
    elif mark:
        best, reasons["delimiter"] = mark, f"{NAMES.get(mark, mark)} stands beside cells in single quotation marks"
    else:
        best, reasons["delimiter"] = _best_delimiter(lines, suffix)
    several = best if len(best) > 1 else ""
    if several:
        lines, best = [line.replace(several, _NOWHERE) for line in lines], _NOWHERE
    above = above_heading(_line_cells(lines, best)) if header != "no" else 0
    notes = [_above_note(lines[:above])] if above else []
    notes += ["Cells stand in single quotation marks ('), which are read as no part of them."] * bool(mark)
    notes += ["Whole rows stand in quotation marks, as where a table is saved as CSV twice: these marks are taken off, "
              f"and {NAMES.get(whole, whole)} parts the cells within them."] * bool(whole)
    notes += ["A backslash at the end of a line says that the row goes on in the next one, as MySQL writes it."] * bool(
        carried)
    lines = lines[above:]
    backslash = _has_backslashes(lines, best)
    lines = [unescaped(line) for line in lines] if backslash else lines
    quoted, swallowed = (False, "") if several else _quotes_matter(lines, best)
    if swallowed:
        notes.append(swallowed)
        reasons["quotes"] = swallowed
    rows = _rows(lines, best, quoted)
    width = _commonest(rows)[0]
    surveyed, own = survey_rows(rows)
    seen = [*rows[:1], *rows[1 + surveyed :]]
    named, reasons["header"], doubt = find_heading(seen, width, header)
    if doubt:
        notes.append(doubt)
        reasons["header_doubt"] = doubt
    if above:
        reasons["header"] += f"; {above} line{'s' * (above > 1)} above it left out"
    below, hints = orange_hints(rows) if named else (0, Hints())
    if named and surveyed:
        below = surveyed
        notes.append(own)
    elif named and not below:
        below, second = second_heading(rows)
        notes += [second] * bool(second)
    behind = None if named or rewritten or backslash or several or above or not quoted else labels_behind(
        rows, lambda cells: _is_column(cells) or _name_rows(cells))
    if behind is not None:
        rewritten = partial(with_labels_together, mark=best, place=behind)
        lines = list(rewritten(lines))
        rows = _rows(lines, best, quoted)
        width = behind + 2
        notes.append(LABELS_TOGETHER)
    found = _columns(rows[1 + below :] if named else rows, rows[0] if rows and named else [], width, best)
    if found.note:
        notes.append(found.note)
        reasons["width"] = found.note
    names = found.names if behind is None else [*([""] * (behind + 1)), "labels"]
    if not named and found.width > 2 and {row[0].strip() for row in rows if row} <= _AUTOML:
        names = ["split", *names[1:]]
        reasons["header"] += "; the first column holds the parts, as in the tables of AutoML"
    columns = column_names(names, found.width)
    if len(columns) == 1 and not given:
        notes += delimiter_note(lines)
    marks = _few(_rows(lines[1 + below if named else 0 :], best, quoted), found.width)
    return Dialect(several or best, quoted, named, columns, reasons, above + bool(said), below, backslash, rewritten,
                   found.place, marks, notes=tuple(notes), hints=hints)


def unescaped(line: str) -> str:
    """``line`` with its quotation marks doubled instead of escaped by a backslash."""
    return line.replace('\\"', '""')


def _beside_apostrophes(lines: Sequence[str], delimiter: str) -> str:
    """The delimiter of lines nearly each of which has a cell in single quotation marks, with delimiters in some of
    them; "" for none. ``delimiter``: the only one there can be, if any."""
    rows = [line for line in lines[1:] if line.strip()]
    for mark in (delimiter,) if delimiter else DELIMITERS:
        found = filter(None, map(in_apostrophes(mark).search, rows))
        enclosed = [cell[2] for cell in found if cell[3] and cell.string.count('"', 0, cell.start()) % 2 == 0]
        if len(enclosed) > 5 and len(enclosed) >= 0.95 * len(rows) and any(mark in cell for cell in enclosed):
            return mark
    return ""


def _said(line: str) -> str:
    """The delimiter that Excel's own first line "sep=;" names."""
    text = line.lstrip("\ufeff").strip("\r\n")
    return text[4] if len(text) == 5 and text[:4].lower() == "sep=" else ""


def _above_note(lines: Sequence[str]) -> str:
    shown = next((line.strip() for line in lines if line.strip(" ,;\t|\r\n")), "")[:60]
    count = counted(len(lines), "line stands", "lines stand")
    return f"{count} above the heading ('{shown}'): left out, being no row of the table."


def _columns(data: Rows, names: list[str], width: int, delimiter: str) -> _Width:
    """The columns of rows that may be wider than their heading (``names``; empty: there is none)."""
    if not names:
        return _headless(data, width)
    given = len(names)
    if not 2 <= given < width:
        return _Width(names, max(width, given))
    place = surplus_place(data, names, given)
    whole = [row for row in data if len(row) == given + 1]
    one_more = len(whole) >= 0.98 * len(data)
    if one_more and _are_named(whole, names, place):
        note = ("The heading has one name less than the rows have cells, as R writes tables: its names belong to the "
                "last columns, and the first column holds the names of the rows.")
        return _Width(["", *names], given + 1, None, note)
    number = _decimal_place(whole, names) if one_more and delimiter == "," else None
    if number is not None:
        shown, read = f"'{names[number].strip()}'", ",".join(whole[0][number : number + 2])
        note = (f"The heading names {given} columns, but the rows have {width} cells: {shown} is read as a number with "
                f"a comma in it ({read}). If it is two columns, name both in the heading.")
        return _Width(names, given, number, note)
    surplus = [[row[place] for row in data if len(row) > place] for place in range(given, width)]
    even = sum(len(row) == width for row in data) >= 0.98 * len(data)
    if even and all(map(_is_column, surplus)) and not _is_cut(data, names, width, place):
        note = (f"The heading names {given} columns, but the rows have {width} cells: the last are read as columns "
                "without a name. If a delimiter rather stands within a cell, put that cell into quotation marks.")
        return _Width(names, width, None, note * any(cell.strip() for column in surplus for cell in column))
    shown = f"'{names[place].strip()}'"
    note = (f"The heading names {given} columns, but most rows have more cells: the texts hold unquoted delimiters, "
            f"and {shown} is read as all that stands between the others.")
    return _Width(names, given, place, note)


def _are_named(data: Rows, names: Row, place: int) -> bool:
    """Whether the first cells of rows that have one more than their heading are the names of the rows, as R writes
    them: not where the heading begins with a name for such and the second cells are none, nor where the texts in the
    column ``place`` have each a comma before a space."""
    firsts, seconds = [row[0] for row in data], [row[1] for row in data]
    key = _NUMBER.fullmatch(plain(names[0])) and not (named_like_data(seconds) or _are_numbers(seconds))
    return named_like_data(firsts) and not key and not _are_spaced_off(data, place + 1, len(names))


def _decimal_place(data: Rows, names: Row) -> int | None:
    """The column of numbers whose commas cut each row into one cell more than there are names: else figures would stand
    under the name of the label behind it, and its words under none."""
    for place in range(len(names) - 1):
        labels = [row[place + 2] for row in data]
        figures = all(row[place].lstrip("-").isdigit() and row[place + 1].isdigit() for row in data)
        together = len({(*row[place + 1 : place + 3],) for row in data}) == len(set(labels))
        if figures and is_label_name(key_of(names[place + 1])) and few_values(labels) and not _are_numbers(labels) and (
                not together):  # as a label that is a number and its name do
            return place
    return None


def _are_spaced_off(rows: Rows, behind: int, moved: int) -> bool:
    """Whether a space begins each cell of one column, and none of another."""
    return all(row[behind][:1] == " " != row[moved][:1] for row in rows)


def _is_cut(data: Rows, names: Row, width: int, place: int) -> bool:
    """Whether each text in the column ``place`` is cut at as many delimiters: under the name behind it, which is a
    label's or whose cells begin with a space, stand pieces of texts, and the few values that it names further right."""
    behind, moved = place + 1, place + 1 + width - len(names)
    if behind >= len(names):
        return False
    whole = [row for row in data if len(row) == width]
    pieces = [row[behind] for row in whole]
    spaced, named = _are_spaced_off(whole, behind, moved), names[behind].strip().lower() in LABEL_NAMES
    varied = len(set(pieces)) > 0.5 * len(pieces) and not _are_numbers(pieces)
    return few_values([row[moved] for row in whole]) and ((spaced and named) or ((spaced or named) and varied))


def _headless(data: Rows, width: int) -> _Width:
    """Without a heading, uneven rows are cut from both ends as far as the columns hold few values or numbers."""
    widths = Counter(len(row) for row in data)
    least = min((size for size, count in widths.items() if size > 1 and count >= 0.05 * len(data)), default=width)
    if len(data) < 10 or widths[width] >= 0.9 * len(data) or least < 2:
        return _Width([], width)
    rows = [row for row in data if len(row) >= least]
    before = after = 0
    while before < least - 1 and (
            _is_column(cells := [row[before] for row in rows]) or (not before and _name_rows(cells))):
        before += 1
    while after < least - 1 - before and _is_column([row[-1 - after] for row in rows]):
        after += 1
    if not before + after:
        return _Width([], width)
    count = before + 1 + after
    note = (f"The rows have different numbers of cells: the texts hold unquoted delimiters. {count} columns are read, "
            f"and column {before + 1} is all that stands between the others.")
    return _Width([], count, before, note)


def _is_column(cells: Sequence[str]) -> bool:
    return few_values(cells) or _are_numbers(cells)


def _best_delimiter(lines: Sequence[str], suffix: str) -> tuple[str, str]:
    """The delimiter that cuts most rows into the same number of cells, more than one."""
    if suffix in (".tsv", ".tab") and any("\t" in line for line in lines):
        return "\t", "the file's name says tabs and there are some"
    best, reason, best_score = ",", "one column: no delimiter cuts the lines evenly", 0.0
    for delimiter in DELIMITERS:
        own = lines[above_heading(_line_cells(lines, delimiter)) :]
        rows = _rows(own, delimiter, quoted=True)
        if not rows:
            continue
        width, count = _commonest(rows)
        head = len(rows[0]) == width
        even = count / len(rows)
        # A first row that the delimiter does not cut is the heading of a single column whose texts hold such signs,
        # unless all others are cut into the same three or more: then it is a title above the table.
        alone = len(rows[0]) == 1 and len(rows) > 1 and (width < 3 or even < 0.9)
        # Even cutting counts most; a first row of the common width and more than two cells speak for it.
        prose = delimiter == "," and (_is_prose(rows, width) or (even < _RAGGED and not _shows_table(rows)))
        score = 0.0 if width < 2 or even < 0.3 or alone or prose else even + 0.2 * head + 0.02 * min(width, 10)
        if score > best_score:
            best, best_score = delimiter, score
            reason = f"{NAMES[delimiter]} cuts {even:.0%} of the first rows into {width} cells"
    if best_score == 0.0 and cut_by_spaces(lines):
        return " ", "spaces between cells in quotation marks, as R writes tables"
    if (best_score == 0.0 or (best == "," and _are_spaced(_rows(lines, best, quoted=True)))) and (
            unusual := unusual_delimiter(lines)):
        return unusual, UNUSUAL
    if best_score == 0.0:
        line = lines[0] if lines else ""
        best = max(DELIMITERS, key=line.count)
        rows = _rows(lines, best, quoted=True)
        prose = best == "," and (_is_prose(rows, 2) or not _shows_table(rows))
        if line.count(best) and not prose:
            return best, f"{NAMES[best]} is the one in the first line"
        if max((len(row) for row in _rows(lines, best, quoted=True)), default=1) > 1:
            best = next((one for one in DELIMITERS if not any(one in text for text in lines)), _NOWHERE)
    return best, reason


def _are_spaced(rows: Rows) -> bool:
    """Whether nearly all delimiters stand before a space."""
    pieces = [cell for row in rows for cell in row[1:]]
    return sum(cell[:1] == " " for cell in pieces) >= 0.95 * len(pieces)


def _is_prose(rows: Rows, width: int) -> bool:
    """Whether commas are those of prose, each before a space, and no column holds few values or is named."""
    return _are_spaced(rows) and len(rows) > 5 and not any(_few(rows, width)) and (
        len(rows[0]) > 1 or not find_heading(rows, 1).named)


def _shows_table(rows: Rows) -> bool:
    """Whether rows of all widths, whose texts hold the delimiter too, are those of a table: under a heading of as many
    names as they have cells or fewer, beside a label, a number or a name of the row, or some cells in quotes."""
    first, data = [cell.strip() for cell in rows[0]], rows[1:]
    wide = [row for row in data if len(row) >= len(first)]
    names = sum(key_of(cell) in KNOWN_NAMES or is_name_of_texts(cell) for cell in first)
    spelled = all(map(_SINGLE.fullmatch, first)) and len(wide) >= 0.98 * len(data)
    if len(first) > 1 and (spelled or (
            names and all(0 < len(cell) <= 60 for cell in first) and len(wide) >= 0.9 * len(data))):
        return True
    least = min((len(row) for row in rows), default=0)
    if least < 2:
        return False
    firsts, lasts = [row[0] for row in rows], [row[-1] for row in rows]
    return _name_rows(firsts) or any(_is_column(cells) and (len(set(cells)) > 1 or " " not in cells[-1])
                                     for cells in (firsts, lasts, firsts[1:], lasts[1:]))


def _name_rows(cells: Sequence[str]) -> bool:
    """Whether the cells of a first column without a heading are all as short as the names, numbers or dates of rows,
    which the beginnings of texts up to a delimiter are not."""
    return len(cells) >= _LEAST_NAMED and all(
        len(cell.split()) <= 3 and len(cell) <= (30 if cell.isascii() else 6) for cell in cells)


def cut_by_spaces(lines: Sequence[str]) -> bool:
    """Whether spaces cut the lines evenly, and quotation marks hold the texts together."""
    filled = [unescaped(line) for line in lines if line.strip()]
    if len(filled) < 3 or sum('"' in line for line in filled) < 0.9 * len(filled):
        return False
    width, count = _commonest(_rows(filled, " ", quoted=True)[1:])
    return 2 <= width <= 50 and count >= 0.98 * (len(filled) - 1)


def _quotes_matter(lines: Sequence[str], delimiter: str) -> tuple[bool, str]:
    """Whether quotes enclose cells: not where reading them so makes the rows more uneven than leaving them be, nor
    where it only puts whole rows into the cells of others; and a sentence where that was the ground."""
    if not any('"' in line for line in lines):
        return True, ""
    with_quotes, without = _rows(lines, delimiter, quoted=True), _rows(lines, delimiter, quoted=False)
    closed = sum(line.count(f'"{delimiter}') + line.count(f'{delimiter}"') + line.startswith('"') for line in lines)
    if closed == 0 or _evenness(with_quotes) < _evenness(without) - 0.02:
        return False, ""
    width = _commonest(without)[0]
    lost = _swallowed(with_quotes, delimiter, width)
    if not lost or _evenness(without) < 0.98 or _enclosed(lines, delimiter) > lost:
        return True, ""
    return False, (f"Quotation marks are read as text: every line has {width} cells by itself, and marks that enclose "
                   f"would put {lost:,} of the first {len(without):,} rows into the texts of others.")


def _swallowed(rows: Rows, delimiter: str, width: int) -> int:
    """How many whole rows lie in the cells of others, known by the columns of few values."""
    few = _few(rows, width)
    lost = 0
    for cell in (cell for row in rows for cell in row if "\n" in cell):
        parts = [part.split(delimiter) for part in cell.rstrip("\n").split("\n")]
        whole = [part for part in parts if len(part) == width]
        fit = all(not own or part[n].strip() in own for part in whole for n, own in enumerate(few))
        if width > 1 and len(whole) >= len(parts) - 1 and fit:
            lost += len(whole)
    return lost


def _enclosed(lines: Sequence[str], delimiter: str) -> int:
    """Lines with a cell that quotes enclose because it holds the delimiter or a doubled quote: there they mean it."""
    return sum(
        any(delimiter in cell or '"' in cell for cell in _cut(line, delimiter))
        for line in lines if line.count('"') % 2 == 0 and '"' in line
    )


def _has_backslashes(lines: Sequence[str], delimiter: str) -> bool:
    r"""Whether quotation marks inside cells are written \", judged by the lines that hold one."""
    own = [line for line in lines if '\\"' in line]
    return len(own) > 0 and sum(_is_strict(unescaped(line), delimiter) for line in own) > 2 * sum(
        _is_strict(line, delimiter) for line in own)


def _is_strict(line: str, delimiter: str) -> bool:
    try:
        next(csv.reader([line], delimiter=delimiter, strict=True), None)
    except csv.Error:
        return False
    return True


def _few(rows: Rows, width: int) -> tuple[frozenset[str], ...]:
    """The few values of each column; empty where there are many."""
    columns = [[row[place].strip() for row in rows if len(row) == width] for place in range(width)]
    return tuple(frozenset(column) if few_values(column) else frozenset() for column in columns)


def _cut(line: str, delimiter: str) -> list[str]:
    """The cells of a line by itself."""
    return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])


def _line_cells(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return [_cut(line, delimiter) for line in lines]
    except csv.Error:
        return [line.rstrip("\r\n").split(delimiter) for line in lines]


def _commonest(rows: Rows) -> tuple[int, int]:
    """The commonest number of cells, and how many rows have it."""
    return Counter(len(row) for row in rows).most_common(1)[0] if rows else (1, 0)


def _evenness(rows: Rows) -> float:
    """The share of rows with the commonest number of cells."""
    return _commonest(rows)[1] / max(1, len(rows))


def csv_rows(lines: Sequence[str], delimiter: str, quoted: bool = True) -> list[list[str]]:
    """The rows that ``lines`` hold, by their delimiter alone where ``csv`` cannot read them."""
    try:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
        return [row for row in reader if row]
    except csv.Error:
        return [line.rstrip("\r\n").split(delimiter) for line in lines if line.strip()]


def _rows(lines: Sequence[str], delimiter: str, quoted: bool) -> list[list[str]]:
    """The rows of complete lines; a last row inside open quotes is left away, it is only cut off by the sample."""
    rows = csv_rows(lines, delimiter, quoted)
    if len(rows) > 2 and quoted and "\n" in rows[-1][-1]:
        rows.pop()
    return rows


def _are_numbers(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return all(cell.strip().lstrip("-").replace(".", "", 1).isdigit() for cell in filled)
