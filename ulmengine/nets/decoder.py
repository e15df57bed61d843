"""From hidden states to words: the decoder whose matrix is the embedding's."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .chunked import chunked_cross_entropy


class Decoder(nn.Module):
    """Full softmax over the vocabulary. It owns a bias only; the matrix is handed in, so tying cannot come undone."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.precision = torch.float32

    def loss(self, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        """Summed cross entropy of ``targets`` (N,).

        :param hidden: (N, features); ``weight``: the embedding's, (vocabulary, features).
        """
        return chunked_cross_entropy(hidden, weight, self.bias, targets, self.precision)

    def scores(self, hidden: Tensor, weight: Tensor) -> Tensor:
        """Scores (N, vocabulary), float32; their softmax is the model's probability of each word."""
        return F.linear(hidden.to(self.precision), weight.to(self.precision)).float() + self.bias
