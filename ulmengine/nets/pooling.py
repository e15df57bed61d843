"""From the hidden states of a document to one vector, in float32 and over real tokens only.

A document's states come in pieces, as its chunks were read. They are pooled piece by piece, so that they never lie
side by side in float32; concat pooling keeps nothing of them for the backward pass, attention what autograd needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ulmengine.config import ModelConfig

from .kernels.layout import moved


class _Span(NamedTuple):
    """Where a piece stands in the documents: tokens ``start`` to ``stop`` of its rows."""

    rows: int  # alive in it, the first ones of the batch
    start: int
    stop: int
    ending: Tensor  # of those rows the ones whose last token is in it
    ends: Tensor  # and at which of its tokens
    real: Tensor | None  # (rows, time, 1) bool: where there is a token; None: everywhere

    def zeroed(self, piece: Tensor) -> Tensor:
        """``piece`` in float32, zeros where there is no token."""
        return piece.float() if self.real is None else piece.float().masked_fill(~self.real, 0.0)


def _spans(pieces: Sequence[Tensor], lengths: Tensor) -> Iterator[_Span]:
    """The span of every piece; the ``lengths`` (batch,) are best on the CPU, as they decide what is done."""
    start, lengths = 0, lengths.cpu()
    for piece in pieces:
        rows, time = piece.shape[:2]
        left, device = lengths[:rows] - start, piece.device
        ending = ((left >= 1) & (left <= time)).nonzero().squeeze(1)
        ends = moved(left[ending] - 1, device)
        real = None
        if int(left.min()) < time:
            real = moved((torch.arange(time) < left[:, None]).unsqueeze(2), device)
        yield _Span(rows, start, start + time, moved(ending, device), ends, real)
        start += time


class _Pool(torch.autograd.Function):
    """Last state, maximum and sum over the real tokens, each (batch, features) in float32.

    The gradient of a maximum goes to the first token that reaches it.
    """

    @staticmethod
    def forward(ctx: Any, spans: list[_Span], *pieces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        first = pieces[0]
        shape, learns = (len(first), first.shape[2]), any(ctx.needs_input_grad[1:])
        last, total = (first.new_zeros(shape, dtype=torch.float32) for _ in range(2))
        most = torch.full_like(total, float("-inf"))
        places = torch.zeros(shape if learns else (0, 0), dtype=torch.int64, device=first.device)
        for span, piece in zip(spans, pieces, strict=True):
            values = span.zeroed(piece)
            last[span.ending] = values[span.ending, span.ends]
            total[: span.rows] += values.sum(1)
            if span.real is not None:
                values = values.masked_fill(~span.real, float("-inf"))
            so_far = most[: span.rows]
            if learns:
                best, places_now = values.max(1)
                places[: span.rows] = torch.where(best > so_far, places_now + span.start, places[: span.rows])
            else:
                best = values.amax(1)
            torch.maximum(so_far, best, out=so_far)
        ctx.save_for_backward(places)
        ctx.spans, ctx.dtypes = spans, [piece.dtype for piece in pieces]
        return last, most, total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_last: Tensor, d_most: Tensor, d_total: Tensor) -> tuple[Tensor | None, ...]:
        (places,) = ctx.saved_tensors
        gradients = [
            _gradient(span, places, d_last, d_most, d_total).to(dtype) if wanted else None
            for span, dtype, wanted in zip(ctx.spans, ctx.dtypes, ctx.needs_input_grad[1:], strict=True)
        ]
        return None, *gradients


def _gradient(span: _Span, places: Tensor, d_last: Tensor, d_most: Tensor, d_total: Tensor) -> Tensor:
    """What one piece (rows, time, features) has done to the three, in float32."""
    rows, time = slice(0, span.rows), span.stop - span.start
    even = d_total[rows].unsqueeze(1)
    gradient = even.repeat(1, time, 1) if span.real is None else even * span.real
    here = places[rows] - span.start
    inside = (here >= 0) & (here < time)
    highest = torch.where(inside, d_most[rows], 0.0)
    gradient.scatter_add_(1, here.clamp(0, time - 1).unsqueeze(1), highest.unsqueeze(1))
    gradient[span.ending, span.ends] += d_last[span.ending]
    return gradient


class LastPooling(nn.Module):
    """The last state alone, (batch, features) in float32; arguments as of :meth:`ConcatPooling.forward`."""

    def forward(self, pieces: Sequence[Tensor], lengths: Tensor) -> Tensor:
        last: Tensor = _Pool.apply(list(_spans(pieces, lengths)), *pieces)[0]  # type: ignore[no-untyped-call]
        return last


class ConcatPooling(nn.Module):
    """Last state, maximum and mean over the document side by side (1801.06146, 3.3)."""

    def forward(self, pieces: Sequence[Tensor], lengths: Tensor) -> Tensor:
        """Pool documents of these ``lengths`` (batch,) -> (batch, 3 * features), float32.

        :param pieces: their hidden states one piece after another, each (rows, time, features): of the first rows of
            the batch, those that have not ended yet. What stands behind a row's end does not matter.
        """
        spans = list(_spans(pieces, lengths))
        last, most, total = _Pool.apply(spans, *pieces)  # type: ignore[no-untyped-call]
        return torch.cat([last, most, self._mean(pieces, spans, lengths, total)], dim=1)

    def _mean(self, pieces: Sequence[Tensor], spans: list[_Span], lengths: Tensor, total: Tensor) -> Tensor:
        """Mean over the real tokens, (batch, features); ``total``: their sum."""
        del pieces, spans
        return total / moved(lengths, total.device).unsqueeze(1)


class AttentionPooling(ConcatPooling):
    """The same with a learnt mean: every position weighs softmax(w . tanh(h)).

    ``w`` begins at zero, so that training starts from the plain mean.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(features))

    def _mean(self, pieces: Sequence[Tensor], spans: list[_Span], lengths: Tensor, total: Tensor) -> Tensor:
        """Weighted mean over the real tokens, (batch, features)."""
        scores = []
        for span, piece in zip(spans, pieces, strict=True):
            values = torch.tanh(span.zeroed(piece)) @ self.weight.float()
            if span.real is not None:
                values = values.masked_fill(~span.real.squeeze(2), float("-inf"))
            scores.append(F.pad(values, (0, 0, 0, len(lengths) - span.rows), value=float("-inf")))
        attention = torch.cat(scores, dim=1).softmax(1)
        mean = torch.zeros_like(total)
        for span, piece in zip(spans, pieces, strict=True):
            weights = attention[: span.rows, span.start : span.stop].unsqueeze(1)
            part = (weights @ span.zeroed(piece)).squeeze(1)
            mean = mean + F.pad(part, (0, 0, 0, len(lengths) - span.rows))
        return mean


def pooling(model: ModelConfig, features: int) -> nn.Module:
    """The pooling that ``model`` asks for: hidden states of so many ``features`` to ``model.pooled(features)``."""
    if model.pooling == "last":
        return LastPooling()
    return AttentionPooling(features) if model.pooling == "attention" else ConcatPooling()
