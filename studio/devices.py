"""What this machine can compute on."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QCoreApplication


def device_choices() -> tuple[tuple[str, str], ...]:
    """What can be chosen as the device: the engine's name for it and what a person reads."""
    translate = QCoreApplication.translate
    found = [("auto", translate("Devices", "Automatic")), ("cpu", translate("Devices", "Processor"))]
    found += [(name, card or translate("Devices", "Apple graphics (mps)")) for name, card in _accelerators()]
    return tuple(found)


@cache
def _accelerators() -> tuple[tuple[str, str], ...]:
    """Names for the engine and for a person; the latter empty where it is no name but a word."""
    import torch

    found = [(f"cuda:{number}", f"{torch.cuda.get_device_name(number)} (cuda:{number})")
             for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append(("mps", ""))
    if torch.xpu.is_available():
        found += [(f"xpu:{number}", f"Intel (xpu:{number})") for number in range(torch.xpu.device_count())]
    return tuple(found)
