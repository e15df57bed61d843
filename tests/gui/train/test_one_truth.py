"""The run bar and the Train page read one object: what the one says, the other says; a double click is one click."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.engine.host import RunRequest
from studio.frame.runbar import RunBar
from studio.models.run_table import standing
from studio.pages.home.recent import look_at, state_line
from studio.pages.train.page import TrainPage
from studio.shown import ShownRun
from studio.widgets import Button
from studio.window import MainWindow
from tests.gui.fakes import FakeRun
from ulmengine import events as ev
from ulmengine.plan.control import Move, RunControl, RunState
from ulmengine.plan.divergence import watched
from ulmengine.record import RunFolder, run_line
from ulmengine.runs.origin import CorpusChangedError

from .help import WAIT, Bench, logged


def bar_of(bench: Bench) -> RunBar:
    bar = RunBar(bench.shell)
    bench.qtbot.addWidget(bar)
    bar.resize(1_000, 64)
    bar.show()
    return bar


def double_click(window: QWidget, place: QPoint) -> None:
    """As Qt tells it: press, release, press, double click, release, each to whatever is under the mouse by then."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonPress,
                 QEvent.Type.MouseButtonDblClick, QEvent.Type.MouseButtonRelease):
        target = window.childAt(place) or window
        at = target.mapFrom(window, place)
        buttons = none if kind == QEvent.Type.MouseButtonRelease else left
        QApplication.sendEvent(target, QMouseEvent(kind, QPointF(at), QPointF(target.mapToGlobal(at)), left, buttons,
                                                   Qt.KeyboardModifier.NoModifier))


def place_of(widget: QWidget, bench: Bench) -> QRect:
    """Where ``widget`` stands on the page."""
    return QRect(widget.mapTo(bench.page, QPoint(0, 0)), widget.size())


def test_a_double_click_on_pause_pauses_and_nothing_moves(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, steps=40, nap=0.004))
    bench.page.resize(1_500, 720)
    bar = bar_of(bench)
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.run.state is RunState.RUNNING and bench.page.history.total > 3, timeout=WAIT)
    buttons = bench.page.view.buttons
    states: list[RunState] = []
    bench.run.stateChanged.connect(states.append)
    qtbot.wait(20)
    pause, stop = place_of(buttons.pause, bench), place_of(buttons.stop, bench)
    double_click(bench.page, buttons.pause.mapTo(bench.page, buttons.pause.rect().center()))
    bench.until(RunState.PAUSED)
    qtbot.wait(50)
    assert states == [RunState.PAUSING, RunState.PAUSED]
    assert (place_of(buttons.resume, bench), place_of(buttons.stop, bench)) == (pause, stop)
    bench.run.resume()
    bench.until(RunState.RUNNING)
    states.clear()
    double_click(bar, bar.pause.geometry().center())
    bench.until(RunState.PAUSED)
    qtbot.wait(50)
    assert states == [RunState.PAUSING, RunState.PAUSED]
    bench.run.stop()
    bench.until(RunState.STOPPED)
    bench.shell.close_project()


