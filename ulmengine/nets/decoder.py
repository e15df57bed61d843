"""From hidden states to words: the decoder whose matrix is the embedding's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .kernels.chunked import chunked_cross_entropy
from .kernels.products import Product

Part = tuple[Tensor, Tensor]  # matrix (words, features) and bias (words,)


class Decoder(nn.Module):
    """Full softmax over the vocabulary. It owns a bias only; the matrix is handed in, so tying cannot come undone.

    :ivar words: how many of the first words compete in training, all by default. Words that no training text holds
        would only be pushed down, text after text, and lose what pretraining taught them; left out they stay as they
        are, and cost nothing. Evaluation is over the whole vocabulary.
    """

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.words = vocabulary
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.precision = torch.float32
        self._fixed: list[Product] = []

    @contextmanager
    def fixed(self, weight: Tensor) -> Iterator[None]:
        """While this lasts, neither ``weight`` nor precision changes: evaluation makes ready once what it multiplies.

        To be entered in evaluation; in training it does nothing.
        """
        if not self.training:
            self._fixed = [Product(matrix.detach().to(self.precision)) for matrix, _ in self._parts(weight)]
        try:
            yield
        finally:
            self._fixed = []

    def loss(self, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        """Summed cross entropy of ``targets`` (N,).

        :param hidden: (N, features); ``weight``: the embedding's, (vocabulary, features).
        """
        if self.training and self.words < len(self.bias):
            weight, bias = weight[: self.words], self.bias[: self.words]
            return chunked_cross_entropy(hidden, weight, bias, targets, self.precision)
        return self._part_loss(0, self._parts(weight), hidden, targets)

    def scores(self, hidden: Tensor, weight: Tensor) -> Tensor:
        """Scores (N, vocabulary), float32; their softmax is the model's probability of each word."""
        return F.linear(hidden.to(self.precision), weight.to(self.precision)).float() + self.bias

    def _parts(self, weight: Tensor) -> list[Part]:
        """What softmaxes are taken over, each by its matrix and bias."""
        return [(weight, self.bias)]

    def _part_loss(self, number: int, parts: list[Part], hidden: Tensor, targets: Tensor) -> Tensor:
        """Summed cross entropy of ``targets`` in one of the ``parts``."""
        scores = self._fixed[number] if self._fixed and not self.training else None
        return chunked_cross_entropy(hidden, *parts[number], targets, self.precision, scores)
