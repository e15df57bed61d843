"""Tokens back to text that a person likes to read."""

from __future__ import annotations

from collections.abc import Sequence

from .specials import BOS_TOKEN, CAPITAL, EOS_TOKEN, FIELD, PAD_TOKEN, REPEAT, UNK_TOKEN, UPPER, WORD_REPEAT

_ENDINGS = "'m 'd 's 're 've 'll n't"
_LEFT = frozenset(",.!?;:)]}%…”’»°，。！？；：）") | frozenset(f"{_ENDINGS} {_ENDINGS}".replace("'", "’", 7).split())
"""Written against the word before."""
_RIGHT = frozenset("([{$£€“‘«#@（")
"""Written against the word after."""
_BOTH = frozenset("-–—/_\\~")
_PAIRS = frozenset({'"', "'", "`"})
_UNKNOWN = "<unk>"  # the text rules read it as xxunk again


def readable(tokens: Sequence[str]) -> str:
    """The text of word tokens: marks undone, spaces where English has them. An unknown word is ``<unk>``."""
    return join_words(undo_marks(tokens))


def undo_marks(tokens: Sequence[str]) -> list[str]:
    """Words as they were written: ``xxmaj``, ``xxup``, ``xxrep n`` and ``xxwrep n`` applied to what follows them.

    Marks without what belongs to them (a generated text may have any) are left out.
    """
    words: list[str] = []
    pending: list[str] = []
    count = 0
    for token in tokens:
        if token in (BOS_TOKEN, EOS_TOKEN, PAD_TOKEN):
            continue
        if token == FIELD:
            words.append("\n")
            pending.append(token)
        elif token in (CAPITAL, UPPER, REPEAT, WORD_REPEAT):
            pending.append(token)
        elif pending and pending[-1] == FIELD:
            pending.pop()  # the field's number
            if not token.isdigit():
                words.append(token)
        elif pending and pending[-1] in (REPEAT, WORD_REPEAT) and not count and token.isdigit():
            count = min(int(token), 1_000)
        else:
            words.append(_apply(pending, count, token))
            pending, count = [], 0
    return words[1:] if words[:1] == ["\n"] else words


def _apply(pending: list[str], count: int, token: str) -> str:
    word = _UNKNOWN if token == UNK_TOKEN else token
    if REPEAT in pending:
        word *= max(1, count)
    elif WORD_REPEAT in pending:
        word = " ".join([word] * max(1, count))
    if UPPER in pending:
        return word.upper()
    return word[:1].upper() + word[1:] if CAPITAL in pending else word


def join_words(words: Sequence[str]) -> str:
    """Words with spaces between them, none before a comma, after a bracket, inside a pair of quotes."""
    parts: list[str] = []
    glue = True
    open_quotes: set[str] = set()
    for word in words:
        sign = word[:1] if word and len(set(word)) == 1 else word
        closing = sign in _PAIRS and sign in open_quotes
        tight = glue or sign in _LEFT or sign in _BOTH or closing or word.isspace()
        parts.append(word if tight else f" {word}")
        opening = sign in _PAIRS and not closing
        if sign in _PAIRS:
            open_quotes ^= {sign}
        glue = sign in _RIGHT or sign in _BOTH or opening or word.isspace()
    return "".join(parts)
