"""What the tests of tokens share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ulmengine.tokens import TokenStore

T = TypeVar("T")

TEXTS = [
    "The film was GREAT!!!! I can't wait to see it again, really.",
    "A bad bad bad film.\n\nDon't see it (ever).",
    "It's well-made: the U.S. crew did not fail/falter; 10 out of 10.",
    "",
    "Ünder the bridge, naïve and “curly”.",
]


def store_of(documents: Sequence[Sequence[int]]) -> TokenStore:
    """A store in memory."""
    ids = np.array([index for document in documents for index in document], dtype=np.uint16)
    offsets = np.cumsum([0, *map(len, documents)], dtype=np.int64)
    return TokenStore(ids, offsets, "test")


def data(name: str) -> Path:
    """A file of reference numbers."""
    return Path(__file__).parent / "data" / name


def drop(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """A copy without some keys."""
    return {key: value for key, value in values.items() if key not in names}
