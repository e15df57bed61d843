"""What stands between the heading of a table and its first row and is none: rows of surveys and of Orange, and a second
heading: units, questions, types, names in another language."""

from __future__ import annotations

import re
from typing import NamedTuple

from ulmengine.corpus.column_names import KNOWN_NAMES
from ulmengine.corpus.guess import Hints
from ulmengine.counting import counted

from .heading import NO_VALUE, Row, Rows, again_below, few_values, is_measure, plain

_ORANGE_TYPES = frozenset(["discrete", "d", "continuous", "c", "string", "s", "time", "t", "basket"])
_ORANGE_ROLES = frozenset(["class", "c", "meta", "m", "ignore", "i"])
_SURVEY_MONKEY = frozenset(["Response", "Open-Ended Response", "Other (please specify)"])
_ORANGE_FLAGS = re.compile(r"([cmiwCDST]{1,2})#(?=\S)")
_LOOKED = 200
_LEAST = 6
_MOST = 2
_RULER = re.compile(r"[-=_\u2500]{2,}")
_TYPE = re.compile(
    r"(?:n?var)?char2?|text|(?:tiny|small|medium|big)?int(?:eger|32|64|8)?|float(?:8|32|64)?|double(?: precision)?|"
    r"real|numeric|decimal|number|date|time|datetime|timestamp(?: with(?:out)? time zone|tz)?|bool(?:ean)?|string|str|"
    r"object|category|character varying|clob|uuid", re.IGNORECASE)
_SIZE = re.compile(r"(?<!\s)\s*+\([\d, ]+\)")
_BRACKETS = re.compile(r"[\[(<{].*[\])>}]", re.DOTALL)
_BETWEEN = re.compile(r"[|;,/+]")
"""What stands between several labels of a document, and in the long name of one."""
_SHOWN = 60


class Below(NamedTuple):
    """How many rows below the heading are no data, and a sentence about them; of none, about one that may be."""

    rows: int = 0
    note: str = ""


def survey_rows(rows: Rows) -> tuple[int, str]:
    """How many rows below the heading a survey's tool has written there that are no answers, and a sentence of it.

    Qualtrics writes the questions and then {"ImportId": ...}; SurveyMonkey what kind of answer each question takes.
    """
    for place, row in enumerate(rows[1:3], 1):
        filled = [cell.strip() for cell in row if cell.strip()]
        if len(filled) > 1 and all(cell.startswith('{"ImportId"') for cell in filled):
            return place, counted(place, "row below the heading is Qualtrics's own and no answer: left out.",
                                  "rows below the heading are Qualtrics's own and no answers: left out.")
    if len(rows) < 3:
        return 0, ""
    first, second = ([cell.strip() for cell in row] for row in rows[:2])
    known = [cell for cell in second if cell in _SURVEY_MONKEY]
    bare = sum(bool(name) and not cell for name, cell in zip(first, second, strict=False))
    if known and bare and not any(cell in _SURVEY_MONKEY for row in rows[2:200] for cell in row):
        return 1, "1 row below the heading is SurveyMonkey's own and no answer: left out."
    return 0, ""


def orange_hints(rows: Rows) -> tuple[int, Hints]:
    """What Orange's rows of types and roles below the heading say, and how many they are; or its flags in the names."""
    first = [cell.strip() for cell in rows[0]] if rows else []
    flags = {name: match[1] for name in first if (match := _ORANGE_FLAGS.match(name))}
    if flags:
        return 0, Hints(label=tuple(name for name, flag in flags.items() if "c" in flag),
                        aside=tuple(name for name, flag in flags.items() if "i" in flag),
                        reason="the flags of Orange in the names of the columns say so")
    if len(rows) < 4:
        return 0, Hints()
    types, roles = ([cell.strip().lower() for cell in row] for row in rows[1:3])
    told = [cell for cell in types if cell]
    known = [cell for cell in told if cell in _ORANGE_TYPES]
    if not known or len(told) < len(first) or any(cell not in known and len(cell.split()) < 2 for cell in told):
        return 0, Hints()
    given = [cell.split()[0] for cell in roles if cell]
    if not all(cell in _ORANGE_ROLES or "=" in cell for cell in given) or not given:
        return 0, Hints()
    of = {name: (role.split() or [""])[0] for name, role in zip(first, roles, strict=False)}
    return 2, Hints(label=tuple(name for name, role in of.items() if role in ("class", "c")),
                    aside=tuple(name for name, role in of.items() if role in ("ignore", "i")),
                    reason="Orange's row of roles says so")


