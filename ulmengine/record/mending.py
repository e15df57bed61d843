"""With which other settings a run that has failed may go on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ulmengine.config import RunConfig
from ulmengine.events import Diverging
from ulmengine.plan.errors import CannotBegin, NanLoss

from .checkpoints import CheckpointInfo
from .failures import cause_of

MOST_ACCUMULATION = 1_024


def remedy(error: BaseException, config: RunConfig, task: str | None, rows: int | None = None) -> dict[str, Any]:
    """Settings to change, by name, after ``error`` in a stage of ``task``; empty where none would help.

    :param task: None where no stage had begun.
    :param rows: of text that the language model really reads, where a small corpus gives it fewer than asked for.
    """
    if isinstance(error, CannotBegin):
        return error.remedy
    cause = cause_of(error)
    if task is None:
        return {}
    if cause == "out_of_memory":
        return halved_batch(config, task, rows) or {}
    if cause == "nan_loss" and isinstance(error, NanLoss):
        return lower_rate(config, task, error.suggested)
    return {}


def halved_batch(config: RunConfig, task: str, rows: int | None = None) -> dict[str, Any] | None:
    """Half the batch and twice the accumulation for ``task``, so that the optimizer sees the same batch.

    None where the batch cannot become smaller. ``rows``: see :func:`remedy`.
    """
    section = config.language_model if task == "language_model" else config.classifier
    size = section.batch_size
    if task == "language_model" and rows is not None:
        size = min(size, rows)
    if size < 2:
        return None
    return {f"{task}.batch_size": size // 2,
            f"{task}.optimizer.accumulation": min(MOST_ACCUMULATION, section.optimizer.accumulation * 2)}


def before_it_grew(infos: Iterable[CheckpointInfo], told: Diverging) -> CheckpointInfo | None:
    """The newest checkpoint of a run, oldest first in ``infos``, from before its loss began to grow."""
    good = [info for info in infos if info.total <= told.since]
    return good[-1] if good else None


def lower_rate(config: RunConfig, task: str, suggested: float = math.inf) -> dict[str, Any]:
    """A third of the peak rate for ``task``, or what is ``suggested`` where that is lower still."""
    section = config.language_model if task == "language_model" else config.classifier
    return {f"{task}.lr": float(f"{min(suggested, section.lr / 3):.2g}")}
