"""The whole encoder, all dropouts on, against a slow plain one that is given the same draws."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from ulmengine.config import DropoutConfig, Sizes
from ulmengine.nets import AWDLSTM
from ulmengine.nets.awd_lstm import Draw
from ulmengine.nets.kernels import layer_pass
from ulmengine.nets.kernels.layout import Layout

from .plain import largest_error, lstm

SIZES = Sizes(6, 8, 3)  # only the layer in the middle is as wide as what it reads, and so can be skipped
SHARES = {"embedding": 0.3, "input": 0.4, "weight": 0.5, "hidden": 0.2, "input_weight": 0.3}


def encoder(sizes: Sizes = SIZES, *, skips: bool = False, vocabulary: int = 20, **shares: float) -> AWDLSTM:
    torch.manual_seed(0)
    return AWDLSTM(vocabulary, sizes, DropoutConfig(multiplier=1.0, **shares), skip_connections=skips)


def plain(net: AWDLSTM, tokens: list[Tensor], draw: Draw, pull: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Hidden states of each row and the gradient of every weight, in float64, one token after another."""
    leaves = {name: p.detach().double().requires_grad_() for name, p in net.named_parameters()}
    words = torch.ones(net.vocabulary) if draw.words is None else draw.words
    rows = [leaves["embedding.weight"][row] * words[row].double()[:, None] for row in tokens]
    for number, weights in enumerate(draw.weights):
        own = (leaves[f"layers.{number}.{name}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        ih, hh, *biases = own
        kept = [1.0 if mask is None else mask.kept.double() * mask.scale for mask in weights.masks]
        between = draw.between[number]
        read = rows if between is None else [row * mask.double() for row, mask in zip(rows, between, strict=True)]
        zeros = torch.zeros(len(rows), hh.shape[1], dtype=torch.float64)
        outs, _, _ = lstm(read, (zeros, zeros), (ih * kept[0], hh * kept[1], *biases))
        skipped = net.skip_connections and outs[0].shape == rows[0].shape
        rows = [out + row for out, row in zip(outs, rows, strict=True)] if skipped else outs
    torch.stack([(row * p[: len(row)]).sum() for row, p in zip(rows, pull.double(), strict=True)]).sum().backward()
    gradients = {name: leaf.grad for name, leaf in leaves.items() if leaf.grad is not None}
    return rows, gradients


@pytest.mark.usefixtures("own_path")
@pytest.mark.parametrize("lengths", [[6, 6, 6, 6], [7, 5, 5, 1]], ids=["equal", "different"])
@pytest.mark.parametrize("skips", [False, True], ids=["plain", "skips"])
@pytest.mark.parametrize("by_steps", [True, False], ids=["own", "framework"])
def test_every_dropout_acts_in_its_place(
    by_steps: bool, skips: bool, lengths: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_pass, "goes_by_steps", lambda *_: by_steps)
    net = encoder(skips=skips, **SHARES)
    draw = net.draw(4)
    assert draw.words is not None
    tokens = torch.randint(2, 20, (4, max(lengths)))
    pull = torch.randn(4, max(lengths), SIZES.embedding)
    layout = Layout.of(torch.tensor(lengths))
    hidden = layout.unpack(net(tokens, lengths=torch.tensor(lengths), draw=draw).hidden)
    (hidden * pull).sum().backward()  # without a token the states are 0, and so is what is pulled
    expected, gradients = plain(net, [row[:length] for row, length in zip(tokens, lengths, strict=True)], draw, pull)
    for row, states in enumerate(expected):
        assert largest_error(hidden[row, : len(states)], states) < 1e-5
    named = dict(net.named_parameters())
    assert gradients.keys() == named.keys()
    for name, gradient in gradients.items():
        found = named[name].grad
        assert found is not None
        assert largest_error(found, gradient) < 1e-5, name


def test_a_pass_that_is_given_no_draw_makes_its_own() -> None:
    net, tokens = encoder(**SHARES), torch.randint(2, 20, (4, 6))
    torch.manual_seed(5)
    alone = net(tokens).hidden
    torch.manual_seed(5)
    expected, _ = plain(net, list(tokens), net.draw(4), torch.ones(4, 6, SIZES.embedding))
    for row, states in zip(Layout.equal(4, 6, net.device).unpack(alone), expected, strict=True):
        assert largest_error(row, states) < 1e-5


def test_the_input_and_what_lies_between_the_layers_have_their_own_share() -> None:
    """Five standard deviations of a draw of 64 rows."""
    net = encoder(Sizes(50, 70, 3), embedding=0.0, input=0.2, weight=0.0, hidden=0.6, input_weight=0.0)
    masks = net.draw(64).between
    for mask, width, p in zip(masks, (50, 70, 70), (0.2, 0.6, 0.6), strict=True):
        assert mask is not None
        assert mask.shape == (64, width)
        lost = float((mask == 0).double().mean())
        assert abs(lost - p) < 5 * math.sqrt(p * (1 - p) / mask.numel())


def test_each_weight_matrix_has_its_own_share_in_every_layer() -> None:
    net = encoder(Sizes(50, 70, 2), embedding=0.0, input=0.0, weight=0.6, hidden=0.0, input_weight=0.2)
    for weights in net.draw(1).weights:
        for mask, p in zip(weights.masks, (0.2, 0.6), strict=True):
            assert mask is not None
            lost = float((~mask.kept).double().mean())
            assert abs(lost - p) < 5 * math.sqrt(p * (1 - p) / mask.kept.numel())
