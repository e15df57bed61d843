"""The window around the pages: rail, run bar, palette, news, dropped files, the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio import theme
from studio.app import make_window
from studio.frame.stack import NoProject
from studio.pages import available
from studio.pages.base import Page, ProjectPage
from studio.settings import Settings
from studio.widgets import SectionTitle
from studio.window import MainWindow
from studio.words import time_words
from ulmengine import events as ev
from ulmengine.config import CorpusConfig, RunConfig
from ulmengine.plan.control import Move, RunState, commands

from .fakes import FakeRun, ScriptedAsk


def test_the_rail_shows_the_pages_there_are_in_the_order_of_the_method(window: MainWindow) -> None:
    order = ["home", "corpus", "model", "rates", "train", "evaluate", "classify", "runs", "models", "settings"]
    keys = list(window.rail.items)
    assert keys == [key for key in order if key in keys]
    assert keys[0] == "home"
    assert keys[-1] == "settings"
    assert keys == [entry.key for entry in available()]


def test_no_part_of_a_page_is_a_window_of_its_own_for_a_moment(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    """What is shown before it stands in its place flashes up on the screen, and may be hidden in its place."""
    shown: list[str] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                shown.append(f"{type(watched).__name__} {watched.accessibleName()}")
            return False

    watch, app = Watch(), QApplication.instance()
    assert app is not None
    app.installEventFilter(watch)
    try:
        assert window.shell.new_project(tmp_path / "one")
        for entry in available():
            window.go(entry.key)
        qtbot.wait(50)
    finally:
        app.removeEventFilter(watch)
    assert shown == []


def test_without_a_project_a_step_says_what_to_do(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.rail.items["corpus"], Qt.MouseButton.LeftButton)
    assert isinstance(window.pages.currentWidget(), NoProject)
    assert window.rail.items["corpus"].isChecked()


def test_pages_are_made_when_first_wanted_and_go_with_the_project(window: MainWindow, tmp_path: Path) -> None:
    assert window.pages.made() == [window.pages.page("home")]
    assert window.shell.new_project(tmp_path / "one")
    window.go("corpus")
    first = window.pages.page("corpus")
    assert isinstance(first, ProjectPage)
    assert first.project is window.shell.project
    assert window.shell.new_project(tmp_path / "two")
    second = window.pages.page("corpus")
    assert isinstance(second, ProjectPage)
    assert second is not first
    assert second.project is window.shell.project


def test_every_page_opens_with_and_without_a_project_in_both_appearances(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    for mode in ("light", "dark"):
        theme.current().apply(mode)  # type: ignore[arg-type]
        for entry in window.pages.entries:
            window.go(entry.key)
            window.grab()
    assert window.shell.new_project(tmp_path / "one")
    for mode in ("dark", "light"):
        theme.current().apply(mode)  # type: ignore[arg-type]
        for entry in window.pages.entries:
            window.go(entry.key)
            window.grab()
            page = window.pages.currentWidget()
            assert isinstance(page, Page)
            assert page is window.pages.page(entry.key)


def test_every_control_has_a_name_for_a_screen_reader(window: MainWindow, tmp_path: Path) -> None:
    assert window.shell.new_project(tmp_path / "one")
    for key in ("home", "settings"):
        window.go(key)
    nameless = [
        f"{type(control).__name__} on {window.pages.key}"
        for kind in (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit)
        for control in window.findChildren(kind)
        if _own(control) and not (control.accessibleName() or getattr(control, "text", str)())
    ]
    assert nameless == []


def test_the_wheel_passes_over_every_list(window: MainWindow, tmp_path: Path) -> None:
    assert window.shell.new_project(tmp_path / "one")
    boxes = [box for key in window.rail.items for page in [window.pages.page(key)] if page is not None
             for box in page.findChildren(QComboBox)]
    assert len(boxes) > 15
    for box in boxes:
        box.addItems(["one", "two"])
        box.setCurrentIndex(0)
        wheel = QWheelEvent(QPointF(5, 5), QPointF(5, 5), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
                            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
        QApplication.sendEvent(box, wheel)
        assert box.currentIndex() == 0, box.accessibleName()
        assert box.focusPolicy() == Qt.FocusPolicy.StrongFocus, box.accessibleName()


def test_the_wheel_over_tabs_changes_none(window: MainWindow, tmp_path: Path) -> None:
    assert window.shell.new_project(tmp_path / "one")
    strips = [strip for key in window.rail.items for page in [window.pages.page(key)] if page is not None
              for strip in page.findChildren(QTabWidget) if strip.count() > 1]
    assert len(strips) > 2
    for strip in strips:
        strip.setCurrentIndex(0)
        wheel = QWheelEvent(QPointF(5, 5), QPointF(5, 5), QPoint(0, -120), QPoint(0, -120), Qt.MouseButton.NoButton,
                            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
        QApplication.sendEvent(strip.tabBar(), wheel)
        assert strip.currentIndex() == 0


def _own(widget: QWidget) -> bool:
    """Whether a control is the program's own and not a part that Qt makes inside another."""
    return not widget.objectName().startswith("qt_") and not isinstance(widget.parent(), QComboBox)


