"""What the Corpus page shows: labels, lengths, vocabulary, splits, single documents."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPixmap, QRegion
from pytestqt.qtbot import QtBot

from studio.pages.corpus.lengths import LengthHistogram
from studio.pages.corpus.overview import BalanceBars, visible
from studio.pages.corpus.page import CorpusPage
from tests.gui.corpus.help import opened, settle
from tests.gui.pages_help import FRUIT, Desk, write_csv


def test_a_label_shows_its_documents(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    bars = page.overview.labels
    qtbot.keyClick(bars, Qt.Key.Key_Down)
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    table = page.tables.documents.rows
    assert {table.index(n, 1).data() for n in range(table.rowCount())} == {"sweet"}
    assert table.rowCount() == 20
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    assert table.rowCount() == 40


def test_only_the_labels_in_sight_are_painted(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    bars = BalanceBars()
    qtbot.addWidget(bars)
    bars.set_counts([(f"label {n:04}", 5_000 - n) for n in range(5_000)])
    bars.resize(300, bars.sizeHint().height())
    painted: list[int] = []
    whole = BalanceBars._paint_row
    monkeypatch.setattr(BalanceBars, "_paint_row", lambda self, painter, row, *rest: (
        painted.append(row), whole(self, painter, row, *rest)))
    bars.render(QPixmap(300, 260), QPoint(), QRegion(0, 2_600, 300, 260))
    assert painted
    assert min(painted) >= 98
    assert max(painted) <= 111


def test_split_settings_change_the_counts(page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    assert page.analysis.corpus is not None
    assert page.analysis.corpus.counts == {"train": 32, "validation": 4, "test": 4, "unlabelled": 0}
    desk.project.change({"corpus.split.validation": 0.25})
    settle(qtbot, page)
    assert page.analysis.corpus.counts == {"train": 26, "validation": 10, "test": 4, "unlabelled": 0}


def test_a_document_is_shown_as_tokens(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", [*FRUIT, ("sour", "HELLO Zyxomma!!!!")]))
    page.tables.documents.pick(40)
    settle(qtbot, page)
    tokens = page.document.tokens.tokens
    assert tokens == ("xxbos", "xxup", "hello", "xxmaj", "zyxomma", "xxrep", "4", "!")
    page.document.switch.click()
    assert page.document.plain.toPlainText() == "HELLO Zyxomma!!!!"
    page.document.back.click()
    settle(qtbot, page)
    assert page.document.plain.toPlainText() == FRUIT[39][1]


def test_a_document_as_long_as_a_book_is_read_in_the_background(
    page: CorpusPage, tmp_path: Path, qtbot: QtBot
) -> None:
    book = "one two " * 50_000
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", [*FRUIT, ("sour", book)]))
    page.tables.documents.pick(0)
    page.document.switch.click()
    settle(qtbot, page)
    page.tables.documents.pick(40)
    assert page.document.reading
    assert page.document.plain.toPlainText() == FRUIT[0][1]  # what was there stays in view until the other is read
    settle(qtbot, page)
    assert len(page.document.plain.toPlainText()) == 100_000
    assert page.document.legend.text().startswith("25,001 tokens, 0 of them unknown")
    assert page.document.legend.text().endswith("These are the first 100,000 of 400,000 characters.")
    page.document.switch.click()
    assert len(page.document.tokens.tokens) == 25_001


def test_the_document_picked_last_is_the_one_that_is_shown(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    page.document.switch.click()
    for row in (3, 7, 5):
        page.tables.documents.pick(row)
    settle(qtbot, page)
    assert page.document.plain.toPlainText() == FRUIT[5][1]


def test_the_limit_line_counts_the_longer_ones(qtbot: QtBot) -> None:
    picture = LengthHistogram()
    qtbot.addWidget(picture)
    picture.set_lengths(np.array([5, 10, 100, 101, 1_000]))
    picture.set_limit(100)
    assert picture.beyond() == 2
    moved: list[int] = []
    picture.limitMoved.connect(moved.append)
    qtbot.keyClick(picture, Qt.Key.Key_Right)
    assert moved == [110]
    assert picture.beyond() == 1


def test_the_numbers_below_the_lengths_do_not_run_into_one_another(qtbot: QtBot) -> None:
    histogram = LengthHistogram()
    qtbot.addWidget(histogram)
    histogram.resize(600, 160)
    for longest, narrow in ((50, "300"), (100_000, "10,000")):
        histogram.set_lengths(np.array([9, 40, longest]))
        for width in (600, 300, 220):
            histogram.resize(width, 160)
            labels = histogram.axis_labels()
            assert narrow in [text for text, _ in labels]
            for (_, one), (_, other) in itertools.pairwise(labels):
                assert one.right() < other.left()
            assert labels[-1][1].right() <= width


def test_the_vocabulary_follows_the_token_settings(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    desk.project.change({"model.pretrained": "none"})  # otherwise the share is that of its own vocabulary
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    assert page.analysis.profile is not None
    before = page.analysis.profile.coverage.share
    desk.project.change({"tokens.min_frequency": 9})
    settle(qtbot, page)
    assert page.analysis.profile.coverage.share < before


def test_a_character_without_shape_is_named() -> None:
    assert visible("caf\u00e9") == "caf\u00e9"
    assert visible("a\x96b") == "aU+0096b"
