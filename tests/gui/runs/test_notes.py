"""Notes about a run are kept, whatever is done beside."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QTextCursor

from tests.record.test_listing import made
from ulmengine.record import RunFolder

from .help import choose


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
