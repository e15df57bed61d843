"""Numbers in sentences: one is one, more are many."""

from __future__ import annotations

import time

import pytest
from pytestqt.qtbot import QtBot

from studio.pages.home.recent import age_words
from studio.plots.schedule_plot import SchedulePlot
from studio.words import words
from tests.studio import replay
from ulmengine.plan.stages import plan_stages

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@pytest.mark.parametrize(("seconds", "told"), [
    (-5, "just now"), (80, "just now"), (100, "2 minutes ago"), (59 * MINUTE, "59 minutes ago"),
    (59.8 * MINUTE, "1 hour ago"), (80 * MINUTE, "1 hour ago"), (2 * HOUR, "2 hours ago"), (35 * HOUR, "35 hours ago"),
    (36 * HOUR, "2 days ago"), (9 * DAY, "9 days ago"),
])
def test_how_long_ago(seconds: float, told: str) -> None:
    assert age_words(time.time() - seconds) == told


def test_one_epoch_is_one(qtbot: QtBot) -> None:
    plot = SchedulePlot()
    qtbot.addWidget(plot)
    plot.set_plans(plan_stages(replay.small_config(), pretrained=True), "classifier")
    spoken = plot.summary().split("; ")
    assert "2 epochs, " in spoken[0]
    assert ": 1 epoch, " in spoken[1]


@pytest.mark.parametrize(("engine", "window"), [
    ("Settings changed: classifier.lr 5 -> 0.004; corpus.relabelled 0 -> 2.",
     "Settings changed: “Classifier / Peak learning rate” 5 -> 0.004; “Corpus / Corrected labels” 0 -> 2."),
    ("Leave them out: corpus.min_per_class = 3 does so.",
     "Leave them out: “Corpus / Fewest documents of a class” = 3 does so."),
    ("a run that has begun cannot change corpus.split.unmeasured, model.dropout.hidden; start a new run",
     "a run that has begun cannot change “Corpus / Split / Train without held-back documents”, “Model / Dropout / "
     "Between layers”; start a new run"),
    ("/home/ada/corpus.path/corpus.csv is gone", "/home/ada/corpus.path/corpus.csv is gone"),
    ("model.preset.toml and my-corpus.path, corpus.paths", "model.preset.toml and my-corpus.path, corpus.paths"),
    ("See corpus.xlsx, version 2.5 of the model. Tokens", "See corpus.xlsx, version 2.5 of the model. Tokens"),
])
def test_settings_are_called_in_sentences_as_forms_call_them(engine: str, window: str) -> None:
    assert words(engine) == window
