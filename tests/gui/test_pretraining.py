"""Pretrain from texts, in the window: asked, estimated, learnt, stopped, gone on with, and among the models at last."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app import make_window
from studio.engine.job import shutdown_jobs
from studio.engine.run_service import RunService
from studio.pages.models.page import ModelsPage
from studio.pages.models.pretrain_dialog import PretrainDialog, runs_folder
from studio.pages.models.pretraining import Undone
from studio.settings import Settings
from studio.widgets import Button
from studio.window import MainWindow
from tests.gui.fakes import ScriptedAsk
from ulmengine.config import RunConfig
from ulmengine.events import Failed
from ulmengine.models import ModelFile, load_bundle
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder
from ulmengine.runs.own_texts import ModelInfo, begin_pretraining, corpus_of

WAIT = 60_000
KOREAN = "영화 배우 연기 정말 재미 훌륭 감동 이야기 시간 다시 보고 최고 음악 사람".split()  # noqa: SIM905 - easier read


@pytest.fixture(autouse=True)
def ended_jobs() -> Iterator[None]:
    """The first optimizer of a process takes torch seconds to import what it needs, whoever has left the dialog."""
    yield
    assert shutdown_jobs(20)


def korean(path: Path, count: int = 400) -> Path:
    lines = (" ".join(KOREAN[(number + place * (1 + number % 5)) % len(KOREAN)] for place in range(8)) + f" {number}"
             for number in range(count))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def asked() -> ScriptedAsk:
    return ScriptedAsk()


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, asked: ScriptedAsk) -> Iterator[MainWindow]:
    service = RunService()
    shown = make_window(Settings(tmp_path / "settings.json"), asked, service)
    shown.shell.settings.change(device="cpu", precision="float32", threads=1)
    qtbot.addWidget(shown)
    shown.resize(1_280, 800)
    shown.show()
    shown.go("models")
    yield shown
    assert service.shutdown(30.0)
    shown.shell.close_project()


def page_of(window: MainWindow) -> ModelsPage:
    page = window.pages.page("models")
    assert isinstance(page, ModelsPage)
    return page


def opened(window: MainWindow, qtbot: QtBot, asked: ScriptedAsk, texts: Path) -> PretrainDialog:
    """The dialog with ``texts`` chosen, looked through and measured."""
    page = page_of(window)
    qtbot.mouseClick(page.pretrain_button, Qt.MouseButton.LeftButton)
    dialog = page.pretraining.dialog
    assert dialog is not None
    assert not dialog.begin.isEnabled()
    sizes = [dialog.size_box.itemText(place).split(":")[0] for place in range(3)]
    assert sizes == ["Paper", "Small", "Tiny"]  # as on the Model page, in its order
    asked.answers = [texts]
    qtbot.mouseClick(dialog.file, Qt.MouseButton.LeftButton)
    dialog.size_box.setCurrentIndex(dialog.size_box.findData("tiny"))
    qtbot.waitUntil(lambda: bool(dialog.speeds.get("tiny")), timeout=WAIT)
    return dialog


def test_texts_become_a_model_that_the_next_project_starts_from(
    window: MainWindow, qtbot: QtBot, asked: ScriptedAsk, tmp_path: Path
) -> None:
    page, run = page_of(window), window.shell.run
    dialog = opened(window, qtbot, asked, korean(tmp_path / "reviews.txt"))
    assert dialog.title.text() == "reviews"
    assert dialog.language.text() == "Korean"
    assert dialog.told.text().startswith("400 texts, about ")
    assert "pieces of words" in dialog.told.text()
    dialog.speeds["tiny"] = dialog.found.tokens / 45  # type: ignore[union-attr]
    dialog.epochs.setValue(2)
    assert "About 2 min, as fast" in dialog.cost.text()  # two epochs of 45 seconds
    dialog.licence.setText("CC0")
    QTest.mouseClick(dialog.begin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: run.state is RunState.RUNNING, timeout=WAIT)
    assert page.pretraining.card.isVisible()
    assert "“reviews” is being learnt" in page.pretraining.card.text.text()
    qtbot.mouseClick(page.pretrain_button, Qt.MouseButton.LeftButton)  # one at a time
    assert page.pretraining.dialog is dialog
    qtbot.waitUntil(lambda: run.state is RunState.FINISHED, timeout=WAIT)
    qtbot.waitUntil(lambda: page.current is not None and page.current.name == "reviews", timeout=WAIT)
    made = tmp_path / "home" / "data" / "models" / "reviews.ulmfit"
    card = load_bundle(made).description.card
    assert (card["language"], card["licence"], card["texts"]) == ("Korean", "CC0", 380)
    assert load_bundle(made).description.tokenizer == "unigram"
    qtbot.waitUntil(lambda: not page.pretraining.card.isVisible(), timeout=WAIT)
    assert window.shell.new_project(tmp_path / "project")
    qtbot.waitUntil(lambda: page.buttons["use"].isEnabled(), timeout=WAIT)
    page._show(page.current)
    qtbot.mouseClick(page.buttons["use"], Qt.MouseButton.LeftButton)
    assert window.shell.project is not None
    assert window.shell.project.config.model.pretrained == str(made)


def test_what_was_stopped_goes_on_from_the_page(
    window: MainWindow, qtbot: QtBot, asked: ScriptedAsk, tmp_path: Path
) -> None:
    page, run = page_of(window), window.shell.run
    dialog = opened(window, qtbot, asked, korean(tmp_path / "reviews.txt"))
    dialog.epochs.setValue(40)
    QTest.mouseClick(dialog.begin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.shell.shown.history.last is not None, timeout=WAIT)
    run.stop()
    qtbot.waitUntil(lambda: run.state is RunState.STOPPED, timeout=WAIT)
    card = page.pretraining.card
    qtbot.waitUntil(lambda: card.resume.isVisible(), timeout=WAIT)
    assert "not learnt to the end" in card.text.text()
    qtbot.mouseClick(card.resume, Qt.MouseButton.LeftButton)
    done = window.shell.shown.history.last
    assert done is not None
    qtbot.waitUntil(lambda: run.state is RunState.RUNNING, timeout=WAIT)
    qtbot.waitUntil(lambda: window.shell.shown.history.last.total > done.total, timeout=WAIT)
    run.stop()
    qtbot.waitUntil(lambda: run.state is RunState.STOPPED, timeout=WAIT)
    qtbot.waitUntil(lambda: card.remove.isVisible(), timeout=WAIT)
    folder = run.folder
    assert folder is not None
    asked.answers = ["cancel", "remove"]
    qtbot.mouseClick(card.remove, Qt.MouseButton.LeftButton)
    assert folder.exists()
    qtbot.mouseClick(card.remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not folder.exists() and not card.isVisible(), timeout=WAIT)


def test_what_cannot_be_read_is_said_in_the_dialog(
    window: MainWindow, qtbot: QtBot, asked: ScriptedAsk, tmp_path: Path
) -> None:
    page = page_of(window)
    page.pretraining.choose()
    dialog = page.pretraining.dialog
    assert dialog is not None
    dialog.size_box.setCurrentIndex(dialog.size_box.findData("tiny"))
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    dialog.take(tmp_path / "empty.txt")
    qtbot.waitUntil(lambda: dialog.work.failure.isVisible(), timeout=WAIT)
    qtbot.wait(50)
    assert dialog.area.verticalScrollBar().maximum() == 0  # it has grown by what is said
    assert not dialog.begin.isEnabled()
    dialog.take(korean(tmp_path / "reviews.txt"))
    qtbot.waitUntil(lambda: dialog.begin.isEnabled(), timeout=WAIT)
    assert not dialog.work.failure.isVisible()
    dialog.title.setText("  ")
    assert not dialog.begin.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not dialog.work.running, timeout=WAIT)
    assert not runs_folder().exists()


def test_a_run_that_failed_says_why(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    config = RunConfig(corpus=corpus_of(tmp_path))
    folder = begin_pretraining(runs_folder() / "2026-01-01", config, ModelInfo("Reviews"))
    with folder.open_log() as log:
        log.append(Failed("disk_full", "The disk is full", "", "", ""))
    card = page_of(window).pretraining.card
    card.show_undone(Undone(RunFolder(folder.path), ModelInfo("Reviews"), RunState.FAILED), possible=True)
    assert card.text.text() == "“Reviews” could not be learnt to the end: The disk is full"
    buttons = [one.text() for one in card.findChildren(Button) if not one.isHidden()]
    assert buttons == ["Go on", "Remove…"]


def test_a_new_model_is_told_of_without_models_being_opened_in_the_windows_thread(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    opened_in: list[bool] = []
    pretraining, path = page_of(window).pretraining, tmp_path / "reviews.ulmfit"
    model = ModelFile(path, 0, shipped=False, description=None)

    def found(*_: object) -> tuple[ModelFile, ...]:
        opened_in.append(threading.current_thread() is threading.main_thread())
        return (model,) if len(opened_in) == 1 else ()

    monkeypatch.setattr("studio.pages.models.pretraining.found_models", found)
    monkeypatch.setattr(window.shell, "toast", lambda text, *_: told.append(text))
    for _ in range(2):  # the second time its file is gone already
        pretraining._worked(path)
        qtbot.waitUntil(lambda: not pretraining._naming.running, timeout=WAIT)
    assert told == ["“reviews” is learnt and stands among the models."]
    assert opened_in == [False, False]


def test_the_card_says_that_a_paused_one_waits(window: MainWindow) -> None:
    card = page_of(window).pretraining.card
    card.show_live(ModelInfo("Reviews"))
    assert card.text.text().startswith("“Reviews” is being learnt.")
    card.show_live(ModelInfo("Reviews"), paused=True)
    assert card.text.text().startswith("“Reviews” is not learnt to the end yet and waits.")


def test_the_window_lets_go_of_a_run_that_is_removed(
    window: MainWindow, qtbot: QtBot, asked: ScriptedAsk, tmp_path: Path
) -> None:
    shell = window.shell
    assert shell.new_project(tmp_path / "project")
    assert shell.project is not None
    own = RunFolder.create(shell.project.runs / "2026-01-01", shell.project.run_config())
    folder = begin_pretraining(runs_folder() / "2026-01-02", RunConfig(corpus=corpus_of(tmp_path)),
                               ModelInfo("Reviews"))
    shell.show_run(RunFolder(folder.path))
    page = page_of(window)
    waits = Undone(RunFolder(folder.path), ModelInfo("Reviews"), RunState.STOPPED)
    page.pretraining.card.show_undone(waits, possible=True)
    asked.answers = ["remove"]
    qtbot.mouseClick(page.pretraining.card.remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not folder.path.exists(), timeout=WAIT)
    qtbot.waitUntil(lambda: shell.shown.folder == RunFolder(own.path), timeout=WAIT)
    qtbot.waitUntil(lambda: not page.pretraining.work.running, timeout=WAIT)


def test_the_dialog_fits_a_small_screen_and_has_its_buttons_in_view_there(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page = page_of(window)
    page.pretraining.choose()
    dialog = page.pretraining.dialog
    assert dialog is not None
    qtbot.waitExposed(dialog)
    bar = dialog.area.verticalScrollBar()
    assert bar.maximum() == 0  # a screen of the usual size has room for all of it
    dialog.resize(640, 345)  # of 683x384: 1366x768 at 200 %
    qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=5_000)
    assert dialog.height() == 345
    for button in (dialog.begin, dialog.leave):
        assert dialog.rect().contains(QRect(button.mapTo(dialog, QPoint()), button.size()))
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    dialog.take(tmp_path / "empty.txt")
    card = dialog.work.failure
    qtbot.waitUntil(card.isVisible, timeout=WAIT)
    qtbot.waitUntil(lambda: not card.visibleRegion().isEmpty(), timeout=5_000)
    dialog.reject()


def test_the_dialog_keeps_its_size_and_its_buttons_their_places_while_it_looks_and_measures(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    page = page_of(window)
    qtbot.mouseClick(page.pretrain_button, Qt.MouseButton.LeftButton)
    dialog = page.pretraining.dialog
    assert dialog is not None
    dialog.size_box.setCurrentIndex(dialog.size_box.findData("tiny"))

    def places() -> tuple[QSize, QPoint, QPoint]:
        return dialog.size(), dialog.begin.mapTo(dialog, QPoint()), dialog.leave.mapTo(dialog, QPoint())

    qtbot.wait(20)
    before = places()
    dialog.take(korean(tmp_path / "texts.txt"))
    qtbot.wait(20)
    assert places() == before
    qtbot.waitUntil(lambda: dialog.begin.isEnabled() and bool(dialog.speeds), timeout=60_000)
    qtbot.wait(20)
    assert places() == before
    dialog.epochs.setFocus()
    dialog.epochs.selectAll()
    qtbot.keyClicks(dialog.epochs, "0")
    qtbot.keyClick(dialog.epochs, Qt.Key.Key_Return)
    assert dialog.isVisible()  # nothing is begun by the key that ends the number
    assert dialog.refused.text() == "0 is less than the lowest value, 1. It stays 4."
    qtbot.wait(20)
    assert places() == before
    dialog.epochs.setValue(5)
    assert dialog.refused.text() == ""
    dialog.reject()
