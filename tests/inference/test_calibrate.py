"""Temperature: recovered from data made with a known one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from ulmengine.inference import InferenceError, average, fit_temperature, probabilities


def test_a_known_temperature_is_found():
    random = np.random.default_rng(0)
    logits = random.normal(size=(40_000, 3)) * 2
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    truth = (random.random((40_000, 1)) > chances.cumsum(1)).sum(1).clip(max=2)
    assert fit_temperature(logits * 2.5, truth) == pytest.approx(2.5, rel=.03)
    assert fit_temperature(logits / 2, truth) == pytest.approx(.5, rel=.03)


def test_several_labels():
    random = np.random.default_rng(1)
    logits = random.normal(size=(20_000, 2)) * 2
    truth = random.random((20_000, 2)) < 1 / (1 + np.exp(-logits))
    assert fit_temperature(logits * 3, truth, multi_label=True) == pytest.approx(3, rel=.03)


def test_it_is_the_minimum_of_the_likelihood():
    random = np.random.default_rng(2)
    logits, truth = random.normal(size=(200, 4)) * 3, random.integers(4, size=200)

    def loss(temperature):
        shifted = logits / temperature
        return float((np.log(np.exp(shifted).sum(1)) - shifted[np.arange(200), truth]).mean())

    # Labels at random: the best is as flat as permitted.
    assert fit_temperature(logits, truth) == pytest.approx(10, rel=1e-3)
    truth[:120] = logits[:120].argmax(1)
    best = minimize_scalar(loss, bounds=(.2, 10), method="bounded").x
    assert fit_temperature(logits, truth) == pytest.approx(best, rel=1e-3)


def test_all_right_stays_as_it_is():
    assert fit_temperature(np.array([[2., 1.], [0., 3.]]), np.array([0, 1])) == 1.0


def test_average_is_the_mean_of_the_probabilities():
    one, other = np.array([[2., 0., -1.]]), np.array([[0., 1., 0.]])
    soft = [np.exp(x) / np.exp(x).sum() for x in (one, other)]
    assert probabilities(average([one, other])) == pytest.approx((soft[0] + soft[1]) / 2)
    sigmoid = [1 / (1 + np.exp(-x)) for x in (one, other)]
    both = probabilities(average([one, other], multi_label=True), multi_label=True)
    assert both == pytest.approx((sigmoid[0] + sigmoid[1]) / 2)
    assert average([one]) == pytest.approx(one)


def test_extreme_logits_stay_finite():
    far = np.array([[1_000., -1_000.]])
    assert np.isfinite(average([far, -far])).all()
    assert np.isfinite(average([far, far], multi_label=True)).all()


def test_bad_input_is_told():
    with pytest.raises(InferenceError, match="no documents"):
        fit_temperature(np.zeros((0, 2)), np.zeros(0))
    with pytest.raises(InferenceError, match="not finite"):
        fit_temperature(np.array([[np.inf, 0]]), np.array([0]))
