"""The Runs page of a project at a desk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from studio.pages.runs.page import RunsPage
from tests.gui.pages_help import Desk


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
