"""Conversations as JSON and Arrow hold them, and cells of tables: a list of turns, each with who speaks and what is
said; and those of two that a chat model is tuned with, a text and the class that is to be answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import polars as pl

from ulmengine.corpus.cells import parsed
from ulmengine.corpus.column_names import (
    POLES,
    SPLIT_NAMES,
    WEAK_LABEL_NAMES,
    is_aside_name,
    is_label_name,
    is_person_name,
    key_of,
)
from ulmengine.corpus.guess import Hints

from .reading import Pass

TURNS = (("role", "content"), ("from", "value"), ("role", "parts"), ("role", "text"), ("speaker", "text"),
         ("speaker", "utterance"))
"""What the turns of a conversation are made of: who speaks and what is said."""
_TALKS = (*TURNS, ("from", "text"), ("sender", "text"), ("author", "text"), ("user", "text"), ("role", "message"),
          ("sender", "message"), ("author", "body"))
"""The same within a record, where they are surely one document: of names that are common otherwise too there must be
several turns."""
_TALK_NAMES = ("messages", "conversation", "conversations", "contents", "turns", "dialog", "dialogue")
"""What a record calls the list of its turns."""
TUNING = "a chat model's training file"
_ASKED_TO = frozenset(("assistant", "gpt", "model", "chatgpt", "bot"))
"""What the speaker is called that a chat model is to be."""
_RULES = frozenset(("system", "developer"))
_LEAST_SAMPLE, _LONGEST_ANSWER, _MOST_WORDS, _MOST = 10, 40, 5, 20
"""Answers of so many characters on average and mostly of so few words, which come again, are classes; of fewer any may.
A field of few values beside the conversations goes before them."""
_LOOKED_AT = 60
"""Cells of a column."""
_BEGUN = r"""^\s*(?:\{|\[\s*\{)\s*["']"""
_SPEAKER = re.compile(r"""["'](?:role|from|speaker|sender|author|user)["']\s*:""")
_PARTED = re.compile(r"\}\s+\{")
"""How NumPy writes a list of objects: without commas."""
_CLOSED = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]$")
"""How a sentence ends, and no name."""
_ENDS = re.compile(r"[.!?\u2026]$")


def glued(pieces: Iterable[str]) -> str:
    """The text that lies in ``pieces``, which bring their spaces; not where one ends a sentence and the next begins."""
    text = ""
    for piece in pieces:
        text += " " * bool(_ENDS.search(text) and piece[:1].isalpha()) + piece
    return text


def said_in_turn(turns: list[Any]) -> str:
    """What is said in the turns of a conversation, one a line; "" where these are none."""
    return "\n".join(said for _, said in _spoken(turns) if said)


def _spoken(turns: list[Any]) -> list[tuple[str, str]]:
    """Who speaks and what is said in each turn of a conversation; [] where these are none."""
    first = turns[0] if turns and isinstance(turns[0], dict) else {}
    names = next(((who, what) for who, what in _TALKS if isinstance(first.get(who), str)
                  and first.get(what) is not None and _words(first[what]) is not None), None)
    if names is None or (names not in TURNS and len(turns) < 2):
        return []
    who, what = names
    said = [_words(turn.get(what)) if isinstance(turn, dict) else None for turn in turns]
    return [(str(turn.get(who)).lower(), words) for turn, words in zip(turns, said, strict=True)
            if words is not None] if None not in said else []


def _words(said: Any) -> str | None:
    """What is said in one turn, whole or in parts: [{"type": "text", "text": ...}]; None where it is neither."""
    if isinstance(said, list) and said and all(isinstance(part, dict) and isinstance(part.get("text"), str)
                                               for part in said):
        return "\n".join(part["text"] for part in said)
    return said if isinstance(said, str) else "" if said is None else None


def exchange(value: Any) -> tuple[str, str] | None:
    """The text and the answer wanted in a conversation, a list of turns or a record with one; None where it does not
    end so, where a label stands beside it, or where the model has more to say before."""
    if isinstance(value, dict) and any(map(_is_label, value)):
        return None
    talk = _talk_in(value)
    spoken = _spoken(talk) if isinstance(talk, list) else []
    if any(who in _ASKED_TO and len(said) > _LONGEST_ANSWER for who, said in spoken[:-1]):
        return None
    asked = "\n".join(said for who, said in spoken[:-1] if said and who not in _RULES)
    return (asked, spoken[-1][1].strip()) if asked and spoken[-1][0] in _ASKED_TO and spoken[-1][1].strip() else None


def _talk_in(value: Any) -> Any:
    """The turns in a record; what is no record itself."""
    return next((value[name] for name in _TALK_NAMES if name in value), None) if isinstance(value, dict) else value


def chat(value: dict[str, Any]) -> dict[str, Any]:
    """A record with a conversation as its text and the answer wanted, or the whole conversation, beside its other
    fields."""
    talk = _talk_in(value)
    text, answer = exchange(value) or (said_in_turn(talk) if isinstance(talk, list) else value.get("text"), None)
    return {**{name: item for name, item in value.items() if name not in _TALK_NAMES}, "text": text, "label": answer}


def _is_label(name: str) -> bool:
    """Whether a field or a column is called like a label, more than by the way."""
    return is_label_name(key_of(name)) and key_of(name) not in WEAK_LABEL_NAMES


def _may_be_label(name: str, values: Iterable[Any]) -> bool:
    """Whether a field or a column beside conversations holds a few values that come again, and no bookkeeping."""
    held = [str(value) for value in values if isinstance(value, str | int | float) and value != ""]
    few = 1 < len(set(held)) <= min(_MOST, len(held) // 2) and max(map(len, held)) <= _LONGEST_ANSWER
    return few and bool(_rivals([name]))


def _rivals(names: Iterable[str]) -> tuple[str, ...]:
    """Which of the fields or columns called ``names`` may be labels: no conversations and no bookkeeping."""
    return tuple(name for name in names if name not in _TALK_NAMES and not (
        key_of(name) in WEAK_LABEL_NAMES | SPLIT_NAMES or is_aside_name(name) or is_person_name(name)))


def chat_hints(values: Sequence[dict[str, Any]]) -> Hints:
    """What records with a conversation each say of the columns that :func:`chat` makes of them."""
    return Hints(("text",), ("label",), rivals=_rivals(dict.fromkeys(chain.from_iterable(values))))


def are_exchanges(values: Sequence[Any]) -> bool:
    """Whether each of several conversations ends with the answer wanted, these are classes rather than talk, and no
    field beside them may be the label."""
    found = [answer for value in values if (answer := exchange(value)) is not None]
    answers = [answer for _, answer in found]
    fields = {name for value in values if isinstance(value, dict) for name in value}
    if not found or len(found) < len(values) or any(_may_be_label(name, [one.get(name) for one in values])
                                                    for name in fields):
        return False
    named = sum(len(answer.split()) <= _MOST_WORDS and (not _CLOSED.search(answer) or answer[:-1].lower() in POLES)
                for answer in answers)
    if sum(map(len, answers)) > _LONGEST_ANSWER * len(answers) or named < 0.9 * len(answers):
        return False
    often = Counter(answers)
    again = sum(count for count in often.values() if count > 1)
    return len(answers) < _LEAST_SAMPLE or (len(often) > 1 and again >= 0.5 * len(answers))


def in_turn(frames: Iterator[pl.DataFrame], going: Pass) -> Iterator[pl.DataFrame]:
    """``frames`` with what is said in place of cells that hold a conversation. Where these are what a chat model is
    tuned with, the answer is a column of its own, "label"."""
    first = next(frames, None)
    if first is None:
        return
    name = "" if going.said or any(map(_is_label, first.columns)) else _tuned_with(first)
    if name:
        others = _rivals(other for other in first.columns if other != name)
        going.said, going.hints = TUNING, Hints((name,), ("label",), reason=TUNING, rivals=others)
    for frame in chain([first], frames):
        yield with_turns(_answered(frame, name) if name in frame.columns else frame)


def _tuned_with(frame: pl.DataFrame) -> str:
    """The column that holds the conversations that a chat model is tuned with; "" without any."""
    for name in frame.columns:
        cells = list(islice((cell for cell in frame[name] if cell and cell.strip()), _LOOKED_AT))
        if cells and all(_SPEAKER.search(cell) for cell in cells) and are_exchanges(list(map(_value, cells))):
            others = (other for other in frame.columns if other != name)
            return "" if any(_may_be_label(other, frame[other].head(_LOOKED_AT)) for other in others) else name
    return ""


def _answered(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """``frame`` with the texts of the conversations in the column ``name``, and the answers as the last column."""
    cells = frame[name].to_list()
    found = [exchange(_value(cell)) if cell and _SPEAKER.search(cell) else None for cell in cells]
    texts = [cell if one is None else one[0] for cell, one in zip(cells, found, strict=True)]
    return frame.with_columns(pl.Series(name, texts, dtype=pl.String),
                              pl.Series("label", [one and one[1] for one in found], dtype=pl.String))


def with_turns(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame``, all columns strings, with what is said in turn in place of the cells that hold a conversation as JSON,
    Python or NumPy write it."""
    for name in frame.columns:
        rows = frame[name].str.contains(_BEGUN).fill_null(value=False).arg_true()
        if len(rows):
            cells = frame[name].to_list()
            for row in rows:
                cells[row] = _told(cells[row]) or cells[row]
            frame = frame.with_columns(pl.Series(name, cells, dtype=pl.String))
    return frame


def _told(cell: str) -> str:
    """What is said in the conversation that a cell holds; "" where it holds none."""
    if not _SPEAKER.search(cell):
        return ""
    talk = _talk_in(_value(cell))
    return said_in_turn(talk) if isinstance(talk, list) else ""


def _value(cell: str) -> Any:
    """The object or list that a cell holds as JSON, Python or NumPy write it; None where it holds none."""
    return parsed(cell) or parsed(_PARTED.sub("}, {", cell))
