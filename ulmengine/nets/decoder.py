"""From hidden states to words: the decoder whose matrix is the embedding's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .chunked import Product, chunked_cross_entropy


class Decoder(nn.Module):
    """Full softmax over the vocabulary. It owns a bias only; the matrix is handed in, so tying cannot come undone."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.precision = torch.float32
        self._fixed: Product | None = None

    @contextmanager
    def fixed(self, weight: Tensor) -> Iterator[None]:
        """While this lasts, neither ``weight`` nor precision changes: evaluation makes ready once what it multiplies.

        To be entered in evaluation; in training it does nothing.
        """
        if not self.training:
            self._fixed = Product(weight.detach().to(self.precision))
        try:
            yield
        finally:
            self._fixed = None

    def loss(self, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        """Summed cross entropy of ``targets`` (N,).

        :param hidden: (N, features); ``weight``: the embedding's, (vocabulary, features).
        """
        scores = None if self.training else self._fixed
        return chunked_cross_entropy(hidden, weight, self.bias, targets, self.precision, scores)

    def scores(self, hidden: Tensor, weight: Tensor) -> Tensor:
        """Scores (N, vocabulary), float32; their softmax is the model's probability of each word."""
        return F.linear(hidden.to(self.precision), weight.to(self.precision)).float() + self.bias
