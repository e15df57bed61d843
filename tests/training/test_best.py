"""Which epoch's weights are kept, also where a validation loss is no number."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from tests.training import builders
from tests.training.builders import HEAD, stage
from ulmengine.config import OptimizerConfig
from ulmengine.events import EpochEnded, Note
from ulmengine.nets import layer_groups
from ulmengine.training import TrainContext, train_classifier
from ulmengine.training.optimizers import LayerOptimizer
from ulmengine.training.progress import Best, Standing

NAN = math.nan


@pytest.mark.parametrize(("kept", "now", "better"), [
    ((-2.0,), (-1.0,), True), ((-1.0,), (-2.0,), False), ((-NAN,), (-1.0,), True), ((-1.0,), (-NAN,), False),
    ((-NAN,), (-NAN,), False), ((0.8, -NAN), (0.7, -1.0), True), ((0.7, -1.0), (0.8, -NAN), False),
    ((0.7, -1.0), (0.7, -0.9), True),
])
def test_an_epoch_whose_loss_is_no_number_is_no_better_than_any(
    kept: tuple[float, ...], now: tuple[float, ...], better: bool
) -> None:
    assert Best().is_beaten_by(now)
    assert Best(epoch=1, standing=kept).is_beaten_by(now) is better


@pytest.mark.parametrize(("now", "kept"), [(0.78, True), (0.75, True), (0.74, False), (0.9, True)])
def test_a_later_epoch_within_chance_of_the_highest_is_kept(now: float, kept: bool) -> None:
    # The highest was 0.8, what is kept now 0.76; of 64 documents 0.8 is sure to 0.05.
    best = Best(epoch=4, standing=(0.76, -1.0), highest=0.8)
    assert best.is_beaten_by((now, -2.0), math.sqrt(0.8 * 0.2 / 64)) is kept


def test_what_earlier_versions_kept_is_the_highest() -> None:
    values = {"epoch": 1, "standing": [0.7, -0.5], "metrics": {}, "train_loss": 0.4, "key": "best"}
    assert Best.unpack(values, {}, torch.device("cpu")).highest == 0.7
    again = Best.unpack(Best(epoch=2, standing=(0.6, -0.5), highest=0.7).pack(), {}, torch.device("cpu"))
    assert again.highest == 0.7


class NanOnce:
    """Cross entropy; no number in the validation of the epoch ``bad``."""

    def __init__(self, model: nn.Module, bad: int) -> None:
        self._model, self._bad, self._epoch, self._trained = model, bad, 0, False

    def __call__(self, scores: Tensor, targets: Tensor) -> Tensor:
        loss = nn.functional.cross_entropy(scores, targets)
        if self._model.training:
            self._epoch += not self._trained
            self._trained = True
            return loss
        self._trained = False
        return loss * (NAN if self._epoch == self._bad else 1.0)

    def share(self, targets: Tensor) -> float:
        return float(len(targets))


@pytest.mark.parametrize("bad", [1, 2])
def test_it_is_told_and_another_epoch_is_kept(bad: int) -> None:
    torch.manual_seed(0)
    model = builders.text_classifier()
    events = list(train_classifier(
        model, *builders.documents(), stage(HEAD, lr=0.01, epochs=3), NanOnce(model, bad), TrainContext()
    ))
    ended = [event for event in events if isinstance(event, EpochEnded)]
    assert [math.isnan(event.metrics["valid_loss"]) for event in ended] == [number == bad for number in (1, 2, 3)]
    told = [event for event in events if isinstance(event, Note)]
    assert [note.level for note in told] == ["warning"]
    assert f"epoch {bad} is not a number" in told[0].text
    best = [event.epoch for event in ended if event.best][-1]
    assert best != bad


def test_early_stopping_counts_such_an_epoch_as_no_better_and_goes_on_from_the_first_number() -> None:
    standing = Standing()
    stops = [standing.waited_too_long(loss, 2) for loss in (NAN, 1.0, 0.9, NAN, 0.95)]
    assert stops == [False, False, False, False, True]


def test_averaging_begins_by_the_losses_that_are_numbers() -> None:
    model = builders.text_classifier()
    config = OptimizerConfig(kind="nt_asgd", nonmonotone=1)
    averages = LayerOptimizer(layer_groups(model), config).averages
    assert averages is not None
    assert [averages.check(loss) for loss in (NAN, 1.0, 0.9, 0.8, 0.95)] == [False, False, False, False, True]


@pytest.mark.parametrize(("skipped", "why"), [(False, "epochs"), (True, "asked")])
def test_an_early_checkpoint_told_only_whether_its_stage_was_cut_short(skipped: bool, why: str) -> None:
    now = Standing(epoch=2, step=9)
    early = {name: value for name, value in now.pack().items() if name != "why"}
    assert Standing.unpack(early | {"skipped": skipped}) == Standing(epoch=2, step=9, why=why)
    assert Standing.unpack(now.pack()) == now
