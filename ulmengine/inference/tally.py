"""What can be counted of right and wrong answers, for one sample or for many resamples at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .calibrate import Floats

Bools = NDArray[np.bool_]

_SHORT_CUT = 5  # documents a pattern from which on drawing pattern counts is faster than drawing documents
_BLOCK = 4_000_000  # counts held at once while resampling


@dataclass(frozen=True)
class Tally:
    """Counts, with any leading axes (``...``: none for one sample, resamples otherwise).

    ``hits``, ``true``, ``predicted``: (..., classes), how often a class was right, was there, was predicted.
    ``exact``: (...), documents that are right as a whole. ``documents``: how many there are.
    """

    hits: Floats
    true: Floats
    predicted: Floats
    exact: Floats
    documents: int
    multi_label: bool

    def accuracy(self) -> Floats:
        """Share of documents that are right as a whole (all labels right, where there are several)."""
        return self.exact / self.documents

    def precision(self) -> Floats:
        """(..., classes): right of those predicted; 0 where nothing was predicted."""
        return _share(self.hits, self.predicted)

    def recall(self) -> Floats:
        """(..., classes): found of those there; 0 where there were none."""
        return _share(self.hits, self.true)

    def f1(self) -> Floats:
        """(..., classes): harmonic mean of precision and recall, 0 where both are."""
        return _share(2 * self.hits, self.true + self.predicted)

    def f1_macro(self) -> Floats:
        """Mean F1 of the classes that are there or were predicted."""
        present = (self.true + self.predicted) > 0
        return _share((self.f1() * present).sum(-1), present.sum(-1).astype(np.float64))

    def f1_micro(self) -> Floats:
        """F1 of all decisions together (for one label a document the accuracy)."""
        return _share(2 * self.hits.sum(-1), (self.true + self.predicted).sum(-1))

    def mcc(self) -> Floats:
        """Matthews' correlation: Gorodkin's R_K (2004) for classes, of all yes/no decisions for several labels.

        0 where it is not defined (one class only).
        """
        true, predicted, right, total = self.true, self.predicted, self.exact, float(self.documents)
        if self.multi_label:
            decisions = total * self.true.shape[-1]
            yes_true, yes_said, hits = self.true.sum(-1), self.predicted.sum(-1), self.hits.sum(-1)
            true = np.stack([yes_true, decisions - yes_true], axis=-1)
            predicted = np.stack([yes_said, decisions - yes_said], axis=-1)
            right, total = decisions - yes_true - yes_said + 2 * hits, decisions
        together = right * total - (true * predicted).sum(-1)
        spread = (total**2 - (true**2).sum(-1)) * (total**2 - (predicted**2).sum(-1))
        return _share(together, np.sqrt(np.maximum(spread, 0)))


class Patterns:
    """The distinct pairs of truth and answer, and how many documents show each.

    Drawing documents with replacement is drawing pattern counts from a multinomial distribution: the same
    distribution, in the time of the patterns rather than of the documents.
    """

    def __init__(self, truth: Bools, predicted: Bools, multi_label: bool) -> None:
        rows = np.packbits(np.concatenate([truth, predicted], axis=1), axis=1)
        _, first, self._shown, counts = np.unique(
            rows, axis=0, return_index=True, return_inverse=True, return_counts=True
        )
        self.counts = counts
        self.documents = len(truth)
        self.multi_label = multi_label
        self._true = csr_matrix(truth[first].astype(np.float64))
        self._predicted = csr_matrix(predicted[first].astype(np.float64))
        self._hits = csr_matrix((truth[first] & predicted[first]).astype(np.float64))
        self._exact = (truth[first] == predicted[first]).all(1).astype(np.float64)

    def tally(self, counts: NDArray[np.integer] | None = None) -> Tally:
        """Count with ``counts`` (resamples, patterns), or without them the sample as it is."""
        weights = np.asarray(self.counts if counts is None else counts, dtype=np.float64)
        flat = np.atleast_2d(weights)
        hits, true, predicted = (
            np.asarray((matrix.T @ flat.T).T).reshape(*weights.shape[:-1], -1)
            for matrix in (self._hits, self._true, self._predicted)
        )
        return Tally(hits, true, predicted, weights @ self._exact, self.documents, self.multi_label)

    def resampled(self, resamples: int, random: np.random.Generator) -> Tally:
        """A tally of ``resamples`` bootstrap samples."""
        block = max(1, _BLOCK // len(self.counts))
        parts = [self.tally(self._draw(min(block, resamples - start), random)) for start in range(0, resamples, block)]
        return Tally(
            np.concatenate([part.hits for part in parts]), np.concatenate([part.true for part in parts]),
            np.concatenate([part.predicted for part in parts]), np.concatenate([part.exact for part in parts]),
            self.documents, self.multi_label,
        )

    def _draw(self, resamples: int, random: np.random.Generator) -> NDArray[np.integer]:
        """(resamples, patterns) counts, whichever way is the shorter one."""
        patterns = len(self.counts)
        if _SHORT_CUT * patterns < self.documents:
            return random.multinomial(self.documents, self.counts / self.documents, size=resamples)
        drawn = (self._shown[random.integers(self.documents, size=self.documents)] for _ in range(resamples))
        return np.stack([np.bincount(one, minlength=patterns) for one in drawn])


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0))
