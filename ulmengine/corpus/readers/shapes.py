"""The documents in one JSON value, whatever its shape: lists, tables, parts, labels with their texts, wrapped ones.

Values become records (dicts) or rows (lists); what each record means is left to ``tools`` and the columns' guess.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from ulmengine.corpus.column_names import (
    LABEL_NAMES,
    POLES,
    TEXT_NAMES,
    is_label_name,
    key_of,
    part_in,
    parts_of,
    without_part,
)
from ulmengine.corpus.column_sample import LONGEST_SCALE
from ulmengine.corpus.errors import some_of
from ulmengine.corpus.guess import Hints

from .entries import (
    EXAMPLES,
    FEWEST,
    begins_dump,
    dumped_tables,
    grouped_texts,
    holds_texts,
    records_within,
    spoken,
    ungrouped,
    unnested,
)
from .records import (
    Shaped,
    answered,
    are_marks,
    are_prose,
    by_name,
    classified,
    has_texts,
    holds_labels,
    is_label,
    of_one_kind,
    usual_fields,
)

_DEPTH = 6
_COLUMNS = TEXT_NAMES | frozenset({
    "answer", "answers", "premise", "hypothesis", "input", "output", "prompt", "completion", "text1", "text2",
})
_COUNTED = re.compile(r"(?:(?:page|part|batch|chunk|shard|file|block|year|month|week|day|q)?[-_ .]?\d++)+")
"""What lists are called that are only counted, or of a time."""
_ITEMS = ("items", "results", "data", "records", "rows", "entries", "documents", "hits", "values", "list")
_HELD = frozenset((*_ITEMS, *EXAMPLES))
"""What lists are called by what they hold: names of no label."""


def documents_in(value: Any, depth: int = 0) -> Shaped:
    """The documents in one JSON value."""
    if isinstance(value, list):
        return documents_in_list(value)
    for shape in _SHAPES if isinstance(value, dict) and value and depth <= _DEPTH else ():
        found = shape(value, depth)
        if found is not None:
            return found
    return Shaped(iter([value]))


def documents_in_list(first: Sequence[Any], others: Iterable[Any] = ()) -> Shaped:
    """The elements of a list, by the ``first`` of them; under names where its first row holds them, one a text where
    records hold many."""
    if first and begins_dump(first[0]):
        entries = [*first, *others]
        return _wrapped_rows(dict(dumped_tables(entries)), 0) or Shaped(iter(entries))
    values = chain(first, others)
    if grouped := grouped_texts(first[:50]):
        tag, texts = grouped
        said = f"each entry holds texts ('{texts}') and their label ('{tag}')"
        return Shaped(ungrouped(values, tag, texts), said, Hints(("text",), (tag,), (), said))
    if within := records_within(first[:50], len(first)):
        said = f"each record under '{within}' is a document, with what stands beside them in the entry"
        return Shaped(unnested(values, within), said)
    if _are_labelled_texts(first):
        said = "each text under its label"
        doubt = _named_doubt("fields", dict.fromkeys(name for record in first for name in record))
        pairs = ({"text": text, "label": name} for record in values if isinstance(record, dict)
                 for name, text in record.items())
        return Shaped(pairs, said, Hints(("text",), ("label",), (), said, doubt))
    if names := heading_of(first[:50]):
        rows = islice(values, 1, None)
        return Shaped((dict(zip(names, row, strict=False)) if isinstance(row, list) else row for row in rows),
                      "rows under a heading")
    return Shaped(values)


def _are_labelled_texts(records: Sequence[Any]) -> bool:
    """Whether each record is a text under its label, as in [{"good": "text"}, {"bad": "text"}, ...]."""
    if not all(isinstance(one, dict) and len(one) == 1 for one in records):
        return False
    names, texts = [name for one in records for name in one], [text for one in records for text in one.values()]
    few = 2 <= len(set(names)) <= len(names) / FEWEST
    return few and _COLUMNS.isdisjoint(name.strip().lower() for name in names) and all(
        isinstance(text, str) for text in texts) and are_prose(texts)


def heading_of(values: Sequence[Any]) -> list[str]:
    """The names in the first of several rows; empty where it is a row like the others."""
    if len(values) < 2 or not all(isinstance(row, list) and len(row) == len(values[0]) > 1 for row in values):
        return []
    first = values[0]
    short = all(isinstance(name, str) and 0 < len(name) <= 60 for name in first)
    known = short and any(name.strip().lower() in TEXT_NAMES | LABEL_NAMES for name in first)
    again = [any(row[n] == name for row in values[1:]) for n, name in enumerate(first)]
    # A name of texts tells enough where another column, of labels, holds the word it is called by.
    texts = short and any(name.strip().lower() in TEXT_NAMES and not twice
                          for name, twice in zip(first, again, strict=True))
    return list(first) if known and (texts or not any(again)) else []


def _table(value: dict[str, Any], _: int) -> Shaped | None:
    """Names and rows apart: {"columns": [...], "data": [[...], ...]}, as pandas writes it and others alike."""
    lists = {key: item for key, item in value.items() if isinstance(item, list) and item}
    texts = {len(item) for item in lists.values() if are_prose([one for one in item if isinstance(one, str)])}
    for key, names in lists.items():
        given = [one.get("name") if isinstance(one, dict) else one for one in names]
        if not all(isinstance(name, str) for name in given) or len(set(given)) < len(given) or len(given) < 2:
            continue
        for other, rows in lists.items():
            if len(rows) in texts and are_marks(rows, given):
                continue  # of texts that stand beside
            if other != key and all(isinstance(row, list) and len(row) == len(given) for row in rows):
                said = f"names of the columns under '{key}', rows under '{other}'"
                return Shaped((dict(zip(given, row, strict=True)) for row in rows), said)
    return None


def _by_part(value: dict[str, Any], depth: int) -> Shaped | None:
    """The parts of a corpus by their names: {"train": [...], "test": [...]}, or ordered otherwise."""
    value = _parts_first(value) or value
    held = {key: item for key, item in value.items() if isinstance(item, list | dict) and item}
    named = parts_of({key: _labels_inside(item) for key, item in held.items()})
    if not named:
        return None
    inside = {key: documents_in(value[key], depth + 1) for key in named}

    def values() -> Iterator[Any]:
        for key, part in named.items():
            for one in inside[key].values:
                if isinstance(one, dict):
                    yield {**one, "split": part}
                elif isinstance(one, list):
                    yield {**{f"column {place}": cell for place, cell in enumerate(one, 1)}, "split": part}
                else:
                    yield {"text": one, "split": part}

    first = next(iter(inside.values()))
    return Shaped(values(), f"the parts of the corpus under {', '.join(map(repr, named))}", first.hints)


def _parts_first(value: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The parts with what each holds, where they stand within the labels, {"good": {"train": [...], "test": [...]},
    ...}, or in the names of the columns, {"x_train": [...], "y_train": [...], "x_test": ...}; {} where they do not."""
    inner = {key: item for key, item in value.items() if isinstance(item, list | dict) and item}
    within = [(key, parts_of(dict.fromkeys(item, ()))) for key, item in inner.items() if isinstance(item, dict)]
    found: dict[str, dict[str, Any]] = {}
    if 1 < len(within) == len(inner) and all(parts and all(isinstance(one, list) for one in value[key].values())
                                             for key, parts in within):
        for key, parts in within:
            for name, part in parts.items():
                found.setdefault(part, {})[key] = value[key][name]
        return found if len(found) > 1 else {}
    for key, item in inner.items():
        found.setdefault(part_in(key), {})[without_part(key).strip("_-. ") or "text"] = item
    beside = found.pop("", {})
    names, held = found.get("train", {}), [list(one.values()) for one in found.values()]
    alike = len(names) > 1 and len(found) > 1 and all(one.keys() <= names.keys() for one in found.values()) and sum(
        map(len, held)) + len(beside) == len(inner)
    if not alike or not all(isinstance(item, list) for items in held for item in items) or not all(
            len({len(item) for item in items}) == 1 and any(map(_are_texts, items)) for items in held):
        return {}
    return {part: {name: one.get(name, [None] * len(items[0])) for name in names} | beside
            for (part, one), items in zip(found.items(), held, strict=True)}


