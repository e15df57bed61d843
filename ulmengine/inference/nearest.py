"""Which training documents are like a given one: by their words, weighed as the word-count baseline weighs them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
