"""Calibration: make a probability mean what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, log_expit, log_softmax, logsumexp, softmax

from .errors import InferenceError

Floats = NDArray[np.float64]

# Outside this span a temperature says more about a small validation set than about the network.
LOWEST, HIGHEST = 0.2, 10.0


def fit_temperature(logits: NDArray[np.floating], targets: NDArray[np.generic], *, multi_label: bool = False) -> float:
    """The temperature T that minimises the negative log-likelihood of ``logits / T`` (Guo et al., 1706.04599, 4.2).

    It is convex in 1/T, so its derivative has one root. Where every document is right, no finite T is best: 1.0.

    :param logits: (documents, classes), of documents the network was not trained on.
    :param targets: (documents,) class numbers, or (documents, classes) of 0 and 1 if ``multi_label``.
    :return: T, from 0.2 to 10.
    :raises InferenceError: no documents, shapes that do not fit, or logits that are not finite.
    """
    scores = np.asarray(logits, dtype=np.float64)
    truth = one_hot(targets, scores.shape, multi_label)
    if not np.isfinite(scores).all():
        raise InferenceError("calibration: the network's outputs are not finite; lower the learning rate")
    right = (scores > 0) == (truth > 0) if multi_label else truth[np.arange(len(scores)), scores.argmax(1)] > 0
    if right.all():
        return 1.0
    low, high = 1 / HIGHEST, 1 / LOWEST
    if _slope(low, scores, truth, multi_label) >= 0:
        return HIGHEST
    if _slope(high, scores, truth, multi_label) <= 0:
        return LOWEST
    return float(1 / brentq(_slope, low, high, args=(scores, truth, multi_label), xtol=1e-12))


def probabilities(logits: NDArray[np.floating], temperature: float = 1.0, *, multi_label: bool = False) -> Floats:
    """(documents, classes) probabilities of ``logits`` at ``temperature``: soft-max, or one sigmoid a label."""
    scores = np.asarray(logits, dtype=np.float64) / temperature
    result: Floats = expit(scores) if multi_label else softmax(scores, axis=-1)
    return result


def chosen(values: Floats, multi_label: bool) -> NDArray[Any]:
    """The labels these probabilities stand for: (documents,) class numbers, or (documents, classes) bool."""
    return np.asarray(values >= 0.5 if multi_label else values.argmax(1))


def alike(labels: NDArray[Any], others: NDArray[Any]) -> NDArray[np.bool_]:
    """(documents,) whether the labels are the same, of several a document all of them."""
    same = np.asarray(labels == others)
    return np.asarray(same.all(1) if same.ndim > 1 else same)


def average(logits: list[NDArray[np.floating]], *, multi_label: bool = False) -> Floats:
    """Logits whose probabilities are the mean of those of several networks (1801.06146, 3.4: both directions).

    Log-probabilities serve as logits of a soft-max; for several labels the log-odds of the mean probability.
    """
    if len(logits) == 1:
        return np.asarray(logits[0], dtype=np.float64)
    stacked = np.stack([np.asarray(one, dtype=np.float64) for one in logits])
    if not multi_label:
        return np.asarray(logsumexp(log_softmax(stacked, axis=-1), axis=0) - np.log(len(logits)))
    # log(p) - log(1 - p) from the logarithms, so that a very sure network keeps a finite log-odds.
    return np.asarray(logsumexp(log_expit(stacked), axis=0) - logsumexp(log_expit(-stacked), axis=0))


def one_hot(targets: NDArray[np.generic], shape: tuple[int, ...], multi_label: bool) -> Floats:
    """``targets`` as (documents, classes) of 0.0 and 1.0, checked against ``shape``.

    :raises InferenceError: no documents, or shapes that do not fit.
    """
    values = np.asarray(targets)
    if len(shape) != 2 or shape[0] == 0:
        raise InferenceError("there are no documents to measure on; give the corpus a validation or test part")
    if multi_label:
        if values.shape != shape:
            raise InferenceError(f"{values.shape} labels do not fit {shape} predictions")
        return values.astype(np.float64)
    if values.shape != shape[:1]:
        raise InferenceError(f"{values.shape} labels do not fit {shape} predictions")
    numbers = values.astype(np.int64)
    if numbers.min() < 0 or numbers.max() >= shape[1]:
        raise InferenceError(f"a label number is outside 0 to {shape[1] - 1}")
    return np.eye(shape[1])[numbers]


def _slope(beta: float, scores: Floats, truth: Floats, multi_label: bool) -> float:
    """Derivative by 1/T of the negative log-likelihood: the sum of logit times (probability - truth)."""
    return float((scores * (probabilities(scores, 1 / beta, multi_label=multi_label) - truth)).sum())