def test_keys_go_to_pages(window: MainWindow, qtbot: QtBot) -> None:
    keys = [entry.key for entry in window.pages.entries]
    for number, key in enumerate(keys, 1):
        action = next(one for one in window.actions() if one.data() == key)
        assert action.shortcut().toString() == f"Ctrl+{number % 10}"
        action.trigger()
        assert window.pages.key == key


def test_no_key_is_given_twice(window: MainWindow) -> None:
    keys = [key.toString() for action in window.actions() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_a_pages_dot_is_shown_on_the_rail(window: MainWindow, tmp_path: Path) -> None:
    assert window.shell.new_project(tmp_path / "one")
    page = window.pages.page("corpus")
    assert page is not None
    page.status.emit("problem")
    assert window.rail.items["corpus"].dot == "problem"
    assert window.rail.items["corpus"].accessibleName() == "Corpus, needs attention"
    window.shell.close_project()
    assert window.rail.items["corpus"].dot == ""


def test_the_run_bar_says_what_is_missing_before_a_first_run(window: MainWindow, tmp_path: Path) -> None:
    assert window.bar.stage.text() == "Open a project"
    assert window.shell.new_project(tmp_path / "one")
    assert window.bar.stage.text() == "Choose a corpus first"
    project = window.shell.project
    assert project is not None
    project.change({"corpus.path": "somewhere.csv"})
    assert window.bar.stage.text() == "Ready to start"
    project.undo.undo()
    assert window.bar.stage.text() == "Choose a corpus first"


@pytest.mark.parametrize("state", list(RunState))
def test_the_run_bars_buttons_are_a_function_of_the_state(
    window: MainWindow, run: FakeRun, tmp_path: Path, state: RunState
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    run.enter(state)
    bar, possible = window.bar, commands(state)
    assert bar.start.isHidden() != (Move.START in possible)
    assert bar.pause.isHidden() == bar.stop.isHidden() == (Move.START in possible)
    if Move.START not in possible:
        assert bar.stop.isEnabled() == (Move.STOP in possible)
        assert bar.pause.isEnabled() == bool(possible & {Move.PAUSE, Move.RESUME})
        assert bar.pause.text() == ("Resume" if Move.RESUME in possible else "Pause")
    assert window.commands["start_run"].isEnabled() == (Move.START in possible)
    assert window.commands["stop_run"].isEnabled() == (Move.START not in possible)
    assert bar.state.text()


def test_the_run_bars_buttons_ask_the_run(window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot) -> None:
    assert window.shell.new_project(tmp_path / "one", RunConfig(corpus=CorpusConfig(path="texts.csv")))
    bar = window.bar
    qtbot.mouseClick(bar.start, Qt.MouseButton.LeftButton)
    run.move(Move.BEGUN)
    qtbot.mouseClick(bar.pause, Qt.MouseButton.LeftButton)
    run.move(Move.HELD)
    assert bar.state.text() == "Paused"
    qtbot.mouseClick(bar.pause, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(bar.stop, Qt.MouseButton.LeftButton)
    run.move(Move.CLOSED)
    assert run.calls == ["start", "pause", "resume", "stop"]
    assert not bar.start.isHidden()


def test_the_run_bar_tells_stage_step_loss_time_and_device(
    window: MainWindow, run: FakeRun, tmp_path: Path
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    run.move(Move.BEGUN)
    stages = ({"name": "language model"}, {"name": "head"})
    run.say(ev.RunStarted("x", "cpu", "float32", 10, stages),
            ev.StageStarted(0, "language model", ("a", "b"), 2, 3, 100))
    run.say(*(ev.Step(0, 1, n, n, 4.0, (1e-3,), 0.1, 10, 0.5) for n in range(1, 21)))
    bar = window.bar
    assert bar.stage.text() == "1 of 2: language model"
    assert bar.step.text() == "step 20 of 100, epoch 1 of 3"
    assert bar.loss.text() == "loss 4.000"
    assert bar.left.text() == "stage: 40 s left"  # 80 steps of half a second
    assert bar.device.text() == "cpu"
    assert bar.bar.value() == 200
    run.say(ev.Progress("validation", 3, 12, "batches"))
    assert bar.step.text() == "step 20 of 100  ·  validation: 3 of 12"
    assert bar.bar.value() == 200  # where the run stands, not the validation
    run.move(Move.PAUSE)
    run.move(Move.HELD)
    assert bar.step.text() == "step 20 of 100, epoch 1 of 3"
    assert bar.bar.value() == 200
    run.move(Move.RESUME)
    run.say(ev.StageEnded(0, "language model", 2, 3, 4.0, 4.0, {}, 40.0), ev.Progress("Fitting the baseline", 0, 0))
    assert bar.step.text() == "Fitting the baseline"
    assert (bar.bar.minimum(), bar.bar.maximum()) == (0, 0)
    run.say(ev.Progress("Asking the baseline", 1, 4))
    assert bar.bar.value() == 250
    run.say(ev.Evaluated("test", 50, 0.875, (0.8, 0.9), {}, 0.8, (0.7, 0.85)))
    run.move(Move.ENDED)
    assert bar.stage.text() == "Accuracy 87.5%"
    assert run.folder is not None
    run.folder.mkdir(parents=True)  # as a real run has made it: the next one is called otherwise
    window.shell.starter.start()
    assert bar.loss.text() == ""
    run.move(Move.BEGUN)
    run.say(ev.Evaluated("test", 50, 0.875, (0.8, 0.9), {}, 0.8, (0.7, 0.85), blend_accuracy=0.9,
                         blend_interval=(0.82, 0.96)))
    run.move(Move.ENDED)
    assert bar.stage.text() == "Accuracy 90.0% with word counts"  # which is how the saved model answers
    run.folder.mkdir(parents=True)
    window.shell.starter.start()
    run.move(Move.BEGUN)
    run.say(ev.Evaluated("test", 50, 0.875, (0.8, 0.9), {}, 0.8, (0.7, 0.85), relabelled=3))
    run.move(Move.ENDED)
    assert bar.stage.text() == "Accuracy 87.5% (3 test labels corrected)"


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (59, "59 s"), (60, "1 min"), (7_800, "2 h 10 min")])
def test_spans_of_time_in_words(seconds: float, words: str) -> None:
    assert time_words(seconds) == words


def test_undo_and_redo_act_on_the_open_project(window: MainWindow, tmp_path: Path) -> None:
    undo = next(action for action in window.actions() if action.text().startswith("Undo"))
    assert not undo.isEnabled()
    assert window.shell.new_project(tmp_path / "one")
    project = window.shell.project
    assert project is not None
    project.change({"classifier.lr": 0.5})
    assert undo.isEnabled()
    undo.trigger()
    assert project.config.classifier.lr == 0.004


def test_a_button_that_undoes_is_gone_with_the_next_change(window: MainWindow, tmp_path: Path) -> None:
    assert window.shell.new_project(tmp_path / "one")
    project = window.shell.project
    assert project is not None
    project.change({"classifier.lr": 0.5})
    project.change({"classifier.epochs": (1, 2)})
    window.shell.toast("The epochs are others.", "ok", "Undo", project.undo.undo, undoes=True)
    window.shell.toast("Something else.", "ok", "Look at it", window.raise_)
    next(action for action in window.actions() if action.text().startswith("Undo")).trigger()
    texts = [toast.notice.text for toast in window.toasts.shown]
    assert texts[0] == "Something else."  # the other one's button would take back the rate
    assert len(texts) == 2
    assert texts[1].startswith("Undone: ")
    redo = window.toasts.shown[1]
    assert redo.notice.action is not None
    redo.notice.action()
    assert [toast.notice.text for toast in window.toasts.shown] == ["Something else."]
    assert (project.config.classifier.lr, project.config.classifier.epochs) == (0.5, (1, 2))


def _drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                                Qt.KeyboardModifier.NoModifier))


