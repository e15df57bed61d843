"""How much arithmetic the pieces of work are, against sums made by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from ulmengine.bench import arithmetic
from ulmengine.bench.classifier import measured
from ulmengine.config import PRESETS, Sizes

PAPER = PRESETS["paper"]


def test_the_step_of_the_published_language_model() -> None:
    tokens = 64 * 72
    assert 3 * arithmetic.reading(PAPER, tokens) == pytest.approx(560e9, rel=1e-3)
    assert arithmetic.language_model(PAPER, 30_000, tokens, learns=True) == pytest.approx(892e9, rel=1e-3)
    forward = arithmetic.language_model(PAPER, 30_000, tokens, learns=False)
    assert 3 * forward == arithmetic.language_model(PAPER, 30_000, tokens, learns=True)


def test_layers_are_counted_by_what_flows_through_them() -> None:
    sizes = Sizes(3, 5, 2)
    first, last = 2 * 4 * 5 * (3 + 5), 2 * 4 * 3 * (5 + 3)
    assert sizes.widths == [(3, 5), (5, 3)]
    assert arithmetic.reading(sizes, 7) == 7 * (first + last)
    assert arithmetic.classifier(sizes, 7, 6, 1) == 7 * (first + last), "the head alone learns"
    weights_and_states = 2 * 4 * 3 * (5 + 3 + 3)
    assert arithmetic.classifier(sizes, 7, 6, 2) == 7 * (first + last) + 6 * weights_and_states
    assert arithmetic.classifier(sizes, 7, 7, 4) == 3 * 7 * (first + last), "everything learns"


@pytest.mark.parametrize("unfrozen", [1, 2, 3, 4])
def test_the_operations_are_those_that_pytorch_counts(unfrozen: int) -> None:
    sizes, rows, time = Sizes(16, 32, 2), 4, 6
    with FlopCounterMode(display=False) as counter:
        outs = list(torch.randn(rows, time, sizes.embedding, requires_grad=unfrozen == 4).unbind(1))
        first = 0.0
        for number, (inputs, hidden) in enumerate(sizes.widths):
            learns = unfrozen > sizes.layers - number
            ih, hh = (torch.randn(4 * hidden, k, requires_grad=learns) for k in (inputs, hidden))
            outs = read_layer(outs, ih, hh)
            first += 2 * 4 * hidden * hidden * rows if learns else 0  # the zeros before the first token learn nothing
        total = torch.stack(outs).sum()
        if total.requires_grad:
            total.backward()
    assert counter.get_total_flops() + first == arithmetic.classifier(sizes, rows * time, rows * time, unfrozen)


def read_layer(inputs: list[Tensor], ih: Tensor, hh: Tensor) -> list[Tensor]:
    """An LSTM layer without biases, written as in a textbook: the hidden state after each step."""
    h = c = torch.zeros(len(inputs[0]), hh.shape[1])
    outs = []
    for x in inputs:
        i, f, g, o = (x @ ih.t() + h @ hh.t()).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        outs.append(h)
    return outs


def test_the_first_batch_is_not_counted() -> None:
    assert measured({"lengths": [[9, 4], [3]]}) == [[3]]
    assert measured({"lengths": [[9, 4]]}) == [[9, 4]]
