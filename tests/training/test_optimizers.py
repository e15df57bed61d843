"""Optimizers against slow plain versions; what is frozen stays as it is; averages go in and out exactly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ulmengine.config import OptimizerConfig
from ulmengine.events import EpochEnded, Note, Step
from ulmengine.nets import LayerGroup, freeze_to, layer_groups
from ulmengine.tokens import IGNORED
from ulmengine.training import Checkpoints, Snapshot, TrainContext
from ulmengine.training.optimizers import LayerOptimizer

from . import builders
from .builders import SGD, finish, stage


class Two(nn.Module):
    """Two groups of one matrix and one bias each."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.low, self.high = nn.Linear(3, 2), nn.Linear(2, 2)

    def optimizer(self, **settings: Any) -> LayerOptimizer:
        groups = [LayerGroup(name, dict(part.named_parameters(name))) for name, part in self.named_children()]
        return LayerOptimizer(groups, OptimizerConfig(**settings))


def gradients(steps: int) -> list[list[Tensor]]:
    generator = torch.Generator().manual_seed(4)
    shapes = [(2, 3), (2,), (2, 2), (2,)]
    return [[torch.randn(shape, generator=generator) for shape in shapes] for _ in range(steps)]


def follow(model: Two, optimizer: LayerOptimizer, rates: tuple[float, float], steps: int) -> list[list[Tensor]]:
    """Take ``steps`` steps along fixed gradients; the weights after each."""
    after = []
    for gradient in gradients(steps):
        for p, g in zip(model.parameters(), gradient, strict=True):
            p.grad = g.clone() if p.requires_grad else None
        optimizer.set_rates(rates)
        optimizer.step()
        after.append([p.detach().clone() for p in model.parameters()])
    return after


