"""The two trainings from the first epoch to the last: what they say when, what they keep, and how they end."""

from __future__ import annotations

import dataclasses
import errno
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ulmengine.config import ScheduleConfig
from ulmengine.events import (
    Checkpointed,
    EpochEnded,
    Note,
    Progress,
    SaveFailed,
    StageEnded,
    StageStarted,
    Step,
    TextWritten,
)
from ulmengine.plan import NanLossError, TrainingError
from ulmengine.training import Snapshot, TrainContext, session, train_classifier, train_language_model
from ulmengine.training.batches import StreamBatch

from . import builders
from .builders import ALL, HEAD, LM, NO_DROPOUT, SGD, Listed, finish, stage


def test_schedule_counts_optimizer_steps_of_this_stage() -> None:
    """Five batches accumulated by two are three steps an epoch; the second stage starts its schedule anew."""
    batches = Listed(*list(builders.streams()[0].epoch(0))[:5])
    shape = ScheduleConfig(kind="clr", cycles=0.5, ratio=7.0)  # one straight rise: base 1/7, six steps to 1
    optimizer = SGD.model_copy(update={"accumulation": 2, "clip": 1e-3})
    plan = stage(LM, epochs=2, lr=7.0, schedule=shape, optimizer=optimizer)
    ctx, model = TrainContext(), builders.language_model()
    for stage_number in range(2):
        said, _ = finish(train_language_model(model, batches, None, plan, ctx))  # type: ignore[arg-type]
        steps = [event for event in said if isinstance(event, Step)]
        assert said[0].steps == 6  # type: ignore[attr-defined]
        assert [step.lrs[-1] for step in steps] == pytest.approx([1, 2, 3, 4, 5, 6])
        assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
        assert [step.total for step in steps] == [n + 6 * stage_number for n in range(1, 7)]
        assert [step.epoch for step in steps] == [1, 1, 1, 2, 2, 2]


def test_jitter_scales_the_rate() -> None:
    batches = [StreamBatch(b.inputs, b.targets, scale, b.fresh)
               for b, scale in zip(list(builders.streams()[0].epoch(0))[:2], (0.5, 1.5), strict=True)]
    said, _ = finish(train_language_model(
        builders.language_model(), Listed(*batches), None, stage(LM, lr=0.1, optimizer=SGD), TrainContext()  # type: ignore[arg-type]
    ))
    assert [event.lrs[-1] for event in said if isinstance(event, Step)] == pytest.approx([0.05, 0.15])


def test_the_state_is_carried_within_an_epoch_and_reset_between() -> None:
    """At a rate too small to move a weight, the second epoch gives the losses of the first, to the bit; a batch after
    another one does not give the loss it would have alone; validation does not disturb it."""
    train, valid = builders.streams()
    model = builders.language_model(dropout=NO_DROPOUT)
    tiny = stage(LM, epochs=2, lr=1e-30, optimizer=SGD)
    said, _ = finish(train_language_model(model, train_twice(train), valid, tiny, TrainContext()))  # type: ignore[arg-type]
    losses = [event.loss for event in said if isinstance(event, Step)]
    half = len(losses) // 2
    assert losses[:half] == losses[half:]
    batches = list(train.epoch(0))
    state = None
    model.train()
    for batch, loss in zip(batches, losses, strict=False):
        plain = model.loss(batch.inputs, batch.targets, state)
        state = plain.state
        assert loss == pytest.approx(float(plain.cross_entropy), rel=1e-6)
    alone = model.loss(batches[1].inputs, batches[1].targets, None)
    assert float(alone.cross_entropy) != pytest.approx(losses[1], rel=1e-6)


def train_twice(stream: Any) -> Listed:
    return Listed(*stream.epoch(0))


