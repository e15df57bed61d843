"""Weights in eight bits: a whole number from -127 to 127 each, times a scale of its row.

In the file a matrix ``forward.encoder.embedding.weight`` of (rows, columns) stands as int8, beside it its scales
``forward.encoder.embedding.weight.scale`` as float32 (rows,); the weight is their product. Vectors (biases, norms) and
word counts stay what they are. When the model is opened all weights become float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from .archive import ModelError

SCALE = ".scale"
_LARGEST = 127
_NETWORKS = ("forward.", "backward.")


def quantised(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``state`` with each matrix of numbers as int8 and its scales: the largest of a row becomes 127 or -127."""
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        if not value.is_floating_point() or value.dim() < 2 or not name.startswith(_NETWORKS):
            found[name] = value
            continue
        rows = value.float().flatten(1)
        scale = rows.abs().amax(1) / _LARGEST if rows.shape[1] else rows.new_zeros(len(rows))
        scale = torch.where(scale > 0, scale, torch.ones_like(scale))  # a row of zeros; one too small for float32
        numbers = (rows / scale[:, None]).round().clamp(-_LARGEST, _LARGEST).to(torch.int8)
        found[name], found[f"{name}{SCALE}"] = numbers.reshape(value.shape), scale
    return found


def dequantised(state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """``state`` of the model at ``path`` with float32 in place of int8 and its scales.

    :raises ModelError: scales are missing, too many, of another shape, or no positive numbers.
    """
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        if name.endswith(SCALE) and _is_int8(state.get(name.removesuffix(SCALE))):
            continue
        if not _is_int8(value):
            found[name] = value
            continue
        scale = state.get(f"{name}{SCALE}")
        if scale is None or scale.dtype != torch.float32 or value.dim() < 2 or scale.shape != value.shape[:1]:
            raise ModelError(f"{path}: the scales of the weights {name} are missing or do not fit them; copy or "
                             "download the model again")
        if not bool((torch.isfinite(scale) & (scale > 0)).all()) or bool((value < -_LARGEST).any()):
            raise ModelError(f"{path}: the weights {name} or their scales are damaged; copy or download the model "
                             "again")
        found[name] = value.float() * scale.reshape(-1, *[1] * (value.dim() - 1))
    return found


def _is_int8(value: Tensor | None) -> bool:
    return value is not None and value.dtype == torch.int8
