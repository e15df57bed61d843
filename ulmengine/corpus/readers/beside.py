"""What stands beside the records of a JSON object and belongs to them: the names of their classes, their answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from ulmengine.corpus.column_names import key_of

from .records import class_name, holds_labels, usual_fields


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
