"""What a label cell may hold: a mark of yes or no, one name, or several in a list."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from .column_names import SCALE_NAMES, called_like_label, is_aside_name, is_label_name, is_person_name, key_of

_YES_NO = (
    ("1 1.0", "0 0.0"), ("true", "false"), ("t", "f"), ("yes si sí sì", "no"), ("y j o s", "n"), ("on", "off"),
    ("x \u2713 \u2714 +", "- \u2717 \u2718"), ("\u2611 \u2612", "\u2610"), ("\u2705", "\u274c"),
    ("ja", "nein nee nej nei"), ("oui", "non"), ("sim", "não nao"), ("tak", "nie"),
    ("ano áno", "ne"), ("evet", "hayır"), ("igen", "nem"), ("kyllä", "ei"), ("да", "нет"), ("так", "ні"), ("是", "否"),
    ("はい", "いいえ"), ("예", "아니오"), ("نعم", "لا"), ("○ ◯ 〇", "× ✕"), ("wahr", "falsch"), ("vrai", "faux"),
    ("verdadero verdadeiro vero", "falso"), ("waar", "onwaar"), ("prawda", "fałsz"), ("правда истина", "ложь"),
    ("doğru", "yanlış"), ("真", "假"),
)
ALPHABETS = tuple(frozenset(f"{yes} {no}".split()) for yes, no in _YES_NO)
"""The marks of yes and no that stand together; each stands in one alone."""
TRUE = frozenset(mark for yes, _ in _YES_NO for mark in yes.split())
FALSE = frozenset(mark for _, no in _YES_NO for mark in no.split())
SIGNS = frozenset({"1", "1.0", "-1", "-1.0", "+1"})
"""Marks of a column without a zero: 1 is yes and -1 is no."""
ANGLED = "><"
"""The delimiter of labels written <a><b>, as Stack Exchange writes them."""

_PLURAL = ("labels", "tags", "genres", "categories", "topics", "classes", "emotions", "intents", "subjects", "keywords")
_COMMAS = (",", "\uff0c", "\u3001", "\u060c")
"""Latin, Chinese, Japanese and Arabic."""
_PARTING = ("|", ";#", ";", "\uff1b")
"""Bars and semicolons; SharePoint writes ;# between names."""
BETWEEN = ("\n", *_PARTING, *_COMMAS, " / ", " + ", "/", "+", "#", " ")
"""What may stand between several labels of a cell."""
_PLAIN = (*_PARTING, *_COMMAS, " ")
"""What stands between the items of many a list: it is enough that they stand alone as well."""
_LISTS = ("\n", *_PARTING)
"""What hardly stands in the name of one label: where it does, it is told how such cells were read."""
_ASKED = ("&", "\u2022", "\u00b7", "<br>", ">", "\\", "~", "^", ":", "__", " - ", "  ", " and ", " und ", " et ", " y ")
"""What is only asked about, and only where what it parts stands alone as well."""
_LONGEST = 60
"""Characters of a name in a list of labels; what is longer is a sentence."""
_IN_NAMES = (*_COMMAS, "/", "+", "#")
"""What stands in many a name of one label: half of its parts must stand alone."""

_BARE = re.compile(r"\[[^\[\]]*\]")
_DOTTED = re.compile(r"(?=.+[._-].)\w++(?:[.-]\w++)*+")
_TAG = re.compile(r"[\w.+#-]+")
_CODE = re.compile(r"\w[._-]\w|\d")
_ANGLED = re.compile(r"(?:<[^<>\s]+>)+")
_STRING = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_NUMPY = re.compile(rf"\[\s*{_STRING}(?:\s+{_STRING})+\s*\]", re.DOTALL)
_ARRAY = re.compile(r"""\{(?:(?:"(?:[^"\\]|\\.)*"|[^{}"',;:\\\s]+)(?:,(?=[^}])|(?=\})))*\}""")
_ARRAY_ITEM = re.compile(r"""\"((?:[^"\\]|\\.)*)\"|([^{}",]+)""")
_MARK = r"(?:[01](?:\.0*)?|true|false)"
_VECTOR = re.compile(  # "1,0" is a number
    rf"[\[(]\s*{_MARK}(?:(?:\s*,\s*|\s+){_MARK})+\s*[\])]|{_MARK}(?:,?\s+{_MARK})+|{_MARK}(?:,{_MARK}){{2,}}",
    re.IGNORECASE)
