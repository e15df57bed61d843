"""Every dropout's mask: its shape, share, scale, sharing over time, and what evaluation makes of it."""

from __future__ import annotations

import math

import pytest
import torch

from ulmengine.config import DropoutConfig, Sizes
from ulmengine.nets import AWDLSTM, LanguageModel
from ulmengine.nets.dropout import connections, keep_mask, locked_mask, word_mask
from ulmengine.nets.kernels import layer_pass
from ulmengine.nets.kernels.layout import Layout
from ulmengine.nets.lstm import LSTMLayer

CPU = torch.device("cpu")
OFF = dict.fromkeys(("embedding", "input", "weight", "hidden", "output", "pooled", "head"), 0.0)


def is_share(count: int, of: int, p: float) -> bool:
    """Whether ``count`` of ``of`` is within five standard deviations of probability ``p``."""
    return abs(count - of * p) <= 5 * math.sqrt(of * p * (1 - p)) + 1e-9


@pytest.mark.parametrize("p", [0.1, 0.25, 0.4, 0.5, 0.9])
def test_share_and_scale(p: float) -> None:
    torch.manual_seed(1)
    mask = keep_mask((301, 333), p, CPU)
    assert is_share(int((mask == 0).sum()), mask.numel(), p)
    kept = mask[mask != 0]
    assert torch.allclose(kept, torch.full_like(kept, 1 / (1 - p)), rtol=1e-3)
    # p is met to one part in 65,536, and the scale fits the p that is met, so that the expectation is exactly kept.
    assert float(kept[0]) * round((1 - p) * 65536) == pytest.approx(65536, rel=1e-6)


def test_neighbours_are_independent() -> None:
    """Four entries share one random number; they must not show it."""
    torch.manual_seed(2)
    dropped = (keep_mask((400_000,), 0.3, CPU) == 0).view(-1, 4)
    for first in range(4):
        for second in range(first):
            both = int((dropped[:, first] & dropped[:, second]).sum())
            assert is_share(both, len(dropped), 0.09)


def test_same_seed_same_mask() -> None:
    torch.manual_seed(3)
    first, second = keep_mask((50, 50), 0.5, CPU), keep_mask((50, 50), 0.5, CPU)
    torch.manual_seed(3)
    assert torch.equal(first, keep_mask((50, 50), 0.5, CPU))
    assert not torch.equal(first, second)


def test_nothing_is_dropped_at_zero() -> None:
    assert word_mask(10, 0.0, CPU) is None
    assert locked_mask(2, 3, 0.0, CPU) is None
    assert connections(torch.ones(2, 2), 0.0) is None