def test_a_dropped_project_is_opened(window: MainWindow, tmp_path: Path) -> None:
    assert window.shell.new_project(tmp_path / "one")
    assert window.shell.new_project(tmp_path / "two")
    _drop(window, tmp_path / "one")
    assert window.shell.project is not None
    assert window.shell.project.folder == tmp_path / "one"


def test_a_dropped_file_starts_a_project_where_none_is_open(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "reviews.csv"
    rows = [f"a text that is number {n},{'good' if n % 2 else 'bad'}" for n in range(20)]
    file.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    _drop(window, file)
    project = window.shell.project
    assert project is not None
    assert project.name == "reviews"
    assert project.config.corpus.path == str(file)
    assert window.pages.key == "corpus"
    from studio.engine.job import shutdown_jobs

    qtbot.wait(50)
    assert shutdown_jobs(10.0)


def test_the_run_bar_says_when_nothing_is_heard_of_the_run(
    window: MainWindow, run: FakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(window.bar._quiet._silence, "_clock", lambda: now[0])
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    run.move(Move.BEGUN)

    def wait(seconds: int) -> None:
        for _ in range(seconds):
            now[0] += 1
            window.bar._quiet.look()

    wait(58)
    assert "Nothing heard" not in window.bar.stage.text()
    wait(63)
    assert window.bar.stage.text() == "Nothing heard for 2 min"
    run.say(ev.Note("I am still here"))
    assert "Nothing heard" not in window.bar.stage.text()
    wait(58)
    assert "Nothing heard" not in window.bar.stage.text()
    run.move(Move.PAUSE)
    run.move(Move.HELD)
    assert not window.bar._quiet._timer.isActive()


def test_the_window_remembers_where_it_stood(
    qtbot: QtBot, run: FakeRun, settings: Settings, ask: ScriptedAsk
) -> None:
    first = make_window(settings, ask, run)  # type: ignore[arg-type]
    first.resize(1000, 640)
    first.show()
    first.close()
    again = Settings(settings.path)
    assert again.values.geometry
    first.deleteLater()
    second = make_window(again, ask, FakeRun())  # type: ignore[arg-type]
    assert second.height() == 640  # the screen of the test is too narrow to keep the width
    second.close()
    second.deleteLater()


def test_the_whole_window_fits_1280_by_800_and_less(window: MainWindow) -> None:
    assert window.minimumSizeHint().width() <= 1280
    assert window.minimumSizeHint().height() <= 800


def test_the_title_stands_at_the_same_place_on_every_page(window: MainWindow, tmp_path: Path) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.resize(1_280, 800)
    for key in ("home", "model", "rates", "train", "classify", "settings"):  # an empty Corpus page has no title
        window.go(key)
        page = window.pages.currentWidget()
        (top,) = {title.mapTo(page, QPoint(0, 0)).y() for title in page.findChildren(SectionTitle)
                  if title.isVisible() and title.heading.font().pointSizeF() > page.font().pointSizeF() * 1.5}
        assert (key, top) == (key, theme.XL)
