"""The LSTM step by step with its own backward pass: the fast path for training on a processor.

The inputs of many steps are multiplied at once, the state step by step; one product over all steps gives a weight's
gradient. Nothing is computed for rows that have ended. The products are in float32 or bfloat16, the gates and the cell
state always in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, repeat
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .gates import Gates, gate_gradients, new_cells
from .layout import Layout
from .native import linear, linear_add
from .packed_weights import Packed, WeightGradients

BYTES = 16 * 2**20  # of pre-activations made at once

# oneDNN compiles a kernel for each number of rows and keeps it. Products over many steps are therefore taken over a
# multiple of so many rows, for which there is room behind the last token. That room must hold numbers: where a row's
# width is no multiple of what the processor reads at once, the kernels read on into the next row and multiply that by
# nought, and nought times what was left in the memory is no number if that was none.
MULTIPLE = 32

State = tuple[Tensor, Tensor]


@dataclass(eq=False)
class _Tape:
    """What the backward pass needs of the forward pass, all (N, ...) in the order of the layout, with some room behind.

    In float32 ``gates`` holds the gates i, f, s, o; in narrower precision their pre-activations as the product gave
    them, which lose less there. The backward pass writes their gradients in their place. The cell states follow from
    the gates and are made anew there: kept, they would be a quarter of all that is kept.
    """

    inputs: Tensor  # dropped: (N, inputs)
    states: Tensor  # hidden state before each step: (N, hidden)
    gates: Tensor  # (N, 4 * hidden)


def record(
    x: Tensor, state: State, mask: Tensor | None, layout: Layout, packed: Packed
) -> tuple[Tensor, Tensor, Tensor, _Tape]:
    """All steps.

    :param mask: locked dropout of the inputs, (batch, inputs).
    :returns: hidden states (N, hidden) in the products' precision, last hidden and cell states (batch, hidden) in
        float32, and the tape for the backward pass.
    """
    inputs, out = _begin(x, mask, layout, packed)
    space, n = packed.workspace, layout.tokens
    tape = _Tape(
        inputs,
        space.take(_rounded(n), packed.hidden, dtype=packed.precision),
        space.take(_rounded(n), 4 * packed.hidden, dtype=packed.precision),
    )
    h, c = state[0].to(packed.precision, copy=True), state[1].float().clone()
    scratch = torch.empty_like(c)
    outs, states, kept = (part.split_with_sizes(list(layout.sizes)) for part in (out, tape.states[:n], tape.gates[:n]))
    weight, state_now = packed.weight("state"), h
    # Taken one by one: a loop over them would hold the last of a portion while the next portion is made.
    pieces = _from_inputs(inputs, layout, packed)
    views = zip(_places(tape.gates[:n], layout), _alive(layout, c, scratch), strict=True)
    for step, (gates, (cells, squashed)) in enumerate(views):
        pre = linear_add(states[step].copy_(_first(state_now, len(cells))), weight, next(pieces))
        if pre.dtype != gates.every.dtype:
            kept[step].copy_(pre)
        torch.sigmoid(_widen(pre, gates.every), out=gates.every)
        new_cells(gates, cells, cells)
        torch.mul(gates.o, torch.tanh(cells, out=squashed), out=outs[step])
        state_now = outs[step]
        _keep(h, state_now, layout, step)
    return out, h.float(), c, tape


def _alive(layout: Layout, *tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Step by step the rows alive of each of the ``tensors`` (batch, ...); cut anew only where a row has ended."""
    for rows, steps in groupby(layout.sizes):
        views = tuple(tensor[:rows] for tensor in tensors)
        yield from repeat(views, sum(1 for _ in steps))


def _gates(room: Tensor, layout: Layout) -> Iterator[Gates]:
    """Step by step the rows alive of ``room`` (batch, 4 * hidden)."""
    for rows, steps in groupby(layout.sizes):
        yield from repeat(Gates.of(room[:rows]), sum(1 for _ in steps))


