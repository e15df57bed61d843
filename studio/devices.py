"""What this machine can compute on."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QCoreApplication


@cache
def device_choices() -> tuple[tuple[str, str], ...]:
    """What can be chosen as the device: the engine's name for it and what a person reads."""
    import torch  # after Qt it is loaded already (main.py imports it first); a test of the widgets may not need it

    found = [("auto", _tr("Automatic")), ("cpu", _tr("Processor"))]
    found += [(f"cuda:{number}", f"{torch.cuda.get_device_name(number)} (cuda:{number})")
              for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append(("mps", _tr("Apple graphics (mps)")))
    if torch.xpu.is_available():
        found += [(f"xpu:{number}", f"Intel (xpu:{number})") for number in range(torch.xpu.device_count())]
    return tuple(found)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Devices", text)
