"""What the Train page says of a run besides its curves."""

from __future__ import annotations

import math
from dataclasses import replace

from pytestqt.qtbot import QtBot

from studio.pages.train.result import ResultCard
from studio.pages.train.view import NotesLine
from studio.plots.history import RunHistory
from tests.studio import replay
from ulmengine import events as ev


def test_the_latest_warning_is_said_and_the_rest_is_at_hand(qtbot: QtBot) -> None:
    line = NotesLine()
    qtbot.addWidget(line)
    assert not line.isVisibleTo(None)
    line.show_notes([ev.Note("The language model starts from scratch, as set.")])
    assert line.line.text() == "The language model starts from scratch, as set."
    notes = [ev.Note("starts"), ev.Note("first", "warning"), ev.Note("second", "warning"), ev.Note("starts")]
    line.show_notes(notes)
    assert line.line.text() == "second  (and 2 more)"
    assert line.toolTip().splitlines() == ["starts", "first", "second"]
    line.show_notes([])
    assert line.isHidden()


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
        assert card.both.isHidden() is not shown
        assert ("The saved model answers with both together: right in 87.5%" in card.words.text()) is shown
    assert card.both.accessibleName() == "Both together: 87.5%, 85.0 to 90.0%"
