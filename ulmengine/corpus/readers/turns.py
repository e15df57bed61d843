"""Conversations as JSON and Arrow hold them, and cells of tables: a list of turns, each with who speaks and what is
said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import polars as pl

from ulmengine.corpus.cells import parsed

TURNS = (("role", "content"), ("from", "value"), ("role", "text"), ("speaker", "text"), ("speaker", "utterance"))
"""What the turns of a conversation are made of: who speaks and what is said."""
_TALKS = (*TURNS, ("from", "text"), ("sender", "text"), ("author", "text"), ("user", "text"), ("role", "message"),
          ("sender", "message"), ("author", "body"))
"""The same within a record, where they are surely one document: of names that are common otherwise too there must be
several turns."""
_TALK_NAMES = ("messages", "conversation", "conversations", "turns", "dialog", "dialogue")
"""What a record calls the list of its turns."""
_BEGUN = r"""^\s*(?:\{|\[\s*\{)\s*["']"""
_SPEAKER = re.compile(r"""["'](?:role|from|speaker|sender|author|user)["']\s*:""")
_PARTED = re.compile(r"\}\s+\{")
"""How NumPy writes a list of objects: without commas."""
_ENDS = re.compile(r"[.!?\u2026]$")


def glued(pieces: Iterable[str]) -> str:
    """The text that lies in ``pieces``, which bring their spaces; not where one ends a sentence and the next begins."""
    text = ""
    for piece in pieces:
        text += " " * bool(_ENDS.search(text) and piece[:1].isalpha()) + piece
    return text


def said_in_turn(turns: list[Any]) -> str:
    """What is said in the turns of a conversation, one a line; "" where these are none."""
    first = turns[0] if turns and isinstance(turns[0], dict) else {}
    names = next((names for names in _TALKS if all(isinstance(first.get(name), str) for name in names)), None)
    if names is None or (names not in TURNS and len(turns) < 2):
        return ""
    _, said = names
    if not all(isinstance(turn, dict) and isinstance(turn.get(said), str | None) for turn in turns):
        return ""
    return "\n".join(turn[said] for turn in turns if turn.get(said))


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
    value = parsed(cell) or parsed(_PARTED.sub("}, {", cell))
    if isinstance(value, dict):
        value = next((value[name] for name in _TALK_NAMES if name in value), None)
    return said_in_turn(value) if isinstance(value, list) else ""
