"""In which numbers the large products are computed; weights, losses, norms and pooling sums stay float32."""

from __future__ import annotations

import torch
from torch import nn

from .decoder import Decoder
from .kernels import native
from .lstm import LSTMLayer

_NAMES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def precision_for(device: torch.device, wanted: str) -> torch.dtype:
    """The dtype for products on ``device``.

    :param wanted: a dtype's name or "auto": bfloat16 where the device has instructions for it, float16 on a graphics
        card with tensor cores for that alone, otherwise float32.
    :raises ValueError: an unknown name, or float16 on a processor, which has no fast kernels for it.
    """
    if wanted == "auto":
        if _has_bfloat16(device):
            return torch.bfloat16
        return torch.float16 if _has_float16(device) else torch.float32
    if wanted not in _NAMES:
        raise ValueError(f"there is no precision called {wanted!r}; choose auto, {', '.join(_NAMES)}")
    if wanted == "float16" and device.type == "cpu":
        raise ValueError("float16 needs a graphics card; choose auto, bfloat16 or float32 on a processor")
    return _NAMES[wanted]


def set_precision(model: nn.Module, dtype: torch.dtype) -> None:
    """Compute the products of ``model`` in ``dtype``. Its weights stay float32, so this can be changed at any time."""
    for module in model.modules():
        if isinstance(module, LSTMLayer | Decoder):
            module.precision = dtype


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    return native.has_bfloat16()


def _has_float16(device: torch.device) -> bool:
    """Tensor cores came with compute capability 7 (2017); bfloat16 with 8."""
    return device.type == "cuda" and torch.cuda.get_device_capability(device)[0] >= 7
