"""The LSTM layer in all its forms against a textbook LSTM in float64."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ulmengine.nets.kernels import layer_pass
from ulmengine.nets.kernels.layer_pass import PassWeights
from ulmengine.nets.kernels.layout import Layout
from ulmengine.nets.lstm import LSTMLayer

from .plain import largest_error, lstm

pytestmark = pytest.mark.usefixtures("own_path")

LENGTHS = {"equal": [6, 6, 6, 6, 6], "different": [7, 5, 5, 2, 1], "one": [4]}


def setup(lengths: list[int]) -> tuple[LSTMLayer, list[Tensor], tuple[Tensor, Tensor], Layout]:
    torch.manual_seed(0)
    layer = LSTMLayer(5, 8, weight_drop=0.5, input_weight_drop=0.3)
    rows = [torch.randn(length, 5, requires_grad=True) for length in lengths]
    state = torch.randn(len(lengths), 8, requires_grad=True), torch.randn(len(lengths), 8, requires_grad=True)
    return layer, rows, state, Layout.of(torch.tensor(lengths))


def packed(rows: list[Tensor], layout: Layout) -> Tensor:
    return layout.pack(torch.nn.utils.rnn.pad_sequence(rows, batch_first=True))


def reference(
    layer: LSTMLayer, rows: list[Tensor], state: tuple[Tensor, Tensor], weights: PassWeights, mask: Tensor, pull: Tensor
) -> tuple[list[Tensor], Tensor, Tensor, list[Tensor]]:
    """Outputs and gradients of every input by automatic differentiation in float64."""
    leaves = [t.detach().double().requires_grad_() for t in (*rows, *state, *layer.parameters())]
    n = len(rows)
    ih, hh, bias_ih, bias_hh = leaves[n + 2 :]
    ih_mask, hh_mask = (1.0 if m is None else m.kept.double() * m.scale for m in weights.masks)
    inputs = [row * mask[index].double() for index, row in enumerate(leaves[:n])]
    outs, h, c = lstm(inputs, (leaves[n], leaves[n + 1]), (ih * ih_mask, hh * hh_mask, bias_ih, bias_hh))
    pulled = sum((out * p[: len(out)]).sum() for out, p in zip(outs, pull.double(), strict=True))
    (pulled + h.sum() + (c * c).sum()).backward()
    return outs, h, c, [leaf.grad for leaf in leaves]


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("by_steps", [True, False], ids=["own", "framework"])
def test_values_and_gradients(lengths: list[int], by_steps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    layer, rows, state, layout = setup(lengths)
    monkeypatch.setattr(layer_pass, "goes_by_steps", lambda *_: by_steps)
    weights = layer.draw()
    mask = torch.rand(len(rows), 5) + 0.5
    pull = torch.randn(len(rows), max(lengths), 8)
    out, (h, c) = layer(packed(rows, layout), layout, state, weights, mask)
    ((layout.unpack(out) * pull).sum() + h.sum() + (c * c).sum()).backward()
    outs, expected_h, expected_c, gradients = reference(layer, rows, state, weights, mask, pull)
    for row, expected in enumerate(outs):
        assert largest_error(layout.unpack(out)[row, : len(expected)], expected) < 1e-5
    assert largest_error(h, expected_h) < 1e-5
    assert largest_error(c, expected_c) < 1e-5
    for leaf, expected in zip((*rows, *state, *layer.parameters()), gradients, strict=True):
        assert leaf.grad is not None
        assert largest_error(leaf.grad, expected) < 1e-5


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_training_and_evaluation_read_the_same(lengths: list[int], precision: torch.dtype) -> None:
    layer, rows, state, layout = setup(lengths)
    layer.precision = precision
    weights, x = layer.eval().draw(), packed(rows, layout).detach()
    learning, _ = layer(x, layout, state, weights)
    with torch.no_grad():
        answers, (h, c) = layer(x, layout, state, weights)
    plain_weights = tuple(p.detach() for p in layer.parameters())
    outs, expected_h, expected_c = lstm([row.detach() for row in rows], state, plain_weights)
    allowed = 1e-5 if precision == torch.float32 else 2e-2
    assert largest_error(answers, learning.float()) < allowed
    assert largest_error(answers, layout.pack(torch.nn.utils.rnn.pad_sequence(outs, batch_first=True))) < allowed
    assert largest_error(h, expected_h) < allowed
    assert largest_error(c, expected_c) < allowed


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_reading_in_pieces_gives_the_bits_of_reading_at_once(precision: torch.dtype) -> None:
    """Between pieces the cell state is kept in float32, or it would be rounded there."""
    layer, rows, state, _ = setup(LENGTHS["equal"])
    layer.precision = precision
    weights, x = layer.draw(), torch.stack([row.detach() for row in rows])

    @torch.no_grad()
    def read(*lengths: int) -> list[Tensor]:
        here, outs = state, []
        for part in x.split(lengths, 1):
            chunk = Layout.equal(len(rows), part.shape[1], part.device)
            out, here = layer(chunk.pack(part), chunk, here, weights)
            outs.append(chunk.unpack(out))
        return [torch.cat(outs, 1), *here]

    for pieces, at_once in zip(read(1, 2, 3), read(6), strict=True):
        assert torch.equal(pieces, at_once)


@pytest.mark.parametrize("learns", [True, False], ids=["learning", "reading"])
def test_a_cell_sums_up_small_things_in_bfloat16_too(learns: bool) -> None:
    """300 times a hundredth: a cell state of 8 bits would stand still at 2, where a hundredth is less than a step."""
    layer, layout = LSTMLayer(1, 2), Layout.equal(1, 300, torch.device("cpu"))
    layer.precision = torch.bfloat16
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
        for gate, opened in enumerate((-4.5951, 20.0, 20.0, 20.0)):  # the first opens by a hundredth
            layer.bias_ih[2 * gate : 2 * gate + 2] = opened
    with torch.set_grad_enabled(learns):
        _, (_, c) = layer(torch.zeros(layout.tokens, 1), layout, None, layer.draw())
    assert c.flatten().tolist() == pytest.approx([3, 3], abs=0.01)


def test_bfloat16_gradients_are_near() -> None:
    """Products of numbers of 8 bits: 2^-9 of rounding each, a few of them on one another."""
    layer, rows, state, layout = setup(LENGTHS["different"])
    layer.precision = torch.bfloat16
    weights, mask, pull = layer.draw(), torch.ones(5, 5), torch.randn(5, 7, 8)
    out, (h, c) = layer(packed(rows, layout), layout, state, weights, mask)
    ((layout.unpack(out) * pull).sum() + h.sum() + (c * c).sum()).backward()
    *_, gradients = reference(layer, rows, state, weights, mask, pull)
    for leaf, expected in zip((*rows, *state, *layer.parameters()), gradients, strict=True):
        assert leaf.grad is not None
        assert leaf.grad.dtype == torch.float32
        assert largest_error(leaf.grad, expected) < 3e-2


def test_chunk_by_chunk_is_one_pass() -> None:
    """The same draw over two chunks with the state handed on, with the gradient through it."""
    layer, rows, state, _ = setup(LENGTHS["equal"])
    weights = layer.draw()
    x = torch.stack([row.detach() for row in rows])

    def read(parts: tuple[Tensor, ...]) -> tuple[Tensor, list[Tensor]]:
        layer.zero_grad()
        here, outs = tuple(s.detach() for s in state), []
        for part in parts:
            chunk = Layout.equal(5, part.shape[1], part.device)
            out, here = layer(chunk.pack(part), chunk, here, weights)
            outs.append(chunk.unpack(out))
        joined = torch.cat(outs, 1)
        joined.square().sum().backward()
        return joined, [p.grad.clone() for p in layer.parameters()]

    whole, whole_gradients = read((x,))
    chunked, gradients = read(x.split((2, 4), 1))
    assert largest_error(chunked, whole) < 1e-6
    for actual, expected in zip(gradients, whole_gradients, strict=True):
        assert largest_error(actual, expected) < 1e-5


def test_a_gradient_is_taken_once() -> None:
    layer, rows, state, layout = setup(LENGTHS["equal"])
    out, _ = layer(packed(rows, layout), layout, state, layer.draw())
    out.sum().backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="already taken"):
        out.sum().backward()


def test_memory_is_used_again() -> None:
    layer, rows, state, layout = setup(LENGTHS["equal"])
    places = []
    for _ in range(3):
        out, _ = layer(packed(rows, layout).detach(), layout, state, layer.draw())
        out.sum().backward()
        places.append({storage.data_ptr() for storage in layer.workspace._free})
    assert places[0]
    assert places[1] == places[2]


def test_two_passes_may_be_under_way_at_once() -> None:
    layer, rows, state, layout = setup(LENGTHS["different"])
    weights = layer.draw()

    def read(scale: float) -> Tensor:
        out, _ = layer(packed(rows, layout).detach() * scale, layout, state, weights)
        return out.square().sum()

    together = torch.autograd.grad(read(1.0) + read(2.0), list(layer.parameters()))
    one, two = (torch.autograd.grad(read(scale), list(layer.parameters())) for scale in (1.0, 2.0))
    for actual, first, second in zip(together, one, two, strict=True):
        assert largest_error(actual, first + second) < 1e-5


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_what_used_memory_holds_does_not_matter(precision: torch.dtype) -> None:
    """The workspace hands out memory as it was left; here it was left full of numbers that spread when touched."""
    results = []
    for poisoned in (False, True):
        layer, rows, state, layout = setup(LENGTHS["different"])
        layer.precision = precision
        if poisoned:
            layer.workspace.give(*(torch.full((100_000,), float("nan")) for _ in range(12)))
        torch.manual_seed(3)
        out, (h, c) = layer(packed(rows, layout), layout, state, layer.draw())
        (out.float().sum() + h.sum() + c.sum()).backward()
        results.append([out, h, c, *(leaf.grad for leaf in (*rows, *state, *layer.parameters()))])
    for clean, dirty in zip(*results, strict=True):
        assert torch.equal(clean, dirty)


@pytest.mark.parametrize("learns", [True, False], ids=["learning", "reading"])
@pytest.mark.parametrize(("inputs", "hidden"), [(100, 256), (400, 100), (256, 72)])
def test_no_product_reads_what_used_memory_holds(inputs: int, hidden: int, learns: bool) -> None:
    """Widths that fill no whole vector of the processor: its bfloat16 kernels read on into the row behind the last."""
    results = []
    for poison in (0.0, float("nan")):
        torch.manual_seed(0)
        layer, layout = LSTMLayer(inputs, hidden), Layout.of(torch.tensor([20, 16]))
        layer.precision = torch.bfloat16
        layer.workspace.give(*(torch.full((2_000_000,), poison) for _ in range(12)))
        x = torch.randn(layout.tokens, inputs, requires_grad=learns)
        with torch.set_grad_enabled(learns):
            out, (h, c) = layer(x, layout, None, layer.draw())
        results.append([out, h, c])
        if learns:
            (out.float().square().sum() + h.sum() + c.sum()).backward()
            results[-1] += [leaf.grad for leaf in (x, *layer.parameters())]
    for clean, dirty in zip(*results, strict=True):
        assert torch.equal(clean, dirty)
