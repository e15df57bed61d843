"""The Corpus page as a whole: empty, busy, cancelled, failed, read again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox
from pytestqt.qtbot import QtBot

from studio import project
from studio.pages.corpus import analysis
from studio.pages.corpus.page import CorpusPage
from studio.pages.parts.quantities import TimeLeft
from studio.words import time_words
from tests.gui.corpus.help import opened, settle
from tests.gui.pages_help import FRUIT, Desk, write_csv


def test_an_empty_project_says_what_to_do(page: CorpusPage, desk: Desk, qtbot: QtBot) -> None:
    assert page.stack.currentWidget() is page.empty
    desk.answers.files = []
    qtbot.mouseClick(page.empty.choose, Qt.MouseButton.LeftButton)
    assert desk.answers.asked == ["Choose a corpus"]
    assert desk.project.config.corpus.path == ""


def test_a_copy_that_has_gone_is_made_again(page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    first = page.analysis.corpus
    page.activated()
    assert page.analysis.corpus is first
    assert not page.analysis.busy
    shutil.rmtree(desk.project.cache)
    page.activated()
    settle(qtbot, page)
    assert page.analysis.corpus is not first
    assert list(desk.project.cache.glob("table-*/*.parquet"))
    page.tables.documents.pick(3)
    page.document.switch.click()
    settle(qtbot, page)
    assert page.document.plain.toPlainText() == FRUIT[3][1]


def test_a_file_written_to_meanwhile_is_read_anew_and_nothing_starts_on_it_before(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[bool] = []
    monkeypatch.setattr(desk.shell.starter, "start", lambda: not started.append(True))
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    first = page.analysis.corpus
    page.activated()  # nothing has happened to it
    qtbot.wait(200)
    assert page.analysis.corpus is first
    assert desk.shell.starter.begin()
    assert (started, desk.news) == ([True], [])
    write_csv(tmp_path / "fruit.csv", FRUIT[:20], ("kind", "text"))
    assert not desk.shell.starter.begin()
    assert started == [True]
    assert desk.wanted == ["train", "corpus"]  # the run that began is shown; then there is something to look at
    assert "Nothing was started: fruit.csv has changed" in desk.news[-1].text
    page.activated()  # as the window does on that way
    qtbot.waitUntil(lambda: page.analysis.corpus is not first and page.analysis.corpus is not None, timeout=20_000)
    settle(qtbot, page)
    assert "read anew" in desk.news[-1].text
    assert page.analysis.corpus is not None
    assert sum(page.analysis.corpus.counts.values()) == 20
    assert page.analysis.corpus.documents.understood.label_columns == ("kind",)
    assert desk.shell.starter.begin()
    assert started == [True, True]


def test_a_large_file_written_to_meanwhile_is_told_of_once_and_read_when_asked(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "AT_ONCE", 100)
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    page.header.read.click()
    settle(qtbot, page)
    write_csv(tmp_path / "fruit.csv", FRUIT[:20])
    page.activated()
    qtbot.waitUntil(lambda: not page.header.read.isHidden(), timeout=20_000)
    page.activated()  # the person looks elsewhere and comes back
    qtbot.wait(200)
    (told,) = [notice for notice in desk.news if "has changed" in notice.text]
    assert "read it anew when you like" in told.text
    assert page.analysis.corpus is None  # nothing of the earlier reading is shown as if it were of this one
    assert not desk.shell.starter.begin()
    refused = desk.news[-1]
    assert told.holds is not None
    assert refused.holds is not None
    assert (told.holds(), refused.holds()) == (True, True)
    page.header.read.click()
    settle(qtbot, page)
    assert page.analysis.corpus is not None
    assert sum(page.analysis.corpus.counts.values()) == 20
    assert not desk.shell.starter.corpus_outdated()
    assert (told.holds(), refused.holds()) == (False, True)
    desk.shell.close_project()
    assert not refused.holds()


def test_reading_anew_that_is_cancelled_can_be_asked_for(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    page.analysis.again()
    page.progress.cancel.click()
    assert not page.analysis.busy
    assert not page.header.read.isHidden()
    page.header.read.click()
    settle(qtbot, page)
    assert not page.header.onward.isHidden()


@pytest.mark.parametrize("inside", [True, False])
def test_a_folder_that_the_project_is_kept_in_is_not_changed_by_what_it_keeps(
    page: CorpusPage, desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, inside: bool
) -> None:
    monkeypatch.setattr(desk.shell.starter, "start", lambda: True)
    folder = desk.project.folder if inside else desk.project.folder.parent
    for number, (kind, text) in enumerate(FRUIT):
        (folder / kind).mkdir(exist_ok=True)
        (folder / kind / f"{number}.txt").write_text(text, encoding="utf-8")
    opened(qtbot, page, folder)
    first = page.analysis.corpus
    assert first is not None
    assert sum(first.counts.values()) == len(FRUIT)
    page.activated()
    qtbot.wait(200)
    assert page.analysis.corpus is first
    assert desk.shell.starter.begin()
    (folder / FRUIT[0][0] / "0.txt").write_text("Another text about quite another apple", encoding="utf-8")
    assert not desk.shell.starter.begin()
    assert f"Nothing was started: {folder.name} has changed" in desk.news[-1].text


def test_nothing_is_read_anew_while_a_program_beside_is_only_looked_at(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    """Coming back to the window looks at the file; other files beside it, and a later session, are no change."""
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    first = page.analysis.corpus
    page.show()
    write_csv(tmp_path / "other.csv", FRUIT[:5])
    page._came_back(Qt.ApplicationState.ApplicationInactive)
    page._came_back(Qt.ApplicationState.ApplicationActive)
    qtbot.wait(200)
    assert page.analysis.corpus is first
    assert not desk.shell.starter.corpus_outdated()
    write_csv(tmp_path / "fruit.csv", FRUIT[:30])
    page._came_back(Qt.ApplicationState.ApplicationActive)
    qtbot.waitUntil(lambda: page.analysis.corpus is not first and page.analysis.corpus is not None, timeout=20_000)
    settle(qtbot, page)


def test_a_file_gone_meanwhile_starts_nothing_and_is_told(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    (tmp_path / "fruit.csv").unlink()
    assert not desk.shell.starter.begin()
    assert "fruit.csv" in desk.news[-1].text
    page.activated()
    qtbot.waitUntil(lambda: page.failure.failure is not None, timeout=20_000)
    assert desk.shell.corpus_unreadable
    assert not [notice.text for notice in desk.news if "has changed" in notice.text]
    write_csv(tmp_path / "fruit.csv", FRUIT)  # and is brought back
    page.activated()
    settle(qtbot, page)
    assert page.failure.failure is None
    assert not desk.shell.starter.corpus_outdated()


@pytest.mark.parametrize(("name", "content"), [
    ("empty.csv", b""), ("noise.csv", bytes(range(256)) * 40), ("cut.csv.gz", b"\x1f\x8b\x08\x00\x00"),
])
def test_a_bad_file_is_a_card_and_the_project_is_intact(
    page: CorpusPage, desk: Desk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, name: str,
    content: bytes,
) -> None:
    monkeypatch.setattr(project, "MERGE_GAP_S", 0.0)  # the test is quicker than a person
    good = write_csv(tmp_path / "fruit.csv", FRUIT)
    opened(qtbot, page, good)
    (tmp_path / name).write_bytes(content)
    opened(qtbot, page, tmp_path / name)
    assert page.failure.failure is not None
    assert page.failure.failure.cause == "data"
    assert page.tables.rows is None
    desk.project.undo.undo()
    settle(qtbot, page)
    assert page.failure.failure is None
    assert page.tables.documents.rows.rowCount() == 40


def test_a_large_file_is_read_only_when_asked(
    page: CorpusPage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "AT_ONCE", 100)
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    assert page.analysis.corpus is None
    assert page.tables.file.rows.rowCount() == 40
    page.header.read.click()
    settle(qtbot, page)
    assert page.analysis.corpus is not None


def test_cancelling_keeps_what_is_there(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    page.dropped([str(write_csv(tmp_path / "fruit.csv", FRUIT * 50))])
    page.progress.cancel.click()
    assert not page.analysis.busy
    page.analysis.again()
    settle(qtbot, page)
    assert page.analysis.corpus is not None


def test_everything_that_can_be_used_has_a_name(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    nameless = [
        widget for kind in (QAbstractButton, QComboBox) for widget in page.findChildren(kind)
        if not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
        and widget.metaObject().className() not in ("QTableCornerButton", "QToolButton")
        and widget.isVisibleTo(page)
    ]
    assert nameless == []


def test_settings_are_found_on_their_tab(page: CorpusPage, tmp_path: Path, qtbot: QtBot) -> None:
    opened(qtbot, page, write_csv(tmp_path / "fruit.csv", FRUIT))
    assert page.show_setting("corpus.split.column")
    assert page.side.currentWidget() is page.splits
    assert page.show_setting("tokens.min_frequency")
    assert page.side.currentWidget() is page.overview
    assert page.show_setting("corpus.encoding")
    assert page.show_setting("corpus.split.test")
    assert page.side.currentWidget() is page.splits


def test_time_left() -> None:
    left = TimeLeft()
    assert left.seconds("read", 0, 100, now=10.0) is None
    assert left.seconds("read", 5, 100, now=10.5) is None
    assert left.seconds("read", 20, 100, now=12.0) == pytest.approx(8.0)
    assert left.seconds("other", 20, 100, now=13.0) is None
    assert [time_words(s) for s in (0.2, 42, 200, 7_800)] == ["1 s", "42 s", "3 min", "2 h 10 min"]