@pytest.mark.parametrize(("kind", "decay"), [("adamw", 0.1), ("adamw", 0.0), ("adam", 0.1)])
def test_adam_by_its_formula_with_a_rate_for_each_group(kind: Any, decay: float) -> None:
    """1412.6980, algorithm 1; the decay of 1711.05101 on matrices only, and none for adam."""
    beta1, beta2, eps, rates = 0.7, 0.99, 1e-5, (0.01, 0.1)
    model = Two()
    weights = [p.detach().clone().double() for p in model.parameters()]
    m, v = [torch.zeros_like(w) for w in weights], [torch.zeros_like(w) for w in weights]
    for t, gradient in enumerate(gradients(5), start=1):
        for n, g in enumerate(gradient):
            rate = rates[n // 2]
            if kind == "adamw" and g.ndim > 1:
                weights[n] = weights[n] * (1 - rate * decay)
            m[n] = beta1 * m[n] + (1 - beta1) * g
            v[n] = beta2 * v[n] + (1 - beta2) * g**2
            weights[n] = weights[n] - rate * (m[n] / (1 - beta1**t)) / ((v[n] / (1 - beta2**t)).sqrt() + eps)
    got = follow(model, model.optimizer(kind=kind, beta1=beta1, beta2=beta2, eps=eps, weight_decay=decay), rates, 5)[-1]
    for mine, theirs in zip(weights, got, strict=True):
        torch.testing.assert_close(theirs.double(), mine, rtol=1e-5, atol=1e-6)


def test_sgd_with_momentum_and_decay_apart_from_the_gradient() -> None:
    model = Two()
    weights, speed = [p.detach().clone() for p in model.parameters()], [torch.zeros(()) for _ in range(4)]
    for gradient in gradients(4):
        for n, g in enumerate(gradient):
            speed[n] = 0.9 * speed[n] + g
            decayed = weights[n] * (1 - 0.1 * 0.01) if g.ndim > 1 else weights[n]
            weights[n] = decayed - 0.1 * speed[n]
    got = follow(model, model.optimizer(kind="sgd", beta1=0.9, weight_decay=0.01), (0.1, 0.1), 4)[-1]
    for mine, theirs in zip(weights, got, strict=True):
        torch.testing.assert_close(theirs, mine, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["adamw", "adam", "sgd", "nt_asgd"])
def test_a_frozen_group_keeps_weights_and_state(kind: Any) -> None:
    """First both learn, so that there is a state; then the lower one is frozen, with a large decay set."""
    model = Two()
    optimizer = model.optimizer(kind=kind, weight_decay=0.5, beta1=0.9, nonmonotone=1)
    follow(model, optimizer, (0.1, 0.1), 3)
    for p in model.low.parameters():
        p.requires_grad_(False)
        p.grad = None
    weights = [p.detach().clone() for p in model.low.parameters()]
    state = {name: t.clone() for name, t in optimizer.pack()[0].items()}
    follow(model, optimizer, (0.1, 0.1), 3)
    assert all(torch.equal(a, b) for a, b in zip(weights, model.low.parameters(), strict=True))
    after = optimizer.pack()[0]
    assert after.keys() == state.keys()
    own = [n for n in state if n.startswith(("0.", "1."))]
    assert all(torch.equal(state[n], after[n]) for n in own)
    assert kind == "nt_asgd" or own


def test_non_monotone_averaging_against_a_slow_plain_version() -> None:
    """1708.02182, algorithm 1, keeping every iterate; a check after every second step, n = 2."""
    checks = [5.0, 4.0, 4.5, 4.4, 4.2, 4.1, 4.05]
    # t = 0..2 cannot trigger (t > n is needed). t = 3: 4.4 against min(5) no; t = 4: 4.2 > min(5, 4) = 4: begins.
    model = Two()
    optimizer = model.optimizer(kind="nt_asgd", nonmonotone=2, weight_decay=0.0)
    assert optimizer.averages is not None
    plain = [p.detach().clone() for p in model.parameters()]
    kept: list[list[Tensor]] = []
    begun = False
    stream = iter(gradients(2 * len(checks)))
    logs: list[float] = []
    for t, loss in enumerate(checks):
        for _ in range(2):
            gradient = next(stream)
            for p, g in zip(model.parameters(), gradient, strict=True):
                p.grad = g.clone()
            optimizer.set_rates((0.1, 0.1))
            optimizer.step()
            plain = [w - 0.1 * g for w, g in zip(plain, gradient, strict=True)]
            if begun:
                kept.append(plain)
        triggered = t > 2 and loss > min(logs[: t - 2])
        logs.append(loss)
        assert optimizer.averages.check(loss) is (triggered and not begun)
        if triggered and not begun:
            begun, kept = True, [plain]
    assert begun
    assert len(kept) == 5
    live = [p.detach().clone() for p in model.parameters()]
    for mine, theirs in zip(plain, live, strict=True):
        torch.testing.assert_close(theirs, mine)
    with optimizer.averaged():
        for n, p in enumerate(model.parameters()):
            torch.testing.assert_close(p.detach(), torch.stack([step[n] for step in kept]).mean(0))
    assert all(torch.equal(a, b) for a, b in zip(live, model.parameters(), strict=True))


def test_averages_are_put_back_even_if_evaluation_fails() -> None:
    model = Two()
    optimizer = model.optimizer(kind="nt_asgd", nonmonotone=1)
    assert optimizer.averages is not None
    optimizer.averages.check(1.0)
    optimizer.averages.check(1.0)
    assert optimizer.averages.check(2.0)
    follow(model, optimizer, (0.1, 0.1), 2)
    live = [p.detach().clone() for p in model.parameters()]
    with pytest.raises(OSError, match="no"), optimizer.averaged():
        raise OSError("no")
    assert all(torch.equal(a, b) for a, b in zip(live, model.parameters(), strict=True))


def test_a_state_taken_over_goes_on_the_same() -> None:
    for kind in ("adamw", "sgd", "nt_asgd"):
        ends = []
        for stored in (False, True):
            model = Two()
            optimizer = model.optimizer(kind=kind, nonmonotone=1)
            follow(model, optimizer, (0.1, 0.2), 3)
            if optimizer.averages is not None:
                for loss in (1.0, 1.0, 2.0):
                    optimizer.averages.check(loss)
            follow(model, optimizer, (0.1, 0.2), 1)
            if stored:
                tensors, values = optimizer.pack()
                optimizer = model.optimizer(kind=kind, nonmonotone=1)
                optimizer.unpack({name: t.clone() for name, t in tensors.items()}, values)
            follow(model, optimizer, (0.1, 0.2), 3)
            with optimizer.averaged():
                ends.append([p.detach().clone() for p in model.parameters()])
        assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))