_NUMBERS = re.compile(r"\[\s*-?\d+(?:\.\d*)?(?:\s+-?\d+(?:\.\d*)?)*\s*\]")
_QUOTED = re.compile(_STRING, re.DOTALL)
_OBJECT = re.compile(r"""[\[(\s]*\{\s*(?:"[^"]*"|'[^']*')\s*:""")
DATE = re.compile(r"(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{4})(?:[ T]\d{1,2}:\d{2}\S*)?")
_LIST_MARK = re.compile(r"[-*\u2022\u00b7\u2013\u25aa] +(?=\S)")
_ITEM_NAMES = ("label", "name", "category", "class", "classname", "class_name", "title", "choice", "answer", "value",
               "text", "tag")
_SHARE_NAMES = ("score", "confidence", "probability", "prob")
_TEXT_NAMES = ("text", "sentence", "content")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_STOPS = ("\u3002", "\uff01", "\uff1f", "\uff0c", "\u2026")


def listed(cell: str, shares: bool = True) -> list[str] | None:
    """The labels of a cell that holds a list, as JSON, Python or NumPy write it; None where it holds none.

    :param shares: of a model's shares for each class the largest is the label.
    """
    if len(cell) > 20_000 or ((cell[:1], cell[-1:]) not in (("[", "]"), ("{", "}"), ("(", ")")) and cell != "set()"):
        return None
    if cell == "set()":
        return []
    if _NUMPY.fullmatch(cell):  # which Python would read as one string: 'a' 'b'
        return _quoted(cell)
    if _NUMBERS.fullmatch(cell):
        return cell[1:-1].split()
    items = _items(parsed(cell), shares)
    if items is None and _ARRAY.fullmatch(cell):  # as PostgreSQL writes it: {a,"b c"}
        return [re.sub(r"\\(.)", r"\1", quoted) or bare for quoted, bare in _ARRAY_ITEM.findall(cell)]
    return items


def _quoted(cell: str) -> list[str]:
    """The strings in quotes in a list as NumPy prints it."""
    found = _QUOTED.findall(cell)
    return [value if isinstance(value := parsed(one), str) else one[1:-1] for one in found]


def vector(cell: str) -> list[bool] | None:
    """The marks of 0 and 1 in a cell that holds one for each label, as [1 0 0], [1, 0, 0] or 1 0 0; None elsewhere."""
    if not _VECTOR.fullmatch(cell):
        return None
    return [mark[0] in "1tT" for mark in re.findall(_MARK, cell, re.IGNORECASE)]


def parsed(cell: str) -> Any:
    """The value that a cell holds as JSON or Python write it; None where it holds none."""
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(cell)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def strings(cell: str) -> list[str] | None:
    """The texts in a cell that holds a list of them, as JSON, Python or NumPy write it: strings, objects with a text,
    or lists of words; None where it holds none."""
    cell = cell.strip()
    if (cell[:1], cell[-1:]) not in (("[", "]"), ("(", ")")):
        return None
    if _NUMPY.fullmatch(cell):
        return _quoted(cell)
    values = parsed(cell)
    if not isinstance(values, list | tuple):
        return None
    found = [_text_in(value) for value in values if value is not None]
    return None if any(text is None for text in found) else [text for text in found if text is not None]


def _text_in(value: Any) -> str | None:
    if isinstance(value, dict):
        value = next((value[name] for name in _TEXT_NAMES if name in value), None)
    if isinstance(value, list | tuple) and value and all(isinstance(word, str) for word in value):
        return " ".join(value)
    return value if isinstance(value, str) else None


def text_lists(cells: Sequence[str]) -> tuple[list[list[str]], str] | None:
    """The lists of texts that many of ``cells`` hold, and what stands between such texts once they are one: a line
    break, of words a blank, or nothing in a script that writes none. None where hardly a cell holds any."""
    lists = [found for cell in cells if cell.lstrip()[:1] in ("[", "(") and (found := strings(cell))]
    items = [item.strip() for found in lists for item in found[:200]][:20_000]
    if not items or len(lists) < 0.25 * len(cells):  # among snippets of code a list or two may stand as well
        return None
    spaced = sum(any(map(str.isspace, item)) for item in items)
    if spaced >= 0.1 * len(items):
        return lists, "\n"
    letters = "".join(items)
    if len(_UNSPACED.findall(letters)) < 0.5 * len(letters):
        return lists, " "
    sentences = len(letters) >= 10 * len(items) or sum(
        len(item) > 2 and item.endswith(_STOPS) for item in items) >= 0.5 * len(items)
    return lists, "\n" if sentences else ""


