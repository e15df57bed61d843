"""How good a classifier is, every figure with its interval."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ulmengine.events import defined
from ulmengine.training.metrics import Bools, Ranked, Tally

from .calibrate import Floats, one_hot
from .errors import InferenceError
from .ranking import Bin, Reliability

RESAMPLES = 1_000
# The figures that need the documents themselves are resampled less often when there are many of them.
_HEAVY_BUDGET = 20_000_000
_HEAVY_LEAST = 50
_AT_ONCE = 100_000
"""Numbers of all samples that are worked on together: enough that NumPy's loops do the work, few in memory."""
_TINY = 1e-12
_SHORT_CUT = 5  # documents a pattern from which on drawing pattern counts is faster than drawing documents
_BLOCK = 4_000_000  # counts held at once while resampling


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % bootstrap interval. All three are not-a-number where the figure is not defined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassReport:
    """One class: ``support`` documents have it, ``predicted`` were given it. Areas are None where not defined.

    The intervals are (low, high) of 95 %.
    """

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int
    auc: float | None
    average_precision: float | None
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]
    f1_interval: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A classifier measured on documents whose labels are known.

    ``metrics``: accuracy, f1_macro, f1_micro, mcc, auc and average_precision (means over the classes, one against
    the rest), ece (calibration error), loss (nats a document). ``confusion``: (true, predicted) int64, or for several
    labels (label, true no/yes, predicted no/yes). ``losses``: (documents,) nats in the order given.
    ``predicted``: (documents,) class numbers, or (documents, classes) bool.
    """

    documents: int
    labels: tuple[str, ...]
    multi_label: bool
    metrics: dict[str, Estimate]
    classes: tuple[ClassReport, ...]
    confusion: NDArray[np.int64]
    calibration: tuple[Bin, ...]
    losses: Floats
    predicted: NDArray[Any]

    @property
    def accuracy(self) -> float:
        """Share of documents that are right as a whole."""
        return self.metrics["accuracy"].value

    def to_json(self) -> dict[str, Any]:
        """Everything but the single documents, as plain JSON values (None for not-a-number)."""
        return {
            "documents": self.documents, "labels": list(self.labels), "multi_label": self.multi_label,
            "metrics": {name: defined(dataclasses.asdict(one)) for name, one in self.metrics.items()},
            "classes": [dataclasses.asdict(one) for one in self.classes],
            "confusion": self.confusion.tolist(),
            "calibration": [dataclasses.asdict(one) for one in self.calibration],
        }


def evaluate(
    probabilities: NDArray[np.floating], targets: NDArray[np.generic], labels: Sequence[str], *,
    multi_label: bool = False, resamples: int = RESAMPLES, seed: int = 0,
) -> Evaluation:
    """Measure ``probabilities`` against what the documents really are.

    :param probabilities: (documents, classes), in the order of ``targets`` and of ``labels``.
    :param targets: (documents,) class numbers, or (documents, classes) of 0 and 1 if ``multi_label``: a label counts
        as given from 0.5 on.
    :param resamples: bootstrap samples (Efron 1979, percentile intervals); the same seed gives the same intervals.
    :raises InferenceError: no documents, shapes that do not fit, or probabilities that are not numbers.
    """
    scores = np.asarray(probabilities, dtype=np.float64)
    truth = one_hot(targets, scores.shape, multi_label)
    if scores.shape[1] != len(labels):
        raise InferenceError(f"{scores.shape[1]} probabilities a document do not fit {len(labels)} labels")
    if not np.isfinite(scores).all():
        raise InferenceError("some probabilities are not numbers; the network has diverged, lower the learning rate")
    chosen = scores >= 0.5 if multi_label else np.arange(scores.shape[1]) == scores.argmax(1)[:, None]
    patterns = Patterns(truth > 0, chosen, multi_label)
    ranked = [Ranked(scores[:, number], truth[:, number]) for number in range(len(labels))]
    reliability = _reliability(scores, truth, chosen, multi_label)
    losses = document_losses(scores, truth, multi_label)
    random = np.random.default_rng(seed)
    sample, drawn = patterns.tally(), patterns.resampled(resamples, random)
    metrics = _counted(sample, drawn)
    metrics |= _weighted(ranked, reliability, losses, resamples, random)
    return Evaluation(
        len(scores), tuple(labels), multi_label, metrics, _classes(sample, drawn, ranked, labels),
        _confusion(truth > 0, chosen, multi_label), reliability.diagram(), losses,
        chosen if multi_label else scores.argmax(1),
    )


def document_losses(scores: Floats, truth: Floats, multi_label: bool) -> Floats:
    """(documents,) negative log-likelihood in nats; for several labels the sum over them."""
    if multi_label:
        sure = np.clip(scores, _TINY, 1 - _TINY)
        return np.asarray(-(truth * np.log(sure) + (1 - truth) * np.log1p(-sure)).sum(1))
    return np.asarray(-np.log(np.maximum((scores * truth).sum(1), _TINY)))


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


def _reliability(scores: Floats, truth: Floats, chosen: Bools, multi_label: bool) -> Reliability:
    if multi_label:
        return Reliability(scores, truth)
    return Reliability(scores.max(1, keepdims=True), (truth * chosen).sum(1, keepdims=True))


def _counted(sample: Tally, drawn: Tally) -> dict[str, Estimate]:
    figures: dict[str, Callable[[Tally], Floats]] = {
        "accuracy": Tally.accuracy, "f1_macro": Tally.f1_macro, "f1_micro": Tally.f1_micro, "mcc": Tally.mcc,
    }
    found: dict[str, Estimate] = {}
    for name, figure in figures.items():
        value, interval = float(figure(sample)), _interval(figure(drawn))
        if name == "accuracy" or (name == "f1_micro" and not sample.multi_label):  # shares of the documents
            interval = _for_certain(value, sample.documents, interval)
        found[name] = Estimate(value, *interval)
    return found


def _weighted(
    ranked: Sequence[Ranked], reliability: Reliability, losses: Floats, resamples: int, random: np.random.Generator
) -> dict[str, Estimate]:
    def figures(weights: Floats) -> Floats:
        """(samples, documents) -> (4, samples)."""
        areas = np.array([one.areas(weights) for one in ranked])
        defined = (~np.isnan(areas[:, :1])).sum(0)
        means = np.divide(np.nansum(areas, 0), defined, out=np.full(areas.shape[1:], np.nan), where=defined > 0)
        return np.array([*means, reliability.error(weights), weights @ losses / documents])

    documents = len(losses)
    often = min(resamples, max(_HEAVY_LEAST, _HEAVY_BUDGET // (documents * len(ranked))))
    at_once = max(1, _AT_ONCE // documents)
    drawn = np.concatenate([
        figures(_times_drawn(random, documents, min(at_once, often - first))) for first in range(0, often, at_once)
    ], axis=1)
    names = ("auc", "average_precision", "ece", "loss")
    whole = figures(np.ones((1, documents)))[:, 0]
    return {name: Estimate(float(value), *_interval(spread))
            for name, value, spread in zip(names, whole, drawn, strict=True)}


def _times_drawn(random: np.random.Generator, documents: int, samples: int) -> Floats:
    """(samples, documents): how often each document is in each sample."""
    chosen = random.integers(documents, size=(samples, documents)) + documents * np.arange(samples)[:, None]
    return np.bincount(chosen.ravel(), minlength=samples * documents).reshape(samples, documents).astype(np.float64)


def _interval(values: Floats) -> tuple[float, float]:
    defined = values[~np.isnan(values)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)


def wilson(right: int, count: int) -> tuple[float, float, float]:
    """(share, low, high): Wilson's 95 % interval of a share (1927); not-a-number where there is nothing."""
    if not count:
        return (float("nan"),) * 3
    z, share = 1.959964, right / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)))
    return share, max(0.0, middle - half), min(1.0, middle + half)


