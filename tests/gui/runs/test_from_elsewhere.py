"""Runs that come and go as files, and runs of other projects that are shown where they lie."""

from __future__ import annotations

import shutil

from PySide6.QtCore import Qt

from studio.models.run_table import CORPUS, FROM
from tests.record.test_listing import made
from ulmengine.record import RunMarks, export_run, write_about

from .help import names


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


def test_a_run_taken_up_is_seen_whatever_was_searched_for_and_where_it_is_archived(page, desk, qtbot, tmp_path):
    far = made(tmp_path / "elsewhere" / "far")
    write_about(far, RunMarks(archived=True))
    export_run(far, tmp_path / "far.zip")
    made(desk.project.runs / "near")
    one = page()
    one.search.setText("near")
    assert names(one) == ["near"]
    one.take_up(tmp_path / "far.zip")
    qtbot.waitUntil(lambda: not one.slot.running and not one.errand.running, timeout=10_000)
    assert [line.folder.name for line in one.chosen()] == ["far"]
    assert names(one) == ["near", "far"]
    assert one.archived.isChecked()
    one.archived.setChecked(False)
    one.refresh()
    qtbot.waitUntil(lambda: not one.slot.running, timeout=10_000)
    assert names(one) == ["near"]  # once: it is not pressed upon the person


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
