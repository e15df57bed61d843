"""The range test finds what the reference finds and leaves no trace, however it ends."""

from __future__ import annotations

import json
import math
import random
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ulmengine.events import RangeEnded, RangePoint, Step
from ulmengine.nets import classifier_loss, set_precision
from ulmengine.plan import TrainingError
from ulmengine.training import (
    TrainContext,
    classifier_task,
    language_model_task,
    range_test,
    suggestions,
    train_classifier,
)
from ulmengine.training.sweep import RangeCurve
from ulmengine.training.tasks import Task

from . import builders

VECTORS = json.loads((Path(__file__).parents[1] / "plan" / "data" / "schedules.json").read_text())["range_test"]


def test_the_four_suggestions_agree_with_the_reference() -> None:
    found = suggestions(VECTORS["lrs"], VECTORS["smoothed_losses"])
    expected = VECTORS["suggestions"]
    assert found == pytest.approx({
        "valley": expected["valley"], "slide": expected["slide"], "minimum": expected["minimum"],
        "steepest": expected["steep"],
    }, rel=1e-9)


def test_a_curve_that_never_falls_has_no_valley() -> None:
    found = suggestions([1e-3, 1e-2, 1e-1], [1.0, 2.0, 3.0])
    assert set(found) == {"steepest", "minimum"}
    assert found["minimum"] == pytest.approx(1e-4)
    assert suggestions([1e-3], [1.0]) == {}


def test_nothing_is_suggested_out_of_the_noise_of_the_first_steps() -> None:
    curve = RangeCurve()
    # The first losses jump, by far steeper than the slow fall after them and lower than all that follow.
    losses = [5.0, 2.0, 4.0, 3.5, 3.6] + [3.6 - 0.0004 * n**1.5 for n in range(95)]
    for n, loss in enumerate(losses):
        curve.add(1e-6 * 10 ** (n / 20), loss)
    assert int(np.argmin(np.diff(curve.smoothed))) == 0
    found = curve.result().suggestions
    assert found["steepest"] >= curve.lrs[10]
    assert found["minimum"] >= curve.lrs[10] / 10


