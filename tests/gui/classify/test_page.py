from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.engine.job import shutdown_jobs
from studio.pages.classify.answering import Answering
from studio.pages.classify.editor import MOST_MARKS, MarkedEditor, utf16_places
from studio.pages.classify.page import ClassifyPage
from studio.pages.parts.model_names import found_models, names_apart
from studio.project import Project
from studio.shell import Notice, Shell
from tests.gui.classify.help import TEXTS, WORDS, expected, finished_run, hold, make_bundle, settle
from tests.gui.fakes import FakeRun
from tests.gui.pages_help import write_csv
from ulmengine.inference import Predictor
from ulmengine.inference.explain import Explanation, WordWeight
from ulmengine.inference.predict import Prediction
from ulmengine.models import load_bundle, models_folder
from ulmengine.plan.control import RunState


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A classifier that has made up its mind without having learnt anything."""
    return make_bundle(tmp_path / "made.ulmfit")


@pytest.fixture
def page(project: Project, shell: Shell, qtbot: QtBot) -> Iterator[ClassifyPage]:
    page = ClassifyPage(project, shell)
    qtbot.addWidget(page)
    page.resize(1096, 744)
    yield page
    assert shutdown_jobs(10)


def test_without_a_model_the_page_says_what_to_do(page: ClassifyPage, shell: Shell, qtbot: QtBot) -> None:
    assert page.stack.currentWidget() is page.empty
    wanted: list[str] = []
    shell.pageWanted.connect(wanted.append)
    page.empty.buttons.itemAt(0).widget().click()  # type: ignore[union-attr]
    assert wanted == ["train"]
    news: list[Notice] = []
    shell.noticed.connect(news.append)
    assert page.dropped(["/some/text.txt"])
    assert "no model" in news[0].text
    assert news[0].action is not None
    news[0].action()
    assert wanted == ["train", "train"]


def test_a_text_is_answered_while_it_is_typed(page: ClassifyPage, bundle: Path, qtbot: QtBot) -> None:
    page.dropped([str(bundle)])
    settle(qtbot, page)
    for letter in TEXTS[0]:
        page.one.editor.insertPlainText(letter)
    settle(qtbot, page)
    should = expected(bundle, [TEXTS[0]])[0]
    shown = dict(page.one.bars.values)
    assert shown == pytest.approx(should)
    assert page.one.label.text() == max(should, key=should.__getitem__)
    marked = {word.lower() for word, _ in page.one.editor.marks()}
    assert marked
    assert marked <= set(WORDS)
    assert page.one.editor.toPlainText() == TEXTS[0]
    page.one.clear.click()
    settle(qtbot, page)
    assert page.one.answer is None
    page.one.editor.undo()
    assert page.one.editor.toPlainText() == TEXTS[0]
    settle(qtbot, page)


def test_the_answer_waits_for_no_pause_and_its_words_do(page: ClassifyPage, bundle: Path, qtbot: QtBot) -> None:
    hold(page, bundle, qtbot)
    page.one._pause.setInterval(3_600_000)
    page.one.editor.insertPlainText(TEXTS[0])
    qtbot.waitUntil(lambda: page.one.answer is not None)
    assert page.one.answer is not None
    assert page.one.answer.text == TEXTS[0]
    assert dict(page.one.bars.values) == pytest.approx(expected(bundle, [TEXTS[0]])[0])
    assert page.one.editor.marks() == []
    page.one._pause.setInterval(0)
    page.one._pause.start()
    settle(qtbot, page)
    assert page.one.editor.marks() != []


def test_texts_that_have_grown_meanwhile_are_not_asked_about(
    page: ClassifyPage, bundle: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(page, bundle, qtbot)
    assert page.answering is not None
    entered, go_on = threading.Event(), threading.Event()
    asked: list[str] = []
    really = page.answering.predictor.predict_one

    def slowly(text: str) -> Prediction:
        asked.append(text)
        entered.set()
        assert go_on.wait(20)
        return really(text)

    monkeypatch.setattr(page.answering.predictor, "predict_one", slowly)
    page.one.editor.insertPlainText("good")
    qtbot.waitUntil(entered.is_set)
    for letter in " film":
        page.one.editor.insertPlainText(letter)
        qtbot.wait(2 * page.one._gather.interval())
    assert asked == ["good"]
    go_on.set()
    settle(qtbot, page)
    assert asked == ["good", "good film"]
    assert page.one.answer is not None
    assert page.one.answer.text == "good film"


def test_the_twin_of_a_model_reads_the_same_weights_in_memory_of_its_own(bundle: Path) -> None:
    predictor = Predictor(load_bundle(bundle), "cpu", "float32")
    twin = predictor.twin()
    assert np.allclose(twin.probabilities(TEXTS), predictor.probabilities(TEXTS), atol=1e-6)
    mine, its = predictor.networks["forward"], twin.networks["forward"]
    assert all(one is other for one, other in zip(mine.parameters(), its.parameters(), strict=True))
    assert mine.encoder.layers[0].workspace is not its.encoder.layers[0].workspace
    assert its.encoder.layers[0].workspace is its.encoder.layers[1].workspace


def test_another_label_shows_its_own_words(page: ClassifyPage, bundle: Path, qtbot: QtBot) -> None:
    page.dropped([str(bundle)])
    settle(qtbot, page)
    page.one.show_text(TEXTS[3])
    settle(qtbot, page)
    before = dict(page.one.editor.marks())
    other = page.one.bars.values[1][0]
    qtbot.keyClick(page.one.bars, Qt.Key.Key_Down)
    qtbot.keyClick(page.one.bars, Qt.Key.Key_Return)
    settle(qtbot, page)
    assert page.one.answer is not None
    assert page.one.answer.explanation.label == other
    # of two labels what speaks for the one speaks against the other
    assert dict(page.one.editor.marks()) == {word: not good for word, good in before.items()}


def test_a_broken_model_is_a_card(page: ClassifyPage, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "broken.ulmfit").write_bytes(b"no model")
    page.dropped([str(tmp_path / "broken.ulmfit")])
    settle(qtbot, page)
    assert page.failure.failure is not None
    assert "broken.ulmfit" in page.failure.failure.title
    assert page.stack.currentWidget() is page.empty


def test_the_model_in_use_stays_when_another_cannot_be_opened(
    page: ClassifyPage, bundle: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    page.dropped([str(bundle)])
    settle(qtbot, page)
    (tmp_path / "broken.ulmfit").write_bytes(b"no model")
    page.dropped([str(tmp_path / "broken.ulmfit")])
    settle(qtbot, page)
    assert page.failure.failure is not None
    assert page.picker.current == bundle
    page.one.show_text("good")
    settle(qtbot, page)
    assert page.one.answer is not None


def test_a_run_that_finished_is_found(page: ClassifyPage, project: Project, bundle: Path, qtbot: QtBot) -> None:
    path = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    assert page.picker.current == path
    assert page.answering is not None
    assert page.picker.currentText() == "Run one"
    assert str(page.picker.itemData(0, Qt.ItemDataRole.ToolTipRole)).startswith("neg, pos\n")


def test_the_newest_run_follows_the_one_before(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot
) -> None:
    first = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    assert page.picker.current == first
    second = finished_run(project, "two", bundle)
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.picker.current == second
    assert page.answering is not None
    assert page.answering.path == second
    assert not page.newer.isVisibleTo(page)


def test_a_model_chosen_by_hand_stays_and_the_newer_one_is_offered(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot
) -> None:
    hold(page, bundle, qtbot)
    newer = finished_run(project, "two", bundle)
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.picker.current == bundle
    assert page.newer.isVisibleTo(page)
    assert "two" in page.newer.text.text()
    page.newer.use.click()
    settle(qtbot, page)
    assert page.picker.current == newer
    assert not page.newer.isVisibleTo(page)


def test_an_older_run_chosen_by_hand_is_not_argued_with(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot
) -> None:
    first = finished_run(project, "one", bundle)
    finished_run(project, "two", bundle)
    page.activated()
    settle(qtbot, page)
    page.picker.activated.emit(page.picker.findData(str(first)))
    settle(qtbot, page)
    run.enter(RunState.STARTING)
    page.activated()
    settle(qtbot, page)
    assert page.picker.current == first
    assert not page.newer.isVisibleTo(page)


def test_weights_that_were_saved_anew_are_read_anew(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot
) -> None:
    path = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    before = page.answering
    page.activated()
    settle(qtbot, page)
    assert page.answering is before
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000_000))
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.answering is not before
    assert page.picker.current == path


def test_answers_are_not_thrown_away_for_a_newer_model(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, tmp_path: Path, qtbot: QtBot
) -> None:
    first = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    (tmp_path / "a.txt").write_text("good", encoding="utf-8")
    page.dropped([str(tmp_path / "a.txt")])
    settle(qtbot, page)
    finished_run(project, "two", bundle)
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.picker.current == first
    assert page.newer.isVisibleTo(page)


@pytest.mark.parametrize("looking", ["text", "beside"])
def test_what_is_looked_at_does_not_change_its_model_by_itself(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot, looking: str
) -> None:
    other = finished_run(project, "zero", bundle)
    first = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    if looking == "text":
        page.one.show_text(TEXTS[0])
    else:
        page.beside.use((other,))
    settle(qtbot, page)
    newer = finished_run(project, "two", bundle)
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.picker.current == first
    assert page.newer.isVisibleTo(page)
    assert "two" in page.newer.text.text()
    page.newer.use.click()
    settle(qtbot, page)
    assert page.picker.current == newer


def test_models_of_one_title_are_told_apart_everywhere_alike(
    page: ClassifyPage, qtbot: QtBot
) -> None:
    folder = models_folder()
    folder.mkdir(parents=True)
    for number, name in enumerate(("z", "a"), 1):  # the later file has the earlier name
        make_bundle(folder / f"{name}.ulmfit", title="trec")
        os.utime(folder / f"{name}.ulmfit", (number, number))
    page.picker.use(folder / "a.ulmfit")
    page.beside.use((folder / "z.ulmfit",))
    settle(qtbot, page)
    assert page.picker.currentText() == "trec (2)"
    assert page.beside._menu.actions()[0].text() == "trec"
    assert (page.one.whose.text(), page.one.beside.cards[0].name) == ("trec (2)", "trec")
    assert [one.title for one in (page.answering, *page.others) if one is not None] == ["trec (2)", "trec"]
    assert names_apart(found_models([], folder))[folder / "a.ulmfit"] == "trec (2)"  # as on Models


def test_a_newer_model_that_cannot_be_opened_is_tried_once(
    page: ClassifyPage, project: Project, bundle: Path, run: FakeRun, qtbot: QtBot
) -> None:
    path = finished_run(project, "one", bundle)
    page.activated()
    settle(qtbot, page)
    path.write_bytes(b"cut off")
    run.enter(RunState.FINISHED)
    settle(qtbot, page)
    assert page.failure.failure is not None
    page.failure.clear()
    run.enter(RunState.STARTING)
    settle(qtbot, page)
    assert page.failure.failure is None
    page.one.show_text("good")
    settle(qtbot, page)
    assert page.one.answer is not None


def test_places_count_as_qt_does() -> None:
    assert utf16_places("a\U0001f600b") == [0, 1, 3, 4]
    assert np.diff(utf16_places("plain")).tolist() == [1] * 5


def test_the_legend_names_the_label_explained(page: ClassifyPage, bundle: Path, qtbot: QtBot) -> None:
    hold(page, bundle, qtbot)
    page.one.show_text(TEXTS[1])
    settle(qtbot, page)
    assert page.one.answer is not None
    assert page.one.answer.explanation.label in page.one.legend.accessibleName()
    assert not page.one.legend.grab().isNull()
    assert page.one.legend.lead()
    page.one.legend.show_label("parts of computers and what belongs to them")
    assert not page.one.legend.lead()  # the label has the room
    page.one.clear.click()
    settle(qtbot, page)
    assert page.one.legend.accessibleName() == ""


def test_a_text_of_the_table_is_explained_by_its_own_label(page: ClassifyPage, bundle: Path, qtbot: QtBot) -> None:
    hold(page, bundle, qtbot)
    for text in TEXTS[:2]:
        page.one.show_text(text)
        settle(qtbot, page)
        answer = page.one.answer
        assert answer is not None
        assert answer.explanation.label == answer.prediction.label
        other = next(name for name in answer.prediction.probabilities if name != answer.prediction.label)
        page.one.bars.picked.emit(other)
        settle(qtbot, page)
        assert page.one.answer is not None
        assert page.one.answer.explanation.label == other


def test_what_stands_in_place_of_an_answer_is_true(
    page: ClassifyPage, bundle: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.one.label.text() == "No model is ready"
    news: list[Notice] = []
    page.shell.noticed.connect(news.append)
    page.dropped([str(bundle)])
    assert page.one.label.text() == "Opening made…"
    table = write_csv(bundle.with_name("table.csv"), [("a", "one"), ("b", "two")])
    page.dropped([str(table)])  # not lost, and not without a word
    assert "as soon as it is ready" in news[-1].text
    hold(page, bundle, qtbot)
    qtbot.waitUntil(lambda: page.many.model.rowCount() == 2 and not page.many.busy, timeout=20_000)
    broken = bundle.with_name("broken.ulmfit")
    broken.write_bytes(b"PK" + bytes(100))
    page.dropped([str(broken)])
    assert page.one.label.text() == "Opening broken…"
    qtbot.waitUntil(lambda: page.failure.failure is not None, timeout=20_000)
    assert page.one.label.text() == "No text yet"
    assert not page.one.clear.isEnabled()
    page.one.editor.setPlainText("good")
    assert page.one.label.text() == "No answer yet"
    assert page.one.clear.isEnabled()
    settle(qtbot, page)
    monkeypatch.setattr(Answering, "answer", _fail)
    page.one.editor.setPlainText("good film")
    settle(qtbot, page)
    assert page.failure.failure is not None
    assert page.one.label.text() == "No answer yet"


def test_typing_after_coming_to_the_page_goes_into_the_text(page: ClassifyPage, bundle: Path, qtbot: QtBot) -> None:
    hold(page, bundle, qtbot)
    page.show()
    page.picker.setFocus()
    page.activated()
    assert page.window().focusWidget() is page.one.editor


def test_the_model_of_the_run_that_was_looked_at_is_used(
    page: ClassifyPage, project: Project, shell: Shell, bundle: Path, qtbot: QtBot
) -> None:
    hold(page, bundle, qtbot)
    first = finished_run(project, "one", bundle)
    finished_run(project, "two", bundle)
    wanted: list[str] = []
    shell.pageWanted.connect(wanted.append)
    shell.classify_with(first)
    assert wanted == ["classify"]
    page.activated()
    settle(qtbot, page)
    assert page.picker.current == first
    assert shell.wanted_model is None


def test_of_a_long_text_the_strongest_words_are_marked(qtbot: QtBot) -> None:
    editor = MarkedEditor()
    qtbot.addWidget(editor)
    count = 2 * MOST_MARKS
    words = tuple(WordWeight(2 * n, 2 * n + 1, 1 + n) for n in range(count))
    text = "x " * count
    editor.setPlainText(text)
    editor.show_explanation(Explanation(text, "a", 0.5, "gradient", words))
    assert len(editor.marks()) == MOST_MARKS
    assert editor.extraSelections()[0].cursor.selectionStart() == 2 * (count - MOST_MARKS)


def _fail(*arguments: object) -> None:
    raise RuntimeError("the device is gone")


def test_a_text_of_the_table_leaves_the_typed_one_to_be_brought_back(
    page: ClassifyPage, bundle: Path, qtbot: QtBot
) -> None:
    hold(page, bundle, qtbot)
    news: list[Notice] = []
    page.shell.noticed.connect(news.append)
    editor = page.one.editor
    page.many.opened.emit(TEXTS[0])
    settle(qtbot, page)
    assert not news  # nothing of the person's was there
    editor.selectAll()
    qtbot.keyClicks(editor, "mine")
    page.many.opened.emit("first\nsecond")
    settle(qtbot, page)
    assert editor.toPlainText() == "first\nsecond"
    assert editor.hasFocus() or not page.isActiveWindow()
    qtbot.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, page)
    assert editor.toPlainText() == "mine"
    page.many.opened.emit(TEXTS[1])
    settle(qtbot, page)
    assert len(news) == 2
    assert news[-1].action is not None
    news[-1].action()
    news[-1].action()  # once more: what was typed before stays
    settle(qtbot, page)
    assert editor.toPlainText() == "mine"
