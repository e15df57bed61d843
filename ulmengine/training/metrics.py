"""Figures of right and wrong answers: counted for one sample or for many at once, and gathered batch by batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


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

    :param classes: number of labels.
    """

    def __init__(self, classes: int) -> None:
        self.classes = classes
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
        multi_label = targets.ndim > 1
        if multi_label:
            truth, said = targets > 0, scores >= 0.5
        else:
            truth, said = (np.arange(self.classes) == found[:, None] for found in (targets, scores.argmax(axis=1)))
        tally = Tally.of(truth, said, multi_label)
        figures = {
            "valid_loss": self.loss / self.weight, "accuracy": float(tally.accuracy()),
            "f1_macro": float(tally.f1()[tally.present].mean()) if tally.present.any() else 0.0,
            "f1_micro": float(tally.f1_micro()), "mcc": float(tally.mcc()),
        }
        # Of two classes that exclude each other one area says all; else the mean of one class against the rest.
        classes = [1] if truth.shape[1] == 2 and (truth.sum(axis=1) == 1).all() else range(self.classes)
        all_alike = np.ones(len(truth))
        areas = [float(Ranked(scores[:, c], truth[:, c].astype(np.float64)).areas(all_alike)[0]) for c in classes]
        defined = [area for area in areas if not math.isnan(area)]
        return figures | {"auc": sum(defined) / len(defined)} if defined else figures


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

    @classmethod
    def of(cls, truth: Bools, said: Bools, multi_label: bool) -> Tally:
        """Of one sample: which classes its documents have, and which they were given, (documents, classes) each."""
        hits, true, predicted = (part.sum(axis=0, dtype=np.float64) for part in (truth & said, truth, said))
        exact = (truth == said).all(axis=1).sum(dtype=np.float64)
        return cls(hits, true, predicted, exact, len(truth), multi_label)

    @property
    def present(self) -> Bools:
        """(..., classes): which are there or were predicted."""
        return np.asarray(self.true + self.predicted > 0)

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
        return _share((self.f1() * self.present).sum(-1), self.present.sum(-1).astype(np.float64))

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


class Ranked:
    """One class' scores, sorted once, so that areas under other weights of the documents cost no further sort.

    :param scores: (documents,). :param truth: (documents,) of 0.0 and 1.0.
    """

    def __init__(self, scores: Floats, truth: Floats) -> None:
        self._order = np.argsort(-scores, kind="stable")
        ranked = scores[self._order]
        # The last place of every group of equal scores, best first: within a group no order is defined.
        self._ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
        self._truth = truth[self._order]

    def counts(self) -> tuple[Floats, Floats, float]:
        """Below each distinct score, best first: (true positives, documents above it), and all positives there are."""
        found = np.cumsum(self._truth)[self._ends]
        return found, (self._ends + 1).astype(np.float64), float(found[-1])

    def areas(self, weights: Floats) -> tuple[Floats, Floats]:
        """(..., documents) -> area under the ROC curve and average precision, (...) each; not-a-number where one side
        has no weight."""
        ranked = weights.take(self._order, -1)
        everything = ranked.cumsum(-1).take(self._ends, -1)
        above = (ranked * self._truth).cumsum(-1).take(self._ends, -1)
        total_positive, total_negative = above[..., -1], everything[..., -1] - above[..., -1]
        both = (total_positive > 0) & (total_negative > 0)
        positive = np.diff(above, prepend=0.0)
        negative = np.diff(everything, prepend=0.0) - positive
        precision = np.divide(above, everything, out=np.zeros_like(above), where=everything > 0)
        area, average = (negative * (above - positive / 2)).sum(-1), (positive * precision).sum(-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return (np.where(both, area / (total_positive * total_negative), np.nan),
                    np.where(both, average / total_positive, np.nan))


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0))
