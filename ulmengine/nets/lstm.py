"""One LSTM layer with DropConnect, as the AWD-LSTM (1708.02182) stacks them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .dropout import connections
from .kernels import fused, products, steps
from .kernels.layout import Layout
from .kernels.packed import Masks, Packed
from .kernels.workspace import Workspace

LayerState = tuple[Tensor, Tensor]

# From how many multiplications a step on the own path is the faster one on a processor, by precision, whether it
# learns, and whether all rows are equally long. Below, the framework's kernel wins by doing less in Python; where it
# reads without learning in float32, always. Measured with layers of 32 to 1152 cells and 4 to 64 rows.
WORTH: dict[tuple[torch.dtype, bool, bool], float] = {
    (torch.float32, True, True): 8e6, (torch.float32, True, False): 0,
    (torch.float32, False, True): math.inf, (torch.float32, False, False): 5e6,
    (torch.bfloat16, True, True): 2.5e6, (torch.bfloat16, True, False): 0,
    (torch.bfloat16, False, True): 5e6, (torch.bfloat16, False, False): 1.2e6,
}


class PassWeights:
    """A layer's weights for one pass and the masks that DropConnect has drawn for it; gates in the order i, f, g, o.

    ``ih``: (4 * hidden, inputs), ``hh``: (4 * hidden, hidden), ``biases``: two of (4 * hidden,), ``masks``: those of
    ``ih`` and ``hh``, ``None`` where nothing is dropped.
    """

    def __init__(self, ih: Tensor, hh: Tensor, biases: tuple[Tensor, Tensor], masks: Masks) -> None:
        self.ih, self.hh, self.biases, self.masks = ih, hh, biases, masks
        self._dropped: dict[tuple[bool, torch.dtype], tuple[Tensor, ...]] = {}
        self._packed: dict[torch.dtype, Packed] = {}
        self._signs: dict[torch.dtype, Tensor] = {}

    def dropped(self, precision: torch.dtype) -> tuple[Tensor, ...]:
        """Matrices and biases as the framework's kernels take them, DropConnect applied; made once.

        :param precision: of the kernels of a graphics card; those of a processor take the weights as they are.
        """
        # What a part of the pass without gradients has made (a document's tokens before the window) has no graph: the
        # part that learns must not be given it.
        key = torch.is_grad_enabled(), precision
        if key not in self._dropped:
            pair = zip((self.ih, self.hh), self.masks, strict=True)
            weights = (*(w if mask is None else mask.dropped(w) for w, mask in pair), *self.biases)
            self._dropped[key] = fused.one_piece(weights, precision) if self.ih.is_cuda else weights
        return self._dropped[key]

    @torch.no_grad()
    def packed(self, precision: torch.dtype, rows: int, workspace: Workspace) -> Packed:
        """The same packed for products of ``rows`` rows; made once."""
        if precision not in self._packed:
            if precision != torch.float32:
                self._dropped.clear()  # :meth:`stays_packed`
            bias = self.biases[0] + self.biases[1]
            self._packed[precision] = Packed(self.ih, self.hh, bias, self.masks, precision, rows, workspace)
        return self._packed[precision]

    def stays_packed(self, precision: torch.dtype, learns: bool) -> bool:
        """Whether they are packed, and whatever comes in this pass had best use that.

        Where few rows are left the framework's kernel would be about as fast, but made ready for it the weights are in
        memory twice. In float32 it reads so much faster that it is worth that.
        """
        return precision in self._packed and (learns or precision != torch.float32)

    def sign(self, packed: Packed) -> Tensor:
        """What every chunk that learns is given, so that the weights get one gradient for all of them."""
        if packed.precision not in self._signs:
            self._signs[packed.precision] = steps.Gather.apply(  # type: ignore[no-untyped-call]
                self.ih, self.hh, *self.biases, packed.gradients
            )
        return self._signs[packed.precision]

    def forget_forward(self) -> None:
        """The forward pass is over; what was made for it alone can go."""
        self._dropped.clear()
        for packed in self._packed.values():
            packed.forget_forward()

    def learns(self) -> bool:
        """Whether a gradient is wanted for any of the weights."""
        return any(weight.requires_grad for weight in (self.ih, self.hh, *self.biases))


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
        masks: Masks = (None, None)
        if self.training:
            masks = (connections(self.weight_ih, self.input_weight_drop), connections(self.weight_hh, self.weight_drop))
        return PassWeights(self.weight_ih, self.weight_hh, (self.bias_ih, self.bias_hh), masks)

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
        learns = torch.is_grad_enabled() and (weights.learns() or x.requires_grad or state[0].requires_grad)
        if not weights.stays_packed(self.precision, learns) and not self._goes_by_steps(x, layout, learns):
            precision = fused.kernel_precision(x, self.precision)
            return fused.lstm(layout.scale_rows(x, mask), layout, state, weights.dropped(precision), precision)
        packed = weights.packed(self.precision, layout.batch, self.workspace)
        if learns:
            out, h, c = steps.Steps.apply(  # type: ignore[no-untyped-call]
                x, *state, weights.sign(packed), mask, layout, packed
            )
        else:
            out, h, c = steps.run(x, state, mask, layout, packed)
        return out, (h, c)

    def _goes_by_steps(self, x: Tensor, layout: Layout, learns: bool) -> bool:
        """Whether the own step-by-step path is the faster one; it exists on a processor only."""
        able = x.device.type == "cpu" and self.weight_ih.dtype == torch.float32 and products.is_available()
        if not able or self.precision == torch.float16:
            return False
        work = layout.batch * self.hidden * (self.inputs + self.hidden)
        return work >= WORTH[self.precision, learns, layout.is_equal]
