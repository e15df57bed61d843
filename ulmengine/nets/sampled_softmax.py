"""Sampled softmax (Bengio & Senecal 2008; Jean et al. 2015, arXiv 1412.2007): against a sample of the vocabulary only.

The vocabulary is ordered by frequency, so that drawing word k with probability log((k+2)/(k+1)) / log(V+1) follows the
words' own distribution closely. Each score is corrected by the logarithm of how often its word is expected in the
sample; a row's own target is never its rival. Evaluation is exact.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .decoder import Decoder
from .kernels.chunked import ChunkedPass


def draw_words(vocabulary: int, draws: int, device: torch.device) -> Tensor:
    """``draws`` log-uniform draws from the vocabulary, each word once, sorted: at most (draws,)."""
    uniform = torch.rand(draws, device=device)
    words: Tensor = (uniform * math.log(vocabulary + 1)).exp().long() - 1
    once: Tensor = torch.unique(words.clamp(0, vocabulary - 1))
    return once


def expected_log_counts(words: Tensor, vocabulary: int, draws: int) -> Tensor:
    """Logarithm of the probability that ``draws`` draws hold each of ``words``."""
    numbers = words.float()
    share = torch.log1p(1 / (numbers + 1)) / math.log(vocabulary + 1)
    return torch.log(-torch.expm1(draws * torch.log1p(-share)))


class SampledDecoder(Decoder):
    """In training each row's target competes with about ``vocabulary / 8`` drawn words, new in every pass."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__(vocabulary)
        self.draws = max(64, vocabulary // 8)

    def loss(self, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        """As :meth:`Decoder.loss`; an estimate in training, exact in evaluation."""
        if not self.training:
            return super().loss(hidden, weight, targets)
        words = draw_words(self.words, self.draws, hidden.device)
        bias = self.bias[words] - expected_log_counts(words, self.words, self.draws)
        own = targets.clamp(min=0)
        true = (hidden.float() * weight[own]).sum(1) + self.bias[own]
        true = true - expected_log_counts(own, self.words, self.draws)
        # Where the target itself was drawn, its column is taken out.
        place = torch.searchsorted(words, own).clamp(max=len(words) - 1)
        place = torch.where(words[place] == own, place, -1)
        total: Tensor = _SampledLoss.apply(hidden, weight[words], bias, true, targets, place, self.precision)  # type: ignore[no-untyped-call]
        return total


class _SampledPass(ChunkedPass):
    """The chunked softmax with one column more: each row's true score, which is its target."""

    extra = 1

    def use(self, true: Tensor, drawn: Tensor) -> None:
        """``true`` (N,) scores and ``drawn`` (N,): the column in which a row's target was drawn too, or -1."""
        self.true, self.drawn = true.detach().to(self.wide), drawn
        self.places = torch.full_like(self.places, self.classes)
        self.d_true = torch.zeros_like(self.true)

    def _lay_out(self, wide: Tensor, block: Tensor, where: slice) -> None:
        torch.add(block, self.bias, out=wide[:, :-1])
        wide[:, -1] = self.true[where]
        rows = (self.drawn[where] >= 0).nonzero().squeeze(1)
        wide[rows, self.drawn[where][rows]] = float("-inf")

    def _keep(self, share: Tensor, block: Tensor, where: slice) -> None:
        self.d_true[where] = share[:, -1]
        super()._keep(share[:, :-1], block, where)


class _SampledLoss(torch.autograd.Function):
    """The loss with its gradient made in the forward pass."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, true: Tensor, targets: Tensor, drawn: Tensor,
        precision: torch.dtype,
    ) -> Tensor:
        work = _SampledPass(hidden, weight, bias, targets, precision, (True, True, True))
        work.use(true, drawn)
        total = work.run()
        ctx.gradients = (work.d_hidden, work.d_weight, work.d_bias, work.d_true)
        ctx.dtypes = (hidden.dtype, weight.dtype, bias.dtype, true.dtype)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        pairs = zip(ctx.gradients, ctx.dtypes, strict=True)
        return *((part.float() * gradient).to(dtype) for part, dtype in pairs), None, None, None
