"""To where a run can go back: its checkpoints, and the beginnings of its stages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from studio.plots.history import RunHistory
from studio.shown.log_reader import checkpoints_of
from ulmengine.plan.stages import StagePlan
from ulmengine.record import START
from ulmengine.record.checkpoints import CheckpointInfo

from .figures import plan_name

_tr = QCoreApplication.translate


@dataclass(frozen=True)
class Point:
    """A place to go on from: ``checkpoint`` is its name, ``words`` say what going back there does, ``place`` what it
    is (empty where another point is the same place); ``total``: optimizer steps up to there."""

    checkpoint: str
    words: str
    place: str = ""
    total: int = 0

    def __str__(self) -> str:
        return self.words

    @property
    def is_start(self) -> bool:
        """Whether it is the beginning of the run, where there is nothing yet to branch off."""
        return self.checkpoint == START


@dataclass(frozen=True)
class Lost:
    """What going back to a point gives up: newer checkpoints, steps of the curves, and whether a result is among it."""

    checkpoints: int
    steps: int
    result: bool

    def __bool__(self) -> bool:
        return self.checkpoints > 0 or self.steps > 0 or self.result


def points(folder: Path, history: RunHistory, plans: tuple[StagePlan, ...]) -> list[Point]:
    """Every stage that has trained, from its beginning, then every checkpoint; the newest first."""
    infos = checkpoints_of(folder)
    ends = {info.stage: info for info in infos if info.finished}
    best = {info.stage: info.name for info in infos if info.best and info.metrics}  # the newest: each was once
    found: list[Point] = []
    for stage in reversed([stage for stage in history.stages if len(stage.loss)]):
        words = _tr("GoingBack", "Repeat the stage {stage}").format(stage=_name(stage.index, plans))
        before = ends.get(stage.index - 1)
        if stage.index == 0:
            found.append(Point(START, words))
        elif before is not None:
            found.append(Point(before.name, words, "", before.total))
    return found + [_point(info, plans, goes_on=info.stage in ends and ends[info.stage].total == info.total,
                           best=best.get(info.stage) == info.name)
                    for info in reversed(_told_apart(infos, history))]


def _told_apart(infos: list[CheckpointInfo], history: RunHistory) -> list[CheckpointInfo]:
    """``infos`` without those from which a run would go on no otherwise than from another one of the same step: the
    older of two, and one within a stage that has come to its own end there."""
    early = {stage.index for stage in history.stages if stage.ended is not None and stage.ended.why == "asked"}
    ended = {(info.stage, info.total) for info in infos if info.finished and info.stage not in early}
    newest = {(info.stage, info.total, info.finished): info for info in infos}
    return [info for info in newest.values() if info.finished or (info.stage, info.total) not in ended]


def lost_by_going_to(point: Point, folder: Path, history: RunHistory) -> Lost:
    """What the run in ``folder`` would lose by going back to ``point``."""
    infos = checkpoints_of(folder)
    sequence = next((info.sequence for info in infos if info.name == point.checkpoint), 0)
    newer = sum(info.sequence > sequence for info in infos)
    return Lost(newer, max(0, history.total - point.total), history.finished is not None)


def _point(info: CheckpointInfo, plans: tuple[StagePlan, ...], *, goes_on: bool, best: bool) -> Point:
    place = _describe(info, plans, goes_on=goes_on and not info.finished)
    if best:
        place += f" ({_tr('GoingBack', 'best')})"
    return Point(info.name, _tr("GoingBack", "Go back to {place}").format(place=place), place, info.total)


def _describe(info: CheckpointInfo, plans: tuple[StagePlan, ...], *, goes_on: bool) -> str:
    """``goes_on``: the stage was ended at the same step, from where another point leads on with the next stage."""
    if goes_on:
        text = _tr("GoingBack", "step {total}: within {stage}, which goes on")
    elif info.finished:
        text = _tr("GoingBack", "step {total}: end of {stage}")
    elif info.reason == "epoch":
        text = _tr("GoingBack", "step {total}: {stage}, after epoch {epoch}")
    else:
        text = _tr("GoingBack", "step {total}: within {stage}")
    return text.format(total=f"{info.total:,}", stage=_name(info.stage, plans), epoch=info.epoch)


def _name(index: int, plans: tuple[StagePlan, ...]) -> str:
    return next((plan_name(plan) for plan in plans if plan.index == index), str(index + 1))
