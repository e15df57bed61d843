from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.engine import shutdown_jobs
from studio.models.predictions import PredictionsModel, Row
from studio.pages.classify import ClassifyPage
from studio.pages.classify_parts.batch import read_text
from studio.pages.classify_parts.editor import utf16_places
from studio.project import Project
from studio.shell import Shell
from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.inference import Predictor
from ulmengine.models import load_bundle, save_bundle
from ulmengine.nets import AWDLSTM, TextClassifier
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer

from .fakes import ScriptedAsk
from .pages_help import write_csv

WORDS = ("good", "bad", "film", "the", "a", "was", "not", "very", "story", ".", "!")
TEXTS = ("The good film was good!", "A bad story.", "not very good", "The film. The story! Bad, bad.")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A classifier that has made up its mind without having learnt anything."""
    model = ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2, head_hidden=5)
    tokenizer = WordTokenizer(Vocabulary((*SPECIALS, *WORDS)))
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        network = TextClassifier(AWDLSTM(len(tokenizer.vocabulary), Sizes(6, 8, 2), DropoutConfig()), 2, model,
                                 bptt=7, max_tokens=40)
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.7)
    path = tmp_path / "made.ulmfit"
    save_bundle(path, kind="classifier", state=network.state_dict(), tokenizer=tokenizer.to_json(),
                sizes=Sizes(6, 8, 2), model=model, labels=("neg", "pos"), max_tokens=40, bptt=7)
    return path


@pytest.fixture
def page(project: Project, shell: Shell, qtbot: QtBot) -> Iterator[ClassifyPage]:
    page = ClassifyPage(project, shell)
    qtbot.addWidget(page)
    page.resize(1096, 744)
    yield page
    assert shutdown_jobs(10)


def settle(qtbot: QtBot, page: ClassifyPage) -> None:
    qtbot.waitUntil(lambda: not (page._slot.running or page.one.busy or page.many.busy), timeout=20_000)


def expected(bundle: Path, texts: list[str]) -> list[dict[str, float]]:
    return [one.probabilities for one in Predictor(load_bundle(bundle), "cpu").predict(texts)]


def test_without_a_model_the_page_says_what_to_do(page: ClassifyPage, shell: Shell, qtbot: QtBot) -> None:
    assert page.stack.currentWidget() is page.empty
    wanted: list[str] = []
    shell.pageWanted.connect(wanted.append)
    page.empty.buttons.itemAt(0).widget().click()  # type: ignore[union-attr]
    assert wanted == ["train"]
    assert not page.dropped(["/some/text.txt"])


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
    from ulmengine.runs import RunFolder

    run = RunFolder.create(project.runs / "one", project.config)
    run.model_path.write_bytes(bundle.read_bytes())
    page.activated()
    settle(qtbot, page)
    assert page.picker.current == run.model_path
    assert page.answering is not None
    assert page.picker.currentText() == "Run one: neg, pos"


def some_rows() -> list[Row]:
    return [Row(f"s{n}", f"text {n}", "ab"[n % 2], n / 10, "a" if n < 5 else "", (n / 10, 1 - n / 10))
            for n in range(10)]


def test_answers_are_filtered_and_sorted_while_they_come(qtbot: QtBot) -> None:
    model = PredictionsModel()
    model.start(["a", "b"])
    model.append(some_rows()[:4])
    model.set_filter(label="b", low=0.2, high=0.8)
    assert model.shown.tolist() == [3]
    model.append(some_rows()[4:])
    assert model.shown.tolist() == [3, 5, 7]
    model.sort(2, Qt.SortOrder.DescendingOrder)
    assert [model.index(row, 2).data() for row in range(3)] == ["70.0%", "50.0%", "30.0%"]
    assert model.headerData(0, Qt.Orientation.Vertical) == "8"
    model.set_filter(only_wrong=True)
    assert sorted(model.shown.tolist()) == [1, 3]
    assert model.labelled() == (5, 3)


def test_places_count_as_qt_does() -> None:
    assert utf16_places("a\U0001f600b") == [0, 1, 3, 4]
    assert np.diff(utf16_places("plain")).tolist() == [1] * 5