def second_heading(rows: Rows) -> Below:
    """The rows below the heading, the first of ``rows``, that are headings as well: surely where they are a ruler, the
    types of a database, names that are known, or differ in kind from all that stands below them in every column; told
    of, and read as a document, where a single column says so beside the label."""
    width = len(rows[0]) if rows else 0
    found: list[str] = []
    for place, row in enumerate(rows[1 : 1 + _MOST], 1):
        data = [[cell.strip() for cell in other] for other in rows[place + 1 : _LOOKED] if len(other) == width]
        if width < 2 or len(row) != width or len(data) < _LEAST:
            break
        sure = _is_second([cell.strip() for cell in row], rows[0], data)
        if sure is None and not found:
            return Below(0, f"The row below the heading ({_shown(row)}) is read as a document, though it may be a "
                            "second heading: its cells come in no other row and differ from those below. If it is one, "
                            "delete it in the file.")
        if not sure:
            break
        found.append(_shown(row))
    what = counted(len(found), "row below the heading is a second heading", "rows below the heading are headings too")
    return Below(len(found), f"{what} and no document ({'; '.join(found)}): left out." if found else "")


def _shown(row: Row) -> str:
    return ", ".join(f"'{cell.strip()[:_SHOWN]}'" for cell in row if cell.strip())


def _is_second(row: Row, names: Row, data: Rows) -> bool | None:
    """Whether a row is a heading too; None where it may be."""
    filled = [cell for cell in row if cell]
    if len(filled) == len(row) and all(map(_RULER.fullmatch, filled)):
        return True
    if len(filled) == 1 and row[0] and not names[0].strip():  # pandas writes the name of the index here
        return not is_measure(row[0]) and all(map(is_measure, (other[0] for other in data)))
    if len(filled) < 2 or again_below(row, data, len(row)) is not None:
        return False
    if all(_TYPE.fullmatch(_SIZE.sub("", cell)) for cell in filled):
        return True
    sure = _of_another_kind(row, data)
    return True if sure is None and sum(plain(cell) in KNOWN_NAMES for cell in filled) > 1 else sure


def _of_another_kind(row: Row, data: Rows) -> bool | None:
    """Whether the cells of a row are of another kind than all below them, one of them beside a few values; None where
    it is that and little more."""
    told, label, plainly = 0, 0, 0
    for place, cell in enumerate(row):
        others = [other[place] for other in data if other[place]]
        if not cell or len(others) < 0.5 * len(data):
            continue
        odd = cell[-1] in "?\uff1f:" or _BRACKETS.fullmatch(cell) is not None
        odd = odd and not any(other[-1] in "?\uff1f:" or _BRACKETS.fullmatch(other) for other in others)
        measured, few, coded = all(map(is_measure, others)), few_values(others), all(map(_is_code, others))
        long = sum(map(len, others)) > 12 * len(others)
        if (measured and (is_measure(cell) or cell.lower() in NO_VALUE)) or (coded and not measured and _is_code(cell)):
            return False
        if few:
            label += 1
            odd |= len(cell) > 2 * max(map(len, others)) and not _BETWEEN.search(cell)
        elif long and not (measured or coded):
            if not odd and sum(len(other) <= 1.5 * len(cell) for other in others) > 0.02 * len(others):
                return False
        elif not (measured or coded):
            continue
        told += 1
        plainly += odd and (few or measured)  # a text may be the only one that asks
    if not label or told < 2:
        return False
    return True if plainly or told > 2 else None


def _is_code(cell: str) -> bool:
    """Whether a cell may be a number of an order, a ticket or a person: one word with a digit in it."""
    return len(cell) <= 30 and " " not in cell and any(map(str.isdigit, cell))
