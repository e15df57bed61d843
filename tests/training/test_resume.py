"""A stage that is put down anywhere and taken up again ends as one never interrupted, to the last bit."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from ulmengine.config import OptimizerConfig
from ulmengine.events import Checkpointed, Event, Step
from ulmengine.plan import StagePlan
from ulmengine.training import Checkpoints, Snapshot, StageResult, TrainContext

from . import builders

Train = Callable[..., builders.Work]
KINDS: dict[str, tuple[Train, Callable[[], nn.Module], int]] = {
    "language model": (builders.train_lm, builders.language_model, 0),
    "classifier": (builders.train_cls, builders.text_classifier, 2),
}


def timeless(event: Event) -> Event:
    return dataclasses.replace(event, seconds=0.0) if hasattr(event, "seconds") else event


def seed_all(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def run(kind: str, plan: StagePlan, ctx: TrainContext, **more: Any) -> tuple[nn.Module, builders.Work]:
    train, make, _ = KINDS[kind]
    model = make()
    seed_all(5)
    return model, train(model, plan, ctx, **more)


def whole(kind: str, plan: StagePlan) -> tuple[list[Event], StageResult, dict[str, torch.Tensor], Any]:
    model, events = run(kind, plan, TrainContext(write=write))
    said, result = builders.finish(events)
    return [timeless(event) for event in said], result, model.state_dict(), torch.rand(3)


def write(model: nn.Module) -> tuple[str, str]:
    """Writes something that depends on the weights and uses up global random numbers."""
    total = sum(float(p.detach().sum()) for p in model.parameters())
    torch.rand(7)
    return "xxbos", f"{total:.6f}"


def in_pieces(
    kind: str, plan: StagePlan, folder: Path, lengths: list[int], read_every: int
) -> tuple[list[Event], StageResult, dict[str, torch.Tensor], Any]:
    """The same stage, closed after each of ``lengths`` events and taken up in a "new process" from the disk."""
    said: list[Event] = []
    checkpoints = Checkpoints(folder)
    start: Snapshot | None = None
    for length in [*lengths, 10_000]:
        def save(snapshot: Snapshot) -> Event | None:
            if snapshot.reason in ("stop", "stage"):
                checkpoints.save(snapshot)
            return None

        ctx = TrainContext(write=write, checkpoint=save, read_every=read_every)
        model, events = run(kind, plan, ctx, start=start)
        if start is not None:
            seed_all(99)  # a new process has other random states than the snapshot's
        try:
            for _ in range(length):
                said += [timeless(next(events))]
        except StopIteration as end:
            return said, end.value, model.state_dict(), torch.rand(3)
        events.close()
        info = checkpoints.latest()
        if info is not None:
            start = checkpoints.load(info.name)
    raise AssertionError("never came to an end")


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "nt_asgd"])
def test_closed_anywhere_and_taken_up_again_gives_the_same_bits(
    kind: str, optimizer: str, seed: int, tmp_path: Path
) -> None:
    settings = OptimizerConfig(kind=optimizer, accumulation=2 if seed % 2 else 1, nonmonotone=1)  # type: ignore[arg-type]
    plan = dataclasses.replace(builders.plans(optimizer=settings, lr=0.5)[KINDS[kind][2]], epochs=3)
    events, result, weights, after = whole(kind, plan)
    rng = random.Random(seed)
    lengths = [rng.randint(1, max(2, len(events) // 3)) for _ in range(3)]
    events2, result2, weights2, after2 = in_pieces(kind, plan, tmp_path, lengths, read_every=1 + 3 * (seed % 2))
    assert [type(e) for e in events2] == [type(e) for e in events]
    assert events2 == events
    assert dataclasses.replace(result2, seconds=0.0) == dataclasses.replace(result, seconds=0.0)
    assert weights.keys() == weights2.keys()
    assert all(torch.equal(weights[name], weights2[name]) for name in weights)
    assert torch.equal(after, after2)


def test_a_kill_goes_on_from_the_last_saved_epoch_with_the_same_bits(tmp_path: Path) -> None:
    """Nothing is saved by the killed process itself: only what the end of an epoch had written counts."""
    plan = dataclasses.replace(builders.plans()[0], epochs=3)
    events, _, weights, _ = whole("language model", plan)
    checkpoints = Checkpoints(tmp_path)
    logged: list[Event] = []
    at: dict[str, int] = {}

    def save(snapshot: Snapshot) -> Event | None:
        info = checkpoints.save(snapshot)
        at[info.name] = len(logged)
        return Checkpointed(info.name, info.reason, info.total, info.bytes, 0.0)

    model, killed = run("language model", plan, TrainContext(write=write, checkpoint=save))
    while len(logged) < len(events) * 2 // 3:
        logged.append(timeless(next(killed)))
    info = checkpoints.latest()
    assert info is not None
    assert info.reason == "epoch"
    start = checkpoints.load(info.name)
    del logged[at[info.name]:]
    logged = [event for event in logged if not isinstance(event, Checkpointed)]
    model, again = run("language model", plan, TrainContext(write=write), start=start)
    said, _ = builders.finish(again)
    assert [*logged, *(timeless(event) for event in said)] == events
    assert all(torch.equal(weights[name], tensor) for name, tensor in model.state_dict().items())


def test_the_same_seed_gives_the_same_bits() -> None:
    plan = builders.plans()[2]
    first, second = whole("classifier", plan), whole("classifier", plan)
    assert first[0] == second[0]
    assert all(torch.equal(first[2][name], second[2][name]) for name in first[2])


@pytest.mark.parametrize("kind", KINDS)
def test_half_the_batch_and_twice_the_accumulation_go_on_at_the_same_step(kind: str, tmp_path: Path) -> None:
    """After memory ran out: half an epoch was done, and half an epoch is done."""
    train, make, number = KINDS[kind]
    whole_plan = builders.stage(builders.plans()[number], epochs=2, batch_size=8)
    snapshots: list[Snapshot] = []
    ctx = TrainContext(checkpoint=snapshots.append)
    first = train(make(), whole_plan, ctx, batch=8)
    total = next(first).steps  # type: ignore[attr-defined]
    for _ in range(total // 4):
        next(first)
    first.close()
    half = builders.stage(builders.plans()[number], epochs=2, batch_size=4,
                          optimizer=OptimizerConfig(accumulation=2))
    said, _ = builders.finish(train(make(), half, TrainContext(), start=snapshots[-1], batch=4))
    steps = [event for event in said if isinstance(event, Step)]
    assert steps[0].step == total // 4 + 1
    assert abs(steps[-1].step - total) <= 2
