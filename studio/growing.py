"""An array that grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class GrowingArray:
    """Numbers of one kind that become more and more; the room for them is doubled when it runs out."""

    def __init__(self, kind: npt.DTypeLike = np.float64, room: int = 256) -> None:
        self._room = np.zeros(room, dtype=kind)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> npt.NDArray[Any]:
        """All of them: a view, valid until the next :meth:`extend`."""
        return self._room[: self._count]

    def extend(self, values: npt.ArrayLike) -> None:
        added = np.asarray(values, dtype=self._room.dtype)
        count = self._count + len(added)
        if count > len(self._room):
            wider = np.zeros(max(count, 2 * len(self._room)), dtype=self._room.dtype)
            wider[: self._count] = self.values
            self._room = wider
        self._room[self._count : count] = added
        self._count = count
