"""The sample of writing that a run's language model gives after each epoch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from ulmengine.config import RunConfig
from ulmengine.inference.writing import write_on
from ulmengine.nets import LanguageModel

from .prepare import Prepared

SAMPLE_LENGTH = 40
"""Tokens the language model writes after each epoch."""
OPENING = 3
"""Words of a held-back document that it is given."""


def writer(config: RunConfig, prepared: Prepared, direction: str) -> Callable[[nn.Module], tuple[str, str]]:
    """Lets a network of ``direction`` write on from a held-back document: gives its opening, and what follows it.

    A backward network is given the document's end. What it writes stands before that, and so there is no opening but
    one text, in the order in which a person reads it.
    """
    store = prepared.stores.get("validation")
    document = [] if store is None or not len(store) else [int(token) for token in store[0][1:]]
    backward, decode = direction == "backward", prepared.tokenizer.decode
    given = document[-OPENING:] if backward else document[:OPENING]

    def write(model: nn.Module) -> tuple[str, str]:
        assert isinstance(model, LanguageModel)
        source = torch.Generator().manual_seed(config.seed)
        written = decode(write_on(model, given, SAMPLE_LENGTH, backward=backward, generator=source))
        if not backward:
            return decode(given), written
        return "", f"{written} … {decode(given)}" if given else written

    return write