def test_bar_and_page_offer_the_same_in_the_same_order_and_nothing_comes_and_goes(
    window: MainWindow, run: FakeRun, tmp_path: Path
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    window.go("train")
    page, bar = window.pages.page("train"), window.bar
    assert isinstance(page, TrainPage)
    buttons = page.view.buttons
    run.move(Move.BEGUN)
    run.say(ev.RunStarted("x", "cpu", "float32", 10, ({"name": "language model", "task": "language_model"},) * 2),
            ev.StageStarted(0, "language model", ("a", "b"), 2, 3, 100),
            ev.Step(0, 1, 1, 1, 4.0, (1e-3,), 0.1, 10, 0.5))

    def places() -> dict[str, QRect]:
        QApplication.processEvents()
        own = {name: getattr(buttons, name) for name in ("between", "back", "step", "next_stage", "finish", "stop")}
        own |= {"primary": next(one for one in (buttons.pause, buttons.resume) if one.isVisible()),
                "bar's stop": bar.stop, "bar's primary": bar.pause}
        return {name: QRect(one.mapTo(window, QPoint()), one.size()) for name, one in own.items() if one.isVisible()}

    before = places()
    assert before["stop"].x() < before["primary"].x()
    assert before["bar's stop"].x() < before["bar's primary"].x()
    for move, resume in ((Move.PAUSE, True), (Move.HELD, True), (Move.STEP, False), (Move.PAUSE, True)):
        run.move(move)
        assert places() == before, move
        assert buttons.resume.isVisible() == resume
        assert (buttons.resume if resume else buttons.pause).isEnabled()
        assert (bar.pause.text() == "Resume") == resume
    assert not buttons.step.isEnabled()


def test_a_stopped_run_is_the_same_everywhere_and_a_new_one_beside_it_asks(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, steps=20, nap=0.02))  # not over before it is stopped
    bar = bar_of(bench)
    bench.click(bench.page.view.big_start)
    qtbot.waitUntil(lambda: bench.page.history.total > 25, timeout=WAIT)  # past its first checkpoint
    bench.run.stop()
    bench.until(RunState.STOPPED)
    step = bar.step.text()
    assert step.startswith("step ")
    for state in ("Stopped", "Interrupted"):  # the replayed run does not write into its log that it was stopped
        assert bar.state.text() == state
        assert state in bench.page.view.heading.below.text()
        assert bar.step.text() == step
        assert bar.pause.text() == "Resume"
        assert not bar.pause.isHidden()
        assert bar.start.isHidden()
        assert bench.page.view.buttons.resume.isVisible()
        assert bench.shell.open_project(bench.project.folder)  # and when it is opened again
        bench.page = bench.new_page()
    bench.ask.answers = ["cancel", "resume"]
    assert not bench.shell.starter.begin()
    assert bench.ask.asked == [("Start a new run", ("resume", "new", "cancel"))]
    assert bench.run.state is RunState.STOPPED
    assert bench.shell.starter.begin()
    assert bench.run.folder == bench.page.folder.path  # type: ignore[union-attr]
    assert len(bench.project.run_folders()) == 1
    bench.run.stop()
    bench.until(RunState.STOPPED)
    bench.shell.close_project()


def test_the_loss_is_one_figure_everywhere_and_between_two_stages_nothing_is_told_of_the_one_that_is_over(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    window.go("train")
    page, bar = window.pages.page("train"), window.bar
    assert isinstance(page, TrainPage)
    run.move(Move.BEGUN)
    stages = ({"name": "language model", "task": "language_model"},
              {"name": "classifier: head", "task": "classifier"},
              {"name": "classifier: head + layer 2", "task": "classifier"})
    run.say(ev.RunStarted("x", "cpu", "float32", 10, stages),
            ev.StageStarted(0, "language model", ("a", "b"), 2, 3, 100, "language_model"))
    page.view.plots.loss.redraw()
    assert bar.step.text() == "step 0 of 100"
    plots = page.view.plots
    for number, (loss, smoothed) in enumerate(((4.0, "4.000"), (3.0, "3.474"), (3.0, "3.299")), 1):
        # 4, (0.09 * 4 + 0.1 * 3) / 0.19, (0.081 * 4 + 0.09 * 3 + 0.1 * 3) / 0.271
        run.say(ev.Step(0, 1, number, number, loss, (1e-3, 1e-3), 0.1, 10, 0.4))
        assert bar.loss.text() == f"loss {smoothed}"
        assert page.view.strip.cards[0].second.text() == f"loss {smoothed}"
        assert plots.readout.text().startswith(f"Loss {smoothed}, ")  # before the curve is drawn
    assert bar.left.text() == "stage: 39 s left"  # 97 steps of 0.4 seconds
    run.say(ev.EpochEnded(0, 1, 3, 3.3, {"valid_loss": 3.2, "perplexity": 24.5}, True, 1.5, {}),
            ev.StageEnded(0, "language model", 2, 1, 3.3, 3.2, {"perplexity": 24.5}, 1.5, "asked"),
            ev.Progress("Trying how much of the tuned language model to take", 2, 11, ""))
    assert bar.stage.text() == "1 of 3 stages done"
    assert (bar.left.text(), bar.loss.text()) == ("", "")
    assert bar.step.text().startswith("Trying how much of the tuned language model to take")
    window.resize(1_280, 800)
    qtbot.wait(20)
    assert "Trying" not in page.view.heading.below.text()  # the bar says it, which has room for it
    assert bar.step.shown() == "Trying how much of the tuned language model to take"
    run.say(ev.StageStarted(1, "classifier: head", ("a", "b"), 1, 1, 20, "classifier"))
    assert bar.stage.text() == "2 of 3: classifier: head"
    assert bar.step.text() == "step 0 of 20"
    assert plots.readout.text() == "No step of this stage yet, 3 of the run."
    assert plots.rate.summary() == "No step of this stage yet, 3 of the run."
    run.say(ev.StageStarted(2, "classifier: head + layer 2", ("layer 1", "layer 2", "head"), 2, 1, 20, "classifier"))
    bar.stage.setFixedWidth(bar.stage.fontMetrics().horizontalAdvance("3 of 3: + layer 2") + 4)
    assert bar.stage.shown() == "3 of 3: + layer 2"  # where there is less room, as below the curves


def test_another_run_is_looked_at_beside_the_one_under_way(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, steps=30, nap=0.004))
    bar = bar_of(bench)
    bench.run._make = logged
    bench.shell.starter.begin()
    bench.until(RunState.FINISHED)
    first = bench.page.folder
    assert first is not None
    bench.run._make = partial(logged, steps=60, nap=0.004)
    bench.shell.starter.begin()
    bench.until(RunState.RUNNING)
    bench.page.show_run(first)
    assert bench.page.folder == first
    assert "Finished" in bench.page.view.heading.below.text()
    assert not bench.shown() & {"pause", "stop", "resume", "anew", "start"}
    assert bar.state.text() == "Running"
    assert not bar.stop.isHidden()
    bench.page.show_run(bench.shell.shown.folder)  # type: ignore[arg-type]
    assert bench.page.shown is bench.shell.shown
    assert {"pause", "stop"} <= bench.shown()
    bench.run.stop()
    bench.until(RunState.STOPPED)
    bench.shell.close_project()


