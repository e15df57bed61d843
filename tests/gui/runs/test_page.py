"""The Runs page: what is listed, searched, told and shown of it; keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

from studio import theme
from studio.models.run_table import time_spent
from tests.record.test_listing import made
from tests.runs.made import tiny_config
from ulmengine.events import Failed, StageEnded
from ulmengine.record import RunFolder, RunMarks, write_about

from .help import choose, names


def test_an_empty_page_says_what_a_run_is_and_how_to_begin(page, desk):
    one = page()
    assert one.stack.currentWidget() is one.empty
    assert one.start.isVisible()
    assert not one.filters.isVisible()


def test_search_state_and_order(page, desk, qtbot):
    made(desk.project.runs / "a", .7, "classifier.lr=0.02")
    made(desk.project.runs / "b", .9)
    made(desk.project.runs / "c", .8).write_notes("the long texts")
    RunFolder.create(desk.project.runs / "d", tiny_config(Path("/nowhere.csv")))
    one = page()
    one.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    assert names(one) == ["b", "c", "a", "d"]
    one.search.setText("long TEXTS")
    assert names(one) == ["c"]
    assert one.filters.count.text() == "1 of 4"
    one.search.setText("classifier.lr")
    assert names(one) == ["a"]
    one.search.clear()
    one.states.setCurrentIndex(one.states.findData("new"))
    assert names(one) == ["d"]
    assert [time_spent(seconds) for seconds in (5, 65, 3_725)] == ["0:05", "1:05", "1:02:05"]


def test_a_run_that_failed_says_why(page, desk, qtbot):
    run = RunFolder.create(desk.project.runs / "a", tiny_config(Path("/nowhere.csv")))
    with run.open_log() as log:
        log.append(Failed("disk_full", "The disk is full", "All is kept.", "Make room.", "Traceback"))
    made(desk.project.runs / "b")
    one = page()
    choose(one, "a")
    assert one.details._problem.text() == "The disk is full"
    assert one.details._problem.isVisible()
    state = one.shown.index(names(one).index("a"), 1)
    assert "Failed: The disk is full" in state.data(Qt.ItemDataRole.ToolTipRole)
    choose(one, "b")
    assert not one.details._problem.isVisible()


def test_what_is_told_is_of_a_run_in_view_never_of_one_that_the_filter_hides(page, desk, qtbot):
    for name in "abc":
        made(desk.project.runs / name)
    write_about(RunFolder(desk.project.runs / "b"), RunMarks("", ("kept",)))
    one = page()
    details = one.details
    choose(one, "a")
    one.search.setText("kept")
    assert [line.folder.name for line in one.chosen()] == ["b"]
    assert (details._title.text(), details._tags.text()) == ("b", "kept")
    one.search.setText("nowhere")
    assert one.chosen() == []
    assert (details._title.text(), details._tags.text(), details._path.text()) == ("", "", "")
    assert details._result.text() == "Choose a run in the list."
    assert not details.isEnabled()
    one.search.clear()
    first = names(one)[0]
    assert details._title.text() == first  # there is something to look at again
    assert [line.folder.name for line in one.chosen()] == [first]
    choose(one, "b", "c")
    one.tabs.setCurrentIndex(2)
    one.states.setCurrentIndex(one.states.findData("failed"))
    assert one.differences.table.rows.columnCount() == 1  # the setting's name alone, of no run
    one.states.setCurrentIndex(0)
    one.tabs.setCurrentIndex(0)
    one.archived.setChecked(True)
    choose(one, "b")
    one.archive()
    qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)
    assert details._title.text() == "b"  # it is in view
    one.archived.setChecked(False)
    assert details._title.text() == names(one)[0] != "b"


def test_archived_runs_are_marked_muted_and_stand_last(page, desk, qtbot):
    for name, accuracy in (("a", .7), ("b", .9), ("c", .8)):
        made(desk.project.runs / name, accuracy)
    write_about(RunFolder(desk.project.runs / "b"), RunMarks("", (), True))
    one = page()
    assert sorted(names(one)) == ["a", "c"]
    one.archived.setChecked(True)
    for order, wanted in ((Qt.SortOrder.DescendingOrder, ["c", "a", "b"]), (Qt.SortOrder.AscendingOrder,
                                                                            ["a", "c", "b"])):
        one.table.sortByColumn(2, order)
        assert names(one) == wanted
    states = [one.shown.index(row, 1).data() for row in range(3)]
    assert states == ["Finished", "Finished", "Archived · Finished"]
    assert one.table.columnWidth(1) >= one.table.fontMetrics().horizontalAdvance(states[2]) + 14
    choose(one, "b")
    assert one.details._result.text().startswith("Archived · Finished")
    one.table.clearSelection()
    seen = one.table.viewport().grab().toImage()

    def darkest(row: int) -> int:
        cell = one.table.visualRect(one.shown.index(row, 2))
        return min(seen.pixelColor(x, y).lightness() for x in range(cell.left(), cell.right())
                   for y in range(cell.top(), cell.bottom()))

    colors = theme.colors()
    assert darkest(1) == pytest.approx(colors.color("text").lightness(), abs=12)
    assert darkest(2) == pytest.approx(colors.color("muted").lightness(), abs=12)


def test_a_run_that_cannot_be_read_is_listed_with_its_reason(page, desk):
    made(desk.project.runs / "a")
    (desk.project.runs / "a" / "config.toml").write_text("seed = 'x'\n", encoding="utf-8")
    one = page()
    assert one.details._problem.isVisibleTo(one)
    assert "seed" in one.details._problem.text()


def test_a_result_is_whole_while_there_is_room_and_a_width_that_was_chosen_stays(page, desk, qtbot):
    run = RunFolder.create(desk.project.runs / "a", tiny_config(Path("/nowhere.csv")))
    with run.open_log() as log:
        log.append(StageEnded(0, "language model", 3, 1, 4.0, 4.2, {"perplexity": 12345.67}, 2.0))
    one = page()
    cell = one.shown.index(0, 2)
    assert cell.data() == "perplexity 12345.7"
    assert one.table.columnWidth(2) >= one.table.fontMetrics().horizontalAdvance(cell.data()) + 14
    one.table.setColumnWidth(2, 77)
    one.refresh()
    qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)
    assert one.table.columnWidth(2) == 77


def test_keys_reach_what_the_mouse_does(page, desk, qtbot: Any):
    made(desk.project.runs / "a")
    made(desk.project.runs / "b")
    one = page()
    choose(one, "a")
    one.table.setFocus()
    qtbot.keyClick(one.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(one) == ["b"], timeout=10_000)
    qtbot.keyClick(one, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert one.search.hasFocus() or not one.isActiveWindow()