def _labels_inside(item: list[Any] | dict[str, Any]) -> set[str]:
    """What a part of a corpus holds beside its texts: the labels of their lists, the fields of its records that are
    called like a label, the cells of its rows."""
    if isinstance(item, dict):
        return set(item)
    records = [one for one in item if isinstance(one, dict)]
    fields = {field for field in usual_fields(records) if is_label(field, records)}
    return fields | {f"column {len(one)}" for one in item[:1] if isinstance(one, list)}


def _wrapped_rows(value: dict[str, Any], _: int) -> Shaped | None:
    """Records in a list beside other things: the list whose records hold texts, the longest of them."""
    lists = {key: item for key, item in value.items() if isinstance(item, list) and item}
    records = {key: item for key, item in lists.items() if all(isinstance(one, dict) for one in item)}
    if not records:
        return None
    key = max(records, key=lambda name: (has_texts(records[name]), len(records[name])))
    others = {name: item for name, item in records.items() if name != key}
    rows = classified(records[key], [one for item in others.values() for one in item])
    rows, name, by = answered(rows, others)
    found = documents_in_list(rows)
    left = [f"{len(item):,} under '{other}'" for other, item in others.items()
            if other != name and (holds_labels(item) or has_texts(item)) and len(item) >= 0.1 * len(rows)]
    notes = (f"The records under '{key}' are read. Not read were others that hold texts or labels: {', '.join(left)}.",)
    beside = f", each with its own under '{name}' {by}" if name else ""
    return found._replace(said=(found.said or f"the records under '{key}'") + beside, notes=notes if left else ())