def test_red_marks_leave_with_the_failure_that_was_read(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, partial(logged, until=8))
    bar = bar_of(bench)
    dots: list[str] = []
    bench.page.status.connect(dots.append)
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FAILED)
    assert (dots[-1], bar.dot.kind) == ("problem", "problem")
    assert bar.start.isHidden()
    assert bar.pause.isHidden()  # the card says how to go on, and the bar leads there
    led: list[str] = []
    bench.shell.pageWanted.connect(led.append)
    bar.advice.click()
    assert led == ["train"]
    bench.page.view.failure._dismiss()
    assert not bench.page.view.failure.isVisible()
    assert (dots[-1], bar.dot.kind) == ("ready", "ready")
    assert bar.advice.isHidden()
    assert not bar.start.isHidden()
    again = ShownRun(bench.run, bench.page)
    again.show(bench.page.folder)  # type: ignore[arg-type]
    assert again.trouble is not None  # who opens it again reads it again
    bench.shell.close_project()


def growing(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """A run whose loss grows after its 50th step, unless its rate is lower than usual."""
    high = request.config.language_model.lr > 0.005

    def said() -> Generator[ev.Event, None, None]:
        for event in logged(request, control, steps=40):
            yield replace(event, loss=95.0) if high and isinstance(event, ev.Step) and event.total > 50 else event

    return watched(said())


def test_a_loss_that_grows_holds_the_run_and_can_be_gone_back_from(qtbot: QtBot, tmp_path: Path) -> None:
    asked: list[RunRequest] = []

    def make(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
        asked.append(request)
        return growing(request, control)

    bench = Bench(qtbot, tmp_path, make)
    bar = bar_of(bench)
    bench.project.change({"language_model.lr": 0.009})
    bench.click(bench.page.view.big_start)
    bench.until(RunState.PAUSED)
    card = bench.page.view.failure
    assert card.isVisible()
    assert card.failure is not None
    assert card.failure.title == "The loss grows instead of falling: the run waits"
    held = bench.page.history.total
    assert 50 < held < 70
    assert not bar.advice.isHidden()
    assert bar.pause.isHidden()
    first, second = (button for button in card.findChildren(Button) if button.text() not in ("Details", "Copy"))
    assert first.text() == "Go back to step 40 and continue with a peak rate of 0.003"
    assert second.text() == "Go on as it is"
    bench.click(first)
    qtbot.waitUntil(lambda: len(asked) == 2, timeout=WAIT)
    assert asked[1].folder == asked[0].folder
    assert asked[1].resume
    assert asked[1].checkpoint == "000001-epoch"
    assert asked[1].config.language_model.lr == 0.003
    bench.until(RunState.FINISHED)
    assert not card.isVisible()
    bench.shell.close_project()


def test_who_expected_a_growing_loss_goes_on(qtbot: QtBot, tmp_path: Path) -> None:
    bench = Bench(qtbot, tmp_path, growing)
    bench.project.change({"language_model.lr": 0.009})
    bench.click(bench.page.view.big_start)
    bench.until(RunState.PAUSED)
    card = bench.page.view.failure
    bench.click(next(button for button in card.findChildren(Button) if button.text() == "Go on as it is"))
    bench.qtbot.waitUntil(lambda: bench.page.history.total > 80, timeout=WAIT)  # once a stage is enough
    assert not card.isVisible()
    bench.run.stop()
    bench.until(RunState.STOPPED, RunState.PAUSED, RunState.FINISHED)
    assert bench.run.shutdown(10.0)
    bench.shell.close_project()


def test_a_run_that_was_made_and_never_began_is_called_so_wherever_it_stands(bench: Bench) -> None:
    bar, shell = bar_of(bench), bench.shell
    assert bar.state.text() == "No run"
    older, newer = (RunFolder.create(bench.project.runs / name, bench.project.run_config()) for name in "ab")
    shell.show_run(newer)
    assert bar.state.text() == "Not begun"
    assert bar.bar.isHidden()
    assert bench.page.view.heading.below.text().startswith("b  ·  Not begun")
    assert bench.page.choice._words(older) == "a  ·  Not begun"
    assert standing(run_line(older)) == "Not begun"
    project = look_at(bench.project.folder)
    assert project is not None
    assert state_line(project) == "Not begun"


def test_the_wheel_leaves_the_curves_alone(bench: Bench) -> None:
    bench.click(bench.page.view.big_start)
    bench.until(RunState.FINISHED)
    for plot in (bench.page.view.plots.loss, bench.page.view.plots.rate):
        plot.redraw()
        before = plot.view.viewRange()
        for keys in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier):
            middle = QPointF(plot.viewport().rect().center())
            wheel = QWheelEvent(middle, QPointF(plot.mapToGlobal(middle.toPoint())), QPoint(0, 120), QPoint(0, 120),
                                Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False)
            QApplication.sendEvent(plot.viewport(), wheel)
            if keys == Qt.KeyboardModifier.NoModifier:
                assert plot.view.viewRange() == before
                assert plot.following
        (low, high), y = plot.view.viewRange()
        assert high - low < before[0][1] - before[0][0]  # with Ctrl it zooms the steps, and nothing else
        assert y == before[1]


def test_a_run_that_was_refused_stands_as_before_everywhere_and_goes_on_with_the_earlier_files(
    qtbot: QtBot, tmp_path: Path
) -> None:
    changed: list[bool] = []

    def make(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
        if request.resume and changed:
            raise CorpusChangedError("The corpus has changed since this run began, so it cannot go on exactly")
        return logged(request, control, steps=40, nap=0.0 if request.resume else 0.004)

    bench = Bench(qtbot, tmp_path, make)
    bar, page, card = bar_of(bench), bench.page, bench.page.view.failure
    bench.click(page.view.big_start)
    qtbot.waitUntil(lambda: page.history.total > 45, timeout=WAIT)
    bench.click(page.view.buttons.stop)
    bench.until(RunState.STOPPED)
    assert page.folder is not None
    with page.folder.open_log() as log:  # as the real one writes it down
        log.append(ev.Stopped(page.history.total))
    changed.append(True)
    bench.click(page.view.buttons.resume)
    qtbot.waitUntil(card.isVisible, timeout=WAIT)
    found = look_at(bench.project.folder)
    assert found is not None
    assert (state_line(found), bar.state.text()) == ("Stopped", "Stopped")
    assert "Stopped" in page._standings()[0]
    assert bar.stage.text().startswith("The corpus has changed")
    assert (bar.dot.kind, page.shown.dot) == ("problem", "problem")
    changed.clear()
    bench.click(next(one for one in card.findChildren(Button) if one.text() == "Go on: the earlier files are back"))
    bench.until(RunState.FINISHED)
    assert not card.isVisible()
    bench.shell.close_project()
