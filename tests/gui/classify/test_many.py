"""The Classify page asked about many texts."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from PySide6.QtGui import QGuiApplication, QPainter, QPixmap, QTextCursor
from PySide6.QtWidgets import QAbstractButton, QComboBox, QPushButton, QStyleOptionViewItem, QTableView, QTextEdit
from pytestqt.qtbot import QtBot

from studio.models.predictions import SOURCE
from studio.pages.classify import batch, many
from studio.pages.classify.page import ClassifyPage
from studio.shell import Shell, TableToMeasure
from tests.gui.classify.help import TEXTS, expected, hold, settle
from tests.gui.fakes import ScriptedAsk
from tests.gui.pages_help import write_csv
from ulmengine.inference.predict import Prediction
from ulmengine.inference.sources import read_text


def test_a_table_is_classified_row_by_row(
    page: ClassifyPage, bundle: Path, tmp_path: Path, ask: ScriptedAsk, qtbot: QtBot
) -> None:
    page.dropped([str(bundle)])
    settle(qtbot, page)
    rows = [("pos" if n % 3 else "neg", f"{TEXTS[n % 4]} {'very ' * n}good") for n in range(30)]
    page.dropped([str(write_csv(tmp_path / "table.csv", rows))])
    settle(qtbot, page)
    should = expected(bundle, [text for _, text in rows])
    model = page.many.model
    assert [row.label for row in model.rows] == [max(one, key=one.__getitem__) for one in should]
    assert [row.given for row in model.rows] == [label for label, _ in rows]
    assert model.rows[4].source == "table.csv:5"
    assert "given labels predicted" in page.many.summary.text()
    ask.answers.append(tmp_path / "out.csv")
    page.many.save.click()
    settle(qtbot, page)
    with (tmp_path / "out.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert [line["text"] for line in written] == [text for _, text in rows]
    assert [float(line["p_pos"]) for line in written] == pytest.approx([one["pos"] for one in should])


def test_only_the_rows_shown_are_exported(
    page: ClassifyPage, bundle: Path, tmp_path: Path, ask: ScriptedAsk, qtbot: QtBot
) -> None:
    page.dropped([str(bundle)])
    settle(qtbot, page)
    rows = [("pos" if n % 3 else "neg", f"{TEXTS[n % 4]} {'very ' * n}good") for n in range(30)]
    page.dropped([str(write_csv(tmp_path / "table.csv", rows))])
    settle(qtbot, page)
    page.many.wrong.click()
    shown = page.many.model.shown.tolist()
    assert shown == [n for n, row in enumerate(page.many.model.rows) if row.label != row.given]
    assert 0 < len(shown) < 30
    ask.answers.append(tmp_path / "out.parquet")
    page.many.save.click()
    settle(qtbot, page)
    assert pl.read_parquet(tmp_path / "out.parquet")["text"].to_list() == [rows[n][1] for n in shown]
    page.many.table.setCurrentIndex(page.many.model.index(0, 0))
    page.many.table.activated.emit(page.many.model.index(0, 0))
    assert page.one.editor.toPlainText() == rows[shown[0]][1]
    settle(qtbot, page)


def test_columns_read_together_are_shown_and_written_without_their_marks(
    page: ClassifyPage, bundle: Path, tmp_path: Path, ask: ScriptedAsk, qtbot: QtBot
) -> None:
    page.dropped([str(bundle)])
    settle(qtbot, page)
    assert page.answering is not None
    page.answering.text_columns = ("title", "body")
    lines = [f"title {n},{TEXTS[n % 4]} {'very ' * n}good" for n in range(12)]
    (tmp_path / "two.csv").write_text("\n".join(["title,body", *lines]))
    page.dropped([str(tmp_path / "two.csv")])
    settle(qtbot, page)
    given = [f"xxfld 1 title {n} xxfld 2 {TEXTS[n % 4]} {'very ' * n}good" for n in range(12)]
    read = [f"title {n}  ·  {TEXTS[n % 4]} {'very ' * n}good" for n in range(12)]
    assert [row.text for row in page.many.model.rows] == read
    ask.answers.append(tmp_path / "out.csv")
    page.many.save.click()
    settle(qtbot, page)
    assert "xxfld" not in (tmp_path / "out.csv").read_text()
    page.many.table.setCurrentIndex(page.many.model.index(3, 0))
    page.many.table.activated.emit(page.many.model.index(3, 0))
    settle(qtbot, page)
    qtbot.waitUntil(lambda: bool(page.one.editor.marks()), timeout=10_000)
    answer = page.one.answer
    assert answer is not None
    assert page.one.editor.toPlainText() == answer.text == read[3]
    assert answer.given == given[3]  # so that the answer is that of the table
    assert answer.prediction.probabilities == pytest.approx(expected(bundle, given)[3])
    assert all(word in read[3] for word, _ in page.one.editor.marks())
    page.one.editor.moveCursor(QTextCursor.MoveOperation.End)
    page.one.editor.insertPlainText(" indeed")
    settle(qtbot, page)
    assert page.one.answer is not None
    assert page.one.answer.given == f"{given[3]} indeed"
    page.one.show_text("only one column")
    settle(qtbot, page)
    assert page.one.answer.given == "only one column"


def test_files_and_folders_are_one_text_a_file(page: ClassifyPage, bundle: Path, tmp_path: Path, qtbot: QtBot) -> None:
    page.dropped([str(bundle)])
    folder = tmp_path / "letters"
    (folder / "more").mkdir(parents=True)
    (folder / "a.txt").write_text("A good\nfilm", encoding="utf-8")
    (folder / "more" / "b.txt").write_text("bad", encoding="utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "alone.txt").write_bytes("caf\u00e9 na\u00efve d\u00e9j\u00e0 vu".encode("cp1252"))
    settle(qtbot, page)
    page.dropped([str(folder), str(tmp_path / "alone.txt")])
    settle(qtbot, page)
    assert [(row.source, row.text) for row in page.many.model.rows] == [
        ("a.txt", "A good\nfilm"), (str(Path("more") / "b.txt"), "bad"), ("alone.txt", "café naïve déjà vu")]
    assert read_text(tmp_path / "alone.txt") == "café naïve déjà vu"


def buttons(page: ClassifyPage) -> list[str]:
    return [button.text() for button in page.failure.findChildren(QPushButton) if button.isVisibleTo(page.failure)]


def test_what_cannot_be_read_is_told_beside_the_answers(
    page: ClassifyPage, bundle: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "a.txt").write_text("good", encoding="utf-8")
    (tmp_path / "empty.csv").write_bytes(b"")
    hold(page, bundle, qtbot, tmp_path / "empty.csv", tmp_path / "a.txt")
    assert [row.source for row in page.many.model.rows] == ["a.txt"]
    assert page.failure.failure is None
    assert page.many.skipped.isVisibleTo(page.many)
    assert page.many.skipped.text.text() == "1 file could not be read: empty.csv"
    assert "no bytes at all" in page.many.skipped.toolTip()
    assert page.many.save.isEnabled()
    page.dropped([str(tmp_path / "a.txt")])
    settle(qtbot, page)
    assert not page.many.skipped.isVisibleTo(page.many)


def test_a_file_problem_offers_other_files_and_passes(
    page: ClassifyPage, bundle: Path, tmp_path: Path, ask: ScriptedAsk, qtbot: QtBot
) -> None:
    dots: list[str] = []
    page.status.connect(dots.append)
    (tmp_path / "a.txt").write_text("good", encoding="utf-8")
    (tmp_path / "empty.csv").write_bytes(b"")
    hold(page, bundle, qtbot, tmp_path / "empty.csv")
    assert page.failure.failure is not None
    assert dots[-1] == "problem"
    assert "Choose other files…" in buttons(page)
    assert page.many.area.isVisibleTo(page.many)
    ask.answers.append(tmp_path / "a.txt")
    next(button for button in page.failure.findChildren(QPushButton) if button.text() == "Choose other files…").click()
    settle(qtbot, page)
    assert len(page.many.model.rows) == 1
    assert page.failure.failure is None
    assert dots[-1] == "ready"


def test_cancelled_the_answers_so_far_are_exported(
    page: ClassifyPage, bundle: Path, tmp_path: Path, ask: ScriptedAsk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "AT_ONCE", 2)
    for number in range(9):
        (tmp_path / f"{number}.txt").write_text(f"a good film {number}", encoding="utf-8")
    hold(page, bundle, qtbot)
    assert page.answering is not None
    entered, go_on = threading.Event(), threading.Event()
    predict = page.answering.predict

    def slowly(texts: list[str]) -> Iterator[Prediction]:
        if texts[0].endswith("4"):
            entered.set()
            assert go_on.wait(20)
        return predict(texts)

    monkeypatch.setattr(page.answering, "predict", slowly)
    page.dropped([str(tmp_path / f"{number}.txt") for number in range(9)])
    qtbot.waitUntil(entered.is_set, timeout=10_000)
    page.many.progress.cancel.click()
    go_on.set()
    settle(qtbot, page)
    done = [row.source for row in page.many.model.rows]
    assert 4 <= len(done) < 9
    assert "kept" in page.many.progress.text.text()
    ask.answers.append(tmp_path / "out.csv")
    page.many.save.click()
    settle(qtbot, page)
    assert pl.read_csv(tmp_path / "out.csv")["source"].to_list() == done


def test_other_columns_of_a_table_are_read_on_demand(
    page: ClassifyPage, bundle: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    rows = [("pos" if n % 2 else "neg", f"a very long story number {n} about a film", f"it was good {n}")
            for n in range(20)]
    page.show()
    hold(page, bundle, qtbot, write_csv(tmp_path / "table.csv", rows, ("label", "story", "said")))
    box = page.many.columns.box
    assert page.many.columns.isVisible()
    assert box.currentText() == "choose the column…"  # the model names none, and two may be it
    assert page.many.stack.currentIndex() == 1
    assert "In which column of table.csv" in page.many.progress.text.text()
    assert box.hasFocus()  # the answer is given there
    assert not page.many.model.rows
    box.setCurrentIndex(box.findText("said"))
    box.activated.emit(box.currentIndex())
    settle(qtbot, page)
    assert [row.text for row in page.many.model.rows] == [said for _, _, said in rows]
    assert [row.label for row in page.many.model.rows] == [
        max(one, key=one.__getitem__) for one in expected(bundle, [said for _, _, said in rows])]
    assert box.currentText() == "said"


def test_of_single_texts_other_columns_are_not_offered(
    page: ClassifyPage, bundle: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "a.txt").write_text("good", encoding="utf-8")
    hold(page, bundle, qtbot, tmp_path / "a.txt")
    assert not page.many.columns.isVisibleTo(page.many)


def test_nothing_moves_under_the_mouse_when_the_work_ends(
    page: ClassifyPage, bundle: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "a.txt").write_text("good", encoding="utf-8")
    hold(page, bundle, qtbot, tmp_path / "a.txt")
    page.show()
    page.dropped([str(tmp_path / "a.txt")])
    qtbot.waitUntil(page.many.progress.cancel.isVisible)
    busy = (page.many.table.geometry(), page.many.save.geometry())
    settle(qtbot, page)
    assert not page.many.progress.cancel.isVisible()
    qtbot.wait(20)
    assert (page.many.table.geometry(), page.many.save.geometry()) == busy


def test_the_number_of_a_row_is_never_cut_off(
    page: ClassifyPage, bundle: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    table = write_csv(tmp_path / f"{'a very long name ' * 6}.csv", [("pos", f"a good film {n}") for n in range(3)])
    hold(page, bundle, qtbot, table)
    drawn: list[str] = []

    class Notes(QPainter):
        def drawText(self, *arguments: object) -> None:
            drawn.append(str(arguments[-1]))

    picture = QPixmap(100, 26)
    painter = Notes(picture)
    option = QStyleOptionViewItem()
    option.rect = picture.rect()
    view = page.many.table
    view.itemDelegateForColumn(SOURCE).paint(painter, option, page.many.model.index(2, SOURCE))
    painter.end()
    assert drawn[0].endswith(":3")
    assert len(drawn[0]) < 30


def test_every_control_has_a_name_for_a_screen_reader(
    page: ClassifyPage, bundle: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    hold(page, bundle, qtbot, tmp_path / "empty.csv")
    nameless = [
        type(control).__name__
        for kind in (QAbstractButton, QComboBox, QTextEdit, QTableView)
        for control in page.findChildren(kind)
        if not control.objectName().startswith("qt_") and not isinstance(control.parent(), (QComboBox, QTableView))
        and not (control.accessibleName() or getattr(control, "text", str)())
    ]
    assert nameless == []


def test_the_clipboard_brings_texts_and_takes_answers(
    page: ClassifyPage, bundle: Path, qtbot: QtBot
) -> None:
    hold(page, bundle, qtbot)
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("the good film\n\n=bad story\n")
    page.many.paste.click()
    settle(qtbot, page)
    texts = ["the good film", "=bad story"]
    assert [row.text for row in page.many.model.rows] == [texts[0], "", texts[1]]  # beside the cells it came from
    page.many.copy.click()
    settle(qtbot, page)
    lines = list(csv.reader(clipboard.text().splitlines(), delimiter="\t"))
    assert lines[0][:5] == ["source", "text", "given_label", "label", "confidence"]
    assert [line[1] for line in lines[1:]] == ["the good film", "", "'=bad story"]  # not to be carried out anywhere
    should = expected(bundle, texts)
    assert [float(line[5]) for line in lines[1::2]] == pytest.approx([one["neg"] for one in should])
    clipboard.setText("text\tlabel\nthe good film\tpos\na bad one\tneg\n")
    page.many.paste_texts()
    settle(qtbot, page)
    assert [(row.text, row.given) for row in page.many.model.rows] == [("the good film", "pos"), ("a bad one", "neg")]
    clipboard.setText("not very good")
    page.one.paste.click()
    settle(qtbot, page)
    page.one.copy.click()
    [head, line] = csv.reader(clipboard.text().splitlines(), delimiter="\t")
    assert head == ["text", "label", "neg", "pos"]
    assert line[0] == "not very good"
    assert [float(value) for value in line[2:]] == pytest.approx(
        list(expected(bundle, ["not very good"])[0].values()), abs=1e-6)


def test_rows_too_many_for_the_clipboard_are_told(
    page: ClassifyPage, bundle: Path, shell: Shell, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "MOST_COPIED", 2)
    hold(page, bundle, qtbot)
    news: list[str] = []
    shell.noticed.connect(lambda notice: news.append(notice.text))
    for count, told in ((2, "2 rows are on the clipboard."),
                        (3, "Only the first 2 of 3 rows are on the clipboard. A file holds all of them.")):
        QGuiApplication.clipboard().setText("good\n" * count)
        page.many.paste_texts()
        settle(qtbot, page)
        page.many.copy.click()
        settle(qtbot, page)
        assert len(QGuiApplication.clipboard().text().splitlines()) == 1 + 2
        assert news[-1] == told


def test_a_table_with_labels_goes_on_to_evaluate(
    page: ClassifyPage, bundle: Path, shell: Shell, tmp_path: Path, qtbot: QtBot
) -> None:
    table = write_csv(tmp_path / "table.csv", [("pos" if n % 3 else "neg", f"{TEXTS[n % 4]} {n}") for n in range(30)])
    hold(page, bundle, qtbot, table)
    wanted: list[str] = []
    shell.pageWanted.connect(wanted.append)
    assert page.many.evaluate.isVisibleTo(page.many)
    page.many.evaluate.click()
    assert wanted == ["evaluate"]
    assert shell.wanted_table == TableToMeasure(bundle, table)
    (tmp_path / "bare.txt").write_text("good", encoding="utf-8")
    page.dropped([str(tmp_path / "bare.txt")])
    settle(qtbot, page)
    assert not page.many.evaluate.isVisibleTo(page.many)


def test_texts_pasted_where_nothing_can_be_written_are_told(
    page: ClassifyPage, bundle: Path, shell: Shell, qtbot: QtBot, tmp_path: Path
) -> None:
    hold(page, bundle, qtbot)
    news: list[str] = []
    shell.noticed.connect(lambda notice: news.append(notice.text))
    project = page.many.cache.parent
    project.rename(tmp_path / "renamed")
    QGuiApplication.clipboard().setText("the good film\n")
    page.many.paste_texts()
    assert "could not be written" in news[-1]
    assert not project.exists()
    (tmp_path / "renamed").rename(project)
