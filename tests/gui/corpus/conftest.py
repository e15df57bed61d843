"""A project at a desk, and its Corpus page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.engine.job import shutdown_jobs
from studio.pages.corpus.page import CorpusPage
from tests.gui.pages_help import Desk


@pytest.fixture
def desk(tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    assert shutdown_jobs(10)
    desk.close()


@pytest.fixture
def page(desk: Desk, qtbot: QtBot) -> CorpusPage:
    page = CorpusPage(desk.project, desk.shell)
    qtbot.addWidget(page)
    page.resize(1096, 744)
    return page
