"""One document read closely: its words, its label put right, the documents that are like it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.pages.classify.answering import Answering
from studio.pages.evaluate.answers import GIVEN, RIGHT, SAID, Answers
from studio.pages.evaluate.document_list import Corrections
from studio.pages.evaluate.jobs import Asked
from studio.pages.evaluate.page import EvaluatePage
from studio.pages.evaluate.reader import Reader
from studio.pages.evaluate.verdicts import below, learnt_since
from studio.pages.parts.correct_label import CorrectLabel
from studio.project import Project
from studio.shell import Notice, Shell
from tests.gui.classify.help import TEXTS, expected, make_bundle
from tests.gui.mouse import click_head
from ulmengine.events import outcome
from ulmengine.inference import Baseline, Blend, Predictor, explain_by_gradient, part_predictions
from ulmengine.inference.nearest import Nearest
from ulmengine.inference.predictions import WHO, Who
from ulmengine.models import load_bundle
from ulmengine.record import RunFolder
from ulmengine.record.relabelled import read_journal
from ulmengine.runs.features import FEATURES
from ulmengine.runs.measured import Measured

from .help import LABELS, measured_run


def choose(correct: CorrectLabel, label: str) -> None:
    """As a person does in the list of labels."""
    correct.one.setCurrentText(label)
    correct.one.activated.emit(correct.one.currentIndex())


def test_a_label_put_right_is_journalled_undone_and_used_by_the_next_run(
    page: EvaluatePage, project: Project, measured: Measured, qtbot: QtBot
) -> None:
    page.pick({RIGHT: 0})
    page.list.selectRow(0)
    qtbot.waitUntil(lambda: page.reader.editor.toPlainText().startswith("text number"), timeout=10_000)
    position = page.model.position(0)
    kept = measured.kept.part("test")
    key, given = str(kept.keys[position]), LABELS[int(kept.targets[position])]
    assert page.reader.correct.one.currentText() == given  # what the network said is not put into anyone's mouth
    assert not page.reader.correct.take.isEnabled()
    said = LABELS[int(page.answers.said[position])]
    choose(page.reader.correct, said)
    page.reader.correct.why.setText("read again")
    page.reader.correct.take.click()
    assert project.config.corpus.relabelled == (f"{key}={said}",)
    assert page.model.index(0, 1).data() == f"→ {said}"
    assert f"{given} → {said}" in page.model.index(0, 1).data(Qt.ItemDataRole.ToolTipRole)
    assert "1 label has been corrected since" in page.told.text()
    [line] = read_journal(project.folder / "labels.jsonl")
    assert (line.document, line.before, line.to, line.why) == (key, (given,), (said,), "read again")
    project.undo.undo()
    assert project.config.corpus.relabelled == ()
    assert page.model.index(0, 1).data() == given
    assert [(one.before, one.to) for one in read_journal(project.folder / "labels.jsonl")] == [
        ((given,), (said,)), ((said,), (given,))]
    project.undo.redo()
    assert read_journal(project.folder / "labels.jsonl")[-1].why == "read again"
    project.undo.undo()
    choose(page.reader.correct, said)
    page.reader.correct.take.click()
    assert read_journal(project.folder / "labels.jsonl")[-1].why == ""  # it is another step
    assert project.run_config().corpus.relabelled == (f"{key}={said}",)


def test_a_filter_keeps_the_document_in_view_and_what_is_said_of_its_label(
    page: EvaluatePage, project: Project, qtbot: QtBot
) -> None:
    page.pick({RIGHT: 0})
    page.list.selectRow(1)
    qtbot.waitUntil(lambda: page.reader.editor.toPlainText().startswith("text number"), timeout=10_000)
    position = page.model.position(1)
    assert page.answers is not None
    page.pick({GIVEN: int(page.answers.kept.targets[position]), SAID: int(page.answers.said[position])})
    assert page.model.position(page.list.currentIndex().row()) == position
    said = LABELS[int(page.answers.said[position])]
    choose(page.reader.correct, said)
    page.reader.correct.why.setFocus()
    place = page.reader.correct.pos()
    page.reader.correct.take.click()
    assert f"corrected to {said}" in page.reader.told.text()
    assert not page.reader.correct.take.isEnabled()
    assert page.reader.correct.one.hasFocus()  # not a line of text, in which Ctrl+Z would take back what was typed
    QTest.qWait(50)
    assert page.reader.correct.pos() == place
    click_head(page.list, 0)  # sorted, it stands elsewhere in the list
    assert page.model.position(page.list.currentIndex().row()) == position
    assert page.reader.position == position
    project.undo.undo()
    assert page.reader.told.text() == ""


def test_a_document_that_a_filter_leaves_out_is_no_longer_read_nor_its_label_corrected(page: EvaluatePage) -> None:
    page.pick({RIGHT: 0})
    page.list.selectRow(1)
    left = page.reader.position
    choose(page.reader.correct, next(label for label in LABELS if label != page.reader.correct.one.currentText()))
    assert page.reader.correct.take.isEnabled()
    page.pick({RIGHT: 1})
    assert page.list.currentIndex().row() == 0
    assert page.reader.position == page.model.position(0) != left
    assert not page.reader.correct.take.isEnabled()
    page.pick({GIVEN: 0, SAID: 1})  # what is right cannot be of another class
    assert page.model.rowCount() == 0
    assert page.reader.position == -1
    assert not page.reader.correct.isEnabled()
    page.pick({GIVEN: -1, SAID: -1})
    assert page.reader.position == page.model.position(page.list.currentIndex().row())


def test_no_label_is_said_to_be_put_right_where_the_window_only_reads(
    page: EvaluatePage, project: Project, shell: Shell
) -> None:
    said: list[Notice] = []
    shell.noticed.connect(said.append)
    project.set_read_only(True)
    page.documents._correct(0, ("good",), "")
    assert project.config.corpus.relabelled == ()
    assert not any("The label is" in notice.text for notice in said)


def test_in_a_small_window_several_documents_are_listed_and_the_text_is_seen(page: EvaluatePage) -> None:
    page.resize(740, 470)
    QTest.qWait(50)
    assert page.list.viewport().height() >= 4 * page.list.rowHeight(0)
    assert page.reader.height() >= page.reader.editor.mapTo(page.reader, QPoint(0, 60)).y()


def test_a_correction_that_the_run_learnt_with_and_that_was_taken_back_can_be_made_again(
    measured: Measured, project: Project
) -> None:
    kept = measured.kept.part("test")
    learnt, given = LABELS[int(kept.targets[0])], next(one for one in LABELS if one != LABELS[int(kept.targets[0])])
    key = str(kept.keys[0])
    project.correct_label(key, (given,), (learnt,), False, "read again", of_file=True)
    known = project.config.corpus.relabelled
    corrections = Corrections(project, Answers(kept), known)
    assert corrections.now(0) == (learnt,)
    assert corrections.since() == {}
    project.take_labels_back([key])
    assert corrections.now(0) == (given,)
    assert corrections.since() == {key: given}
    assert not corrections.correct(0, (given,), "")
    assert corrections.correct(0, (learnt,), "after all")
    assert project.config.corpus.relabelled == known
    assert corrections.since() == {}


def test_given_back_the_label_of_the_file_needs_no_correction(project: Project) -> None:
    project.correct_label("main:01", ("a",), ("b",), False)
    project.correct_label("main:01", ("b",), ("a",), False)
    assert project.config.corpus.relabelled == ()
    project.correct_label("main:02", ("a",), ("c",), False)
    project.take_labels_back({"main:02"})
    assert project.config.corpus.relabelled == ()


@pytest.fixture
def reader(qtbot: QtBot) -> Reader:
    labels = ["food, drink", "R&D", "travel"]
    truth = np.array([[1, 0, 0], [1, 1, 0]])
    scores = np.array([[.9, .1, .7], [.2, .8, .1]])
    made = Reader()
    qtbot.addWidget(made)
    made.set_answers(Answers(part_predictions("test", ["main:0", "main:1"], np.arange(2), truth, {"network": scores},
                                  labels=labels, multi_label=True, corpus="", temperature=1.0)))
    return made


def test_the_right_label_is_shown_whole_though_the_labels_came_after_the_page(qtbot: QtBot) -> None:
    correct = CorrectLabel()
    qtbot.addWidget(correct)
    correct.resize(560, 40)
    correct.show()
    correct.set_labels(["Cancellation", "Technical fault"], multi_label=False)
    correct.show_document(["Technical fault"])
    QTest.qWait(20)
    assert correct.one.shown_text() == "Technical fault"


def test_of_several_labels_one_may_hold_a_comma(reader: Reader) -> None:
    reader.show_answer(0, ("food, drink",))
    assert reader.correct.chosen() == ("food, drink",)
    assert reader.told.text() == ""
    assert not reader.correct.take.isEnabled()
    reader.show_answer(1, ("R&D", "food, drink"))
    assert reader.told.text() == ""  # the same labels in another order
    assert reader.correct.chosen() == ("food, drink", "R&D")
    assert "&&" in reader.correct.several.text()  # else it would underline the D
    reader.retell(("travel",))
    assert "corrected to travel" in reader.told.text()


def test_documents_of_a_table_that_the_model_has_learnt_from_are_told_first(tmp_path: Path) -> None:
    measured = measured_run(tmp_path)
    count = len(measured.kept.part("test"))
    assert "learnt from" not in below(measured, "test", 0)
    measured.record["learnt"] = {"test": count}
    assert below(measured, "test", 0).startswith(
        f"{count} of {count} documents were learnt from: this says nothing of new texts.")


@pytest.mark.parametrize("refit", [False, True])
def test_that_the_model_has_learnt_from_a_document_since_is_said_beside_its_words(tmp_path: Path, refit: bool) -> None:
    measured = measured_run(tmp_path, refit=refit)
    for part in ("validation", "test"):
        kept = measured.kept.part(part)
        kept = replace(kept, given={**kept.given, "counts": kept.given["baseline"], "blend": kept.given["network"]})
        said = {who: learnt_since(measured, Answers(kept, who)) for who in WHO}
        # The counts of a saved model are taken of the validation documents too, whether or not the network is.
        assert {who for who, words in said.items() if words} == (
            set() if part == "test" else {"network", "counts", "blend"} if refit else {"counts", "blend"})
        assert all(words.startswith("Validation document:") for words in said.values() if words)


def test_what_is_told_of_a_validation_document_is_the_answer_before_the_network_learnt_from_it(
    project: Project, shell: Shell, qtbot: QtBot
) -> None:
    measured = measured_run(project.folder, refit=True)
    make_bundle(measured.folder.model_path, seed=13, labels=LABELS)
    page = EvaluatePage(project, shell)
    qtbot.addWidget(page)
    page.resize(1100, 740)
    page.show()
    reader = page.reader
    qtbot.waitUntil(lambda: page.texts is not None and bool(reader.editor.marks()), timeout=20_000)
    assert not reader.learnt.isVisible()
    page.parts.setCurrentIndex(page.parts.findData("validation"))
    page.parts.activated.emit(page.parts.currentIndex())
    qtbot.waitUntil(lambda: reader.position >= 0 and bool(reader.editor.marks()) and not reader.busy, timeout=20_000)
    assert reader.learnt.isVisible()
    kept = pl.read_parquet(measured.folder.path / "predictions.parquet").filter(pl.col("part") == "validation")
    row = kept.row(reader.position, named=True)
    values = {label: row[f"network.{label}"] for label in LABELS}
    now = expected(measured.folder.model_path, [reader.editor.toPlainText()])[0]
    assert {label: f"{value:.0%}" for label, value in now.items()} != {
        label: f"{value:.0%}" for label, value in values.items()}
    shown = [reader.label.itemText(place) for place in range(3)]
    assert sorted(shown) == sorted(f"{label}  {value:.0%}" for label, value in values.items())
    assert reader.heading.text().endswith(f"({max(values.values()):.0%})")
    assert page.model.index(page.list.currentIndex().row(), 3).data() == f"{max(values.values()):.1%}"


def test_the_words_are_of_those_whose_answers_are_looked_at(tmp_path: Path) -> None:
    path = make_bundle(tmp_path / "made.ulmfit", seed=13)
    predictor = Predictor(load_bundle(path), "cpu")
    text, label = "a good film and a bad story", predictor.labels[0]
    alone = explain_by_gradient(predictor, text, label)
    asked = Asked(Answering(path, predictor, "made"), Nearest([]), None, RunFolder(tmp_path))
    whose: tuple[Who, ...] = ("network", "counts", "blend", "baseline")
    assert [asked.can_explain(who) for who in whose] == [True, False, False, False]
    predictor.blend = Blend(Baseline(TEXTS, np.arange(len(TEXTS)) % len(predictor.labels), len(predictor.labels)), 0.3)
    assert [asked.can_explain(who) for who in whose] == [True, True, True, False]
    told = predictor.answers([text])
    for method in ("gradient", "occlusion"):
        found = {who: outcome(asked.explain(text, label, method, who)) for who in whose[:3]}
        for who, one in found.items():
            assert one.probability == pytest.approx(float(told[who][0, 0]))
        assert len({one.words for one in found.values()}) == 3
        if method == "gradient":
            assert found["network"] == alone
    assert predictor.blend.weight == 0.3


def test_similar_documents_name_their_way(
    measured: Measured, project: Project, shell: Shell, qtbot: QtBot
) -> None:
    make_bundle(measured.folder.model_path, seed=13)
    page = EvaluatePage(project, shell)
    qtbot.addWidget(page)
    page.resize(1100, 740)
    page.show()
    nearest = page.reader.nearest
    qtbot.waitUntil(lambda: len(nearest.shown) == 3, timeout=20_000)
    assert nearest.by == "words"
    nearest.ways.setCurrentIndex(1)
    nearest.ways.activated.emit(1)
    qtbot.waitUntil(lambda: (measured.folder.path / FEATURES).is_file() and not page.reader.busy, timeout=20_000)
    assert nearest.by == "network"
    assert len(nearest.shown) == 3
    assert nearest.shown[0].likeness >= nearest.shown[2].likeness


def test_columns_read_together_are_shown_without_their_marks(qtbot: QtBot, tmp_path: Path) -> None:
    answering = Answering(Path("m"), Predictor(load_bundle(make_bundle(tmp_path / "m.ulmfit"))), "m")
    text = f"xxfld 1 {TEXTS[0]} xxfld 2 {TEXTS[1]}"
    found = explain_by_gradient(answering.predictor, text)
    read = found.as_read()
    assert read.text == f"{TEXTS[0]}  \u00b7  {TEXTS[1]}"
    words = [text[one.start:one.end] for one in found.words]
    assert [read.text[one.start:one.end] for one in read.words] == [
        word for place, word in enumerate(words) if word != "xxfld" and (place == 0 or words[place - 1] != "xxfld")]
    weights = {one.weight for one in read.words}
    assert weights <= {one.weight for one in found.words}
    reader = Reader()
    qtbot.addWidget(reader)
    reader._read(text)
    assert reader.editor.toPlainText() == read.text
    reader._explained(found)
    assert reader.editor.marks()
