"""The Train page from the first look to the result, what it shows of a run and what it says of a failure."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from studio.engine.host import RunRequest
from studio.facts import CorpusFacts
from studio.pages.corpus.repair_book import RepairBook
from studio.pages.train.view import Figures
from studio.plots.history import RunHistory
from studio.plots.small_plot import figures
from studio.shown import ShownRun, log_reader
from studio.widgets import Button
from tests.studio import replay
from ulmengine import events as ev
from ulmengine.corpus import CorpusError
from ulmengine.plan.control import RunControl, RunState
from ulmengine.record import RunFolder

from .help import WAIT, Bench, logged


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


def test_a_new_run_is_the_picture_from_the_moment_it_is_started(bench: Bench) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    plots, small = bench.page.view.plots, bench.page.view.figures.plots
    for plot in (plots.loss, plots.rate, *small):
        plot.redraw()
    assert len(plots.loss._valid.getData()[0]) == 6  # an epoch each
    assert len(small[0]._points.getData()[0]) == 4
    bench.shell.starter.begin()
    # Nothing of the run before is there, without a turn of the loop.
    assert bench.run.state is RunState.STARTING
    assert len(plots.loss._valid.getData()[0]) == len(small[0]._points.getData()[0]) == 0
    # The stages have 2, 1, 1 and 2 epochs, which are drawn with 100 steps as long as the corpus has not been read.
    lines = [ghost for ghost in plots.rate._ghosts if ghost.isVisible()]
    assert [ghost.getData()[0][-1] for ghost in lines] == [200] * 3 + [300] + [400] * 2 + [600] * 4
    assert plots.loss.view.viewRange()[0] == pytest.approx([0, 606])
    axis = plots.rate.getAxis("bottom")
    assert axis.tickStrings([100.0, 200.0], 1, 100) == ["", ""]  # the steps are not the run's own yet
    bench.until(RunState.FINISHED)
    plots.rate.redraw()
    assert axis.tickStrings([20.0, 40.0], 1, 20) == ["20", "40"]


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
    bench.until(RunState.FAILED)
    assert len(bench.project.run_folders()) == 1
    frozen = getattr(RunFolder(bench.run.folder or tmp_path).config(), task)
    assert (frozen.batch_size, frozen.optimizer.accumulation) == (before.batch_size // 2, 2)
    assert getattr(bench.project.config, task).batch_size == before.batch_size // 2
    bench.shell.close_project()


def test_settings_stay_as_they_are_where_a_changed_run_cannot_begin(qtbot: QtBot, tmp_path: Path) -> None:
    def make(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
        if request.resume:
            raise CorpusError("The corpus is gone.")
        return logged(request, control, until=60)

    bench = Bench(qtbot, tmp_path, make)
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FAILED)
    folder, before = RunFolder(bench.run.folder or tmp_path), bench.project.config
    frozen = folder.config_path.read_bytes()
    bench.click(next(one for one in bench.page.view.failure.findChildren(Button) if "continue" in one.text()))
    qtbot.waitUntil(lambda: bench.run.failure is not None and bench.run.failure.cause == "data", timeout=WAIT)
    bench.until(RunState.FAILED)
    assert folder.config_path.read_bytes() == frozen
    assert bench.project.config == before
    bench.shell.close_project()


def test_a_run_made_before_is_shown_again(bench: Bench) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    live = bench.page.history
    assert bench.shell.open_project(bench.project.folder)
    again = bench.new_page()
    assert again.history is not live
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
    assert bench.shell.open_project(bench.project.folder)
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


def test_a_run_that_is_shown_while_it_goes_is_shown_whole(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, steps=30, nap=0.002))
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.page.history.total > 20, timeout=WAIT)
    late = ShownRun(bench.run, bench.page)
    late.show(RunFolder(bench.run.folder))  # type: ignore[arg-type]
    assert late.own
    bench.until(RunState.FINISHED)
    assert late.state is RunState.FINISHED
    assert [stage.loss.x.tolist() for stage in late.history.stages] == [
        stage.loss.x.tolist() for stage in bench.page.history.stages]
    assert [len(stage.ends) for stage in late.history.stages] == [2, 1, 1, 2]
    bench.shell.close_project()


def test_a_log_that_cannot_be_read_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    folder = bench.page.folder
    assert folder is not None

    def broken(self: RunFolder) -> Iterator[ev.Event]:
        raise OSError(5, "Input/output error", str(self.log_path))

    monkeypatch.setattr(log_reader, "AT_ONCE_BYTES", 0)
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "events", broken)
        bench.page.show_run(folder)
        bench.qtbot.waitUntil(lambda: not bench.page.shown.reading, timeout=WAIT)
    card = bench.page.view.failure
    assert card.isVisible()
    assert "could not be read" in bench.page.view.heading.below.text()
    assert card.failure is not None
    assert "Input/output error" in card.failure.title
    bench.click(next(button for button in card.findChildren(Button) if button.text() == "Try again"))
    bench.qtbot.waitUntil(lambda: bench.page.history.finished is not None, timeout=WAIT)
    assert not card.isVisible()


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


def test_a_stop_without_room_is_a_card_that_tries_again_or_goes_on(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, replay.no_room_to_stop)
    card = bench.page.view.failure
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.page.view.buttons.stop.isVisible() and bench.page.history.total > 0, timeout=WAIT)
    bench.click(bench.page.view.buttons.stop)
    bench.until(RunState.PAUSED)
    qtbot.waitUntil(card.isVisible, timeout=WAIT)
    assert [one.text() for one in card.findChildren(Button) if one.text()] == ["Try again", "Go on training", "Copy"]
    bench.click(next(one for one in card.findChildren(Button) if one.text() == "Try again"))
    bench.until(RunState.STOPPED)
    assert not card.isVisible()
    bench.shell.close_project()


@pytest.mark.parametrize(("cause", "says"), [
    ("files", "Try again"), ("folder_gone", "Try again"), ("disk_full", "Try again"),
    ("settings", "Look at the stages"), ("data", "Look at the corpus"), ("bug", None),
])
def test_each_cause_has_a_remedy_of_its_own(bench: Bench, cause: str, says: str | None) -> None:
    failed = ev.Failed(cause, "It ended", "", "", "")
    tries = bench.page.mender.tries_of(failed, "classifier", bench.project.config, [])
    assert [text for text, _ in tries] == ([says] if says else [])


def test_nothing_begins_in_a_project_whose_folder_is_gone(bench: Bench, tmp_path: Path) -> None:
    news: list[str] = []
    bench.shell.noticed.connect(lambda notice: news.append(notice.text))
    (tmp_path / "project").rename(tmp_path / "renamed")
    assert not bench.shell.starter.begin()
    assert not bench.shell.starter.start()
    assert "folder is gone from" in news[-1]
    bench.project.keep_facts(CorpusFacts("", 2, 5, 10, 0, 5.0, 5.0))
    RepairBook(bench.project.cache).write_down("Empty documents", ("a",))
    bench.project.change({"classifier.lr": 0.02})
    bench.project.close()
    assert not (tmp_path / "project").exists()
    (tmp_path / "renamed").rename(tmp_path / "project")
    assert bench.shell.starter.begin()
    bench.until(RunState.FINISHED)


def test_a_small_plot_stands_in_its_place_before_the_others_are_made(qtbot: QtBot) -> None:
    small = Figures(RunHistory())
    qtbot.addWidget(small)
    small.resize(300, 300)
    small.show()
    places = set()

    def all_made() -> bool:
        if small.plots and small.plots[0].y():  # it has been laid out
            places.add(small.plots[0].y())
        return len(small.plots) == len(figures()) and small.plots[-1].y() > 0

    qtbot.waitUntil(all_made, timeout=5_000)
    assert len(places) == 1
