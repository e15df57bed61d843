"""A layer's weights made ready for one pass of the step-by-step LSTM."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from .dropout import Connections
from .products import pack
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

    def weight_gradients(self, d_gates: Tensor, inputs: Tensor, states: Tensor) -> tuple[Tensor, ...]:
        """Gradients of W_ih, W_hh and the two biases, float32, by one product each over all steps.

        :param d_gates: (N, 4 * hidden), ``inputs``: (N, inputs), ``states``: before each step, (N, hidden).
        """
        bias = self._double_g(d_gates.sum(0, dtype=torch.float32))
        both = [self._double_g(torch.mm(d_gates.t(), read).float()) for read in (inputs, states)]
        for gradient, mask in zip(both, self.masks, strict=True):
            if mask is not None:
                mask.write(gradient, gradient)
        return both[0], both[1], bias, bias.clone()

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
        rows[2 * self.hidden : 3 * self.hidden].mul_(2)
        return rows
