"""Entries of a list of JSON that hold several documents each, texts or records with what they share, and utterances as
the tools that build assistants keep them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ulmengine.corpus.cells import strings
from ulmengine.corpus.column_names import key_of

from .records import are_prose, holds_labels, is_label, usual_fields
from .turns import glued, said_in_turn

_TAGS = ("tag", "intent", "label", "class", "category", "name", "topic", "intent_name", "labels", "key", "title")
EXAMPLES = ("patterns", "examples", "utterances", "texts", "sentences", "questions", "queries", "samples", "phrases",
            "documents", "training_phrases", "trainingphrases", "usersays", "inputs")
"""What the list of a label's texts is called."""
_COUNTER = re.compile(r"\d")
"""What stands in the number of a document, and in hardly a label's name."""
FEWEST = 5
"""Records that a label has at least, on average."""


def begins_dump(value: Any) -> bool:
    """Whether ``value`` is what phpMyAdmin writes first into the JSON that it exports a database as."""
    return isinstance(value, dict) and value.get("type") == "header" and "version" in value


def dumped_tables(entries: Iterable[Any]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table of such a database by its name: {"type": "table", "name": "posts", "data": [...]}."""
    tables = (entry for entry in entries if isinstance(entry, dict) and entry.get("type") == "table")
    held = {str(table.get("name")): table.get("data") for table in tables}
    return {name: rows for name, rows in held.items()
            if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)}


def grouped_texts(values: Sequence[Any]) -> tuple[str, str] | None:
    """The fields with the label and with its texts, where each record holds a label once and a list of its texts."""
    if not values or not all(isinstance(record, dict) for record in values):
        return None
    lists = [key for key in values[0] if holds_texts(key, [record.get(key) for record in values])]
    if not lists:
        return None
    texts = min(lists, key=lambda key: _rank(key, EXAMPLES))
    if texts.lower() not in EXAMPLES and (len(values) > 1_000 or len(lists) > 1):
        return None
    # The label of each document, which are lists of sentences, comes again: an id or a title beside it is none.
    if any(is_label(key, values) and _is_one_of_few([record.get(key) for record in values]) for key in values[0]):
        return None
    for tag in sorted(values[0], key=lambda key: _rank(key, _TAGS)):
        names = [record.get(tag) for record in values]
        if key_of(tag) not in _TAGS and all(_COUNTER.search(str(name)) for name in names):
            continue
        named = tag.lower() in _TAGS or texts.lower() in EXAMPLES
        if named and all(isinstance(name, str | int) for name in names) and len(set(names)) == len(names):
            return tag, texts
    return None


def records_within(entries: Sequence[Any], entries_seen: int) -> str:
    """The one field of the ``entries`` that holds lists of records with a text each, which are the documents: those of
    a class, {"topic": "good", "articles": [...]}, or others that bear labels of their own; "" where there is none, or
    they are rather pieces of one text."""
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        return ""
    lists = {key for entry in entries for key, item in entry.items() if isinstance(item, list) and item
             and all(isinstance(one, dict) for one in item)}
    key = min(lists, default="")
    held = [entry.get(key) or [] for entry in entries]
    if len(lists) != 1 or not all(isinstance(items, list) for items in held) or sum(map(bool, held)) < 0.8 * len(held):
        return ""
    records = [one for items in held for one in items]
    outer = [{name: item for name, item in entry.items() if name != key} for entry in entries]
    if not all(isinstance(one, dict) for one in records) or any(map(said_in_turn, held)) or (
            not _texts_of(records) or _texts_of(outer)):
        return ""
    if any(is_label(name, outer) and _is_one_of_few([entry.get(name) for entry in outer]) for name in usual_fields(
            outer)):
        return ""
    few = entries_seen <= len(entries) and len(records) >= FEWEST * len(entries)
    tags = [[str(entry.get(name)) for entry in outer] for name in usual_fields(outer) if key_of(name) in _TAGS]
    named = few and any(len(set(names)) == len(names) and not any(map(_COUNTER.search, names)) for names in tags)
    pieces = not holds_labels(records) and strings(json.dumps(records)) is not None
    return key if named or not pieces else ""


def _texts_of(records: Sequence[dict[str, Any]]) -> bool:
    """Whether a field of most ``records`` holds texts."""
    return any(are_prose([one[field] for one in records if isinstance(one.get(field), str)])
               for field in usual_fields(records))


def unnested(entries: Iterable[Any], key: str) -> Iterator[Any]:
    """The records under ``key`` of each entry, with what else it holds; what is no such entry, as it is."""
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get(key), list):
            yield entry
            continue
        for record in entry[key]:
            if isinstance(record, dict):
                outer = {f"{name} of the entry" if name in record else name: item for name, item in entry.items()
                         if name != key}
                yield {**outer, **record}


def _is_one_of_few(values: Sequence[Any]) -> bool:
    """Whether ``values`` are plain ones, or lists of such, that come again in other records."""
    told = [str(value) for value in values if value not in (None, "")]
    return len(set(told)) < len(told)


def _rank(key: str, names: Sequence[str]) -> int:
    """Where a key stands among ``names``; behind all where it is none of them."""
    return names.index(key.lower()) if key.lower() in names else len(names)


def holds_texts(key: str, lists: Sequence[Any]) -> bool:
    """Whether a field holds lists of texts: by its name, or by the texts in it."""
    if not all(isinstance(one, list) for one in lists if one is not None) or not any(lists):
        return False
    items = [item for one in lists for item in (one or [])][:200]
    if not all(isinstance(item, str) or spoken(item) is not None for item in items):
        return False
    if holds_labels([item for item in items if isinstance(item, dict)]):
        return False
    return key.lower() in EXAMPLES or are_prose([item for item in items if isinstance(item, str)])


def ungrouped(values: Iterable[Any], tag: str, texts: str) -> Iterator[Any]:
    for record in values:
        if isinstance(record, dict):
            for text in record.get(texts) or []:
                yield {"text": text if isinstance(text, str) else spoken(text), tag: record.get(tag)}


def spoken(item: Any) -> str | None:
    """The text of an utterance: {"text": ...}, {"data": [{"text": ...}, ...]} as Snips writes it, or its pieces alone,
    [{"value": ...}, ...], as Chatito does."""
    if isinstance(item, list):
        words = [piece.get("value", piece.get("text")) for piece in item if isinstance(piece, dict)]
        fits = 0 < len(words) == len(item) and all(isinstance(word, str) for word in words)
        return glued(map(str, words)) if fits else None
    if not isinstance(item, dict):
        return None
    for name in ("text", "utterance", "sentence", "query", "value"):
        if isinstance(item.get(name), str):
            return str(item[name])
    pieces = item.get("data", item.get("parts", item.get("text")))
    if not isinstance(pieces, list) or not all(isinstance(piece, dict) for piece in pieces):
        return None
    return glued(str(piece.get("text", "")) for piece in pieces)
