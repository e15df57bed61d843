"""How much of a corpus a vocabulary knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable

import numpy as np

from ulmengine.events import Event

from .learn import count_tokens
from .store import TokenStore
from .tokenizer import PieceTokenizer
from .vocabulary import Coverage, Vocabulary, coverage_of_counts
from .wordwise import WordTokenizer


def coverage(
    texts: Iterable[str] | TokenStore, vocabulary: Vocabulary, *,
    own: Vocabulary | None = None, commonest: int = 50,
) -> Coverage:
    """The share of running words that ``vocabulary`` knows and the commonest that it does not.

    :param texts: texts, cut into words here; or a store, whose ids are those of ``own`` (default: ``vocabulary``).
    """
    if isinstance(texts, TokenStore):
        return coverage_of_counts(store_counts(texts, own or vocabulary), vocabulary, commonest=commonest)
    steps = coverage_of_texts(texts, WordTokenizer(vocabulary), commonest=commonest)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: Coverage = stop.value
            return result


def coverage_of_texts(
    texts: Iterable[str], tokenizer: PieceTokenizer, *, total: int = 0, commonest: int = 50
) -> Generator[Event, None, Coverage]:
    """The same for many texts, with progress, as ``tokenizer`` cuts them and its vocabulary knows them."""
    counts = yield from count_tokens(texts, tokenizer, total=total)
    return coverage_of_counts(counts, tokenizer.vocabulary, commonest=commonest)


def store_counts(store: TokenStore, vocabulary: Vocabulary) -> Counter[str]:
    """How often each token of ``vocabulary`` stands in ``store``."""
    step = 1 << 22
    counts = np.zeros(len(vocabulary), dtype=np.int64)
    for start in range(0, store.tokens, step):
        counts += np.bincount(store.ids[start : start + step], minlength=len(vocabulary))
    return Counter({vocabulary.tokens[index]: int(counts[index]) for index in np.flatnonzero(counts)})
