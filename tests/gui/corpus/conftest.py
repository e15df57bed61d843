"""The Corpus page of a project at a desk."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from studio.pages.corpus.page import CorpusPage
from tests.gui.pages_help import Desk


@pytest.fixture
def page(desk: Desk, qtbot: QtBot) -> CorpusPage:
    page = CorpusPage(desk.project, desk.shell)
    qtbot.addWidget(page)
    page.resize(1096, 744)
    return page
