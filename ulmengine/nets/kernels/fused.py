"""The LSTM by the framework's fused kernels: cuDNN on a GPU, oneDNN on a processor."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.backends import cudnn

from . import native
from .layout import Layout

BFLOAT16_SINCE = 91_300  # cuDNN 9.13; with an earlier one PyTorch falls back to a kernel a step


def kernel_precision(x: Tensor, wanted: torch.dtype) -> torch.dtype:
    """What the kernels compute ``x`` in where ``wanted`` is: on a processor, and with an old cuDNN, in float32."""
    if x.device.type == "cpu":
        return torch.promote_types(x.dtype, torch.float32)
    old = x.device.type == "cuda" and torch.version.cuda is not None and (cudnn.version() or 0) < BFLOAT16_SINCE  # type: ignore[no-untyped-call]
    return torch.float32 if old and wanted == torch.bfloat16 else wanted


def one_piece(weights: tuple[Tensor, ...], precision: torch.dtype) -> tuple[Tensor, ...]:
    """The same in ``precision``, one after another in one piece of memory.

    cuDNN reads a layer's weights so; scattered ones it would copy together at every call, and warn of it.
    """
    flat = torch.cat([weight.to(precision).flatten() for weight in weights])
    parts = torch.split(flat, [weight.numel() for weight in weights])
    return tuple(part.view(weight.shape) for part, weight in zip(parts, weights, strict=True))


def lstm(
    x: Tensor, layout: Layout, state: tuple[Tensor, Tensor], weights: tuple[Tensor, ...], precision: torch.dtype
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """All steps of one layer.

    The kernels take the recurrent weights as a plain tensor of their list, so dropped ones are as good as stored ones.

    :param x: (N, inputs) as ``layout`` orders it; ``state``: hidden and cell, each (batch, hidden).
    :param precision: of the kernels, see :func:`kernel_precision`.
    :returns: hidden states (N, hidden); last hidden and cell states in the dtype of ``state``.
    """
    hx = [part.to(precision).unsqueeze(0) for part in state]
    flat = [weight.to(precision) for weight in weights]
    if layout.is_equal:
        out, h, c = native.lstm(x.to(precision).view(layout.time, layout.batch, -1), None, hx, flat)
        out = out.reshape(layout.tokens, -1)
    else:
        out, h, c = native.lstm(x.to(precision), layout.sizes_tensor, hx, flat)
    return out, (h[0].to(state[0].dtype), c[0].to(state[1].dtype))