def test_validation_is_the_mean_over_tokens() -> None:
    """Batches of 12, 12 and 2 tokens: the perplexity is exp of the mean over 26 tokens."""
    train, _ = builders.streams()
    model = builders.language_model(dropout=NO_DROPOUT)
    stream = torch.randint(9, 40, (2, 14), generator=torch.Generator().manual_seed(2))
    cuts = [(0, 6), (6, 12), (12, 13)]
    valid = Listed(*(StreamBatch(stream[:, a:b], stream[:, a + 1 : b + 1], 1.0, fresh=a == 0) for a, b in cuts))
    said, result = finish(train_language_model(
        model, train_twice(train), valid, stage(LM, lr=1e-30, optimizer=SGD), TrainContext()  # type: ignore[arg-type]
    ))
    with torch.no_grad():
        scores, _ = model.eval().logits(stream[:, :-1])
    mean = float(nn.functional.cross_entropy(scores.flatten(0, 1).double(), stream[:, 1:].flatten()))
    assert result.metrics["valid_loss"] == pytest.approx(mean, rel=1e-5)
    assert result.metrics["perplexity"] == pytest.approx(math.exp(mean), rel=1e-5)
    assert [e.done for e in said if isinstance(e, Progress)] == [1, 2, 3]


def test_the_best_epoch_is_kept() -> None:
    """A rate that ruins the network in the second epoch: the first one's weights stay."""
    model = builders.language_model(dropout=NO_DROPOUT)
    shape = ScheduleConfig(kind="clr", cycles=0.5, ratio=1000.0)
    train = train_twice(builders.streams()[0])
    plan = stage(LM, epochs=3, lr=100.0, schedule=shape, optimizer=SGD)
    after: list[dict[str, Tensor]] = []
    events = train_language_model(model, train, builders.streams()[1], plan, TrainContext())  # type: ignore[arg-type]
    ended = []
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            result = end.value
            break
        if isinstance(event, EpochEnded):
            ended.append(event)
            if event.epoch < 3:
                after.append({name: t.clone() for name, t in model.state_dict().items()})
        if isinstance(event, StageEnded):
            stage_ended = event
    losses = [event.metrics["valid_loss"] for event in ended]
    best = losses.index(min(losses))
    assert best < 2
    assert [event.best for event in ended] == [loss == min(losses[: n + 1]) for n, loss in enumerate(losses)]
    assert result.valid_loss == stage_ended.valid_loss == min(losses)
    assert all(torch.equal(after[best][name], tensor) for name, tensor in model.state_dict().items())


def test_early_stopping_ends_the_stage_and_says_so() -> None:
    model = builders.language_model(dropout=NO_DROPOUT)
    plan = stage(LM, epochs=9, lr=1e-30, optimizer=SGD, early_stopping=2)
    said, result = finish(train_language_model(model, *builders.streams(), plan, TrainContext()))
    # Nothing changes: the first epoch is the best, two more bring nothing.
    assert sum(isinstance(event, EpochEnded) for event in said) == 3
    assert any(isinstance(event, Note) and "epoch 1 are kept" in event.text for event in said)
    assert result.why == "patience"


def test_a_skipped_stage_still_measures_and_ends() -> None:
    asked = iter([False, False, True])
    said, result = finish(builders.train_cls(
        builders.text_classifier(), stage(ALL, epochs=5), TrainContext(skip=lambda: next(asked))
    ))
    assert sum(isinstance(event, Step) for event in said) == 3
    assert [type(event) for event in said[-2:]] == [EpochEnded, StageEnded]
    assert result.why == "asked"
    assert "accuracy" in result.metrics


def test_a_skip_is_heard_where_an_epoch_is_shorter_than_the_time_between_two_looks_at_the_losses() -> None:
    asked = iter([True])
    said, result = finish(builders.train_cls(
        builders.text_classifier(), stage(ALL, epochs=5), TrainContext(skip=lambda: next(asked), read_every=1_000)
    ))
    assert [event.epoch for event in said if isinstance(event, EpochEnded)] == [1]
    assert result.why == "asked"


def test_a_skip_asked_in_the_last_epochs_validation_is_over_with_the_stage() -> None:
    """The stage ends anyway, and the one after it is not meant."""
    asked: list[int] = []
    said, result = finish(builders.train_cls(
        builders.text_classifier(), stage(ALL, epochs=1),
        TrainContext(skip=lambda: asked.append(1) is None and len(asked) == 1, read_every=1_000),
    ))
    assert asked == [1]
    assert isinstance(said[-1], StageEnded)
    assert result.why == "epochs"


