"""A desk with a Runs page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.engine.job import shutdown_jobs
from studio.pages.runs.page import RunsPage
from tests.gui.pages_help import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made_desk = Desk(tmp_path)
    yield made_desk
    made_desk.close()
    assert shutdown_jobs(5)


@pytest.fixture
def page(desk: Desk, qtbot: QtBot) -> Callable[[], RunsPage]:
    def make() -> RunsPage:
        one = RunsPage(desk.project, desk.shell)
        qtbot.addWidget(one)
        one.resize(1060, 700)
        one.show()
        qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)
        return one

    return make
