"""One LSTM layer with DropConnect, as the AWD-LSTM (1708.02182) stacks them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .dropout import connections
from .kernels.layer_pass import LayerState, PassWeights, read
from .kernels.layout import Layout
from .kernels.packed_weights import Masks
from .kernels.workspace import Workspace


class LSTMLayer(nn.Module):
    """An LSTM layer over ``inputs`` features with ``hidden`` cells.

    :param weight_drop: DropConnect on the hidden-to-hidden matrix (1708.02182, 2).
    :param input_weight_drop: the same on the input-to-hidden matrix; 0 as published.
    """

    def __init__(self, inputs: int, hidden: int, weight_drop: float = 0.0, input_weight_drop: float = 0.0) -> None:
        super().__init__()
        self.inputs, self.hidden = inputs, hidden
        self.weight_drop, self.input_weight_drop = weight_drop, input_weight_drop
        self.precision = torch.float32
        self.workspace = Workspace()
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden, inputs))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden, hidden))
        self.bias_ih = nn.Parameter(torch.empty(4 * hidden))
        self.bias_hh = nn.Parameter(torch.empty(4 * hidden))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """All uniform in +-1/sqrt(hidden) (1708.02182, 5)."""
        bound = 1 / math.sqrt(self.hidden)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def draw(self) -> PassWeights:
        """The weights for one pass; in training with fresh DropConnect masks."""
        if not self.training:
            return self.undropped()
        return self._pass_weights((
            connections(self.weight_ih, self.input_weight_drop), connections(self.weight_hh, self.weight_drop),
        ))

    def undropped(self) -> PassWeights:
        """The weights as evaluation uses them."""
        return self._pass_weights((None, None))

    def zero_state(self, batch: int) -> LayerState:
        """Nothing read yet: hidden and cell state, each (batch, hidden)."""
        return self.weight_hh.new_zeros(batch, self.hidden), self.weight_hh.new_zeros(batch, self.hidden)

    def forward(
        self, x: Tensor, layout: Layout, state: LayerState | None, weights: PassWeights, mask: Tensor | None = None
    ) -> tuple[Tensor, LayerState]:
        """Read the tokens ``x`` (N, inputs), dropped by the locked ``mask`` (batch, inputs), on from ``state``.

        :returns: the hidden state after each token, (N, hidden), and each row's last hidden and cell state.
        """
        state = state or self.zero_state(layout.batch)
        return read(x, layout, state, weights, mask, self.precision, self.workspace)

    def _pass_weights(self, masks: Masks) -> PassWeights:
        return PassWeights(self.weight_ih, self.weight_hh, (self.bias_ih, self.bias_hh), masks)
