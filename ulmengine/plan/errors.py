"""What can go wrong in training, in the person's words."""

from __future__ import annotations

import math
from typing import Any


class TrainingError(RuntimeError):
    """Training cannot begin or go on; the message says why and what to try."""


class CannotBeginError(TrainingError):
    """What is asked for cannot work, and nothing was begun.

    :ivar advice: what to try. :ivar remedy: settings, by name, with which it can begin all the same.
    :ivar cause: "data" or "settings", whichever is to be looked at.
    """

    def __init__(self, text: str, advice: str, remedy: dict[str, Any] | None = None, cause: str = "data") -> None:
        self.text, self.advice, self.remedy, self.cause = text, advice, remedy or {}, cause
        super().__init__(f"{text} {advice}")


class NanLossError(TrainingError):
    """The loss or the gradient is no longer a number.

    :ivar step: optimizer step of the stage, from 1. :ivar lr: rate of the last layer group in that step.
    :ivar suggested: a peak rate to try instead. The weights may be spoilt: go back to a checkpoint.
    """

    cause = "nan_loss"

    def __init__(self, step: int, lr: float, what: str = "loss") -> None:
        self.step = step
        self.lr = lr
        self.suggested = _rounded(lr / 3)
        super().__init__(
            f"The {what} is not a number any more at step {step} (learning rate {lr:.3g}); "
            "go back to the last checkpoint and try a lower peak"
        )


def _rounded(value: float) -> float:
    """``value`` to one digit."""
    if not value > 0 or math.isinf(value):
        return 1e-4
    digit = 10.0 ** math.floor(math.log10(value))
    return round(value / digit) * digit