def as_text(cell: str, between: str) -> str:
    """The text of a cell that holds a list of texts, with ``between`` them; another cell as it stands."""
    found = strings(cell)
    return cell if found is None else between.join(text for text in found if text.strip())


def with_lists(frame: pl.DataFrame, lists: Mapping[str, str]) -> pl.DataFrame:
    """``frame`` of text columns with the texts in place of lists of them; ``lists``: what
    stands between those of each column."""
    return frame.with_columns([
        pl.Series(name, [cell and as_text(cell, lists[name]) for cell in frame[name].to_list()], dtype=pl.String)
        for name in frame.columns if name in lists])


def _items(values: Any, shares: bool) -> list[str] | None:
    if isinstance(values, dict):
        within = values.get("choices", values.get("labels")) if len(values) == 1 else None
        if isinstance(within, list):
            values = within
        elif (named := _item(values) or _number(values)) is not None:
            return [named]
        else:
            return _marked(values) if len(values) > 1 and _are_marks(values) else None
    if isinstance(values, set | frozenset):
        values = sorted(values, key=str)
    if not isinstance(values, list | tuple):
        return None
    items = [_item(value) for value in (_likeliest(values) if shares else values)]
    return None if any(item is None for item in items) else [item for item in items if item is not None]


def _are_marks(value: dict[Any, Any]) -> bool:
    """Whether an object holds a mark of 0 or 1 for each of its names."""
    return all(mark in (0, 1) for mark in value.values()) and value.keys().isdisjoint(_SHARE_NAMES)


def _marked(value: dict[Any, Any]) -> list[str]:
    return [str(name) for name, mark in value.items() if mark]


def _number(value: dict[Any, Any]) -> str | None:
    """The whole number that an object of numbers holds under its only name, beside a share and bookkeeping."""
    if not all(isinstance(item, int | float) for item in value.values()):
        return None
    found = [item for name, item in value.items() if name not in _SHARE_NAMES and (
        called_like_label(key_of(str(name))) is not None or not is_aside_name(str(name)))]
    return str(found[0]) if len(found) == 1 and float(found[0]).is_integer() else None


def _likeliest(values: Sequence[Any]) -> Sequence[Any]:
    """Of records whose shares come to 1, a model's for each class, the one with the largest; else all of them."""
    shares = _shares(values)
    if len(values) < 2 or min(shares) < 0 or abs(sum(shares) - 1) > 0.01 or shares.count(max(shares)) > 1:
        return values
    return [values[shares.index(max(shares))]]


def _shares(values: Sequence[Any]) -> list[float]:
    """The share that each of several records names; -1 where it names none."""
    return [next((one[name] for name in _SHARE_NAMES if type(one.get(name)) in (int, float)), -1.0)
            if isinstance(one, dict) else -1.0 for one in values]


def _item(value: Any) -> str | None:
    """One item of a list: a plain value, or the name in a record, where it may be the only word beside numbers."""
    if not isinstance(value, dict):
        return str(value) if isinstance(value, str | int | float | bool) else None
    words = [(str(name), item) for name, item in value.items() if isinstance(item, str)]
    named = [value[name] for name in _ITEM_NAMES if isinstance(value.get(name), str)]
    if not named and len(words) == 1 and not any(isinstance(item, list | dict) for item in value.values()):
        named = [item for name, item in words if _may_name(name, item, value)]
    named = named or [value[name] for name in _ITEM_NAMES if type(value.get(name)) in (int, float)]
    return str(named[0]) if named else None


def _may_name(name: str, word: str, beside: dict[Any, Any]) -> bool:
    """Whether the only word in a record may be its label: neither a date nor bookkeeping, nor beside a rating."""
    if is_label_name(key_of(name)):
        return True
    rated = any(key_of(str(other)) in SCALE_NAMES and not (other in _SHARE_NAMES and 0 <= item <= 1)
                for other, item in beside.items() if isinstance(item, int | float))
    return not (rated or is_aside_name(name) or is_person_name(name) or DATE.fullmatch(word))


def is_object(cell: str) -> bool:
    """Whether a cell begins as an object does, as JSON or Python write it."""
    return cell[:1] == "{" and _OBJECT.match(cell) is not None


