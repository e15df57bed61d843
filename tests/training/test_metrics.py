"""Streamed figures against scikit-learn, in batches as in one piece."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from ulmengine.training.metrics import ClassifierMetrics, LanguageModelMetrics


def scores_and_targets(classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    scores = random.dirichlet(np.ones(classes), 60).round(2)  # rounding makes ties
    return scores, random.integers(0, classes, 60)


@pytest.mark.parametrize("classes", [2, 4])
def test_one_label_a_document(classes: int) -> None:
    scores, targets = scores_and_targets(classes, classes)
    figures = ClassifierMetrics(classes)
    for start, stop in ((0, 7), (7, 50), (50, 60)):
        figures.add(float(start), stop - start, scores[start:stop], targets[start:stop])
    said = scores.argmax(axis=1)
    if classes == 2:
        area = sk.roc_auc_score(targets, scores[:, 1])
    else:
        area = np.mean([sk.roc_auc_score(targets == c, scores[:, c]) for c in range(classes)])
    assert figures.result() == pytest.approx({
        "valid_loss": (0 * 7 + 7 * 43 + 50 * 10) / 60,
        "accuracy": sk.accuracy_score(targets, said),
        "f1_macro": sk.f1_score(targets, said, average="macro"),
        "f1_micro": sk.f1_score(targets, said, average="micro"),
        "mcc": sk.matthews_corrcoef(targets, said),
        "auc": area,
    })


def test_several_labels_a_document() -> None:
    random = np.random.default_rng(3)
    scores, targets = random.random((40, 3)), random.integers(0, 2, (40, 3)).astype(np.float32)
    figures = ClassifierMetrics(3)
    figures.add(0.5, 40, scores, targets)
    said = (scores >= 0.5).astype(int)
    assert figures.result() == pytest.approx({
        "valid_loss": 0.5,
        "accuracy": sk.accuracy_score(targets, said),
        "f1_macro": sk.f1_score(targets, said, average="macro"),
        "f1_micro": sk.f1_score(targets, said, average="micro"),
        "mcc": sk.matthews_corrcoef(targets.ravel(), said.ravel()),
        "auc": sk.roc_auc_score(targets, scores, average="macro"),
    })


def test_what_is_undefined_is_left_out_or_nothing() -> None:
    figures = ClassifierMetrics(2)
    assert figures.result() == {}
    figures.add(0.1, 2, np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([0, 0]))
    result = figures.result()
    assert "auc" not in result
    assert result["mcc"] == 0.0
    assert result["accuracy"] == result["f1_macro"] == 1.0


def test_perplexity_is_over_tokens_not_over_batches() -> None:
    figures = LanguageModelMetrics()
    assert figures.result() == {}
    figures.add(1.0, 30)
    figures.add(4.0, 10)
    assert figures.result() == pytest.approx({"valid_loss": 1.75, "perplexity": math.exp(1.75)})


def test_figures_of_several_processes_add_up_in_their_order() -> None:
    parts = [LanguageModelMetrics() for _ in range(3)]
    for n, part in enumerate(parts):
        part.add(float(n), n + 1)
    parts[1].combine(parts)
    assert parts[1].result()["valid_loss"] == pytest.approx((0 * 1 + 1 * 2 + 2 * 3) / 6)
