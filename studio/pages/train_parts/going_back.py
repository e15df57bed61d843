"""To where a run can go back: its checkpoints, and the beginnings of its stages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from studio.plots.history import RunHistory
from ulmengine.training.checkpoints import CheckpointInfo, Checkpoints
from ulmengine.training.stages import StagePlan

from .words import plan_name

_tr = QCoreApplication.translate


@dataclass(frozen=True)
class Point:
    """A place to go on from: ``checkpoint`` is its name; ``words`` say what it is."""

    checkpoint: str
    words: str

    def __str__(self) -> str:
        return self.words


def checkpoints_of(folder: Path) -> list[CheckpointInfo]:
    """The checkpoints of the run in ``folder``, oldest first; none where nothing can be read."""
    place = folder / "checkpoints"
    return sorted(Checkpoints(place).all(), key=lambda info: info.sequence) if place.is_dir() else []


def points(folder: Path, history: RunHistory, plans: tuple[StagePlan, ...]) -> list[Point]:
    """The stage in hand from its beginning first, then every checkpoint, the newest first."""
    found: list[Point] = []
    infos = checkpoints_of(folder)
    stage = history.stage
    if stage is not None and len(stage.loss):
        before = next((info for info in reversed(infos) if info.finished and info.stage == stage.index - 1), None)
        if before is not None:
            found.append(Point(before.name, _tr("GoingBack", "Repeat the stage {stage}").format(
                stage=_name(stage.index, plans))))
    return found + [Point(info.name, _describe(info, plans)) for info in reversed(infos)]


def _describe(info: CheckpointInfo, plans: tuple[StagePlan, ...]) -> str:
    if info.finished:
        text = _tr("GoingBack", "Go back to step {total}: end of {stage}")
    elif info.reason == "epoch":
        text = _tr("GoingBack", "Go back to step {total}: {stage}, after epoch {epoch}")
    else:
        text = _tr("GoingBack", "Go back to step {total}: within {stage}")
    said = text.format(total=f"{info.total:,}", stage=_name(info.stage, plans), epoch=info.epoch)
    return f"{said} ({_tr('GoingBack', 'best')})" if info.best else said


def _name(index: int, plans: tuple[StagePlan, ...]) -> str:
    return next((plan_name(plan) for plan in plans if plan.index == index), str(index + 1))
