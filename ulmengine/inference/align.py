"""Which part of the text each token came from, so that what is said of tokens can be shown on words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ulmengine.tokens.specials import CAPITAL, REPEAT, SPECIALS, UPPER, WORD_REPEAT

_PIECE_START = "▁"
# How far ahead of the last token the next one is looked for: text that the rules dropped is short.
_AHEAD = 64
# What the text rules write differently from what stood there.
_WRITTEN = {"…": ("…", "..."), "'": ("'", "&#39;", "#39;"), "&": ("&amp;", "amp;", "&"), '"': ('"', "&quot;", "quot;"),
            "<": ("&lt;", "<"), ">": ("&gt;", ">"), "\n": ("<br />", "\\n", "\n")}
UNSPACED = r"\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Scripts written without spaces: Thai to Myanmar, Khmer, kana, Han."""
# A word on the page: letters, digits, accents and apostrophes inside; scripts without spaces stay cut as tokenised.
_WORD = re.compile(rf"[^\W{UNSPACED}]+(?:['’]\w+)*")


class Span(NamedTuple):
    """Characters from ``start`` up to ``end`` of a text, and the positions of the ``tokens`` made of them."""

    start: int
    end: int
    tokens: tuple[int, ...]


def word_spans(text: str, tokens: Sequence[str]) -> list[Span]:
    """The words of ``text`` in its order, each with the positions in ``tokens`` that stand for it.

    Pieces of one word and the marks before it (``xxmaj``, ``xxup``, ``xxrep 4``) belong to the word. Every token but
    those that stand for nothing in the text (``xxbos``) belongs to exactly one span.
    """
    places = token_places(text, tokens)
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    spans: dict[tuple[int, int], list[int]] = {}
    word = 0
    for position, place in enumerate(places):
        if place is None:
            continue
        start, end = place
        while word < len(words) and words[word][1] <= start:
            word += 1
        if word < len(words) and words[word][0] <= start < words[word][1]:
            start, end = words[word][0], max(end, words[word][1])
        spans.setdefault((start, end), []).append(position)
    merged: list[Span] = []
    for (start, end), found in sorted(spans.items()):
        if merged and start < merged[-1].end:  # a number and its unit, say, cut elsewhere than the page's words
            last = merged.pop()
            start, end, found = last.start, max(last.end, end), [*last.tokens, *found]
        merged.append(Span(start, end, tuple(sorted(found))))
    return merged


def token_places(text: str, tokens: Sequence[str]) -> list[tuple[int, int] | None]:
    """For each token the characters it stands for; None for those that stand for none."""
    lowered = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    places: list[tuple[int, int] | None] = [None] * len(tokens)
    waiting: list[int] = []  # marks and unknown tokens, which take the place of what follows them
    cursor, count = 0, 1
    for position, token in enumerate(tokens):
        if token in SPECIALS or (position and tokens[position - 1] in (REPEAT, WORD_REPEAT)):
            count = int(token) if token.isdigit() else count
            waiting += [position] if position else []
            continue
        surface = token.removeprefix(_PIECE_START).lower() if len(token) > 1 else token.lower()
        repeated = position > 1 and tokens[position - 2] in (REPEAT, WORD_REPEAT)
        place = _find(lowered, surface, cursor, count if repeated else 1)
        if place is None:
            waiting.append(position)
            continue
        _settle(waiting, tokens, lowered, cursor, place, places)
        places[position] = place
        cursor, count, waiting = place[1], 1, []
    if waiting and lowered[cursor:].strip():
        _settle(waiting, tokens, lowered, cursor, (len(text), len(text)), places)
    return places


def _find(text: str, surface: str, cursor: int, count: int) -> tuple[int, int] | None:
    """Where ``surface`` stands next, ``count`` times in a row (white space between) if it was written so often."""
    if not surface:
        return None
    found = [(place, len(form)) for form in _WRITTEN.get(surface, (surface,))
             if (place := text.find(form, cursor, cursor + _AHEAD + len(form) * count)) >= 0]
    if not found:
        return None
    start, length = min(found, key=lambda item: (item[0], -item[1]))
    end = start + length
    for _ in range(count - 1):
        following = text.find(surface, end, end + _AHEAD)
        if following < 0 or text[end:following].strip():
            break
        end = following + len(surface)
    return start, end


def _settle(
    waiting: Sequence[int], tokens: Sequence[str], text: str, cursor: int, found: tuple[int, int],
    places: list[tuple[int, int] | None],
) -> None:
    """Give waiting tokens the text passed over if one of them is unknown, otherwise the place ``found`` after them."""
    gap = text[cursor : found[0]]
    start = cursor + len(gap) - len(gap.lstrip())
    passed = (start, start + len(gap.strip()))
    unknown = [position for position in waiting if tokens[position] not in (CAPITAL, UPPER, REPEAT, WORD_REPEAT)]
    last_unknown = max(unknown, default=-1)
    for position in waiting:
        here = passed if passed[0] < passed[1] and position <= last_unknown else found
        places[position] = here if here[0] < here[1] else None
