"""The Evaluate page, driven: its figures, its filters, its reader, labels put right, and its states."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sklearn import metrics

from studio.pages.classify.answering import Answering
from studio.pages.evaluate import tables
from studio.pages.evaluate.answers import GIVEN, LENGTH, RIGHT, SAID, Answers, by_size, by_value, wilson
from studio.pages.evaluate.matrix import Matrix
from studio.pages.evaluate.page import EvaluatePage
from studio.pages.evaluate.reader import Reader
from studio.pages.evaluate.words import headline, who_words
from studio.pages.evaluate.work import Asked
from studio.pages.parts.correct_label import CorrectLabel
from studio.project import Project
from studio.shell import Shell, TableToMeasure
from ulmengine.corpus import open_corpus
from ulmengine.inference import Baseline, Blend, Predictor, explain_by_gradient, part_predictions
from ulmengine.inference.nearest import Nearest, NearestByFeatures
from ulmengine.inference.predictions import WHO, Who
from ulmengine.models import load_bundle
from ulmengine.record import RunFolder, RunMarks, write_about
from ulmengine.record.relabelled import read_journal
from ulmengine.runs.features import FEATURES, training_features
from ulmengine.runs.measured import Measured

from .classify.help import TEXTS, expected, make_bundle
from .evaluate_help import LABELS, end_of, measured_run
from .fakes import ScriptedAsk
from .pages_help import write_csv


@pytest.fixture
def measured(project: Project) -> Measured:
    return measured_run(project.folder)


@pytest.fixture
def page(measured: Measured, project: Project, shell: Shell, qtbot: QtBot) -> EvaluatePage:
    made = EvaluatePage(project, shell)
    qtbot.addWidget(made)
    made.resize(1100, 740)
    made.show()
    qtbot.waitUntil(lambda: made.texts is not None, timeout=20_000)
    return made


def _table(measured: Measured, part: str = "test") -> tuple[list[str], list[str]]:
    """Given and said labels as polars reads them."""
    table = pl.read_parquet(measured.folder.path / "predictions.parquet").filter(pl.col("part") == part)
    scores = table.select(f"network.{label}" for label in LABELS).to_numpy()
    return table["label"].to_list(), [LABELS[place] for place in scores.argmax(1)]


def test_the_headline_tells_the_paired_difference(page: EvaluatePage, measured: Measured) -> None:
    truth, said = _table(measured)
    share = metrics.accuracy_score(truth, said)
    assert f"Right in {share:.1%} of the {len(truth)} test documents" in page.heading.text()
    assert "word-count baseline" in page.heading.text()
    assert "Always answering good" in page.told.text()


def test_a_cell_lists_its_documents_and_filters_every_tab(page: EvaluatePage, measured: Measured) -> None:
    truth, said = _table(measured)
    cells = metrics.confusion_matrix(truth, said, labels=list(LABELS))
    assert page.answers is not None
    assert page.answers.confusion(page.answers.mask({})).tolist() == cells.tolist()
    page.views.matrix.setFocus()
    box = page.views.matrix._box(0, 1).center()
    QTest.mouseClick(page.views.matrix, Qt.MouseButton.LeftButton, pos=QPoint(round(box.x()), round(box.y())))
    assert page.picks == {GIVEN: 0, SAID: 1}
    assert page.model.rowCount() == cells[0, 1]
    assert {page.model.index(row, 1).data() for row in range(page.model.rowCount())} == {"bad"}
    assert len(page.filters.chips) == 2
    page.filters.chips[1].click()
    assert page.model.rowCount() == cells[0].sum()
    page.filters.clear.click()
    assert page.model.rowCount() == len(truth)


def test_by_keyboard_a_cell_is_picked_and_let_go(page: EvaluatePage) -> None:
    matrix = page.views.matrix
    QTest.keyClick(matrix, Qt.Key.Key_Down)
    QTest.keyClick(matrix, Qt.Key.Key_Right)
    QTest.keyClick(matrix, Qt.Key.Key_Return)
    assert page.picks == {GIVEN: 1, SAID: 1}
    QTest.keyClick(matrix, Qt.Key.Key_Space)
    assert page.picks == {}


def test_the_worst_mistake_stands_first_and_a_heading_sorts(page: EvaluatePage, measured: Measured) -> None:
    losses = measured.kept.part("test").losses
    assert page.model.index(0, 4).data() == f"{losses.max():.2f}"
    page.list.horizontalHeader().sectionClicked.emit(3)
    sure = [float(page.model.index(row, 3).data().rstrip("%")) for row in range(page.model.rowCount())]
    assert sure == sorted(sure)


def test_classes_are_those_of_scikit_learn(page: EvaluatePage, measured: Measured) -> None:
    truth, said = _table(measured)
    assert page.answers is not None
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, said, labels=list(LABELS))
    for number, row in enumerate(page.answers.classes(page.answers.mask({}))):
        assert (row.precision, row.recall, row.f1, row.support) == pytest.approx(
            (precision[number], recall[number], f1[number], support[number]), abs=1e-9)
        assert row.spans is not None
        assert row.spans[2][0] < row.f1 < row.spans[2][1]


@pytest.mark.parametrize("tab", range(5))
def test_every_tab_draws_with_and_without_documents(page: EvaluatePage, tab: int) -> None:
    page.views.setCurrentIndex(tab)
    page.grab()
    page.pick({RIGHT: 0, GIVEN: 0, SAID: 0})  # nothing can be both
    assert page.model.rowCount() == 0
    page.grab()


def test_the_other_part_has_its_own_documents_only(page: EvaluatePage, measured: Measured) -> None:
    page.pick({RIGHT: 0})
    page.parts.setCurrentIndex(page.parts.findData("validation"))
    page.parts.activated.emit(page.parts.currentIndex())
    assert page.picks == {}
    assert page.model.rowCount() == int((measured.kept.parts == "validation").sum())
    assert "flatter" in page.told.text()


def test_accuracy_by_a_column_of_the_source(page: EvaluatePage, measured: Measured, qtbot: QtBot) -> None:
    page.views.setCurrentIndex(4)
    page.views.column.setCurrentIndex(page.views.column.findData("source"))
    page.views.column.activated.emit(page.views.column.currentIndex())
    assert page.answers is not None
    qtbot.waitUntil(lambda: "column:source" in page.answers.dimensions, timeout=10_000)
    source = pl.read_csv(page.project.folder / "corpus.csv")
    kept = measured.kept.part("test")
    mail = source[kept.rows.tolist(), "source"].to_numpy() == "mail"
    groups = {one.name: one for one in page.answers.groups("column:source", page.answers.mask({}))}
    assert (groups["mail"].count, groups["mail"].right) == (mail.sum(), (kept.right() & mail).sum())


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
    choose(page.reader.correct, said)
    page.reader.correct.take.click()
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
    page.pick({GIVEN: -1, SAID: -1, RIGHT: 1})  # now it is not even listed
    assert page.reader.position == position
    project.undo.undo()
    assert page.reader.told.text() == ""


def test_in_a_small_window_several_documents_are_listed_and_the_text_is_seen(page: EvaluatePage) -> None:
    page.resize(740, 470)
    QTest.qWait(50)
    assert page.list.viewport().height() >= 4 * page.list.rowHeight(0)
    assert page.reader.height() >= page.reader.editor.mapTo(page.reader, QPoint(0, 60)).y()


def test_where_there_is_little_room_the_text_has_it(page: EvaluatePage) -> None:
    listing = page.list
    listing.setFixedWidth(700)
    assert not listing.isColumnHidden(tables.LOSS)
    listing.setFixedWidth(380)
    assert listing.isColumnHidden(tables.LOSS)
    assert listing.columnWidth(tables.GIVEN) < 92  # the labels are short
    assert listing.columnWidth(tables.TEXT) >= 110
    listing.setFixedWidth(700)
    assert not listing.isColumnHidden(tables.LOSS)


def test_given_back_the_label_of_the_file_needs_no_correction(project: Project) -> None:
    project.correct_label("main:01", ("a",), ("b",), False)
    project.correct_label("main:01", ("b",), ("a",), False)
    assert project.config.corpus.relabelled == ()
    project.correct_label("main:02", ("a",), ("c",), False)
    project.take_labels_back({"main:02"})
    assert project.config.corpus.relabelled == ()


def test_without_a_run_it_says_what_to_do(project: Project, shell: Shell, qtbot: QtBot) -> None:
    made = EvaluatePage(project, shell)
    qtbot.addWidget(made)
    made.show()
    assert made.empty.isVisible()


def test_altered_answers_are_refused_and_the_way_out_is_offered(
    measured: Measured, project: Project, shell: Shell, qtbot: QtBot
) -> None:
    path = measured.folder.path / "predictions.parquet"
    path.write_bytes(path.read_bytes()[:-40])
    measured.folder.model_path.write_bytes(b"not a model")
    made = EvaluatePage(project, shell)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(made.failure.isVisible, timeout=10_000)
    assert made.failure.failure is not None
    assert "cannot be read" in made.failure.failure.title
    told = made.failure.failure
    assert f"{told.title} {told.kept} {told.advice}".count("predictions.parquet") == 1
    made.measure_again()
    qtbot.waitUntil(lambda: not made.opening.busy, timeout=20_000)
    assert made.failure.isVisible()


def test_a_corpus_that_is_gone_leaves_the_figures(
    measured: Measured, project: Project, shell: Shell, qtbot: QtBot
) -> None:
    (project.folder / "corpus.csv").unlink()
    shutil.rmtree(project.cache)
    made = EvaluatePage(project, shell)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(made.failure.isVisible, timeout=10_000)
    assert made.model.rowCount() == int((measured.kept.parts == "test").sum())
    assert made.model.index(0, tables.TEXT).data() == ""


def test_the_report_is_written_where_the_person_says(
    page: EvaluatePage, ask: ScriptedAsk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.subject is not None
    write_about(page.subject.folder, RunMarks("First/second run"))
    proposed: list[str] = []

    def save_file(title: str, start: Path, filters: str) -> Path:
        proposed.append(start.name)
        return tmp_path / "r.html"

    monkeypatch.setattr(ask, "save_file", save_file)
    page.report.click()
    assert proposed == ["report-First_second run.html"]
    qtbot.waitUntil((tmp_path / "r.html").exists, timeout=20_000)
    qtbot.waitUntil(lambda: not page.reporting.busy, timeout=20_000)
    assert "test documents" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_several_labels_found_missed_and_wrongly_given() -> None:
    truth = np.array([[1, 0], [1, 1], [0, 1], [0, 0]])
    scores = np.array([[.9, .1], [.2, .8], [.7, .6], [.1, .2]])
    answers = Answers(part_predictions(
        "test", [f"main:{n}" for n in range(4)], np.arange(4), truth, {"network": scores},
        labels=["x", "y"], multi_label=True, corpus="", temperature=1.0,
    ))
    everything = answers.mask({})
    assert answers.confusion(everything).tolist() == \
        metrics.multilabel_confusion_matrix(truth, scores >= .5).tolist()
    assert answers.right.tolist() == [True, False, False, True]
    assert answers.mask({GIVEN: 1, SAID: 0}).tolist() == [False, True, False, False]  # has x, was not said to
    rows = answers.classes(everything)
    assert (rows[0].precision, rows[0].recall, rows[1].f1) == (1 / 2, 1 / 2, 1.0)
    told = headline(SimpleNamespace(kept=answers.kept), answers, "test")  # type: ignore[arg-type]
    assert told == "All labels right in 50.0% of the 4 test documents."


@pytest.mark.parametrize("classes", [5, 20])
def test_names_of_many_columns_stand_on_end_and_a_click_finds_its_cell(qtbot: QtBot, classes: int) -> None:
    """Cut to two letters beside one another, `Medicine` and `Middle East` would be the same."""
    matrix = Matrix()
    qtbot.addWidget(matrix)
    cells = np.arange(classes ** 2).reshape(classes, classes)
    lying = Matrix()
    qtbot.addWidget(lying)
    lying.show_cells(tuple("abcdefghijklmnopqrst"[:classes]), cells, (-1, -1))
    matrix.show_cells(tuple(f"a long name {n}" for n in range(classes)), cells, (-1, -1))
    assert (matrix.sizeHint().height() > lying.sizeHint().height()) is (classes == 20)
    matrix.resize(1_000, matrix.height())
    matrix.show()
    for cell in ((0, 0), (3, 1), (classes - 1, classes - 1)):
        with qtbot.waitSignal(matrix.picked) as told:
            qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix._box(*cell).center().toPoint())
        assert told.args == list(cell)
    matrix.grab()


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


def test_whose_answers_is_never_cut(page: EvaluatePage, qtbot: QtBot) -> None:
    who = page.choosing.who
    who.clear()
    for one in WHO:
        who.addItem(who_words(one), one)
    page.resize(1096, 740)  # of a window of 1280x800
    for place in range(who.count()):
        who.setCurrentIndex(place)
        qtbot.waitUntil(lambda: who.shown_text() == who.currentText(), timeout=2_000)
        assert page.parts.shown_text() == page.parts.currentText()


def test_groups_of_sizes_and_values() -> None:
    sizes = by_size(np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, -1]))
    assert np.bincount(sizes.codes[:-1]).tolist() == [2, 2, 2, 2, 2, 2]
    assert sizes.codes[-1] == -1
    assert sizes.names[0] == "1–2"
    assert by_size(np.array([3, 3, 3])).names == ("3",)
    values = by_value(["a", "b", "b", ""])
    assert values is not None
    assert (values.names[0], values.codes.tolist()[1]) == ("b", 0)
    assert by_value([str(n) for n in range(300)]) is None


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Wilson 1927 for 8 of 10: (0.49, 0.943); the published value of the usual example.
    assert wilson(8, 10) == pytest.approx((0.8, 0.4901625, 0.9433178), abs=1e-6)


def test_a_filter_names_what_is_chosen(page: EvaluatePage) -> None:
    assert page.answers is not None
    page.answers.dimensions[LENGTH] = by_size(np.arange(len(page.answers.kept)))
    page.pick({LENGTH: 0})
    assert page.filters.chips[0].text().endswith("tokens")


def test_a_model_is_measured_on_a_table_and_its_labels_are_not_the_projects(
    page: EvaluatePage, shell: Shell, tmp_path: Path, ask: ScriptedAsk, qtbot: QtBot
) -> None:
    model = make_bundle(tmp_path / "made.ulmfit", seed=13)
    texts = [f"{TEXTS[n % 4]} {'bad ' * (n % 7)}{'film ' * n}" for n in range(40)]
    labels = ["pos" if n % 3 else "neg" for n in range(40)]
    table = write_csv(tmp_path / "table.csv", list(zip(labels, texts, strict=True)))
    shell.evaluate_table(TableToMeasure(model, table))
    page.activated()
    qtbot.waitUntil(lambda: page.texts is not None and page.subject is not None, timeout=20_000)
    assert shell.wanted_table is None
    said = [max(one, key=one.__getitem__) for one in expected(model, texts)]
    share = metrics.accuracy_score(labels, said)
    assert f"Right in {share:.1%} of the 40 documents of table.csv, by made" in page.heading.text()
    assert page.model.rowCount() == 40
    page.list.selectRow(0)
    assert not page.reader.correct.isVisible()
    qtbot.waitUntil(lambda: bool(page.reader.editor.toPlainText()), timeout=10_000)
    ask.answers.append(tmp_path / "r.html")
    page.report.click()
    qtbot.waitUntil((tmp_path / "r.html").exists, timeout=20_000)
    assert f"Right in {share:.1%} of 40 documents" in (tmp_path / "r.html").read_text(encoding="utf-8")
    # The run is still there to go back to, and the table after it.
    runs = page.choosing.runs
    assert [runs.itemText(place) for place in range(runs.count())] == ["table.csv, by made", "run"]
    runs.setCurrentIndex(1)
    runs.activated.emit(1)
    qtbot.waitUntil(lambda: page.subject is not None and page.subject.table is None, timeout=10_000)
    runs.setCurrentIndex(0)
    runs.activated.emit(0)
    assert page.subject is not None
    assert page.subject.table is not None
    qtbot.waitUntil(lambda: page.texts is not None, timeout=10_000)
    page.measure_again()  # the table, not the run that was open before it
    qtbot.waitUntil(lambda: page.texts is not None and page.subject is not None, timeout=20_000)
    assert page.subject is not None
    assert page.subject.table is not None
    for place in (1, 0, 1):
        runs.setCurrentIndex(place)
        runs.activated.emit(place)
        qtbot.waitUntil(lambda: page.texts is not None and page.subject is not None, timeout=20_000)
        assert page.subject is not None
        assert (page.subject.table is None) == (place == 1)
        assert runs.currentIndex() == place


def test_the_run_that_the_window_shows_is_evaluated_and_a_choice_here_is_the_windows(
    page: EvaluatePage, project: Project, shell: Shell, measured: Measured, qtbot: QtBot
) -> None:
    other = measured_run(project.folder, name="zzz", seed=4).folder
    shell.show_run(other)
    qtbot.waitUntil(lambda: page.subject is not None and page.subject.folder == other, timeout=10_000)
    runs = page.choosing.runs
    place = runs.findText("run")
    runs.setCurrentIndex(place)
    runs.activated.emit(place)
    assert shell.shown.folder == measured.folder
    qtbot.waitUntil(lambda: page.subject is not None and page.subject.folder == measured.folder, timeout=10_000)
    write_about(other, RunMarks("Second try"))
    page.refresh()
    assert runs.findText("Second try") >= 0
    assert runs.currentText() == "run"  # what is shown, whatever else there is now
    qtbot.waitUntil(lambda: page.texts is not None, timeout=10_000)


def test_the_likest_documents_by_the_network_are_kept_with_the_run(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    rows = (f"{'good ' * (n % 5)}{TEXTS[n % 4]} {'film ' * (n % 9)}{n},{LABELS[n % 3]},web" for n in range(120))
    (tmp_path / "project" / "corpus.csv").write_text("text,label,source\n" + "\n".join(
        f'"{text}",{label},{source}' for text, label, source in (row.rsplit(",", 2) for row in rows)) + "\n")
    measured = measured_run(tmp_path / "project")
    make_bundle(measured.folder.model_path, seed=13)
    predictor = Predictor(load_bundle(measured.folder.model_path), "cpu")
    config = measured.folder.config()
    documents = end_of(open_corpus(config.corpus, tmp_path / "project" / "cache", seed=config.seed))
    found = end_of(training_features(measured.folder, predictor, documents))
    texts = list(documents.texts("train"))
    network = predictor.networks["forward"]
    for place in (0, 7):  # one by one, without any batch
        ids = torch.tensor([predictor.tokenizer.encode(texts[place])])
        with torch.no_grad():
            plain = network.pooled(ids, torch.tensor([ids.shape[1]]))[0].numpy()
        assert found[place] == pytest.approx(plain, abs=2e-3)
    raw = found.astype(np.float64)
    scaled = (raw - raw.mean(0)) / np.where(raw.std(0) > 0, raw.std(0), 1)
    cosines = [scaled[7] @ one / (np.linalg.norm(scaled[7]) * np.linalg.norm(one)) for one in scaled]
    told = NearestByFeatures(found).find(found[7])
    assert [likeness for _, likeness in told] == pytest.approx(sorted(cosines, reverse=True)[:3], abs=1e-3)
    assert told[0][1] == pytest.approx(1.0, abs=1e-3)
    again = end_of(training_features(measured.folder, None, documents))  # type: ignore[arg-type]  # nobody is asked
    assert (again == found).all()
    make_bundle(measured.folder.model_path, seed=2)  # other weights: what was kept is of no use
    other = end_of(training_features(measured.folder, Predictor(load_bundle(measured.folder.model_path), "cpu"),
                                     documents))
    assert not np.allclose(other, found, atol=1e-2)


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
        found = {who: end_of(asked.explain(text, label, method, who)) for who in whose[:3]}
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
