"""Classes of characters as the insides of a regular expression's ``[...]``, and the runs of letters, of digits and of
other signs that subwords are learnt and made within."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from .specials import SPECIALS

SPACE = "▁"
"""Stands for the space before a word."""
NEWLINE = "\n"
"""A token of its own; other white space counts as a space."""

UNCASED = (
    "\u0591-\u05f4\u0620-\u064a\u066e-\u06d5\u06e5-\u06ff\u0750-\u077f\u08a0-\u08bd"  # Hebrew, Arabic, Persian
    "\u0900-\u09ff\u0b80-\u0cff\u0d80-\u0dff\u1200-\u137f"  # Devanagari to Sinhala, Ethiopic
    "\u1100-\u11ff\uac00-\ud7af\u2e80-\u30ff\u31c0-\u33ff\u3400-\u4dbf\u4e00-\u9fff"  # Hangul, kana, Han
    "\uf900-\ufaff\ufb1d-\ufbb1\ufbd3-\ufdfb\ufe30-\ufe4f\ufe70-\ufefc\U00020000-\U0002fa1f"
)
"""Scripts without capitals; their letters count as small and as large ones."""

_CASED_BLOCKS = (
    (0x41, 0x5B), (0x61, 0x7B), (0xC0, 0x530), (0x1D00, 0x1F00), (0x2C60, 0x2C80), (0xA722, 0xA7FB),
    (0xAB30, 0xAB65), (0xFF21, 0xFF3B), (0xFF41, 0xFF5B),
)
_LAST = 0x1FB00

_WORD = re.compile(r"\n|\S+")
_ASCII_RUN = re.compile(rf"{SPACE}?[A-Za-z]+|{SPACE}?[0-9]+|{SPACE}?[^A-Za-z0-9{SPACE}]+")  # the same, faster
_WHOLE = frozenset((*SPECIALS, NEWLINE))


@cache
def letters(category: str = "L") -> str:
    """Letters; those of Unicode's ``category`` "Ll" (small) or "Lu" (capital), and of scripts without capitals."""
    return _ranges((code for first, end in _CASED_BLOCKS for code in range(first, end)), category) + UNCASED


@cache
def symbols() -> str:
    """Pictures and signs: Unicode's "other symbols", emoji among them."""
    return _ranges(range(0xA0, _LAST), "So")


@cache
def marks() -> str:
    """Marks that belong to the letter before them: accents, vowel signs."""
    return _ranges(range(0x300, _LAST), "M")


def _ranges(codes: Iterable[int], category: str) -> str:
    """Those of the characters ``codes``, ascending, that are of a ``category``."""
    spans: list[list[int]] = []
    for code in (code for code in codes if unicodedata.category(chr(code)).startswith(category)):
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(chr(first) if first == last else f"{chr(first)}-{chr(last)}" for first, last in spans)


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
    return re.compile(rf"{SPACE}?(?:[^\W\d_]|[{mark}])+|{SPACE}?\d+|{SPACE}?(?:[^\w\s{mark}{SPACE}]|_)+|{SPACE}")
