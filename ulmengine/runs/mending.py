"""With which other settings a run that has failed may go on."""

from __future__ import annotations

from typing import Any, Literal

from ulmengine.config import RunConfig
from ulmengine.training.errors import NanLoss

from .failures import cause_of

Task = Literal["language_model", "classifier"]
MOST_ACCUMULATION = 1_024


def remedy(error: BaseException, config: RunConfig, task: Task) -> dict[str, Any]:
    """Settings to change, by name, after ``error`` in a stage of ``task``; empty where none would help.

    Out of memory: half the batch and twice the accumulation, so that the optimizer sees the same batch. A loss that is
    no number: a third of the rate at which it came, or of the peak where that is lower.
    """
    section = config.language_model if task == "language_model" else config.classifier
    cause = cause_of(error)
    if cause == "out_of_memory" and section.batch_size > 1:
        accumulation = min(MOST_ACCUMULATION, section.optimizer.accumulation * 2)
        return {f"{task}.batch_size": section.batch_size // 2, f"{task}.optimizer.accumulation": accumulation}
    if cause == "nan_loss" and isinstance(error, NanLoss):
        return {f"{task}.lr": float(f"{min(error.suggested, section.lr / 3):.2g}")}
    return {}
