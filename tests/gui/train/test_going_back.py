"""Going back to a checkpoint or to the beginning: asked about, and only when the run has stopped."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from studio.engine.host import RunRequest
from studio.pages.train.going_back import points
from studio.plots.history import RunHistory
from studio.shown import ShownRun, log_reader
from tests.gui.fakes import FakeRun
from tests.studio import replay
from ulmengine import events as ev
from ulmengine.plan.control import Move, RunControl, RunState
from ulmengine.plan.stages import plan_stages
from ulmengine.record import START, RunFolder
from ulmengine.training import Checkpoints, Snapshot

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


@pytest.mark.parametrize("deed", ["back", "branch"])
def test_a_place_that_is_gone_when_the_person_has_decided_is_told_and_nothing_is_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    """Of a run that goes on meanwhile only the newest checkpoints are kept."""
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    page, said = bench.page, []
    assert page.folder is not None
    page._list_points()
    name = page.folder.checkpoints / f"{points(page.folder.path, page.history, page.shown.plans)[-1].checkpoint}.json"
    bench.shell.noticed.connect(lambda notice: said.append(notice.text))
    monkeypatch.setattr(bench.ask, "choose", lambda *_: (name.unlink(missing_ok=True), deed)[1])
    bench.oldest().trigger()
    assert said == ["The checkpoint at step 10 is gone: newer ones were saved meanwhile."]
    assert bench.run.state is RunState.FINISHED
    assert len(bench.project.run_folders()) == 1


def kept(
    folder: RunFolder, reason: str, stage: int, total: int, *, finished: bool = False, best: float | None = None
) -> None:
    """Another checkpoint in ``folder``, at an epoch with the ``best`` loss so far."""
    Checkpoints(folder.checkpoints).save(Snapshot(
        reason, stage, total, best is not None, finished, {"weight": torch.zeros(4)}, {},
        {"epoch": 1, "metrics": {} if best is None else {"valid_loss": best}}), {})


def test_of_the_places_that_were_the_best_once_the_last_is_called_so(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", replay.small_config())
    for total, best in ((10, 5.0), (20, 4.0), (30, None)):
        kept(folder, "epoch", 0, total, best=best)
    told = [point.words for point in points(folder.path, RunHistory(), plan_stages(folder.config(), pretrained=True))]
    assert told == [f"Go back to step {place}" for place in (
        "30: Language model, after epoch 1", "20: Language model, after epoch 1 (best)",
        "10: Language model, after epoch 1")]


@pytest.mark.parametrize("why", ["epochs", "patience", "asked"])
def test_of_places_at_one_step_those_are_listed_that_lead_elsewhere(tmp_path: Path, why: str) -> None:
    folder = RunFolder.create(tmp_path / "run", replay.small_config())
    history = RunHistory()
    plans = plan_stages(folder.config(), pretrained=True)
    history.extend([ev.RunStarted("x", "cpu", "float32", 10, tuple(plan.describe() for plan in plans)),
                    ev.StageStarted(0, plans[0].name, plans[0].groups, 3, 2, 40, "language_model"),
                    ev.Step(0, 1, 13, 13, 5.0, (.1, .1, .1), 1.0, 10, .1),
                    ev.StageEnded(0, plans[0].name, 3, 1, 5.0, 5.0, {}, 1.0, why)])
    kept(folder, "stop", 0, 9)
    kept(folder, "stop", 0, 13)
    kept(folder, "stop", 0, 13)  # paused, and stopped without a step between
    kept(folder, "stage", 0, 13, finished=True)
    told = [point.words for point in points(folder.path, history, plans)]
    here = ["Go back to step 13: within Language model, which goes on"] if why == "asked" else []
    assert told == ["Repeat the stage Language model", "Go back to step 13: end of Language model", *here,
                    "Go back to step 9: within Language model"]


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("total", [13, 20, 33])
def test_of_a_run_that_goes_back_nothing_is_shown_that_it_has_given_up(
    qtbot: QtBot, run: FakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, long: bool, total: int
) -> None:
    if long:
        monkeypatch.setattr(log_reader, "AT_ONCE_BYTES", 0)
    folder = RunFolder.create(tmp_path / "run", replay.small_config())
    told = [event for event in replay.script(folder.config(), 10) if not isinstance(event, ev.Progress)]
    place = {event.total: number for number, event in enumerate(told) if isinstance(event, ev.Step)}
    ends: list[int] = []
    with folder.open_log() as log:
        for event in told[: place[46]]:
            log.append(event)
            ends.append(log.length)
        log.append(ev.Finishing(True))
        log.append(ev.Note("It was to end here."))
    parent = QObject()
    shown = ShownRun(run, parent)  # type: ignore[arg-type]
    shown.show(folder)
    qtbot.waitUntil(lambda: shown.history.total == 45, timeout=WAIT)
    assert shown.finishing
    run.start(folder.config(), folder.path, True, "earlier")
    run.move(Move.BEGUN)
    with folder.open_log(keep=ends[place[total]]):
        begun = told[0]
        assert isinstance(begun, ev.RunStarted)
        run.say(ev.Note("Warm."), replace(begun, resumed=True))
        run.say(*told[place[total + 1]: place[total + 2]])
    qtbot.waitUntil(lambda: not shown.reading and shown.history.total == total + 1, timeout=WAIT)
    assert [x for stage in shown.history.stages for x in stage.loss.x] == list(range(1, total + 2))
    assert not shown.finishing
    assert shown.left_out == frozenset()
    assert "It was to end here." not in [note.text for note in shown.history.notes]
    run.say(*told[place[total + 2]:])
    assert [len(stage.loss) for stage in shown.history.stages] == [20, 10, 10, 20]
    assert shown.history.finished is not None
    run.enter(RunState.FINISHED)


@pytest.mark.parametrize("paused", [False, True])
def test_who_goes_back_while_steps_are_taken_is_told_that_these_go_too(
    qtbot: QtBot, tmp_path: Path, paused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, steps=40, nap=0.02))
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.page.history.total > 3, timeout=WAIT)
    if paused:
        bench.run.pause()
        bench.until(RunState.PAUSED)
    told: list[str] = []

    def answer(title: str, text: str, choices: object, detail: Callable[[], str]) -> str:
        told.append(detail())
        before = bench.page.history.total
        if not paused:
            qtbot.waitUntil(lambda: bench.page.history.total > before, timeout=WAIT)
        now = bench.page.history.total
        assert f"{now} steps of the curves" in detail()  # while it is asked
        return "cancel"

    monkeypatch.setattr(bench.ask, "choose", answer)
    beginning(bench).trigger()
    assert ("Training goes on until you decide" in told[0]) is not paused
    assert bench.run.shutdown(10.0)
    bench.shell.close_project()


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
    bench.shell.starter.begin()
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


@pytest.mark.parametrize("paused", [False, True])
def test_a_paused_run_is_paused_where_it_went_back_to(qtbot: QtBot, tmp_path: Path, paused: bool) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, steps=40, nap=0.004))
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.page.history.total > 45, timeout=WAIT)
    if paused:
        bench.click(bench.page.view.buttons.pause)
        bench.until(RunState.PAUSED)
    bench.page._list_points()
    bench.ask.answers = ["back"]
    states: list[RunState] = []
    bench.run.stateChanged.connect(states.append)
    bench.oldest().trigger()
    qtbot.waitUntil(lambda: RunState.STARTING in states, timeout=WAIT)
    if paused:
        bench.until(RunState.PAUSED)
        before = bench.page.history.total
        qtbot.wait(100)
        assert bench.page.history.total == before < 45
        assert {"resume", "stop", "back"} <= bench.shown()
        bench.click(bench.page.view.buttons.resume)
    qtbot.waitUntil(lambda: bench.page.history.total > 3, timeout=WAIT)
    assert (RunState.PAUSED in states) is paused
    assert bench.run.shutdown(10.0)
    bench.shell.close_project()
