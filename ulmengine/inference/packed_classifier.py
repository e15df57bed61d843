"""A classifier made ready to answer on a processor: its weights packed for the products once, not with every pass.

The reading is the step-by-step LSTM of the networks themselves, and so are the numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ulmengine.nets import TextClassifier
from ulmengine.nets.kernels.native import is_available

Reader = Callable[[Tensor, Tensor], Tensor]  # tokens (batch, time), lengths (batch,) -> scores (batch, classes)

# The packing is made for about so many rows; it serves any number.
_ROWS = 16


def can_pack(network: TextClassifier, precision: torch.dtype) -> bool:
    """Whether ``network`` can be packed: on a processor, with a build of PyTorch that has the packed products."""
    return network.encoder.device.type == "cpu" and is_available() and precision != torch.float16


def reader_of(network: TextClassifier, precision: torch.dtype) -> Reader:
    """What answers for ``network`` in ``precision``: the network packed, where it can be, otherwise itself."""
    return PackedClassifier(network, precision) if can_pack(network, precision) else network


class PackedClassifier:
    """Answers as ``network`` does in evaluation, in the ``precision`` of the products. Later training is not seen."""

    def __init__(self, network: TextClassifier, precision: torch.dtype) -> None:
        self._network = network
        self._ready = network.encoder.ready(precision, _ROWS)

    @torch.no_grad()
    def __call__(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Scores (batch, classes), float32; arguments as of :class:`ulmengine.nets.TextClassifier`."""
        scores: Tensor = self._network(tokens, lengths, self._ready)
        return scores
