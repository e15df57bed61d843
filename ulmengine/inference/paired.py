"""Two classifiers on the same documents: the difference between them with its own interval.

Two intervals that overlap say little about a difference: both classifiers met the same easy and hard documents. The
difference document by document, resampled, says how sure it is (paired bootstrap; Efron and Tibshirani 1993).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ulmengine.events import FEWEST_COMPARED
from ulmengine.training.metrics import Bools

from .errors import InferenceError
from .predictions import Predictions

Positions = NDArray[np.int64]

DRAWS = 20_000
Verdict = Literal["better", "worse", "no difference", "too few"]


@dataclass(frozen=True)
class Paired:
    """``second`` less ``first`` on the same ``documents``: shares of right answers from 0 to 1.

    ``low`` to ``high``: 95 % bootstrap interval of the ``difference``. ``mended``: documents that ``second`` alone has
    right; ``broken``: those that ``first`` alone has right.
    """

    documents: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    mended: int
    broken: int

    @property
    def verdict(self) -> Verdict:
        """Whether ``second`` is "better" or "worse": then the interval leaves 0 out. Drawn from a handful of documents
        that go the same way, it has no width and means nothing: they are "too few"."""
        if self.documents < FEWEST_COMPARED:
            return "too few"
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "no difference"

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {**asdict(self), "verdict": self.verdict}


def paired_difference(first: Bools, second: Bools, *, seed: int = 0) -> Paired:
    """Compare two classifiers that have answered the same documents.

    A document counts +1 where ``second`` alone is right, -1 where ``first`` alone is, 0 otherwise, so that drawing
    documents with replacement is drawing how many of each kind there are from a multinomial distribution.

    :param first: (documents,) whether the first classifier is right; ``second``: the same of the other one.
    :param seed: of the bootstrap samples, whose 2.5 % to 97.5 % quantiles are the interval.
    :raises InferenceError: no documents, or not the same ones.
    """
    one, other = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    count = len(one)
    if one.shape != other.shape or one.ndim != 1:
        raise InferenceError("the two were not measured on the same documents, so they cannot be compared one by one")
    if not count:
        raise InferenceError("there are no documents to compare on")
    mended, broken = int((~one & other).sum()), int((one & ~other).sum())
    shares = np.array([mended, broken, count - mended - broken]) / count
    drawn = np.random.default_rng(seed).multinomial(count, shares, size=DRAWS)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / count, [0.025, 0.975])
    return Paired(
        count, float(one.mean()), float(other.mean()), (mended - broken) / count, float(low), float(high), mended,
        broken,
    )


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two classifiers on the documents of a ``part`` that both have answered.

    ``first`` and ``second``: their predictions of those documents, in the same order. ``mended`` and ``broken``:
    positions there of the documents that ``second`` alone, or ``first`` alone, has right. ``relabelled``: documents
    left out because they bear another label in the other one: it was corrected since, or the file says so.
    ``only_first``, ``only_second``: documents that the other one was not measured on.
    """

    part: str
    paired: Paired
    first: Predictions
    second: Predictions
    mended: Positions
    broken: Positions
    relabelled: int
    only_first: int
    only_second: int


def compare(first: Predictions, second: Predictions, part: str = "test") -> Comparison:
    """A duel: how many documents of ``part`` the saved model of ``second`` has mended and how many it has broken.

    :raises InferenceError: they have no documents in common, or one bears several labels a document and one does not.
    """
    one, other = first.part(part), second.part(part)
    if one.multi_label != other.multi_label:
        raise InferenceError("one of the two gives several labels to a document and the other one label, so they "
                             "cannot be compared document by document")
    places = {key: place for place, key in enumerate(other.keys.tolist())}
    pairs = [(place, places[key]) for place, key in enumerate(one.keys.tolist()) if key in places]
    if not pairs:
        raise InferenceError(f"the two were measured on different documents (no {part} document in common); compare "
                             "runs of the same corpus and split")
    mine, theirs = np.array(pairs, dtype=np.int64).T
    same = np.array(one.names(one.targets[mine])) == np.array(other.names(other.targets[theirs]))
    if not same.any():
        raise InferenceError("the two were measured against different labels on every document, so they cannot be "
                             "compared")
    ours, others = one.take(mine[same]), other.take(theirs[same])
    right, right_too = ours.right(first.saved), others.right(second.saved)
    return Comparison(
        part, paired_difference(right, right_too), ours, others, np.flatnonzero(~right & right_too),
        np.flatnonzero(right & ~right_too), int((~same).sum()), len(one) - len(pairs), len(other) - len(pairs),
    )
