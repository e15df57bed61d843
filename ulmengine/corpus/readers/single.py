"""The first cell of a table of a single column: its name, or a text like the others, where no second column tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ulmengine.corpus.column_names import is_name_of_texts

_SPELLED = re.compile(r"[a-zA-Z]\w*(?:_\w+|\.[a-zA-Z]\w+)|[A-Z]?[a-z]+(?:[A-Z][a-z]+)+", re.ASCII)
"""How programs spell names of several words: review_body, commentText."""
_ONE_WORD = re.compile(r"[^\W\d_][\w-]{0,29}")
_UNSPACED = "\u0e00"
"""From here on lie the scripts that are written without spaces, or with fewer of them."""
_FEW_WORDS, _FEW_SIGNS = 6, 20
_HARDLY = 0.05


class First(NamedTuple):
    """Whether the first cell is the name, why, and whether it may as well be the other."""

    named: bool
    why: str
    uncertain: bool = False


def first_of_single(first: str, below: Sequence[str]) -> First:
    """What the ``first`` cell of a single column is, which is short, differs from those ``below`` and ends no sentence.

    A text that is taken for a name is lost, and a name that is taken for a text is one text too many: a name is what is
    called or spelled like one, or a single word where hardly a text is that short. That may as well be a text where a
    name for texts is only the last of several words (Nice text), or the spelling is that of a brand (YouTube).
    """
    name = first.rstrip(" :*")
    if not name:
        return First(False, "the first row holds no word")
    if is_name_of_texts(name):
        words = name.split()
        sure = len(words) == 1 or (len(words) == 2 and is_name_of_texts(words[0]))
        return First(True, "the first row is called like a column of texts", not sure)
    if _SPELLED.fullmatch(name):
        return First(True, "the first row is spelled like the name of a column", "_" not in name)
    spaced, size = max(name) < _UNSPACED, _size(name)
    shorter = sum(_size(text) <= size for text in below) <= _HARDLY * len(below)
    long = len(name) < 0.3 * max(map(len, below), default=0)
    if spaced and shorter and long and _ONE_WORD.fullmatch(name):
        return First(True, "the first row is a single word, and hardly another one is", True)
    short = size <= (_FEW_WORDS if spaced else _FEW_SIGNS)
    return First(False, "the first row is no name that is known", short and shorter)


def _size(text: str) -> int:
    """The words of a text, or its signs where it is written without spaces."""
    return len(text.split()) if max(text) < _UNSPACED else len(text)