def is_unnamed(cell: str) -> bool:
    """Whether a cell holds objects, as JSON or Python write them, of which it is not clear what names a label."""
    return _OBJECT.match(cell) is not None and listed(cell) is None


def is_number(text: str) -> bool:
    """Whether ``text`` is a number as it stands, with a point or a comma before its fraction."""
    try:
        float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        return False
    return True


def is_angled(cell: str) -> bool:
    """Whether a cell holds tags written <a><b>."""
    return _ANGLED.fullmatch(cell) is not None


def pieces(cell: str, delimiter: str = "", shares: bool = True) -> list[str]:
    """The names in a cell: of a list, between delimiters, or the cell itself."""
    items = listed(cell, shares)
    if items is None and delimiter == ANGLED:
        items = cell.removeprefix("<").removesuffix(">").split(ANGLED)
    elif items is None:
        items = [_bare(item.strip()) for item in _bare(cell).split(delimiter)] if delimiter else [cell]
        items = [_LIST_MARK.sub("", item, 1) for item in items] if delimiter == "\n" else items
    return list(dict.fromkeys(item.strip() for item in items if item.strip()))


def named_in(cells: Collection[str], delimiter: str = "") -> dict[str, list[str]]:
    """The names in each of the different ``cells`` of a column. What objects in them say is told by all together: a
    mark under one name alone is a label only where other cells mark others, and shares come to 1 in nearly all."""
    objects = {cell: parsed(cell) for cell in cells if _OBJECT.match(cell)}
    marks = {cell: value for cell, value in objects.items() if isinstance(value, dict)}
    if marks and all(map(_are_marks, marks.values())) and len(set().union(*marks.values())) > 1:
        return {cell: _marked(marks[cell]) if cell in marks else pieces(cell, delimiter) for cell in cells}
    several = [value for value in objects.values() if isinstance(value, list)]
    shared = sum(_likeliest(value) is not value or abs(sum(_shares(value)) - 1) < 0.01 for value in several)
    return {cell: pieces(cell, delimiter, shared >= 0.9 * len(several)) for cell in cells}


def _bare(text: str) -> str:
    """``text`` without brackets around the whole of it."""
    return text[1:-1] if _BARE.fullmatch(text) else text


def repeats(cells: Sequence[Sequence[str]]) -> bool:
    """Whether many cells name a thing more than once, as a value for every word does, and labels of a whole do not."""
    return sum(len(set(cell)) < len(cell) for cell in cells) > 0.2 * len(cells)


def guess_label_delimiter(column: pl.Series) -> str:
    """The character between several labels in one cell: its pieces must stand alone or recur elsewhere."""
    return label_delimiters(column)[0]


def label_delimiters(column: pl.Series) -> tuple[str, str]:
    """The character between several labels in one cell, or the one that may be it and may belong to names as well."""
    cells = [cell.strip() for cell in column.drop_nulls().to_list() if cell.strip()]
    bare = [cell for cell in cells if listed(cell) is None]
    if any(map(is_unnamed, bare)):
        return "", ""
    bracketed = all(map(_BARE.fullmatch, cells))  # [good, late], as Java and YAML write lists
    if bracketed or len(bare) < len(cells):
        return "," if bracketed and any("," in cell for cell in bare) else "", ""
    if all(map(is_angled, cells)) and any(ANGLED in cell for cell in cells):
        return ANGLED, ""
    alone = set(cells)
    plural = is_plural(column.name)
    doubtful = ""
    for delimiter in BETWEEN:
        split = [[part.strip() for part in cell.split(delimiter)] for cell in cells if delimiter in cell]
        comma = delimiter in _COMMAS
        if not split or repeats(split) or (comma and not plural and _are_halves(split)):
            continue
        found = [piece for parts in split for piece in parts]
        if delimiter in _PLAIN and sum(piece in alone for piece in found) >= 0.8 * len(found):
            return delimiter, ""
        if delimiter == " " and all(piece[:1] == "#" for piece in found):
            return delimiter, ""
        if delimiter == " " and plural and _are_codes(split, alone):
            return delimiter, ""
        names = set(found)
        if delimiter == " " and _may_be_tags(column.name, split, alone):
            doubtful = doubtful or delimiter
        lists, mostly = delimiter in _LISTS or (comma and plural), 2 * len(names & alone) > len(names)
        if lists and (mostly or (plural and _swap(split))):
            return delimiter, ""
        recurs = _recur(split, alone) or (delimiter != " " and len(split) > 5 and _known(split, alone))
        stands = delimiter in _IN_NAMES and len(split) > 2 and sum(n in alone for n in found) >= 0.8 * len(found)
        if delimiter != " " and (recurs or stands):
            if delimiter in _PARTING or (comma and plural):
                return delimiter, ""
            if delimiter not in _IN_NAMES or 2 * len(names & alone) >= len(names):
                if recurs and _change_places(split):
                    return delimiter, ""
                doubtful = doubtful or delimiter
        known = plural or names & alone or 2 * len(split) > len(cells)
        if max(map(len, names)) <= _LONGEST and ((lists and known) or (comma and mostly)):
            doubtful = doubtful or delimiter
    return "", doubtful or next((mark for mark in _ASKED if _stand_alone(cells, mark)), "")


