"""The Runs page: listed, searched, taken up, changed with a way back; what is missing is said."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor

from studio import theme
from studio.models.runs import CORPUS, FROM, time_spent
from studio.pages.runs.page import foreign_settings
from tests.record.test_listing import made
from tests.runs.made import tiny_config
from ulmengine.events import StageEnded
from ulmengine.record import RunFolder, RunMarks, export_run, read_about, write_about

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


@pytest.mark.parametrize("deed", ["archive", "delete"])
def test_after_a_run_is_gone_its_neighbour_is_chosen_and_the_button_let_go(page, desk, qtbot, deed: str):
    for name in "abcd":
        made(desk.project.runs / name)
    one = page()
    one.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    one.activateWindow()

    def settled() -> list[str]:
        qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)
        return [line.folder.name for line in one.chosen()]

    choose(one, "b", "c")
    button = one.details.buttons[deed]
    button.setFocus()
    button.click()
    assert one.focusWidget() is one.table
    assert settled() == ["d"]
    choose(one, "a")
    desk.project.undo.undo()
    assert sorted(settled()) == ["b", "c"]  # what came back
    choose(one, "d")
    getattr(one, deed)()
    assert settled() == ["c"]  # there is none below


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


def test_title_tags_archive_and_delete_can_be_undone(page, desk, qtbot):
    made(desk.project.runs / "a")
    made(desk.project.runs / "b")
    one = page()

    def settled() -> None:
        qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)

    choose(one, "a")
    one.details._title.setText("Better")
    one.details._title.editingFinished.emit()
    settled()
    one.details._tags.setText("x, long texts, x")
    one.details._tags.editingFinished.emit()
    settled()
    line = one.chosen()[0]
    assert (line.name, line.about.tags) == ("Better", ("x", "long texts"))
    desk.project.undo.undo()
    settled()
    assert one.chosen()[0].about.tags == ()
    one.archive()
    settled()
    assert names(one) == ["b"]
    one.archived.setChecked(True)
    assert sorted(names(one)) == ["a", "b"]
    choose(one, "b")
    one.delete()
    settled()
    assert names(one) == ["a"]
    assert desk.shell.settings.values.deleted == (str(desk.project.runs / ".deleted"),)
    assert desk.news[-1].action is not None
    desk.news[-1].action()
    settled()
    assert sorted(names(one)) == ["a", "b"]
    assert (desk.project.runs / "b" / "config.toml").is_file()


def test_what_is_done_to_several_runs_is_one_step_and_said_with_their_number(page, desk, qtbot, tmp_path):
    for name in "abc":
        made(desk.project.runs / name)
    write_about(RunFolder(desk.project.runs / "a"), RunMarks("", ("x", "y")))
    write_about(RunFolder(desk.project.runs / "b"), RunMarks("", ("z", "x")))
    one = page()
    undo = desk.project.undo

    def settled() -> None:
        qtbot.waitUntil(lambda: not one.slot.running and not one.errand.running, timeout=10_000)

    def tags(name: str) -> tuple[str, ...]:
        return read_about(RunFolder(desk.project.runs / name)).tags

    def taken_back(steps: int) -> None:
        assert undo.count() == steps
        assert "2 " in desk.news[-1].text
        assert "a, b" in desk.news[-1].text
        assert desk.news[-1].undoes
        undo.undo()
        settled()

    choose(one, "a", "b")
    details = one.details
    assert details._result.text().startswith("2 runs are chosen: a, b.")
    assert (details._title.text(), details._tags.text(), details._notes.toPlainText()) == ("", "x", "")
    enabled = {name for name, button in details.buttons.items() if button.isEnabled()}
    assert enabled == {"export", "archive", "delete"}
    assert not details._title.isEnabled()
    assert not details._notes.isEnabled()
    details._tags.setText("new")
    details._tags.editingFinished.emit()
    settled()
    assert (tags("a"), tags("b")) == (("y", "new"), ("z", "new"))
    taken_back(1)
    assert (tags("a"), tags("b")) == (("x", "y"), ("z", "x"))
    choose(one, "a", "b")
    one.archive()
    settled()
    assert names(one) == ["c"]
    taken_back(1)
    assert sorted(names(one)) == ["a", "b", "c"]
    choose(one, "a", "b")
    one.delete()
    settled()
    assert names(one) == ["c"]
    taken_back(1)
    assert sorted(names(one)) == ["a", "b", "c"]
    choose(one, "a", "b")
    told = len(desk.news)
    one.open_chosen()
    one.use_settings()
    assert [news.text for news in desk.news[told:]] == ["2 runs are chosen. Choose one of them alone for this."] * 2
    desk.answers.files = [tmp_path]
    one.export()
    settled()
    one.export()  # once more: beside the first ones
    settled()
    assert sorted(path.name for path in tmp_path.glob("*.zip")) == ["a-2.zip", "a.zip", "b-2.zip", "b.zip"]
    assert desk.news[-1].text == f"2 runs were exported to {tmp_path}."


def test_what_cannot_be_deleted_of_several_runs_is_told_and_the_others_go(page, desk, qtbot):
    for name in "abc":
        made(desk.project.runs / name)
    one = page()
    choose(one, "a", "b", "c")
    shutil.rmtree(desk.project.runs / "b")
    one.delete()
    qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)
    assert [news.level for news in desk.news] == ["error", "info"]
    assert desk.news[-1].text.startswith("2 runs are deleted: a, c.")
    assert desk.project.undo.undoText() == "Delete 2 runs"
    desk.project.undo.undo()
    qtbot.waitUntil(lambda: sorted(names(one)) == ["a", "c"] and not one.slot.running, timeout=10_000)


def test_the_run_that_the_window_shows_is_another_one_once_it_was_deleted(page, desk, qtbot):
    for name in "ab":
        made(desk.project.runs / name)
    one = page()
    desk.shell.show_run(RunFolder(desk.project.runs / "b"))
    choose(one, "b")
    one.delete()
    qtbot.waitUntil(lambda: names(one) == ["a"] and not one.slot.running, timeout=10_000)
    assert desk.shell.shown.folder == RunFolder(desk.project.runs / "a")
    choose(one, "a")
    one.delete()
    qtbot.waitUntil(lambda: not names(one) and not one.slot.running, timeout=10_000)
    assert desk.shell.shown.folder is None


def test_a_tag_given_a_moment_ago_outlives_what_is_done_next(page, desk, qtbot):
    made(desk.project.runs / "a")
    one = page()
    one.details._tags.setText("kept")
    one.details._tags.editingFinished.emit()
    one.archive()  # before the list has been read anew
    qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)
    assert read_about(RunFolder(desk.project.runs / "a")) == RunMarks("", ("kept",), True)


def test_notes_are_kept_when_another_run_is_chosen(page, desk, qtbot):
    made(desk.project.runs / "a")
    made(desk.project.runs / "b")
    one = page()
    choose(one, "a")
    one.details._notes.setFocus()
    qtbot.keyClicks(one.details._notes, "seen")
    choose(one, "b")
    assert RunFolder(desk.project.runs / "a").notes() == "seen"
    assert one.details._notes.toPlainText() == ""


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("by", ["search", "tabs", "another run"])
def test_notes_are_neither_lost_nor_shown_as_they_were_before(page, desk, qtbot, by: str, saved: bool):
    made(desk.project.runs / "a")
    made(desk.project.runs / "b")
    one, run = page(), RunFolder(desk.project.runs / "a")
    choose(one, "a")
    notes = one.details._notes
    notes.setFocus()
    qtbot.keyClicks(notes, "seen")
    if saved:
        one.details.keep_notes()
    if by == "search":
        one.search.setFocus()
        qtbot.keyClicks(one.search, "a")
    elif by == "tabs":
        one.tabs.setFocus()
        one.tabs.setCurrentIndex(1)
        one.tabs.setCurrentIndex(0)
    else:
        choose(one, "b")
        choose(one, "a")
    assert notes.toPlainText() == "seen"
    one.details.keep_notes()
    assert run.notes() == "seen"
    notes.moveCursor(QTextCursor.MoveOperation.End)
    qtbot.keyClicks(notes, " twice")
    one.details.keep_notes()
    assert run.notes() == "seen twice"


def test_notes_that_could_not_be_written_stay_to_be_read(page, desk, qtbot, monkeypatch):
    run, one = made(desk.project.runs / "a"), page()
    notes = one.details._notes
    qtbot.keyClicks(notes, "seen")
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write_notes", _full)
        one.details.keep_notes()
        one.tabs.setFocus()
        one.refresh()
        qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)
        assert notes.toPlainText() == "seen"
    one.details.keep_notes()
    assert run.notes() == "seen"


def _full(run: RunFolder, text: str) -> None:
    raise OSError(28, "No space left on device")


def test_a_run_that_cannot_be_read_is_listed_with_its_reason(page, desk):
    made(desk.project.runs / "a")
    (desk.project.runs / "a" / "config.toml").write_text("seed = 'x'\n", encoding="utf-8")
    one = page()
    assert one.details._problem.isVisibleTo(one)
    assert "seed" in one.details._problem.text()


def test_settings_of_a_run_are_taken_over_without_its_files(page, desk, qtbot):
    made(desk.project.runs / "a", .8, "classifier.lr=0.02", "seed=7")
    one = page()
    choose(one, "a")
    own_path = desk.project.config.corpus.path
    one.use_settings()
    assert desk.project.value("classifier.lr") == .02
    assert desk.project.value("seed") == 7
    assert desk.project.config.corpus.path == own_path
    assert desk.project.value("compute.threads") == 0
    desk.project.undo.undo()
    assert desk.project.value("classifier.lr") != .02
    assert foreign_settings(desk.project.config, desk.project.config) == {}


def test_runs_come_and_go_as_one_file(page, desk, qtbot, tmp_path):
    export_run(made(tmp_path / "elsewhere" / "far"), tmp_path / "far.zip")
    made(desk.project.runs / "a")
    one = page()
    assert one.dropped([str(tmp_path / "far.zip")])
    qtbot.waitUntil(lambda: "far" in names(one), timeout=10_000)
    qtbot.waitUntil(lambda: not one.slot.running)
    assert [line.folder.name for line in one.chosen()] == ["far"]
    assert one.dropped([str(tmp_path / "far.zip")])  # once more: under a name of its own
    qtbot.waitUntil(lambda: "far-2" in names(one), timeout=10_000)
    qtbot.waitUntil(lambda: not one.slot.running)
    assert [line.folder.name for line in one.chosen()] == ["far-2"]
    assert sorted(path.name for path in desk.project.runs.iterdir()) == ["a", "far", "far-2"]
    assert desk.project.run_folders()[-1].path.name == "a"  # begun after what was taken up was
    desk.answers.saved = tmp_path / "out.zip"
    one.export()
    qtbot.waitUntil(lambda: (tmp_path / "out.zip").is_file(), timeout=10_000)
    qtbot.waitUntil(lambda: not one.errand.running)
    (tmp_path / "zeros.zip").write_bytes(bytes(1_000))
    assert one.dropped([str(tmp_path / "zeros.zip")])
    qtbot.waitUntil(one.errand.failure.isVisible, timeout=10_000)
    assert "no run that was exported" in one.errand.failure.accessibleName()
    assert not one.dropped([str(tmp_path / "texts.csv")])


def test_a_run_taken_up_is_a_step_that_goes_where_deleted_runs_go(page, desk, qtbot, tmp_path):
    export_run(made(tmp_path / "elsewhere" / "far"), tmp_path / "far.zip")
    one, undo = page(), desk.project.undo

    def settled() -> None:
        qtbot.waitUntil(lambda: not one.slot.running and not one.errand.running, timeout=10_000)

    one.take_up(tmp_path / "far.zip")
    settled()
    assert (desk.news[-1].text, desk.news[-1].undoes) == ("far was taken up.", True)
    assert (undo.count(), undo.undoText()) == (1, "Take up far")
    assert [line.folder.name for line in one.chosen()] == ["far"]
    desk.news[-1].action()
    settled()
    assert names(one) == []
    aside = desk.project.runs / ".deleted"
    assert (aside / "far" / "config.toml").is_file()
    assert desk.shell.settings.values.deleted == (str(aside),)  # gone for good at the next start
    undo.redo()
    settled()
    assert names(one) == ["far"]
    assert (desk.project.runs / "far" / "events.jsonl").is_file()
    undo.undo()
    settled()
    assert names(one) == []
    shutil.rmtree(aside)
    undo.redo()  # there is nothing to be brought back any more
    settled()
    assert desk.news[-1].level == "error"
    assert names(one) == []
    assert undo.count() == 0


def test_folders_of_other_projects_are_shown_where_they_lie(page, desk, qtbot, tmp_path):
    made(tmp_path / "other" / "runs" / "far")
    one = page()
    desk.answers.files = [tmp_path / "other"]
    one.folders.add()
    qtbot.waitUntil(lambda: names(one) == ["far"], timeout=10_000)
    assert desk.shell.settings.values.run_folders == (str(tmp_path / "other" / "runs"),)
    one.folders.forget_all()
    qtbot.waitUntil(lambda: names(one) == [], timeout=10_000)
    desk.news[-1].action()
    qtbot.waitUntil(lambda: names(one) == ["far"], timeout=10_000)
    assert desk.project.undo.redoText() == "Show only the runs of this project"  # a step like any other one
    desk.project.undo.undo()
    qtbot.waitUntil(lambda: names(one) == [], timeout=10_000)
    qtbot.waitUntil(lambda: not one.slot.running)


def test_where_runs_are_from_is_shown_once_some_are_from_elsewhere(page, desk, qtbot, tmp_path):
    made(desk.project.runs / "r2")
    one = page()
    header = one.table.horizontalHeader()

    def shown() -> list[str]:
        places = sorted(range(header.count()), key=header.visualIndex)
        return [one.model.headerData(place, Qt.Orientation.Horizontal) for place in places
                if not one.table.isColumnHidden(place)]

    assert shown() == ["Name", "State", "Result", "Baseline", "Time", "Begun", "Tags", "Not as usual"]
    assert not one.folders.isVisible()
    made(tmp_path / "Help desk" / "runs" / "r2", .5, "corpus.path='/elsewhere/trec.csv'")
    desk.answers.files = [tmp_path / "Help desk"]
    one.folders.add()
    qtbot.waitUntil(lambda: names(one) == ["r2", "r2"] and not one.slot.running, timeout=10_000)
    assert shown()[:4] == ["Name", "From", "Corpus", "State"]
    assert {(one.shown.index(row, FROM).data(), one.shown.index(row, CORPUS).data()) for row in range(2)} == {
        ("This project", "corpus.csv"), ("Help desk", "trec.csv")}
    one.search.setText("help desk")
    assert names(one) == ["r2"]
    one.search.clear()
    one.table.selectAll()
    one.tabs.setCurrentIndex(2)
    rows = one.differences.table.rows
    assert {rows.headerData(place, Qt.Orientation.Horizontal) for place in (1, 2)} == {
        "r2 (This project)", "r2 (Help desk)"}
    assert one.folders.isVisible()
    menu = one.folders.menu().actions()
    assert [action.text() for action in menu] == ["Do not show Help desk"]
    menu[0].trigger()
    qtbot.waitUntil(lambda: names(one) == ["r2"] and not one.slot.running, timeout=10_000)
    assert not one.folders.isVisible()
    assert (desk.news[-1].text, desk.news[-1].undoes) == ("The runs of Help desk are no longer shown.", True)
    assert shown()[1] == "State"
    desk.project.undo.undo()
    qtbot.waitUntil(lambda: names(one) == ["r2", "r2"] and not one.slot.running, timeout=10_000)


def test_a_folder_without_runs_is_told_and_not_kept(page, desk, qtbot, tmp_path):
    one = page()
    (tmp_path / "empty").mkdir()
    desk.answers.files = [tmp_path / "empty"]
    one.folders.add()
    assert desk.news[-1].text.startswith(f"There is no run in {tmp_path / 'empty'}.")
    assert desk.shell.settings.values.run_folders == ()
    made(tmp_path / "other" / "runs" / "far")
    desk.answers.files = [tmp_path / "other"]
    for told in ("The runs of other are shown too.", "The runs of other are shown already."):
        one.folders.add()
        assert desk.news[-1].text == told
    assert desk.project.undo.count() == 1
    qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)


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
