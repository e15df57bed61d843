"""Validation figures, gathered batch by batch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class LanguageModelMetrics:
    """Loss and perplexity over tokens: the mean is over all tokens, never over batches."""

    def __init__(self) -> None:
        self.loss = 0.0
        self.tokens = 0

    def add(self, loss: float, tokens: int) -> None:
        """Add a batch of ``tokens`` targets with that mean ``loss`` in nats."""
        self.loss += loss * tokens
        self.tokens += tokens

    def combine(self, parts: Sequence[LanguageModelMetrics]) -> None:
        """Become the sum of ``parts``, what every process has gathered, in their order."""
        self.loss = math.fsum(part.loss for part in parts)
        self.tokens = sum(part.tokens for part in parts)

    def result(self) -> dict[str, float]:
        """``valid_loss`` and ``perplexity``; empty if there was nothing to measure."""
        if not self.tokens:
            return {}
        mean = self.loss / self.tokens
        return {"valid_loss": mean, "perplexity": math.exp(min(mean, 700.0))}


class ClassifierMetrics:
    """Loss, accuracy, F1, MCC and AUC over documents.

    :param classes: number of labels. :param multi_label: whether a document has any number of them.
    """

    def __init__(self, classes: int, multi_label: bool) -> None:
        self.classes, self.multi_label = classes, multi_label
        self.loss = 0.0
        self.weight = 0.0
        self._scores: list[Floats] = []
        self._targets: list[NDArray[np.generic]] = []

    def add(self, loss: float, weight: float, scores: Floats, targets: NDArray[np.generic]) -> None:
        """Add a batch with that mean ``loss`` over documents of that ``weight`` together.

        :param scores: (documents, classes) probabilities. :param targets: (documents,) label numbers, or
            (documents, classes) of 0 and 1.
        """
        self.loss += loss * weight
        self.weight += weight
        self._scores.append(scores)
        self._targets.append(targets)

    def combine(self, parts: Sequence[ClassifierMetrics]) -> None:
        """Become the sum of ``parts``, what every process has gathered, in their order."""
        self.loss = math.fsum(part.loss for part in parts)
        self.weight = math.fsum(part.weight for part in parts)
        self._scores, self._targets = (
            [scores for part in parts for scores in part._scores],
            [targets for part in parts for targets in part._targets],
        )

    def result(self) -> dict[str, float]:
        """All figures that are defined; empty if there was nothing to measure."""
        if not self._scores:
            return {}
        scores, targets = np.concatenate(self._scores), np.concatenate(self._targets)
        true = targets.astype(np.int64) if self.multi_label else np.eye(self.classes, dtype=np.int64)[targets]
        if self.multi_label:
            said = (scores >= 0.5).astype(np.int64)
        else:
            said = np.eye(self.classes, dtype=np.int64)[scores.argmax(axis=1)]
        figures = {
            "valid_loss": self.loss / self.weight,
            "accuracy": float((said == true).all(axis=1).mean()),
            "f1_macro": f1(true, said, "macro"),
            "f1_micro": f1(true, said, "micro"),
            "mcc": matthews(true.ravel(), said.ravel()) if self.multi_label else correlation(true, said),
        }
        area = auc(true, scores)
        return figures if area is None else figures | {"auc": area}


def f1(true: Ints, said: Ints, average: str) -> float:
    """F1 over labels: ``macro`` (mean over labels that occur or are said) or ``micro`` (all decisions together).

    :param true, said: (documents, classes) of 0 and 1.
    """
    hits, sums = (true * said).sum(axis=0), true.sum(axis=0) + said.sum(axis=0)
    if average == "micro":
        return float(2 * hits.sum() / sums.sum()) if sums.sum() else 0.0
    seen = sums > 0
    return float((2 * hits[seen] / sums[seen]).mean()) if seen.any() else 0.0


def correlation(true: Ints, said: Ints) -> float:
    """Matthews' correlation for any number of classes (Gorodkin 2004); 0 where it is undefined.

    :param true, said: (documents, classes) with one 1 a row.
    """
    documents = len(true)
    right = float((true * said).sum())
    real, guessed = true.sum(axis=0).astype(np.float64), said.sum(axis=0).astype(np.float64)
    above = right * documents - float(real @ guessed)
    below = (documents**2 - float(guessed @ guessed)) * (documents**2 - float(real @ real))
    return above / math.sqrt(below) if below > 0 else 0.0


def matthews(true: Ints, said: Ints) -> float:
    """Matthews' correlation of single decisions of 0 and 1, (n,) each."""
    return correlation(np.stack([1 - true, true], axis=1), np.stack([1 - said, said], axis=1))


def auc(true: Ints, scores: Floats) -> float | None:
    """Area under the ROC curve; for more than two classes the mean of one class against the rest.

    :param true: (documents, classes) of 0 and 1. :param scores: (documents, classes).
    :returns: None where no class has both kinds of documents.
    """
    columns = [1] if true.shape[1] == 2 and (true.sum(axis=1) == 1).all() else range(true.shape[1])
    areas = [area for c in columns if (area := _area(true[:, c], scores[:, c])) is not None]
    return sum(areas) / len(areas) if areas else None


def _area(true: Ints, scores: Floats) -> float | None:
    positive = int(true.sum())
    negative = len(true) - positive
    if not positive or not negative:
        return None
    # The rank-sum form; equal scores share the mean of their ranks.
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return (float(ranks[true == 1].sum()) - positive * (positive + 1) / 2) / (positive * negative)
