"""One step of the LSTM's gates and its gradient, written into memory that is there already.

One sigmoid serves all four gates, for tanh(x) = 2 sigmoid(2x) - 1: the factor 2 before the gate g is in the weights,
and its place holds ``s`` = sigmoid(2 * pre-activation), so that g = 2 s - 1.
All are float32; rows are those of the batch that are alive.
"""

from __future__ import annotations

import torch
from torch import Tensor

ATEN = torch.ops.aten


def new_cells(gates: Tensor, before: Tensor, into: Tensor) -> None:
    """c = f * c_before + i * g, (rows, hidden), from ``gates`` i, f, s, o (rows, 4 * hidden)."""
    i, f, s, _ = gates.chunk(4, 1)
    torch.mul(f, before, out=into).addcmul_(i, s, value=2).sub_(i)


def gate_gradients(
    gates: Tensor, squashed: Tensor, before: Tensor, dh: Tensor, dc: Tensor, scratch: Tensor, into: Tensor
) -> None:
    """Gradient of the pre-activations, (rows, 4 * hidden), written into ``into``.

    The sigmoid's slope is common to all four gates and taken in one go at the end.

    :param squashed: tanh of the cells; it is overwritten. ``before``: the cells a step earlier.
    :param dh: gradient of the hidden state. ``dc``: that of the cells from later steps; it becomes that of ``before``.
    """
    i, f, s, o = gates.chunk(4, 1)
    d_i, d_f, d_s, d_o = scratch.chunk(4, 1)
    torch.mul(dh, squashed, out=d_o)
    dc.addcmul_(dh, ATEN.tanh_backward.grad_input(o, squashed, grad_input=squashed))
    twice = torch.mul(dc, 2, out=squashed)
    torch.mul(twice, i, out=d_s)
    torch.mul(twice, s, out=d_i).sub_(dc)
    torch.mul(dc, before, out=d_f)
    dc.mul_(f)
    if into.dtype == scratch.dtype:
        ATEN.sigmoid_backward.grad_input(scratch, gates, grad_input=into)
    else:
        into.copy_(ATEN.sigmoid_backward.grad_input(scratch, gates, grad_input=scratch))
