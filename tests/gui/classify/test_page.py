"""The Classify page asked about one text: answers while it is typed, and its words explained."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.pages.classify.answering import Answering
from studio.pages.classify.editor import MOST_MARKS, MarkedEditor, utf16_places
from studio.pages.classify.page import ClassifyPage
from studio.shell import Notice, Shell
from tests.gui.classify.help import TEXTS, WORDS, expected, hold, settle
from tests.gui.pages_help import write_csv
from ulmengine.inference.explain import Explanation, WordWeight
from ulmengine.inference.predict import Prediction


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
    page.one.editor.setPlainText("\u200b\u2060")  # nothing to be seen is no text
    settle(qtbot, page)
    assert (page.one.answer, page.one.label.text()) == (None, "No text yet")
    page.one.editor.setPlainText(TEXTS[0])
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
