"""Counting tokens: pieces between spaces are counted first and cut into tokens once each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from zlib import crc32

from .characters import cut_runs
from .description import tokenizer_from_json
from .rules import piece_rules, split_pieces

Cutter = Callable[[str], list[str]]

MOST_PIECES = 1_000_000
MOST_CHARACTERS = 60_000_000
MOST_TOKENS = 4_000_000
MOST_CUTS = 400_000


def cutter_from_json(values: dict[str, Any]) -> Cutter:
    """How pieces are cut for counting, before there is a vocabulary: ``{"runs": {"lower": true}}`` into the runs that
    subwords are learnt from, or ``{"tokens": tokenizer.to_json()}``."""
    if "runs" in values:
        lower = bool(values["runs"]["lower"])
        return lambda piece: cut_runs(piece_rules(piece, lower=lower))
    return tokenizer_from_json(values["tokens"]).piece_tokens


class PieceCounter:
    """How often each token stands in the texts added, ``xxbos`` not counted; in bounded memory.

    Of more than :data:`MOST_TOKENS` different tokens those seen once so far are forgotten. Where single tokens are as
    long as sentences (scripts without spaces, before their pieces are learnt) and those of all texts would not fit,
    an even sample of them is counted: those whose checksum falls on a multiple of a number that grows as needed.
    """

    def __init__(self, cut: Cutter) -> None:
        self._cut = cut
        self.cuts: dict[str, list[str]] = {}  # of the first pieces, for who wants to encode the same texts
        self._pieces: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        self._sparsity = 1

    def add(self, text: str) -> None:
        """Count one text."""
        self._pieces.update(split_pieces(text))
        if len(self._pieces) > MOST_PIECES:
            self._fold()

    def result(self) -> Counter[str]:
        """The counts of all texts added so far."""
        self._fold()
        return self._tokens

    def _fold(self) -> None:
        for piece, count in self._pieces.items():
            tokens = self._cut(piece)
            if len(self.cuts) < MOST_CUTS:
                self.cuts[piece] = tokens
            for token in tokens:
                self._tokens[token] += count
        self._pieces.clear()
        if len(self._tokens) > MOST_TOKENS:
            self._tokens = Counter({token: count for token, count in self._tokens.items() if count > 1})
        while sum(map(len, self._tokens)) > MOST_CHARACTERS:
            self._sparsity *= 2
            self._tokens = Counter({
                token: count for token, count in self._tokens.items()
                if len(token) < 8 or crc32(token.encode("utf-8", "replace")) % self._sparsity == 0
            })
