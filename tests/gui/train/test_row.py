"""The buttons of the Train page: which there are, where they wait and what they do."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ulmengine.plan.control import RunState

from .help import WAIT, Bench, logged


def test_buttons_follow_the_state(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, steps=40, nap=0.004))
    bench.click(bench.page.view.big_start)
    bench.until(RunState.RUNNING)
    qtbot.waitUntil(lambda: bench.page.history.total > 3, timeout=WAIT)
    assert {"pause", "stop", "next_stage"} <= bench.shown()
    bench.click(bench.page.view.buttons.pause)
    bench.until(RunState.PAUSED)
    assert {"resume", "stop", "step", "next_stage"} <= bench.shown()
    assert "pause" not in bench.shown()
    held = bench.page.history.total
    bench.page.view.buttons.step_menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: bench.page.history.total == held + 1 and bench.run.state is RunState.PAUSED, timeout=WAIT)
    bench.click(bench.page.view.buttons.resume)
    bench.until(RunState.RUNNING)
    bench.click(bench.page.view.buttons.stop)
    bench.until(RunState.STOPPED)
    assert "start" in bench.shown() or "anew" in bench.shown()
    bench.shell.close_project()


def entries(bench: Bench) -> list[str]:
    """What stands in the menu in place of the buttons that are left without room."""
    actions = bench.page.view.buttons.more_menu.actions()
    first = next(number for number, action in enumerate(actions) if action.isSeparator())
    return [action.text() for action in actions[:first] if action.isVisible()]


def test_buttons_without_room_wait_in_the_menu_and_the_title_keeps_its_own(paused: Bench) -> None:
    page, view = paused.page, paused.page.view
    for width, left, least in ((1_500, [], 400), (1_096, ["Pause between stages"], 310),
                               (840, ["Pause between stages", "Finish now"], 260),
                               (776, ["Pause between stages", "Finish now", "Step"], 260)):
        page.resize(width, 720)
        assert entries(paused)[:len(left)] == left
        assert {"resume", "stop", "next_stage"} <= paused.shown()
        paused.qtbot.waitUntil(lambda least=least: view.heading.width() >= least)  # type: ignore[misc]
        assert view.buttons.width() >= view.buttons.sizeHint().width()
        assert {view.buttons.finish.text(), view.buttons.next_stage.text()} == {"Finish now", "Next stage"}
    page.resize(1_500, 720)
    assert entries(paused) == []


def test_an_entry_of_the_menu_does_what_its_button_does(paused: Bench) -> None:
    page, buttons = paused.page, paused.page.view.buttons
    page.resize(840, 720)
    between, finish = buttons.more_menu.actions()[:2]
    between.trigger()
    assert buttons.between.isChecked()
    assert paused.run.pause_between_stages
    buttons.between.setChecked(False)
    assert not between.isChecked()
    assert not finish.isEnabled()  # there is no classifier yet, and the entry says so too
    assert "There is no classifier to finish with yet" in finish.toolTip()
    skip, finishing = page.actions()[1:3]
    assert skip.isEnabled()
    assert not finishing.isEnabled()
    buttons.set_room(200)
    assert "next_stage" not in paused.shown()
    assert page.actions()[1].isEnabled()  # in the palette too, wherever the button is
    held = page.history.total
    buttons.more_menu.actions()[4].trigger()
    paused.qtbot.waitUntil(lambda: page.history.total > held, timeout=WAIT)


def test_a_wish_to_finish_that_the_run_did_not_hear_is_none_when_it_is_over(paused: Bench) -> None:
    page = paused.page
    page.finish()  # the replayed run listens to no such wish
    paused.qtbot.waitUntil(lambda: page.history.total > 20, timeout=WAIT)
    assert any("left out" in card.accessibleName() for card in page.view.strip.cards)
    paused.run.stop()
    paused.until(RunState.STOPPED)
    paused.qtbot.waitUntil(lambda: not any("left out" in card.accessibleName() for card in page.view.strip.cards))


def test_what_is_looked_at_stays_in_view_when_the_run_is_over(paused: Bench) -> None:
    plots = paused.page.view.plots
    plots.show_stage(0)
    looked_at = plots.loss.view.viewRange()[0]
    paused.run.stop()
    paused.until(RunState.STOPPED)
    paused.qtbot.wait(50)
    assert plots.loss.view.viewRange()[0] == looked_at
    assert not plots.loss.following


def test_the_focus_stays_on_the_button_that_takes_the_others_place(paused: Bench) -> None:
    page, buttons = paused.page, paused.page.view.buttons
    assert page.focusWidget() is buttons.resume  # Pause was clicked
    page.activateWindow()
    QTest.keyClick(buttons.resume, Qt.Key.Key_Space)
    paused.until(RunState.RUNNING)
    paused.qtbot.waitUntil(lambda: page.focusWidget() is buttons.pause, timeout=WAIT)
    QTest.keyClick(buttons.pause, Qt.Key.Key_Space)
    paused.until(RunState.PAUSED)
    assert page.focusWidget() is buttons.resume
    page.view.strip.cards[0].setFocus()  # who has moved on is not called back
    paused.run.resume()
    paused.until(RunState.RUNNING)
    assert page.focusWidget() is page.view.strip.cards[0]
