"""How well probabilities rank documents and how far they can be believed: ROC and PR curves, calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ulmengine.training.metrics import Ranked

from .calibrate import Floats

BINS = 15  # as Guo et al. 2017 (1706.04599)
_CURVE_POINTS = 200


@dataclass(frozen=True)
class Bin:
    """One bar of a reliability diagram: documents whose confidence lies in (low, high]."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


class Reliability:
    """Confidences beside what came of them, in equal bins.

    :param confidence: (documents, 1) of the chosen class, or (documents, classes) for several labels.
    :param right: the same shape, 0.0 or 1.0: whether it was so.
    """

    def __init__(self, confidence: Floats, right: Floats) -> None:
        bins = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
        documents = len(bins)
        where = (bins + BINS * np.arange(documents)[:, None]).ravel()
        # (documents, 3, bins): how many, their confidences and how many right; of other weights these are sums.
        self._documents = np.stack([
            np.bincount(where, values, documents * BINS).reshape(documents, BINS)
            for values in (None, confidence.ravel(), right.ravel())
        ], axis=1).astype(np.float64)

    def error(self, weights: Floats) -> Floats:
        """(..., documents) -> expected calibration error (...): the mean gap between confidence and accuracy, by the
        weight of the bins."""
        count, confidence, right = self._sums(weights)
        return np.asarray(np.abs(right - confidence).sum(-1) / count.sum(-1))

    def diagram(self, weights: Floats | None = None) -> tuple[Bin, ...]:
        """The bins, empty ones with a count of 0. ``weights``: (documents,) 1.0 for those that count; absent: all."""
        count, confidence, right = self._sums(np.ones(len(self._documents)) if weights is None else weights)
        share = np.maximum(count, 1)
        return tuple(
            Bin(number / BINS, (number + 1) / BINS, int(count[number]),
                float(confidence[number] / share[number]), float(right[number] / share[number]))
            for number in range(BINS)
        )

    def _sums(self, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """(..., bins) each: weight, confidence and right answers."""
        count, confidence, right = np.moveaxis(np.tensordot(weights, self._documents, 1), -2, 0)
        return count, confidence, right


@dataclass(frozen=True)
class Curves:
    """Points of one class' ROC curve (x false-positive, y true-positive share) and PR curve (x recall, y precision)."""

    roc: tuple[tuple[float, float], ...]
    precision_recall: tuple[tuple[float, float], ...]


def curves(scores: Floats, truth: NDArray[np.generic]) -> Curves | None:
    """Curves of at most 200 points for one class; None where all or none of the documents belong to it.

    :param scores: (documents,) probabilities. :param truth: (documents,) of 0 and 1.
    """
    actual = np.asarray(truth).astype(np.int64)
    if not 0 < actual.sum() < len(actual):
        return None
    found, marked, positives = Ranked(scores, actual.astype(np.float64)).counts()
    recall = np.append(0.0, found / positives)
    false_positive = np.append(0.0, (marked - found) / (len(actual) - positives))
    return Curves(_thin(false_positive, recall), _thin(recall, np.append(1.0, found / marked)))


def _thin(x: Floats, y: Floats) -> tuple[tuple[float, float], ...]:
    chosen = np.unique(np.linspace(0, len(x) - 1, min(len(x), _CURVE_POINTS)).round().astype(np.int64))
    return tuple((float(x[index]), float(y[index])) for index in chosen)
