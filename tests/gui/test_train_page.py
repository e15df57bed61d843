from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.engine import RunRequest, RunService
from studio.pages.train import TrainPage
from studio.pages.train_parts import copies, loading
from studio.pages.train_parts.going_back import Point
from studio.settings import Settings
from studio.shell import Shell
from studio.widgets import Button
from tests.gui.fakes import ScriptedAsk
from tests.studio import replay
from ulmengine import events as ev
from ulmengine.config import RunConfig
from ulmengine.runs import START, RunFolder
from ulmengine.runs.branch import branch
from ulmengine.training import Checkpoints, Snapshot, saved_event
from ulmengine.training.control import RunControl, RunState

WAIT = 20_000
ROOT = Path(__file__).parents[2]


def logged(
    request: RunRequest, control: RunControl, *, steps: int = 10, until: int | None = None, nap: float = 0.0
) -> Generator[ev.Event, None, object]:
    """The replayed run with an event log, as the real one keeps it; ``until``: stop saying anything after that many."""
    folder = RunFolder(request.folder)
    if not folder.config_path.exists():
        RunFolder.create(request.folder, request.config)
    with folder.lock, folder.open_log() as log:
        for number, event in enumerate(replay.replay(request, control, steps=steps, nap=nap)):
            if number == until:
                failed = ev.Failed("out_of_memory", "There was not enough memory", "Saved.", "Halve it.", "report")
                log.append(failed)
                yield failed
                return None
            if isinstance(event, ev.Checkpointed):
                event = checkpoint(folder, event)
            if not isinstance(event, ev.Progress):
                log.append(event)
            yield event
    return None


def checkpoint(folder: RunFolder, event: ev.Checkpointed) -> ev.Checkpointed:
    """A small, real one for ``event``."""
    finished = event.reason == "stage"
    snapshot = Snapshot(event.reason, int(event.name[6:]) if finished else 0, event.total, False, finished,
                        {"weight": torch.zeros(4)}, {}, {"epoch": 1, "metrics": {}})
    extra = {"log": folder.log_path.stat().st_size}
    return saved_event(Checkpoints(folder.checkpoints).save(snapshot, extra), 0.0)


class Bench:
    """A page with a service whose run is replayed in a real thread."""

    def __init__(self, qtbot: QtBot, tmp_path: Path, make: Any = logged) -> None:
        self.qtbot = qtbot
        self.ask = ScriptedAsk()
        self.run = RunService(make=make)
        self.shell = Shell(self.run, Settings(tmp_path / "settings.json"), self.ask)
        config = replay.small_config("bench")
        assert self.shell.new_project(tmp_path / "project", config)
        assert self.shell.project is not None
        self.project = self.shell.project
        self.project.change({"corpus.path": str(tmp_path / "corpus.csv")})
        self.page = self.new_page()

    def new_page(self) -> TrainPage:
        page = TrainPage(self.project, self.shell)
        self.qtbot.addWidget(page)
        page.resize(1_090, 720)
        page.show()
        page.activated()
        return page

    def until(self, *states: RunState) -> None:
        self.qtbot.waitUntil(lambda: self.run.state in states, timeout=WAIT)

    def shown(self) -> set[str]:
        """The names of the buttons that are seen."""
        buttons = self.page.view.buttons
        names = ("start", "anew", "resume", "pause", "stop", "next_stage", "step", "back")
        return {name for name in names if getattr(buttons, name).isVisible()}

    def oldest(self) -> QAction:
        """The entry of the menu that leads back furthest."""
        actions = self.page.view.buttons.back_menu.actions()
        return [action for action in actions if action.text().startswith("Go back")][-1]

    def click(self, button: Any) -> None:
        assert button.isVisible()
        assert button.isEnabled()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path)
    yield made
    assert made.run.shutdown(10.0)
    made.shell.close_project()


