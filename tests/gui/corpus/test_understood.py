"""What is understood of a corpus, and corrected by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.pages.corpus.choices import ColumnsBox
from studio.pages.corpus.page import CorpusPage
from tests.corpus.test_workbook import write_xlsx
from tests.gui.corpus.help import choose, opened, settle, typed
from tests.gui.pages_help import FRUIT, Desk, write_csv


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


@pytest.mark.parametrize("width", [1_096, 776, 560])
def test_what_was_found_is_read_in_whole_where_the_lists_have_room_for_it(
    page: CorpusPage, tmp_path: Path, qtbot: QtBot, width: int
) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text("number,message,department\n" + "".join(
        f"{n},{text.replace(',', '')},{label}\n" for n, (label, text) in enumerate(FRUIT)), encoding="utf-8")
    opened(qtbot, page, path)
    page.show()
    page.resize(width, 736)  # of windows of 1280 and 960 px
    QTest.qWait(50)
    bar = page.understood
    assert (bar.text.currentText(), bar.label.currentText()) == ("Auto: message", "Auto: department")
    for box in (bar.format, bar.encoding, bar.delimiter, bar.header, bar.text, bar.label, bar.label_delimiter):
        line = box.lineEdit()
        assert box.shown_text() == box.currentText() if line is None else \
            line.fontMetrics().horizontalAdvance(line.text()) + 4 <= line.contentsRect().width()
        assert box.geometry().right() <= box.parentWidget().width()
    tops = {box.mapTo(bar, QPoint()).y() for box in (bar.format, bar.text, bar.label_delimiter)}
    assert (len(tops) == 1) is (width == 1_096)


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
    # Two changes within a second are one step, so that undo leads to either, as quick as the machine is.
    assert desk.project.config.corpus.encoding in ("cp1253", "")
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
    assert page.understood.header.currentText() == "Auto: row 1"
    bare = tmp_path / "bare.csv"
    bare.write_text("".join(f"{number},{label},some words\n" for number, (label, _) in enumerate(FRUIT)))
    opened(qtbot, page, bare)
    assert page.tables.file.rows.rowCount() == 40
    assert page.understood.header.currentText() == "Auto: none"
    choose(page.understood.header, "yes")
    settle(qtbot, page)
    assert page.tables.file.rows.rowCount() == 39
    assert page.understood.header.currentText() == "row 1"
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


def test_lost_characters_are_counted_and_shown(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    path = write_csv(tmp_path / "fruit.csv", FRUIT)
    path.write_bytes(path.read_bytes().replace(b"apple", "\u00e4pple".encode()) + b"sour,broken \xff byte\r\n")
    opened(qtbot, page, path)
    assert page.overview.losses.text().startswith("1 place could not be decoded")


def test_another_file_forgets_what_was_set_for_the_first(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(qtbot, page, write_csv(tmp_path / "one.csv", FRUIT))
    desk.project.change({"corpus.text_columns": ("text",), "corpus.drop_rows": (3,)})
    opened(qtbot, page, write_csv(tmp_path / "two.csv", FRUIT, ("kind", "sentence")))
    assert desk.project.config.corpus.text_columns == ()
    assert desk.project.config.corpus.drop_rows == ()
    assert page.understood.text.in_force == ("sentence",)


def test_test_documents_and_unlabelled_texts_may_be_folders(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    more = tmp_path / "more"
    more.mkdir()
    for n in range(3):
        (more / f"{n}.txt").write_text(f"An unlabelled text about fruit, the {n}th of them", encoding="utf-8")
    desk.answers.files = [more]
    asked = {action.text(): action for action in page.header.more.menu().actions()}
    asked["Folder of unlabelled texts…"].trigger()
    settle(qtbot, page)
    assert desk.project.config.corpus.unlabelled_path == str(more.resolve())
    assert page.analysis.corpus is not None
    assert page.analysis.corpus.counts["unlabelled"] == 3
    asked["Test folder…"].trigger()
    assert desk.project.config.corpus.test_path == str(more.resolve())


def test_a_label_column_that_is_ticked_takes_the_place_of_the_guessed_one(qtbot: QtBot) -> None:
    labels, texts = ColumnsBox("Label columns", "No label"), ColumnsBox("Text columns")
    for box in (labels, texts):
        qtbot.addWidget(box)
        box.show_columns(("text", "topic", "team"), ("team",), by_hand=False)
        boxes = {action.text(): action for action in box.choices.actions()}
        boxes["topic"].trigger()
        assert not boxes["Guess"].isChecked()
    assert labels.ticked() == ("topic",)
    assert texts.ticked() == ("team", "topic")  # of texts several are read together
    with qtbot.waitSignal(labels.chosen) as heard:
        labels._closed()
    assert heard.args == [("topic",)]
    labels.show_columns(("text", "topic", "team"), ("topic",), by_hand=True)
    boxes = {action.text(): action for action in labels.choices.actions()}
    boxes["team"].trigger()
    assert labels.ticked() == ("topic", "team")  # what a person has chosen stays
