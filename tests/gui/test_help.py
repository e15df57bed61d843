"""Help: F1 opens that of the page in view, the palette finds its paragraphs, every page has one."""

from __future__ import annotations

from studio.frame.help import HelpDialog, help_text, topics
from studio.frame.matching import best
from studio.pages import available
from studio.window import MainWindow


def test_every_page_has_a_help_with_headings():
    for page in available():
        assert topics(page.key)[0].title == page.title
        assert len(topics(page.key)) >= 3, page.key
        assert all(topic.text for topic in topics(page.key)), page.key
    assert help_text("nothing") == ""
    assert topics("nothing") == []


def test_f1_shows_the_help_of_the_page_in_view(window: MainWindow) -> None:
    window.go("settings")
    window.commands["show_help"].trigger()
    dialog = window.findChild(HelpDialog)
    assert dialog is not None
    assert dialog.isVisible()
    assert "Device and precision" in dialog.view.toPlainText()
    assert window.commands["show_help"].shortcut().toString() == "F1"
    window.go("home")
    window.commands["show_help"].trigger()
    assert "Begin with your own texts" in dialog.view.toPlainText()
    dialog.close()


def test_the_palette_finds_a_paragraph_and_shows_it(window: MainWindow) -> None:
    entry = best("paired bootstrap", window.palette_entries())[0]
    assert entry.title == "Duel: which of two runs is better?"
    entry.run()
    dialog = window.findChild(HelpDialog)
    assert dialog is not None
    assert dialog.view.textCursor().selectedText() == entry.title
    dialog.close()


def test_every_page_has_a_key_of_its_own(window: MainWindow) -> None:
    keys = [action.shortcut().toString() for action in window.actions() if not action.shortcut().isEmpty()]
    assert len(set(keys)) == len(keys)
    assert {"Ctrl+1", "Ctrl+9", "Ctrl+0"} <= set(keys)
