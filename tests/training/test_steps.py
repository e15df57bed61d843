"""One optimizer step: against the reference's numbers, against the large batch, and what it moves and leaves alone."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ulmengine.config import DropoutConfig, OptimizerConfig, Sizes
from ulmengine.events import EpochEnded, Step
from ulmengine.nets import LanguageModel, classifier_loss, disagreement, from_reference_names
from ulmengine.training import TrainContext, train_classifier, train_language_model
from ulmengine.training.batches import DocumentBatch, StreamBatch

from . import builders
from .builders import ALL, HEAD, LM, NO_DROPOUT, SGD, Listed, finish, stage

VECTORS = Path(__file__).parents[1] / "nets" / "data" / "language_model.npz"


def test_training_reproduces_the_weights_of_the_reference() -> None:
    """Three batches of plain SGD with AR and TAR, the state carried over (vectors/language_model.npz)."""
    data = np.load(VECTORS)

    def weights(prefix: str) -> dict[str, Tensor]:
        found = {name.removeprefix(prefix): torch.from_numpy(data[name]) for name in data if name.startswith(prefix)}
        return from_reference_names(found)

    model = LanguageModel(64, Sizes(12, 20, 3), NO_DROPOUT)
    model.load_state_dict(weights("init/"))
    tokens = torch.from_numpy(data["tokens"])
    batches = [StreamBatch(t[:, :-1], t[:, 1:], 1.0, fresh=n == 0) for n, t in enumerate(tokens)]
    base = builders.plan_stages(builders.config(), layers=3, pretrained=True)[0]
    plan = stage(base, lr=float(data["lr"]), optimizer=SGD)
    said, _ = finish(train_language_model(model, Listed(*batches), None, plan, TrainContext()))  # type: ignore[arg-type]
    losses = [event.loss for event in said if isinstance(event, Step)]
    assert losses == pytest.approx(data["losses_ce"].tolist(), rel=1e-5)
    final = weights("final/")
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, final[name], rtol=1e-5, atol=1e-6)


def gradients_after(model: nn.Module, events: Any) -> dict[str, Tensor]:
    """What one step of plain SGD at rate 1 has taken off each weight: its gradient."""
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    finish(events)
    return {name: before[name] - p.detach() for name, p in model.named_parameters()}


def test_accumulated_language_model_batches_equal_the_large_one() -> None:
    """Rows of different numbers of targets: the mean is over tokens, not over batches."""
    inputs = torch.randint(9, 40, (6, 7), generator=torch.Generator().manual_seed(1))
    targets = inputs.roll(-1, 1)
    targets[4:, 3:] = -100
    parts = [slice(0, 2), slice(2, 5), slice(5, 6)]
    small = [StreamBatch(inputs[part], targets[part], 1.0, fresh=True) for part in parts]
    large = [StreamBatch(inputs, targets, 1.0, fresh=True)]
    found = []
    for batches, accumulation in ((large, 1), (small, 3)):
        plan = stage(LM, lr=1.0, alpha=0.0, beta=0.0, optimizer=SGD.model_copy(update={"accumulation": accumulation}))
        model = builders.language_model(dropout=NO_DROPOUT).double()
        events = train_language_model(model, Listed(*batches), None, plan, TrainContext())  # type: ignore[arg-type]
        found.append(gradients_after(model, events))
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", ["cross_entropy", "focal"])
@pytest.mark.parametrize("weighted", [False, True])
def test_accumulated_documents_equal_the_large_batch(weighted: bool, loss: str) -> None:
    """With batch norm's statistics fixed, which otherwise sees the small batches."""
    tokens = torch.randint(9, 40, (5, 6), generator=torch.Generator().manual_seed(1))
    lengths, targets = torch.tensor([6, 5, 4, 3, 2]), torch.tensor([0, 1, 1, 1, 0])

    def batch(part: slice) -> DocumentBatch:
        return DocumentBatch(tokens[part, : int(lengths[part][0])], lengths[part], targets[part], np.arange(5)[part])

    changed = {"loss": loss, "class_weights": "balanced" if weighted else "none"}
    settings = builders.config().classifier.model_copy(update=changed)
    mean = classifier_loss(settings, torch.tensor([10, 3]), multi_label=False)
    found = []
    for parts in ([slice(0, 5)], [slice(0, 2), slice(2, 5)]):
        optimizer = SGD.model_copy(update={"accumulation": len(parts)})
        plan = stage(ALL, lr=1.0, optimizer=optimizer, freeze_batch_norm=True)
        model = builders.text_classifier(dropout=NO_DROPOUT)
        batches = Listed(*(batch(part) for part in parts))
        found.append(gradients_after(model, train_classifier(model, batches, None, plan, mean, TrainContext())))  # type: ignore[arg-type]
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, rtol=1e-4, atol=1e-6)


def test_where_nothing_is_dropped_both_answers_about_a_document_agree() -> None:
    found = []
    for consistency in (0.0, 5.0):
        plan = stage(ALL, lr=1.0, optimizer=SGD, consistency=consistency)
        model = builders.text_classifier(dropout=NO_DROPOUT)
        found.append(gradients_after(model, builders.train_cls(model, plan, TrainContext(), batch=30)))
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, rtol=1e-3, atol=1e-4)


