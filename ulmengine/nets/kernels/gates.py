"""One step of the LSTM's gates and its gradient, written into memory that is there already.

One sigmoid serves all four gates, for tanh(x) = 2 sigmoid(2x) - 1: the factor 2 before the gate g is in the weights,
and its place holds ``s`` = sigmoid(2 * pre-activation), so that g = 2 s - 1.
All are float32; rows are those of the batch that are alive.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from . import native


class Gates(NamedTuple):
    """Four numbers a cell in one matrix ``every`` (rows, 4 * hidden), and the parts of it that each gate has.

    The parts are kept beside it, for cutting it up at every step would cost as much as some of the arithmetic.
    """

    every: Tensor
    i: Tensor
    f: Tensor
    s: Tensor
    o: Tensor

    @staticmethod
    def of(every: Tensor) -> Gates:
        """The parts of ``every``."""
        return Gates(every, *every.chunk(4, 1))


def new_cells(gates: Gates, before: Tensor, into: Tensor) -> None:
    """c = f * c_before + i * g, (rows, hidden)."""
    torch.mul(gates.f, before, out=into).addcmul_(gates.i, gates.s, value=2).sub_(gates.i)


def gate_gradients(
    gates: Gates, squashed: Tensor, before: Tensor, dh: Tensor, dc: Tensor, scratch: Gates, into: Tensor
) -> None:
    """Gradient of the pre-activations, (rows, 4 * hidden), written into ``into``.

    The sigmoid's slope is common to all four gates and taken in one go at the end.

    :param squashed: tanh of the cells; it is overwritten. ``before``: the cells a step earlier.
    :param dh: gradient of the hidden state. ``dc``: that of the cells from later steps; it becomes that of ``before``.
    """
    torch.mul(dh, squashed, out=scratch.o)
    dc.addcmul_(dh, native.tanh_gradient(gates.o, squashed, squashed))
    twice = torch.mul(dc, 2, out=squashed)
    torch.mul(twice, gates.i, out=scratch.s)
    torch.mul(twice, gates.s, out=scratch.i).sub_(dc)
    torch.mul(dc, before, out=scratch.f)
    dc.mul_(gates.f)
    if into.dtype == scratch.every.dtype:
        native.sigmoid_gradient(scratch.every, gates.every, into)
    else:
        into.copy_(native.sigmoid_gradient(scratch.every, gates.every, scratch.every))
