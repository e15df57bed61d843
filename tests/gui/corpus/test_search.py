"""Searching and sorting the documents of a corpus."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.pages.corpus.page import CorpusPage
from tests.gui.corpus.help import opened
from tests.gui.mouse import click_head
from tests.gui.pages_help import FRUIT, write_csv


def _texts(page: CorpusPage) -> list[str]:
    rows = page.tables.documents.rows
    return [str(rows.index(n, 2).data()) for n in range(rows.rowCount())]


def _labels(page: CorpusPage) -> list[str]:
    rows = page.tables.documents.rows
    return [str(rows.index(n, 1).data()) for n in range(rows.rowCount())]


def _search(qtbot: QtBot, page: CorpusPage, text: str) -> None:
    page.tables.search.clear()
    qtbot.keyClicks(page.tables.search, text)
    qtbot.keyClick(page.tables.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not page.tables.busy, timeout=20_000)


def _head(qtbot: QtBot, page: CorpusPage, column: int) -> None:
    page.show()
    click_head(page.tables.documents, column)
    qtbot.waitUntil(lambda: not page.tables.busy, timeout=20_000)


def test_the_texts_are_searched_whatever_their_case(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    _search(qtbot, page, "MELON")
    assert _texts(page) == [text for _, text in FRUIT if "melon" in text]
    assert page.tables.documents.rows.rowCount() == 8
    _search(qtbot, page, "there is no such word")
    assert _texts(page) == []
    assert page.document.row is None  # what is not listed is not read on, nor its label corrected
    assert page.document.correct.isHidden()
    page.tables.search.clear()
    page.tables.look()
    assert len(_texts(page)) == 40
    page.tables.documents.pick(2)
    assert page.document.row == 2
    assert not page.document.correct.isHidden()


def test_what_lies_behind_the_cell_is_searched_too(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    long = ("sweet", "word " * 400 + "needle")
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", (*FRUIT, long)))
    _search(qtbot, page, "needle")
    assert page.tables.documents.rows.rowCount() == 1
    assert page.tables.documents.rows.source_row(0) == 40


def test_a_head_sorts_up_down_and_no_more(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    as_read = _texts(page)
    _head(qtbot, page, 2)
    assert _texts(page) == sorted(as_read, key=str.casefold)
    _head(qtbot, page, 2)
    assert _texts(page) == sorted(as_read, key=str.casefold, reverse=True)
    _head(qtbot, page, 2)
    assert _texts(page) == as_read
    _head(qtbot, page, 1)
    assert _labels(page) == ["sour"] * 20 + ["sweet"] * 20


def test_what_is_found_is_sorted_and_what_is_sorted_is_searched(
    page: CorpusPage, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    _head(qtbot, page, 1)
    _search(qtbot, page, "plum")
    assert _labels(page) == ["sour"] * 4 + ["sweet"] * 4
    qtbot.keyClick(page.overview.labels, Qt.Key.Key_Down)
    qtbot.keyClick(page.overview.labels, Qt.Key.Key_Return)
    assert page.tables.search.text() == ""
    assert len(_labels(page)) == 20
