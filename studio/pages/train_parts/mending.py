"""What to try after a failure: buttons that do what the card advises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication

from ulmengine.config import RunConfig

_tr = QCoreApplication.translate

Try = tuple[str, Callable[[], None]]


def halved_batch(config: RunConfig, task: str) -> dict[str, Any] | None:
    """Half the batch and twice the accumulation for ``task``; None where the batch cannot become smaller."""
    section = config.language_model if task == "language_model" else config.classifier
    if section.batch_size < 2:
        return None
    return {f"{task}.batch_size": section.batch_size // 2,
            f"{task}.optimizer.accumulation": min(1_024, section.optimizer.accumulation * 2)}


def lower_rate(config: RunConfig, task: str) -> dict[str, Any]:
    """A third of the peak rate for ``task``."""
    section = config.language_model if task == "language_model" else config.classifier
    return {f"{task}.lr": float(f"{section.lr / 3:.2g}")}


def tries(
    cause: str, task: str, config: RunConfig, *, resumable: bool,
    change_and_start: Callable[[dict[str, Any]], None], change_and_go_on: Callable[[dict[str, Any]], None],
    resume: Callable[[], None], look: Callable[[], None],
) -> list[Try]:
    """Buttons for a failure of the kind ``cause`` in a stage of ``task`` of a run of ``config``, the best first."""
    found: list[Try] = []
    if cause == "out_of_memory":
        smaller = halved_batch(config, task)
        if smaller is not None and resumable:
            return [(_tr("Mending", "Halve the batch and continue"), _Change(change_and_go_on, smaller))]
        if smaller is not None:
            found.append((_tr("Mending", "Halve the batch and start again"), _Change(change_and_start, smaller)))
    elif cause == "nan_loss":
        lower = lower_rate(config, task)
        rate = next(iter(lower.values()))
        text = _tr("Mending", "Start again with a peak rate of {rate}").format(rate=f"{rate:.2g}")
        found.append((text, _Change(change_and_start, lower)))
    elif cause == "data":
        found.append((_tr("Mending", "Look at the corpus"), look))
    if resumable and cause not in ("nan_loss", "data", "corpus_changed"):
        found.append((_tr("Mending", "Go on from the last checkpoint"), resume))
    return found


class _Change:
    """Changes settings and starts anew."""

    def __init__(self, change: Callable[[dict[str, Any]], None], values: dict[str, Any]) -> None:
        self._change, self._values = change, values

    def __call__(self) -> None:
        self._change(self._values)
