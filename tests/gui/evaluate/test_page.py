"""The Evaluate page, driven: what it shows, its filters, what it measures, and its states."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot
from sklearn import metrics

from studio.pages.evaluate import tables
from studio.pages.evaluate.answers import GIVEN, LENGTH, RIGHT, SAID, by_size
from studio.pages.evaluate.jobs import Likest, Neighbour
from studio.pages.evaluate.matrix import Matrix
from studio.pages.evaluate.page import EvaluatePage
from studio.pages.evaluate.verdicts import who_words
from studio.project import Project
from studio.shell import Shell, TableToMeasure
from studio.widgets import Button, Paragraph
from tests.gui.classify.help import TEXTS, expected, make_bundle
from tests.gui.fakes import ScriptedAsk
from tests.gui.mouse import click_head
from tests.gui.pages_help import write_csv
from ulmengine.inference.predictions import WHO
from ulmengine.record import RunMarks, write_about
from ulmengine.record.folder import IMPORTED
from ulmengine.runs.measured import Measured

from .help import LABELS, given_and_said, measured_run


def test_a_cell_lists_its_documents_and_filters_every_tab(page: EvaluatePage, measured: Measured) -> None:
    truth, said = given_and_said(measured)
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
    click_head(page.list, 3)
    sure = [float(page.model.index(row, 3).data().rstrip("%")) for row in range(page.model.rowCount())]
    assert sure == sorted(sure)


@pytest.mark.parametrize("tab", range(5))
def test_every_tab_draws_with_and_without_documents(page: EvaluatePage, tab: int) -> None:
    page.views.setCurrentIndex(tab)
    page.grab()
    page.pick({RIGHT: 0, GIVEN: 0, SAID: 0})  # nothing can be both
    assert page.model.rowCount() == 0
    page.grab()


def test_a_chosen_cell_leaves_the_figures_of_the_classes_what_they_are(page: EvaluatePage) -> None:
    page.views.setCurrentIndex(1)
    rows = [[page.views.classes.index(row, column).data() for column in range(5)] for row in range(3)]
    page.pick({GIVEN: 0, SAID: 0})
    assert [[page.views.classes.index(row, column).data() for column in range(5)] for row in range(3)] == rows


def test_a_column_that_has_no_groups_says_so_in_their_place(page: EvaluatePage, shell: Shell) -> None:
    told: list[object] = []
    shell.noticed.connect(told.append)
    page.views.setCurrentIndex(4)
    assert page.answers is not None
    page._column_read("number", [f"id {n}" for n in range(300)])
    assert page.views.refused.isVisible()
    assert page.views.refused.text() == "number holds too many different values to tell groups apart."
    assert not told
    page.views.column.setCurrentIndex(1)
    page.views.column.activated.emit(1)
    assert not page.views.refused.isVisible()


def test_the_other_part_has_its_own_documents_only(page: EvaluatePage, measured: Measured) -> None:
    page.pick({RIGHT: 0})
    page.parts.setCurrentIndex(page.parts.findData("validation"))
    page.parts.activated.emit(page.parts.currentIndex())
    assert page.picks == {}
    assert page.model.rowCount() == int((measured.kept.parts == "validation").sum())
    assert "flatter" in page.told.text()


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


def test_without_a_run_it_says_what_to_do(project: Project, shell: Shell, qtbot: QtBot) -> None:
    made = EvaluatePage(project, shell)
    qtbot.addWidget(made)
    made.show()
    assert made.empty.isVisible()


def test_while_a_run_is_read_it_does_not_say_that_nothing_was_measured(
    project: Project, shell: Shell, qtbot: QtBot
) -> None:
    made = EvaluatePage(project, shell)
    qtbot.addWidget(made)
    made.show()
    assert made.empty.isVisible()
    measured_run(project.folder)
    made.activated()
    assert made.opening.under_way
    assert not made.empty.isVisible()
    shown = made.stack.currentWidget()
    assert isinstance(shown, Paragraph)
    assert shown.text() == "Reading…"
    qtbot.waitUntil(lambda: made.texts is not None, timeout=20_000)
    assert made.heading.isVisible()


def test_altered_answers_are_refused_and_the_way_out_is_offered(
    measured: Measured, project: Project, shell: Shell, qtbot: QtBot
) -> None:
    path = measured.folder.path / "predictions.parquet"
    path.write_bytes(path.read_bytes()[:-40])
    measured.folder.model_path.write_bytes(b"not a model")
    other = measured_run(project.folder, name="another", seed=4).folder
    for folder in (measured.folder, other):
        write_about(folder, RunMarks("Second try"))
    shell.show_run(measured.folder)
    made = EvaluatePage(project, shell)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(made.failure.isVisible, timeout=10_000)
    assert made.failure.failure is not None
    assert "cannot be read" in made.failure.failure.title
    assert "Show Second try (another)" in [button.text() for button in made.failure.findChildren(Button)]
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


def test_what_was_read_while_another_page_was_in_view_is_read_closely_when_it_comes(
    measured: Measured, project: Project, shell: Shell, qtbot: QtBot
) -> None:
    made = EvaluatePage(project, shell)
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: made.texts is not None, timeout=20_000)
    assert made.reader.position == -1  # nobody looks
    made.show()
    made.activated()
    assert made.list.currentIndex().row() == 0
    assert made.reader.position == made.model.position(0)


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


def test_of_a_matrix_of_many_labels_the_cells_in_sight_are_painted_and_names_measured_once(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured for every cell, 90 labels took most of a second at each move of the mouse."""
    matrix = Matrix()
    qtbot.addWidget(matrix)
    matrix.show_cells(tuple(f"label {n}" for n in range(90)), np.ones((90, 90), dtype=np.int64), (-1, -1))
    matrix.resize(matrix.minimumWidth(), matrix.height())
    painted, measured = [], []
    paint, measures = Matrix._paint_cell, Matrix.metrics
    monkeypatch.setattr(Matrix, "_paint_cell", lambda self, painter, row, column, *rest: (
        painted.append((row, column)), paint(self, painter, row, column, *rest)))
    monkeypatch.setattr(Matrix, "metrics", lambda self, *step: (measured.append(step), measures(self, *step))[1])
    sight = QRect(700, 300, 400, 200)
    matrix.grab(sight)
    assert set(painted) == {(row, column) for row in range(90) for column in range(90)
                            if matrix._box(row, column).intersects(QRectF(sight))}
    assert len(painted) < 200
    assert len(measured) < 30  # the headings in sight


