"""A layer's weights made ready for one pass of the step-by-step LSTM."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from ulmengine.nets.dropout import Connections

from .native import pack
from .products import accumulate, sum_rows
from .workspace import Workspace

Masks = tuple[Connections | None, Connections | None]
Use = Literal["inputs", "state", "back to inputs", "back to state"]
_BULK = 512  # rows of the products that serve many steps at once


class Packed:
    """One layer's W_ih and W_hh for one pass, dropped, the rows of g doubled, packed when they are first used.

    :param ih: (4 * hidden, inputs); ``hh``: (4 * hidden, hidden); ``bias``: (4 * hidden,), both biases together.
    :param masks: the connections that are kept of ``ih`` and ``hh``.
    :param precision: of the products; ``rows``: how many a step mostly has.
    """

    def __init__(
        self, ih: Tensor, hh: Tensor, bias: Tensor, masks: Masks, precision: torch.dtype, rows: int, space: Workspace
    ) -> None:
        self.weights, self.masks = (ih, hh), masks
        self.precision, self.rows, self.workspace = precision, rows, space
        self.inputs, self.hidden = ih.shape[1], hh.shape[1]
        self.bias = self._double_g(bias.clone()).to(precision)
        self.gradients = WeightGradients(masks, space)
        self._packed: dict[Use, Tensor] = {}

    def weight(self, use: Use) -> Tensor:
        """The packed weight from inputs or state to the gates, or from the gates' gradient back."""
        if use not in self._packed:
            which = 0 if use.endswith("inputs") else 1
            plain = self._written(which)
            if use.startswith("back"):
                turned = self.workspace.take(plain.shape[1], plain.shape[0], dtype=self.precision)
                self._packed[use] = pack(turned.copy_(plain.t()), self.rows if which else _BULK)
                self.workspace.give(turned)
            else:
                self._packed[use] = pack(plain, self.rows if which else _BULK)
            self.workspace.give(plain)
        return self._packed[use]

    def forget_forward(self) -> None:
        """Nothing more is read forwards, or not soon; the memory can go."""
        self._packed.pop("inputs", None)
        self._packed.pop("state", None)

    def _written(self, which: int) -> Tensor:
        """W_ih (0) or W_hh (1) as the pass uses it, in memory of the workspace."""
        weight, mask = self.weights[which], self.masks[which]
        place = self.workspace.take(weight.shape[0], weight.shape[1], dtype=self.precision)
        if mask is None:
            place.copy_(weight)
        else:
            mask.write(weight, place)
        return self._double_g(place)

    def _double_g(self, rows: Tensor) -> Tensor:
        return _double_g(rows, self.hidden)


class WeightGradients:
    """The gradients of one layer's weights over a pass, summed over all its chunks before anything is made of them."""

    def __init__(self, masks: Masks, space: Workspace) -> None:
        self._masks, self._workspace = masks, space
        self._sums: list[Tensor | None] = [None, None]
        self._bias: Tensor | None = None

    def add(self, d_gates: Tensor, inputs: Tensor, states: Tensor) -> None:
        """Take up a chunk, by one product a matrix over all its steps.

        :param d_gates: (N, 4 * hidden), ``inputs``: (N, inputs), ``states``: before each step, (N, hidden).
        """
        for which, read in enumerate((inputs, states)):
            self._sums[which] = self._added(self._sums[which], d_gates.t(), read)
        bias = sum_rows(d_gates)
        self._bias = bias if self._bias is None else self._bias.add_(bias)

    def take(self) -> tuple[Tensor, ...] | None:
        """Of W_ih, W_hh and the two biases, float32; ``None`` if there was no chunk. Afterwards the sums are empty."""
        if self._bias is None:
            return None
        hidden = len(self._bias) // 4
        bias, both = _double_g(self._bias, hidden), [_double_g(part, hidden) for part in self._sums if part is not None]
        for gradient, mask in zip(both, self._masks, strict=True):
            if mask is not None:
                mask.write(gradient, gradient)
        self._sums, self._bias = [None, None], None
        return both[0], both[1], bias, bias.clone()

    def _added(self, so_far: Tensor | None, d_gates: Tensor, read: Tensor) -> Tensor:
        if read.dtype == torch.float32:
            return torch.mm(d_gates, read) if so_far is None else so_far.addmm_(d_gates, read)
        narrow = self._workspace.take(d_gates.shape[0], read.shape[1], dtype=read.dtype)
        torch.mm(d_gates, read, out=narrow)
        if so_far is None:
            so_far = narrow.float()
        else:
            accumulate(so_far, narrow)
        self._workspace.give(narrow)
        return so_far


def _double_g(rows: Tensor, hidden: int) -> Tensor:
    """The rows of g are doubled: tanh(x) = 2 sigmoid(2x) - 1."""
    rows[2 * hidden : 3 * hidden].mul_(2)
    return rows
