"""The dropouts of the AWD-LSTM: whole words, locked over time, and DropConnect on recurrent weights.

A mask is drawn once for a pass and holds 0 (dropped) or 1/(1-p) (kept and scaled), so that expectations stay. Where
nothing is dropped - evaluation, or p = 0 - there is no mask at all: ``None``.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_BITS = 16  # of a random number each entry of a mask is given: p is met to 1 in 65,536


def draw_kept(shape: tuple[int, ...], p: float, device: torch.device) -> tuple[Tensor, float]:
    """Independent draws: bool of ``shape``, false with probability ``p``, and the scale 1/(1-p) of what is kept.

    On a processor 64 random bits serve four entries, which is ten times faster than the framework's Bernoulli draws:
    a recurrent matrix has millions of entries, and every pass needs new ones.
    """
    if device.type != "cpu":
        return torch.rand(shape, device=device) >= p, 1 / (1 - p)
    count = math.prod(shape)
    whole = torch.iinfo(torch.int64)
    words = torch.empty(-(-count * _BITS // 64), dtype=torch.int64).random_(whole.min, None)
    dropped = round(p * 2**_BITS)
    kept = words.view(torch.int16)[:count] >= dropped - 2 ** (_BITS - 1)
    return kept.view(shape), 2**_BITS / (2**_BITS - dropped)


def keep_mask(shape: tuple[int, ...], p: float, device: torch.device) -> Tensor:
    """Independent draws of 0 with probability ``p`` and 1/(1-p) otherwise; float32 of ``shape``."""
    kept, scale = draw_kept(shape, p, device)
    return torch.mul(kept, scale)


def word_mask(vocabulary: int, p: float, pad: int, device: torch.device) -> Tensor | None:
    """Embedding dropout (1708.02182, 4.3; Gal & Ghahramani 2016): one draw a word, shape (vocabulary,).

    A dropped word is dropped wherever it occurs in the pass. The padding row is never touched.
    """
    if p <= 0:
        return None
    mask = keep_mask((vocabulary,), p, device)
    mask[pad] = 1
    return mask


def locked_mask(batch: int, features: int, p: float, device: torch.device) -> Tensor | None:
    """Variational dropout (1708.02182, 4.2): one draw a row and feature for all time steps, shape (batch, features)."""
    return keep_mask((batch, features), p, device) if p > 0 else None


class Connections:
    """DropConnect (1708.02182, 2): which entries of a weight a pass uses, at all its time steps.

    The gradient reaches the weight itself through the mask; the weight is what is trained and saved.
    """

    def __init__(self, weight: Tensor, p: float) -> None:
        kept, self.scale = draw_kept(tuple(weight.shape), p, weight.device)
        self.lost = kept.logical_not_()

    @property
    def kept(self) -> Tensor:
        """Bool of the weight's shape."""
        return ~self.lost

    def dropped(self, weight: Tensor) -> Tensor:
        """``weight`` with single connections dropped, the others scaled; differentiable."""
        return weight.masked_fill(self.lost, 0) * self.scale

    def write(self, weight: Tensor, place: Tensor) -> None:
        """The same into ``place``, which may be ``weight`` itself."""
        # A product with a mask of another type would first make a copy of the mask, as large as the weight.
        place.copy_(weight).masked_fill_(self.lost, 0).mul_(self.scale)


def connections(weight: Tensor, p: float) -> Connections | None:
    """Fresh connections of ``weight`` (outputs, inputs), ``None`` where nothing is dropped."""
    return Connections(weight, p) if p > 0 else None
