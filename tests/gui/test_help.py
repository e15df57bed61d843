"""Help: F1 opens that of the page in view, the palette finds its paragraphs, every page has one."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage, QImageReader, QTextDocument
from pytestqt.qtbot import QtBot

from studio import theme
from studio.frame.help import HelpDialog, HelpView, help_text, in_todays_colors, pictures, topics
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


def _shown(view: HelpView) -> QImage:
    """The picture as the text has it."""
    formats = [each.fragment().charFormat().toImageFormat() for block in _blocks(view.document()) for each in block]
    name, = (one.name() for one in formats if one.isValid())
    image = view.document().resource(QTextDocument.ResourceType.ImageResource.value, name)
    return image if isinstance(image, QImage) else image.toImage()


def _blocks(document: QTextDocument) -> list[object]:
    found, block = [], document.begin()
    while block.isValid():
        found.append(block.begin())
        block = block.next()
    return found


def test_every_page_has_one_picture_with_words_for_who_does_not_see_it() -> None:
    for page in available():
        picture, = pictures(page.key)
        assert page.title in picture.words
        for path in {picture.path, in_todays_colors(picture.path)}:
            assert path.stat().st_size < 120_000, path.name
            assert QImageReader(str(path)).size().width() >= 1200, path.name
        assert all("![" not in topic.text and ".png" not in topic.text for topic in topics(page.key))


@pytest.mark.parametrize("width", [960, 420, 60])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_picture_is_as_wide_as_the_text_and_as_sharp_as_the_screen(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, width: int, ratio: float
) -> None:
    monkeypatch.setattr(HelpView, "devicePixelRatioF", lambda _: ratio)
    view = HelpView()
    qtbot.addWidget(view)
    view.resize(800, 400)
    view.show()
    view.show_page("runs")
    view.resize(width, 400)
    image = _shown(view)
    room = view.viewport().width() - 2 * view.document().documentMargin()
    assert image.devicePixelRatio() == ratio
    assert room - 16 <= image.width() / ratio <= max(room, 1)
    assert view.horizontalScrollBar().maximum() == 0
    assert view.accessibleDescription() == pictures("runs")[0].words


def test_a_picture_is_never_larger_than_it_was_taken(qtbot: QtBot) -> None:
    view = HelpView()
    qtbot.addWidget(view)
    view.resize(2_000, 400)
    view.show_page("runs")
    assert _shown(view).width() == QImage(str(pictures("runs")[0].path)).width()


def test_a_picture_is_dark_where_the_theme_is_and_there_is_a_dark_one(tmp_path: Path, qtbot: QtBot) -> None:
    light, dark, alone = (tmp_path / name for name in ("page.png", "page-dark.png", "alone.png"))
    for path in (light, dark, alone):
        path.write_bytes(b"")
    assert in_todays_colors(light) == light
    theme.current().apply("dark")
    assert in_todays_colors(light) == dark
    assert in_todays_colors(alone) == alone


def test_the_picture_in_view_follows_the_theme(qtbot: QtBot) -> None:
    view = HelpView()
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show_page("home")
    light = _shown(view).pixelColor(300, 40).lightness()
    theme.current().apply("dark")
    assert _shown(view).pixelColor(300, 40).lightness() < 64 < 192 < light


def test_help_reads_nothing_but_the_pictures_of_its_page(qtbot: QtBot, tmp_path: Path) -> None:
    view = HelpView()
    qtbot.addWidget(view)
    (tmp_path / "other.png").write_bytes(pictures("runs")[0].path.read_bytes())
    view.show_page("runs")
    image = QTextDocument.ResourceType.ImageResource.value
    assert view.loadResource(image, QUrl.fromLocalFile(str(tmp_path / "other.png"))) is None
    assert view.loadResource(QTextDocument.ResourceType.HtmlResource.value, QUrl("runs.png")) is None


def test_the_help_fits_a_small_screen(window: MainWindow) -> None:
    window.commands["show_help"].trigger()
    dialog = window.findChild(HelpDialog)
    assert dialog is not None
    space = dialog.screen().availableSize()
    assert dialog.width() <= space.width()
    assert dialog.height() <= space.height()
    dialog.resize(300, 200)
    assert dialog.view.viewport().width() > 0
    dialog.close()
