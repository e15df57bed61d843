"""How well a line of the palette fits what was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter


@dataclass(frozen=True)
class Entry:
    """A line of the palette: what it is called, where it belongs, and what it does."""

    title: str
    detail: str
    run: Callable[[], None]
    icon: str = "chevron-right"
    words: str = ""
    """More words that find it: its help, its dotted name."""
    enabled: bool = True


def score(query: str, entry: Entry) -> float:
    """How well ``entry`` fits ``query``: 0 not at all, more is better. Every word typed must be found.

    A whole word of the title counts most, its first before others, then what begins the title, then what begins any
    word of it, then one inside it, then letters in order ("pk lr" finds "Peak learning rate"), then one in the detail
    or the further words.
    """
    parts = query.casefold().split()
    if not parts:
        return 1.0
    title, rest = entry.title.casefold(), f"{entry.detail} {entry.words}".casefold()
    total = 0.0
    for part in parts:
        one = _one(part, title, rest)
        if one == 0:
            return 0.0
        total += one
    return total / len(parts) + 1.0 / (10 + len(title))


def best(query: str, entries: list[Entry], limit: int = 50) -> list[Entry]:
    """The entries that fit ``query``, best first; equally good ones stay in order."""
    scored = [(score(query, entry), entry) for entry in entries]
    fitting = sorted((pair for pair in scored if pair[0] > 0), key=itemgetter(0), reverse=True)
    return [entry for _, entry in fitting[:limit]]


def _one(part: str, title: str, rest: str) -> float:
    words = title.replace("-", " ").replace(":", " ").split()
    if part in words:
        return 13.0 if words[0] == part else 11.0
    if title.startswith(part):
        return 10.0
    if any(word.startswith(part) for word in words):
        return 8.0
    if part in title:
        return 5.0
    if any(word.startswith(part) for word in rest.replace(".", " ").replace("_", " ").split()):
        return 3.0
    if part in rest:
        return 1.5
    return 1.0 if len(part) > 1 and _in_order(part, title) else 0.0


def _in_order(part: str, title: str) -> bool:
    rest = iter(title)
    return all(letter in rest for letter in part)