def _lists_by_name(value: dict[str, Any], _: int) -> Shaped | None:
    """{"good": [{"text": ...}, ...], "bad": [...]}: lists of records of one kind. Their names are the labels, in doubt,
    where they are few and no record brings a label of its own; of pages or years, {"2022": [...], "2023": [...]}, only
    the records are read."""
    lists = {name: _inner_list(item) for name, item in value.items() if isinstance(item, list | dict) and item}
    given = [one for items in lists.values() for one in items]
    called = {name.lower() for name in lists}
    if len(lists) < 2 or not any(isinstance(one, dict) for one in given) or called & {*_ITEMS} or called <= _HELD:
        return None
    records = {name: [_utterance(one) for one in items] for name, items in lists.items()}
    pieced = all(isinstance(one, dict) and len(one) == 1 and _utterance(one) is not one for one in given)
    if not all(records.values()) or not (pieced or of_one_kind(list(records.values()))):
        return None
    every = [record for items in records.values() for record in items]
    own = holds_labels(every)
    if any(isinstance(items[0], str) and (own or len(items) < FEWEST) for items in lists.values()):
        return None  # a few words beside the records, such as what was asked of annotators
    names = some_of(list(map(repr, records)), 4)
    said = f"the records under {names}"
    numbers = len(records) <= LONGEST_SCALE and all(  # of four digits they are years
        name.strip().isdigit() and len(name.strip()) < 4 for name in records)
    if all(_COUNTED.fullmatch(name.strip().lower()) for name in records) and (own or not numbers):
        return Shaped(iter(every), said)
    if own and called & _HELD:
        return None
    if own or not (pieced or len(every) >= FEWEST * len(records)):
        return Shaped(({"key": name, **record} for name, items in records.items() for record in items), said)
    said = f"{len(records)} labels, each with the list of its records"
    rows = ({**record, "label": _label_of(name)} for name, items in records.items() for record in items)
    doubt = "" if pieced else _named_doubt("lists", records)
    return Shaped(rows, said, Hints(label=("label",), reason=said, doubt=doubt))


def _named_doubt(things: str, names: Collection[str]) -> str:
    """That the ``names`` of ``things`` may be no labels; "" where they are words for such."""
    if all(name.lower() in POLES or not _label_of(name.lower()) for name in names):
        return ""
    return (f"The names of the {things} ({some_of(list(map(repr, names)), 4)}) are read as the labels of what they "
            "hold. If they are none, set the label column to 'none'.")


def _label_of(name: str) -> str | None:
    """The label that a list is called by; None where the name says that there is none."""
    return None if part_in(name) == "unlabelled" else name


def _inner_list(item: list[Any] | dict[str, Any]) -> list[Any]:
    """A list, or the one list of an answer of several pages: {"total": 3, "items": [...]}."""
    if isinstance(item, list):
        return item
    inner = [(name, one) for name, one in item.items() if isinstance(one, list | dict)]
    return inner[0][1] if len(inner) == 1 and inner[0][0].lower() in _ITEMS and isinstance(inner[0][1], list) else []