def swept(levels: list[float], jump: float, seed: int = 0) -> RangeCurve:
    """A curve of 100 rates from 1e-6 on whose losses lie around ``levels`` (10 rates each) by ``jump``."""
    noise = np.random.default_rng(seed).normal(0, jump, 100)
    curve = RangeCurve()
    for n in range(100):
        curve.add(1e-6 * 10 ** (n / 15), levels[n // 10] + noise[n])
        if curve.diverged:
            break
    return curve


def test_a_lucky_first_loss_does_not_cut_the_curve_to_its_beginning() -> None:
    """A classifier of a pretrained network: a slow fall under much noise, then it runs away."""
    for seed in range(20):
        curve = swept([0.75, 0.75, 0.74, 0.70, 0.60, 0.50, 0.40, 0.50, 4.0, 40.0], 0.12, seed)
        assert curve.diverged
        result = curve.result()
        assert len(result.lrs) > 60
        assert result.suggestions["minimum"] * 10 > curve.lrs[45]
        assert result.suggestions["valley"] > curve.lrs[10]
        assert curve.lrs[25] < result.suggestions["steepest"] < curve.lrs[65]


def test_a_loss_that_falls_by_no_more_than_chance_suggests_nothing() -> None:
    """A network that begins at its best: whatever the noise, hardly ever is a rate told."""
    told = [bool(swept([0.78] * 7 + [1.2, 4.0, 40.0], 0.17, seed).result().suggestions) for seed in range(40)]
    assert sum(told) <= 10


def test_smoothing_has_no_bias_towards_the_start() -> None:
    curve = RangeCurve()
    assert [curve.add(0.1 * n, 3.0) for n in range(1, 6)] == pytest.approx([3.0] * 5)
    # Mean of weights 0.98 and 1 over 3 and 5, by hand.
    other = RangeCurve()
    other.add(0.1, 3.0)
    assert other.add(0.2, 5.0) == pytest.approx((0.98 * 3 + 5) / 1.98)


def test_the_first_value_is_its_own_mean_to_the_last_digit() -> None:
    for loss in np.random.default_rng(0).uniform(0, 5, 200):
        assert RangeCurve().add(0.1, loss) == loss


@pytest.mark.parametrize("losses", [[0.1] * 60 + [math.nan], [0.1] * 60 + [50.0], [0.9, 3.0, 20.0, math.nan]])
def test_of_a_curve_that_only_runs_away_the_beginning_is_left(losses: list[float]) -> None:
    """Ten times 0.1 have a mean that is lower than 0.1 by its last digit."""
    curve = RangeCurve()
    for n, loss in enumerate(losses):
        curve.add(1e-6 * 1.2**n, loss)
    assert curve.diverged
    assert curve.result().lrs[0] == 1e-6
    assert curve.result().suggestions == {}


def test_it_stops_when_the_loss_diverges_and_drops_those_points() -> None:
    curve = RangeCurve()
    losses = [3.0, 2.0, 1.0, 50.0, 900.0]
    smoothed = [curve.add(10.0**n, loss) for n, loss in enumerate(losses)]
    assert curve.diverged
    result = curve.result()
    assert result.diverged
    assert result.losses == (3.0, 2.0, 1.0)
    assert result.smoothed == tuple(smoothed[:3])


def test_a_loss_that_is_no_number_ends_it() -> None:
    curve = RangeCurve()
    curve.add(1.0, 2.0)
    assert math.isfinite(curve.add(2.0, math.nan))
    assert curve.diverged
    with pytest.raises(TrainingError, match="before anything was learnt"):
        RangeCurve().add(1.0, math.inf)


def everything(task: Task, ctx: TrainContext) -> dict[str, Any]:
    """Every bit that a run depends on."""
    model = task.model
    optimizer: dict[str, Tensor] = {} if ctx.optimizer is None else ctx.optimizer.pack()[0]
    gradients = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    state = chain.from_iterable(task.state() or ())
    return {
        "weights": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "optimizer": {name: tensor.clone() for name, tensor in optimizer.items()},
        "gradients": gradients,
        "state": {str(number): tensor.clone() for number, tensor in enumerate(state)},
        "learns": {name: p.requires_grad for name, p in model.named_parameters()},
        "modes": [module.training for module in model.modules()],
        "precisions": [getattr(module, "precision", None) for module in model.modules()],
        "torch": torch.get_rng_state(), "numpy": np.random.get_state()[1].tolist(), "python": random.getstate(),
    }


def assert_same(first: dict[str, Any], second: dict[str, Any]) -> None:
    for key in ("weights", "optimizer", "gradients", "state"):
        assert first[key].keys() == second[key].keys()
        assert all(torch.equal(first[key][name], second[key][name]) for name in first[key])
    assert torch.equal(first["torch"], second["torch"])
    for key in ("learns", "modes", "precisions", "numpy", "python"):
        assert first[key] == second[key]


@pytest.mark.parametrize("taken", [1, 7, None])
@pytest.mark.parametrize("optimizer", ["adamw", "nt_asgd"])
def test_everything_is_bit_for_bit_as_before(taken: int | None, optimizer: Any) -> None:
    """In the middle of a stage, with an optimizer that has a state; closed half-way or run to its end."""
    settings = builders.config().classifier.optimizer.model_copy(update={"kind": optimizer})
    plans = builders.plans(optimizer=settings)
    model, ctx = builders.text_classifier(), TrainContext()
    training = builders.train_cls(model, plans[1], ctx)
    while not isinstance(next(training), Step):
        pass
    training.close()
    loss = classifier_loss(builders.config().classifier, None, multi_label=False)
    task = classifier_task(model, *builders.documents(), plans[2], loss, ctx)
    before = everything(task, ctx)
    test = range_test(task, plans[2], ctx, low=1e-5, high=1.0, steps=12)
    if taken is None:
        said = list(test)
        assert isinstance(said[-1], RangeEnded)
    else:
        moved = [next(test) for _ in range(taken)]
        assert len(moved) == taken
        assert any(not torch.equal(before["weights"][name], t) for name, t in model.state_dict().items())
        test.close()
    assert_same(before, everything(task, ctx))


@pytest.mark.parametrize("taken", [3, None])
def test_a_language_model_in_the_middle_of_an_epoch_is_as_before(taken: int | None) -> None:
    """With a carried state, gradients that are not yet used, and another precision than that of the test."""
    plan, ctx = builders.plans()[0], TrainContext()
    model = builders.language_model().train()
    set_precision(model, torch.bfloat16)
    task = language_model_task(model, *builders.streams(), plan, ctx)
    for batch in islice(task.epoch(0, 0), 3):
        task.loss(batch, task.forward)[0].backward()
    before = everything(task, ctx)
    assert len(before["state"]) == 4
    assert len(before["gradients"]) == len(list(model.parameters()))
    test = range_test(task, plan, ctx, low=1e-5, high=1.0, steps=12)
    said = list(islice(test, taken))
    if taken is not None:
        during = everything(task, ctx)
        assert during["precisions"] != before["precisions"]
        assert not during["gradients"]
        assert not torch.equal(during["state"]["0"], before["state"]["0"])
    assert isinstance(said[-1], RangeEnded if taken is None else RangePoint)
    test.close()
    assert_same(before, everything(task, ctx))


def test_training_goes_on_as_if_there_had_been_no_test() -> None:
    plan = builders.plans()[1]
    loss = classifier_loss(builders.config().classifier, None, multi_label=False)
    ends = []
    for tested in (False, True):
        model, ctx = builders.text_classifier(), TrainContext()
        train, valid = builders.documents()
        torch.manual_seed(0)
        if tested:
            list(range_test(classifier_task(model, train, valid, plan, loss, ctx), plan, ctx, steps=10))
        list(train_classifier(model, train, valid, plan, loss, ctx))
        ends.append(model.state_dict())
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_the_rates_rise_as_asked_and_the_steps_count_up() -> None:
    plan = builders.plans()[0]
    model, ctx = builders.language_model(), TrainContext()
    task = language_model_task(model, *builders.streams(), plan, ctx)
    points = [event for event in range_test(task, plan, ctx, low=1e-4, high=1e-2, steps=3)
              if isinstance(event, RangePoint)]
    assert [point.lr for point in points] == pytest.approx([1e-4, 1e-3, 1e-2])
    assert [point.step for point in points] == [1, 2, 3]
    assert points[0].loss == pytest.approx(points[0].smoothed)


def test_a_rate_that_is_too_high_ends_it_early() -> None:
    plan = builders.plans(optimizer=builders.SGD)[0]
    task = language_model_task(builders.language_model(), *builders.streams(), plan, TrainContext())
    said = list(range_test(task, plan, TrainContext(), low=1e-2, high=1e6, steps=80))
    assert isinstance(said[-1], RangeEnded)
    assert said[-1].diverged
    assert len(said) < 80


def test_rates_that_do_not_rise_are_refused() -> None:
    plan = builders.plans()[0]
    task = language_model_task(builders.language_model(), *builders.streams(), plan, TrainContext())
    with pytest.raises(TrainingError, match="above 0"):
        next(range_test(task, plan, TrainContext(), low=1.0, high=0.1))
