"""On what the networks compute."""

from __future__ import annotations

import torch


class DeviceError(ValueError):
    """The device asked for is not there; the message says which are."""


def choose_device(wanted: str) -> torch.device:
    """The device called ``wanted``; "auto": a CUDA card where there is one, otherwise the processor.

    Other accelerators have not been tried with the whole method and are used only when they are named.

    :raises DeviceError: an unknown name, or a device this machine (or this build of PyTorch) does not have.
    """
    present = available_devices()
    if wanted == "auto":
        return torch.device(present[0] if present[0] == "cuda" else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise DeviceError(f"there is no device called {wanted!r}; choose auto, {', '.join(present)}") from error
    if device.type not in present or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise DeviceError(f"the device {wanted!r} is not there; choose auto, {', '.join(present)}")
    return device


def available_devices() -> list[str]:
    """Kinds of devices that PyTorch can use here, the fastest first."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        found.append("xpu")
    return [*found, "cpu"]