def _utterance(item: Any) -> Any:
    """A text, or an utterance in pieces, as the record of its text."""
    text = item if isinstance(item, str) else None
    if isinstance(item, dict) and len(item) == 1 and isinstance(next(iter(item.values())), list):
        text = spoken(item)
    return {"text": text} if text is not None else item


def _label_to_texts(value: dict[str, Any], _: int) -> Shaped | None:
    """{"good": ["text", ...], "bad": [...]}: the keys are the labels."""
    if len(value) < 2 or not all(isinstance(item, list) and item for item in value.values()):
        return None
    if any(key.strip().lower() in _COLUMNS for key in value) or not all(map(_are_texts, value.values())):
        return None
    return _pairs(((text, _label_of(label)) for label, texts in value.items() for text in texts),
                  f"{len(value)} labels, each with the list of its texts")


def _pairs(pairs: Iterable[tuple[Any, str | None]], said: str) -> Shaped:
    """Documents out of texts, as they stand or as utterances, with their labels."""
    rows = ({"text": text if isinstance(text, str) else spoken(text), "label": label} for text, label in pairs)
    return Shaped(rows, said, Hints(("text",), ("label",), (), said))


def _one_intent(value: dict[str, Any], _: int) -> Shaped | None:
    """{"AddToPlaylist": [{"data": [{"text": ...}, ...]}, ...]}: Snips has a file for each intent, and so has
    Dialogflow, {"name": "AddToPlaylist", "userSays": [{"data": ...}, ...]}."""
    (name, items), *others = value.items()
    if isinstance(value.get("name"), str) and "userSays" in value:
        name, items, others = value["name"], value["userSays"], []
    elif not isinstance(items, list) or not all(isinstance(one, dict) and set(one) == {"data"} for one in items):
        return None
    if others or not isinstance(items, list) or not items or not all(
            isinstance(one, dict) and "data" in one and spoken(one) is not None for one in items):
        return None
    return _pairs(((one, name) for one in items), "one label with the list of its texts")


def _are_texts(items: Sequence[Any]) -> bool:
    texts = [item if isinstance(item, str) else spoken(item) for item in items]
    return all(text is not None for text in texts) and are_prose([text or "" for text in texts])


def _intents_by_name(value: dict[str, Any], depth: int) -> Shaped | None:
    """{"intents": {"greet": {"utterances": [...]}, ...}}, as Snips writes it, or without the outer name."""
    if len(value) < 2 or not all(isinstance(item, dict) for item in value.values()):
        return None
    lists = {name: next((texts for key, texts in item.items() if holds_texts(key, [texts])), None)
             for name, item in value.items()}
    return _label_to_texts(lists, depth) if all(lists.values()) else None


def _text_to_label(value: dict[str, Any], _: int) -> Shaped | None:
    """{"the text": "good", ...}: the keys are the texts; or {"17": "the text"}, where they are numbers."""
    plain = [item for item in value.values() if isinstance(item, str | int | float | bool)]
    lists = [item for item in value.values() if isinstance(item, list) and all(isinstance(one, str) for one in item)]
    if len(value) < 3 or len(plain) + len(lists) < len(value):
        return None
    short = all(len(str(item)) < 60 for item in plain)
    if are_prose(list(value)) and short and len(set(map(str, value.values()))) <= max(2, 0.5 * len(value)):
        return _pairs(value.items(), "each text with its label")
    if not lists and all(key.isdigit() for key in value) and are_prose([str(item) for item in plain]):
        return Shaped(({"id": key, "text": text} for key, text in value.items()), "each text under its number")
    return None


