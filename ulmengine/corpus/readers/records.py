"""What records of JSON and Arrow have in common (usual fields, texts, a label of their own, cells), and what stands
beside those of a JSON object and belongs to them: names of classes, answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from ulmengine.corpus.column_names import WEAK_LABEL_NAMES, is_label_name, key_of
from ulmengine.corpus.guess import Hints

from .turns import said_in_turn

DEPTH = 3
"""Objects within objects become columns so deep; what lies deeper stays JSON."""


class Shaped(NamedTuple):
    """The documents in a value, how it was understood, what that says of the columns, and what was not read; ``later``:
    what is known once all are read."""

    values: Iterator[Any]
    said: str = ""
    hints: Hints = Hints()
    notes: tuple[str, ...] = ()
    later: Callable[[], Sequence[str]] = tuple


def of_one_kind(lists: Sequence[Sequence[Any]]) -> bool:
    """Whether lists of records share the field that holds their texts, and most of the others."""
    if not all(isinstance(one, dict) for items in lists for one in items):
        return False
    fields = [usual_fields(items) for items in lists]
    shared = set(fields[0]).intersection(*fields[1:])
    if any(len(own) > 2 * len(shared) for own in fields):
        return False
    return any(all(has_texts([{field: one.get(field)} for one in items]) for items in lists) for field in shared)


def usual_fields(records: Sequence[dict[str, Any]]) -> list[str]:
    """The fields that most records have."""
    counts = Counter(field for record in records for field in record)
    return [field for field, count in counts.items() if count > 0.5 * len(records)]


def is_label(field: str, records: Sequence[dict[str, Any]]) -> bool:
    """Whether a field is called like a label, more than by the way, and holds several values."""
    key = key_of(field)
    plain = (record.get(field) for record in records)
    values = {str(item) for item in plain if item not in (None, "")}
    return is_label_name(key) and key not in WEAK_LABEL_NAMES and len(values) > 1


def holds_labels(records: Sequence[dict[str, Any]]) -> bool:
    """Whether a field of ``records`` is such a label."""
    return any(is_label(field, records) for field in usual_fields(records))


def cell_of(value: Any) -> str | None:
    """A value as a cell: of a conversation what is said, other lists and objects as JSON."""
    return (said_in_turn(value) if isinstance(value, list) else "") or as_json(value)


def as_json(value: Any) -> str | None:
    """A value as a cell: lists and objects as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value)


def class_name(number: Any, names: Sequence[str]) -> str | None:
    """The name of the class ``number``; None for one that is none, such as -1."""
    return names[number] if isinstance(number, int) and 0 <= number < len(names) else None


def has_texts(records: Sequence[dict[str, Any]]) -> bool:
    """Whether one of the first records holds a text of several words."""
    return any(isinstance(item, str) and item.count(" ") >= 2 for record in records[:20] for item in _leaves(record, 3))


def are_prose(texts: Sequence[str]) -> bool:
    """Whether most of ``texts`` are several words, or many letters of a script without spaces."""
    words = sum(text.count(" ") >= 2 or (len(text) > 7 and not text.isascii()) for text in texts)
    return len(texts) > 0 and words >= 0.6 * len(texts)


def _leaves(value: Any, depth: int) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        if isinstance(item, dict | list) and depth:
            yield from _leaves(item, depth - 1)
        else:
            yield item


def classified(rows: list[Any], features: list[Any]) -> list[Any]:
    """Rows as the Hugging Face viewer gives them ({"row": {...}}), with the names of their classes."""
    if not all(isinstance(row, dict) and isinstance(row.get("row"), dict) for row in rows):
        return rows
    types = {one.get("name"): one.get("type") for one in features if isinstance(one, dict)}
    names = {name: kind["names"] for name, kind in types.items()
             if isinstance(kind, dict) and isinstance(kind.get("names"), list)}
    return [{key: class_name(cell, names[key]) if names.get(key) and type(cell) is int else cell
             for key, cell in row["row"].items()} for row in rows]


def by_name(column: list[Any], names: list[str]) -> list[Any]:
    """Numbers of classes, or a mark of 0 or 1 for each class, by the ``names``; [] where a column holds none."""
    if all(type(one) is int and -1 <= one < len(names) for one in column):
        return [class_name(one, names) for one in column]
    if are_marks(column, names):
        return [[name for name, mark in zip(names, marks, strict=True) if mark] for marks in column]
    return []


def are_marks(column: list[Any], names: Sequence[Any]) -> bool:
    """Whether each item of ``column`` holds a mark of 0 or 1 for each of the ``names``."""
    return all(isinstance(one, list) and len(one) == len(names) and all(mark in (0, 1) for mark in one)
               for one in column)


def answered(rows: list[dict[str, Any]], others: Mapping[str, list[dict[str, Any]]]) -> tuple[list[Any], str, str]:
    """Rows without labels, each with its record of the only one of ``others`` that holds some; the name of that one,
    and by what they were joined: "" and "" where it is not sure which belongs to which."""
    names = [name for name, item in others.items() if holds_labels(item)]
    if len(names) != 1 or holds_labels(rows):
        return rows, "", ""
    answers = others[names[0]]
    given = sorted(_ids(answers), key=lambda field: key_of(field) == "id")  # which may be the answer's own
    for field, key in product(given, _ids(rows)):
        by_id = {str(answer.get(field)): answer for answer in answers}
        ids = [str(row.get(key)) for row in rows]
        one_each = len(by_id) == len(answers) and len(set(ids)) == len(ids)
        # Far fewer are of another thing, a class or a person, whose numbers only happen to be those of rows as well.
        if one_each and by_id.keys() <= set(ids) and 2 * len(by_id) >= len(ids):
            return list(_joined(rows, [by_id.get(one, {}) for one in ids])), names[0], f"by '{field}'"
    if not given and len(answers) == len(rows):
        return list(_joined(rows, answers)), names[0], "in the same order"
    return rows, "", ""


def _joined(rows: list[dict[str, Any]], answers: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each row with the fields of its answer that it has not itself."""
    for row, answer in zip(rows, answers, strict=True):
        yield row | {field: item for field, item in answer.items() if field not in row}


def _ids(records: list[dict[str, Any]]) -> list[str]:
    """The fields with the numbers or names of records."""
    return [field for field in usual_fields(records)
            if key_of(field) in ("id", "uid", "uuid") or field.endswith(("_id", "Id", "_uid"))]
