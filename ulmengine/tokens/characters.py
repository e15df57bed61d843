"""Classes of characters as the insides of a regular expression's ``[...]``."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache

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
