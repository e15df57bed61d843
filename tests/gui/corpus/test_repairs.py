"""Problems of a corpus: shown, repaired, taken back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from pytestqt.qtbot import QtBot

from studio import project, theme
from studio.pages.corpus.page import CorpusPage
from studio.pages.corpus.problems import FindingCard, ProblemsPanel
from studio.pages.corpus.repair_book import Repair, RepairBook
from tests.gui.corpus.help import opened, settle
from tests.gui.pages_help import FRUIT, Desk, write_csv
from ulmengine.corpus import Alternative, Finding
from ulmengine.corpus.repairs import records_of
from ulmengine.record.relabelled import read_journal


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


def test_a_label_that_is_not_certain_is_settled_with_a_click(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    rows = [(text, "xyz"[n % 3], "abcde"[n % 5]) for n, (_, text) in enumerate(FRUIT)]
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", rows, ("text", "assessor", "verdict")))
    card, = doubts(page)
    assert [button.text() for button in card.alternatives] == ["Take “verdict”", "Keep “assessor”"]
    for button, labels, names in ((0, ("verdict",), "abcde"), (1, ("assessor",), "xyz")):
        qtbot.mouseClick(doubts(page)[0].alternatives[button], Qt.MouseButton.LeftButton)
        assert desk.project.config.corpus.label_columns == labels
        settle(qtbot, page)
        assert page.analysis.corpus is not None
        assert page.analysis.corpus.documents.labels == tuple(names)
        assert doubts(page) == []
        desk.project.undo.undo()
        assert desk.project.config.corpus.label_columns == ()
        settle(qtbot, page)


def test_a_state_taken_for_the_label_is_none_with_a_click(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    rows = [(text, "01"[n % 2]) for n, (_, text) in enumerate(FRUIT)]
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", rows, ("text", "is_active")))
    card, = doubts(page)
    assert [button.text() for button in card.alternatives] == ["Keep “is_active”", "There is no label"]
    qtbot.mouseClick(card.alternatives[1], Qt.MouseButton.LeftButton)
    assert desk.project.config.corpus.label_columns == ("none",)
    settle(qtbot, page)
    assert doubts(page) == []


def test_the_buttons_of_a_doubt_fit_their_panel_and_long_names_are_told_apart(qtbot: QtBot) -> None:
    asked = "Please choose the category that describes your request best"
    columns = ((f"{asked} (one)",), (f"{asked} (all)",), ("a & b", f"{asked} (one)", f"{asked} (all)"), ("kind",))
    none = np.empty(0, np.int64)
    panel = ProblemsPanel()
    qtbot.addWidget(panel)
    panel.resize(340, 600)
    panel.show_findings([Finding("label_doubt", "Which is the label?", "", 0, none, none, "", alternatives=tuple(
        Alternative("corpus.label_columns", names, taken=False) for names in columns))])
    panel.show()
    buttons = panel.cards[0].alternatives
    qtbot.waitUntil(lambda: buttons[0].width() < 340)
    for button in buttons:
        place = QRect(button.mapTo(panel, QPoint()), button.size())
        assert panel.rect().contains(place)
        assert button.fontMetrics().horizontalAdvance(button.shown()) < button.width()
    assert [button.toolTip() for button in buttons] == [
        f"Take “{asked} (one)”", f"Take “{asked} (all)”", f"Take “a & b, {asked} (one), {asked} (all)”", ""]
    one, all_, several, short = (button.shown() for button in buttons)
    assert one.startswith("Take “Please")
    assert one.endswith("(one)”")
    assert all_.endswith("(all)”")
    assert several.startswith("Take “a & b")
    assert (short, buttons[3].text()) == ("Take “kind”", "Take “kind”")
    panel.resize(1_200, 600)
    qtbot.waitUntil(lambda: buttons[0].shown() == buttons[0].whole)
    assert buttons[0].toolTip() == ""


def doubts(page: CorpusPage) -> list[FindingCard]:
    return [card for card in page.problems.cards if card.finding.kind == "label_doubt"]


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
    facts = desk.project.facts
    assert facts is not None
    assert facts.limited < facts.tokens
    desk.project.change({"tokens.max_tokens": 20})
    settle(qtbot, page)
    long = [card.finding.rows.tolist() for card in page.problems.cards if card.finding.kind == "too_long"]
    assert long == [[40, 41]]


def test_corrected_labels_are_listed_shown_and_taken_back(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    assert page.analysis.corpus is not None
    documents = page.analysis.corpus.documents
    keys = records_of(np.array([3, 5]), documents.pieces, documents.hashes)
    names = [documents.labels[documents.all_targets[row]] for row in (3, 5)]
    others = [next(label for label in documents.labels if label != name) for name in names]
    for key, name, other in zip(keys, names, others, strict=True):
        desk.project.correct_label(key, (name,), (other,), False, "looked twice")
    settle(qtbot, page)
    card = page.problems.corrected
    assert not card.isHidden()
    assert [line.text.text().startswith(f"row {row}: {name} → {other}") for line, row, name, other in
            zip(card.lines, (4, 6), names, others, strict=True)] == [True, True]
    for _ in range(2):
        desk.project.undo.undo()
    for _ in range(2):
        desk.project.undo.redo()
    settle(qtbot, page)
    assert all(line.text.text().endswith("looked twice") for line in card.lines)  # as long as it is in force
    assert "looked twice" in card.lines[0].text.text()
    page.side.setCurrentWidget(page.problems)
    page.show()
    qtbot.waitUntil(lambda: card.lines[1].y() >= card.lines[0].geometry().bottom() + theme.S)  # lines of several rows
    assert page.analysis.corpus.documents.relabelled.tolist() == [3, 5]
    card.lines[1].show_rows.click()
    table = page.tables.documents.rows
    assert [table.source_row(n) for n in range(table.rowCount())] == [5]
    card.lines[0].back.click()
    settle(qtbot, page)
    assert desk.project.config.corpus.relabelled == (f"{keys[1]}={others[1]}",)
    card.restore.click()
    settle(qtbot, page)
    assert card.isHidden()


def test_a_label_is_corrected_where_the_document_is_read(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    assert page.document.correct.one.currentText() == FRUIT[0][0]  # of the document that opening has picked
    page.tables.show_only(np.array([3, 5, 8]), "some of them")
    page.tables.documents.pick(1)
    settle(qtbot, page)
    page.tables.documents.activated.emit(page.tables.documents.currentIndex())
    assert page.side.currentWidget() is page.document
    correct = page.document.correct
    assert correct.one.currentText() == FRUIT[5][0]
    assert not correct.take.isEnabled()  # it is right as long as nothing else is chosen
    other = "sour" if FRUIT[5][0] == "sweet" else "sweet"
    correct.one.setCurrentIndex(correct.one.findText(other))
    correct.one.activated.emit(correct.one.currentIndex())
    correct.why.setText("tasted")
    correct.take.click()
    settle(qtbot, page)
    assert page.analysis.corpus is not None
    documents = page.analysis.corpus.documents
    assert documents.relabelled.tolist() == [5]
    assert documents.labels[documents.all_targets[5]] == other
    [key] = records_of(np.array([5]), documents.pieces, documents.hashes)
    assert desk.project.config.corpus.relabelled == (f"{key}={other}",)
    [line] = read_journal(desk.project.folder / "labels.jsonl")
    assert (line.document, line.before, line.to, line.why) == (key, (FRUIT[5][0],), (other,), "tasted")
    table = page.tables.documents  # who looks through some rows goes on there
    assert [table.rows.source_row(n) for n in range(table.rows.rowCount())] == [3, 5, 8]
    assert table.currentIndex().row() == 1
    assert table.rows.index(1, 1).data() == other
    assert correct.one.currentText() == other
    assert [one.change for one in page.problems.corrected.lines] == [(key,)]
    desk.project.undo.undo()
    settle(qtbot, page)
    assert table.rows.index(1, 1).data() == FRUIT[5][0]
    assert correct.one.currentText() == FRUIT[5][0]
    assert page.problems.corrected.isHidden()


def test_who_corrects_the_last_document_of_a_label_goes_on_there(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", [*FRUIT, ("Sour", "the last of its kind")]))
    page.tables.documents.pick(40)
    settle(qtbot, page)
    assert page.analysis.corpus is not None
    documents = page.analysis.corpus.documents
    [key] = records_of(np.array([40]), documents.pieces, documents.hashes)
    desk.project.correct_label(key, ("Sour",), ("sour",), False)
    settle(qtbot, page)
    assert page.analysis.corpus.documents.labels == ("sour", "sweet")
    assert page.tables.documents.currentIndex().row() == 40
    assert [page.document.correct.one.itemText(n) for n in range(page.document.correct.one.count())] == [
        "sour", "sweet"]


def test_a_label_that_another_file_has_as_it_was_corrected_can_be_given_back(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    label, text = FRUIT[5]
    other = "sour" if label == "sweet" else "sweet"
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    for file, to in (("", other), ("anew.csv", label)):
        if file:
            opened(qtbot, page, write_csv(tmp_path / file, [*FRUIT[:5], (other, text), *FRUIT[6:]]))
            assert desk.project.config.corpus.relabelled == ()
        page.tables.documents.pick(5)
        settle(qtbot, page)
        correct = page.document.correct
        correct.one.setCurrentIndex(correct.one.findText(to))
        correct.one.activated.emit(correct.one.currentIndex())
        correct.take.click()
        assert [record.partition("=")[2] for record in desk.project.config.corpus.relabelled] == [to]
        settle(qtbot, page)
        assert correct.one.currentText() == to
