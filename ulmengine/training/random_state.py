"""All random number generators of a process, to be put back exactly as they were."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class RandomState:
    """The generators of Python, NumPy and PyTorch.

    ``devices``: those of CUDA cards, one after another; ``others``: of other accelerators by name, "mps" or "xpu0".
    """

    python: tuple[Any, ...]
    numpy: tuple[Any, ...]
    torch: Tensor
    devices: tuple[Tensor, ...]
    others: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def capture(cls) -> RandomState:
        """As they are now."""
        devices = tuple(torch.cuda.get_rng_state_all()) if torch.cuda.is_initialized() else ()
        plain = random.getstate(), tuple(np.random.get_state(legacy=True)), torch.get_rng_state()
        return cls(*plain, devices, _others())

    def restore(self) -> None:
        """Put them back."""
        random.setstate(self.python)
        np.random.set_state(self.numpy)
        torch.set_rng_state(self.torch)
        if self.devices and torch.cuda.device_count() == len(self.devices):
            torch.cuda.set_rng_state_all(list(self.devices))
        if "mps" in self.others and torch.backends.mps.is_available():
            torch.mps.set_rng_state(self.others["mps"])
        cards = _numbered(self.others, "xpu")
        if cards and torch.xpu.device_count() == len(cards):
            torch.xpu.set_rng_state_all(cards)

    def pack(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """As tensors and plain values, to be stored."""
        name, keys, position, has_gauss, gauss = self.numpy
        tensors = {"torch": self.torch, "numpy": torch.from_numpy(np.asarray(keys, dtype=np.uint32).view(np.int32))}
        tensors |= {f"device{number}": state for number, state in enumerate(self.devices)}
        tensors |= self.others
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
        return cls(
            (version, tuple(internal), gauss_next), (name, keys, position, has_gauss, gauss),
            tensors["torch"], tuple(_numbered(tensors, "device")),
            {name: state for name, state in tensors.items() if name.startswith(("mps", "xpu"))},
        )


def _others() -> dict[str, Tensor]:
    """States of the accelerators that are neither processors nor CUDA cards, where they are in use."""
    if torch.backends.mps.is_available():
        return {"mps": torch.mps.get_rng_state()}
    if torch.xpu.is_initialized():
        return {f"xpu{number}": state for number, state in enumerate(torch.xpu.get_rng_state_all())}
    return {}


def _numbered(states: dict[str, Tensor], name: str) -> list[Tensor]:
    """``name0``, ``name1`` and so on."""
    count = sum(key.startswith(name) for key in states)
    return [states[f"{name}{number}"] for number in range(count)]