def test_an_empty_page_says_what_to_do(bench: Bench) -> None:
    page = bench.page
    assert page.view.big_start.isVisible()
    assert not page.view.buttons.isVisible()
    assert [card.plan.name for card in page.view.strip.cards] == [
        "language model", "classifier: head", "classifier: head + layer 2", "classifier: all layers",
    ]
    bench.project.change({"corpus.path": ""})
    assert page.view.choose.isVisible()
    assert not page.view.big_start.isVisible()
    bench.project.change({"classifier.epochs": [1, 1]})
    assert len(page.view.strip.cards) == 3


def test_a_run_from_the_big_start_to_the_result(bench: Bench) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    page = bench.page
    steps = [event for event in replay.script(bench.run.config, 10) if isinstance(event, ev.Step)]  # type: ignore[arg-type]
    assert page.history.total == len(steps)
    assert page.view.result.isVisible()
    assert page.view.result.words.text().startswith("The network is ahead of the simple baseline by 6.4 points")
    assert "accuracy" in page.view.strip.cards[-1].first.text()
    assert page.view.writing.isVisible()
    assert len(page.view.stack.layers) == 4
    assert page.view.stack.layers[0].name == "head"
    assert page.view.stack.layers[0].moved == pytest.approx(0.16)
    assert bench.shown() == {"anew", "back"}
    wanted: list[str] = []
    bench.shell.pageWanted.connect(wanted.append)
    bench.click(page.view.result.classify)
    assert wanted == ["classify"]
    assert page.folder is not None
    assert bench.shell.wanted_model == page.folder.model_path


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


@pytest.fixture
def paused(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    """A run that pauses in its first stage, on a page with plenty of room."""
    bench = Bench(qtbot, tmp_path, partial(logged, steps=40, nap=0.004))
    bench.page.resize(1_500, 720)
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.run.state is RunState.RUNNING and bench.page.history.total > 3, timeout=WAIT)
    bench.click(bench.page.view.buttons.pause)
    bench.until(RunState.PAUSED)
    yield bench
    bench.run.stop()
    bench.until(RunState.STOPPED)
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


def test_a_run_that_waits_for_room_has_one_button_to_go_on(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, replay.waiting_for_room)
    bench.click(bench.page.view.big_start)
    bench.until(RunState.PAUSED)
    card = bench.page.view.failure
    assert card.isVisible()
    assert card.failure is not None
    assert card.failure.title == "The disk is full: the run waits"
    assert "resume" not in bench.shown()
    assert "stop" in bench.shown()
    bench.click(next(button for button in card.findChildren(Button) if button.text() == "Try again"))
    bench.until(RunState.FINISHED)
    assert not card.isVisible()
    bench.shell.close_project()


def test_pausing_between_stages(bench: Bench) -> None:
    page = bench.page
    page.view.buttons.between.setChecked(True)
    bench.click(page.view.big_start)
    for done in (1, 2, 3):
        bench.qtbot.waitUntil(
            lambda done=done: bench.run.state is RunState.PAUSED  # type: ignore[misc]
            and sum(stage.ended is not None for stage in page.history.stages) == done, timeout=WAIT)
        bench.click(page.view.buttons.next_stage)
    bench.until(RunState.FINISHED)


def test_a_failure_becomes_a_card_with_what_to_try(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, until=8))  # before the first checkpoint
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FAILED)
    card = bench.page.view.failure
    assert card.isVisible()
    assert card.failure is not None
    assert card.failure.title == "There was not enough memory"
    before = bench.project.config.language_model
    halve = next(button for button in card.findChildren(Button) if "Halve" in button.text())
    bench.click(halve)
    assert bench.project.config.language_model.batch_size == before.batch_size // 2
    assert bench.project.config.language_model.optimizer.accumulation == 2
    bench.until(RunState.FAILED)
    assert len(bench.project.run_folders()) == 2
    bench.shell.close_project()


