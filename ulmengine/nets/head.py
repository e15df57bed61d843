"""The classifier's head: pooling, then blocks of batch norm, dropout, linear layer and ReLU (1801.06146, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ulmengine.config import ModelConfig

from .pooling import AttentionPooling, ConcatPooling


class BatchNorm(nn.BatchNorm1d):
    """Batch norm that can keep its statistics while the network trains.

    With ``frozen``, and for a batch of a single document, which has no variance, the running statistics are used.
    """

    frozen = False

    def forward(self, values: Tensor) -> Tensor:
        """(batch, features) -> the same shape."""
        if self.training and not self.frozen and values.shape[0] > 1:
            return super().forward(values)
        return F.batch_norm(
            values, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
        )


class Block(nn.Module):
    """Batch norm, dropout and a linear layer without bias (the next batch norm has one)."""

    def __init__(self, inputs: int, outputs: int, p: float) -> None:
        super().__init__()
        self.norm = BatchNorm(inputs)
        self.p = p
        self.linear = nn.Linear(inputs, outputs, bias=False)

    def forward(self, values: Tensor) -> Tensor:
        """(batch, inputs) -> (batch, outputs)"""
        out: Tensor = self.linear(F.dropout(self.norm(values), self.p, self.training))
        return out


class Head(nn.Module):
    """[3 * features, ``head_hidden``, classes] over pooled hidden states, in float32 throughout."""

    def __init__(self, features: int, classes: int, model: ModelConfig) -> None:
        super().__init__()
        self.pool = AttentionPooling(features) if model.pooling == "attention" else ConcatPooling()
        dropout = model.dropout
        self.blocks = nn.ModuleList([
            Block(3 * features, model.head_hidden, dropout.effective("pooled")),
            Block(model.head_hidden, classes, dropout.effective("head")),
        ])

    def forward(self, pieces: Sequence[Tensor], lengths: Tensor) -> Tensor:
        """The hidden states of documents, as :meth:`ConcatPooling.forward` takes them -> (batch, classes)."""
        with torch.autocast(pieces[0].device.type, enabled=False):
            values: Tensor = self.pool(pieces, lengths)
            first, last = self.blocks
            out: Tensor = last(F.relu(first(values)))
        return out

    def freeze_statistics(self, frozen: bool = True) -> None:
        """Keep the batch norms' running mean and variance as they are, also while training."""
        for module in self.modules():
            if isinstance(module, BatchNorm):
                module.frozen = frozen
