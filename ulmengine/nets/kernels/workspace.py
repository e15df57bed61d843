"""Memory that is used again: on a processor, touching fresh memory costs more than the arithmetic done in it."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


class Workspace:
    """Large scratch tensors, handed out and taken back. What is not given back is freed as any other tensor."""

    def __init__(self) -> None:
        self._free: list[torch.UntypedStorage] = []

    def take(self, *shape: int, dtype: torch.dtype) -> Tensor:
        """An uninitialised tensor on the CPU."""
        wanted = math.prod(shape) * dtype.itemsize
        fitting = [storage for storage in self._free if storage.nbytes() >= wanted]
        if fitting:
            storage = min(fitting, key=torch.UntypedStorage.nbytes)
            self._free = [other for other in self._free if other is not storage]
        else:
            storage = torch.empty(wanted, dtype=torch.uint8).untyped_storage()
            # It takes the place of the largest that was too small, so that growing batches do not pile up memory.
            self._free = sorted(self._free, key=torch.UntypedStorage.nbytes)[:-1]
        flat: Tensor = torch.empty(0, dtype=dtype).set_(storage, 0, (math.prod(shape),), (1,))
        return flat.view(shape)

    def give(self, *tensors: Tensor) -> None:
        """Take ``tensors`` back that :meth:`take` handed out; nobody may read them any more."""
        self._free += [tensor.untyped_storage() for tensor in tensors]

    def clear(self) -> None:
        """Return all unused memory to the system."""
        self._free.clear()

    def __deepcopy__(self, memo: dict[int, Any]) -> Workspace:
        return Workspace()
