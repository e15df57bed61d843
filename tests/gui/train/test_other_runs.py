"""Runs that were not begun here: of another process, of the project, of no run at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from studio.frame.runbar import RunBar
from studio.pages.home.page import HomePage, ProjectRow
from studio.pages.rates.page import RatesPage
from studio.pages.runs.page import RunsPage
from studio.shown import log_reader
from studio.shown.following import LOOK_MS
from studio.words import state_words
from ulmengine import events as ev
from ulmengine.config import RunConfig, difference, save, with_settings
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder
from ulmengine.record.lock import say_paused
from ulmengine.runs.own_texts import ModelInfo, begin_pretraining, corpus_of

from .help import ROOT, WAIT, Bench, logged


@pytest.mark.parametrize("long", [False, True])
def test_a_run_of_another_process_is_followed_and_not_touched(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, long: bool
) -> None:
    if long:
        monkeypatch.setattr(log_reader, "AT_ONCE_BYTES", 0)
    path = tmp_path / "cluster" / "run"
    other = subprocess.Popen([sys.executable, "-m", "tests.studio.elsewhere", str(path)], cwd=ROOT)
    try:
        bench.qtbot.waitUntil(lambda: (path / "events.jsonl").exists(), timeout=WAIT)
        bench.ask.answers = [path]
        bench.click(bench.page.view.open_run)
        page = bench.page
        bench.qtbot.waitUntil(lambda: page.shown.elsewhere and page.history.total >= 30, timeout=WAIT)
        assert page.folder == RunFolder(path)
        assert "Running" in page.view.heading.below.text()
        assert "another process" in page.view.heading.below.text()
        assert bench.shown() == {"anew"}  # a new run of the project; nothing of the other's
        assert [len(stage.loss) for stage in page.history.stages] == [20, 10]
        assert not bench.run.active
    finally:
        other.kill()
        other.wait()
    bench.qtbot.waitUntil(lambda: not page.shown.elsewhere, timeout=WAIT)
    assert "Interrupted" in page.view.heading.below.text()
    assert [stage.loss.x.tolist() for stage in page.history.stages] == [
        list(range(1, 21)), list(range(21, 31))]


def test_a_run_that_another_process_takes_up_is_followed_from_then_on(bench: Bench) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    folder = bench.page.folder
    assert folder is not None
    total = bench.page.history.total
    with folder.lock(), folder.open_log() as log:
        bench.qtbot.waitUntil(lambda: bench.page.shown.elsewhere, timeout=WAIT)
        log.append(ev.Step(3, 2, 11, total + 1, 0.25, (0.1,), 1.0, 10, 0.1))
        bench.qtbot.waitUntil(lambda: bench.page.history.total == total + 1, timeout=WAIT)
    bench.qtbot.waitUntil(lambda: not bench.page.shown.elsewhere, timeout=WAIT)


def test_a_run_that_waits_for_a_person_in_another_window_is_called_paused_there_and_here(bench: Bench) -> None:
    bar = RunBar(bench.shell)
    bench.qtbot.addWidget(bar)
    bar.resize(1_280, 64)
    bar.show()
    rates = RatesPage(bench.project, bench.shell)
    bench.qtbot.addWidget(rates)
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    folder, total = bench.page.folder, bench.page.history.total
    assert folder is not None
    assert "What is drawn here" in rates.heading.below.text()

    bench.shell.settings.remember_project(bench.project.folder)
    home, runs = HomePage(bench.shell), RunsPage(bench.project, bench.shell)
    for page in (home, runs):  # in view all the while
        bench.qtbot.addWidget(page)
        page.show()

    def stands() -> tuple[str, ...]:
        return bar.state.text(), state_words(folder.state()), home.findChild(ProjectRow)._columns[0].text(), \
            runs.shown.index(0, 1).data()

    def said_everywhere(words: str) -> None:
        bench.qtbot.waitUntil(lambda: stands() == (words,) * 4, timeout=WAIT)

    with folder.lock(), folder.open_log() as log:
        bench.qtbot.waitUntil(lambda: bench.page.shown.elsewhere, timeout=WAIT)
        log.append(ev.StageStarted(4, "one more", ("a",), 1, 1, 30, "classifier"))
        for number, last, said in ((1, None, "Running"), (2, ev.Diverging(4, total + 2, 9., 1., total), "Paused"),
                                   (3, None, "Running"), (4, ev.Note("The loss grows", "warning"), "Running")):
            say_paused(folder.lock().path, said == "Paused")  # as the window that trains it does
            log.append(ev.Step(4, 1, number, total + number, 0.25, (0.1,), 1.0, 10, 0.1))
            if last is not None:
                log.append(last)
            bench.qtbot.waitUntil(lambda n=number: bench.page.history.total == total + n, timeout=WAIT)  # type: ignore[misc]
            said_everywhere(said)
            assert f"  ·  {said}  ·  " in bench.page.view.heading.below.text()
            assert (bar.left.text() == "") == (said == "Paused")
            assert not bar.start.isVisible()  # beside a run that goes on; the page has a button for another one
            assert bench.shown() == {"anew"}
            assert "these are the next run's" in rates.heading.below.text()
        for said, words in ((True, "Paused"), (False, "Running"), (True, "Paused")):  # by hand
            say_paused(folder.lock().path, said)
            said_everywhere(words)
            assert f"  ·  {words}  ·  " in bench.page.view.heading.below.text()
    bench.qtbot.waitUntil(lambda: not bench.page.shown.elsewhere, timeout=WAIT)
    said_everywhere("Interrupted")
    assert "What is drawn here" in rates.heading.below.text()


def test_what_another_window_says_of_a_run_in_less_than_a_second_is_told_here_too(bench: Bench) -> None:
    bar, told = RunBar(bench.shell), list[RunState]()
    bench.qtbot.addWidget(bar)
    bar.show()
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    folder = bench.page.folder
    assert folder is not None
    bench.shell.shown.stateChanged.connect(lambda: told.append(bench.shell.shown.state))
    history = bench.page.history
    (folder.path / "notes.txt").write_text("looked at elsewhere")
    with folder.open_log():
        pass  # nothing is written
    bench.qtbot.wait(2 * LOOK_MS)
    assert (bench.page.history is history, told) == (True, [])
    for event, state in ((ev.Failed("checkpoint", "Nothing is left", "", "", ""), RunState.FAILED),
                         (ev.Stopped(1), RunState.STOPPED)):
        with folder.lock(), folder.open_log() as log:
            log.append(event)
        bench.qtbot.waitUntil(lambda s=state: bar.state.text() == state_words(s), timeout=WAIT)  # type: ignore[misc]
        assert told.pop() is state
        assert folder.state() is state


def test_a_followed_run_that_goes_back_is_shown_from_there(bench: Bench) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    folder = bench.page.folder
    assert folder is not None
    steps = list(folder.events())
    third = next(n for n, event in enumerate(steps) if isinstance(event, ev.Step) and event.total == 15)
    before = folder.config()
    highest = max(plan.peak for plan in bench.page.shown.plans if plan.task == "classifier")
    with folder.lock(), folder.open_log() as log:
        bench.qtbot.waitUntil(lambda: bench.page.shown.elsewhere, timeout=WAIT)
        save(with_settings(before, ["classifier.lr=0.0011"]), folder.config_path)
        log.cut(0)
        for event in steps[:third]:
            log.append(event)
        # Longer than it was within one look: its length does not tell that it was cut.
        for number in range(300):
            log.append(ev.Step(0, 2, 15 + number, 15 + number, 0.5, (0.1,), 1.0, 10, 0.1))
        bench.qtbot.waitUntil(lambda: bench.page.history.total == 314, timeout=WAIT)
        assert [stage.loss.x.tolist() for stage in bench.page.history.stages] == [list(range(1, 315))]
        assert bench.page.history.finished is None
        assert highest == before.classifier.lr
        assert bench.page.shown.config.classifier.lr == 0.0011  # with which it goes on from there
        plans = bench.page.shown.plans
        assert max(plan.peak for plan in plans if plan.task == "classifier") == 0.0011
    bench.qtbot.waitUntil(lambda: not bench.page.shown.elsewhere, timeout=WAIT)


def test_another_run_of_the_project_can_be_shown(bench: Bench) -> None:
    for _ in range(2):
        bench.shell.starter.begin()
        bench.until(RunState.FINISHED)
    first, second = bench.project.run_folders()
    assert bench.page.folder == second
    buttons = bench.page.view.buttons
    buttons.runs_menu.aboutToShow.emit()
    assert [action.text() for action in buttons.runs_menu.actions()] == [f"{first.path.name}  ·  Finished"]
    buttons.runs_menu.actions()[0].trigger()
    assert bench.page.folder == first
    assert first.path.name in bench.page.view.heading.below.text()


def test_a_run_that_an_update_has_stopped_begins_again_with_its_own_settings(bench: Bench) -> None:
    bench.shell.starter.begin()
    bench.until(RunState.FINISHED)
    [first] = bench.project.run_folders()
    bench.project.change({"classifier.lr": 0.05, "model.dropout.multiplier": 0.1})
    failed = ev.Failed("program_changed", "Changed by an update", "", "Begin again.", "")
    _, [(text, begin_again)] = bench.page.mender.card(failed, bench.page.shown)
    assert text == "Begin again with the same settings"
    begin_again()
    bench.qtbot.waitUntil(lambda: len(bench.project.run_folders()) == 2, timeout=WAIT)
    bench.until(RunState.FINISHED)
    second = bench.project.run_folders()[-1]
    assert difference(first.config(), second.config()) == {}
    assert bench.project.config.classifier.lr == first.config().classifier.lr


def test_a_run_that_is_not_of_the_project_is_named_on_the_page_and_in_the_bar(bench: Bench, tmp_path: Path) -> None:
    bar = RunBar(bench.shell)
    bench.qtbot.addWidget(bar)
    bar.resize(1_280, 64)
    bar.show()
    place = tmp_path / "a rather long way to" / "pretraining" / "runs" / "2026-01-02-120000"
    config = RunConfig(corpus=corpus_of(tmp_path))
    folder = begin_pretraining(place, config, ModelInfo("small"))
    with folder.open_log() as log:
        log.append(ev.RunStarted("small", "cpu", "float32", 1_000, ({"name": "language model"},)))
        log.append(ev.StageStarted(0, "language model", ("a",), 1, 1, 20, "language_model"))
        log.append(ev.Step(0, 1, 1, 1, 4.0, (.1,), 1.0, 10, .1))
    bench.shell.show_run(RunFolder(place))
    assert bench.page.view.heading.below.text().startswith("“small”  ·  Interrupted")
    assert bench.page.view.heading.below.text().endswith(str(place))
    assert bar.stage.text() == "“small”: language model"
    bar.stage.setFixedWidth(60)
    assert bar.stage.shown() == "“small”"  # what there is room for
    own = RunFolder.create(bench.project.runs / "own", bench.project.run_config())
    bench.shell.show_run(own)
    assert str(own.path) not in bench.page.view.heading.below.text()
    assert "“" not in bar.stage.text()


def test_beside_a_model_that_is_learnt_from_texts_the_projects_run_is_one_click_away(
    bench: Bench, tmp_path: Path
) -> None:
    bar = RunBar(bench.shell)
    bench.qtbot.addWidget(bar)
    bar.resize(1_280, 64)
    bar.show()
    assert not bar.sign.leads  # there is nothing to show yet
    assert bar.state.isEnabled()  # what it says is to be read all the same
    bench.shell.starter.begin()
    bench.until(RunState.FINISHED)
    own = bench.page.folder
    assert own is not None
    assert bar.own.isHidden()
    place = tmp_path / "pretraining" / "runs" / "2026-01-02-120000"
    begin_pretraining(place, bench.page.config, ModelInfo("small"))
    bench.run._make = partial(logged, steps=200, nap=0.004)
    bench.shell.starter.start_alone(place, bench.page.config)
    bench.until(RunState.RUNNING)
    page = bench.page
    assert page.folder == RunFolder(place)
    bench.click(bar.own)
    assert page.folder == own
    assert bar.stage.text().startswith("“small”")  # what trains stays in the bar
    assert not bar.stop.isHidden()
    history = bench.shell.shown.history
    bench.click(bar.sign)
    assert page.shown is bench.shell.shown
    assert bench.shell.shown.history is history  # it is not read anew for that
    page.show_run(own)
    buttons = page.view.buttons
    buttons.runs_menu.aboutToShow.emit()
    assert [action.text() for action in buttons.runs_menu.actions()] == ["small  ·  Running"]
    buttons.runs_menu.actions()[0].trigger()
    assert page.folder == RunFolder(place)
    bench.run.stop()
    bench.until(RunState.STOPPED)
    bench.click(bar.own)  # nothing is under way: it is the window's again
    assert bench.shell.shown.folder == own
    assert bar.own.isHidden()


def test_a_run_whose_folder_is_deleted_is_shown_no_more(bench: Bench) -> None:
    for _ in range(2):
        bench.shell.starter.begin()
        bench.until(RunState.FINISHED)
    first, second = bench.project.run_folders()
    assert bench.page.folder == second
    shutil.rmtree(second.path)  # by whomever: nobody says it
    bench.qtbot.waitUntil(lambda: bench.page.folder == first, timeout=WAIT)
    shutil.rmtree(first.path)
    bench.qtbot.waitUntil(lambda: bench.page.folder is None, timeout=WAIT)
    assert bench.page.view.big_start.isVisible()


def test_a_shared_folder_that_is_away_for_a_moment_is_not_taken_for_deleted(bench: Bench, tmp_path: Path) -> None:
    bench.shell.starter.begin()
    bench.until(RunState.FINISHED)
    [folder] = bench.project.run_folders()
    bench.project.runs.rename(tmp_path / "away")
    bench.shell.shown.look()
    assert bench.page.folder == folder


def test_a_run_looked_at_beside_the_one_under_way_gives_its_place_back_when_it_is_deleted(
    paused: Bench, tmp_path: Path
) -> None:
    other = RunFolder.create(tmp_path / "other", paused.page.config)
    paused.page.show_run(other)
    assert paused.page.folder == other
    shutil.rmtree(other.path)
    paused.qtbot.waitUntil(lambda: paused.page.folder == paused.shell.shown.folder, timeout=WAIT)
    assert paused.page.shown.own


def test_what_is_not_a_run_is_not_shown(bench: Bench, tmp_path: Path) -> None:
    news: list[Any] = []
    bench.shell.noticed.connect(news.append)
    bench.ask.answers = [tmp_path]
    bench.click(bench.page.view.open_run)
    assert [notice.level for notice in news] == ["error"]
    assert bench.page.folder is None
