"""Numbers in sentences: one is one, more are many."""

from __future__ import annotations

import time

import pytest
from pytestqt.qtbot import QtBot

from studio.pages.home.recent import age_words
from studio.plots.schedule_plot import SchedulePlot
from tests.studio import replay
from ulmengine.plan.stages import plan_stages

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@pytest.mark.parametrize(("seconds", "words"), [
    (-5, "just now"), (80, "just now"), (100, "2 minutes ago"), (59 * MINUTE, "59 minutes ago"),
    (59.8 * MINUTE, "1 hour ago"), (80 * MINUTE, "1 hour ago"), (2 * HOUR, "2 hours ago"), (35 * HOUR, "35 hours ago"),
    (36 * HOUR, "2 days ago"), (9 * DAY, "9 days ago"),
])
def test_how_long_ago(seconds: float, words: str) -> None:
    assert age_words(time.time() - seconds) == words


def test_one_epoch_is_one(qtbot: QtBot) -> None:
    plot = SchedulePlot()
    qtbot.addWidget(plot)
    plot.set_plans(plan_stages(replay.small_config(), pretrained=True), "classifier")
    spoken = plot.summary().split("; ")
    assert "2 epochs, " in spoken[0]
    assert ": 1 epoch, " in spoken[1]
