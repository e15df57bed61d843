"""How sequences of different lengths lie in memory, and what a graphics card is given."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch

from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.nets import AWDLSTM, TextClassifier
from ulmengine.nets.kernels.layer_pass import kernel_precision, one_piece
from ulmengine.nets.kernels.layout import Layout

LENGTHS = [5, 3, 3, 1]


def test_tokens_are_packed_time_step_by_time_step_and_back() -> None:
    layout = Layout.of(torch.tensor(LENGTHS))
    values = torch.arange(20).view(4, 5)
    packed = layout.pack(values)
    assert packed.tolist() == [0, 5, 10, 15, 1, 6, 11, 2, 7, 12, 3, 4]
    assert layout.rows.tolist() == [0, 1, 2, 3, 0, 1, 2, 0, 1, 2, 0, 0]
    assert layout.places.tolist() == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 16]
    back = layout.unpack(packed.float().unsqueeze(1)).squeeze(2)
    for row, length in enumerate(LENGTHS):
        assert back[row].tolist() == [*values[row, :length].tolist(), *[0] * (5 - length)]


def test_gradients_go_back_to_where_the_tokens_came_from() -> None:
    layout = Layout.of(torch.tensor(LENGTHS))
    packed = torch.randn(sum(LENGTHS), 2, requires_grad=True)
    pull = torch.randn(4, 5, 2)
    (layout.unpack(packed) * pull).sum().backward()
    assert packed.grad is not None
    assert torch.equal(packed.grad, layout.pack(pull))


def test_lengths_on_the_processor_serve_tokens_anywhere() -> None:
    layout = Layout.of(torch.tensor(LENGTHS), torch.device("meta"))
    assert layout.pack(torch.empty(4, 5, dtype=torch.int64, device="meta")).shape == (12,)
    assert layout.unpack(torch.empty(12, 7, device="meta")).shape == (4, 5, 7)


def test_weights_in_one_piece_are_the_same_ones() -> None:
    weights = tuple(torch.randn(shape, requires_grad=True) for shape in ((8, 3), (8, 2), (8,), (8,)))
    pieces = one_piece(weights, torch.float32)
    starts = [piece.data_ptr() - pieces[0].data_ptr() for piece in pieces]
    assert starts == [0, 4 * 24, 4 * 40, 4 * 48]
    for piece, weight in zip(pieces, weights, strict=True):
        assert torch.equal(piece, weight)
    sum(((number + 1) * piece).sum() for number, piece in enumerate(pieces)).backward()  # type: ignore[union-attr]
    for number, weight in enumerate(weights):
        assert torch.equal(weight.grad, torch.full_like(weight, number + 1))  # type: ignore[arg-type]
    assert [piece.dtype for piece in one_piece(weights, torch.bfloat16)] == [torch.bfloat16] * 4


@pytest.mark.parametrize(("version", "expected"), [(91_200, torch.float32), (91_300, torch.bfloat16)])
def test_an_old_cudnn_has_no_bfloat16(version: int, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    class OnACard:
        device = torch.device("cuda")
        dtype = torch.float32

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: version)
    card: Any = OnACard()
    assert kernel_precision(card, torch.bfloat16) == expected
    assert kernel_precision(card, torch.float16) == torch.float16
    assert kernel_precision(torch.zeros(1), torch.bfloat16) == torch.float32
    assert kernel_precision(torch.zeros(1, dtype=torch.float64), torch.bfloat16) == torch.float64


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")
def test_a_card_does_not_copy_the_weights_together_at_every_call() -> None:
    encoder = AWDLSTM(50, Sizes(16, 24, 3), DropoutConfig())
    classifier = TextClassifier(encoder, 3, ModelConfig(), bptt=4, max_tokens=12).cuda().train()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the framework warns of weights that do not lie in one piece
        classifier(torch.randint(2, 50, (4, 9)).cuda(), torch.tensor([9, 7, 3, 1])).sum().backward()