def _places(tape: Tensor, layout: Layout) -> Iterator[Gates]:
    """Step by step where the gates are in float32: in the ``tape`` (N, 4 * hidden) if it is, else in room for one."""
    if tape.dtype != torch.float32:
        return _gates(torch.empty(layout.batch, tape.shape[1]), layout)
    parts = (part.split_with_sizes(list(layout.sizes)) for part in Gates.of(tape))
    return map(Gates._make, zip(*parts, strict=True))


def _first(values: Tensor, rows: int) -> Tensor:
    return values if len(values) == rows else values[:rows]


def _keep(last: Tensor, now: Tensor, layout: Layout, step: int) -> None:
    """Write the rows of ``now`` that end with this ``step`` into ``last``, (batch, hidden)."""
    staying = layout.sizes[step + 1] if step + 1 < layout.time else 0
    if staying < len(now):
        last[staying : len(now)].copy_(now[staying:])


def _begin(x: Tensor, mask: Tensor | None, layout: Layout, packed: Packed) -> tuple[Tensor, Tensor]:
    """The inputs (N, inputs), dropped, in the products' precision; and room for what comes out, (N, hidden)."""
    inputs = packed.workspace.take(_rounded(layout.tokens), packed.inputs, dtype=packed.precision)
    place = inputs[: layout.tokens]
    inputs[layout.tokens :].zero_()
    if mask is None:
        place.copy_(x)
    else:
        _scale(x, mask, layout, place)
    return inputs, torch.empty(layout.tokens, packed.hidden, dtype=packed.precision)