def _for_certain(share: float, count: int, interval: tuple[float, float]) -> tuple[float, float]:
    """``interval`` of a ``share`` of ``count`` cases, or Wilson's where all of them are right, or none.

    Such a sample shows no spread however it is drawn anew: the bootstrap would call 4 of 4 certain.
    """
    if not count or share not in (0.0, 1.0):
        return interval
    return wilson(round(share * count), count)[1:]


def _classes(tally: Tally, drawn: Tally, ranked: Sequence[Ranked], labels: Sequence[str]) -> tuple[ClassReport, ...]:
    precision, recall, f1 = tally.precision(), tally.recall(), tally.f1()
    spans = intervals_of_classes(tally, drawn)
    areas = [one.areas(np.ones(tally.documents)) for one in ranked]
    return tuple(
        ClassReport(label, float(precision[number]), float(recall[number]), float(f1[number]),
                    int(tally.true[number]), int(tally.predicted[number]),
                    _plain(float(areas[number][0])), _plain(float(areas[number][1])),
                    spans[0][number], spans[1][number], spans[2][number])
        for number, label in enumerate(labels)
    )


def intervals_of_classes(tally: Tally, drawn: Tally) -> tuple[list[tuple[float, float]], ...]:
    """(low, high) of 95 % of the precision, recall and F1 of each class; ``drawn``: the same counts of resamples."""
    fewer = np.minimum(tally.true, tally.predicted)
    spans = []
    for whole, many, cases in ((tally.precision(), drawn.precision(), tally.predicted),
                               (tally.recall(), drawn.recall(), tally.true), (tally.f1(), drawn.f1(), fewer)):
        low, high = np.quantile(many, [0.025, 0.975], axis=0)
        spans.append([_for_certain(*one) for one in zip(
            whole.tolist(), cases.astype(int).tolist(), zip(low.tolist(), high.tolist(), strict=True), strict=True)])
    return tuple(spans)


def _confusion(truth: Bools, chosen: Bools, multi_label: bool) -> NDArray[np.int64]:
    if not multi_label:
        size = truth.shape[1]
        return np.bincount(truth.argmax(1) * size + chosen.argmax(1), minlength=size * size).reshape(size, size)
    return np.array([[[(~was & ~said).sum(), (~was & said).sum()], [(was & ~said).sum(), (was & said).sum()]]
                     for was, said in zip(truth.T, chosen.T, strict=True)], dtype=np.int64)


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else value
