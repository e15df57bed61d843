"""What records of JSON and Arrow have in common: their usual fields, their texts, a label of their own, their cells."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ulmengine.corpus.column_names import WEAK_LABEL_NAMES, is_label_name, key_of
from ulmengine.corpus.guess import Hints

from .turns import said_in_turn

DEPTH = 3
"""Objects within objects become columns so deep; what lies deeper stays JSON."""


class Shaped(NamedTuple):
    """The documents in a value, how it was understood, what that says of the columns, and what was not read."""

    values: Iterator[Any]
    said: str = ""
    hints: Hints = Hints()
    notes: tuple[str, ...] = ()


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
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and (said := said_in_turn(value)):
        return said
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value)


def class_name(number: Any, names: Sequence[str]) -> str | None:
    """The name of the class ``number``; None for one that is none, such as -1."""
    return names[number] if isinstance(number, int) and 0 <= number < len(names) else None


def has_texts(records: Sequence[dict[str, Any]]) -> bool:
    """Whether one of the first records holds a text of several words."""
    return any(isinstance(item, str) and item.count(" ") >= 2 for record in records[:20] for item in _leaves(record, 3))


def _leaves(value: Any, depth: int) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        if isinstance(item, dict | list) and depth:
            yield from _leaves(item, depth - 1)
        else:
            yield item
