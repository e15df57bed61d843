"""Conversations as JSON and Arrow hold them: a list of turns, each with who speaks and what is said."""

from __future__ import annotations

from typing import Any

TURNS = tuple(frozenset(names) for names in (
    ("role", "content"), ("from", "value"), ("role", "text"), ("speaker", "text"), ("speaker", "utterance")))
"""What the turns of a conversation are made of: who speaks and what is said."""
_TALKS = (*TURNS, *(frozenset(names) for names in (
    ("from", "text"), ("sender", "text"), ("author", "text"), ("user", "text"), ("role", "message"),
    ("sender", "message"), ("author", "body"))))
"""The same within a record, where they are surely one document."""
_SAID = ("content", "text", "utterance", "message", "body", "value")


def said_in_turn(turns: list[Any]) -> str:
    """What is said in the turns of a conversation, one a line; "" where these are none."""
    first = turns[0] if turns and isinstance(turns[0], dict) else {}
    names = next((names for names in _TALKS if all(isinstance(first.get(name), str) for name in names)), None)
    said = next((name for name in _SAID if names and name in names), "")
    if not all(isinstance(turn, dict) and isinstance(turn.get(said), str | None) for turn in turns):
        return ""
    return "\n".join(turn[said] for turn in turns if turn.get(said))
