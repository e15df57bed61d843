"""Evaluation: figures by hand and by scikit-learn's own functions, intervals by plain resampling."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sklearn import metrics as reference

from ulmengine.inference import InferenceError, curves, evaluate
from ulmengine.inference.evaluate import Patterns, document_losses

# Six documents, three classes. Answers: 0 0 1 1 2 0; truth: 0 1 1 1 2 2. Four of six are right.
ANSWERS = np.array([[.7, .2, .1], [.5, .3, .2], [.1, .8, .1], [.3, .6, .1], [.1, .1, .8], [.6, .1, .3]])
TRUTH = np.array([0, 1, 1, 1, 2, 2])


def test_figures_by_hand():
    result = evaluate(ANSWERS, TRUTH, ["a", "b", "c"])
    assert result.confusion.tolist() == [[1, 0, 0], [1, 2, 0], [1, 0, 1]]
    assert result.accuracy == pytest.approx(4 / 6)
    a, b, c = result.classes
    assert (a.precision, a.recall, a.f1) == pytest.approx((1 / 3, 1, 1 / 2))
    assert (b.precision, b.recall, b.f1) == pytest.approx((1, 2 / 3, 4 / 5))
    assert (c.precision, c.recall, c.f1) == pytest.approx((1, 1 / 2, 2 / 3))
    assert (c.support, c.predicted) == (2, 1)
    assert result.metrics["f1_macro"].value == pytest.approx((1 / 2 + 4 / 5 + 2 / 3) / 3)
    assert result.metrics["f1_micro"].value == pytest.approx(4 / 6)
    # R_K: (4*6 - (1*3 + 3*2 + 2*1)) / sqrt((36 - 14) * (36 - 14))
    assert result.metrics["mcc"].value == pytest.approx(13 / 22)
    expected = -np.log([.7, .3, .8, .6, .8, .3])
    assert result.losses == pytest.approx(expected)
    assert result.metrics["loss"].value == pytest.approx(expected.mean())


def test_calibration_error_by_hand():
    # Confidences .9 .9 .9 .9 (three right) and .6 .6 (both right): two bins, gaps 4/6 * .15 and 2/6 * .4.
    first = np.array([.9, .9, .9, .9, .6, .6])
    result = evaluate(np.stack([first, 1 - first], 1), np.array([0, 0, 0, 1, 0, 0]), ["a", "b"])
    assert result.metrics["ece"].value == pytest.approx(4 / 6 * .15 + 2 / 6 * .4)
    filled = [one for one in result.calibration if one.count]
    assert [(one.count, one.confidence, one.accuracy) for one in filled] == [
        (2, pytest.approx(.6), 1.0), (4, pytest.approx(.9), .75)]
    assert all(one.low < one.confidence <= one.high for one in filled)


def _sample(classes: int, documents: int = 400):
    random = np.random.default_rng(classes)
    truth = random.integers(classes, size=documents)
    scores = random.normal(size=(documents, classes)).round(1)  # rounded: ties must be handled
    scores[np.arange(documents), truth] += 1
    return np.exp(scores) / np.exp(scores).sum(1, keepdims=True), truth


@pytest.mark.parametrize("classes", [2, 5])
def test_agrees_with_scikit_learn(classes):
    scores, truth = _sample(classes)
    result = evaluate(scores, truth, [str(n) for n in range(classes)], resamples=20)
    answers = scores.argmax(1)
    value = {name: estimate.value for name, estimate in result.metrics.items()}
    assert value["f1_macro"] == pytest.approx(reference.f1_score(truth, answers, average="macro"))
    assert value["mcc"] == pytest.approx(reference.matthews_corrcoef(truth, answers))
    assert value["loss"] == pytest.approx(reference.log_loss(truth, scores))
    areas = [reference.roc_auc_score(truth == n, scores[:, n]) for n in range(classes)]
    assert [one.auc for one in result.classes] == pytest.approx(areas)
    assert value["auc"] == pytest.approx(np.mean(areas))
    precisions = [reference.average_precision_score(truth == n, scores[:, n]) for n in range(classes)]
    assert value["average_precision"] == pytest.approx(np.mean(precisions))
    assert result.confusion.tolist() == reference.confusion_matrix(truth, answers).tolist()


def test_several_labels_agree_with_scikit_learn():
    random = np.random.default_rng(3)
    truth = random.integers(2, size=(300, 4))
    scores = np.clip(truth * .3 + random.random((300, 4)) * .7, 0, 1)
    result = evaluate(scores, truth, list("abcd"), multi_label=True, resamples=20)
    answers = scores >= .5
    value = {name: estimate.value for name, estimate in result.metrics.items()}
    assert value["accuracy"] == pytest.approx(reference.accuracy_score(truth, answers))
    assert value["f1_macro"] == pytest.approx(reference.f1_score(truth, answers, average="macro"))
    assert value["f1_micro"] == pytest.approx(reference.f1_score(truth, answers, average="micro"))
    assert value["mcc"] == pytest.approx(reference.matthews_corrcoef(truth.ravel(), answers.ravel()))
    assert result.confusion.tolist() == reference.multilabel_confusion_matrix(truth, answers).tolist()
    each = [reference.log_loss(truth[:, n], scores[:, n]) for n in range(4)]
    assert value["loss"] == pytest.approx(sum(each))


def test_intervals_match_resampling_documents_one_by_one():
    scores, truth = _sample(3, 200)
    result = evaluate(scores, truth, list("abc"), resamples=2_000, seed=1)
    answers = scores.argmax(1)

    def f1(rows):
        return float(reference.f1_score(truth[rows], answers[rows], average="macro"))

    random = np.random.default_rng(9)
    low, high = np.quantile([f1(random.integers(200, size=200)) for _ in range(400)], (.025, .975))
    got = result.metrics["f1_macro"]
    assert (got.low, got.high) == pytest.approx((low, high), abs=.02)
    accuracy = result.metrics["accuracy"]
    # Normal approximation of a share: 1.96 standard errors.
    error = 1.96 * math.sqrt(accuracy.value * (1 - accuracy.value) / 200)
    assert accuracy.high - accuracy.value == pytest.approx(error, rel=.15)
    assert accuracy.value - accuracy.low == pytest.approx(error, rel=.15)


def test_four_of_four_right_is_not_certain():
    # Wilson's low end of n of n is n / (n + z^2): 4 / 7.84 and 3 / 6.84, 1 / 4.84.
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.2, 0.8]])
    found = evaluate(scores, np.array([0, 0, 0, 1]), ("a", "b"))
    for name in ("accuracy", "f1_micro"):
        one = found.metrics[name]
        assert (one.value, one.low, one.high) == pytest.approx((1.0, 4 / 7.8415, 1.0), abs=1e-4)
    many, single = found.classes
    for name in ("precision_interval", "recall_interval", "f1_interval"):
        assert getattr(many, name) == pytest.approx((3 / 6.8415, 1.0), abs=1e-4)
        assert getattr(single, name) == pytest.approx((1 / 4.8415, 1.0), abs=1e-4)
    wrong = evaluate(scores, np.array([1, 1, 1, 0]), ("a", "b"))
    assert wrong.metrics["accuracy"].high == pytest.approx(1 - 4 / 7.8415, abs=1e-4)
    never = evaluate(scores[:3], np.array([0, 0, 0]), ("a", "b")).classes[1]
    assert never.recall_interval == (0.0, 0.0)  # there is none of which it could be a share


def test_same_seed_same_intervals_and_plain_json():
    scores, truth = _sample(3, 50)
    one, other = (evaluate(scores, truth, list("abc"), resamples=50, seed=4).to_json() for _ in range(2))
    assert json.dumps(one) == json.dumps(other)


def test_classes_that_are_missing_leave_the_rest_defined():
    result = evaluate(ANSWERS[:, :3], np.zeros(6, dtype=int), ["a", "b", "c"], resamples=10)
    assert [one.auc for one in result.classes] == [None, None, None]
    assert math.isnan(result.metrics["auc"].value)
    assert result.to_json()["metrics"]["auc"]["value"] is None
    assert result.metrics["mcc"].value == 0.0


def test_one_document():
    result = evaluate(np.array([[.2, .8]]), np.array([1]), ["a", "b"], resamples=10)
    one = result.metrics["accuracy"]
    assert (one.value, one.low, one.high) == pytest.approx((1, 1 / 4.8415, 1), abs=1e-4)


@pytest.mark.parametrize(("scores", "truth", "labels", "word"), [
    (np.zeros((0, 2)), np.zeros(0), ["a", "b"], "no documents"),
    (np.zeros((3, 2)), np.zeros(2), ["a", "b"], "do not fit"),
    (np.zeros((3, 2)), np.zeros(3), ["a"], "do not fit 1 labels"),
    (np.full((1, 2), np.nan), np.zeros(1), ["a", "b"], "not numbers"),
    (np.zeros((1, 2)), np.array([2]), ["a", "b"], "outside"),
])
def test_bad_input_is_told(scores, truth, labels, word):
    with pytest.raises(InferenceError, match=word):
        evaluate(scores, truth, labels)


def test_patterns_count_what_documents_show():
    truth = np.array([[1, 0], [1, 0], [0, 1], [1, 1]], dtype=bool)
    answers = np.array([[1, 0], [1, 0], [1, 0], [1, 1]], dtype=bool)
    patterns = Patterns(truth, answers, multi_label=True)
    assert sorted(patterns.counts.tolist()) == [1, 1, 2]
    tally = patterns.tally()
    assert (tally.hits.tolist(), tally.true.tolist(), tally.predicted.tolist()) == ([3, 1], [3, 2], [4, 1])
    assert tally.accuracy() == .75


@pytest.mark.parametrize("copies", [1, 20])  # both ways of drawing
def test_resamples_have_the_spread_of_a_binomial(copies):
    truth = np.array([[1, 0], [1, 0], [0, 1], [1, 1]] * copies, dtype=bool)
    answers = np.array([[1, 0], [1, 0], [1, 0], [1, 1]] * copies, dtype=bool)
    drawn = Patterns(truth, answers, multi_label=True).resampled(4_000, np.random.default_rng(0)).accuracy()
    assert drawn.mean() == pytest.approx(.75, abs=.02)
    assert drawn.std() == pytest.approx(math.sqrt(.75 * .25 / (4 * copies)), rel=.05)


def test_curves_end_where_they_must():
    scores, truth = _sample(2, 1_000)
    found = curves(scores[:, 1], truth)
    assert found is not None
    assert found.roc[0] == (0, 0)
    assert found.roc[-1] == (1, 1)
    assert len(found.roc) <= 200
    assert len(found.precision_recall) <= 200
    x, y = np.array(found.roc).T
    assert np.trapezoid(y, x) == pytest.approx(reference.roc_auc_score(truth, scores[:, 1]), abs=.005)
    assert curves(scores[:, 1], np.ones(1_000)) is None


def test_curves_are_those_of_scikit_learn():
    scores, truth = _sample(5, 150)
    found = curves(scores[:, 2], truth == 2)
    assert found is not None
    false_positive, true_positive, _ = reference.roc_curve(truth == 2, scores[:, 2], drop_intermediate=False)
    assert np.array(found.roc) == pytest.approx(np.column_stack([false_positive, true_positive]))
    precision, recall, _ = reference.precision_recall_curve(truth == 2, scores[:, 2])
    ours = np.array(found.precision_recall)  # scikit-learn leaves out what comes after the last positive
    assert ours[: len(recall)] == pytest.approx(np.column_stack([recall, precision])[::-1])


def test_losses_of_certain_mistakes_are_finite():
    assert np.isfinite(document_losses(np.array([[0., 1.]]), np.array([[1., 0.]]), False)).all()
    assert np.isfinite(document_losses(np.array([[0., 1.]]), np.array([[1., 0.]]), True)).all()
