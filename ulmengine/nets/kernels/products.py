"""Products with one matrix many times over, and sums that make no wide copy of what is narrow."""

from __future__ import annotations

import torch
from torch import Tensor

from . import native

_PIECE = 2048  # rows that are widened at once


class Product:
    """x (rows, features) -> x @ ``weight``.T, by the kernel that is fastest for it.

    On a processor that is oneDNN with the weight packed for all chunks.
    """

    def __init__(self, weight: Tensor) -> None:
        able = weight.device.type == "cpu" and native.is_available()
        self._packs = able and weight.dtype in (torch.float32, torch.bfloat16)
        self._weight = native.pack(weight.contiguous(), 256) if self._packs else weight

    def __call__(self, x: Tensor) -> Tensor:
        if self._packs:
            return native.linear(x, self._weight)
        return x @ self._weight.t()


def accumulate(into: Tensor, narrow: Tensor) -> None:
    """Add ``narrow`` to the wider ``into`` piece by piece: at once, the framework would widen a copy of all of it."""
    for place, part in zip(torch.split(into, _PIECE), torch.split(narrow, _PIECE), strict=True):
        place.add_(part)


def sum_rows(values: Tensor) -> Tensor:
    """(rows, columns) -> (columns,), summed in float32, without a wide copy of all ``values``."""
    if values.dtype == torch.float32:
        return values.sum(0)
    total = torch.zeros(values.shape[1], device=values.device)
    for part in torch.split(values, _PIECE // 16):
        total += part.float().sum(0)
    return total
