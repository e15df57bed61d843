"""What of PyTorch has no public name: all that this program uses of it, and what this build and machine have of it.

A later PyTorch may rename them; then this is the one file that changes, and ``is_available`` already sends everything
round the packed products.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.backends import mkldnn

_MKLDNN, _ATEN = torch.ops.mkldnn, torch.ops.aten
_LSTM = 2  # among the kinds of recurrent networks

as_plain_tensors: Any = torch._C._disabled_torch_function_impl
"""The ``__torch_function__`` of a kind of tensor whose operations give plain tensors."""


def is_available() -> bool:
    """Whether this build of PyTorch has oneDNN's packed products."""
    built = bool(mkldnn.is_available())
    return built and hasattr(_MKLDNN, "_reorder_linear_weight")


def reads_lstm(weight: Tensor) -> bool:
    """Whether :func:`read_lstm` reads with a matrix such as ``weight``: in float32 on a processor of the x86 family."""
    fast = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
    able = fast and is_available() and hasattr(_MKLDNN, "_reorder_mkldnn_rnn_layer_weight")
    return able and weight.device.type == "cpu" and weight.dtype == torch.float32


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 by instructions of its own."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def pack(weight: Tensor, rows: int) -> Tensor:
    """``weight`` (outputs, inputs) in the order of memory that oneDNN multiplies fastest with about ``rows`` rows."""
    packed: Tensor = _MKLDNN._reorder_linear_weight(weight, rows)
    return packed


def linear(x: Tensor, packed: Tensor, bias: Tensor | None = None) -> Tensor:
    """``x`` (rows, inputs) times the transposed packed weight, plus ``bias`` (outputs,), summed in float32."""
    kernel: Any = _MKLDNN._linear_pointwise
    out: Tensor = kernel(x, packed, bias, "none", [], "")
    return out


def linear_add(x: Tensor, packed: Tensor, other: Tensor) -> Tensor:
    """``x`` (rows, inputs) times the transposed packed weight, plus ``other`` (rows, outputs), rounded once."""
    kernel: Any = _MKLDNN._linear_pointwise.binary
    out: Tensor = kernel(x, other, packed, None, "add")
    return out


def pack_lstm(ih: Tensor, hh: Tensor) -> tuple[Tensor, Tensor]:
    """W_ih (4 * hidden, inputs) and W_hh (4 * hidden, hidden) in the order of memory of oneDNN's LSTM."""
    pack: Any = _MKLDNN._reorder_mkldnn_rnn_layer_weight
    first, second = pack(ih, hh, hh.shape[1], False, True, False)
    return first, second


def read_lstm(
    x: Tensor, state: tuple[Tensor, Tensor], packed: tuple[Tensor, Tensor], biases: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """One layer by oneDNN's kernel, for reading only: hidden states, last hidden and last cell states.

    :param x: (time, batch, inputs) in float32 or bfloat16, in one piece of memory; the hidden state is like it.
    :param state: hidden and cell, each (batch, hidden). :param packed: by :func:`pack_lstm`, of the dtype of ``x``.
    :param biases: in float32, as the cell state: with both in bfloat16 the states would be four times as far off.
    """
    h, c = state
    out, h, c, _ = _ATEN.mkldnn_rnn_layer(
        x, *packed, *biases, h.unsqueeze(0), c.unsqueeze(0), False, [], _LSTM, h.shape[1], 1, True, False, False, False
    )
    return out, h.view(state[0].shape), c.view(state[1].shape)


def multiply_all(tensors: list[Tensor], factor: float) -> None:
    """Multiply each of ``tensors`` in place, all in one go."""
    torch._foreach_mul_(tensors, factor)


def sigmoid_gradient(gradient: Tensor, sigmoid: Tensor, into: Tensor) -> Tensor:
    """``gradient`` * sigmoid * (1 - sigmoid), written ``into`` place."""
    out: Tensor = _ATEN.sigmoid_backward.grad_input(gradient, sigmoid, grad_input=into)
    return out


def tanh_gradient(gradient: Tensor, tanh: Tensor, into: Tensor) -> Tensor:
    """``gradient`` * (1 - tanh^2), written ``into`` place."""
    out: Tensor = _ATEN.tanh_backward.grad_input(gradient, tanh, grad_input=into)
    return out


def lstm(
    x: Tensor, sizes: Tensor | None, state: list[Tensor], weights: list[Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """One layer by the fused kernel: outputs, last hidden and last cell states.

    :param x: (time, batch, inputs); with ``sizes`` (time,), the rows alive at each step: (N, inputs).
    :param state: hidden and cell, each (1, batch, hidden). ``weights``: W_ih, W_hh and two biases.
    """
    kernel: Any = torch._VF.lstm
    learns = torch.is_grad_enabled()
    if sizes is None:
        found = kernel(x, state, weights, True, 1, 0.0, learns, False, False)
    else:
        found = kernel(x, sizes, state, weights, True, 1, 0.0, learns, False)
    out: tuple[Tensor, Tensor, Tensor] = found
    return out
