"""The pause between two stages: not after the last one, be it the plan's or the one that the run finishes with."""

from __future__ import annotations

import pytest

from studio.engine.host import Watch
from ulmengine.events import Diverging, Finishing, RunStarted, StageEnded
from ulmengine.plan.control import Move, RunControl, RunState


@pytest.mark.parametrize(("stage", "wishes", "state"), [
    (0, (), RunState.PAUSING), (1, (), RunState.RUNNING), (0, (True,), RunState.RUNNING),
    (0, (True, False), RunState.PAUSING),
])
def test_between_two_stages_and_only_there(stage: int, wishes: tuple[bool, ...], state: RunState) -> None:
    control = RunControl()
    for signal in (Move.START, Move.BEGUN):
        control.move(signal)
    watch = Watch(control, pause_between_stages=True)
    watch.saw(RunStarted("run", "cpu", "float32", 1, ({"index": 0}, {"index": 1})))
    for wanted in wishes:
        watch.saw(Finishing(wanted))
    watch.saw(StageEnded(stage, "a stage", 1, 1, 0.5, 0.5, {}, 1.0))
    assert control.state is state


def test_a_run_whose_loss_grows_is_held() -> None:
    control = RunControl()
    for signal in (Move.START, Move.BEGUN):
        control.move(signal)
    Watch(control).saw(Diverging(0, 23, 8.27, 5.0, 20))
    assert control.state is RunState.PAUSING