def test_consistency_draws_the_answers_about_a_document_together() -> None:
    """R-Drop: what other dropouts make of the same document; the loss that is told of is that of the labels alone."""
    apart, told = [], []
    for consistency in (0.0, 20.0):
        model = builders.text_classifier(dropout=DropoutConfig(multiplier=1.0))
        plan = stage(ALL, epochs=10, lr=5e-3, consistency=consistency)
        said, _ = finish(builders.train_cls(model, plan, TrainContext()))
        told += [event.loss for event in said if isinstance(event, Step)][:1]
        batch = next(iter(builders.documents(30)[0].epoch(0)))
        model.train().head.freeze_statistics()
        torch.manual_seed(5)
        with torch.no_grad():
            one, two = (model(batch.tokens, batch.lengths) for _ in range(2))
        apart.append(float(disagreement(one, two, False).mean()))
    assert apart[1] < apart[0] / 2
    assert told[1] == pytest.approx(told[0], abs=0.3)


def test_clipping_shortens_the_gradient_but_reports_its_length() -> None:
    batch = Listed(next(iter(builders.streams()[0].epoch(0))))
    found = {}
    for clip in (0.0, 0.01):
        model = builders.language_model(dropout=NO_DROPOUT)
        before = {name: p.detach().clone() for name, p in model.named_parameters()}
        plan = stage(LM, lr=1.0, optimizer=SGD.model_copy(update={"clip": clip}))
        said, _ = finish(train_language_model(model, batch, None, plan, TrainContext()))  # type: ignore[arg-type]
        moved = sum(float((before[name] - p.detach()).square().sum()) for name, p in model.named_parameters()) ** 0.5
        found[clip] = (moved, next(event.grad_norm for event in said if isinstance(event, Step)))
    assert found[0.0][0] == pytest.approx(found[0.0][1], rel=1e-4)
    assert found[0.01][0] == pytest.approx(0.01, rel=1e-3)
    assert found[0.01][1] == found[0.0][1] > 0.01


def test_frozen_groups_stay_still_and_dropout_in_them_stays_on() -> None:
    model = builders.text_classifier()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    said = []
    plan = stage(HEAD, epochs=2, optimizer=OptimizerConfig(weight_decay=0.5))
    for event in builders.train_cls(model, plan, TrainContext()):
        said.append(event)
        if isinstance(event, Step):
            assert all(module.training for module in model.modules())
    for name, p in model.named_parameters():
        assert torch.equal(before[name], p) is not name.startswith("head.")
        assert p.grad is None
    drift = next(event for event in said if isinstance(event, EpochEnded)).drift
    assert drift["embedding"] == drift["layer 1"] == drift["layer 2"] == 0.0
    assert drift["head"] > 0
    assert all(len(event.lrs) == 1 for event in said if isinstance(event, Step))


def test_drift_is_the_distance_over_the_length_of_the_start() -> None:
    model = builders.language_model(dropout=NO_DROPOUT)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    said, _ = finish(train_language_model(
        model, builders.streams()[0], None, stage(LM, lr=0.1, optimizer=SGD), TrainContext()
    ))
    names = [name for name in before if name.startswith("encoder.layers.1.")]
    distance = math.hypot(*(float((model.get_parameter(n).detach() - before[n]).norm()) for n in names))
    length = math.hypot(*(float(before[n].norm()) for n in names))
    ended = next(event for event in said if isinstance(event, EpochEnded))
    assert ended.drift["layer 2"] == pytest.approx(distance / length, rel=1e-5)


def test_frozen_batch_norm_keeps_its_statistics() -> None:
    for frozen in (True, False):
        model = builders.text_classifier()
        before = {name: b.clone() for name, b in model.named_buffers() if "running" in name}
        finish(builders.train_cls(model, stage(ALL, freeze_batch_norm=frozen), TrainContext()))
        assert all(torch.equal(before[name], b) is frozen for name, b in model.named_buffers() if name in before)


def test_the_optimizer_is_carried_from_stage_to_stage_and_only_the_new_group_starts_fresh() -> None:
    model, ctx = builders.text_classifier(), TrainContext()
    two = stage(builders.plans(epochs=(1, 1, 1))[2])
    finish(builders.train_cls(model, stage(HEAD), ctx))
    first = ctx.optimizer
    assert first is not None
    state = {name: t.clone() for name, t in first.pack()[0].items()}
    events = builders.train_cls(model, two, ctx)
    next(events)
    assert ctx.optimizer is first
    assert all(torch.equal(state[name], t) for name, t in first.pack()[0].items())
    next(events)
    after = first.pack()[0]
    assert state.keys() < after.keys()
    steps = {float(t) for name, t in after.items() if name.endswith(".step") and name in state}
    fresh = {float(t) for name, t in after.items() if name.endswith(".step") and name not in state}
    assert steps == {len(builders.documents()[0]) + 1.0}
    assert fresh == {1.0}
    events.close()


def test_bfloat16_products_train_as_well() -> None:
    ctx = TrainContext(precision=torch.bfloat16)
    model = builders.language_model()
    said, _ = finish(builders.train_lm(model, stage(LM, lr=1e-2), ctx))
    assert all(p.dtype is torch.float32 for p in model.parameters())
    losses = [event.train_loss for event in said if isinstance(event, EpochEnded)]
    assert losses[0] < math.log(builders.VOCABULARY)
