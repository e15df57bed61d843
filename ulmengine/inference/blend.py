"""Both readers together: the network, and counts of words and of parts of words.

They err on different documents, so the mean of their probabilities is often right where one of them is not. How much
each counts is fitted on the validation documents; network, counts and blend are always told apart, and from the
baseline, which counts words alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from .baseline import Baseline
from .calibrate import Floats, one_hot, probabilities

_MOST_TERMS, _MOST_WEIGHTS = 20_000, 200_000  # of words, and of parts: what they add to a model's file is bounded
MOST_CHARACTERS = 8_000_000
"""Of all these terms together: texts without spaces (sequences of genes, encoded data) are one long word each, and a
model's file that holds more cannot be opened any more."""
# Nats that half a unit away from the middle costs: some dozen validation documents do not decide against it. Chosen
# on validation parts, where 5 to 40 nats make hardly a difference.
_PRIOR = 20.0
TRANSFERRED, FROM_SCRATCH = 0.5, 0.3
"""The middle, for a network that began from a pretrained one, and for one that knows these texts alone. Chosen on
validation parts: 0.4, 0.5, 0.6 and 0.7 gave an accuracy of 0.821, 0.823, 0.822 and 0.821 (eight runs with 500 and
2,000 labels of five English corpora); from scratch 0.2, 0.3, 0.4, 0.5 and 0.6 gave 0.746, 0.748, 0.749, 0.746 and 0.742
(three runs, English), and before the sharpness of the counts was fitted 0.2, 0.3, 0.5 and 0.7 gave 0.759, 0.754, 0.747
and 0.729 (three runs, German tweets and Chinese reviews)."""
# Nats that a sharpness of e instead of 1 costs, and the logarithms of the least and the greatest one.
_SHARPNESS_PRIOR, _SHARPNESS = 2.0, (-1.0, 2.5)
_ALONE = 0.95  # from this weight on the counts add nothing but their size
_SMALLEST = 1e-9


@dataclass(frozen=True, eq=False)
class Blend:
    """The ``counts``, and the ``weight`` of the network beside them, 0 to 1."""

    counts: Baseline
    weight: float

    def pack(self) -> tuple[float, dict[str, NDArray[Any]], dict[str, Any]]:
        """The weight, and what :meth:`Baseline.pack` gives: all that a model's file needs."""
        return self.weight, *self.counts.pack()

    @classmethod
    def unpack(cls, weight: float, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> Blend:
        """What :meth:`pack` gave. :raises InferenceError: arrays and values that do not fit together."""
        return cls(Baseline.unpack(arrays, about), weight)

    def mixed(self, network: Floats, counts: Floats) -> Floats:
        """The probabilities (documents, classes) of both together."""
        return np.asarray(self.weight * network + (1 - self.weight) * counts)


def counts_beside(texts: Sequence[str], targets: NDArray[np.generic], classes: int, sharpness: float = 1.0) -> Baseline:
    """The counts that answer together with a network: of words, and of parts of words where these are written with
    spaces. See :class:`Baseline`."""
    most = min(_MOST_TERMS, max(2_000, _MOST_WEIGHTS // classes))
    counts = Baseline(texts, targets, classes, most_terms=most, parts=True)
    counts.sharpness = sharpness
    return counts


def sharpness_of(counts: Floats, targets: NDArray[np.generic], *, multi_label: bool = False) -> float:
    """By what the scores of the counts want to be multiplied so that their probabilities mean what they say.

    Counts of some hundred documents hardly dare to say anything, the less the more classes there are; in a mean with a
    network, which does, they would not be heard.

    :param counts: (documents, classes) probabilities, of documents that were not counted.
    :param targets: as for :func:`fit_weight`.
    """
    truth = one_hot(targets, counts.shape, multi_label)
    bounded = np.clip(counts, _SMALLEST, 1 - _SMALLEST)
    scores = np.log(bounded) - (np.log1p(-bounded) if multi_label else 0.0)

    def surprise(logarithm: float) -> float:
        said = probabilities(scores * np.exp(logarithm), multi_label=multi_label)
        return _surprise(said, truth, multi_label) + _SHARPNESS_PRIOR * logarithm**2

    return round(float(np.exp(minimize_scalar(surprise, bounds=_SHARPNESS, method="bounded").x)), 3)


def fit_weight(
    network: Floats, counts: Floats, targets: NDArray[np.generic], *, multi_label: bool = False,
    middle: float = TRANSFERRED,
) -> float | None:
    """The network's weight that makes the mean of both likeliest; None where the network had best answer alone.

    Whether both together are better than the network is not asked of the validation documents: some dozen would decide
    by chance, and the mean was better or level wherever it was tried.

    :param network: (documents, classes) calibrated probabilities, as those of the ``counts``: of documents that
        neither was trained on.
    :param targets: (documents,) class numbers, or (documents, classes) of 0 and 1 if ``multi_label``.
    :param middle: the weight that is likely before any document is asked.
    """
    truth = one_hot(targets, network.shape, multi_label)

    def surprise(weight: float) -> float:
        mean = weight * network + (1 - weight) * counts
        return _surprise(mean, truth, multi_label) + _PRIOR * ((weight - middle) / 0.5) ** 2

    weight = round(float(minimize_scalar(surprise, bounds=(0.0, 1.0), method="bounded").x), 3)
    return weight if weight < _ALONE else None


def _surprise(said: Floats, truth: Floats, multi_label: bool) -> float:
    """Nats, summed over the documents."""
    chance = np.where(truth > 0, said, 1 - said) if multi_label else said[truth > 0]
    return float(-np.log(np.maximum(chance, _SMALLEST)).sum())
