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
from .calibrate import Floats, one_hot

_MOST_TERMS, _MOST_WEIGHTS = 20_000, 200_000  # of words, and of parts: what they add to a model's file is bounded
MOST_CHARACTERS = 8_000_000
"""Of all these terms together: texts without spaces (sequences of genes, encoded data) are one long word each, and a
model's file that holds more cannot be opened any more."""
# Nats that half a unit away from the middle costs: some dozen validation documents do not decide against it. Chosen
# on validation parts, where 5 to 40 nats make hardly a difference.
_PRIOR = 20.0
TRANSFERRED, FROM_SCRATCH = 0.7, 0.3
"""The middle, for a network that began from a pretrained one, and for one that knows these texts alone. Chosen on
validation parts: 0.5, 0.6, 0.7 and 0.75 gave an accuracy of 0.772, 0.773, 0.774 and 0.773 (17 runs with 500 labels of
five English corpora); from scratch 0.2, 0.3, 0.4, 0.5 and 0.7 gave 0.759, 0.754, 0.753, 0.747 and 0.729 (German tweets
with 500 and 2,000 labels, Chinese reviews with 500). Three runs do not tell 0.2 from 0.3, and the milder was taken."""
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


def counts_beside(texts: Sequence[str], targets: NDArray[np.generic], classes: int) -> Baseline:
    """The counts that answer together with a network: of words, and of parts of words where these are written with
    spaces. See :class:`Baseline`."""
    most = min(_MOST_TERMS, max(2_000, _MOST_WEIGHTS // classes))
    return Baseline(texts, targets, classes, most_terms=most, parts=True)


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
        """Nats, summed over the documents."""
        mean = weight * network + (1 - weight) * counts
        chance = np.where(truth > 0, mean, 1 - mean) if multi_label else mean[truth > 0]
        return float(-np.log(np.maximum(chance, _SMALLEST)).sum())

    found = minimize_scalar(
        lambda weight: surprise(weight) + _PRIOR * ((weight - middle) / 0.5) ** 2, bounds=(0.0, 1.0), method="bounded"
    )
    weight = round(float(found.x), 3)
    return weight if weight < _ALONE else None
