"""Adaptive softmax (Grave et al. 2017, arXiv 1609.04309), tied to the embedding.

The commonest words and one entry for each cluster of rarer words share a first softmax; a second one inside the
cluster is taken only for the rows whose target lies there. It is a true distribution over the whole vocabulary, only
cheaper. The vocabulary is ordered by frequency.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .decoder import Decoder, Part


def borders(vocabulary: int) -> tuple[int, ...]:
    """Where clusters begin and end: the commonest eighth, up to the half, and the rest."""
    common = max(1, vocabulary // 8)
    return (common, max(common + 1, vocabulary // 2), vocabulary) if vocabulary >= 64 else (common, vocabulary)


class AdaptiveDecoder(Decoder):
    """The word matrix and bias as in the full softmax, and a vector and a bias for each cluster."""

    def __init__(self, vocabulary: int, features: int) -> None:
        super().__init__(vocabulary)
        self.borders = borders(vocabulary)
        self.cluster_weight = nn.Parameter(torch.empty(len(self.borders) - 1, features).uniform_(-0.1, 0.1))
        self.cluster_bias = nn.Parameter(torch.zeros(len(self.borders) - 1))

    def loss(self, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        """As :meth:`Decoder.loss`, of the adaptive distribution."""
        common, parts = self.borders[0], self._parts(weight)
        first = targets.clone()
        total = hidden.new_zeros((), dtype=torch.float32)
        for number, (start, stop) in enumerate(self._clusters()):
            inside = ((targets >= start) & (targets < stop)).nonzero().squeeze(1)
            first[inside] = common + number
            if inside.numel():
                total = total + self._part_loss(1 + number, parts, hidden[inside], targets[inside] - start)
        return total + self._part_loss(0, parts, hidden, first)

    def scores(self, hidden: Tensor, weight: Tensor) -> Tensor:
        """Log-probability of every word, (N, vocabulary), float32."""
        narrow, common = hidden.to(self.precision), self.borders[0]
        everything = F.linear(narrow, weight.to(self.precision)).float() + self.bias
        clusters = F.linear(narrow, self.cluster_weight.to(self.precision)).float() + self.cluster_bias
        first = torch.cat([everything[:, :common], clusters], 1).log_softmax(1)
        parts = [first[:, :common]]
        for number, (start, stop) in enumerate(self._clusters()):
            parts.append(everything[:, start:stop].log_softmax(1) + first[:, common + number, None])
        return torch.cat(parts, 1)

    def _parts(self, weight: Tensor) -> list[Part]:
        """The first softmax, and that of each cluster."""
        common = self.borders[0]
        first = torch.cat([weight[:common], self.cluster_weight]), torch.cat([self.bias[:common], self.cluster_bias])
        return [first, *((weight[start:stop], self.bias[start:stop]) for start, stop in self._clusters())]

    def _clusters(self) -> list[tuple[int, int]]:
        return list(zip(self.borders[:-1], self.borders[1:], strict=True))


