"""Token ids on disk: one long array and where each document begins, mapped into memory and never read whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ulmengine.disk import checksum

from .specials import TokensError

IDS, OFFSETS, ABOUT = "ids.bin", "offsets.bin", "store.json"
VERSION = 1
SMALL_VOCABULARY = 65_536


def id_type(vocabulary: int) -> np.dtype[Any]:
    """The smallest type that holds the ids of a vocabulary of that size: uint16 or int32."""
    return np.dtype("<u2") if vocabulary <= SMALL_VOCABULARY else np.dtype("<i4")


@dataclass(frozen=True)
class TokenStore:
    """The documents of one part of a corpus as ids.

    ``ids``: (tokens,) uint16 or int32, all documents one after another. ``offsets``: (documents + 1,) int64; document
    ``i`` is ``ids[offsets[i]:offsets[i + 1]]``. ``fingerprint``: the same for the same texts and tokeniser.
    """

    ids: npt.NDArray[Any]
    offsets: npt.NDArray[np.int64]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> npt.NDArray[Any]:
        """The ids of document ``index``; a view, not a copy."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"There is no document {index}; there are {len(self)}.")
        index %= len(self)
        return self.ids[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        return (self[index] for index in range(len(self)))

    @property
    def tokens(self) -> int:
        """How many tokens all documents have together."""
        return int(self.offsets[-1])

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each document: (documents,) int64."""
        return np.diff(self.offsets)

    @classmethod
    def open(cls, folder: Path) -> TokenStore:
        """Open the store in ``folder``.

        :raises TokensError: there is none, or it is damaged or was written by another version.
        """
        try:
            about = json.loads((folder / ABOUT).read_text("utf-8"))
            kind = np.dtype(str(about["dtype"]))
            if about["version"] != VERSION:
                raise TokensError(f"The tokens in {folder} were written by another version; they have to be made anew.")
            if about["checksums"] != {name: checksum(folder / name) for name in (IDS, OFFSETS)}:
                raise TokensError(f"The tokens in {folder} are damaged; they have to be made anew.")
            ids = _mapped(folder / IDS, kind, int(about["tokens"]))
            offsets = _mapped(folder / OFFSETS, np.dtype("<i8"), int(about["documents"]) + 1)
            return cls(ids, offsets, str(about["fingerprint"]))
        except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise TokensError(f"The tokens in {folder} cannot be read: {error}; they have to be made anew.") from error


def _mapped(path: Path, kind: np.dtype[Any], count: int) -> npt.NDArray[Any]:
    if path.stat().st_size != count * kind.itemsize:
        raise TokensError(f"{path} is not as long as it should be; the tokens have to be made anew.")
    if not count:
        return np.zeros(0, dtype=kind)  # nothing cannot be mapped
    return np.memmap(path, dtype=kind, mode="r", shape=(count,))
