"""Whether a window can be opened here: found out before Qt finds out, because Qt then ends the program."""

from __future__ import annotations

import os

from ulmengine.doctor import LIBRARIES, SCREENLESS, Check, checks, uses_x11


def window_problems() -> list[Check]:
    """What keeps a window from opening on this machine; empty if nothing does."""
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in SCREENLESS:
        return []
    wanted = {"Display", "Qt platform plugin"} | ({library.name for library in LIBRARIES} if uses_x11() else set())
    return [check for check in checks() if check.name in wanted and not check.ok]


def explain(problems: list[Check]) -> str:
    """``problems`` for a person at a console."""
    lines = ["ULMFiT Studio cannot open a window here:"]
    for check in problems:
        lines += [f"  {check.name}: {check.found}", f"    -> {check.advice}"]
    lines += ["", "python main.py --doctor checks everything the program needs.",
              "Without a window: python -m ulmengine --help"]
    return "\n".join(lines)
