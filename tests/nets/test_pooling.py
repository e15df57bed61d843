"""Pooling: by hand, and piece by piece against the whole."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ulmengine.nets.pooling import AttentionPooling, ConcatPooling, LastPooling

from .plain import largest_error

LENGTHS = torch.tensor([9, 8, 8, 5, 2])


def plain(hidden: Tensor, lengths: Tensor, weight: Tensor | None) -> Tensor:
    """The pooled vectors document by document: last state, maximum, and mean or what attention of ``weight`` makes."""
    rows = []
    for document, length in zip(hidden, lengths.tolist(), strict=True):
        real = document[:length]
        shares = torch.full((length,), 1 / length) if weight is None else torch.softmax(torch.tanh(real) @ weight, 0)
        rows.append(torch.cat([real[-1], real.max(0).values, shares.to(real) @ real]))
    return torch.stack(rows)


def pieces(hidden: Tensor, bptt: int) -> list[Tensor]:
    """Chunks of the rows that are still alive."""
    return [
        hidden[: int((start < LENGTHS).sum()), start : start + bptt] for start in range(0, hidden.shape[1], bptt)
    ]


def test_concat_pooling_by_hand() -> None:
    hidden = torch.tensor([[[1.0, -5], [3, -1], [99, 99]], [[-2, 4], [99, 99], [99, 99]]])
    pooled = ConcatPooling()([hidden], torch.tensor([2, 1]))
    assert pooled.tolist() == [[3, -1, 3, -1, 2, -3], [-2, 4, -2, 4, -2, 4]]
    assert ConcatPooling()([hidden.bfloat16()], torch.tensor([2, 1])).dtype == torch.float32
    assert LastPooling()([hidden], torch.tensor([2, 1])).tolist() == [[3, -1], [-2, 4]]


def test_attention_pooling_by_hand() -> None:
    hidden = torch.tensor([[[0.5], [-1.0], [99.0]]])
    pool = AttentionPooling(1)
    assert torch.allclose(pool([hidden], torch.tensor([2])), ConcatPooling()([hidden], torch.tensor([2])))
    torch.nn.init.constant_(pool.weight, 2.0)
    weights = torch.softmax(2 * torch.tanh(torch.tensor([0.5, -1.0])), 0)
    expected = float(weights[0]) * 0.5 - float(weights[1])
    assert float(pool([hidden], torch.tensor([2]))[0, 2].detach()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("bptt", [1, 3, 4, 9, 20])
@pytest.mark.parametrize("pool", [ConcatPooling(), AttentionPooling(6), LastPooling()])
def test_in_pieces_as_the_whole_forward_and_backward(bptt: int, pool: nn.Module) -> None:
    torch.manual_seed(0)
    hidden = torch.randn(5, 9, 6).requires_grad_()
    behind = torch.arange(9) >= LENGTHS[:, None]
    weight = None
    if isinstance(pool, AttentionPooling):
        torch.nn.init.normal_(pool.weight)
        weight = pool.weight.detach().double()
    wide = hidden.detach().double().requires_grad_()
    with torch.no_grad():
        hidden[behind] = float("nan")  # what stands behind a row's end is not looked at
    expected, found = plain(wide, LENGTHS, weight), pool(pieces(hidden, bptt), LENGTHS)
    if isinstance(pool, LastPooling):
        expected = expected[:, :6]
    assert largest_error(found, expected) < 1e-6
    factors = torch.randn(found.shape)
    (found * factors).sum().backward()
    (expected * factors).sum().backward()
    assert hidden.grad is not None
    assert wide.grad is not None
    assert largest_error(hidden.grad[~behind], wide.grad[~behind]) < 1e-6
    with torch.no_grad():
        assert torch.equal(pool(pieces(hidden, bptt), LENGTHS), found)


def test_the_first_of_equal_maxima_takes_the_gradient() -> None:
    hidden = torch.tensor([[[1.0], [2.0], [2.0], [2.0]]], requires_grad=True)
    chunks = [hidden[:, :3], hidden[:, 3:]]
    ConcatPooling()(chunks, torch.tensor([4]))[0, 1].backward()
    assert hidden.grad is not None
    assert hidden.grad.flatten().tolist() == [0, 1, 0, 0]


def test_an_unfinished_number_is_not_hidden() -> None:
    """A state that is no number makes its document's vector none, so that the loss tells of it."""
    hidden = torch.zeros(2, 3, 1)
    hidden[0, 1] = float("nan")
    pooled = ConcatPooling()([hidden[:, :2], hidden[:, 2:]], torch.tensor([3, 3]))
    assert torch.isnan(pooled).any(1).tolist() == [True, False]
