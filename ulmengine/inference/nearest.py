"""Which training documents are like a given one: by their words, weighed as the word-count baseline weighs them, or by
what the network makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .baseline import vectorize


class Nearest:
    """A search among ``texts``: cosine of the TF-IDF vectors (words and pairs of words, rare ones weigh more)."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._vectorizer, self._features = vectorize(texts)

    def find(self, text: str, count: int = 3) -> list[tuple[int, float]]:
        """(position among the texts, likeness from 0 to 1) of the ``count`` likest ones, the likest first.

        A text that shares no word is not among them.
        """
        if self._vectorizer is None or self._features is None:
            return []
        likeness = (self._features @ self._vectorizer.transform([text]).T).toarray().ravel()
        best = np.argsort(-likeness, kind="stable")[:count]
        return [(int(place), float(likeness[place])) for place in best if likeness[place] > 0]


class NearestByFeatures:
    """A search among documents by the pooled states of a network: cosine of the states, each feature as so many
    standard deviations from its mean (the raw ones all point much the same way).

    :param features: (documents, features).
    """

    def __init__(self, features: NDArray[np.generic]) -> None:
        values = np.asarray(features, dtype=np.float32)
        self._mean = values.mean(0) if len(values) else np.zeros(values.shape[1], np.float32)
        spread = values.std(0) if len(values) else np.ones(values.shape[1], np.float32)
        self._scale = np.where(spread > 0, spread, 1.0)
        self._directions = _unit((values - self._mean) / self._scale)

    def find(self, features: NDArray[np.generic], count: int = 3) -> list[tuple[int, float]]:
        """(position among the documents, likeness up to 1) of the ``count`` likest ones to the document with these
        ``features`` (features,), the likest first."""
        one = _unit(((np.asarray(features, dtype=np.float32) - self._mean) / self._scale)[None])[0]
        likeness = self._directions @ one
        best = np.argsort(-likeness, kind="stable")[:count]
        return [(int(place), float(likeness[place])) for place in best]


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)
