"""What every tokeniser can do."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from .rules import split_pieces
from .specials import BOS, BOS_TOKEN
from .vocabulary import Vocabulary

_BOS = BOS.to_bytes(4, "little")

MOST_REMEMBERED = 1_000_000
LONGEST_REMEMBERED = 48
"""How many pieces are remembered (about 150 MB at most), and how long one may be."""


def _packed(ids: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(ids)}i", *ids)


class PieceMemory(dict[str, bytes]):
    """The packed ids of every piece met so far; a new piece is worked out by the tokeniser on first sight."""

    def __init__(self, owner: Tokenizer) -> None:
        super().__init__()
        self._owner = owner

    def __missing__(self, piece: str) -> bytes:
        ids = _packed(self._owner.ids_of(self._owner.cut(piece)))
        if len(piece) <= LONGEST_REMEMBERED and len(self) < MOST_REMEMBERED:
            self[piece] = ids
        return ids


class Tokenizer:
    """Cuts text into tokens and knows their ids. A document is cut at its spaces; the pieces are remembered.

    :ivar kind: what the description calls it. :ivar vocabulary: its tokens by id.
    """

    kind: str = ""

    def __init__(self, vocabulary: Vocabulary, *, lower: bool) -> None:
        self.vocabulary = vocabulary
        self.lower = lower
        self._memory = PieceMemory(self)

    def piece_tokens(self, piece: str) -> list[str]:
        """The tokens of the text between two spaces."""
        raise NotImplementedError

    def cut(self, piece: str) -> list[str]:
        """The text between two spaces, cut as far as it can be without the vocabulary."""
        raise NotImplementedError

    def ids_of(self, parts: Sequence[str]) -> list[int]:
        """The ids of what :meth:`cut` gave."""
        raise NotImplementedError

    def decode(self, ids: Sequence[int]) -> str:
        """Readable text again: capitals and repetitions restored, punctuation in its place."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """All that is needed to make the same tokeniser again with :func:`ulmengine.tokens.tokenizer_from_json`."""
        raise NotImplementedError

    def remember(self, cuts: Mapping[str, Sequence[str]]) -> None:
        """Take over what :meth:`cut` gave for many pieces, so that it need not be done again."""
        for piece, parts in cuts.items():
            if len(piece) <= LONGEST_REMEMBERED and len(self._memory) < MOST_REMEMBERED:
                self._memory[piece] = _packed(self.ids_of(parts))

    def tokens(self, text: str) -> list[str]:
        """The tokens of one document, ``xxbos`` first; unknown words as they stand."""
        return [BOS_TOKEN, *chain.from_iterable(map(self.piece_tokens, split_pieces(text)))]

    def encode(self, text: str) -> list[int]:
        """The ids of one document's tokens, ``BOS`` first; ``UNK`` for unknown ones."""
        ids: list[int] = np.frombuffer(self.packed(text), dtype="<i4").tolist()
        return ids

    def packed(self, text: str) -> bytes:
        """The same ids as int32, least byte first: how they are made fastest, without a number in between."""
        return b"".join((_BOS, *map(self._memory.__getitem__, split_pieces(text))))
