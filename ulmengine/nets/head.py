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
    """Batch norm, dropout and a linear layer, as published without a bias of its own (the next batch norm has one)."""

    def __init__(self, inputs: int, outputs: int, p: float, *, bias: bool = False) -> None:
        super().__init__()
        self.norm = BatchNorm(inputs)
        self.p = p
        self.linear = nn.Linear(inputs, outputs, bias=bias)

    def forward(self, values: Tensor) -> Tensor:
        """(batch, inputs) -> (batch, outputs)"""
        out: Tensor = self.linear(F.dropout(self.norm(values), self.p, self.training))
        return out


class Head(nn.Module):
    """[3 * features, ``head_hidden``, classes] over pooled hidden states, in float32 throughout.

    With a ``head_hidden`` of 0 one linear layer [3 * features, classes], which can begin as logistic regression
    (:meth:`begin_as`).
    """

    def __init__(self, features: int, classes: int, model: ModelConfig) -> None:
        super().__init__()
        self.pool = AttentionPooling(features) if model.pooling == "attention" else ConcatPooling()
        pooled, width = model.dropout.effective("pooled"), model.head_hidden
        self.blocks = nn.ModuleList(
            [Block(3 * features, width, pooled), Block(width, classes, model.dropout.effective("head"))] if width
            else [Block(3 * features, classes, pooled, bias=True)]
        )

    @property
    def is_linear(self) -> bool:
        """Whether nothing lies between the pooled states and the scores but one linear layer."""
        return len(self.blocks) == 1

    @torch.no_grad()
    def begin_as(self, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor) -> None:
        """Score the pooled states x as ``weight @ ((x - mean) / sqrt(variance)) + bias``, nothing being dropped.

        :param mean: (3 * features,), as the ``variance``; ``weight``: (classes, 3 * features); ``bias``: (classes,).
        """
        (block,) = self.blocks
        block.norm.running_mean.copy_(mean)
        block.norm.running_var.copy_(variance)
        block.linear.weight.copy_(weight)
        block.linear.bias.copy_(bias)

    def forward(self, pieces: Sequence[Tensor], lengths: Tensor) -> Tensor:
        """The hidden states of documents, as :meth:`ConcatPooling.forward` takes them -> (batch, classes)."""
        with torch.autocast(pieces[0].device.type, enabled=False):
            values: Tensor = self.pool(pieces, lengths)
            values = self.blocks[0](values)
            for block in self.blocks[1:]:
                values = block(F.relu(values))
        return values

    def freeze_statistics(self, frozen: bool = True) -> None:
        """Keep the batch norms' running mean and variance as they are, also while training."""
        for module in self.modules():
            if isinstance(module, BatchNorm):
                module.frozen = frozen