class Spoilt:
    """Cross entropy times one of ``factors`` after the other."""

    def __init__(self, *factors: float) -> None:
        self._factors = iter(factors)

    def __call__(self, scores: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.cross_entropy(scores, targets) * next(self._factors)

    def share(self, targets: Tensor) -> float:
        return float(len(targets))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_before_the_weights_are_spoilt(bad: float) -> None:
    model = builders.text_classifier()
    loss = Spoilt(1.0, 1.0, bad)
    events = train_classifier(model, *builders.documents(), stage(HEAD, lr=0.3), loss, TrainContext())
    with pytest.raises(NanLossError, match=r"step 3 .*0\.3") as caught:
        finish(events)
    assert caught.value.step == 3
    assert caught.value.suggested == pytest.approx(0.1)
    assert all(bool(tensor.isfinite().all()) for tensor in model.state_dict().values())


def test_what_is_said_and_when(tmp_path: Path) -> None:
    saved: list[str] = []

    def save(snapshot: Snapshot) -> Checkpointed:
        saved.append(snapshot.reason)
        return Checkpointed(f"{len(saved)}", snapshot.reason, snapshot.total, 0, 0.0)

    ctx = TrainContext(checkpoint=save, write=lambda _: ("once", "upon a time"))
    model = builders.language_model()
    said, _ = finish(train_language_model(model, builders.streams()[0], None, stage(LM, epochs=2), ctx))
    steps = len(builders.streams()[0])
    assert [type(event) for event in said] == [
        StageStarted, *[Step] * steps, Checkpointed, EpochEnded, TextWritten,
        *[Step] * steps, Checkpointed, EpochEnded, TextWritten, StageEnded,
    ]  # who pauses at the end of a stage has it on disk
    assert saved == ["epoch", "stage"]
    assert not model.training


def test_a_full_disk_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the training is lost: the same steps, the same weights as with room enough from the beginning."""
    monkeypatch.setattr(session, "RETRY_S", 0.0)
    full = [OSError(errno.ENOSPC, "full"), OSError(errno.ENOSPC, "full"), None, None]

    def save(snapshot: Snapshot) -> None:
        error = full.pop(0)
        if error is not None:
            raise error

    found = []
    for ctx in (TrainContext(), TrainContext(checkpoint=save)):
        model = builders.language_model()
        said, _ = finish(builders.train_lm(model, stage(LM, epochs=2), ctx))
        found.append((model.state_dict(), [event for event in said if isinstance(event, Step)]))
    assert [type(event) for event in said].count(SaveFailed) == 2
    assert full == []
    assert len(found[0][1]) == len(found[1][1])
    assert all(torch.equal(found[0][0][name], found[1][0][name]) for name in found[0][0])


def test_a_snapshot_is_taken_every_few_minutes() -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 1.0
        return now

    reasons: list[str] = []
    ctx = TrainContext(minutes=0.25, clock=clock, checkpoint=lambda taken: reasons.append(taken.reason))
    finish(builders.train_lm(builders.language_model(), stage(LM, epochs=1), ctx))
    assert reasons[-1] == "stage"
    assert "time" in reasons[:-1]


def test_a_plan_for_another_network_is_refused() -> None:
    with pytest.raises(TrainingError, match="does not train a classifier"):
        finish(builders.train_cls(builders.text_classifier(), LM, TrainContext()))
    deeper = builders.plan_stages(builders.config(), layers=3, pretrained=True)[0]
    with pytest.raises(TrainingError, match="layer 3"):
        finish(builders.train_lm(builders.language_model(), deeper, TrainContext()))
    with pytest.raises(TrainingError, match="smaller batch size"):
        finish(train_language_model(builders.language_model(), Listed(), None, LM, TrainContext()))  # type: ignore[arg-type]


def test_looking_at_the_losses_more_rarely_changes_nothing_but_the_moment() -> None:
    """As on a graphics card, where each look waits for the device."""
    found = []
    for every in (1, 5):
        torch.manual_seed(0)
        ctx = TrainContext(read_every=every)
        said, _ = finish(builders.train_lm(builders.language_model(), stage(LM, epochs=2), ctx))
        found.append([dataclasses.replace(e, seconds=0.0) if hasattr(e, "seconds") else e for e in said])
        assert all(event.seconds > 0 for event in said if isinstance(event, Step))
    assert found[0] == found[1]
