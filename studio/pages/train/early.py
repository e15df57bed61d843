"""A run that finishes early: whether it does, and which of its stages are left out."""

from __future__ import annotations

from studio.plots.history import RunHistory
from ulmengine.events import Event, Note, RunStarted, StageEnded, StageStarted
from ulmengine.plan.stages import StagePlan
from ulmengine.record import RunFolder

TURNS = (Note, RunStarted, StageEnded, StageStarted)
"""The events after which :func:`is_finishing` may have changed."""


def is_finishing(folder: RunFolder | None) -> bool:
    """Whether the run in ``folder`` is to end, or has ended, before its last stage."""
    try:
        return folder is not None and folder.finishing
    except ValueError:  # a newer version's record: the engine says so when the run is to go on
        return False


def may_turn(events: list[Event]) -> bool:
    """Whether :func:`is_finishing` is to be asked again after ``events``."""
    return any(isinstance(event, TURNS) for event in events)


def left_out(plans: tuple[StagePlan, ...], history: RunHistory, *, finishing: bool) -> frozenset[int]:
    """Numbers of the stages that the run does not begin any more."""
    begun = {stage.index for stage in history.stages}
    return frozenset(plan.index for plan in plans if plan.index not in begun) if finishing else frozenset()
