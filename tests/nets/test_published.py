"""The numbers of the papers, and which kernels a network of the paper's size takes."""

from __future__ import annotations

import pytest
import torch

from tests.inference.made import network
from ulmengine.cli.corpus import PUBLISHED
from ulmengine.config import PRESETS, DropoutConfig, ModelConfig, OptimizerConfig, RunConfig, Sizes, with_settings
from ulmengine.inference.predict import reader_of
from ulmengine.nets import AWDLSTM, TextClassifier, set_precision
from ulmengine.nets.kernels.layer_pass import PassWeights, goes_by_steps
from ulmengine.nets.kernels.layout import Layout
from ulmengine.nets.kernels.native import is_available, reads_lstm
from ulmengine.nets.lstm import LSTMLayer

needs_products = pytest.mark.skipif(not is_available(), reason="this build of PyTorch has no packed products")
needs_kernel = pytest.mark.skipif(not reads_lstm(torch.empty(0)), reason="reads by the framework's plain functions")


def test_sizes_and_dropouts_are_those_of_1801_06146() -> None:
    """Section 4.1; the hidden size of 1150 is rounded up to 1152, as in the reference."""
    assert PRESETS["paper"] == Sizes(400, 1152, 3)
    ratios = with_settings(RunConfig(), PUBLISHED).model.dropout
    assert (ratios.input, ratios.hidden, ratios.embedding, ratios.weight, ratios.pooled) == (0.4, 0.3, 0.05, 0.5, 0.4)
    assert ratios.multiplier == 1
    assert ratios.input_weight == 0
    assert (OptimizerConfig().beta1, OptimizerConfig().beta2) == (0.7, 0.99)


def test_layers_and_head_of_the_papers_size() -> None:
    with torch.device("meta"):
        encoder = AWDLSTM(30_000, PRESETS["paper"], DropoutConfig())
        model = TextClassifier(encoder, 2, ModelConfig(head_hidden=50))
        shapes = {name: tuple(p.shape) for name, p in model.named_parameters()}
    assert shapes["encoder.embedding.weight"] == (30_000, 400)
    for number, (inputs, hidden) in enumerate(((400, 1152), (1152, 1152), (1152, 400))):
        assert shapes[f"encoder.layers.{number}.weight_ih"] == (4 * hidden, inputs)
        assert shapes[f"encoder.layers.{number}.weight_hh"] == (4 * hidden, hidden)
    matrices = [shape for name, shape in shapes.items() if name.startswith("head.") and len(shape) == 2]
    assert matrices == [(50, 1200), (2, 50)]


@needs_products
@pytest.mark.parametrize(("inputs", "hidden"), [(400, 1152), (1152, 1152), (1152, 400)])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_the_papers_layers_learn_step_by_step(inputs: int, hidden: int, precision: torch.dtype) -> None:
    """64 rows of 70 tokens."""
    weights, layout = LSTMLayer(inputs, hidden).draw(), Layout.equal(64, 70, torch.device("cpu"))
    assert goes_by_steps(torch.empty(0, inputs), layout, weights, precision)


def kernels(layer: LSTMLayer, layout: Layout, weights: PassWeights) -> set[str]:
    """Those of interest by which ``layer`` reads random tokens."""
    known = {"aten::lstm", "aten::mkldnn_rnn_layer", "mkldnn::_linear_pointwise"}
    with torch.profiler.profile() as profile:
        layer(torch.randn(layout.tokens, layer.inputs), layout, None, weights)
    used = {event.key for event in profile.key_averages()} & known
    return {"aten::lstm"} if "aten::lstm" in used else used


@needs_products
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_what_a_pass_has_packed_to_learn_serves_it_to_the_end(precision: torch.dtype) -> None:
    """A few rows of one step alone would go by the framework's kernel, for which the weights are made ready too."""
    layer = LSTMLayer(400, 1152, weight_drop=0.5)
    layer.precision = precision
    weights, few, many = layer.draw(), Layout.equal(1, 2, torch.device("cpu")), Layout.of(torch.tensor([3] * 40 + [2]))
    assert kernels(layer, few, weights) == {"aten::lstm"}
    assert kernels(layer, many, weights) == {"mkldnn::_linear_pointwise"}
    assert kernels(layer, few, weights) == {"mkldnn::_linear_pointwise"}


@needs_kernel
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("lengths", [[1], [70] * 64, [9, 9, 4, 1]], ids=str)
def test_what_learns_nothing_is_read_by_the_frameworks_kernel(lengths: list[int], precision: torch.dtype) -> None:
    layer = LSTMLayer(16, 32, weight_drop=0.5).requires_grad_(False)
    layer.precision = precision
    assert kernels(layer, Layout.of(torch.tensor(lengths)), layer.draw()) == {"aten::mkldnn_rnn_layer"}


@needs_kernel
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_prediction_packs_nothing_anew(precision: torch.dtype) -> None:
    net, documents = network(), (torch.randint(9, 21, (3, 10)), torch.tensor([10, 9, 2]))
    set_precision(net, precision)
    reads = reader_of(net)
    with torch.no_grad():
        reads(*documents)
        with torch.profiler.profile() as profile:
            reads(*documents)
    used = {event.key for event in profile.key_averages()}
    assert "aten::mkldnn_rnn_layer" in used
    assert not {"mkldnn::_reorder_mkldnn_rnn_layer_weight", "mkldnn::_reorder_linear_weight", "aten::lstm"} & used