def test_out_of_memory_goes_on_with_half_the_batch(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, until=60))
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FAILED)
    page = bench.page
    before = page.config.language_model if page.history.stages[-1].index == 0 else page.config.classifier
    task = "language_model" if page.history.stages[-1].index == 0 else "classifier"
    button = next(button for button in page.view.failure.findChildren(Button) if "continue" in button.text())
    bench.click(button)
    assert len(bench.project.run_folders()) == 1
    frozen = getattr(RunFolder(bench.run.folder or tmp_path).config(), task)
    assert (frozen.batch_size, frozen.optimizer.accumulation) == (before.batch_size // 2, 2)
    assert getattr(bench.project.config, task).batch_size == before.batch_size // 2
    bench.until(RunState.FAILED)
    bench.shell.close_project()


def test_a_run_made_before_is_shown_again(bench: Bench) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    live = bench.page.history
    again = bench.new_page()
    assert [stage.loss.y.tolist() for stage in again.history.stages] == [
        stage.loss.y.tolist() for stage in live.stages]
    assert again.view.result.isVisible()
    assert "Finished" in again.view.heading.below.text()


def test_an_interrupted_run_offers_to_go_on(bench: Bench) -> None:
    folder = RunFolder.create(bench.project.new_run_folder(), bench.project.run_config())
    with folder.open_log() as log:
        for event in list(replay.script(bench.project.config, 10))[:40]:
            if not isinstance(event, ev.Progress):
                log.append(event)
    page = bench.new_page()
    assert "Interrupted" in page.view.heading.below.text()
    assert page.history.total > 10
    statuses: list[str] = []
    page.status.connect(statuses.append)
    page.activated()
    assert statuses[-1] == "problem"
    # it has no checkpoint, so there is nothing to go on from, only a new run
    assert page.view.buttons.start.isVisible()
    assert not page.view.buttons.resume.isVisible()


def test_a_page_made_while_the_run_goes_shows_all_of_it(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, steps=30, nap=0.002))
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.page.history.total > 20, timeout=WAIT)
    late = bench.new_page()
    bench.until(RunState.FINISHED)
    assert [stage.loss.x.tolist() for stage in late.history.stages] == [
        stage.loss.x.tolist() for stage in bench.page.history.stages]
    assert [len(stage.ends) for stage in late.history.stages] == [2, 1, 1, 2]
    bench.shell.close_project()


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
    assert bench.page._saved is None
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


def test_a_log_that_cannot_be_read_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    folder = bench.page.folder
    assert folder is not None

    def broken(self: RunFolder) -> Iterator[ev.Event]:
        raise OSError(5, "Input/output error", str(self.log_path))

    monkeypatch.setattr(loading, "AT_ONCE_BYTES", 0)
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "events", broken)
        bench.page.show_run(folder)
        bench.qtbot.waitUntil(lambda: not bench.page.reader.loader.running, timeout=WAIT)
    card = bench.page.view.failure
    assert card.isVisible()
    assert "could not be read" in bench.page.view.heading.below.text()
    assert card.failure is not None
    assert "Input/output error" in card.failure.title
    bench.click(next(button for button in card.findChildren(Button) if button.text() == "Try again"))
    bench.qtbot.waitUntil(lambda: bench.page.history.finished is not None, timeout=WAIT)
    assert not card.isVisible()


@pytest.mark.parametrize("long", [False, True])
def test_a_run_of_another_process_is_followed_and_not_touched(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, long: bool
) -> None:
    if long:
        monkeypatch.setattr(loading, "AT_ONCE_BYTES", 0)
    path = tmp_path / "cluster" / "run"
    other = subprocess.Popen([sys.executable, "-m", "tests.studio.elsewhere", str(path)], cwd=ROOT)
    try:
        bench.qtbot.waitUntil(lambda: (path / "events.jsonl").exists(), timeout=WAIT)
        bench.ask.answers = [path]
        bench.click(bench.page.view.open_run)
        page = bench.page
        bench.qtbot.waitUntil(lambda: page.reader.elsewhere and page.history.total >= 30, timeout=WAIT)
        assert page.folder == RunFolder(path)
        assert "Running" in page.view.heading.below.text()
        assert "another process" in page.view.heading.below.text()
        assert bench.shown() == {"anew"}  # a new run of the project; nothing of the other's
        assert [len(stage.loss) for stage in page.history.stages] == [20, 10]
        assert not bench.run.active
    finally:
        other.kill()
        other.wait()
    bench.qtbot.waitUntil(lambda: not page.reader.elsewhere, timeout=WAIT)
    assert "Interrupted" in page.view.heading.below.text()
    assert [stage.loss.x.tolist() for stage in page.history.stages] == [
        list(range(1, 21)), list(range(21, 31))]