@pytest.mark.parametrize("p", [0.001, 0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_connections_share_scale_and_gradient(p: float, dtype: torch.dtype) -> None:
    torch.manual_seed(p_seed := round(1000 * p))
    weight = torch.randn(301, 333)  # more rows than are widened at once, and not a multiple of four entries
    mask = connections(weight, p)
    assert mask is not None
    assert mask.kept.shape == weight.shape
    assert is_share(int((~mask.kept).sum()), weight.numel(), p)
    assert is_share(int((~mask.kept[:, 1:] & ~mask.kept[:, :-1]).sum()), 301 * 332, p * p)
    # p is met to one part in 32,768, and the scale fits the p that is met, so that the expectation is exactly kept.
    assert mask.scale * round((1 - p) * 32768) == pytest.approx(32768, rel=1e-6)
    place = torch.empty(301, 333, dtype=dtype)
    mask.write(weight, place)
    expected = (weight.to(dtype) * mask.scale).masked_fill(~mask.kept, 0)
    assert torch.equal(place, expected)
    mask.write(place.copy_(weight), place)  # in its own place
    assert torch.equal(place, expected)
    leaf = weight.to(dtype).requires_grad_()
    mask.dropped(leaf).backward(place)
    assert leaf.grad is not None
    assert torch.equal(leaf.grad, (place * mask.scale).masked_fill(~mask.kept, 0))
    torch.manual_seed(p_seed)
    torch.randn(301, 333)
    again = connections(weight, p)
    assert again is not None
    assert torch.equal(again.kept, mask.kept)


def test_locked_mask_is_the_same_at_every_step() -> None:
    torch.manual_seed(4)
    for lengths in ([5, 5, 5], [5, 3, 1]):
        layout = Layout.of(torch.tensor(lengths))
        mask = locked_mask(3, 64, 0.5, CPU)
        assert mask is not None
        assert mask.shape == (3, 64)
        dropped = layout.unpack(layout.scale_rows(torch.ones(layout.tokens, 64), mask))
        for row, length in enumerate(lengths):
            assert torch.equal(dropped[row, :length], mask[row].expand(length, -1))
        assert not torch.equal(mask[0], mask[1])


def encoder(**dropouts: float) -> AWDLSTM:
    return AWDLSTM(2000, Sizes(16, 24, 3), DropoutConfig(**{**OFF, **dropouts, "multiplier": 1.0}))


def test_whole_words_are_dropped() -> None:
    torch.manual_seed(5)
    net = encoder(embedding=0.3)
    draw = net.draw(2)
    assert draw.words is not None
    assert draw.words.shape == (2000,)
    assert is_share(int((draw.words == 0).sum()), 1999, 0.3)
    assert draw.words[1] == 1
    tokens = torch.tensor([5, 6, 7, 5, 1, 6, 5])
    for token, vector in zip(tokens, net.embed(tokens, draw.words), strict=True):
        assert torch.equal(vector, net.embedding.weight[token] * draw.words[token])


def test_padding_row_is_untouched() -> None:
    net = encoder(embedding=0.5)
    net.embed(torch.tensor([1, 4, 1]), None).sum().backward()
    gradient = net.embedding.weight.grad
    assert gradient is not None
    assert not gradient[1].any()
    assert (gradient[4] == 1).all()


def test_each_pass_draws_anew_and_evaluation_never() -> None:
    net = encoder(embedding=0.5, input=0.5, weight=0.5, hidden=0.5)
    one, two = net.draw(4), net.draw(4)
    assert one.words is not None
    assert two.words is not None
    assert not torch.equal(one.words, two.words)
    assert [mask.shape for mask in one.between if mask is not None] == [(4, 16), (4, 24), (4, 24)]
    for first, second in zip(one.weights, two.weights, strict=True):
        assert first.masks[0] is None
        assert first.masks[1] is not None
        assert second.masks[1] is not None
        assert first.masks[1].kept.shape == first.hh.shape
        assert not torch.equal(first.masks[1].kept, second.masks[1].kept)
    quiet = net.eval().draw(4)
    assert quiet.words is None
    assert quiet.between == (None, None, None)
    assert all(weights.masks == (None, None) for weights in quiet.weights)


@pytest.mark.parametrize("by_steps", [True, False], ids=["own", "framework"])
def test_drop_connect_reaches_the_raw_weight_only_where_kept(by_steps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_pass, "goes_by_steps", lambda *_: by_steps)
    torch.manual_seed(6)
    layer = LSTMLayer(4, 12, weight_drop=0.5)
    weights, layout = layer.draw(), Layout.equal(6, 5, CPU)
    before = layer.weight_hh.detach().clone()
    out, _ = layer(torch.randn(30, 4), layout, None, weights)
    out.square().sum().backward()
    mask = weights.masks[1]
    assert mask is not None
    assert layer.weight_hh.grad is not None
    assert mask.scale == 2
    assert is_share(int((~mask.kept).sum()), mask.kept.numel(), 0.5)
    assert not layer.weight_hh.grad[~mask.kept].any()
    assert layer.weight_hh.grad[mask.kept].all()
    assert torch.equal(layer.state_dict()["weight_hh"], before)


def test_input_weights_are_dropped_when_asked() -> None:
    layer = LSTMLayer(40, 12, input_weight_drop=0.5)
    mask = layer.draw().masks[0]
    assert mask is not None
    assert is_share(int((~mask.kept).sum()), mask.kept.numel(), 0.5)


@pytest.mark.parametrize("multiplier", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("p", [0.0, 0.5, 0.9])
def test_every_probability_trains(multiplier: float, p: float) -> None:
    torch.manual_seed(7)
    names = ("embedding", "input", "weight", "hidden", "output", "input_weight")
    dropout = DropoutConfig(multiplier=multiplier, **dict.fromkeys(names, p))
    model = LanguageModel(30, Sizes(8, 12, 2), dropout)
    tokens = torch.randint(2, 30, (3, 6))
    loss = model.loss(tokens[:, :-1], tokens[:, 1:], None)
    loss.total.backward()
    assert all(q.grad is not None and q.grad.isfinite().all() for q in model.parameters())
