"""The dropouts of the AWD-LSTM: whole words, locked over time, and DropConnect on recurrent weights.

A mask is drawn once for a pass and holds 0 (dropped) or 1/(1-p) (kept and scaled), so that expectations stay. Where
nothing is dropped - evaluation, or p = 0 - there is no mask at all: ``None``.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ulmengine.tokens import PAD

_BITS = 16  # of a random number each entry of a mask is given: p is met to 1 in 65,536, by connections to 1 in 32,768
_PIECE = 64  # rows of a mask that are widened at once


def draw_kept(shape: tuple[int, ...], p: float, device: torch.device) -> tuple[Tensor, float]:
    """Independent draws: bool of ``shape``, false with probability ``p``, and the scale 1/(1-p) of what is kept."""
    if device.type != "cpu":
        return torch.rand(shape, device=device) >= p, 1 / (1 - p)
    dropped = round(p * 2**_BITS)
    return _random_bits(shape) >= dropped - 2 ** (_BITS - 1), 2**_BITS / (2**_BITS - dropped)


def _random_bits(shape: tuple[int, ...]) -> Tensor:
    """Independent int16 of ``shape``, every number equally likely.

    64 random bits serve four entries, which on a processor is ten times faster than the framework's Bernoulli draws.
    """
    count = math.prod(shape)
    words = torch.empty(-(-count * _BITS // 64), dtype=torch.int64).random_(torch.iinfo(torch.int64).min, None)
    return words.view(torch.int16)[:count].view(shape)


def keep_mask(shape: tuple[int, ...], p: float, device: torch.device) -> Tensor:
    """Independent draws of 0 with probability ``p`` and 1/(1-p) otherwise; float32 of ``shape``."""
    kept, scale = draw_kept(shape, p, device)
    return torch.mul(kept, scale)


def word_mask(vocabulary: int, p: float, device: torch.device) -> Tensor | None:
    """Embedding dropout (1708.02182, 4.3; Gal & Ghahramani 2016): one draw a word, shape (vocabulary,).

    A dropped word is dropped wherever it occurs in the pass. The padding row is never touched.
    """
    if p <= 0:
        return None
    mask = keep_mask((vocabulary,), p, device)
    mask[PAD] = 1
    return mask


def locked_mask(batch: int, features: int, p: float, device: torch.device) -> Tensor | None:
    """Variational dropout (1708.02182, 4.2): one draw a row and feature for all time steps, shape (batch, features)."""
    return keep_mask((batch, features), p, device) if p > 0 else None


class Connections:
    """DropConnect (1708.02182, 2): which entries of a weight a pass uses, at all its time steps.

    The gradient reaches the weight itself through the mask; the weight is what is trained and saved. On a processor
    the mask is a pattern of bits, all set where an entry is kept: taking the bits of a matrix that stand in a pattern
    is ten times faster there than the framework's filling of places. On a graphics card it says which places to fill.
    """

    def __init__(self, weight: Tensor, p: float) -> None:
        # int16 with the bits of what is kept, or on a card bool: what is lost.
        if weight.device.type == "cpu":
            self._mask, self.scale = _kept_bits(tuple(weight.shape), p)
        else:
            kept, self.scale = draw_kept(tuple(weight.shape), p, weight.device)
            self._mask = kept.logical_not_()

    @property
    def kept(self) -> Tensor:
        """Bool of the weight's shape."""
        return ~self._mask if self._mask.dtype == torch.bool else self._mask.bool()

    def dropped(self, weight: Tensor) -> Tensor:
        """``weight`` with single connections dropped, the others scaled; differentiable."""
        out: Tensor = _Dropped.apply(weight, self)  # type: ignore[no-untyped-call]
        return out

    def write(self, weight: Tensor, place: Tensor) -> None:
        """The same into ``place``, which may be ``weight`` itself."""
        place.copy_(weight)
        if self._mask.dtype == torch.bool:
            place.masked_fill_(self._mask, 0)
        else:
            _keep_bits(place, self._mask)
        place.mul_(self.scale)


class _Dropped(torch.autograd.Function):
    """What is dropped of a weight is dropped of its gradient."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, mask: Connections) -> Tensor:
        ctx.mask = mask
        out = torch.empty_like(weight)
        mask.write(weight, out)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        out = torch.empty_like(gradient)
        ctx.mask.write(gradient, out)
        return out, None


def _kept_bits(shape: tuple[int, ...], p: float) -> tuple[Tensor, float]:
    """Independent draws: int16 of ``shape``, 0 with probability ``p`` and -1, all bits, otherwise; and 1/(1-p)."""
    whole = 2 ** (_BITS - 1)  # one bit is given up, so that the difference below cannot overflow
    dropped = round(p * whole)
    # The difference's sign says whether the entry is kept.
    bits = _random_bits(shape).bitwise_right_shift_(1).sub_(whole // 2 - dropped).bitwise_right_shift_(_BITS - 1)
    return bits, whole / (whole - dropped)


def _keep_bits(values: Tensor, bits: Tensor) -> None:
    """Set the entries of ``values`` to nought where ``bits`` (int16, the same shape) has none."""
    whole = {2: torch.int16, 4: torch.int32, 8: torch.int64}[values.element_size()]
    if whole == bits.dtype:
        values.view(whole).bitwise_and_(bits)
        return
    for place, part in zip(torch.split(values, _PIECE), torch.split(bits, _PIECE), strict=True):
        place.view(whole).bitwise_and_(part.to(whole))


def connections(weight: Tensor, p: float) -> Connections | None:
    """Fresh connections of ``weight`` (outputs, inputs), ``None`` where nothing is dropped."""
    return Connections(weight, p) if p > 0 else None
