"""The pause between two stages: not after the last one, and no record of a newer version ends the run there."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.host import Watch
from ulmengine.events import RunStarted, StageEnded
from ulmengine.plan.control import RunControl, RunState, Signal


@pytest.mark.parametrize(("stage", "record", "state"), [
    (0, "", RunState.PAUSING), (1, "", RunState.RUNNING),
    (0, '{"format": 1, "early": true}', RunState.RUNNING), (0, '{"format": 99, "early": true}', RunState.PAUSING),
])
def test_between_two_stages_and_only_there(tmp_path: Path, stage: int, record: str, state: RunState) -> None:
    control = RunControl()
    for signal in (Signal.START, Signal.BEGUN):
        control.signal(signal)
    if record:
        (tmp_path / "finish.json").write_text(record, encoding="utf-8")
    watch = Watch(control, tmp_path, pause_between_stages=True)
    watch.saw(RunStarted("run", "cpu", "float32", 1, ({"index": 0}, {"index": 1})))
    watch.saw(StageEnded(stage, "a stage", 1, 1, 0.5, 0.5, {}, 1.0))
    assert control.state is state
