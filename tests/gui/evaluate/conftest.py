"""An Evaluate page that shows a run whose answers were made up."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from studio.pages.evaluate.page import EvaluatePage
from studio.project import Project
from studio.shell import Shell
from ulmengine.runs.measured import Measured

from .help import measured_run


@pytest.fixture
def measured(project: Project) -> Measured:
    return measured_run(project.folder)


@pytest.fixture
def page(measured: Measured, project: Project, shell: Shell, qtbot: QtBot) -> EvaluatePage:
    made = EvaluatePage(project, shell)
    qtbot.addWidget(made)
    made.resize(1100, 740)
    made.show()
    qtbot.waitUntil(lambda: made.texts is not None, timeout=20_000)
    return made
