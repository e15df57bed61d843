"""One layer's pass: its weights, dropped and made ready once for all chunks, and by which path it is read."""

from __future__ import annotations

from itertools import groupby

import torch
from torch import Tensor
from torch.backends import cudnn

from . import native, steps
from .layout import Layout
from .packed_weights import Masks, Packed
from .workspace import Workspace

LayerState = tuple[Tensor, Tensor]  # hidden and cell state, each (batch, hidden)
BFLOAT16_SINCE = 91_300  # cuDNN 9.13; with an earlier one PyTorch falls back to a kernel a step

# From how many multiplications a step on the own path is the faster one for learning on a processor, by precision and
# whether all rows are equally long. Below, the framework's kernel wins by doing less in Python. Measured with layers of
# 32 to 1152 cells and 4 to 64 rows.
WORTH: dict[tuple[torch.dtype, bool], float] = {
    (torch.float32, True): 8e6, (torch.float32, False): 0, (torch.bfloat16, True): 2.5e6, (torch.bfloat16, False): 0,
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
        self._read: dict[torch.dtype, tuple[Tensor, Tensor]] = {}
        self._signs: dict[torch.dtype, Tensor] = {}

    def dropped(self, precision: torch.dtype) -> tuple[Tensor, ...]:
        """Matrices and biases as the framework's kernels take them, DropConnect applied; made once.

        :param precision: of the kernels of a graphics card; those of a processor take the weights as they are.
        """
        # What a part of the pass without gradients has made (a document's tokens before the window) has no graph: the
        # part that learns must not be given it.
        key = torch.is_grad_enabled(), precision
        if key not in self._dropped:
            weights = (*self._matrices(), *self.biases)
            self._dropped[key] = one_piece(weights, precision) if self.ih.is_cuda else weights
        return self._dropped[key]

    @torch.no_grad()
    def packed(self, precision: torch.dtype, rows: int, workspace: Workspace) -> Packed:
        """The same packed for products of ``rows`` rows; made once."""
        if precision not in self._packed:
            self._dropped.clear()
            self._read.clear()
            bias = self.biases[0] + self.biases[1]
            self._packed[precision] = Packed(self.ih, self.hh, bias, self.masks, precision, rows, workspace)
        return self._packed[precision]

    @torch.no_grad()
    def packed_to_read(self, precision: torch.dtype) -> tuple[Tensor, Tensor]:
        """The matrices as the kernel takes them that only reads; made once."""
        if precision not in self._read:
            ih, hh = self._matrices()
            self._read[precision] = native.pack_lstm(ih.to(precision), hh.to(precision))
        return self._read[precision]

    def is_packed(self, precision: torch.dtype) -> bool:
        """Whether they are packed for learning already.

        Where few rows are left the framework's kernel would be about as fast, but for it they would be in memory twice.
        """
        return precision in self._packed

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
        self._read.clear()
        for packed in self._packed.values():
            packed.forget_forward()

    def _matrices(self) -> tuple[Tensor, Tensor]:
        """W_ih and W_hh, DropConnect applied."""
        ih, hh = self.masks
        return self.ih if ih is None else ih.dropped(self.ih), self.hh if hh is None else hh.dropped(self.hh)

    def learns(self) -> bool:
        """Whether a gradient is wanted for any of the weights."""
        return any(weight.requires_grad for weight in (self.ih, self.hh, *self.biases))


def read(
    x: Tensor, layout: Layout, state: LayerState, weights: PassWeights, mask: Tensor | None, precision: torch.dtype,
    workspace: Workspace,
) -> tuple[Tensor, LayerState]:
    """All steps of one layer over ``x`` (N, inputs), dropped by the locked ``mask`` (batch, inputs).

    :returns: the hidden state after each token, (N, hidden), and each row's last hidden and cell state.
    """
    learns = torch.is_grad_enabled() and (weights.learns() or x.requires_grad or state[0].requires_grad)
    if not learns and native.reads_lstm(weights.ih):
        slow = precision == torch.bfloat16 and not native.has_bfloat16()
        return read_only(x, layout, state, weights, mask, torch.float32 if slow else precision)
    if learns and (weights.is_packed(precision) or goes_by_steps(x, layout, weights, precision)):
        packed = weights.packed(precision, layout.batch, workspace)
        out, h, c = steps.Steps.apply(  # type: ignore[no-untyped-call]
            x, *state, weights.sign(packed), mask, layout, packed
        )
        return out, (h, c)
    precision = kernel_precision(x, precision)
    return fused_lstm(layout.scale_rows(x, mask), layout, state, weights.dropped(precision), precision)


def read_only(
    x: Tensor, layout: Layout, state: LayerState, weights: PassWeights, mask: Tensor | None, precision: torch.dtype
) -> tuple[Tensor, LayerState]:
    """The same by the kernel that learns nothing, from one end of a row to the next: nothing is read behind an end.

    The kernel's bits do not depend on where it is begun anew.
    """
    x = layout.scale_rows(x, mask).to(precision).contiguous()
    packed, h, c = weights.packed_to_read(precision), state[0].to(precision, copy=True), state[1].float().clone()
    out, start = [], 0
    for rows, steps_alike in groupby(layout.sizes):
        count = rows * sum(1 for _ in steps_alike)
        part = x[start : start + count].view(-1, rows, x.shape[1])
        hidden, h[:rows], c[:rows] = native.read_lstm(part, (h[:rows], c[:rows]), packed, weights.biases)
        out.append(hidden.flatten(0, 1))
        start += count
    return out[0] if len(out) == 1 else torch.cat(out), (h.to(state[0].dtype), c.to(state[1].dtype))


def goes_by_steps(x: Tensor, layout: Layout, weights: PassWeights, precision: torch.dtype) -> bool:
    """Whether the own step-by-step path is the faster one for learning; it exists on a processor only."""
    able = x.device.type == "cpu" and weights.ih.dtype == torch.float32 and native.is_available()
    if not able or precision == torch.float16:
        return False
    hidden = weights.hh.shape[1]
    work = layout.batch * hidden * (weights.ih.shape[1] + hidden)
    return work >= WORTH[precision, layout.is_equal]


def kernel_precision(x: Tensor, wanted: torch.dtype) -> torch.dtype:
    """What the kernels compute ``x`` in where ``wanted`` is: on a processor, and with an old cuDNN, in float32."""
    if x.device.type == "cpu":
        return torch.promote_types(x.dtype, torch.float32)
    old = x.device.type == "cuda" and torch.version.cuda is not None and (cudnn.version() or 0) < BFLOAT16_SINCE
    return torch.float32 if old and wanted == torch.bfloat16 else wanted


def one_piece(weights: tuple[Tensor, ...], precision: torch.dtype) -> tuple[Tensor, ...]:
    """The same in ``precision``, one after another in one piece of memory.

    cuDNN reads a layer's weights so; scattered ones it would copy together at every call, and warn of it.
    """
    flat = torch.cat([weight.to(precision).flatten() for weight in weights])
    parts = torch.split(flat, [weight.numel() for weight in weights])
    return tuple(part.view(weight.shape) for part, weight in zip(parts, weights, strict=True))


def fused_lstm(
    x: Tensor, layout: Layout, state: tuple[Tensor, Tensor], weights: tuple[Tensor, ...], precision: torch.dtype
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """All steps of one layer by the framework's fused kernels: cuDNN on a GPU, oneDNN on a processor.

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
