"""Whether a window can be opened here: found out before Qt finds out, because Qt then ends the program."""

from __future__ import annotations

import ctypes
import os
import sys

from ulmengine.doctor import LIBRARIES, Check, checks

_WITHOUT_SCREEN = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs", "vkkhrdisplay", "minimalegl")
NO_DISPLAY = Check(
    "Display", False, "the display does not answer",
    "start the Studio from a desktop session or through ssh -X; without a screen use python -m ulmengine, "
    "or xvfb-run python main.py",
)


def window_problems() -> list[Check]:
    """What keeps a window from opening on this machine; empty if nothing does."""
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in _WITHOUT_SCREEN:
        return []
    wanted = {"Display", "Qt platform plugin"} | ({library.name for library in LIBRARIES} if _uses_x11() else set())
    found = [check for check in checks() if check.name in wanted and not check.ok]
    if not found and _uses_x11() and not _x_server_answers():
        return [NO_DISPLAY]
    return found


def explain(problems: list[Check]) -> str:
    """``problems`` for a person at a console."""
    lines = ["ULMFiT Studio cannot open a window here:"]
    for check in problems:
        lines += [f"  {check.name}: {check.found}", f"    -> {check.advice}"]
    lines += ["", "python main.py --doctor checks everything the program needs.",
              "Without a window: python -m ulmengine --help"]
    return "\n".join(lines)


def _uses_x11() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    return platform.startswith("xcb") or not (platform.startswith("wayland") or os.environ.get("WAYLAND_DISPLAY"))


def _x_server_answers() -> bool:
    """Whether the X server that DISPLAY names lets itself be connected to."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    xcb.xcb_connection_has_error.argtypes = (ctypes.c_void_p,)
    xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(None, None)
    wrong = int(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return wrong == 0
