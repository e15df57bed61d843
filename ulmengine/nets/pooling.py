"""From the hidden states of a document to one vector, in float32 and over real tokens only."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def real_positions(lengths: Tensor, time: int) -> Tensor:
    """(batch, time) bool: where a document of that length has a token."""
    return torch.arange(time, device=lengths.device) < lengths[:, None]


class ConcatPooling(nn.Module):
    """Last state, maximum and mean over the document side by side (1801.06146, 3.3)."""

    def forward(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """``hidden`` (batch, time, features) of documents of these ``lengths`` (batch,) -> (batch, 3 * features)."""
        hidden = hidden.float()
        real = real_positions(lengths, hidden.shape[1]).unsqueeze(2)
        rows = torch.arange(len(lengths), device=hidden.device)
        last = hidden[rows, lengths - 1]
        return torch.cat([last, maximum(hidden, real), self.mean(hidden, real)], dim=1)

    def mean(self, hidden: Tensor, real: Tensor) -> Tensor:
        """Mean over the ``real`` (batch, time, 1) positions: (batch, features)."""
        return (hidden * real).sum(1) / real.sum(1)


def maximum(hidden: Tensor, real: Tensor) -> Tensor:
    """Maximum over the ``real`` (batch, time, 1) positions: (batch, features)."""
    return hidden.masked_fill(~real, float("-inf")).max(1).values


class AttentionPooling(ConcatPooling):
    """The same with a learnt mean: every position weighs softmax(w . tanh(h)).

    ``w`` begins at zero, so that training starts from the plain mean.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(features))

    def mean(self, hidden: Tensor, real: Tensor) -> Tensor:
        """Weighted mean over the ``real`` (batch, time, 1) positions: (batch, features)."""
        scores = (torch.tanh(hidden) @ self.weight.float()).unsqueeze(2)
        attention = scores.masked_fill(~real, float("-inf")).softmax(1)
        return (attention * hidden).sum(1)