def _columns(value: dict[str, Any], _: int) -> Shaped | None:
    """Columns: lists of one length, or {"text": {"0": ...}, ...} as pandas writes them."""
    items = list(value.values())
    if len(items) > 8 and all(isinstance(item, list) and 1 < len(item) < 5 for item in items):
        rows = ({"id": key, **{f"column {n}": cell for n, cell in enumerate(value[key], 1)}} for key in value)
        return Shaped(rows, "each row under its name") if has_texts([{"": item} for item in items]) else None
    if all(isinstance(item, list) for item in items) and len({len(item) for item in items}) == 1 and len(items) > 1:
        return Shaped((dict(zip(value, row, strict=True)) for row in zip(*items, strict=True)), "one list a column")
    if not all(isinstance(item, dict) for item in items) or not items[0]:
        return None
    keys = items[0].keys()
    if not all(item.keys() == keys for item in items):
        return None
    if all(key.lstrip("-").isdigit() for key in keys):
        return Shaped(({name: column[row] for name, column in value.items()} for row in keys), "one object a column")
    known = TEXT_NAMES | LABEL_NAMES
    prose = [are_prose([one for one in item.values() if isinstance(one, str)]) for item in items]
    if not known & {key.lower() for key in keys} and (known & {key.lower() for key in value} or (
            len(keys) > len(items) > 1)) and any(prose) and not all(prose):
        return Shaped(({"id": row, **{name: column[row] for name, column in value.items()}} for row in keys),
                      "one object a column")
    return None


def _columns_beside(value: dict[str, Any], _: int) -> Shaped | None:
    """Lists of one length, texts and something else, beside other things: {"data": [...], "target": [0, 1, ...],
    "target_names": ["bad", "good"], "DESCR": "..."}; numbers of classes get the names that stand beside."""
    lists = {key: item for key, item in value.items() if isinstance(item, list)}
    length = max(map(len, lists.values()), default=0)
    columns = {key: item for key, item in lists.items() if len(item) == length}
    texts = [key for key, item in columns.items() if are_prose([one for one in item if isinstance(one, str)])]
    if length < FEWEST or not 0 < len(texts) < len(columns):
        return None
    names = [item for key, item in lists.items() if key not in columns and _are_class_names(key, item)]
    said, hints = "one list a column", Hints()
    classes = {key: named for key, item in columns.items() if len(names) == 1 and (named := by_name(item, names[0]))}
    if len(classes) == 1:
        said += ", the classes by their names"
        hints = Hints(label=tuple(classes), reason=said)
        columns |= classes
    return Shaped((dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)), said, hints)


def _are_class_names(key: str, names: list[Any]) -> bool:
    """Whether different words stand under a ``key`` that says that classes are called so: target_names, classes."""
    said = is_label_name(key_of(key)) or key_of(key) == "names"
    return said and all(isinstance(one, str) for one in names) and len(set(names)) == len(names) > 1


def _by_index(value: dict[str, Any], _: int) -> Shaped | None:
    """Records under their names, which share fields and hold something plain: {"a1": {...}, "a2": {...}}."""
    if len(value) < 2 or not all(isinstance(item, dict) for item in value.values()):
        return None
    first, *others = value.values()
    if not set(first).intersection(*others) or all(isinstance(item, list | dict) for item in first.values()):
        return None
    return Shaped(({"id": key, **item} for key, item in value.items()), "each record under its name")


def _wrapped(value: dict[str, Any], depth: int) -> Shaped | None:
    """One thing inside: {"result": {"items": [...]}}, or {"texts": [...]} beside plain values."""
    inner = {key: item for key, item in value.items() if isinstance(item, list | dict) and item}
    if not inner:
        return None
    lists = {key: item for key, item in inner.items() if isinstance(item, list)}
    key = max(inner, key=lambda name: _size(inner[name], 3))
    if key in lists and not all(isinstance(one, list) for one in lists[key]):
        # One document's own list (words, tags) beside its text is no list of documents.
        beside = any(isinstance(item, str) for item in value.values())
        if beside or not are_prose([one for one in lists[key] if isinstance(one, str)]):
            return None
    found = documents_in(inner[key], depth + 1)
    if key not in lists and _size(inner[key], 3) < 2:
        return None
    return found._replace(said=found.said or f"what stands under '{key}'")


def _size(value: Any, depth: int) -> int:
    """How many records or rows there may be in a value."""
    if isinstance(value, list):
        return len(value)
    if not isinstance(value, dict) or not depth:
        return 0
    return max((_size(item, depth - 1) for item in value.values()), default=0)


_SHAPES = (_table, _by_part, _one_intent, _lists_by_name, _wrapped_rows, _label_to_texts, _intents_by_name,
           _text_to_label, _columns, _columns_beside, _by_index, _wrapped)
"""What an object may be, in the order in which it is tried."""
