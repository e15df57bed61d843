"""What a label cell may hold: a mark of yes or no, one name, or several in a list."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl

TRUE = frozenset({"1", "1.0", "true", "t", "yes", "y", "x", "\u2713", "\u2714", "+", "on"})
FALSE = frozenset({"0", "0.0", "false", "f", "no", "n", "-", "off"})
ANGLED = "><"
"""The delimiter of labels written <a><b>, as Stack Exchange writes them."""

_PLURAL = ("labels", "tags", "genres", "categories", "topics", "classes", "emotions", "intents", "subjects", "keywords")
_BETWEEN = ("\n", "|", ";", ",", " / ", " + ", "/", "+", "#", " ")
_SIGNS = ("\n", "|", ";", " / ", " + ")
"""What hardly a name of one label holds."""
_IN_NAMES = ("/", "+")
"""What stands in many a name: that its parts are names too says little, as of yes/no."""

_ANGLED = re.compile(r"(?:<[^<>\s]+>)+")
_NUMPY = re.compile(r"""\[\s*(?:'[^']*'|"[^"]*")(?:\s+(?:'[^']*'|"[^"]*"))*\s*\]""")
_NUMBERS = re.compile(r"\[\s*-?\d+(?:\.\d*)?(?:\s+-?\d+(?:\.\d*)?)*\s*\]")
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_ITEM_NAMES = ("label", "name", "value", "text", "tag")


def listed(cell: str) -> list[str] | None:
    """The labels of a cell that holds a list, as JSON, Python or NumPy write it; None where it holds none."""
    if len(cell) > 20_000 or ((cell[:1], cell[-1:]) not in (("[", "]"), ("{", "}"), ("(", ")")) and cell != "set()"):
        return None
    if cell == "set()":
        return []
    if _NUMPY.fullmatch(cell):  # which Python would read as one string: 'a' 'b'
        return [single or double for single, double in _QUOTED.findall(cell)]
    if _NUMBERS.fullmatch(cell):
        return cell[1:-1].split()
    return _items(_parsed(cell))


def _parsed(cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(cell)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _items(values: Any) -> list[str] | None:
    if isinstance(values, dict) and len(values) == 1:
        values = values.get("choices", values.get("labels"))
    if isinstance(values, set | frozenset):
        values = sorted(values, key=str)
    if not isinstance(values, list | tuple):
        return None
    items = [_item(value) for value in values]
    return None if any(item is None for item in items) else [item for item in items if item is not None]


def _item(value: Any) -> str | None:
    """One item of a list: a plain value, or the name in a record."""
    if isinstance(value, dict):
        named = next((value[name] for name in _ITEM_NAMES if name in value), None)
        return named if isinstance(named, str) else None
    return str(value) if isinstance(value, str | int | float | bool) else None


def is_angled(cell: str) -> bool:
    """Whether a cell holds tags written <a><b>."""
    return _ANGLED.fullmatch(cell) is not None


def pieces(cell: str, delimiter: str = "") -> list[str]:
    """The names in a cell: of a list, between delimiters, or the cell itself."""
    items = listed(cell)
    if items is None and delimiter == ANGLED:
        items = cell.removeprefix("<").removesuffix(">").split(ANGLED)
    elif items is None:
        items = cell.split(delimiter) if delimiter else [cell]
    return list(dict.fromkeys(item.strip() for item in items if item.strip()))


def repeats(cells: Sequence[Sequence[str]]) -> bool:
    """Whether many cells name a thing more than once, as a value for every word does, and labels of a whole do not."""
    return sum(len(set(cell)) < len(cell) for cell in cells) > 0.2 * len(cells)


def guess_label_delimiter(column: pl.Series) -> str:
    """The character between several labels in one cell: its pieces must stand alone or recur elsewhere."""
    cells = [cell.strip() for cell in column.drop_nulls().to_list() if cell.strip()]
    if not cells or any(listed(cell) is not None for cell in cells):
        return ""
    if all(map(is_angled, cells)) and any(ANGLED in cell for cell in cells):
        return ANGLED
    alone = set(cells)
    plural = column.name.strip().lower().endswith(_PLURAL)
    for delimiter in _BETWEEN:
        split = [[part.strip() for part in cell.split(delimiter)] for cell in cells if delimiter in cell]
        if repeats(split):
            continue
        found = [piece for parts in split for piece in parts]
        known = sum(piece in alone for piece in found)
        if split and found and known >= 0.8 * len(found) and delimiter not in _IN_NAMES:
            return delimiter
        if delimiter == " " and split and all(piece[:1] == "#" for parts in split for piece in parts):
            return delimiter
        # Half of the pieces stand alone as well.
        single = delimiter in (",", *_IN_NAMES) and 2 * len(set(found) & alone) >= len(set(found))
        if (delimiter in _SIGNS or (delimiter == "," and plural) or single) and _recur(split, alone):
            return delimiter
    return ""


def _recur(split: list[list[str]], cells: set[str]) -> bool:
    """Whether the pieces of cells make up few names that come again in many different cells."""
    places = Counter(piece for parts in {tuple(parts) for parts in split} for piece in set(parts))
    again = sum(count for count in places.values() if count > 1)
    return len(split) > 5 and again >= 0.8 * places.total() and len(places) <= 0.5 * len(cells) + 2
