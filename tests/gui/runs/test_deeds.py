"""What is done to runs, one or several, with a way back: titles, tags, archive, deletion; settings taken over."""

from __future__ import annotations

import shutil

import pytest
from PySide6.QtCore import Qt

from studio.pages.runs.page import foreign_settings
from tests.record.test_listing import made
from ulmengine.events import Evaluated
from ulmengine.record import RunFolder, RunMarks, read_about, write_about

from .help import choose, names


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


def test_test_labels_that_a_person_has_corrected_are_told_with_the_result(page, desk):
    with made(desk.project.runs / "a").open_log() as log:
        log.append(Evaluated("test", 50, .8, (.7, .9), {}, .75, (.6, .8), relabelled=1))
    one = page()
    assert one.shown.index(0, 2).data() == "80.0% (1 test label corrected)"
    choose(one, "a")
    assert "(70.0% to 90.0%)  ·  1 test label corrected" in one.details._result.text()


def test_where_another_window_has_the_say_a_run_keeps_its_name_tags_and_notes(page, desk, qtbot):
    made(desk.project.runs / "a")
    one = page()
    choose(one, "a")
    refused = []
    desk.project.changeWanted.connect(lambda: refused.append(True))
    desk.project.set_read_only(True)
    details = one.details
    for field in (details._title, details._tags):
        field.setFocus()
        field.setText("Other")
        field.editingFinished.emit()
    details._notes.setPlainText("Other")
    details._notes.document().setModified(True)
    details.keep_notes()
    one.delete()
    one.archive()
    one.choose_import()
    assert len(refused) == 6
    assert (details._title.text(), details._tags.text(), details._notes.toPlainText()) == ("a", "", "")
    run = RunFolder(desk.project.runs / "a")
    assert (read_about(run), run.notes()) == (RunMarks(), "")
    assert desk.answers.asked == []
    assert [notice for notice in desk.news if notice.undoes] == []  # nothing is told as done
