"""What the train page offers in each state: one pure function, so that no button is ever dead or lying."""

from __future__ import annotations

from dataclasses import dataclass

from ulmengine.training.control import RunState, commands
from ulmengine.training.control import Signal as Ask


@dataclass(frozen=True)
class Offers:
    """What can be asked for. ``start``: a new run; ``resume``: go on, after a pause or from the last checkpoint;
    ``go_back``: to a checkpoint, which stops a run that is alive first."""

    start: bool
    resume: bool
    pause: bool
    stop: bool
    next_stage: bool
    step: bool
    go_back: bool


def offers(
    state: RunState, *, begun: bool, checkpoints: bool, complete: bool, between: bool, last_stage: bool
) -> Offers:
    """What can be asked of a run in ``state``.

    :param begun: the run shown has taken steps. :param checkpoints: it has a checkpoint. :param complete: it ended with
        a result.
    :param between: a stage has just ended and the next has not begun. :param last_stage: no stage follows.
    """
    possible = commands(state)
    over = Ask.START in possible
    return Offers(
        start=over,
        resume=Ask.RESUME in possible or (over and checkpoints and not complete),
        pause=Ask.PAUSE in possible,
        stop=Ask.STOP in possible,
        next_stage=state in (RunState.RUNNING, RunState.PAUSED) and not (last_stage and between),
        step=Ask.STEP in possible,
        go_back=(begun or checkpoints) and (over or state in (RunState.RUNNING, RunState.PAUSED)),
    )


def offers_elsewhere(state: RunState) -> Offers:
    """What can be asked while the run shown is another process's: only a new one, if ``state`` allows."""
    return Offers(Ask.START in commands(state), False, False, False, False, False, False)
