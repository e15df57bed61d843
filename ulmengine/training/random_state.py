"""All random number generators of a process, to be put back exactly as they were."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class RandomState:
    """The generators of Python, NumPy and PyTorch. ``devices``: one state for each graphics card."""

    python: tuple[Any, ...]
    numpy: tuple[Any, ...]
    torch: Tensor
    devices: tuple[Tensor, ...]

    @classmethod
    def capture(cls) -> RandomState:
        """As they are now."""
        devices = tuple(torch.cuda.get_rng_state_all()) if torch.cuda.is_initialized() else ()  # type: ignore[no-untyped-call]
        return cls(random.getstate(), tuple(np.random.get_state(legacy=True)), torch.get_rng_state(), devices)

    def restore(self) -> None:
        """Put them back."""
        random.setstate(self.python)
        np.random.set_state(self.numpy)
        torch.set_rng_state(self.torch)
        if self.devices and torch.cuda.device_count() == len(self.devices):
            torch.cuda.set_rng_state_all(list(self.devices))

    def pack(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """As tensors and plain values, to be stored."""
        name, keys, position, has_gauss, gauss = self.numpy
        tensors = {"torch": self.torch, "numpy": torch.from_numpy(np.asarray(keys, dtype=np.uint32).view(np.int32))}
        tensors |= {f"device{number}": state for number, state in enumerate(self.devices)}
        version, internal, gauss_next = self.python
        values = {
            "python": [version, list(internal), gauss_next],
            "numpy": [str(name), int(position), int(has_gauss), float(gauss)],
        }
        return tensors, values

    @classmethod
    def unpack(cls, tensors: dict[str, Tensor], values: dict[str, Any]) -> RandomState:
        """The state that :meth:`pack` made these of."""
        version, internal, gauss_next = values["python"]
        name, position, has_gauss, gauss = values["numpy"]
        keys = tensors["numpy"].numpy().view(np.uint32).copy()
        count = sum(key.startswith("device") for key in tensors)
        return cls(
            (version, tuple(internal), gauss_next), (name, keys, position, has_gauss, gauss),
            tensors["torch"], tuple(tensors[f"device{number}"] for number in range(count)),
        )
