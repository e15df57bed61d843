"""The text rules of fastai (Howard & Gugger 2020, "fastai: a layered API", text), in their order.

They repair leftovers of HTML, write repetitions and capitals as tokens of their own, and lower the text. Written
from the behaviour of the reference; its outputs are the test.

Nearly all rules look at one piece between spaces only (:func:`piece_rules`), so that what they make of a piece can be
remembered. The others (:func:`split_pieces`: runs of a character may bring words together, runs of words stretch over
pieces) are applied to the whole text, and only to texts in which they can find something.
"""

from __future__ import annotations

import html
import re
from itertools import islice
from operator import eq

import numpy as np

from .specials import CAPITAL, REPEAT, UNK_TOKEN, UPPER, WORD_REPEAT

LEFTOVERS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (";", (("#39;", "'"), ("amp;", "&"), ("#146;", "'"), ("nbsp;", " "), ("#36;", "$"), ("quot;", "'"))),
    ("\\", (("\\n", "\n"), ('\\"', '"'))),
    ("<", (("<br />", "\n"), ("<unk>", UNK_TOKEN))),
    (" @", ((" @.@ ", "."), (" @-@ ", "-"))),
    ("...", (("...", " …"),)),
)
"""What is left of HTML and of WikiText's own tokens and what it is replaced by, under a sign that all of them have."""

_RUN = re.compile(r"(\S)(\1{2,})")
_WORD_RUN = re.compile(r"(?:\s|^)(\w+)\s+((?:\1\s+)+)\1(\s|\W|$)")
_SLASHES = re.compile(r"([/#\\])")
_SPACES = re.compile(" {2,}")
_ALL_CAPS = re.compile(r"(\s|^)([A-Z]+[^a-z\s]*)(?=(\s|$))")
_WHITE_BEFORE_SPACE = re.compile(r"[^\S ] ")
_SPACE_AFTER_WORD = re.compile(r"(?<=\S) +")
_CAPITALISED = re.compile(r"(\s|^)([A-Z][^A-Z\s]*)(?=(\s|$))")


def fix_html(text: str) -> str:
    """Replace what is left of HTML by the characters it stands for."""
    for sign, leftovers in LEFTOVERS:
        if sign in text:
            for leftover, replacement in leftovers:
                text = text.replace(leftover, replacement)
    return html.unescape(text)


def replace_repeats(text: str) -> str:
    """``!!!!`` becomes ``xxrep 4 !``: three or more of one character in a row."""
    return _RUN.sub(lambda run: f" {REPEAT} {len(run[2]) + 1} {run[1]} ", text)


def replace_word_repeats(text: str) -> str:
    """``no no no`` becomes ``xxwrep 3 no``: three or more of one word in a row."""
    return _WORD_RUN.sub(lambda run: f" {WORD_REPEAT} {len(run[2].split()) + 2} {run[1]} {run[3]}", text)


def piece_rules(piece: str, *, lower: bool) -> str:
    """The rules that never look beyond a space, on the text between two spaces (or on a whole text)."""
    if "/" in piece or "#" in piece or "\\" in piece:
        piece = _SLASHES.sub(r" \1 ", piece)
    if "  " in piece:
        piece = _SPACES.sub(" ", piece)  # line breaks and tabs stay
    small = piece.lower()
    if not lower or small == piece:
        return piece  # nothing to mark
    piece = _ALL_CAPS.sub(lambda word: _marked(UPPER, word), piece)  # WORLD becomes xxup world
    return _CAPITALISED.sub(lambda word: _marked(CAPITAL, word), piece).lower()  # Hello becomes xxmaj hello


def _marked(mark: str, word: re.Match[str]) -> str:
    """A word in small letters behind its ``mark``; a lone capital is only lowered."""
    return f"{word[1]}{mark + ' ' if len(word[2]) > 1 else ''}{word[2].lower()}"


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
