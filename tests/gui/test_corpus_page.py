from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPixmap, QRegion
from PySide6.QtWidgets import QAbstractButton, QComboBox
from pytestqt.qtbot import QtBot

from studio import project
from studio.engine import shutdown_jobs
from studio.pages.corpus import CorpusPage
from studio.pages.corpus_parts import analysis
from studio.pages.corpus_parts.balance import BalanceBars
from studio.pages.corpus_parts.lengths import LengthHistogram
from studio.pages.corpus_parts.repairs import Repair, RepairBook
from studio.pages.corpus_parts.vocabulary import visible
from studio.pages.parts.facts import known_facts
from studio.pages.parts.timeleft import TimeLeft, time_words
from tests.corpus.test_workbook import write_xlsx

from .pages_help import FRUIT, Desk, write_csv


@pytest.fixture
def desk(tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    assert shutdown_jobs(10)
    desk.close()


@pytest.fixture
def page(desk: Desk, qtbot: QtBot) -> CorpusPage:
    page = CorpusPage(desk.project, desk.shell)
    qtbot.addWidget(page)
    page.resize(1096, 744)
    return page


def settle(qtbot: QtBot, page: CorpusPage) -> None:
    qtbot.waitUntil(lambda: not page.analysis.busy and not page.document.reading, timeout=20_000)


def opened(qtbot: QtBot, page: CorpusPage, path: Path) -> None:
    page.dropped([str(path)])
    settle(qtbot, page)


def test_an_empty_project_says_what_to_do(page: CorpusPage, desk: Desk, qtbot: QtBot) -> None:
    assert page.stack.currentWidget() is page.empty
    desk.answers.files = []
    qtbot.mouseClick(page.empty.choose, Qt.MouseButton.LeftButton)
    assert desk.answers.asked == ["Choose a corpus"]
    assert desk.project.config.corpus.path == ""


def test_a_table_is_understood_read_and_counted(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    assert page.stack.currentIndex() == 1
    assert page.understood.format.currentText() == "Auto: csv"
    assert page.understood.text.in_force == ("text",)
    assert page.understood.label.in_force == ("label",)
    assert "Why: " in page.understood.text.toolTip()
    assert page.tables.file.rows.rowCount() == 40
    assert page.tables.documents.rows.rowCount() == 40
    assert page.overview.labels.counts == (("sour", 20), ("sweet", 20))
    assert int(page.overview.lengths.counts.sum()) == 40
    profile = page.analysis.profile
    assert profile is not None
    expected = "xxbos xxmaj the apple number 0 tastes sour to xxmaj anna , i think"
    assert profile.lengths[0] == len(expected.split(" "))


def test_the_preview_follows_a_correction_and_undo_takes_it_back(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "cafe.csv"
    path.write_bytes(b"label,text\n" + b"".join(
        f"{label},{text.replace(',', '')} au caf\u00e9\n".encode("cp1252") for label, text in FRUIT))
    opened(qtbot, page, path)
    assert page.tables.file.rows.index(0, 1).data().endswith("café")
    page.understood.corrected.emit({"corpus.encoding": "cp1251"})
    settle(qtbot, page)
    assert page.tables.file.rows.index(0, 1).data().endswith("cafй")
    assert page.understood.encoding.currentText() == "cp1251"
    desk.project.undo.undo()
    settle(qtbot, page)
    assert page.tables.file.rows.index(0, 1).data().endswith("café")


def typed(qtbot: QtBot, box: QComboBox, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    line = box.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, key)


def test_an_encoding_that_is_not_in_the_list_can_be_typed(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "greek.csv"
    greek = "\u03ba\u03b1\u03bb\u03cc"
    path.write_bytes(b"label,text\n" + b"".join(
        f"{label},{text.replace(',', '')} {greek}\n".encode("cp1253") for label, text in FRUIT))
    opened(qtbot, page, path)
    told: list[object] = []
    page.understood.corrected.connect(told.append)
    typed(qtbot, page.understood.encoding, "cp1253")
    assert told == [{"corpus.encoding": "cp1253"}]
    settle(qtbot, page)
    assert desk.project.config.corpus.encoding == "cp1253"
    assert page.tables.file.rows.index(0, 1).data().endswith(greek)
    assert page.understood.encoding.currentText() == "cp1253"
    typed(qtbot, page.understood.encoding, "no-such-encoding")
    settle(qtbot, page)
    assert page.failure.failure is not None
    assert "no-such-encoding" in page.failure.failure.title
    desk.project.undo.undo()
    settle(qtbot, page)
    assert page.failure.failure is None
    typed(qtbot, page.understood.encoding, "")
    settle(qtbot, page)
    assert desk.project.config.corpus.encoding == ""


def test_any_character_can_be_the_delimiter(page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "fruit.csv"
    path.write_text("label^text\n" + "".join(f"{label}^{text}\n" for label, text in FRUIT))
    opened(qtbot, page, path)
    typed(qtbot, page.understood.delimiter, "^")
    settle(qtbot, page)
    assert desk.project.config.corpus.delimiter == "^"
    assert page.analysis.preview is not None
    assert page.analysis.preview.columns == ("label", "text")
    assert page.tables.file.rows.index(3, 1).data() == FRUIT[3][1]


def test_leaving_a_box_unchanged_changes_nothing(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    told: list[object] = []
    page.understood.corrected.connect(told.append)
    shown = page.understood.encoding.currentText()
    page.understood.encoding.lineEdit().editingFinished.emit()
    page.understood.delimiter.lineEdit().editingFinished.emit()
    assert told == []
    assert page.understood.encoding.currentText() == shown


def choose(box: QComboBox, value: str) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_the_first_row_of_a_workbook_can_be_a_document(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    write_xlsx(tmp_path / "fruit.xlsx", {"reviews": [["label", "text"], *map(list, FRUIT)]})
    opened(qtbot, page, tmp_path / "fruit.xlsx")
    assert page.understood.header.isVisibleTo(page)
    assert page.tables.file.rows.rowCount() == 40
    choose(page.understood.header, "no")
    settle(qtbot, page)
    assert desk.project.config.corpus.header == "no"
    assert page.tables.file.rows.rowCount() == 41


def test_it_is_said_where_the_names_of_the_columns_were_found(
    page: CorpusPage, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    assert page.understood.header.currentText() == "Auto: first row"
    bare = tmp_path / "bare.csv"
    bare.write_text("".join(f"{number},{label},some words\n" for number, (label, _) in enumerate(FRUIT)))
    opened(qtbot, page, bare)
    assert page.tables.file.rows.rowCount() == 40
    assert page.understood.header.currentText() == "Auto: none"
    choose(page.understood.header, "yes")
    settle(qtbot, page)
    assert page.tables.file.rows.rowCount() == 39
    assert page.understood.header.currentText() == "first row"
    assert page.understood.header.itemText(0) == "Auto"


def test_several_labels_in_a_cell_can_be_said_where_they_were_not_found(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    rows = [(f"{label}~fruit", text) for label, text in FRUIT]
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", rows))
    assert page.overview.labels.counts == (("sour~fruit", 20), ("sweet~fruit", 20))
    assert page.understood.label_delimiter.isVisibleTo(page)
    typed(qtbot, page.understood.label_delimiter, "~")
    settle(qtbot, page)
    assert page.overview.labels.counts == (("fruit", 40), ("sour", 20), ("sweet", 20))


def test_there_may_be_no_label_although_one_was_found(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    box = page.understood.label
    next(action for action in box.choices.actions() if action.text() == "No label").trigger()
    settle(qtbot, page)
    assert desk.project.config.corpus.label_columns == ("none",)
    assert page.analysis.corpus is not None
    assert page.analysis.corpus.documents.labels == ()
    assert box.currentText() == "none"
    box.choices.actions()[0].trigger()
    settle(qtbot, page)
    assert desk.project.config.corpus.label_columns == ()
    assert page.overview.labels.counts == (("sour", 20), ("sweet", 20))


def test_a_cell_may_be_one_label_although_it_looks_like_several(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    names = ("good", "very", "very good")
    rows = [(names[n % 3], text) for n, (_, text) in enumerate(FRUIT)]
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", rows))
    box = page.understood.label_delimiter
    box.setCurrentIndex(box.findData("none"))
    box.activated.emit(box.currentIndex())
    settle(qtbot, page)
    assert desk.project.config.corpus.label_delimiter == "none"
    assert page.overview.labels.counts == (("good", 14), ("very", 13), ("very good", 13))


def test_columns_are_chosen_by_ticking(page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    rows = [(*row, "x y z") for row in FRUIT]
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", rows, ("label", "text", "more")))
    box = page.understood.text
    for action in box.choices.actions():
        if action.data() == "more":
            action.trigger()
    box.choices.aboutToHide.emit()
    assert desk.project.config.corpus.text_columns == ("text", "more")
    settle(qtbot, page)
    opened_corpus = page.analysis.corpus
    assert opened_corpus is not None
    assert opened_corpus.documents.text_of(0) == f"xxfld 1 {FRUIT[0][1]} xxfld 2 x y z"
    box.choices.actions()[0].trigger()
    assert desk.project.config.corpus.text_columns == ()


def test_problems_are_shown_and_repaired_reversibly(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    rows = [*FRUIT, FRUIT[0], ("sweet", ""), FRUIT[3]]
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", rows))
    empty = next(card for card in page.problems.cards if card.finding.kind == "empty")
    qtbot.mouseClick(empty.show_rows, Qt.MouseButton.LeftButton)
    table = page.tables.documents.rows
    assert [table.source_row(n) for n in range(table.rowCount())] == [41]
    repeated = next(card for card in page.problems.cards if len(card.finding.repair) == 2)
    assert sorted(repeated.finding.repair.tolist()) == [40, 42]
    qtbot.mouseClick(repeated.repair, Qt.MouseButton.LeftButton)
    assert len(desk.project.config.corpus.drop_rows) == 2
    settle(qtbot, page)
    assert page.analysis.corpus is not None
    assert sum(page.analysis.corpus.counts.values()) == 41
    assert left_out(page) == [40, 42]
    assert "" not in [table.index(row, 0).data() for row in range(43)]
    assert desk.news[-1].button == "Undo"
    desk.project.undo.undo()
    settle(qtbot, page)
    assert desk.project.config.corpus.drop_rows == ()
    assert sum(page.analysis.corpus.counts.values()) == 43


def test_each_repair_is_taken_back_by_itself(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "MERGE_GAP_S", 0.0)
    rows = [*FRUIT, FRUIT[0], ("sweet", ""), FRUIT[3], ("sour", "")]
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", rows))
    for kind in ("duplicate", "empty"):
        qtbot.mouseClick(next(c for c in page.problems.cards if c.finding.kind == kind).repair,
                         Qt.MouseButton.LeftButton)
        settle(qtbot, page)
    assert left_out(page) == [40, 41, 42, 43]
    again = CorpusPage(desk.project, desk.shell)  # as after a new start
    qtbot.addWidget(again)
    settle(qtbot, again)
    for shown in (page, again):
        assert [line.text.text() for line in shown.problems.left_out.lines] == ["Repeated texts: 2", "Empty texts: 2"]
    repeated, _ = page.problems.left_out.lines
    repeated.show_rows.click()
    table = page.tables.documents.rows
    assert [table.source_row(n) for n in range(table.rowCount())] == [40, 42]
    repeated.back.click()
    settle(qtbot, page)
    assert left_out(page) == [41, 43]
    desk.project.undo.undo()
    settle(qtbot, page)
    assert left_out(page) == [40, 41, 42, 43]
    page.problems.left_out.restore.click()
    settle(qtbot, page)
    assert left_out(page) == []
    assert not page.problems.left_out.isVisibleTo(page.problems)


def left_out(page: CorpusPage) -> list[int]:
    table = page.tables.documents.rows
    return [row for row in range(table.rowCount()) if table.index(row, 0).data() == "Left out by repair"]


def test_repairs_outlive_the_book_of_their_reasons(tmp_path: Path) -> None:
    book = RepairBook(tmp_path)
    book.write_down("Repeated texts", ("main:a", "main:b"))
    book.write_down("Empty texts", ("main:c",))
    book.write_down("Repeated texts", ("main:c", "main:d"))
    expected = Repair("Repeated texts", ("main:a", "main:c", "main:d"))
    assert RepairBook(tmp_path).in_force(("main:d", "main:c", "main:a")) == (expected,)
    (tmp_path / "repairs.json").write_text("{[", encoding="utf-8")
    assert RepairBook(tmp_path).in_force(("main:a", 7)) == (Repair("", ("main:a", 7)),)
    assert RepairBook(tmp_path).in_force(()) == ()


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


def test_a_copy_that_has_gone_is_made_again(page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    first = page.analysis.corpus
    page.activated()
    assert page.analysis.corpus is first
    assert not page.analysis.busy
    shutil.rmtree(desk.project.cache)
    page.activated()
    settle(qtbot, page)
    assert page.analysis.corpus is not first
    assert list(desk.project.cache.glob("table-*/*.parquet"))
    page.tables.documents.pick(3)
    page.document.switch.click()
    settle(qtbot, page)
    assert page.document.plain.toPlainText() == FRUIT[3][1]


@pytest.mark.parametrize(("name", "content"), [
    ("empty.csv", b""), ("noise.csv", bytes(range(256)) * 40), ("cut.csv.gz", b"\x1f\x8b\x08\x00\x00"),
])
def test_a_bad_file_is_a_card_and_the_project_is_intact(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, name: str,
    content: bytes,
) -> None:
    monkeypatch.setattr(project, "MERGE_GAP_S", 0.0)  # the test is quicker than a person
    good = write_csv(tmp_path / "fruit.csv", FRUIT)
    opened(qtbot, page, good)
    (tmp_path / name).write_bytes(content)
    opened(qtbot, page, tmp_path / name)
    assert page.failure.failure is not None
    assert page.failure.failure.cause == "data"
    assert page.tables.rows is None
    desk.project.undo.undo()
    settle(qtbot, page)
    assert page.failure.failure is None
    assert page.tables.documents.rows.rowCount() == 40


def test_lost_characters_are_counted_and_shown(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    path = write_csv(tmp_path / "fruit.csv", FRUIT)
    path.write_bytes(path.read_bytes().replace(b"apple", "\u00e4pple".encode()) + b"sour,broken \xff byte\r\n")
    opened(qtbot, page, path)
    assert page.overview.losses.text().startswith("1 place could not be decoded")


def test_a_large_file_is_read_only_when_asked(
    page: CorpusPage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "AT_ONCE", 100)
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    assert page.analysis.corpus is None
    assert page.tables.file.rows.rowCount() == 40
    page.header.read.click()
    settle(qtbot, page)
    assert page.analysis.corpus is not None


def test_cancelling_keeps_what_is_there(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    page.dropped([str(write_csv(tmp_path / "fruit.csv", FRUIT * 50))])
    page.progress.cancel.click()
    assert not page.analysis.busy
    page.analysis.again()
    settle(qtbot, page)
    assert page.analysis.corpus is not None


def test_another_file_forgets_what_was_set_for_the_first(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(qtbot, page, write_csv(tmp_path / "one.csv", FRUIT))
    desk.project.change({"corpus.text_columns": ("text",), "corpus.drop_rows": (3,)})
    opened(qtbot, page, write_csv(tmp_path / "two.csv", FRUIT, ("kind", "sentence")))
    assert desk.project.config.corpus.text_columns == ()
    assert desk.project.config.corpus.drop_rows == ()
    assert page.understood.text.in_force == ("sentence",)


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


def test_everything_that_can_be_used_has_a_name(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    nameless = [
        widget for kind in (QAbstractButton, QComboBox) for widget in page.findChildren(kind)
        if not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
        and widget.metaObject().className() not in ("QTableCornerButton", "QToolButton")
        and widget.isVisibleTo(page)
    ]
    assert nameless == []


def test_settings_are_found_on_their_tab(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    assert page.show_setting("corpus.split.column")
    assert page.side.currentWidget() is page.splits
    assert page.show_setting("tokens.min_frequency")
    assert page.side.currentWidget() is page.overview
    assert page.show_setting("corpus.encoding")
    assert page.show_setting("corpus.split.test")
    assert page.side.currentWidget() is page.splits


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


def test_moving_the_limit_renews_the_finding_and_the_facts(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    rows = [*FRUIT, *((label, " ".join(f"{label}{n}" for n in range(words))) for label, words in
                      (("sour", 30), ("sweet", 50)))]
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", rows))
    assert "too_long" not in [card.finding.kind for card in page.problems.cards]
    profile = page.analysis.profile
    desk.project.change({"tokens.max_tokens": 40})
    settle(qtbot, page)
    assert page.analysis.profile is profile, "the tokens are not cut again"
    long = [card.finding.rows.tolist() for card in page.problems.cards if card.finding.kind == "too_long"]
    assert long == [[41]]
    facts = known_facts(desk.project.config, desk.project.cache)
    assert facts is not None
    assert facts.limited < facts.tokens
    desk.project.change({"tokens.max_tokens": 20})
    settle(qtbot, page)
    long = [card.finding.rows.tolist() for card in page.problems.cards if card.finding.kind == "too_long"]
    assert long == [[40, 41]]


def test_test_documents_and_unlabelled_texts_may_be_folders(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    more = tmp_path / "more"
    more.mkdir()
    for n in range(3):
        (more / f"{n}.txt").write_text(f"An unlabelled text about fruit, the {n}th of them", encoding="utf-8")
    desk.answers.files = [more]
    page.header.unlabelledFolderWanted.emit()
    settle(qtbot, page)
    assert desk.project.config.corpus.unlabelled_path == str(more.resolve())
    assert page.analysis.corpus is not None
    assert page.analysis.corpus.counts["unlabelled"] == 3
    page.header.testFolderWanted.emit()
    assert desk.project.config.corpus.test_path == str(more.resolve())


def test_a_character_without_shape_is_named() -> None:
    assert visible("caf\u00e9") == "caf\u00e9"
    assert visible("a\x96b") == "aU+0096b"


def test_time_left() -> None:
    left = TimeLeft()
    assert left.seconds("read", 0, 100, now=10.0) is None
    assert left.seconds("read", 5, 100, now=10.5) is None
    assert left.seconds("read", 20, 100, now=12.0) == pytest.approx(8.0)
    assert left.seconds("other", 20, 100, now=13.0) is None
    assert [time_words(s) for s in (0.2, 42, 200, 7_800)] == ["1 s", "42 s", "3 min", "2 h 10 min"]


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
