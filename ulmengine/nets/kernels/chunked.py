"""Cross entropy over a vocabulary without ever holding the scores of the whole batch.

The scores of some rows at a time are made, turned into the loss and - in the same pass, in place - into its gradient
with respect to the hidden states, the matrix and the bias; then their memory is used for the next rows. The backward
pass only scales what is already there.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ulmengine.tokens import IGNORED

from .products import Product, accumulate

BYTES = 24 * 2**20  # of scores that exist at once; glibc's malloc hands 32 MiB back to the system every time
BLOCK = 2**19  # entries whose softmax is taken at once: small enough for a processor's cache
# On a graphics card each piece costs the start of a dozen kernels whatever its size, so pieces are large there.
CARD_BYTES, CARD_BLOCK = 128 * 2**20, 2**25


def chunked_cross_entropy(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, precision: torch.dtype | None = None,
    scores: Product | None = None,
) -> Tensor:
    """Sum over the rows of -log softmax(hidden @ weight.T + bias)[target], in nats, float32 or float64.

    :param hidden: (N, features); ``weight``: (classes, features); ``bias``: (classes,); ``targets``: (N,) with -100
        where a row does not count.
    :param precision: of the products; absent: that of ``hidden``. The softmax is taken in float32 at least.
    :param scores: the product with ``weight`` in that precision, if it was made ready before; used without gradients.
    """
    precision = precision or hidden.dtype
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (hidden, weight, bias)):
        total: Tensor = _ChunkedCrossEntropy.apply(hidden, weight, bias, targets, precision)  # type: ignore[no-untyped-call]
        return total
    return ChunkedPass(hidden, weight, bias, targets, precision, (False, False, False), scores).run()


class ChunkedPass:
    """One pass over all rows, chunk by chunk; ``wanted``: whether gradients of hidden, weight and bias are gathered."""

    extra = 0  # columns of the softmax that do not come from the product

    def __init__(
        self, hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, precision: torch.dtype,
        wanted: tuple[bool, ...], scores: Product | None = None,
    ) -> None:
        self.hidden, self.targets, self.classes = hidden.detach().to(precision), targets, len(weight)
        self.wide = torch.promote_types(precision, torch.float32)
        self.bias = bias.detach().to(self.wide)
        self.counts = targets != IGNORED
        self.places = targets.clamp(min=0).unsqueeze(1)
        self.d_hidden = torch.empty_like(self.hidden) if wanted[0] else None
        self.d_weight = torch.zeros_like(weight) if wanted[1] else None
        self.d_bias = torch.zeros_like(self.bias) if wanted[2] else None
        self.learns = any(wanted)
        assert scores is None or not any(wanted)
        self._back: Product | None = None
        if scores is None:
            narrow = weight.detach().to(precision)
            self._back = Product(narrow.t()) if wanted[0] else None
            scores = Product(narrow)
        self._scores = scores

    def run(self) -> Tensor:
        """The summed loss."""
        count, classes = len(self.hidden), self.classes
        at_once = BYTES if self.hidden.device.type == "cpu" else CARD_BYTES
        rows = max(1, min(count, at_once // (classes * self.hidden.element_size())))
        total = torch.zeros((), dtype=self.wide, device=self.hidden.device)
        for start in range(0, count, rows):
            part = slice(start, min(start + rows, count))
            scores = self._scores(self.hidden[part])
            total += self._softmax(scores, part)
            if self.learns:
                self._gather(scores, part)
            del scores  # before the next ones are made, which then take its place
        return total

    def _softmax(self, scores: Tensor, part: slice) -> Tensor:
        """Loss of the rows ``part``; where it learns, their ``scores`` become softmax - onehot."""
        rows = max(1, (BLOCK if scores.device.type == "cpu" else CARD_BLOCK) // scores.shape[1])
        total = torch.zeros((), dtype=self.wide, device=scores.device)
        columns = scores.shape[1] + self.extra
        scratch = torch.empty(min(rows, len(scores)), columns, dtype=self.wide, device=scores.device)
        for start in range(0, len(scores), rows):
            block = scores[start : start + rows]
            where = slice(part.start + start, part.start + start + len(block))
            wide = scratch[: len(block)]
            self._lay_out(wide, block, where)
            counts, places = self.counts[where, None], self.places[where]
            if not self.learns:
                total -= (torch.log_softmax(wide, 1, out=wide).gather(1, places) * counts).sum()
                continue
            right, top = wide.gather(1, places), wide.amax(1, keepdim=True)
            share = torch.softmax(wide, 1, out=wide)
            # The largest share is exp(0) over the sum, so its logarithm gives the sum without a further pass of exp.
            total += ((top - share.amax(1, keepdim=True).log() - right) * counts).sum()
            share.scatter_add_(1, places, torch.full_like(right, -1.0))
            if share.device.type != "cpu" or not bool(counts.all()):
                share.mul_(counts)
            self._keep(share, block, where)
        return total

    def _lay_out(self, wide: Tensor, block: Tensor, where: slice) -> None:  # noqa: ARG002 - for subclasses
        """Write the scores ``block`` of the rows ``where`` with their bias into ``wide``."""
        # Of two types, the sum would first make a copy of its own.
        torch.add(block if block.dtype == wide.dtype else wide.copy_(block), self.bias, out=wide)

    def _keep(self, share: Tensor, block: Tensor, where: slice) -> None:  # noqa: ARG002 - for subclasses
        """Take up the gradient ``share`` of the scores of the rows ``where``; ``block`` is where the scores were."""
        if self.d_bias is not None:
            self.d_bias += share.sum(0)
        block.copy_(share)

    def _gather(self, share: Tensor, part: slice) -> None:
        """Add what ``share`` = softmax - onehot, (rows, classes), gives to the gradients."""
        if self.d_hidden is not None and self._back is not None:
            self.d_hidden[part] = self._back(share)
        if self.d_weight is not None and self.d_weight.dtype == share.dtype:
            self.d_weight.addmm_(share.t(), self.hidden[part])
        elif self.d_weight is not None:
            accumulate(self.d_weight, share.t() @ self.hidden[part])


class _ChunkedCrossEntropy(torch.autograd.Function):
    """The loss with its gradient made in the forward pass."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, precision: torch.dtype
    ) -> Tensor:
        work = ChunkedPass(hidden, weight, bias, targets, precision, ctx.needs_input_grad[:3])
        total = work.run()
        ctx.gradients = (work.d_hidden, work.d_weight, work.d_bias)
        ctx.dtypes = (hidden.dtype, weight.dtype, bias.dtype)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        parts, ctx.gradients = ctx.gradients, None
        if parts is None:
            raise RuntimeError("the gradient of this loss was already taken; compute the loss again for another one")
        pairs = zip(parts, ctx.dtypes, strict=True)
        # Scaled in float32: in float16 the gradient of a mean over thousands of rows would vanish.
        scaled = (None if part is None else _scale(part, gradient).to(dtype) for part, dtype in pairs)
        return *scaled, None, None


def _scale(part: Tensor, gradient: Tensor) -> Tensor:
    """``part`` times ``gradient`` in float32 at least, in place where it is that already."""
    return part.float().mul_(gradient) if part.dtype in (torch.bfloat16, torch.float16) else part.mul_(gradient)
