"""Conversations as JSON and Arrow hold them: a list of turns, each with who speaks and what is said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

TURNS = tuple(frozenset(names) for names in (
    ("role", "content"), ("from", "value"), ("role", "text"), ("speaker", "text"), ("speaker", "utterance")))
"""What the turns of a conversation are made of: who speaks and what is said."""
_TALKS = (*TURNS, *(frozenset(names) for names in (
    ("from", "text"), ("sender", "text"), ("author", "text"), ("user", "text"), ("role", "message"),
    ("sender", "message"), ("author", "body"))))
"""The same within a record, where they are surely one document: of names that are common otherwise too there must be
several turns."""
_SAID = ("content", "text", "utterance", "message", "body", "value")


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
    if names not in TURNS and len(turns) < 2:
        return ""
    said = next((name for name in _SAID if names and name in names), "")
    if not all(isinstance(turn, dict) and isinstance(turn.get(said), str | None) for turn in turns):
        return ""
    return "\n".join(turn[said] for turn in turns if turn.get(said))
