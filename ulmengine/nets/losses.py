"""Losses of the classifier, all in float32."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from ulmengine.config import ClassifierConfig

SMALLEST = 1e-7
"""The doubt a focal loss sees where there is none: for an exponent below 1 its slope at 0 is infinite."""


class Loss(Protocol):
    """A mean loss that says what it is the mean over, so that means of parts can be put together to that of all."""

    def __call__(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Mean loss of ``scores`` (batch, classes)."""

    def share(self, targets: Tensor) -> float:
        """What the mean was divided by: the number of documents, or the sum of their classes' weights."""

    def mean(self, values: Tensor, targets: Tensor) -> Tensor:
        """The mean of other ``values`` (batch,) of the documents, weighted as that of their losses."""


def classifier_loss(config: ClassifierConfig, counts: Tensor | None, multi_label: bool) -> Loss:
    """The loss that ``config`` asks for: (scores (batch, classes), targets) -> mean loss.

    :param counts: (classes,) how often each label occurs in training; needed for balanced class weights.
    :param multi_label: targets are (batch, classes) of 0 and 1 instead of (batch,) class numbers.
    :raises ValueError: balanced weights without counts, or a loss that does not fit the kind of labels.
    """
    weights = None
    if config.class_weights == "balanced":
        if counts is None:
            raise ValueError("balanced class weights need the number of documents of each label")
        weights = balanced_weights(counts)
    if multi_label:
        if config.loss == "cross_entropy":
            raise ValueError("cross entropy needs one label a document; choose auto, binary or focal for several")
        gamma = config.focal_gamma if config.loss == "focal" else 0.0
        return _Binary(weights, config.label_smoothing, gamma)
    if config.loss == "binary":
        return _OneHot(weights, config.label_smoothing)
    return _CrossEntropy(weights, config.label_smoothing, config.focal_gamma if config.loss == "focal" else 0.0)


def balanced_weights(counts: Tensor) -> Tensor:
    """Weight of each class, total / (classes * count): every class counts the same.

    A class that is absent here weighs 1: documents of it may stand in the validation part, whose mean loss would
    otherwise be 0 / 0.
    """
    counts = counts.float()
    present = counts > 0
    return torch.where(present, counts.sum() / (present.sum() * counts.clamp(min=1)), 1.0)


def disagreement(one: Tensor, two: Tensor, multi_label: bool) -> Tensor:
    """How far two answers about the same documents are apart, (batch,): the mean of the Kullback-Leibler divergences
    from each to the other; of several labels a document the mean over these (R-Drop, 2106.14448, 2).

    :param one: scores (batch, classes), as ``two``.
    """
    one, two = one.float(), two.float()
    if multi_label:
        # Of two answers, yes or no, the two divergences add up to this.
        return ((one.sigmoid() - two.sigmoid()) * (one - two)).mean(1) / 2
    return ((one.softmax(1) - two.softmax(1)) * (one.log_softmax(1) - two.log_softmax(1))).sum(1) / 2


class _CrossEntropy:
    """Cross entropy with class weights and label smoothing; ``gamma`` > 0 makes it focal (Lin et al., 1708.02002).

    The mean is weighted: sum of weighted losses over the sum of the targets' weights.
    """

    def __init__(self, weights: Tensor | None, smoothing: float, gamma: float) -> None:
        self.weights, self.smoothing, self.gamma = weights, smoothing, gamma

    def share(self, targets: Tensor) -> float:
        return float(len(targets) if self.weights is None else self.weights[targets.cpu()].sum())

    def mean(self, values: Tensor, targets: Tensor) -> Tensor:
        if self.weights is None:
            return values.mean()
        weights = self.weights.to(values.device)[targets]
        return (values * weights).sum() / weights.sum()

    def __call__(self, scores: Tensor, targets: Tensor) -> Tensor:
        scores = scores.float()
        weights = None if self.weights is None else self.weights.to(scores.device)
        if not self.gamma:
            return F.cross_entropy(scores, targets, weights, label_smoothing=self.smoothing)
        losses = F.cross_entropy(scores, targets, weights, label_smoothing=self.smoothing, reduction="none")
        right = scores.log_softmax(1).gather(1, targets[:, None]).squeeze(1).exp()
        share = weights[targets].sum() if weights is not None else len(targets)
        return ((1 - right).clamp(min=SMALLEST) ** self.gamma * losses).sum() / share


class _Binary:
    """One yes-or-no question a label; ``weights`` multiply each label's questions, ``gamma`` as in the focal loss."""

    def __init__(self, weights: Tensor | None, smoothing: float, gamma: float) -> None:
        self.weights, self.smoothing, self.gamma = weights, smoothing, gamma

    def share(self, targets: Tensor) -> float:
        return float(len(targets))

    def mean(self, values: Tensor, targets: Tensor) -> Tensor:
        del targets
        return values.mean()

    def __call__(self, scores: Tensor, targets: Tensor) -> Tensor:
        scores, targets = scores.float(), targets.float()
        smooth = targets * (1 - self.smoothing) + self.smoothing / 2
        losses = F.binary_cross_entropy_with_logits(scores, smooth, reduction="none")
        if self.gamma:
            probability = scores.sigmoid()
            right = torch.where(targets > 0.5, probability, 1 - probability)
            losses = (1 - right).clamp(min=SMALLEST) ** self.gamma * losses
        return (losses if self.weights is None else losses * self.weights.to(scores.device)).mean()


class _OneHot(_Binary):
    """The binary loss for one label a document: its class is yes, all others no."""

    def __init__(self, weights: Tensor | None, smoothing: float) -> None:
        super().__init__(weights, smoothing, 0.0)

    def __call__(self, scores: Tensor, targets: Tensor) -> Tensor:
        return super().__call__(scores, F.one_hot(targets, scores.shape[1]))
