"""The way out of the window, with and without a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.frame import leaving
from studio.window import MainWindow
from ulmengine import events as ev
from ulmengine.plan.control import Move, RunState

from .fakes import FakeRun, ScriptedAsk


def test_closing_without_a_run_asks_nothing(window: MainWindow, ask: ScriptedAsk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.left):
        window.close()
    assert ask.asked == []


def test_closing_while_training_stop_and_save_waits_for_the_run(
    window: MainWindow, run: FakeRun, ask: ScriptedAsk, tmp_path: Path, qtbot: QtBot
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    run.move(Move.BEGUN)
    ask.answers = ["stop"]
    window.close()
    assert window.isVisible()
    assert run.state is RunState.STOPPING
    assert ask.asked[0][1] == ("stop", "quit", "cancel")  # offscreen there is no tray
    window.close()
    assert len(ask.asked) == 1
    with qtbot.waitSignal(window.left):
        run.move(Move.CLOSED)


@pytest.mark.parametrize("end", [Move.BROKEN, Move.LOST])
def test_a_window_whose_run_could_not_be_saved_stays_open_and_says_so(
    window: MainWindow, run: FakeRun, ask: ScriptedAsk, tmp_path: Path, qtbot: QtBot, end: Move
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    run.move(Move.BEGUN)
    ask.answers = ["stop"]
    window.close()
    assert not window.isEnabled()
    news: list[str] = []
    window.shell.noticed.connect(lambda notice: news.append(notice.text))
    run.failure = ev.Failed("disk_full", "The disk is full", "", "", "")  # type: ignore[assignment]
    with qtbot.assertNotEmitted(window.left, wait=100):
        run.move(end)
    assert window.isVisible()
    assert window.isEnabled()
    assert window.pages.key == "train"
    assert "could not be saved" in news[-1]
    assert "The disk is full" in news[-1]
    with qtbot.waitSignal(window.left):  # the person has been told; now the way out is free
        window.close()


def test_closing_while_training_cancel_stays(
    window: MainWindow, run: FakeRun, ask: ScriptedAsk, tmp_path: Path
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    ask.answers = ["cancel"]
    window.close()
    assert window.isVisible()
    assert "stop" not in run.calls


def test_closing_while_training_quit_now_does_not_wait(
    window: MainWindow, run: FakeRun, ask: ScriptedAsk, tmp_path: Path, qtbot: QtBot
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    run.move(Move.BEGUN)
    ask.answers = ["quit"]
    with qtbot.waitSignal(window.left):
        window.close()
    assert run.calls[-1] == "shutdown"
    assert not window.isVisible()


def test_the_question_tells_how_old_the_last_checkpoint_is(tmp_path: Path) -> None:
    assert "no checkpoint yet" in leaving.last_checkpoint_words(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "step-1.safetensors").write_bytes(b"x")
    assert leaving.last_checkpoint_words(tmp_path) == "The last checkpoint is 1 s old."


def test_a_window_whose_run_waits_for_room_stays_open_at_once(
    window: MainWindow, run: FakeRun, ask: ScriptedAsk, tmp_path: Path
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    run.move(Move.BEGUN)
    ask.answers = ["stop"]
    window.close()
    run.say(ev.SaveFailed("The disk is full.", "Free some space.", stopping=True))
    run.move(Move.UNSAVED)
    assert window.isEnabled()
    assert window.pages.key == "train"
    assert window.bar.stage.text() == "The disk is full"


def test_a_window_that_is_closed_while_the_run_is_saving_stays_if_it_cannot_be(
    window: MainWindow, run: FakeRun, ask: ScriptedAsk, tmp_path: Path
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    run.move(Move.BEGUN)
    window.stop_run()
    ask.answers = ["stop"]
    window.close()
    assert not window.isEnabled()
    run.say(ev.SaveFailed("The disk is full.", "Free some space.", stopping=True))
    run.move(Move.UNSAVED)
    assert window.isEnabled()
    assert window.pages.key == "train"
