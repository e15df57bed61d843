"""How the arithmetic's threads wait for one another."""

from __future__ import annotations

import os

SETTINGS = {"GOMP_SPINCOUNT": "2000", "KMP_BLOCKTIME": "0"}
"""What PyTorch's threads are told: GNU's library (Linux) in turns of a loop, LLVM's and Intel's in milliseconds."""

OWN = ("OMP_WAIT_POLICY", *SETTINGS)
"""Variables of a person's own that say the same; any of them is left to speak alone."""


def wait_briefly() -> None:
    """Let PyTorch's threads spin for some microseconds while they wait, then sleep; call before torch is imported.

    Threads that spin on keep a core from others: with two cores and one other busy program (the window itself, say) a
    training step took fifteen times as long. Threads that sleep at once wake slower than an LSTM's small products are
    done: a quiet machine trained at two thirds of its speed. With a spin as long as the gap between two products a
    quiet machine is as fast as with any longer one, and a busy one within a seventh of sleeping at once.
    """
    if not any(name in os.environ for name in OWN):
        os.environ.update(SETTINGS)
