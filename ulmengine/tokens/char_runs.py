"""What subwords are learnt and made within: runs of letters, of digits and of other signs."""

from __future__ import annotations

import re
from functools import cache

from .characters import marks
from .specials import SPECIALS

SPACE = "▁"
"""Stands for the space before a word."""
NEWLINE = "\n"
"""A token of its own; other white space counts as a space."""

_WORD = re.compile(r"\n|\S+")
_ASCII_RUN = re.compile(rf"{SPACE}?[A-Za-z]+|{SPACE}?[0-9]+|{SPACE}?[^A-Za-z0-9{SPACE}]+")  # the same, faster
_WHOLE = frozenset((*SPECIALS, NEWLINE))


def cut_runs(text: str) -> list[str]:
    """The runs of a text that has been through the rules; special tokens and line breaks whole.

    A sign between letters begins a run of its own: ``don't`` is ``▁don``, ``'``, ``t``.
    """
    runs: list[str] = []
    for word in _WORD.findall(text):
        if word in _WHOLE:
            runs.append(word)
        elif word.isalpha():
            runs.append(SPACE + word)
        elif word.isascii():
            runs += _ASCII_RUN.findall(SPACE + word)
        else:
            runs += _any_run().findall(SPACE + word)
    return runs


@cache
def _any_run() -> re.Pattern[str]:
    mark = marks()
    return re.compile(
        rf"{SPACE}?(?:[^\W\d_]|[{mark}])+|{SPACE}?\d+|{SPACE}?(?:[^\w\s{mark}{SPACE}]|_)+|{SPACE}"
    )