def test_a_run_that_another_process_takes_up_is_followed_from_then_on(bench: Bench) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    folder = bench.page.folder
    assert folder is not None
    total = bench.page.history.total
    with folder.lock, folder.open_log() as log:
        bench.qtbot.waitUntil(lambda: bench.page.reader.elsewhere, timeout=WAIT)
        log.append(ev.Step(3, 2, 11, total + 1, 0.25, (0.1,), 1.0, 10, 0.1))
        bench.qtbot.waitUntil(lambda: bench.page.history.total == total + 1, timeout=WAIT)
    bench.qtbot.waitUntil(lambda: not bench.page.reader.elsewhere, timeout=WAIT)


def test_a_followed_run_that_goes_back_is_shown_from_there(bench: Bench) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    folder = bench.page.folder
    assert folder is not None
    steps = list(folder.events())
    third = next(n for n, event in enumerate(steps) if isinstance(event, ev.Step) and event.total == 15)
    with folder.lock, folder.open_log() as log:
        bench.qtbot.waitUntil(lambda: bench.page.reader.elsewhere, timeout=WAIT)
        log.cut(0)
        for event in steps[:third]:
            log.append(event)
        # Longer than it was within one look: its length does not tell that it was cut.
        for number in range(300):
            log.append(ev.Step(0, 2, 15 + number, 15 + number, 0.5, (0.1,), 1.0, 10, 0.1))
        bench.qtbot.waitUntil(lambda: bench.page.history.total == 314, timeout=WAIT)
        assert [stage.loss.x.tolist() for stage in bench.page.history.stages] == [list(range(1, 315))]
        assert bench.page.history.finished is None
    bench.qtbot.waitUntil(lambda: not bench.page.reader.elsewhere, timeout=WAIT)


def test_another_run_of_the_project_can_be_shown(bench: Bench) -> None:
    for _ in range(2):
        bench.page.start()
        bench.until(RunState.FINISHED)
    first, second = bench.project.run_folders()
    assert bench.page.folder == second
    buttons = bench.page.view.buttons
    buttons.runs_menu.aboutToShow.emit()
    assert [action.text() for action in buttons.runs_menu.actions()] == [f"{first.path.name}  ·  Finished"]
    buttons.runs_menu.actions()[0].trigger()
    assert bench.page.folder == first
    assert first.path.name in bench.page.view.heading.below.text()


def test_what_is_not_a_run_is_not_shown(bench: Bench, tmp_path: Path) -> None:
    news: list[Any] = []
    bench.shell.noticed.connect(news.append)
    bench.ask.answers = [tmp_path]
    bench.click(bench.page.view.open_run)
    assert [notice.level for notice in news] == ["error"]
    assert bench.page.folder is None


def test_the_curves_are_saved_as_a_table(bench: Bench, tmp_path: Path) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    bench.ask.answers = [tmp_path / "curves.csv", tmp_path / "missing" / "curves.csv"]
    news: list[Any] = []
    bench.shell.noticed.connect(news.append)
    bench.page.export()
    assert len((tmp_path / "curves.csv").read_text(encoding="utf-8").splitlines()) == 61
    bench.page.export()
    assert [notice.level for notice in news] == ["ok", "error"]