def _from_inputs(inputs: Tensor, layout: Layout, packed: Packed) -> Iterator[Tensor]:
    """What the ``inputs`` and the bias give to the gates, step by step: (rows, 4 * hidden)."""
    start, most = 0, max(1, BYTES // (4 * packed.hidden * inputs.element_size()))
    sizes: list[int] = []
    for number, alive in enumerate(layout.sizes):
        sizes.append(alive)
        if number + 1 == layout.time or sum(sizes) + layout.sizes[number + 1] > most:
            count = sum(sizes)
            rows = inputs[start : start + _rounded(count)]
            yield from linear(rows, packed.weight("inputs"), packed.bias)[:count].split_with_sizes(sizes)
            start, sizes = start + count, []


def _rounded(rows: int) -> int:
    return -(-rows // MULTIPLE) * MULTIPLE


def _widen(pre: Tensor, into: Tensor) -> Tensor:
    """``pre`` in float32, by way of ``into`` where it has to be changed."""
    return pre if pre.dtype == into.dtype else into.copy_(pre)


class Gather(torch.autograd.Function):
    """Gives the weights their gradient after all chunks of a pass have taken theirs.

    What it returns is an empty sign that every chunk's :class:`Steps` takes as an input: autograd comes back here when
    the last of them is done. One gradient as large as a weight is made for the pass instead of one for every chunk.
    """

    @staticmethod
    def forward(
        ctx: Any, ih: Tensor, hh: Tensor, bias_ih: Tensor, bias_hh: Tensor,  # noqa: ARG004 - here for their gradients
        gradients: WeightGradients,
    ) -> Tensor:
        ctx.gradients = gradients
        return ih.new_zeros(())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, sign: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ARG004 - it says nothing but when
        return *(ctx.gradients.take() or (None,) * 4), None


class Steps(torch.autograd.Function):
    """:func:`record` with its gradient; that of the weights is left with ``packed`` for :class:`Gather`."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, h: Tensor, c: Tensor, sign: Tensor,  # noqa: ARG004 - Gather's
        mask: Tensor | None, layout: Layout, packed: Packed,
    ) -> tuple[Tensor, Tensor, Tensor]:
        out, last_h, last_c, tape = record(x, (h, c), mask, layout, packed)
        ctx.tape, ctx.layout, ctx.packed, ctx.mask = tape, layout, packed, mask
        ctx.start, ctx.x_dtype = c.detach(), x.dtype
        ctx.set_materialize_grads(False)
        return out, last_h, last_c

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_out: Tensor | None, d_h: Tensor | None, d_c: Tensor | None) -> tuple[Tensor | None, ...]:
        tape, layout, packed = ctx.tape, ctx.layout, ctx.packed
        if tape is None:
            raise RuntimeError("the gradient of this pass was already taken; run the forward pass again")
        ctx.tape = ctx.packed = None
        wants_x, wants_weights = ctx.needs_input_grad[0], ctx.needs_input_grad[3]
        shape = (layout.batch, packed.hidden)
        dh, dc = (torch.zeros(shape) if part is None else part.float().clone() for part in (d_h, d_c))
        packed.forget_forward()
        _backward_steps(packed, layout, tape, ctx.start, d_out, dh, dc)
        for part in (tape.gates, tape.states):
            part[layout.tokens :].zero_()
        dx = _input_gradient(packed, layout, tape.gates, ctx.mask, ctx.x_dtype) if wants_x else None
        if wants_weights:
            packed.gradients.add(tape.gates, tape.inputs, tape.states)
        packed.workspace.give(tape.inputs, tape.states, tape.gates)
        return dx, dh, dc, torch.zeros(()) if wants_weights else None, None, None, None


def _input_gradient(
    packed: Packed, layout: Layout, d_gates: Tensor, mask: Tensor | None, dtype: torch.dtype
) -> Tensor:
    """Gradient of the inputs before their locked dropout, (N, inputs), in ``dtype``."""
    most = max(MULTIPLE, BYTES // (packed.inputs * d_gates.element_size()) // MULTIPLE * MULTIPLE)
    weight = packed.weight("back to inputs")
    dx = torch.empty(layout.tokens, packed.inputs, dtype=dtype)
    for place, part in zip(torch.split(dx, most), torch.split(d_gates, most), strict=True):
        place.copy_(linear(part, weight)[: len(place)])
    if mask is not None:
        _scale(dx, mask, layout, dx)
    return dx


def _scale(values: Tensor, mask: Tensor, layout: Layout, into: Tensor) -> None:
    """Locked dropout of ``values`` (N, features) by ``mask`` (batch, features), written into ``into``.

    A step at a time: at once, all that is not in the mask's float32 would be widened in passing.
    """
    parts = (part.split_with_sizes(list(layout.sizes)) for part in (values, into))
    for part, place in zip(*parts, strict=True):
        torch.mul(part, mask[: len(part)], out=place)


def _backward_steps(
    packed: Packed, layout: Layout, tape: _Tape, start: Tensor, d_out: Tensor | None, dh: Tensor, dc: Tensor
) -> None:
    """From the last step to the first: the gates' gradients, written in the place of the gates.

    ``dh`` and ``dc`` hold the gradient of the last state and become the first state's. A row that ends early waits
    there until its last step is reached.
    """
    sizes, weight = list(layout.sizes), packed.weight("back to state")
    tape_gates = tape.gates[: layout.tokens]
    every_cell = packed.workspace.take(layout.tokens, packed.hidden, dtype=torch.float32)
    kept, cells = tape_gates.split_with_sizes(sizes), every_cell.split_with_sizes(sizes)
    places = list(_places(tape_gates, layout))
    befores = [start, *cells[:-1]]
    for gates, part, before, into in zip(places, kept, befores, cells, strict=True):
        new_cells(_opened(gates, part), _first(before, len(into)), into)
    d_outs = None if d_out is None else d_out.split_with_sizes(sizes)
    scratch = list(_gates(torch.empty(layout.batch, 4 * packed.hidden), layout))
    views = list(_alive(layout, dh, dc, torch.empty_like(dh)))
    for step in range(len(sizes) - 1, -1, -1):
        here_h, here_c, squashed = views[step]
        if d_outs is not None:
            here_h.add_(d_outs[step])
        gates, before = _opened(places[step], kept[step]), _first(befores[step], len(here_h))
        torch.tanh(cells[step], out=squashed)
        gate_gradients(gates, squashed, before, here_h, here_c, scratch[step], kept[step])
        here_h.copy_(linear(kept[step], weight))
    packed.workspace.give(every_cell)


def _opened(gates: Gates, kept: Tensor) -> Gates:
    """The gates of a step in their place, made there of what the tape has ``kept`` where that is narrower."""
    if kept.dtype != gates.every.dtype:
        gates.every.copy_(kept).sigmoid_()
    return gates
