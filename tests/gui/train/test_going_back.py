"""Going back to a checkpoint or to the beginning: asked about, and only when the run has stopped."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from pathlib import Path

from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from studio.engine.host import RunRequest
from ulmengine import events as ev
from ulmengine.plan.control import RunControl, RunState
from ulmengine.record import START

from .help import WAIT, Bench, logged


def test_going_back_asks_before_anything_is_given_up(bench: Bench) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    page = bench.page
    assert page.folder is not None
    page._list_points()
    first = bench.oldest()
    assert first.text() == "Go back to step 10: Language model, after epoch 1"
    before = sorted(page.folder.checkpoints.iterdir())
    bench.ask.answers = ["cancel"]
    first.trigger()
    assert bench.ask.asked == [("Go back to step 10", ("branch", "back", "cancel"))]
    assert bench.run.state is RunState.FINISHED
    assert sorted(page.folder.checkpoints.iterdir()) == before
    begun: list[RunState] = []
    bench.run.stateChanged.connect(begun.append)
    bench.ask.answers = ["back"]
    first.trigger()
    bench.until(RunState.FINISHED)
    assert RunState.STARTING in begun


def beginning(bench: Bench) -> QAction:
    """The entry of the menu that leads to the beginning of the run."""
    bench.page._list_points()
    actions = bench.page.view.buttons.back_menu.actions()
    return next(action for action in actions if action.text() == "Repeat the stage Language model")


def test_the_beginning_is_asked_about_and_can_be_a_new_run_instead(bench: Bench) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    page = bench.page
    assert page.folder is not None
    before = {path: path.read_bytes() for path in page.folder.path.rglob("*") if path.is_file()}
    bench.ask.answers = ["cancel"]
    beginning(bench).trigger()
    assert bench.ask.asked == [("Go back to the beginning", ("new", "back", "cancel"))]
    assert bench.run.state is RunState.FINISHED
    bench.ask.answers = ["new"]
    beginning(bench).trigger()
    bench.until(RunState.STARTING, RunState.RUNNING)
    bench.until(RunState.FINISHED)
    assert len(bench.project.run_folders()) == 2
    assert {path: path.read_bytes() for path in before} == before


def test_a_run_in_its_first_stage_stops_before_it_begins_anew(qtbot: QtBot, tmp_path: Path) -> None:
    """Before its first checkpoint too."""
    asked: list[RunRequest] = []

    def make(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
        asked.append(request)
        return logged(request, control, steps=400, nap=0.004)

    bench = Bench(qtbot, tmp_path, make)
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.page.history.total > 3, timeout=WAIT)
    assert "back" in bench.shown()
    assert bench.page.shown.saved is None
    states: list[RunState] = []
    bench.run.stateChanged.connect(states.append)
    bench.ask.answers = ["back"]
    beginning(bench).trigger()
    qtbot.waitUntil(lambda: len(asked) == 2, timeout=WAIT)
    assert states[:3] == [RunState.STOPPING, RunState.STOPPED, RunState.STARTING]
    assert [(request.resume, request.checkpoint) for request in asked] == [(False, None), (True, START)]
    assert asked[0].folder == asked[1].folder
    assert bench.run.shutdown(10.0)
    bench.shell.close_project()


def test_a_wish_to_go_back_does_not_outlive_a_stop_that_failed(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, steps=40, nap=0.004))
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.page.history.total > 45, timeout=WAIT)
    bench.page._list_points()
    bench.ask.answers = ["back"]
    begun: list[RunState] = []
    bench.run.stateChanged.connect(begun.append)
    # The stop cannot save: the host's last word is "failed" instead of "stopped".
    bench.run._heard, heard = lambda state: heard(RunState.FAILED if state is RunState.STOPPED else state), \
        bench.run._heard  # type: ignore[method-assign,has-type]
    bench.oldest().trigger()
    bench.until(RunState.FAILED)
    qtbot.wait(50)
    assert RunState.STARTING not in begun
    bench.run._heard = heard  # type: ignore[method-assign]
    bench.ask.answers = ["new"]
    bench.page.start()
    qtbot.waitUntil(lambda: bench.run.state is RunState.RUNNING and bench.page.history.total > 3, timeout=WAIT)
    begun.clear()
    bench.run.stop()
    bench.until(RunState.STOPPED)
    qtbot.wait(50)
    assert begun == [RunState.STOPPING, RunState.STOPPED]
    bench.shell.close_project()


def test_going_back_while_running_stops_first(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, steps=40, nap=0.004))
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.page.history.total > 45, timeout=WAIT)
    bench.page._list_points()
    bench.ask.answers = ["back"]
    states: list[RunState] = []
    bench.run.stateChanged.connect(states.append)
    bench.oldest().trigger()
    qtbot.waitUntil(lambda: RunState.STARTING in states, timeout=WAIT)
    assert states[:3] == [RunState.STOPPING, RunState.STOPPED, RunState.STARTING]
    assert bench.run.shutdown(10.0)
    bench.shell.close_project()
