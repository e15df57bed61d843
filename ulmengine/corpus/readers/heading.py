"""The heading of a table: where it stands, what it names, and what R and people put around it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ulmengine.corpus.cells import is_number
from ulmengine.corpus.column_names import KNOWN_NAMES, LABEL_NAMES, PLAIN_TEXT_NAMES, POLES, TEXT_NAMES

from .single import first_of_single

Row = Sequence[str]
Rows = Sequence[Row]

_COMMENT = ("#", "%", "//")
_MOST_ABOVE = 20
NO_VALUE = frozenset(["unknown", "none", "nan", "na", "n/a", "null", "missing", "unbekannt", "inconnu", "desconocido"])
SENTENCE_ENDS = ".!?\u2026\u3002\uff01\uff1f"
"""What a sentence ends with."""
_DATE = re.compile(r"\d+")
_MARKED = tuple(map(re.compile, (
    r"\S+@\S+\.\w+", r"https?://\S+", r"[\w./-]+\.(?:txt|html?|xml|json|pdf|eml|jpe?g|png|mp3|wav)",
    r"[0-9a-f-]{8,64}", r"[0-9A-Z-]{8,64}",
)))
"""What is no name of a column where all cells below are of the same form: addresses, files, hashes and codes."""
_LABELS = POLES - {"yes", "no", "true", "false"}
_SHARE = 0.95
_DIFFERS, _ENDS = "the first row differs from the rows below", "the first row ends as the texts below it do"
_ALONE, _ASKS = "the first row stands alone", "the first row ends as a question does"
_ASKED = "?\uff1f"


def column_names(given: Row, width: int) -> tuple[str, ...]:
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


def above_heading(rows: Rows) -> int:
    """How many of the first rows stand above the heading of a table: a title, comments, blank rows."""
    width = Counter(len(row) for row in rows if any(cell.strip() for cell in row)).most_common(1)
    if not width or (width[0][0] < 2 and not _is_comment(rows[0])):
        return 0
    wide = width[0][0]
    while wide > 2 and not any(len(row) >= wide and row[wide - 1].strip() for row in rows):
        wide -= 1  # each row ends with a delimiter
        rows = [row[:-1] if len(row) > wide else row for row in rows]
    comments = 0
    while comments < min(len(rows), _MOST_ABOVE) and _is_comment(rows[comments]):
        comments += 1
    first = -1  # the first row that looks like one of the table
    for place, row in enumerate(rows[: _MOST_ABOVE + 1]):
        filled = [cell for cell in row if cell.strip()]
        if _is_strong(row, wide) and (place == 0 or first < 0 or (first == 0 and _names_both(row, rows[place + 1 :]))):
            return place
        if place < comments or len(filled) <= max(1, wide // 3):
            continue
        if len(filled) >= wide and place > 0:
            first = place if first < 0 else first
            break
        first = 0 if place == 0 and len(filled) >= wide else first
        if first == 0 and place > 0:
            break
    # A first row of one cell that names a text is the heading of a single column whose texts hold delimiters.
    single = bool(rows[0]) and plain(rows[0][0]) in KNOWN_NAMES
    if first > 0 and not single and _is_weak(rows[first], rows[first + 1 :], wide):
        return first
    return comments if 0 < comments < len(rows) and all(len(row) < wide for row in rows[:comments]) else 0


def _names_both(row: Row, below: Rows) -> bool:
    """Whether a row that stands under a whole one names a text and a label, and no row below holds these words."""
    cells = [cell.strip() for cell in row]
    keys = {plain(cell) for cell in cells}
    return bool(keys & TEXT_NAMES and keys & LABEL_NAMES) and again_below(cells, below[:200], len(cells)) is None


def _is_comment(row: Row) -> bool:
    return bool(row) and row[0].lstrip().startswith(_COMMENT)


def _is_strong(row: Row, wide: int) -> bool:
    """A row of short names one of which is known; of a table with several columns, not of one cell."""
    cells = [cell.strip() for cell in row if cell.strip()]
    if not cells or (wide > 1 and len(cells) < 2) or any(len(cell) > 60 for cell in cells):
        return False
    return len(set(cells)) == len(cells) and any(plain(cell) in KNOWN_NAMES for cell in cells)


def _is_weak(row: Row, below: Rows, wide: int) -> bool:
    """A row of short different names over rows that are whole, and one of whose columns holds few values."""
    cells = [cell.strip() for cell in row]
    if not all(cells) or len(set(cells)) < len(cells) or any(len(c) > 40 or is_number(c) for c in cells):
        return False
    data = [other for other in below if any(cell.strip() for cell in other)]
    even = sum(len(other) == wide for other in data) >= 0.95 * len(data)
    columns = [[other[n].strip() for other in data if len(other) == wide] for n in range(wide)]
    return even and any(few_values(column) and cells[n] not in column for n, column in enumerate(columns))


class Heading(NamedTuple):
    """Whether the first row holds the names of the columns, why, and a sentence where that may be taken either way."""

    named: bool
    why: str
    doubt: str = ""


def find_heading(rows: Rows, width: int, header: str = "auto") -> Heading:
    """Whether the first row holds names: short, no numbers, and found nowhere below.

    :param header: "auto", or "yes" or "no" as a person says.
    """
    if header != "auto":
        return Heading(header == "yes", "as set")
    if not rows:
        return Heading(False, "no rows")
    first, below = [cell.strip() for cell in rows[0]], rows[1:200]
    place = again_below(first, below, width)
    named, why = _is_heading(first, below, width, place)
    doubt = _doubt(first, below, width, place, named)
    if width == 1:
        texts = _below(below, 0)
        uncertain = why == _ASKS and sum(text[-1] in _ASKED for text in texts) <= 0.05 * len(texts)
        if why == _ALONE:
            named, why, uncertain = first_of_single(first[0], texts)
        doubt = _told(first, named, "it may be a text as well" if named else "it is no name that is known") * uncertain
    elif why in (_ENDS, _DIFFERS) and _ended(first, below, width):
        doubt = _told(first, named, "it ends as the texts of the rows below do")
    return Heading(named, why, doubt)


def _is_heading(first: Row, below: Rows, width: int, place: int | None) -> tuple[bool, str]:
    named = [cell for cell in first if cell]
    known = {plain(cell) for cell in named} & KNOWN_NAMES
    if known and place is None and all(len(cell) <= 60 for cell in first):
        return True, f"the first row holds the name '{sorted(known)[0]}'"
    name = _over_texts(first, below, width) if place is not None and _are_names(named) else ""
    if name and place is not None:
        return True, (f"the first row's '{name}' stands over longer texts, though '{first[place]}' is also a value of "
                      "its column")
    if not below:
        return False, "a single row is read as data"
    alike = _of_one_kind(first, below, width) if width > 1 else ""
    if alike:
        return False, f"the first row's '{alike}' is of the kind of the cells below it"
    other = _of_another_kind(first, below, width) if place is None else ""
    if other:
        return True, other
    if not named or any(is_number(cell) for cell in named):
        return False, "the first row holds numbers, as data does"
    if not _are_names(named):
        return False, "the first row looks like data"
    if place is not None:
        return False, f"the first row's '{first[place]}' stands in rows below as well"
    if width == 1 and named[0][-1] in SENTENCE_ENDS:
        return False, _ASKS if named[0][-1] in _ASKED else "the first row ends as a sentence does"
    if width == 1 and re.search(r"\w[,;:!?] ", first[0]):
        return False, "the first row is a sentence, as the others are"
    if width > 1 and _goes_with_ended(first, below, width):
        return False, _ENDS
    return (True, _DIFFERS) if width > 1 else (False, _ALONE)


def _doubt(first: Row, below: Rows, width: int, place: int | None, named: bool) -> str:
    """A sentence where one column repeats the word of its first row and another's is as short as a name: whether the
    first row is the heading, as which it is read where ``named``, may be taken either way; "" where nothing says so."""
    if place is None or not _are_names([cell for cell in first if cell]):
        return ""
    if _over_texts(first, below, width, known=True) or not _over_texts(first, below, width, most=0.02):
        return ""
    return _told(first, named, f"'{first[place]}' is also a value of the rows below")


def _told(first: Row, named: bool, ground: str) -> str:
    """What a first row is read as, though or as there is a ``ground`` for a document."""
    shown = f"The first row ({', '.join(map(repr, first[:4]))}{', ...' * (len(first) > 4)}) is read as"
    return (f"{shown} the heading, though {ground}. If it is a document, say that the first row is no heading "
            "(corpus.header: no)." if named else
            f"{shown} a document, as {ground}. If it is the heading, say so (corpus.header: yes).")


def _below(below: Rows, place: int) -> list[str]:
    """The filled cells of a column."""
    return [cell for row in below if place < len(row) and (cell := row[place].strip())]


def _of_one_kind(first: Row, below: Rows, width: int) -> str:
    """The cell of a first row that is no name of a column, as nearly all cells below are of its kind: the same signs
    around other figures, an address, a hash, or a name of labels over other such names; "" where there is none."""
    for place, name in enumerate(first[:width]):
        cells = _below(below, place)
        least = max(2, _SHARE * len(cells))
        if any(map(str.isdigit, name)) and not is_number(name):
            form = _DATE.sub("0", name)
            if sum(_DATE.sub("0", cell) == form for cell in cells) >= least:
                return name
        forms = [form for form in _MARKED if form.fullmatch(name) and re.search(r"[\d.]", name)]  # not TICKET-ID
        if any(sum(bool(form.fullmatch(cell)) for cell in cells) >= least for form in forms) and (
                "." in name or sum(len(cell) == len(name) for cell in cells) >= least):
            return name
        values = {cell.lower() for cell in cells}
        if name.lower() in _LABELS and few_values(cells) and values <= _LABELS and (
                sum(cell.islower() == name.islower() for cell in cells) >= least):
            return name
    return ""


def _ended(first: Row, below: Rows, width: int) -> list[int]:
    """The columns whose first cell ends in the same sign as the sentences below it; none where all are a single word
    each, as an abbreviation is."""
    places = [place for place, name in enumerate(first[:width])
              if name[-1:] in tuple(SENTENCE_ENDS) and len(cells := _below(below, place)) > 5
              and sum(cell[-1] == name[-1] for cell in cells) >= _SHARE * len(cells)]
    return places if any(" " in first[place] or first[place][-1] != "." for place in places) else []


def _goes_with_ended(first: Row, below: Rows, width: int) -> bool:
    """Whether a first row is one of several sentences, and all others begin small as those below."""
    ended = _ended(first, below, width)
    others = [place for place in range(min(width, len(first))) if place not in ended and first[place]]
    small = all(first[place][0].islower() and sum(cell[0].islower() for cell in cells) >= _SHARE * len(cells)
                for place in others if (cells := _below(below, place)))
    return len(ended) > 1 and small


def _are_names(cells: Row) -> bool:
    """Whether cells may be names by themselves: short, each another, none a number."""
    return len(set(cells)) == len(cells) and not any(len(cell) > 60 or is_number(cell) for cell in cells)


def _over_texts(first: Row, below: Rows, width: int, known: bool = False, most: float = 0.0) -> str:
    """The cell of a first row that stands over longer texts than a name: itself a name of texts (only such a one where
    it must be ``known``), or less than half as long as each of them but ``most`` of them; "" where there is none."""
    for place, name in enumerate(first[:width]):
        cells = _below(below, place)
        if not name or not cells or name in cells or sum(map(len, cells)) < 2 * len(name) * len(cells):
            continue
        if plain(name) in TEXT_NAMES and sum(len(cell) > len(name) for cell in cells) > 0.9 * len(cells):
            return name
        short = sum(len(cell) <= 2 * len(name) for cell in cells) <= most * len(cells)
        if short and not known and len(cells) >= 20 and sum(map(len, cells)) > 20 * len(cells) and (
                len(name.split()) < 5 and name[-1] not in SENTENCE_ENDS):
            return name
    return ""


def _of_another_kind(first: Row, below: Rows, width: int) -> str:
    """Why a first row, however long its cells, holds the names of columns: it has words where all others have numbers
    or dates, or a question over a column of a few short answers; "" where nothing of the kind is seen."""
    rows = [row for row in below if len(row) == width]
    if width < 2 or len(rows) < 6 or len(set(first)) < len(first):
        return ""
    text = any(len(cell) > 60 and cell[-1] not in "?!:)]\uff1f" for cell in first)  # a long one that asks nothing
    for place, name in enumerate(first[:width]):
        cells = _below(rows, place)
        if len(cells) < 0.5 * len(rows) or not name or any(letter.isdigit() for letter in name[:1]):
            continue
        words = any(letter.isalpha() for letter in name) and name.lower() not in NO_VALUE and not text
        if words and not is_measure(name) and all(map(is_measure, cells)):
            return f"the first row holds words where the rows below hold numbers or dates ('{name[:40]}')"
        longest = max(map(len, cells))
        asks = len(name) > 2 * longest and len(name.split()) > 2 and name[-1:] in "?.!:)]\uff1f\u3002"
        if few_values(cells) and asks:
            return f"the first row asks what the rows below answer with few words ('{name[:40]}')"
    return ""


def is_measure(cell: str) -> bool:
    """Whether a cell holds a number or a date, and no more letters than a month and a time zone have."""
    return is_number(cell) or (cell[:1].isdigit() and len(cell) <= 40 and sum(map(str.isalpha, cell)) <= 12
                               and sum(map(str.isdigit, cell)) >= 4 and len(_DATE.findall(cell)) > 1)


def again_below(first: Row, below: Rows, width: int) -> int | None:
    """The first column whose first cell comes again below it, None where there is none.

    A row that is the first one again is no witness: files put together repeat their heading.
    """
    names = sorted(cell.lower() for cell in first)
    others = [row for row in below if sorted(cell.strip().lower() for cell in row) != names]
    for place in range(min(width, len(first))):
        if first[place] and any(place < len(row) and row[place].strip() == first[place] for row in others):
            return place
    return None


def named_like_data(cells: Row) -> bool:
    """Whether a first column holds the names of its rows: all different, numbers or single words."""
    return len(cells) > 1 and len(set(cells)) == len(cells) and all(cell and " " not in cell for cell in cells)


def surplus_place(data: Rows, names: Row, width: int) -> int:
    """The column that holds the texts whose unquoted delimiters make rows too wide: by its name, or the one that
    leaves the fewest different values to the others."""
    keys = [plain(name) for name in names]
    for known in (PLAIN_TEXT_NAMES, TEXT_NAMES):
        places = [place for place, key in enumerate(keys) if key in known]
        if len(places) == 1:
            return places[0]

    def variety(place: int) -> float:
        rows = [row for row in data if len(row) >= width]
        others = [{row[n] if n < place else row[n - width] for row in rows} for n in range(width) if n != place]
        return float(min((len(values) for values in others), default=0))

    return min(range(width - 1, -1, -1), key=variety)


def few_values(cells: Row) -> bool:
    """Whether a column holds few values, each of them often: a label, say."""
    values = set(cells)
    return len(cells) >= 6 and len(values) <= min(50, 0.34 * len(cells)) and max(map(len, values)) < 60


def are_texts(cells: Row) -> bool:
    """Whether the cells of a column are of some length, and most of them differ: texts, say."""
    return 2 * len(set(cells)) > len(cells) and sum(map(len, cells)) > 12 * len(cells)


def plain(cell: str) -> str:
    return cell.strip().lstrip("#% ").lower()