@pytest.fixture
def copier(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the engine was asked to branch."""
    asked: list[tuple[Any, ...]] = []

    def noted(source: RunFolder, checkpoint: str, target: Path, config: RunConfig | None = None) -> RunFolder:
        asked.append((source, checkpoint, target, config))
        return branch(source, checkpoint, target, config)

    monkeypatch.setattr(copies, "branch", noted)
    return asked


def test_a_new_run_is_branched_from_a_checkpoint(bench: Bench, copier: list[tuple[Any, ...]]) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    page, source = bench.page, bench.page.folder
    assert source is not None
    before = {path: path.read_bytes() for path in source.path.rglob("*") if path.is_file()}
    page._list_points()
    branches = page.view.buttons.branch_menu.actions()
    assert branches[-1].text() == "Step 10: Language model, after epoch 1"
    branches[-1].trigger()
    bench.qtbot.waitUntil(lambda: page.folder != source and bench.run.state is RunState.FINISHED, timeout=WAIT)
    assert bench.ask.asked == []  # the project's settings are the run's: there is nothing to choose
    assert [run.path for run in bench.project.run_folders()] == [source.path, page.folder.path]  # type: ignore[union-attr]
    assert copier[0][0] == source
    assert copier[0][1] == Checkpoints(source.checkpoints).all()[0].name
    assert copier[0][3] is None
    assert bench.run.folder == copier[0][2]
    assert {path: path.read_bytes() for path in source.path.rglob("*") if path.is_file()} == before


def test_a_branch_can_take_the_projects_new_settings(bench: Bench, copier: list[tuple[Any, ...]]) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    bench.project.change({"classifier.lr": 0.002})
    page = bench.page
    page._list_points()
    bench.ask.answers = ["cancel"]
    page.view.buttons.branch_menu.actions()[0].trigger()
    assert copier == []
    bench.ask.answers = ["branch", "new"]  # going back offers it as well
    page.view.buttons.back_menu.actions()[1].trigger()
    bench.qtbot.waitUntil(lambda: bool(copier) and not bench.run.active and len(bench.project.run_folders()) == 2,
                          timeout=WAIT)
    assert copier[0][3].classifier.lr == 0.002
    assert [keys for _, keys in bench.ask.asked] == [
        ("new", "same", "cancel"), ("branch", "back", "cancel"), ("new", "same", "cancel")]


def test_settings_that_a_branch_cannot_take_are_not_offered(bench: Bench, copier: list[tuple[Any, ...]]) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    bench.project.change({"seed": 7})
    bench.page._list_points()
    bench.ask.answers = ["cancel"]
    bench.page.view.buttons.branch_menu.actions()[0].trigger()
    assert bench.ask.asked[-1][1] == ("same", "cancel")


def test_a_branch_that_cannot_be_made_says_why(bench: Bench, copier: list[tuple[Any, ...]]) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    news: list[Any] = []
    bench.shell.noticed.connect(news.append)
    bench.page.branch(Point("000099-epoch", "", "step 99", 99))
    bench.qtbot.waitUntil(lambda: bool(news), timeout=WAIT)
    assert news[0].level == "error"
    assert "missing or damaged" in news[0].text
    assert len(bench.project.run_folders()) == 1


@pytest.mark.parametrize(("kind", "name"), [("file", "copy.zip"), ("light", "copy"), ("folder", "copy")])
def test_a_run_is_exported_with_its_commands_and_opens_again(
    bench: Bench, tmp_path: Path, kind: str, name: str
) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    news: list[Any] = []
    bench.shell.noticed.connect(news.append)
    bench.ask.answers = [kind, tmp_path / name]
    buttons = bench.page.view.buttons
    buttons.export.trigger()
    bench.qtbot.waitUntil(lambda: bool(news), timeout=WAIT)
    made = tmp_path / ("copy" if kind == "folder" else "copy.zip")
    assert (news[0].level, news[0].text) == ("ok", f"Exported to {made}.")
    live = [stage.loss.y.tolist() for stage in bench.page.history.stages]
    if kind == "folder":
        assert "python -m ulmengine train config.toml" in (made / "README.txt").read_text(encoding="utf-8")
        assert list((made / "checkpoints").iterdir())
        bench.shell.open_run(made)
        assert bench.page.folder == RunFolder(made)
    else:
        bench.ask.answers = [made]
        buttons.import_run.trigger()
        taken = RunFolder(bench.project.runs / "copy")
        bench.qtbot.waitUntil(lambda: bench.page.folder == taken, timeout=WAIT)
        assert bool(Checkpoints(taken.checkpoints).all()) == (kind == "file")
        bench.ask.answers = [made]
        buttons.import_run.trigger()  # twice is once too often
        bench.qtbot.waitUntil(lambda: news[-1].level == "error", timeout=WAIT)
    assert [stage.loss.y.tolist() for stage in bench.page.history.stages] == live
