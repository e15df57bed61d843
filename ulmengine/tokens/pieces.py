"""The fast way through the text rules: whole-text rules only where needed, then the pieces between two spaces.

Nearly all rules look at one piece between spaces only, so that what they make of a piece can be remembered. The two
that do not (runs of a character may bring words together, runs of words stretch over pieces) are applied to the whole
text, and only to texts in which they can find something.
"""

from __future__ import annotations

import re
from itertools import islice
from operator import eq

import numpy as np

from .rules import fix_html, replace_repeats, replace_word_repeats

_WHITE_BEFORE_SPACE = re.compile(r"[^\S ] ")
_SPACE_AFTER_WORD = re.compile(r"(?<=\S) +")


def split_pieces(text: str) -> list[str]:
    """The pieces of ``text`` between spaces, none of them empty; ``piece_rules`` remains to be applied to each.

    A space after a line break or another white space belongs to it, and does not divide.
    """
    text = fix_html(text)
    if _has_run(text):
        text = replace_repeats(text)
    words = text.split()
    if True in map(eq, words, islice(words, 1, None)):
        text = replace_word_repeats(text)
    elif text.isprintable():  # no white space but spaces
        return words
    text = text.strip()
    if _WHITE_BEFORE_SPACE.search(text):
        return _SPACE_AFTER_WORD.split(text)
    return list(filter(None, text.split(" ")))


def _has_run(text: str) -> bool:
    """Whether any character, white space included, stands three times in a row."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    same = codes[1:] == codes[:-1]
    return bool(np.any(same[1:] & same[:-1]))
