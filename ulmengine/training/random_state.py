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
    """The generators of Python, NumPy and PyTorch as ``tensors`` and plain JSON ``values``, as they are stored.

    Among the tensors "device0" and so on are of CUDA cards, "mps" and "xpu0" and so on of other accelerators.
    """

    tensors: dict[str, Tensor]
    values: dict[str, Any]

    @classmethod
    def capture(cls) -> RandomState:
        """As they are now; of accelerators where these are in use."""
        name, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
        numbers = torch.from_numpy(np.array(keys, dtype=np.uint32).view(np.int32))
        tensors = {"torch": torch.get_rng_state(), "numpy": numbers}
        if torch.cuda.is_initialized():
            tensors |= {f"device{number}": state for number, state in enumerate(torch.cuda.get_rng_state_all())}
        if torch.backends.mps.is_available():
            tensors["mps"] = torch.mps.get_rng_state()
        elif torch.xpu.is_initialized():
            tensors |= {f"xpu{number}": state for number, state in enumerate(torch.xpu.get_rng_state_all())}
        version, internal, gauss_next = random.getstate()
        return cls(tensors, {"python": [version, list(internal), gauss_next],
                             "numpy": [name, int(position), int(has_gauss), float(gauss)]})

    def restore(self) -> None:
        """Put them back; of accelerators only on as many of them as there were."""
        version, internal, gauss_next = self.values["python"]
        random.setstate((version, tuple(internal), gauss_next))
        name, *counters = self.values["numpy"]
        np.random.set_state((name, self.tensors["numpy"].numpy().view(np.uint32), *counters))
        torch.set_rng_state(self.tensors["torch"])
        cards, others = self._numbered("device"), self._numbered("xpu")
        if cards and torch.cuda.device_count() == len(cards):
            torch.cuda.set_rng_state_all(cards)
        if "mps" in self.tensors and torch.backends.mps.is_available():
            torch.mps.set_rng_state(self.tensors["mps"])
        if others and torch.xpu.device_count() == len(others):
            torch.xpu.set_rng_state_all(others)

    def _numbered(self, name: str) -> list[Tensor]:
        """``name0``, ``name1`` and so on."""
        count = sum(key.startswith(name) for key in self.tensors)
        return [self.tensors[f"{name}{number}"] for number in range(count)]
