"""The page that goes with a model: what it is, what it learnt from, how good it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIRST = ("title", "summary")
_BEFORE = "accuracy with word counts, as this model answers"
"""Where cards of earlier versions tell it; their "accuracy" is the network's."""


def render_card(card: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Markdown of ``card`` (``title``, ``summary`` and any further headings) followed by the measured ``facts``.

    A nested mapping becomes a section with one line an entry, a list becomes bullets, all else a paragraph.
    """
    lines = [f"# {card.get('title') or 'Untitled model'}", ""]
    if card.get("summary"):
        lines += [str(card["summary"]), ""]
    for name, value in card.items():
        if name not in _FIRST:
            lines += _section(name, value)
    lines += _section("Facts", facts)
    return "\n".join(lines).rstrip() + "\n"


def accuracy_of(card: Mapping[str, Any]) -> str:
    """The accuracy that a model's ``card`` tells of it as it answers ("91.0%"), "" where it tells none."""
    told = card.get(_BEFORE) or card.get("accuracy") or ""
    return str(told).split(" ", 1)[0]


def _section(name: str, value: Any) -> list[str]:
    heading = f"## {name[:1].upper()}{name[1:].replace('_', ' ')}"
    if isinstance(value, Mapping):
        return [heading, "", *(f"- {key}: {_plain(item)}" for key, item in value.items()), ""]
    if isinstance(value, (list, tuple)):
        return [heading, "", *(f"- {_plain(item)}" for item in value), ""]
    return [heading, "", _plain(value), ""]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value)
    return str(value)
