"""The numbers of the papers, and which kernels a network of the paper's size takes."""

from __future__ import annotations

import pytest
import torch

from tests.inference.made import network
from ulmengine.cli.corpus import PUBLISHED
from ulmengine.config import PRESETS, DropoutConfig, ModelConfig, OptimizerConfig, RunConfig, Sizes, with_settings
from ulmengine.inference.predict import reader_of
from ulmengine.nets import AWDLSTM, TextClassifier
from ulmengine.nets.kernels.layer_pass import goes_by_steps
from ulmengine.nets.kernels.layout import Layout
from ulmengine.nets.kernels.native import is_available
from ulmengine.nets.lstm import LSTMLayer

needs_products = pytest.mark.skipif(not is_available(), reason="this build of PyTorch has no packed products")


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
def test_the_papers_layers_learn_step_by_step_and_read_by_the_frameworks_kernel(inputs: int, hidden: int) -> None:
    """64 rows of 70 tokens in float32; in bfloat16 the framework's kernel is the slower one for both."""
    weights, layout = LSTMLayer(inputs, hidden).draw(), Layout.equal(64, 70, torch.device("cpu"))
    x = torch.empty(0, inputs)
    assert goes_by_steps(x, layout, weights, torch.float32, True)
    assert not goes_by_steps(x, layout, weights, torch.float32, False)
    assert goes_by_steps(x, layout, weights, torch.bfloat16, True)
    assert goes_by_steps(x, layout, weights, torch.bfloat16, False)


@needs_products
@pytest.mark.parametrize("learns", [True, False], ids=["learning", "reading"])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_what_a_pass_has_packed_serves_it_to_the_end(precision: torch.dtype, learns: bool) -> None:
    """A few rows of one step alone would go by the framework's kernel, for which the weights are made ready too."""
    layer = LSTMLayer(400, 1152, weight_drop=0.5).requires_grad_(learns)
    layer.precision = precision
    weights, few, many = layer.draw(), Layout.equal(1, 2, torch.device("cpu")), Layout.of(torch.tensor([3] * 40 + [2]))

    def kernels(layout: Layout) -> set[str]:
        with torch.profiler.profile() as profile:
            layer(torch.randn(layout.tokens, 400), layout, None, weights)
        return {event.key for event in profile.key_averages()} & {"aten::lstm", "mkldnn::_linear_pointwise"}

    assert kernels(few) == {"aten::lstm"}
    assert kernels(many) == {"mkldnn::_linear_pointwise"}
    reads_on = precision == torch.float32 and not learns  # there the kernel is worth the memory
    assert kernels(few) == ({"aten::lstm"} if reads_on else {"mkldnn::_linear_pointwise"})


@needs_products
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_prediction_uses_the_packed_products_and_packs_nothing_anew(precision: torch.dtype) -> None:
    reads = reader_of(network(), precision)
    with torch.profiler.profile() as profile, torch.no_grad():
        reads(torch.randint(9, 21, (3, 10)), torch.tensor([10, 9, 2]))
    used = {event.key for event in profile.key_averages()}
    assert "mkldnn::_linear_pointwise" in used
    assert not {"mkldnn::_reorder_linear_weight", "aten::lstm", "aten::mkldnn_rnn_layer"} & used


@needs_products
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_a_text_alone_is_read_by_the_kernel_for_all_its_steps_and_in_full_precision(precision: torch.dtype) -> None:
    net, text, length = network(), torch.randint(9, 21, (1, 20)), torch.tensor([20])
    reads = reader_of(net, precision)
    with torch.profiler.profile() as profile, torch.no_grad():
        said = reads(text, length)
    used = {event.key for event in profile.key_averages()}
    assert "aten::lstm" in used
    assert "mkldnn::_linear_pointwise" not in used
    with torch.no_grad():
        torch.testing.assert_close(said, reader_of(net, torch.float32)(text, length), rtol=0, atol=0)