def test_the_documents_that_it_has_learnt_from_are_all_seen_in_a_small_window(page: EvaluatePage, qtbot: QtBot) -> None:
    page.resize(1096, 736)  # of a window of 1280x800
    qtbot.waitUntil(lambda: bool(page.reader.editor.toPlainText()), timeout=10_000)
    nearest = page.reader.nearest
    nearest.show_found(Likest("words", tuple(Neighbour(n, "good", .5, "text " * 10) for n in range(3))))
    last = nearest._widgets[-1]
    qtbot.waitUntil(lambda: last.visibleRegion().boundingRect() == last.rect(), timeout=5_000)


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


def test_a_run_that_was_taken_up_from_elsewhere_is_not_taken_for_the_projects_newest(
    project: Project, shell: Shell, measured: Measured, qtbot: QtBot
) -> None:
    other = measured_run(project.folder, name="zzz", seed=4).folder
    (other.path / IMPORTED).write_text("{}")
    assert project.run_folders() == [measured.folder, other]
    page = EvaluatePage(project, shell)
    qtbot.addWidget(page)
    assert page.opening.wanted == measured.folder
    qtbot.waitUntil(lambda: page.texts is not None, timeout=10_000)


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
    write_about(measured.folder, RunMarks("Second try"))
    page.refresh()
    assert sorted(map(runs.itemText, range(runs.count()))) == ["Second try (run)", "Second try (zzz)"]
    assert runs.currentText() == "Second try (run)"
    qtbot.waitUntil(lambda: page.texts is not None, timeout=10_000)


def test_a_matrix_that_is_scrolled_keeps_the_names_of_its_columns(qtbot: QtBot) -> None:
    area = QScrollArea()
    qtbot.addWidget(area)
    matrix = Matrix()
    matrix.show_cells(tuple(f"label {n}" for n in range(20)), np.eye(20, dtype=np.int64), (-1, -1))
    area.setWidget(matrix)
    area.resize(900, 200)
    area.show()
    qtbot.waitExposed(area)
    assert matrix.head_top() == 0
    area.verticalScrollBar().setValue(150)
    assert matrix.head_top() == 150
    hidden, seen = (QPoint(round(matrix._box(0, 3).center().x()), y) for y in (155, 150 + matrix._head() + 3))
    told: list[tuple[int, int]] = []
    matrix.picked.connect(lambda row, column: told.append((row, column)))
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=hidden)
    assert told == []  # no cell is picked through the names
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=seen)
    assert [column for _, column in told] == [3]


def test_some_classes_need_no_scroll_bar_of_their_own(page: EvaluatePage) -> None:
    assert page.views.area.minimumHeight() == page.views.matrix.height()
