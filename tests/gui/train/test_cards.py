"""The cards of the Train page, one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio import theme
from studio.pages.train.figures import interval, metrics_words, percent
from studio.pages.train.layers import Layer, LayerStack, layers_of
from studio.pages.train.stage_cards import NARROWEST, StageCard, StageStrip
from studio.pages.train.view import TrainView
from studio.pages.train.writing import LEAST, MOST, WholeLines
from studio.plots.history import RunHistory
from tests.studio import replay
from ulmengine import events as ev
from ulmengine.config import with_settings
from ulmengine.plan.stages import plan_stages


def told(stages: int) -> RunHistory:
    """A run of five steps an epoch that has just begun its stage number ``stages``."""
    history = RunHistory()
    for event in replay.script(replay.small_config(), 5):
        history.extend([event])
        if isinstance(event, ev.StageStarted) and event.index == stages:
            break
    return history


def test_a_waiting_stage_has_no_room_for_a_dot(qtbot: QtBot) -> None:
    card = StageCard(plan_stages(replay.small_config(), pretrained=True)[0])
    qtbot.addWidget(card)
    card.resize(220, card.height())
    card.show()

    def left(label: QWidget) -> int:
        return label.mapTo(card, QPoint(0, 0)).x()

    assert left(card.name) == left(card.first)
    card.show_stage(told(0).stages[0], alive=True)
    qtbot.waitUntil(lambda: left(card.name) > left(card.first))
    assert left(card.dot) == left(card.first)


@pytest.mark.parametrize("height", range(60, 200, 9))
def test_what_it_writes_is_shown_in_whole_lines(qtbot: QtBot, height: int) -> None:
    text = WholeLines()
    qtbot.addWidget(text)
    text.setPlainText("My parcel has not arrived yet. " * 40)
    text.resize(290, height)
    text.show()
    lines, cut = divmod(text.viewport().height(), text.line)
    assert cut == 0
    assert LEAST <= lines <= MOST
    assert text.firstVisibleBlock().layout().lineAt(1).y() == text.line


def test_a_long_word_that_it_writes_is_wrapped_too(qtbot: QtBot) -> None:
    text = WholeLines()
    qtbot.addWidget(text)
    text.setPlainText("my " + "parcel" * 60)
    text.resize(290, 100)
    text.show()
    lines = text.firstVisibleBlock().layout()
    assert lines.lineCount() > 5
    assert max(lines.lineAt(n).naturalTextWidth() for n in range(lines.lineCount())) <= text.viewport().width()
    assert text.viewport().height() % text.line == 0


def test_what_it_writes_takes_the_room_there_is(qtbot: QtBot) -> None:
    history = RunHistory()
    view = TrainView(history)
    qtbot.addWidget(view)
    history.texts.append(ev.TextWritten(0, 1, "my parcel", "my parcel has not arrived yet " * 40))
    view.show_run(history, (), alive=True, any_run=True)
    view.mark()
    view.resize(1_050, 900)
    view.show()
    text = view.writing.text
    qtbot.waitUntil(lambda: text.viewport().height() > 7 * text.line)
    assert view.writing.mapTo(view, QPoint(0, view.writing.height())).y() == view.height()


def test_what_the_network_of_the_other_direction_moved_is_not_told() -> None:
    config = with_settings(replay.small_config(), ["model.direction=both"])
    plans = plan_stages(config, pretrained=True)
    backward = next(plan for plan in plans if plan.direction == "backward")
    history = told(2)
    history.extend([ev.StageStarted(backward.index, backward.name, backward.groups, backward.unfrozen, 1, 10,
                                     backward.task, backward.direction)])
    assert {layer.moved for layer in layers_of(history, plans)} == {None}


def test_how_far_the_layers_moved_is_told_until_the_next_stage_can_tell(qtbot: QtBot) -> None:
    plans = plan_stages(replay.small_config(), pretrained=True)
    assert {layer.moved for layer in layers_of(told(0), plans)} == {None}
    # The head's stage has one epoch: its figures come when the next stage begins. See ``replay``: 2, 4, 6, 8 percent.
    layers = layers_of(told(2), plans)
    assert [layer.moved for layer in layers] == pytest.approx([0.08, 0.06, 0.04, 0.02])
    assert all(layer.before for layer in layers)
    stack = LayerStack()
    qtbot.addWidget(stack)
    stack.show_layers(layers)
    assert "head, learns, moved 8.0 percent in the stage before; layer 2, learns, moved 6.0" in stack.accessibleName()
    assert "in the stage before" in stack.toolTip()
    own = told(2)
    own.extend([ev.EpochEnded(2, 1, 20, 0.4, {}, True, 1.0, {"head": 0.5})])
    assert next((layer.moved, layer.before) for layer in layers_of(own, plans)) == (0.5, False)
    stack.show_layers(layers_of(own, plans))
    assert "moved 50.0 percent;" in stack.accessibleName()
    stack.resize(280, 140)
    assert not stack.grab().isNull()


@pytest.mark.parametrize(("moved", "said"), [
    (.08, "8.0%"), (.999, "99.9%"), (9.5, "950.0%"), (10.773, "1,077%"), (1_077.3, "107,730%"), (None, "")])
def test_how_far_a_layer_moved_stands_whole_beside_its_bar(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, moved: float | None, said: str
) -> None:
    drawn: list[tuple[QRectF, str]] = []
    bars: list[QRectF] = []
    write, fill = QPainter.drawText, QPainter.drawRoundedRect
    monkeypatch.setattr(QPainter, "drawText", lambda painter, box, *rest: (
        drawn.append((box, rest[-1])), write(painter, box, *rest))[1])
    monkeypatch.setattr(QPainter, "drawRoundedRect", lambda painter, box, *rest: (
        bars.append(QRectF(box)), fill(painter, box, *rest))[1])
    stack = LayerStack()
    qtbot.addWidget(stack)
    stack.show_layers([Layer("head", True, .004, moved, 1), Layer("layer 1", True, .002, .05, 2)])
    stack.resize(280, 140)
    stack.grab()
    told = [(box, text) for box, text in drawn if text.endswith("%")]
    assert [text for _, text in told] == [*filter(None, [said]), "5.0%"]
    wide = QFontMetricsF(theme.current().font(theme.Type.SMALL, numbers=True)).horizontalAdvance
    for box, text in told:
        assert box.right() - wide(text) > max(bar.right() for bar in bars)


def test_percent_is_written_as_everywhere() -> None:
    assert percent(0.874) == "87.4%"
    assert interval(0.81, 0.93) == "81.0 to 93.0%"
    assert metrics_words({"accuracy": 0.5}) == "accuracy 50.0%"


def test_the_stage_in_hand_is_in_view_where_not_all_are(qtbot: QtBot) -> None:
    history = told(3)
    strip = StageStrip()
    qtbot.addWidget(strip)
    strip.resize(400, 120)
    strip.show()
    strip.set_plans(plan_stages(replay.small_config(), pretrained=True))
    strip.show_history(told(0), alive=True)
    bar = strip.horizontalScrollBar()
    assert strip.cards[3].x() > 400
    assert bar.value() == 0
    strip.show_history(history, alive=True)
    view = strip.viewport()
    qtbot.waitUntil(lambda: 0 <= strip.cards[3].mapTo(view, QPoint()).x() <= view.width() - strip.cards[3].width())
    bar.setValue(0)  # the person looks back, and is left there
    strip.show_history(history, alive=True)
    qtbot.wait(30)
    assert bar.value() == 0


def test_a_card_of_a_stage_says_less_where_there_is_less_room(qtbot: QtBot) -> None:
    plan = replace(plan_stages(replay.small_config(), pretrained=True)[0], epochs=10, peak=0.004)
    card = StageCard(plan)
    qtbot.addWidget(card)
    card.resize(NARROWEST, card.height())
    card.show()
    assert card.first.text() == "10 epochs  \u00b7  up to 0.004"
    assert "…" not in card.first.shown()
    assert "…" not in card.second.shown()
    history = told(1)
    ended = history.stages[0].ended
    assert ended is not None
    history.stages[0].ended = replace(ended, why="asked", valid_loss=6.535)
    card.show_stage(history.stages[0], alive=True)
    assert "…" not in card.second.shown()
    assert card.second.shown().endswith("ended early")
