"""The Classify page of an open project, and a model for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.engine.job import shutdown_jobs
from studio.pages.classify.page import ClassifyPage
from studio.project import Project
from studio.shell import Shell

from .help import make_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A classifier that has made up its mind without having learnt anything."""
    return make_bundle(tmp_path / "made.ulmfit")


@pytest.fixture
def page(project: Project, shell: Shell, qtbot: QtBot) -> Iterator[ClassifyPage]:
    page = ClassifyPage(project, shell)
    qtbot.addWidget(page)
    page.resize(1096, 744)
    yield page
    assert shutdown_jobs(10)
