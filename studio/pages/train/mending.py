"""What to try after a failure: buttons that do what the card advises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication

from ulmengine.config import RunConfig
from ulmengine.events import Failed
from ulmengine.runs.mending import Task, halved_batch, lower_rate
from ulmengine.training.checkpoints import CheckpointInfo

_tr = QCoreApplication.translate

Try = tuple[str, Callable[[], None]]


class Deeds(Protocol):
    """What the buttons do."""

    def change_and_start(self, values: dict[str, Any]) -> None:
        """Change the project's settings and start a new run."""

    def change_and_go_on(self, values: dict[str, Any], checkpoint: str | None = None) -> None:
        """Change the run's own settings and go on, from ``checkpoint`` or from the last one."""

    def go_on(self) -> None:
        """Go on as it is, from the last checkpoint."""

    def look(self) -> None:
        """Look at the corpus."""


def last_good(infos: list[CheckpointInfo], tried: set[str]) -> CheckpointInfo | None:
    """The checkpoint to go back to when the loss was no number: the newest that has not led there before."""
    fresh = [info for info in infos if info.name not in tried]
    return fresh[-1] if fresh else (infos[0] if infos else None)


def tries(
    failed: Failed, task: Task, config: RunConfig, deeds: Deeds, infos: list[CheckpointInfo],
    tried: set[str] | None = None,
) -> list[Try]:
    """Buttons for ``failed`` in a stage of ``task`` of a run of ``config``, the best first.

    :param infos: the run's whole checkpoints, oldest first.
    :param tried: those from which a loss that is no number has come before.
    """
    match failed.cause:
        case "out_of_memory":
            return _smaller(failed.remedy or halved_batch(config, task), deeds, resumable=bool(infos))
        case "nan_loss":
            lower = failed.remedy or lower_rate(config, task)
            return _slower(lower, deeds, last_good(infos, tried or set()))
        case "disk_full":
            text = _tr("Mending", "Try again")
            return [(text, deeds.go_on if infos else _Change(deeds.change_and_start, {}))]
        case "data":
            return [(_tr("Mending", "Look at the corpus"), deeds.look)]
        case "corpus_changed":
            return []
    return [(_tr("Mending", "Go on from the last checkpoint"), deeds.go_on)] if infos else []


def _smaller(smaller: dict[str, Any] | None, deeds: Deeds, *, resumable: bool) -> list[Try]:
    again = [(_tr("Mending", "Go on from the last checkpoint"), deeds.go_on)] if resumable else []
    if smaller is None:
        return again
    if resumable:
        text = _tr("Mending", "Halve the batch, double the accumulation, and continue")
        return [(text, _Change(deeds.change_and_go_on, smaller))]
    text = _tr("Mending", "Halve the batch, double the accumulation, and start again")
    return [(text, _Change(deeds.change_and_start, smaller))]


def _slower(lower: dict[str, Any], deeds: Deeds, good: CheckpointInfo | None) -> list[Try]:
    rate = f"{next(iter(lower.values())):.2g}"
    anew = (_tr("Mending", "Start again with a peak rate of {rate}").format(rate=rate),
            _Change(deeds.change_and_start, lower))
    if good is None:
        return [anew]
    text = _tr("Mending", "Go back to step {step} and continue with a peak rate of {rate}").format(
        step=f"{good.total:,}", rate=rate)
    return [(text, _GoBack(deeds, lower, good.name)), anew]


class _Change:
    """Changes settings and starts anew or goes on."""

    def __init__(self, change: Callable[[dict[str, Any]], None], values: dict[str, Any]) -> None:
        self._change, self._values = change, values

    def __call__(self) -> None:
        self._change(self._values)


class _GoBack:
    """Changes settings and goes on from a checkpoint."""

    def __init__(self, deeds: Deeds, values: dict[str, Any], checkpoint: str) -> None:
        self._deeds, self._values, self._checkpoint = deeds, values, checkpoint

    def __call__(self) -> None:
        self._deeds.change_and_go_on(self._values, self._checkpoint)
