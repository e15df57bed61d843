"""More words for a language model: where their rows begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from torch import Tensor

from ulmengine.plan.errors import TrainingError
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer

STRENGTH = 30.0
"""Of the ridge regression from a teacher's vectors (of length 1) to rows."""


@dataclass(frozen=True)
class Grown:
    """A tokeniser with more words behind its own, and the embedding and the decoder's bias that go with it.

    ``rows``: (vocabulary, features); ``bias``: (vocabulary,), None where there was none; ``added``: the new words.
    """

    tokenizer: WordTokenizer
    rows: Tensor
    bias: Tensor | None
    added: tuple[str, ...]


def add_words(
    tokenizer: WordTokenizer, rows: Tensor, bias: Tensor | None, words: Sequence[str], vectors: NDArray[np.floating]
) -> Grown:
    """Give those of ``words`` that the model does not know rows of their own.

    A teacher knows of each word what it means. How that is said in rows is learnt from the words that the model knows:
    a ridge regression from their centred vectors to their centred rows. What the tokeniser never makes a token of
    (capitals where it writes lower case, words with spaces) is left out. New biases are the mean of the old ones.

    :param vectors: (words, width) of the teacher.
    :raises TrainingError: the model knows too few of ``words`` to learn from.
    """
    if len(words) != len(vectors):
        raise TrainingError(f"{len(words):,} words do not fit vectors of the shape {vectors.shape}")
    old = tokenizer.vocabulary
    place = {word: number for number, word in enumerate(words)}
    known = [word for word in place if word in old and word not in SPECIALS]
    added = tuple(word for word in place if word not in old and _is_token(word, tokenizer.lower))
    if len(known) < 2:
        raise TrainingError("The model knows too few of the words to learn from them where the new ones belong; give "
                            "the vectors of the words that it knows as well.")
    given, own = vectors[[place[word] for word in known]], rows.numpy()[[old.ids[word] for word in known]]
    given, own = given.astype(np.float64), own.astype(np.float64)
    regression = Ridge(alpha=STRENGTH).fit(given, own)
    wanted = vectors[[place[word] for word in added]].astype(np.float64)
    new = regression.predict(wanted) if added else np.zeros((0, own.shape[1]))
    vocabulary = Vocabulary((*old.tokens, *added))
    return Grown(
        WordTokenizer(vocabulary, lower=tokenizer.lower, backend=tokenizer.backend),
        torch.cat([rows, torch.from_numpy(new).to(rows.dtype)]),
        None if bias is None else torch.cat([bias, bias.mean().expand(len(added))]), added,
    )


def _is_token(word: str, lower: bool) -> bool:
    return word.split() == [word] and not (lower and word != word.lower())
