"""Matrix products on a processor through oneDNN with weights packed once a pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.backends import mkldnn

_PIECE = 2048  # rows that are widened at once


def is_available() -> bool:
    """Whether this build of PyTorch has the packed products."""
    built = bool(mkldnn.is_available())  # type: ignore[no-untyped-call]
    return built and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")


def pack(weight: Tensor, rows: int) -> Tensor:
    """``weight`` (outputs, inputs) in the order of memory that oneDNN multiplies fastest with about ``rows`` rows."""
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, rows)
    return packed


def linear(x: Tensor, packed: Tensor, bias: Tensor | None = None) -> Tensor:
    """``x`` (rows, inputs) times the transposed packed weight, plus ``bias`` (outputs,), summed in float32."""
    kernel: Any = torch.ops.mkldnn._linear_pointwise
    out: Tensor = kernel(x, packed, bias, "none", [], "")
    return out


def linear_add(x: Tensor, packed: Tensor, other: Tensor) -> Tensor:
    """``x`` (rows, inputs) times the transposed packed weight, plus ``other`` (rows, outputs), rounded once."""
    kernel: Any = torch.ops.mkldnn._linear_pointwise.binary
    out: Tensor = kernel(x, other, packed, None, "add")
    return out


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
