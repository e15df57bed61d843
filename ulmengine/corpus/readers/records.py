"""What records of JSON have in common: their usual fields, their texts, a label of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ulmengine.corpus.column_names import WEAK_LABEL_NAMES, is_label_name, key_of


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
