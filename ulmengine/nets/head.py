"""The classifier's head: pooling, then blocks of batch norm, dropout, linear layer and ReLU (1801.06146, 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ulmengine.config import ModelConfig

from .pooling import pooling


class BatchNorm(nn.BatchNorm1d):
    """Batch norm that can keep its statistics while the network trains.

    With ``frozen``, and for a batch of a single document, which has no variance, the running statistics are used.

    :ivar over_all: adds up over all processes that train together, with the gradient; set where there are several, so
        that the statistics are those of the whole batch. :ivar counted: whether this process' rows are part of it.
    """

    frozen = False
    over_all: Callable[[Tensor], Tensor] | None = None
    counted = True

    def forward(self, values: Tensor) -> Tensor:
        """(batch, features) -> the same shape."""
        learns = self.training and not self.frozen
        if learns and self.over_all is not None:
            return self._together(values, self.over_all)
        if learns and values.shape[0] > 1:
            return super().forward(values)
        return self._by_running(values)

    def _by_running(self, values: Tensor) -> Tensor:
        return F.batch_norm(
            values, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
        )

    def _together(self, values: Tensor, over_all: Callable[[Tensor], Tensor]) -> Tensor:
        rows = values if self.counted else values[:0]
        sums = over_all(torch.cat([rows.sum(0), rows.new_tensor([float(len(rows))])]))
        count = float(sums[-1].detach())
        if count < 2:
            return self._by_running(values)
        mean = sums[:-1] / count
        variance = over_all((rows - mean).square().sum(0)) / count
        with torch.no_grad():
            self._follow(mean, variance * (count / (count - 1)))
        return (values - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """Let the running statistics follow those of a batch."""
        for running, now in ((self.running_mean, mean), (self.running_var, variance)):
            if running is not None:
                running.lerp_(now, self.momentum or 0.0)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)


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
    """[pooled features, ``head_hidden``, classes] over hidden states, in float32 throughout.

    With a ``head_hidden`` of 0 one linear layer [pooled features, classes], which can begin as logistic regression
    (:meth:`begin_as`).
    """

    def __init__(self, features: int, classes: int, model: ModelConfig) -> None:
        super().__init__()
        self.pool = pooling(model, features)
        pooled, p, width = model.pooled(features), model.dropout.effective("pooled"), model.head_hidden
        self.blocks = nn.ModuleList(
            [Block(pooled, width, p), Block(width, classes, model.dropout.effective("head"))] if width
            else [Block(pooled, classes, p, bias=True)]
        )

    @property
    def is_linear(self) -> bool:
        """Whether nothing lies between the pooled states and the scores but one linear layer."""
        return len(self.blocks) == 1

    @torch.no_grad()
    def begin_as(self, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor) -> None:
        """Score the pooled states x as ``weight @ ((x - mean) / sqrt(variance)) + bias``, nothing being dropped.

        :param mean: (features,), as the ``variance``; ``weight``: (classes, features); ``bias``: (classes,).
        """
        (block,) = self.blocks
        assert isinstance(block, Block)
        assert block.norm.running_mean is not None
        assert block.norm.running_var is not None
        block.norm.running_mean.copy_(mean)
        block.norm.running_var.copy_((variance - block.norm.eps).clamp(min=0))  # to which the norm adds it again
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

    def count_rows(self, counted: bool) -> None:
        """Whether this process' rows are part of the batch; one that has none left takes one along uncounted."""
        for module in self.modules():
            if isinstance(module, BatchNorm):
                module.counted = counted

    def freeze_statistics(self, frozen: bool = True) -> None:
        """Keep the batch norms' running mean and variance as they are, also while training."""
        for module in self.modules():
            if isinstance(module, BatchNorm):
                module.frozen = frozen