def _stand_alone(cells: Sequence[str], mark: str) -> bool:
    """Whether nearly all that ``mark`` parts in some ``cells`` stands alone in others."""
    alone = set(cells)
    found = [part.strip() for cell in cells if mark in cell for part in cell.split(mark)]
    return sum(part in alone for part in found) >= max(4, 0.8 * len(found))


def is_plural(name: str) -> bool:
    """Whether a column's name says that it holds several labels."""
    return name.strip().lower().endswith(_PLURAL)


def _are_halves(split: list[list[str]]) -> bool:
    """Whether cells are numbers with a half or a quarter behind a comma, as of stars: 4,5."""
    behind = ("0", "00", "5", "50", "25", "75")
    return all(len(parts) == 2 and parts[0].isdigit() and parts[1] in behind for parts in split)


def _are_codes(split: list[list[str]], alone: set[str]) -> bool:
    """Whether the pieces of cells are codes like cs.LG, which stand alone or come again in different cells."""
    names = {piece for parts in split for piece in parts}
    return 2 * sum(_CODE.search(name) is not None for name in names) >= len(names) and _known(split, alone)


def _may_be_tags(name: str, split: list[list[str]], alone: set[str]) -> bool:
    """Whether cells of words between blanks may be lists of tags, by the ``name`` of their column and how the words
    come together."""
    places = _places(split)
    between = set[str].intersection(*(set(parts[1:-1]) for parts in split))  # good and late
    if between or not all(map(_TAG.fullmatch, places)):
        return False
    if not is_plural(name):
        return _recur(split, alone) and _swap(split)
    tags = name.strip().lower().endswith(("tags", "keywords")) and max(places.values()) > 1
    first = any(parts[0] in alone for parts in split)  # and not "very good"
    return tags or (first and _known(split, alone)) or all(map(_DOTTED.fullmatch, places))


def _places(split: list[list[str]]) -> Counter[str]:
    """In how many different cells each piece stands."""
    return Counter(piece for parts in {tuple(parts) for parts in split} for piece in set(parts))


def _known(split: list[list[str]], alone: set[str]) -> bool:
    """Whether the pieces of cells stand alone, as some must, or come again in different cells."""
    places = _places(split)
    again = sum(count for piece, count in places.items() if count > 1 or piece in alone)
    return again >= 0.8 * places.total() and not alone.isdisjoint(places)


def _change_places(split: list[list[str]]) -> bool:
    """Whether what stands first in a cell stands last in others, as in lists, and not in names of two levels."""
    cells = {tuple(parts) for parts in split if parts[0] != parts[-1]}
    both = {parts[0] for parts in cells} & {parts[-1] for parts in cells}
    return sum((parts[0] in both) + (parts[-1] in both) for parts in cells) >= len(cells) > 0


def _swap(split: list[list[str]]) -> bool:
    """Whether the pieces of cells come again in different cells, some of them first in one and last in another."""
    cells = {tuple(parts) for parts in split}
    places = _places(split)
    again = sum(count for count in places.values() if count > 1)
    return again >= 0.8 * places.total() and bool({parts[0] for parts in cells} & {parts[-1] for parts in cells})


def _recur(split: list[list[str]], cells: set[str]) -> bool:
    """Whether the pieces of cells make up few names that come again in many different cells."""
    places = _places(split)
    again = sum(count for count in places.values() if count > 1)
    return len(split) > 5 and again >= 0.8 * places.total() and len(places) <= 0.5 * len(cells) + 2
