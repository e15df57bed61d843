"""Chosen runs compared on the Runs page: their curves, their settings, two of them in a duel."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from studio.pages.runs import duel
from studio.plots.legend import Legend, LegendEntry
from tests.record.test_listing import made
from tests.runs.made import tiny_config, write_corpus
from ulmengine.config import with_settings
from ulmengine.corpus import open_corpus
from ulmengine.corpus.repairs import records_of
from ulmengine.events import EpochEnded, Failed, StageStarted, Step, outcome
from ulmengine.inference.predictions import WHO, part_predictions
from ulmengine.record import RunFolder, RunMarks, write_about
from ulmengine.runs.measured import keep_measured

from .help import choose


def test_curves_and_settings_of_the_chosen_runs(page, desk, qtbot):
    for name, lr in (("a", .02), ("b", .01)):
        config = tiny_config(Path("/nowhere.csv"), f"classifier.lr={lr}")
        run = RunFolder.create(desk.project.runs / name, config.model_copy(update={"name": name}))
        with run.open_log() as log:
            log.append(StageStarted(0, "classifier: head", ("embedding", "head"), 1, 1, 2, "classifier"))
            for step in (1, 2):
                log.append(Step(0, 0, step, step, 1.0 / step, (lr,), 1.0, 10, 30.0))
            log.append(EpochEnded(0, 0, 2, .7, {"valid_loss": .6, "accuracy": lr * 10}, True, 1.0))
    one = page()
    choose(one, "a", "b")
    one.tabs.setCurrentIndex(1)
    qtbot.waitUntil(lambda: not one.curves.slot.running, timeout=10_000)
    lines = {line.name: (line.x.tolist(), line.y.tolist()) for line in one.curves.plot._lines}
    assert lines == {"a": ([2.0], [.2]), "b": ([2.0], [.1])}
    one.curves.figures.setCurrentIndex(2)
    one.curves.along.setCurrentIndex(2)
    lines = {line.name: (line.x.tolist(), line.y.tolist()) for line in one.curves.plot._lines}
    assert lines["a"] == ([.5, 1.0], [1.0, .5])  # minutes
    one.tabs.setCurrentIndex(2)
    rows = one.differences.table.rows
    assert [rows.index(0, place).data() for place in (1, 2)] == ["0.02", "0.01"]
    assert rows.rowCount() == 1
    one.differences.only.setChecked(False)
    assert rows.rowCount() > 40


def test_the_figure_that_was_chosen_comes_back_and_the_axis_says_whose_minutes(page, desk, qtbot):
    both = (("language_model", "perplexity"), ("classifier", "accuracy"))
    for name, tasks in (("a", both), ("b", both[:1])):
        run = made(desk.project.runs / name)
        with run.open_log() as log:
            for task, figure in tasks:
                log.append(StageStarted(0, task, ("embedding", "head"), 1, 1, 2, task))
                log.append(EpochEnded(0, 0, 2, .7, {"valid_loss": .6, figure: .5}, True, 1.0))
    one = page()
    one.tabs.setCurrentIndex(1)
    for name, shown in (("a", "Accuracy"), ("b", "Perplexity"), ("a", "Accuracy"), ("b", "Perplexity")):
        choose(one, name)
        qtbot.waitUntil(lambda: not one.curves.slot.running, timeout=10_000)
        assert one.curves.figures.currentText() == shown
        assert [line.name for line in one.curves.plot._lines] == [name]
    one.curves.along.setCurrentIndex(2)
    assert one.curves.along.currentText() == "by minutes of training"
    assert one.curves.plot.getAxis("bottom").labelText == \
        "Minutes in steps of the language model, without what lies between them"


def test_settings_that_differ_by_little_do_differ(page, desk):
    for name, rate in (("a", "0.01234567"), ("b", "0.01234568")):
        made(desk.project.runs / name, .8, f"classifier.lr={rate}")
    one = page()
    choose(one, "a", "b")
    one.tabs.setCurrentIndex(2)
    rows = one.differences.table.rows
    assert [rows.index(0, place).data() for place in (1, 2)] == ["0.01234567", "0.01234568"]


@pytest.mark.parametrize(("number", "unreadable"), [(8, 0), (12, 0), (3, 1)])
def test_what_is_left_out_of_the_chosen_runs_is_said(page, desk, number: int, unreadable: int):
    for place in range(number):
        made(desk.project.runs / f"run {place:02}", .8, f"seed={place + 1}")
    for place in range(unreadable):
        (desk.project.runs / f"run {place:02}" / "config.toml").write_text("seed = 'x'\n", encoding="utf-8")
    one = page()
    one.table.selectAll()
    one.tabs.setCurrentIndex(2)
    columns = one.differences.table.rows.columnCount() - 1
    assert columns == min(number - unreadable, 8)
    assert one.differences.lacking.text() == {8: "", 12: "8 of 12 chosen runs are shown",
                                              3: "2 of 3 chosen runs are shown"}[number]


def test_curves_that_are_left_out_are_said_after_the_others_were_read(page, desk, qtbot):
    for place in range(8):
        run = made(desk.project.runs / f"run {place}")
        with run.open_log() as log:
            log.append(StageStarted(0, "classifier: head", ("embedding", "head"), 1, 1, 2, "classifier"))
            log.append(EpochEnded(0, 0, 2, .7, {"valid_loss": .6, "accuracy": .5}, True, 1.0))
    one = page()
    one.tabs.setCurrentIndex(1)
    for chosen, hint in ((6, ""), (8, "6 of 8 chosen runs are shown")):
        choose(one, *(f"run {place}" for place in range(chosen)))
        qtbot.waitUntil(lambda: not one.curves.slot.running, timeout=10_000)
        assert len(one.curves.plot._lines) == 6
        assert one.curves.hint.text() == hint


def measured(folder: Path, corpus: Path, right: list[bool], part: str = "test", **more: bool) -> None:
    """A run whose answers to the documents of ``part`` are right where ``right`` says so; ``blend``: so do word counts
    and both together."""
    config = with_settings(tiny_config(corpus), ["corpus.split.test=0.25" if part == "test" else "corpus.split.test=0"])
    run = RunFolder.create(folder, config.model_copy(update={"name": folder.name}))
    documents = outcome(open_corpus(config.corpus, run.cache, seed=config.seed))
    rows, targets = documents.rows(part), documents.targets(part)
    sure = np.where(np.resize(right, len(rows)), .9, .2)
    shares = np.stack([np.where(targets == 0, sure, 1 - sure), np.where(targets == 0, 1 - sure, sure)], axis=1)
    kept = part_predictions(
        part, records_of(rows, documents.pieces, documents.hashes), rows, targets,
        dict.fromkeys(WHO if more.pop("blend", False) else WHO[:2], shares), labels=documents.labels, multi_label=False,
        corpus=documents.fingerprint, temperature=1.0,
    )
    keep_measured(run, kept, "fruit", 0, **more)


@pytest.mark.parametrize(("size", "right", "head"), [
    (8, [True, False], "Only 2 document(s) in common: too few to tell whether b is better than a."),
    (80, [True, True], "b and a are right in the same documents."),
])
def test_a_duel_tells_no_interval_without_width(page, desk, qtbot, tmp_path, size: int, right: list[bool], head: str):
    corpus = write_corpus(tmp_path / "corpus.csv", size)  # a quarter of them test documents
    measured(desk.project.runs / "a", corpus, [True, True])
    measured(desk.project.runs / "b", corpus, right)
    one = page()
    choose(one, "a", "b")
    one.tabs.setCurrentIndex(3)
    qtbot.waitUntil(lambda: one.duel.pages.currentIndex() == 2, timeout=20_000)
    assert one.duel.head.text() == head


def test_a_duel_counts_what_was_mended_and_broken_and_shows_the_texts(page, desk, qtbot, tmp_path):
    corpus = write_corpus(tmp_path / "corpus.csv", 80)  # 20 of them test documents
    measured(desk.project.runs / "a", corpus, [True, False, False, True])
    measured(desk.project.runs / "b", corpus, [True, True, False, False])
    one = page()
    choose(one, "a", "b")
    one.tabs.setCurrentIndex(3)
    qtbot.waitUntil(lambda: one.duel.pages.currentIndex() == 2, timeout=20_000)
    assert one.duel.head.text() == "b and a are right equally often (-30.0 to +30.0 points)."
    # which is which is said by the names: the sentence above begins with the second
    assert [one.duel.kinds.itemText(place) for place in (0, 1)] == ["Mended by b: 5", "Broken by b: 5"]
    assert one.duel.below.text() == "20 test documents: a right in 50.0%, b in 50.0%."
    text = one.duel.table.rows.index(0, 0).data()
    assert text in corpus.read_text(encoding="utf-8")
    assert one.duel.reader.toPlainText() == text
    duel = one.duel._duel
    assert duel is not None
    assert len(duel.documents["broken"]) == 5
    assert all(one.answers[0] == one.label != one.answers[1] for one in duel.documents["broken"])
    one.duel.kinds.setCurrentIndex(1)
    one.duel.table.pick(2)
    shown = one.duel.reader.toPlainText()
    write_about(RunFolder(desk.project.runs / "b"), RunMarks("Newer"))
    one.refresh()
    qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)
    assert one.duel.head.text().startswith("Newer and a are right")
    assert one.duel.kinds.currentText() == "Broken by Newer: 5"
    assert one.duel.table.rows.headerData(3, Qt.Orientation.Horizontal) == "Newer"
    assert one.duel.reader.toPlainText() == shown == duel.documents["broken"][2].text


def test_documents_that_another_file_labels_otherwise_are_not_said_to_be_corrected(page, desk, qtbot, tmp_path):
    corpus, other = write_corpus(tmp_path / "corpus.csv", 80), tmp_path / "other.csv"
    lines = corpus.read_text(encoding="utf-8").splitlines(keepends=True)
    for place in range(1, 81, 2):
        lines[place] = lines[place].replace(",fruit", ",tool") if place % 4 == 1 else lines[place]
    other.write_text("".join(lines), encoding="utf-8")
    measured(desk.project.runs / "a", corpus, [True])
    measured(desk.project.runs / "b", other, [True])
    one = page()
    choose(one, "a", "b")
    one.tabs.setCurrentIndex(3)
    qtbot.waitUntil(lambda: one.duel.pages.currentIndex() == 2, timeout=20_000)
    assert " left out, they bear another label in the other run" in one.duel.below.text()
    assert "corrected" not in one.duel.below.text()


def test_a_duel_heads_its_columns_with_the_names_of_the_runs(page, desk, qtbot, tmp_path):
    corpus = write_corpus(tmp_path / "corpus.csv", 80)
    names = ("2026-11-30-173059", "2026-11-30-175301")
    for name, right in zip(names, ([True, False, False, True], [True, True, False, False]), strict=True):
        measured(desk.project.runs / name, corpus, right)
    one = page()
    one.resize(1_096, 736)
    choose(one, *names)
    one.tabs.setCurrentIndex(3)
    qtbot.waitUntil(lambda: one.duel.pages.currentIndex() == 2, timeout=20_000)
    qtbot.wait(20)
    header = one.duel.table.horizontalHeader()
    for place in range(4):
        heading = one.duel.table.rows.headerData(place, Qt.Orientation.Horizontal)
        assert header.sectionSize(place) > header.fontMetrics().horizontalAdvance(heading) + 10, heading
    assert header.sectionSize(0) > header.sectionSize(2)
    wide = [header.sectionSize(place) for place in range(1, 4)]
    one.resize(776, 500)
    qtbot.wait(20)
    assert header.sectionSize(0) >= 150
    assert all(header.sectionSize(place) >= 60 for place in range(1, 4))
    assert header.length() <= one.duel.table.viewport().width()
    one.resize(1_096, 736)
    qtbot.wait(20)
    assert [header.sectionSize(place) for place in range(1, 4)] == wide


@pytest.mark.parametrize(("part", "more", "told"), [
    ("test", {"blend": True}, ""), ("validation", {}, ""),
    ("validation", {"blend": True}, "whose word counts have learnt from these documents since"),
    ("validation", {"blend": True, "refit": True}, "before the networks learnt from these documents too"),
])
def test_a_duel_says_whether_the_models_have_learnt_from_its_documents_since(
    page, desk, qtbot, tmp_path, part: str, more: dict[str, bool], told: str
):
    corpus = write_corpus(tmp_path / "corpus.csv", 80)
    measured(desk.project.runs / "a", corpus, [True, False], part)
    measured(desk.project.runs / "b", corpus, [True, True], part, **more)
    one = page()
    choose(one, "a", "b")
    one.tabs.setCurrentIndex(3)
    qtbot.waitUntil(lambda: one.duel.pages.currentIndex() == 2, timeout=20_000)
    assert told in one.duel.below.text()
    assert told or "learnt from" not in one.duel.below.text()


def test_a_duel_of_more_documents_than_are_listed_says_so(page, desk, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(duel, "MOST", 4)
    corpus = write_corpus(tmp_path / "corpus.csv", 80)  # 20 of them test documents
    measured(desk.project.runs / "a", corpus, [True, False, False, True, True])
    measured(desk.project.runs / "b", corpus, [True, True, True, True, False])
    one = page()
    choose(one, "a", "b")
    one.tabs.setCurrentIndex(3)
    qtbot.waitUntil(lambda: one.duel.pages.currentIndex() == 2, timeout=20_000)
    assert [one.duel.kinds.itemText(place) for place in (0, 1)] == [
        "Mended by b: 8  (the first 4 are listed)", "Broken by b: 4"]
    assert one.duel.table.rows.rowCount() == 4


def test_a_duel_without_predictions_and_model_says_so(page, desk, qtbot):
    made(desk.project.runs / "a")
    made(desk.project.runs / "b")
    one = page()
    one.tabs.setCurrentIndex(3)
    assert "Choose two runs" in one.duel.hint.text()
    choose(one, "a", "b")
    assert "no model" in one.duel.hint.text()
    assert not one.duel.measure.isVisible()


def test_predictions_that_were_altered_are_told(page, desk, qtbot, tmp_path):
    corpus = write_corpus(tmp_path / "corpus.csv", 80)
    measured(desk.project.runs / "a", corpus, [True, False])
    measured(desk.project.runs / "b", corpus, [True, True])
    shutil.copyfile(desk.project.runs / "b" / "predictions.parquet", desk.project.runs / "a" / "predictions.parquet")
    one = page()
    choose(one, "a", "b")
    one.tabs.setCurrentIndex(3)
    qtbot.waitUntil(one.duel.failure.isVisible, timeout=20_000)
    assert "altered" in one.duel.failure.accessibleName()


def test_with_every_letter_searched_for_the_same_runs_are_not_read_anew(page, desk, qtbot, tmp_path, monkeypatch):
    corpus = write_corpus(tmp_path / "corpus.csv", 80)
    measured(desk.project.runs / "a", corpus, [True, False])
    measured(desk.project.runs / "zzz", corpus, [True, True])
    one, read = page(), []
    choose(one, "a", "zzz")
    for view in (one.curves, one.differences, one.duel):
        monkeypatch.setattr(view, "show_runs", _counted(view.show_runs, read))
    for place in (1, 2, 3):
        one.tabs.setCurrentIndex(place)
        for typed in ("t", "ti", "tin", ""):  # both runs are of tiny settings
            one.search.setText(typed)
            assert len(one.chosen()) == 2
    assert read == [2, 2, 2]
    one.search.setText("zzz")
    assert [line.folder.name for line in one.chosen()] == ["zzz"]
    assert len(read) == 4


def _counted(show, read: list[int]):
    def counted(runs) -> None:
        read.append(len(runs or ()))
        show(runs)
    return counted


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_a_duel_that_has_ended_begins_again_once_the_two_are_chosen_again(page, desk, qtbot, tmp_path, how: str):
    corpus = write_corpus(tmp_path / "corpus.csv", 80)
    measured(desk.project.runs / "a", corpus, [True, False])
    measured(desk.project.runs / "b", corpus, [True, True])
    one = page()
    one.tabs.setCurrentIndex(3)
    choose(one, "a", "b")
    if how == "cancelled":
        one.duel.bar.cancel.click()
    else:
        one.duel.slot.cancel()
        one.duel._failed(Failed("broken", "Broken", "", "", ""))
    one.refresh()
    qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)
    one.tabs.setCurrentIndex(0)
    one.tabs.setCurrentIndex(3)
    assert not one.duel.slot.running
    choose(one, "a")
    choose(one, "a", "b")
    qtbot.waitUntil(lambda: one.duel.pages.currentIndex() == 2, timeout=20_000)


def test_two_runs_are_compared_in_a_small_window(page, desk, qtbot):
    folders = [f"2026-11-30-03212{n}-with-a-longer-name" for n in range(3)]
    for name in folders:
        made(desk.project.runs / name, .7)
    one = page()
    one.resize(520, 340)
    qtbot.wait(20)
    heights = one.table.horizontalHeader().height() + 3 * one.table.rowHeight(0)
    assert one.table.minimumHeight() >= heights
    choose(one, *folders)
    one.tabs.setCurrentIndex(3)
    view = one.duel
    view.told.setText("Marked: words that speak for product in this run more (blue) or less (underlined) than in that")
    view.kinds.addItem(f"Mended by {folders[0]} and another one: 2,000  (the first 2,000 are listed)")
    view.pages.setCurrentIndex(2)
    assert view.minimumSizeHint().width() <= 520


def test_the_page_is_not_scrolled_for_curves_that_nobody_has_looked_at(page, desk, qtbot):
    made(desk.project.runs / "a")
    one = page()
    one.resize(1_096, 736)  # of a window of 1280 x 800
    qtbot.wait(20)
    assert one.minimumSizeHint().height() <= 736
    assert Legend().minimumSizeHint().height() == Legend([LegendEntry("a", 1)]).height()


def test_a_legend_tells_all_runs_where_there_is_little_room(qtbot):
    names = ["2026-11-30-032126", "second", "2026-11-30-041207 once more"]
    legend = Legend([LegendEntry(name, number) for number, name in enumerate(names, 1)])
    qtbot.addWidget(legend)
    legend.resize(legend.sizeHint())
    legend.show()
    assert legend.shown() == names
    assert not legend.toolTip()
    line = legend.height()
    legend.resize(300, line)
    assert (legend.shown(), legend.height()) == (names, 2 * line)  # none is cut
    assert not legend.toolTip()
    legend.resize(170, line)
    shown = legend.shown()
    assert shown[1] == "second"
    assert all("…" in name and len(name) > 4 for name in (shown[0], shown[2]))
    assert all(name in legend.toolTip() for name in names)
    legend.set_entries(legend._entries[1:2])
    assert (legend.shown(), legend.height()) == (["second"], line)
    legend.resize(legend.sizeHint().width() * 3, line)
    legend.set_entries([LegendEntry("a", 1), LegendEntry("b", 2)])
    assert (legend.shown(), legend.height()) == (["a", "b"], line)


def test_a_duel_shows_columns_read_together_without_their_marks(page, desk, qtbot, tmp_path):
    corpus = write_corpus(tmp_path / "corpus.csv", 80)
    measured(desk.project.runs / "a", corpus, [True, False, False, True])
    measured(desk.project.runs / "b", corpus, [True, True, False, False])
    one = page()
    choose(one, "a", "b")
    one.tabs.setCurrentIndex(3)
    qtbot.waitUntil(lambda: one.duel.pages.currentIndex() == 2, timeout=20_000)
    found = one.duel._duel
    marked = [replace(one, text=f"xxfld 1 Title xxfld 2 {one.text}") for one in found.documents["mended"]]
    one.duel._duel = replace(found, documents={**found.documents, "mended": marked})
    one.duel._list()
    read = f"Title  \u00b7  {found.documents['mended'][0].text}"
    assert one.duel.table.rows.index(0, 0).data() == read
    assert one.duel.reader.toPlainText() == read
