"""The pages that the tests of the Train page start from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ulmengine.plan.control import RunState

from .help import WAIT, Bench, logged


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path)
    yield made
    assert made.run.shutdown(10.0)
    made.shell.close_project()


@pytest.fixture
def paused(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    """A run that pauses in its first stage, on a page with plenty of room."""
    bench = Bench(qtbot, tmp_path, partial(logged, steps=40, nap=0.004))
    bench.page.resize(1_500, 720)
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.run.state is RunState.RUNNING and bench.page.history.total > 3, timeout=WAIT)
    bench.click(bench.page.view.buttons.pause)
    bench.until(RunState.PAUSED)
    yield bench
    bench.run.stop()
    bench.until(RunState.STOPPED)
    bench.shell.close_project()
