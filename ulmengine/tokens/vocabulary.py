"""A vocabulary: which token has which id, how one is moved to another, and how much of a text it knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .specials import SPECIALS, UNK, TokensError


@dataclass(frozen=True)
class Vocabulary:
    """Tokens by id. The first nine are :data:`SPECIALS`, so that ``UNK`` is 0, ``PAD`` 1 and ``BOS`` 2.

    :raises TokensError: the special tokens are not first, or a token stands there twice.
    """

    tokens: tuple[str, ...]
    ids: dict[str, int] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        if self.tokens[: len(SPECIALS)] != SPECIALS:
            raise TokensError(f"A vocabulary must begin with the special tokens {' '.join(SPECIALS)}.")
        ids = {token: index for index, token in enumerate(self.tokens)}
        if len(ids) != len(self.tokens):
            twice = next(token for token, count in Counter(self.tokens).items() if count > 1)
            raise TokensError(f"The token {twice!r} stands in the vocabulary more than once.")
        object.__setattr__(self, "ids", ids)

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self.ids

    def index(self, token: str) -> int:
        """The id of ``token``; that of ``xxunk`` if the vocabulary does not have it."""
        return self.ids.get(token, UNK)

    @classmethod
    def from_counts(
        cls, counts: Mapping[str, int], *, size: int, min_frequency: int, known: Iterable[str] = ()
    ) -> Vocabulary:
        """The special tokens and the commonest others, at most ``size`` in all, each seen ``min_frequency`` times.

        Equally common tokens are ordered by their characters, so that the same counts give the same vocabulary.

        :param known: words that a pretrained model knows. One sighting is enough for them, and those that were not
            seen at all follow behind the others in their own order: a corpus of some hundred texts shows only a few of
            the words that its later texts will hold.
        """
        kept = dict.fromkeys(known)
        ranked = sorted(
            ((token, count) for token, count in counts.items()
             if (count >= min_frequency or token in kept) and token not in _SPECIAL_SET),
            key=lambda item: (-item[1], item[0]),
        )
        seen = [token for token, _ in ranked]
        unseen = [token for token in kept if token not in counts and token not in _SPECIAL_SET]
        return cls(SPECIALS + tuple([*seen, *unseen][: max(0, size - len(SPECIALS))]))

    @classmethod
    def with_specials(cls, tokens: Iterable[str]) -> Vocabulary:
        """The given tokens, once each, in their order, with the special tokens brought to the head."""
        return cls(SPECIALS + tuple(token for token in dict.fromkeys(tokens) if token not in _SPECIAL_SET))


_SPECIAL_SET = frozenset(SPECIALS)


def vocabulary_transfer(old: Vocabulary, new: Vocabulary) -> npt.NDArray[np.int64]:
    """For every token of ``new`` its row in ``old`` by name, or -1 (it starts at the mean row; 1801.06146, 3.2).

    :returns: int64, (len(new),).
    """
    return np.array([old.ids.get(token, -1) for token in new.tokens], dtype=np.int64)


@dataclass(frozen=True)
class Coverage:
    """How much of a text a vocabulary knows.

    ``share``: of the running words (what holds a letter and is no special token), 0 to 1; 1 for no words at all.
    ``unknown``: the commonest words it does not know with their counts, commonest first. ``words``: running words.
    """

    share: float
    unknown: tuple[tuple[str, int], ...]
    words: int = 0


def coverage_of_counts(counts: Mapping[str, int], vocabulary: Vocabulary, *, commonest: int = 50) -> Coverage:
    """The coverage of tokens that were counted before."""
    words = {token: count for token, count in counts.items()
             if token not in _SPECIAL_SET and any(map(str.isalpha, token))}
    total = sum(words.values())
    unknown = [(token, count) for token, count in words.items() if token not in vocabulary]
    missed = sum(count for _, count in unknown)
    unknown.sort(key=lambda item: (-item[1], item[0]))
    return Coverage(1.0 - missed / total if total else 1.0, tuple(unknown[:commonest]), total)