def test_a_tied_weight_is_moved_once() -> None:
    model = builders.language_model()
    groups = layer_groups(model)
    names = [name for group in groups for name in group.parameters]
    assert sorted(names) == sorted(dict(model.named_parameters()))
    before = model.encoder.embedding.weight.detach().clone()
    optimizer = LayerOptimizer(groups, SGD)
    model.encoder.embedding.weight.grad = torch.ones_like(before)
    optimizer.set_rates((1.0,) * len(groups))
    optimizer.step()
    torch.testing.assert_close(model.encoder.embedding.weight.detach(), before - 1)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """At a rate that makes the loss jump about, when averaging sets in hangs on the order in which sums are taken."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_averaged_training_measures_and_keeps_the_mean_of_the_iterates(one_thread: None) -> None:
    """At a rate that makes the loss jump about averaging begins; from there on each epoch is that of a plain mean."""
    model, ctx = builders.language_model(dropout=builders.NO_DROPOUT), TrainContext()
    plan = stage(builders.plans()[0], epochs=6, lr=20.0,
                 optimizer=OptimizerConfig(kind="nt_asgd", nonmonotone=1, weight_decay=0.0))
    kept: list[dict[str, Tensor]] = []
    means: dict[int, dict[str, Tensor]] = {}
    losses: dict[int, float] = {}
    live: dict[str, Tensor] = {}
    for event in builders.train_lm(model, plan, ctx):
        if isinstance(event, Step):
            live = {name: p.detach().clone() for name, p in model.named_parameters()}
            if kept:
                kept.append(live)
        elif isinstance(event, Note):
            kept.append(live)
        elif isinstance(event, EpochEnded) and kept:
            means[event.epoch] = {name: torch.stack([one[name] for one in kept]).mean(0) for name in live}
            losses[event.epoch] = event.metrics["valid_loss"]
    first, *later = means
    assert later
    for epoch, mean in means.items():
        assert plain_validation(mean) == pytest.approx(losses[epoch], rel=1e-4)
    # What was measured is not what the last step had left, and the best of it stands in the network at the end.
    assert plain_validation(live) != pytest.approx(losses[max(later)], rel=1e-2)
    best = min(losses, key=lambda epoch: losses[epoch])
    assert best > first
    for name, p in model.named_parameters():
        torch.testing.assert_close(p.detach(), means[best][name], rtol=1e-4, atol=1e-5)


def test_a_new_stage_averages_its_own_iterates_only(one_thread: None) -> None:
    """Averaging is under way at the end of the first stage; in the second it waits for its own trigger."""
    torch.manual_seed(0)
    settings = OptimizerConfig(kind="nt_asgd", nonmonotone=1, weight_decay=0.0)
    first, second = (stage(plan, epochs=8, lr=30.0, optimizer=settings) for plan in builders.plans()[1:3])
    model, ctx = builders.text_classifier(dropout=builders.NO_DROPOUT), TrainContext()
    finish(builders.train_cls(model, first, ctx))
    assert ctx.optimizer is not None
    averages = ctx.optimizer.averages
    assert averages is not None
    for loss in (1.0, 1.0, 2.0):
        averages.check(loss)
    assert averages.running
    kept: list[dict[str, Tensor]] = []
    live: dict[str, Tensor] = {}
    for event in builders.train_cls(model, second, ctx):
        if isinstance(event, Step):
            assert averages.running is bool(kept)
            live = {name: p.detach().clone() for name, p in model.named_parameters()}
            if kept:
                kept.append(live)
        elif isinstance(event, Note):
            kept.append(live)
    assert len(kept) > 1
    assert ctx.optimizer.averages is averages
    means = averages.pack()[0]
    assert means.keys() == live.keys()
    for name, mean in means.items():
        torch.testing.assert_close(mean, torch.stack([one[name] for one in kept]).mean(0), rtol=1e-4, atol=1e-5)


def test_a_stage_taken_up_again_goes_on_averaging(tmp_path: Path, one_thread: None) -> None:
    plan = stage(builders.plans()[0], epochs=4, lr=20.0,
                 optimizer=OptimizerConfig(kind="nt_asgd", nonmonotone=1, weight_decay=0.0))
    checkpoints, saved = Checkpoints(tmp_path), []

    def save(snapshot: Snapshot) -> None:
        saved.append((checkpoints.save(snapshot, {}).name, snapshot.values["optimizer"]["averages"]))

    finish(builders.train_lm(builders.language_model(), plan, TrainContext(checkpoint=save)))
    name, averages = next(entry for entry in saved if entry[1]["count"])
    ctx = TrainContext()
    events = builders.train_lm(builders.language_model(), plan, ctx, start=checkpoints.load(name))
    next(events)
    assert ctx.optimizer is not None
    assert ctx.optimizer.averages is not None
    assert averages["count"] <= ctx.optimizer.averages.pack()[1]["count"] <= averages["count"] + 1
    events.close()


def plain_validation(weights: dict[str, Tensor]) -> float:
    """Mean loss a target of a network with ``weights`` over the validation stream, read in one piece."""
    model = builders.language_model().eval()
    model.load_state_dict(weights, strict=False)
    batches = list(builders.streams()[1].epoch(0))
    inputs, targets = (torch.cat([getattr(batch, name) for batch in batches], 1) for name in ("inputs", "targets"))
    with torch.no_grad():
        scores = model.logits(inputs)[0]
    return float(cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=IGNORED))


def test_freezing_drops_the_gradient() -> None:
    model = builders.text_classifier()
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    freeze_to(model, 1)
    assert all((p.grad is None) is not name.startswith("head.") for name, p in model.named_parameters())
