"""The loss scale that float16 needs, tried with a scaler of the processor's and a scale of 1024."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from ulmengine.events import Step
from ulmengine.nets import layer_groups
from ulmengine.plan.stages import StagePlan
from ulmengine.training import Snapshot, TrainContext, language_model_task
from ulmengine.training.loop import Stepper, train
from ulmengine.training.optimizers import LayerOptimizer
from ulmengine.training.session import Session
from ulmengine.training.state import StageState
from ulmengine.training.tasks import LanguageModelTask

from . import builders
from .builders import stage

SCALE = 1024.0
RATE = 0.5


def task_for(plan: StagePlan) -> LanguageModelTask:
    model = builders.language_model(dropout=builders.NO_DROPOUT)
    return language_model_task(model, *builders.streams(), plan, TrainContext())


class Scaled:
    """A stepper whose losses are scaled, and the same network's gradient worked out without a scale."""

    def __init__(self, **changes: Any) -> None:
        self.plan = stage(builders.plans()[0], lr=RATE, optimizer=builders.SGD.model_copy(update=changes))
        self.task = task_for(self.plan)
        self.model = self.task.model.train()
        self.batch = next(self.task.epoch(0, 0))
        groups = layer_groups(self.model)
        self.optimizer = LayerOptimizer(groups, self.plan.settings.optimizer)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=SCALE)
        stepper = Stepper(self.task, self.optimizer, self.plan.settings.optimizer.clip, scaler=self.scaler)
        self.take = partial(stepper.take, [self.batch], [RATE] * len(groups))

    def weights(self) -> Tensor:
        return torch.cat([p.detach().flatten().clone() for p in self.model.parameters()])

    def gradient(self) -> Tensor:
        """Of the first batch read from nothing, not scaled."""
        loss = self.model.loss(self.batch.inputs, self.batch.targets, None).total
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(self.model.parameters()))])


@pytest.mark.parametrize("clip", [0.0, 0.01])
def test_the_gradient_is_measured_and_clipped_without_its_scale(clip: float) -> None:
    scaled = Scaled(clip=clip)
    gradient, before = scaled.gradient(), scaled.weights()
    norm = float(gradient.norm())
    assert norm > 0.1  # clipping has something to do
    taken = scaled.take()
    assert float(taken.norm) == pytest.approx(norm, rel=1e-4)
    moved = before - scaled.weights()
    expected = gradient * (clip / norm if clip else 1.0) * RATE
    torch.testing.assert_close(moved, expected, rtol=1e-3, atol=1e-6)
    if clip:
        assert float(moved.norm()) == pytest.approx(clip * RATE, rel=1e-3)


@pytest.mark.parametrize("kind", ["adamw", "sgd", "nt_asgd"])
def test_an_overflown_gradient_changes_nothing_but_the_scale(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one weight only, and with a decay that would show; afterwards training goes on at half the scale."""
    scaled = Scaled(kind=kind, weight_decay=0.1, beta1=0.9, nonmonotone=1)
    scaled.take()
    averages = scaled.optimizer.averages
    if averages is not None:
        for loss in (1.0, 1.0, 2.0):
            averages.check(loss)
        assert averages.running
    before, (state, values) = scaled.weights(), scaled.optimizer.pack()
    state = {name: tensor.clone() for name, tensor in state.items()}
    overflow = scaled.model.decoder.bias.register_hook(lambda g: g.index_fill(0, torch.tensor([3]), math.inf))
    # On a graphics card no one looks at each step's gradient; the look that a processor affords is left out.
    monkeypatch.setattr("ulmengine.training.loop._refuse_nan", lambda *_: None)
    scaled.take()
    overflow.remove()
    assert scaled.scaler.get_scale() == SCALE / 2
    assert torch.equal(scaled.weights(), before)
    after, after_values = scaled.optimizer.pack()
    assert after.keys() == state.keys()
    assert all(torch.equal(after[name], tensor) for name, tensor in state.items())
    assert after_values == values
    scaled.take()
    assert not torch.equal(scaled.weights(), before)


def test_the_scale_is_kept_when_a_stage_is_put_down_and_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = StageState.__init__

    def with_scaler(stage: StageState, *arguments: Any) -> None:
        plain(stage, *arguments)
        stage.scaler = torch.amp.GradScaler("cpu", init_scale=SCALE)

    monkeypatch.setattr(StageState, "__init__", with_scaler)
    plan = stage(builders.plans()[0], epochs=2, optimizer=builders.SGD)
    saved: list[Snapshot] = []
    first = Session(task_for(plan), plan, TrainContext(checkpoint=saved.append), None)
    events = train(first)
    for event in events:
        if isinstance(event, Step) and event.step == 3:
            break
    assert first.scaler is not None
    first.scaler.update(256.0)
    events.close()
    second = Session(task_for(plan), plan, TrainContext(), saved[-1])
    assert second.scaler is not None
    assert second.scaler.get_scale() == 256
    assert second.scaler.state_dict()["_growth_tracker"] == 3
