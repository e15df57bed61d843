"""The classifier's losses, worked by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from ulmengine.config import ClassifierConfig
from ulmengine.nets import balanced_weights, classifier_loss, disagreement

SCORES = torch.tensor([[2.0, 0.0], [0.0, 1.0], [1.0, -1.0]])
TARGETS = torch.tensor([0, 0, 1])
# -log softmax at the target, from log(1 + e^-difference)
ROWS = [math.log1p(math.exp(-2)), math.log1p(math.exp(1)), math.log1p(math.exp(2))]


def value(
    counts: Tensor | None = None, multi_label: bool = False, targets: Tensor = TARGETS, **options: object
) -> float:
    loss = classifier_loss(ClassifierConfig(**options), counts, multi_label)  # type: ignore[arg-type]
    return float(loss(SCORES, targets))


def test_cross_entropy() -> None:
    assert value() == pytest.approx(sum(ROWS) / 3)
    assert value(loss="cross_entropy") == pytest.approx(sum(ROWS) / 3)


def test_label_smoothing() -> None:
    """0.1 spread over two labels: 0.95 of the target's and 0.05 of the other's -log softmax."""
    other = [math.log1p(math.exp(2)), math.log1p(math.exp(-1)), math.log1p(math.exp(-2))]
    by_hand = sum(0.95 * right + 0.05 * wrong for right, wrong in zip(ROWS, other, strict=True)) / 3
    assert value(label_smoothing=0.1) == pytest.approx(by_hand)


def test_balanced_weights() -> None:
    """30 of one and 10 of the other: 40 / (2 * 30) and 40 / (2 * 10); an absent class counts as an average one."""
    assert balanced_weights(torch.tensor([30, 10])).tolist() == pytest.approx([2 / 3, 2.0])
    assert balanced_weights(torch.tensor([30, 0, 10])).tolist() == pytest.approx([2 / 3, 1.0, 2.0])
    by_hand = (2 / 3 * ROWS[0] + 2 / 3 * ROWS[1] + 2 * ROWS[2]) / (2 / 3 + 2 / 3 + 2)
    assert value(torch.tensor([30, 10]), class_weights="balanced") == pytest.approx(by_hand)
    with pytest.raises(ValueError, match="number of documents"):
        value(class_weights="balanced")


def test_focal() -> None:
    by_hand = sum((1 - math.exp(-row)) ** 2 * row for row in ROWS) / 3
    assert value(loss="focal", focal_gamma=2.0) == pytest.approx(by_hand)
    assert value(loss="focal", focal_gamma=0.0) == pytest.approx(sum(ROWS) / 3)
    weights = [2 / 3, 2 / 3, 2.0]
    weighted = sum(w * (1 - math.exp(-row)) ** 2 * row for w, row in zip(weights, ROWS, strict=True)) / sum(weights)
    assert value(torch.tensor([30, 10]), loss="focal", class_weights="balanced") == pytest.approx(weighted)


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


MANY = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
# -log sigmoid(score) where 1, -log(1 - sigmoid(score)) where 0
CELLS = [softplus(-2), softplus(0), softplus(0), softplus(-1), softplus(1), softplus(-1)]


def test_several_labels() -> None:
    assert value(multi_label=True, targets=MANY) == pytest.approx(sum(CELLS) / 6)
    focal = sum((1 - math.exp(-cell)) ** 2 * cell for cell in CELLS) / 6
    assert value(multi_label=True, targets=MANY, loss="focal") == pytest.approx(focal)
    smooth = 0.9 * sum(CELLS) + 0.1 * sum((softplus(s) + softplus(-s)) / 2 for s in SCORES.flatten().tolist())
    assert value(multi_label=True, targets=MANY, label_smoothing=0.1) == pytest.approx(smooth / 6)
    weighted = sum(cell * (2 / 3, 2.0)[n % 2] for n, cell in enumerate(CELLS)) / 6
    counts = torch.tensor([30, 10])
    assert value(counts, multi_label=True, targets=MANY, class_weights="balanced") == pytest.approx(weighted)
    with pytest.raises(ValueError, match="several"):
        value(multi_label=True, targets=MANY, loss="cross_entropy")


def test_binary_for_one_label() -> None:
    """Each class is a question of its own; targets 0, 0, 1."""
    by_hand = (softplus(-2) + softplus(0) + softplus(0) + softplus(1) + softplus(1) + softplus(1)) / 6
    assert value(loss="binary") == pytest.approx(by_hand)


def test_half_precision_scores_are_widened() -> None:
    loss = classifier_loss(ClassifierConfig(), None, False)
    assert loss(SCORES.bfloat16(), TARGETS).dtype == torch.float32


def test_a_mean_says_what_it_was_divided_by() -> None:
    """So that the means of two parts, weighed by their shares, are the mean of the whole: 3 * 2/3 + 1 * 2."""
    targets = torch.tensor([0, 0, 1, 0])
    weighted = classifier_loss(ClassifierConfig(class_weights="balanced"), torch.tensor([30, 10]), False)
    assert weighted.share(targets) == pytest.approx(4.0)
    assert weighted.share(targets[2:3]) == pytest.approx(2.0)
    assert classifier_loss(ClassifierConfig(), None, False).share(targets) == 4.0
    assert classifier_loss(ClassifierConfig(), None, True).share(torch.zeros(4, 2)) == 4.0


@pytest.mark.parametrize("several", [False, True])
def test_focal_loss_of_what_is_certain_has_a_gradient(several: bool) -> None:
    """The slope of doubt ** 0.5 is infinite at a doubt of 0."""
    scores = torch.tensor([[60.0, 0.0], [0.5, -0.5]], requires_grad=True)
    targets = torch.tensor([[1.0, 0.0], [1.0, 0.0]]) if several else torch.tensor([0, 0])
    loss = classifier_loss(ClassifierConfig(loss="focal", focal_gamma=0.5), None, several)
    loss(scores, targets).backward()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()
    assert scores.grad[1].any()


def test_disagreement_is_the_mean_of_both_divergences() -> None:
    one, two = torch.tensor([[2.0, 0.0, -1.0], [0.3, 0.2, 0.1]]), torch.tensor([[0.0, 1.0, 0.5], [0.3, 0.2, 0.1]])
    p, q = torch.distributions.Categorical(logits=one), torch.distributions.Categorical(logits=two)
    there, back = torch.distributions.kl_divergence(p, q), torch.distributions.kl_divergence(q, p)
    torch.testing.assert_close(disagreement(one, two, False), (there + back) / 2)
    torch.testing.assert_close(disagreement(one, two, False), disagreement(two, one, False))
    yes, no = torch.distributions.Bernoulli(logits=one), torch.distributions.Bernoulli(logits=two)
    there, back = torch.distributions.kl_divergence(yes, no), torch.distributions.kl_divergence(no, yes)
    torch.testing.assert_close(disagreement(one, two, True), ((there + back) / 2).mean(1))


def test_other_values_are_averaged_as_the_losses_are() -> None:
    """Weights 2/3 and 2: (2/3 * 3 + 2 * 1) / (8/3)."""
    values, targets = torch.tensor([3.0, 1.0]), torch.tensor([0, 1])
    weighted = classifier_loss(ClassifierConfig(class_weights="balanced"), torch.tensor([30, 10]), False)
    assert float(weighted.mean(values, targets)) == pytest.approx(1.5)
    assert float(classifier_loss(ClassifierConfig(), None, False).mean(values, targets)) == 2.0
    assert float(classifier_loss(ClassifierConfig(), None, True).mean(values, torch.zeros(2, 3))) == 2.0
