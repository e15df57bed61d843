"""How the arithmetic's threads wait for one another."""

from __future__ import annotations

import os


def wait_passively() -> None:
    """Let PyTorch's threads sleep instead of spin while they wait; to be called before torch is imported.

    Threads that spin keep a core from whoever else wants it. Where anything else runs (a browser, the window itself)
    the waiting thread then burns the time that the one it waits for needs: with two cores and one other busy program
    a training step was seen to take more than ten times as long. A person's own setting is left alone.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
