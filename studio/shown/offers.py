"""What can be asked of a run in each state: one pure function, so that no button is ever dead or lying."""

from __future__ import annotations

from dataclasses import dataclass

from studio.plots.history import RunHistory
from ulmengine.plan.control import Move, RunState, commands
from ulmengine.plan.stages import StagePlan


@dataclass(frozen=True)
class Offers:
    """What can be asked for. ``start``: a new run; ``resume``: go on, after a pause or from the last checkpoint;
    ``go_back``: to a checkpoint, which stops a run that is alive first; ``finish``: end with what was learnt so far;
    ``too_early``: that will be possible, but there is no classifier yet."""

    start: bool
    resume: bool
    pause: bool
    stop: bool
    next_stage: bool
    step: bool
    go_back: bool
    finish: bool
    too_early: bool


@dataclass(frozen=True)
class Facts:
    """How far the run shown has come.

    ``begun``: it has taken steps. ``checkpoints``: it has saved some. ``complete``: it ended with a result.
    ``between``: a stage has just ended and the next has not begun. ``last_stage``: no stage follows.
    ``planned``: a classifier is among its stages; ``learnt``: has taken steps; ``saved``: is in a checkpoint.
    ``finishing``: it ends with the stage in hand.
    """

    begun: bool = False
    checkpoints: bool = False
    complete: bool = False
    between: bool = False
    last_stage: bool = False
    planned: bool = False
    learnt: bool = False
    saved: bool = False
    finishing: bool = False


def facts(history: RunHistory, plans: tuple[StagePlan, ...], saved: int | None, *, finishing: bool) -> Facts:
    """How far the run with this ``history`` has come.

    :param saved: number of the stage of its newest checkpoint, None without one.
    :param finishing: it ends with the stage in hand.
    """
    stage = history.stage
    heads = {plan.index for plan in plans if plan.task == "classifier"}
    return Facts(
        begun=history.total > 0, checkpoints=saved is not None, complete=history.finished is not None,
        between=stage is not None and stage.ended is not None,
        last_stage=stage is not None and (finishing or stage.index == len(plans) - 1),
        planned=bool(heads), learnt=any(one.index in heads and len(one.loss) for one in history.stages),
        saved=saved is not None and any(index <= saved for index in heads), finishing=finishing,
    )


def offers(state: RunState, known: Facts) -> Offers:
    """What can be asked of a run in ``state`` of which this is ``known``."""
    possible = commands(state)
    over = Move.START in possible
    at_work = state in (RunState.RUNNING, RunState.PAUSED)
    going = at_work and not (known.last_stage and known.between)
    left = over and known.checkpoints and not known.complete
    endable = (going or left) and known.planned and not known.finishing
    learnt = known.learnt and (known.saved or not over)
    return Offers(
        start=over,
        resume=Move.RESUME in possible or left,
        pause=Move.PAUSE in possible,
        stop=Move.STOP in possible,
        next_stage=going and not known.finishing,
        step=Move.STEP in possible,
        go_back=(known.begun or known.checkpoints) and (over or at_work),
        finish=endable and learnt,
        too_early=endable and not learnt,
    )


def offers_elsewhere(state: RunState) -> Offers:
    """What can be asked while the run shown is another process's: only a new one, if ``state`` allows."""
    return Offers(Move.START in commands(state), *[False] * 8)
