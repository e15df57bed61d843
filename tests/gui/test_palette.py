"""Everything is found by its name: the palette, settings, the list of keys."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.fields import all_fields
from studio.frame.dialogs import SettingDialog, ShortcutsDialog
from studio.frame.matching import Entry, best
from studio.frame.palette import ROW, ROWS
from studio.pages import page_of_setting
from studio.window import MainWindow


def _nothing() -> None:
    """What a line of the palette does in a test."""


def test_matching_puts_the_likely_first() -> None:
    titles = ["Stop and save", "Peak learning rate", "Rate decay a stage", "Open the sample", "Start training"]
    entries = [Entry(title, "", _nothing) for title in titles]
    assert [entry.title for entry in best("rate", entries)][:2] == ["Rate decay a stage", "Peak learning rate"]
    titles = ["Training in a process of its own", "Start training", "Go to Train"]
    assert best("train", [Entry(title, "", _nothing) for title in titles])[0].title == "Go to Train"
    assert best("pk lr", entries)[0].title == "Peak learning rate"
    assert best("sample open", entries)[0].title == "Open the sample"
    assert best("zzz", entries) == []
    assert best("", entries) == entries


def test_ctrl_k_finds_and_does_an_action(window: MainWindow, qtbot: QtBot) -> None:
    window.open_palette()
    palette = window.palette_view
    assert palette.isVisible()
    qtbot.keyClicks(palette.line, "go to settings")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert window.pages.key == "settings"


def test_the_palette_moves_with_the_keys_and_goes_with_escape(window: MainWindow, qtbot: QtBot) -> None:
    window.open_palette()
    palette = window.palette_view
    first = palette.list.currentIndex().row()
    qtbot.keyClick(palette.line, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == first + 1
    qtbot.keyClicks(palette.line, "qqqqqqqq")
    assert not palette.nothing.isHidden()
    qtbot.keyClick(palette.line, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_the_palette_goes_with_the_page_that_it_was_opened_on(window: MainWindow) -> None:
    window.open_palette()
    window.go("settings")
    assert not window.palette_view.isVisible()


def test_the_palette_is_as_high_as_what_it_has_found(window: MainWindow) -> None:
    window.open_palette()
    palette = window.palette_view
    palette.line.setText("e")
    high = palette.height()
    palette.line.setText("appearance: dark")
    rows = palette.model.rowCount()
    assert 0 < rows < ROWS
    assert high - palette.height() == ROW * (ROWS - rows)
    palette.line.setText("e")
    assert palette.height() == high


def test_the_palette_offers_every_action_and_every_setting(window: MainWindow, tmp_path: Path) -> None:
    assert window.shell.new_project(tmp_path / "one")
    titles = [entry.title for entry in window.palette_entries()]
    words = " ".join(entry.words for entry in window.palette_entries())
    assert all(action.text().replace("&", "") in titles for action in window.actions())
    assert all(name in words for name in all_fields() if name != "version")


def test_a_setting_found_by_its_name_gets_the_focus_on_its_page(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.activateWindow()
    window.show_setting("saving.keep")
    assert page_of_setting("saving.keep") == "settings"
    assert window.pages.key == "settings"
    page = window.pages.page("settings")
    assert page is not None
    assert page.show_setting("saving.tensorboard")


def test_a_setting_that_no_page_shows_opens_on_its_own(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.show_setting("classifier.schedule.cycles")
    dialog = window.findChild(SettingDialog)
    assert dialog is not None
    assert dialog.field.name == "classifier.schedule.cycles"
    dialog.accept()


def test_f1_lists_the_keys(window: MainWindow) -> None:
    window.commands["show_shortcuts"].trigger()
    dialog = window.findChild(ShortcutsDialog)
    assert dialog is not None
    words = [getattr(label, "text", str)() for label in dialog.findChildren(QWidget)]
    assert "Ctrl+K" in words
    assert "Start training" in words
    dialog.accept()


def test_the_actions_of_pages_that_are_not_made_yet_are_found_under_the_names_they_have_there(
    window: MainWindow, tmp_path: Path
) -> None:
    assert [entry.title for entry in best("find a rate", window.palette_entries())][:1] != ["Find a rate"]
    assert window.shell.new_project(tmp_path / "one")
    assert best("find a rate", window.palette_entries())[0].title == "Find a rate"
    best("find a rate", window.palette_entries())[0].run()
    assert window.pages.key == "rates"
    for entry in window.pages.entries:
        page = window.pages.page(entry.key)
        assert page is not None
        assert set(entry.offered()) <= {action.text() for action in page.actions()}
    assert len([one for one in window.palette_entries() if one.title == "Find a rate"]) == 1


def test_a_setting_found_by_the_palette_is_scrolled_to(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.resize(1000, 640)
    assert window.shell.new_project(tmp_path / "one")
    for name in ("model.dropout.head", "classifier.optimizer.eps", "saving.keep"):
        window.show_setting(name)
        shown = window.focusWidget()
        assert shown is not None, name
        qtbot.waitUntil(lambda shown=shown: shown.visibleRegion().boundingRect().height() >= shown.height() - 2)
    window.show_setting("tokens.min_frequency")  # the page has no place for it before there is a corpus
    dialog = window.findChild(SettingDialog)
    assert dialog is not None
    dialog.close()


def test_what_needs_no_project_is_found_without_one(window: MainWindow) -> None:
    found = [entry.title for entry in best("pretrain", window.palette_entries())]
    assert found[0] == "Pretrain from texts…"
    found = [entry.title for entry in window.palette_entries()]
    assert "Choose a corpus file…" not in found
