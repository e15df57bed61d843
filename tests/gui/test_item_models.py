from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio import theme
from studio.bench import Numbers, bench_scroll, bench_window
from studio.models.document_table import DocumentRows, balance, make_snippets
from studio.models.rows import SHOWN, ListRows, Role, RowsModel, one_line, plain_tip
from studio.pages import available
from studio.pages.parts.rows_table import RowsTable
from studio.project import Project
from ulmengine.config import CorpusConfig, RunConfig
from ulmengine.corpus import Documents, open_corpus
from ulmengine.events import outcome

from .evaluate.help import measured_run
from .pages_help import FRUIT, write_csv

MILLION = 1_000_000


def cells(model: RowsModel) -> list[list[str]]:
    return [[str(model.index(row, column).data()) for column in range(model.columnCount())]
            for row in range(model.rowCount())]


def test_a_table_shows_names_uses_and_cells(qtbot: QtBot) -> None:
    model = RowsModel()
    model.set_source(ListRows(("a", ""), (("1", "x\ny"), ("2",))), {0: Role.LABEL, 1: Role.TEXT})
    assert cells(model) == [["1", "x y"], ["2", ""]]
    headings = [model.headerData(n, Qt.Orientation.Horizontal) for n in range(2)]
    assert headings == ["a  ·  label", "(no name)  ·  text"]
    assert model.headerData(1, Qt.Orientation.Vertical) == "2"
    assert model.columnCount(model.index(0, 0)) == 0
    assert model.rowCount(model.index(0, 0)) == 0


def test_some_rows_only_keep_their_numbers_in_the_source(qtbot: QtBot) -> None:
    model = RowsModel()
    model.set_source(ListRows(("a",), [(str(n),) for n in range(10)]))
    model.show_only([7, 2, 99, -1])
    assert cells(model) == [["7"], ["2"]]
    assert [model.source_row(n) for n in range(2)] == [7, 2]
    assert model.headerData(0, Qt.Orientation.Vertical) == "8"
    model.show_only(None)
    assert model.rowCount() == 10


def test_a_cell_is_one_short_line_and_its_tooltip_no_html() -> None:
    assert one_line("a\n\n  b\tc") == "a b c"
    assert len(one_line("x" * 10_000)) == SHOWN
    assert plain_tip("1 < 2 & 3\nend") == "<p>1 &lt; 2 &amp; 3<br>end</p>"
    assert plain_tip("") == ""


def test_a_million_rows_are_scrolled_asking_only_for_cells_in_sight(qtbot: QtBot) -> None:
    asked: list[int] = []

    class Counting(Numbers):
        def cell(self, row: int, column: int) -> str:
            asked.append(row)
            return super().cell(row, column)

    table = RowsTable("numbers")
    qtbot.addWidget(table)
    table.resize(1200, 800)
    table.set_source(Counting(MILLION), {2: Role.TEXT})
    with qtbot.waitExposed(table):
        table.show()
    bar = table.verticalScrollBar()
    assert bar.maximum() > MILLION - 100
    bar.setValue(500_000)
    asked.clear()
    table.viewport().repaint()
    assert asked
    assert min(asked) == 500_000
    assert max(asked) <= 500_000 + 800 // 26 + 1
    assert len(asked) <= 3 * (800 // 26 + 2)


def test_the_benchmark_of_scrolling_reports_its_repaints(qtbot: QtBot) -> None:
    figures = bench_scroll(rows=1_000, repaints=7)
    assert (figures["rows"], figures["repaints"]) == (1_000, 7)
    assert 0 < figures["median_ms"] <= figures["p95_ms"] <= figures["max_ms"]


@pytest.fixture
def fruit(tmp_path: Path) -> DocumentRows:
    source = write_csv(tmp_path / "fruit.csv", FRUIT)
    documents = outcome(open_corpus(CorpusConfig(path=str(source)), tmp_path / "cache"))
    names = {0: "training", 1: "validation", 2: "test", 3: "none", 4: "overlap", -1: "dropped"}
    return DocumentRows(documents, outcome(make_snippets(documents)), ("Part", "Label", "Text"), names)


def test_documents_as_rows(fruit: DocumentRows) -> None:
    assert len(fruit) == len(FRUIT)
    for row, (label, text) in enumerate(FRUIT):
        assert fruit.cell(row, 1) == label
        assert fruit.cell(row, 2) == text
        assert fruit.cell(row, 0) in ("training", "validation", "test")
    assert fruit.rows_with("sweet").tolist() == [n for n, (label, _) in enumerate(FRUIT) if label == "sweet"]
    assert fruit.rows_with("bitter").tolist() == []
    assert dict(balance(fruit.documents)) == {"sweet": 20, "sour": 20}


def test_snippets_are_written_once_and_cut(tmp_path: Path) -> None:
    long = "abc " * 1_000
    source = write_csv(tmp_path / "long.csv", [("a", long), ("b", ""), ("a", "short"), *FRUIT])
    documents = outcome(open_corpus(CorpusConfig(path=str(source)), tmp_path / "cache"))
    first = outcome(make_snippets(documents))
    assert first.text(0) == long[:SHOWN]
    assert first.text(1) == ""
    assert first.text(2) == "short"
    files = list((tmp_path / "cache").rglob("snippets-*"))
    assert len(files) == 1
    stamp = files[0].stat().st_mtime_ns
    assert len(outcome(make_snippets(documents))) == len(FRUIT) + 3
    assert files[0].stat().st_mtime_ns == stamp


def test_a_cell_of_many_documents_reads_no_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(label, f"{text} {n}") for n in range(500) for label, text in FRUIT]
    source = write_csv(tmp_path / "many.csv", rows)
    documents = outcome(open_corpus(CorpusConfig(path=str(source)), tmp_path / "cache"))
    shown = DocumentRows(documents, outcome(make_snippets(documents)), ("", "", ""), {})
    places = np.random.default_rng(0).integers(0, len(rows), 1_000)

    def read(*_: object) -> None:
        raise AssertionError("a text was read from the corpus")

    for name in ("texts", "texts_of"):
        assert hasattr(Documents, name)
        monkeypatch.setattr(Documents, name, read)
    for place in places:
        assert rows[place][1] in [shown.cell(int(place), column) for column in range(3)]


@pytest.mark.slow  # it lets the window rest after every page
def test_the_time_of_the_windows_thread_is_told_for_each_page(tmp_path: Path) -> None:
    measured_run(tmp_path / "one", 60)
    project = Project.create(tmp_path / "one", RunConfig(name="one"))
    project.close()
    figures = bench_window(tmp_path / "one", settle_s=.3)
    assert {f"first {entry.key}" for entry in available()} <= set(figures)
    assert {"open", "theme", "filter"} <= set(figures)
    assert all(figures[name] > 0 for name in ("open", "theme", "first train"))  # a small filter takes 0.0 ms
    with pytest.raises(RuntimeError, match="cannot be opened"):
        bench_window(tmp_path / "none", settle_s=0)


def test_beside_no_rows_there_is_no_strip_for_their_numbers(qtbot: QtBot) -> None:
    table = RowsTable("nothing")
    qtbot.addWidget(table)
    table.resize(300, 200)
    table.set_source(ListRows(("a", "b"), []), {})
    table.show()
    qtbot.waitExposed(table)
    picture = table.grab().toImage()
    assert table.verticalHeader().width() > 20
    assert picture.pixelColor(10, 120) == picture.pixelColor(150, 120) == theme.colors().color("panel")
