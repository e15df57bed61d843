"""What the Train page says of a run besides its curves."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.frame.runbar import without_folders
from studio.pages.train.figures import standing_words, verdict
from studio.pages.train.result import ResultCard
from studio.pages.train.view import NotesLine
from studio.plots.history import RunHistory
from tests.studio import replay
from ulmengine import events as ev
from ulmengine.plan.control import RunState


def test_the_latest_warning_is_said_and_the_rest_is_at_hand(qtbot: QtBot) -> None:
    line = NotesLine()
    qtbot.addWidget(line)
    assert not line.isVisibleTo(None)
    line.show_notes([ev.Note("The language model starts from scratch, as set.")])
    assert line.line.text() == "The language model starts from scratch, as set."
    line.resize(900, 40)
    assert line.more.isHidden()  # it says it all
    notes = [ev.Note("starts"), ev.Note("first", "warning"), ev.Note("second", "warning")]
    line.show_notes(notes)
    assert line.line.text() == "second  (and 2 more)"
    assert not line.more.isHidden()
    line.more.click()
    assert line.line.isHidden()
    assert line.whole.text().splitlines() == ["starts", "first", "second"]
    QTest.mouseClick(line.whole, Qt.MouseButton.LeftButton)
    assert line.whole.isHidden()
    assert not line.line.isHidden()
    line.show_notes([])
    assert line.isHidden()


def test_further_notes_move_nothing_below(qtbot: QtBot) -> None:
    line = NotesLine()
    qtbot.addWidget(line)
    line.resize(900, 40)
    line.show_notes([ev.Note("starts")])
    line.show()
    before = line.sizeHint().height()
    line.show_notes([ev.Note("starts"), ev.Note("learns")])
    assert not line.more.isHidden()
    assert line.sizeHint().height() == before


def test_a_small_network_has_its_parameters_told(qtbot: QtBot) -> None:
    started = next(one for one in replay.script(replay.small_config(), 2) if isinstance(one, ev.RunStarted))
    for parameters, told in ((40_563, "41 k"), (3_612_000, "3.6 M"), (812, "812")):
        history = RunHistory()
        history.extend([replace(started, parameters=parameters)])
        line, *shorter = standing_words("a run", RunState.FINISHED, history, active=False)
        assert all(len(one) > len(other) for one, other in pairwise((line, *shorter)))
        assert shorter[-1] == "a run"
        assert line.endswith(f"{told} parameters on {started.device}")


def test_a_classifier_that_could_not_be_measured_can_be_used(qtbot: QtBot) -> None:
    card = ResultCard()
    qtbot.addWidget(card)
    events = [e for e in replay.script(replay.small_config(), 2) if not isinstance(e, ev.Evaluated)]
    history = RunHistory()
    history.extend(events)
    card.show_result(history)
    assert card.words.text().startswith("The classifier is trained and saved. No documents were held back")
    assert not card.classify.isHidden()
    language_model_only = RunHistory()
    for event in events:
        if isinstance(event, ev.RunStarted):
            event = ev.RunStarted(event.name, event.device, event.precision, event.parameters, event.stages[:1], False)
        language_model_only.extend([event])
    card.show_result(language_model_only)
    assert "no labels" in card.words.text()
    assert card.classify.isHidden()


def test_network_counts_and_both_together_are_told_apart(qtbot: QtBot) -> None:
    card = ResultCard()
    qtbot.addWidget(card)
    events = list(replay.script(replay.small_config(), 2))
    for blend, shown in ((math.nan, False), (0.875, True)):
        history = RunHistory()
        history.extend([
            replace(event, blend_accuracy=blend, blend_interval=(0.85, 0.9)) if isinstance(event, ev.Evaluated)
            else event for event in events
        ])
        card.show_result(history)
        assert card.own.isHidden() is not shown
        assert ("The saved model answers with network and word counts together: right in 87.5%"
                in card.words.text()) is shown
    assert card.saved.accessibleName() == "The saved model: 87.5%, 85.0 to 90.0%"


def test_test_labels_that_a_person_has_corrected_are_told_with_the_result(qtbot: QtBot) -> None:
    card = ResultCard()
    qtbot.addWidget(card)
    history = RunHistory()
    history.extend([replace(event, relabelled=1) if isinstance(event, ev.Evaluated) else event
                    for event in replay.script(replay.small_config(), 2)])
    card.show_result(history)
    assert card.about.text().startswith("Accuracy on 120 test documents (1 test label corrected), with")


def test_the_verdict_on_both_together_never_sends_the_person_to_the_word_counts_alone() -> None:
    def told(blend: float, network: float, counts: float, span: tuple[float, float]) -> str:
        return verdict(ev.Evaluated("test", 200, network, (network - .05, network + .05), {}, counts,
                                    (counts - .05, counts + .05), network - counts, span,
                                    blend_accuracy=blend, blend_interval=(blend - .05, blend + .05)))

    chance = told(.90, .86, .85, (-.02, .04))
    assert "right in 90.0%" in chance
    assert "+1.0 points, somewhere between -2.0 and +4.0" in chance
    assert "quicker" not in chance
    assert "Alone the network is better than the word counts by +5.0 points (2.0" not in chance
    assert "by +5.0 points (+2.0 to +8.0)" in told(.92, .90, .85, (.02, .08))
    assert "word counts are better than the network by 5.0 points (2.0 to 8.0)" in told(.92, .85, .90, (-.08, -.02))
    assert "has not earned its keep" in told(.90, .85, .90, (-.08, -.02))
    assert told(.92, .90, .90, (0.0, 0.0)).endswith(
        "Alone each of the two is right on the very same ones of these 200 documents.")


def test_the_verdict_on_both_together_judges_by_the_interval_and_not_by_the_figure() -> None:
    def told(blend: float, counts: float, documents: int, span: tuple[float, float]) -> str:
        return verdict(ev.Evaluated("test", documents, counts, (counts - .1, min(1.0, counts + .1)), {}, counts,
                                    (counts - .1, min(1.0, counts + .1)), 0.0, (-.1, .1), blend_accuracy=blend,
                                    blend_interval=(blend - .1, min(1.0, blend + .1)), saved_difference_interval=span))

    nothing = (math.nan, math.nan)
    level = told(.8125, .8125, 32, (-.094, .094))
    assert level.endswith("The word counts alone are right in 81.2%: these 32 documents do not tell the two apart (the "
                          "difference is somewhere between -9.4 and +9.4 points).")
    assert told(.9, .9, 10, nothing).endswith("in 90.0%: these 10 documents do not tell the two apart.")
    assert told(.88, .9, 50, (-.06, .02)).endswith("(the difference is somewhere between -6.0 and +2.0 points).")
    perfect = told(1.0, 1.0, 40, (0.0, 0.0))
    assert perfect.endswith("are right in all of them too: these 40 documents do not tell the two apart.")
    same = told(.95, .95, 20, (0.0, 0.0))
    assert same.endswith("right in 95.0%. The word counts alone are right on the very same ones of these 20 documents.")
    for words in (level, perfect, same, told(.9, .9, 10, nothing), told(.88, .9, 50, (-.06, .02))):
        assert "earned its keep" not in words
        assert "as well" not in words
    worse = told(.80, .90, 200, (-.14, -.06))
    assert "The word counts alone are better by 10.0 points (6.0 to 14.0): on this corpus the network has not earned " \
           "its keep." in worse
    assert "better by 30.0 points: on this corpus" in told(.60, .90, 200, nothing)  # of two intervals that are apart


@pytest.mark.parametrize(("told", "short"), [
    ("'/root/w/Documents/tweets_de.csv' is not there. It may have been moved.",
     "'tweets_de.csv' is not there. It may have been moved."),
    ("/mnt/proj/demo/runs/one/config.toml: cannot be read", "config.toml: cannot be read"),
    (r"'C:\Users\Ada\My texts\a.csv' is not there", "'a.csv' is not there"),
    ("/tmp/one/a.csv and /tmp/two/b.csv differ", "a.csv and b.csv differ"),
    ("The loss is 3/4 of what it was", "The loss is 3/4 of what it was"),
    ("Not enough memory: 3.1 GB and/or a smaller batch", "Not enough memory: 3.1 GB and/or a smaller batch"),
    ("See https://pytorch.org/get-started for cards", "See https://pytorch.org/get-started for cards"),
])
def test_what_failed_is_said_without_folders(told: str, short: str) -> None:
    assert without_folders(told) == short
