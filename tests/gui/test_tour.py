"""The tour: it does the real thing, waits for the run, and is left at any time; keys that a person changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from studio.engine.job import shutdown_jobs
from studio.frame.commands import TABLE, keys_in_force, trouble_with
from studio.pages.home.page import HomePage
from studio.pages.settings.page import SettingsPage
from studio.settings import Settings
from studio.widgets import SectionTitle
from studio.window import MainWindow
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder

from .classify.help import make_bundle
from .fakes import FakeRun


def test_the_tour_opens_the_sample_starts_a_run_and_waits_for_its_model(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot
) -> None:
    home = window.pages.page("home")
    assert isinstance(home, HomePage)
    home.tour.click()
    tour = window.tour
    assert tour.under_way
    assert tour.card.isVisible()
    assert not tour.card.back.isEnabled()
    visited = []
    while tour.stop is not None and not tour.stop.waits:
        visited.append(window.pages.key)
        tour.card.forth.click()
    assert visited == ["home", "corpus", "model", "rates"]
    assert window.shell.project is not None
    assert window.shell.is_sample(window.shell.project)
    assert run.calls == ["start"]
    assert window.pages.key == "train"
    assert not tour.card.forth.isEnabled()  # there is nothing to be looked at further on
    assert tour.card.waiting.isVisible()
    assert window.focusWidget() is tour.card  # not what the next space would pause
    qtbot.keyClick(tour.card, Qt.Key.Key_Return)  # with which the person came here
    assert tour.under_way
    window.go("settings")
    settings = window.pages.page("settings")
    assert settings is not None
    title = settings.findChild(SectionTitle)
    assert title is not None

    qtbot.waitUntil(lambda: not tour.card.geometry().intersects(
        QRect(title.heading.mapTo(window, QPoint()), title.heading.sizeHint())), timeout=5_000)
    qtbot.waitUntil(lambda: not tour.frame.isVisible(), timeout=5_000)
    assert run.folder is not None
    make_bundle(RunFolder.create(run.folder, window.shell.project.run_config()).model_path)
    run.enter(RunState.FINISHED)
    assert window.pages.key == "evaluate"
    tour.card.forth.click()
    assert window.pages.key == "classify"
    tour.card.back.click()
    assert window.pages.key == "evaluate"
    tour.card.forth.click()
    tour.card.forth.click()
    assert tour.card.forth.text() == "Done"
    tour.card.forth.click()
    assert not tour.under_way
    assert not tour.card.isVisible()
    assert shutdown_jobs(20)


def test_escape_leaves_the_tour_and_it_can_be_begun_again(window: MainWindow, qtbot: QtBot) -> None:
    window.commands["take_tour"].trigger()
    window.tour.card.forth.click()
    assert window.pages.key == "corpus"
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.tour.under_way
    assert not window.tour.frame.isVisible()
    assert window.shell.project is not None  # what was opened stays
    window.take_tour()
    assert window.tour.place == 0
    window.tour.card.leave.click()
    assert not window.tour.under_way
    assert shutdown_jobs(20)


def test_the_card_stands_in_the_window_whatever_its_size(window: MainWindow, qtbot: QtBot) -> None:
    window.take_tour()
    for width, height in ((1280, 800), (1000, 640), (1920, 1080)):
        window.resize(width, height)
        for _ in range(4):
            assert window.rect().contains(window.tour.card.geometry())
            page = window.pages.currentWidget()
            title = page.findChild(SectionTitle) if page is not None and window.tour.place else None
            assert title is None or not window.tour.card.geometry().intersects(
                QRect(title.heading.mapTo(window, QPoint()), title.heading.sizeHint()))
            window.tour.forward()
        while window.tour.place > 0:
            window.tour.backward()
    window.tour.end()
    assert shutdown_jobs(20)


def test_keys_are_changed_kept_refused_and_reset(
    window: MainWindow, settings: Settings, qtbot: QtBot
) -> None:
    page = window.pages.page("settings")
    assert isinstance(page, SettingsPage)
    line = page.keys.lines["start_run"]
    line.box.setKeySequence(QKeySequence("Ctrl+Shift+R"))
    line.box.editingFinished.emit()
    assert window.commands["start_run"].shortcut() == QKeySequence("Ctrl+Shift+R")
    assert Settings(settings.path).values.keys == {"start_run": "Ctrl+Shift+R"}
    line.box.setKeySequence(QKeySequence("Ctrl+K"))
    line.box.editingFinished.emit()
    assert "Find an action or a setting" in page.keys.told.text()
    assert line.box.keySequence() == QKeySequence("Ctrl+Shift+R")
    line.box.setKeySequence(QKeySequence())
    line.box.editingFinished.emit()
    assert window.commands["start_run"].shortcut().isEmpty()
    line.reset.click()
    assert window.commands["start_run"].shortcut() == QKeySequence("Ctrl+R")
    assert settings.values.keys == {}
    line.box.findChildren(QToolButton)[0].click()
    qtbot.waitUntil(lambda: window.commands["start_run"].shortcut().isEmpty(), timeout=5_000)
    line.reset.click()
    page.keys.lines["quit"].box.setKeySequence(QKeySequence("F4"))
    page.keys.lines["quit"].box.editingFinished.emit()
    page.keys.usual.click()
    assert window.commands["quit"].shortcut() == QKeySequence("Ctrl+Q")


@pytest.mark.parametrize(("keys", "word"), [
    ("Ctrl+K", "taken"), ("Ctrl+Z", "meaning"), ("Ctrl+3", "meaning"), ("Ctrl+C", "meaning"), ("A", "typing"),
    ("Shift+A", "typing"), ("F5", ""), ("Ctrl+Alt+T", ""), ("", ""),
])
def test_what_keys_cannot_be_given(keys: str, word: str) -> None:
    why = trouble_with("start_run", keys, {})
    assert (word in why) if word else why == ""


def test_no_two_actions_have_the_same_keys() -> None:
    keys = [one for one in keys_in_force({}).values() if one]
    assert len(keys) == len(set(keys))
    assert set(keys_in_force({})) == {line.slot for line in TABLE}
