"""While the weights are fixed, evaluation makes ready once what it multiplies, and gives the same numbers."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import torch
from torch.profiler import profile

from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.nets import LanguageModel, TextClassifier, set_precision
from ulmengine.nets.kernels.native import reads_lstm

PACKING = "mkldnn::_reorder_linear_weight", "mkldnn::_reorder_mkldnn_rnn_layer_weight"
SIZES = Sizes(16, 32, 2)


def packings(work: Any) -> int:
    """How many weights are packed while ``work`` is done."""
    with profile() as found:
        work()
    return sum(event.count for event in found.key_averages() if event.key in PACKING)


def language_model(softmax: str, precision: torch.dtype) -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(70, SIZES, DropoutConfig(), softmax=softmax).eval()
    set_precision(model, precision)
    return model


@pytest.mark.usefixtures("own_path")
@pytest.mark.parametrize("softmax", ["full", "adaptive", "sampled"])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_language_model(softmax: str, precision: torch.dtype) -> None:
    model = language_model(softmax, precision)
    batch = torch.randint(0, 70, (4, 10))

    @torch.no_grad()
    def loss() -> float:
        return float(model.loss(batch[:, :-1], batch[:, 1:], None).cross_entropy)

    plain = loss()
    with model.fixed():
        assert [loss(), loss()] == [plain, plain]
        assert packings(loss) == 0
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    doubled = loss()
    assert doubled != plain
    with model.fixed():
        assert loss() == doubled


@pytest.mark.usefixtures("own_path")
def test_training_takes_no_notice() -> None:
    model = language_model("full", torch.float32)
    batch = torch.randint(0, 70, (4, 10))

    def gradients() -> list[torch.Tensor]:
        model.train().zero_grad()
        torch.manual_seed(1)
        model.loss(batch[:, :-1], batch[:, 1:], None).total.backward()
        return [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]

    for training in (True, False):
        model.train(training)
        with model.fixed():
            with torch.no_grad():
                for parameter in model.parameters():  # what was made ready is out of date, and must not be used
                    parameter.mul_(2)
            inside = gradients()
        expected = gradients()
        assert len(inside) == len(expected) > 0
        assert all(torch.equal(a, b) for a, b in zip(inside, expected, strict=True))


@pytest.mark.usefixtures("own_path")
def test_classifier() -> None:
    torch.manual_seed(0)
    encoder = language_model("full", torch.bfloat16).encoder
    model = TextClassifier(encoder, 3, ModelConfig(), bptt=4).eval()
    set_precision(model, torch.bfloat16)
    tokens, lengths = torch.randint(2, 70, (3, 11)), torch.tensor([11, 8, 2])

    @torch.no_grad()
    def scores() -> torch.Tensor:
        return model(tokens, lengths)

    plain = scores()
    with encoder.fixed():
        assert torch.equal(scores(), plain)
        assert packings(scores) == 0
        assert torch.equal(scores(), plain)
    assert packings(scores) > 0 or not reads_lstm(torch.empty(0))
    with suppress(KeyError), encoder.fixed():
        raise KeyError
    assert packings(scores) > 0 or not reads_lstm(torch.empty(0))
