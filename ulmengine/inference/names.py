"""Columns and labels as a person writes them, beside the names that are known."""

from __future__ import annotations

from collections.abc import Sequence


def folded(label: str) -> str:
    """``label`` without what is no difference: case, and how much white space."""
    return " ".join(label.split()).casefold()


def quoted(names: Sequence[str], last: str = ", ") -> str:
    """``names`` in a row, in quotation marks, with ``last`` between them."""
    return last.join(f"'{name}'" for name in names)


def as_named(wanted: tuple[str, ...], found: tuple[str, ...]) -> tuple[str, ...]:
    """``wanted`` as the table ``found`` spells it; nothing where one is missing."""
    spelt = {folded(name): name for name in reversed(found)}
    names = tuple(name if name in found else spelt.get(folded(name), "") for name in wanted)
    return names if all(names) else ()
