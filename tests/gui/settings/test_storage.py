"""What lies where, how large it is, and how it is cleared."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.engine.job import shutdown_jobs
from studio.frame.folders import show_folder
from studio.pages.parts.quantities import size_words
from studio.pages.settings.page import SettingsPage
from studio.pages.settings.room import Cleared, bytes_below, clear_copies, measure
from studio.pages.settings.storage import PlaceRow, StorageCard
from studio.project import Project
from studio.shell import Notice, Shell
from studio.widgets import ElidedLabel
from tests.gui.fakes import FakeRun, ScriptedAsk
from ulmengine.config import RunConfig
from ulmengine.events import Event, Progress, outcome
from ulmengine.models import models_folder
from ulmengine.plan.control import Move
from ulmengine.record import RunFolder

T = TypeVar("T")


def filled(folder: Path) -> Path:
    """A project's folder with 5,000 bytes of runs, 3,000 bytes of copies, and what belongs to neither."""
    for name, size in (
        ("runs/1/model.ulm", 4_000), ("runs/1/checkpoints/step-1/weights", 1_000),
        ("cache/table-a/part.parquet", 2_000), ("cache/tokens/train.bin", 1_000),
        ("cache/repairs.json", 70), ("cache/predictions-b.arrow", 80),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(size))
    return folder


def test_runs_and_copies_are_counted_apart(tmp_path: Path) -> None:
    Project.create(filled(tmp_path / "one"), RunConfig(name="First"))
    Project.create(tmp_path / "data" / "projects" / "two")
    (tmp_path / "data" / "projects" / "no project").mkdir()
    room = outcome(measure([tmp_path / "one", tmp_path / "one"], tmp_path / "data"))
    assert [(one.name, one.runs, one.copies) for one in room.projects] == [("First", 5_000, 3_000), ("two", 0, 0)]
    assert room.own is None
    models_folder().mkdir(parents=True)
    (models_folder() / "mine.ulmfit").write_bytes(bytes(600))
    assert outcome(measure([], tmp_path / "data")).own == (models_folder(), 600)


def test_links_are_not_followed(tmp_path: Path) -> None:
    filled(tmp_path / "far")
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "link").symlink_to(tmp_path / "far", target_is_directory=True)
    assert bytes_below(tmp_path / "near") < 1_000
    assert bytes_below(tmp_path / "missing") == 0


def test_clearing_takes_the_copies_alone(tmp_path: Path) -> None:
    folder = filled(tmp_path / "one")
    assert outcome(clear_copies(folder)) == Cleared(freed=3_000)
    left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert left == ["cache/predictions-b.arrow", "cache/repairs.json", "runs/1/checkpoints/step-1/weights",
                    "runs/1/model.ulm"]
    assert sorted(path.name for path in (folder / "cache").iterdir()) == ["predictions-b.arrow", "repairs.json"]
    assert outcome(clear_copies(folder)) == Cleared()


def test_nothing_is_cleared_while_a_run_of_any_program_is_alive(tmp_path: Path) -> None:
    folder = filled(tmp_path / "one")
    run = RunFolder.create(folder / "runs" / "2", RunConfig(name="alive"))
    with run.lock():
        assert outcome(clear_copies(folder)) == Cleared(running=True)
    assert (folder / "cache" / "table-a" / "part.parquet").is_file()


def locked(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Let these folders refuse to be looked into, as those of another person do."""
    look = Path.stat

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if any(folder in path.parents for folder in folders):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return look(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", stat)


def test_a_project_that_cannot_be_read_is_named_and_the_others_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("far", "half", "near"):
        Project.create(filled(tmp_path / name), RunConfig(name=name))
    locked(monkeypatch, tmp_path / "far", tmp_path / "half" / "cache")
    room = outcome(measure([tmp_path / "far", tmp_path / "half", tmp_path / "near"], tmp_path / "data"))
    assert [(one.name, one.runs, one.copies, one.readable) for one in room.projects] == [
        ("near", 5_000, 3_000, True), ("far", 0, 0, False), ("half", 0, 0, False),
    ]


def test_a_remembered_project_that_is_not_there_is_named_too(tmp_path: Path) -> None:
    drive, data = tmp_path / "drive", tmp_path / "data"
    far, near = drive / "far", tmp_path / "near"
    for folder in (far, near):
        Project.create(filled(folder), RunConfig(name=folder.name))
    drive.rename(tmp_path / "pulled out")
    (tmp_path / "emptied").mkdir()
    room = outcome(measure([far, near, tmp_path / "emptied"], data))
    assert [(one.folder, one.readable) for one in room.projects] == [(near, True), (far, False)]
    assert not (data / "sample").exists(), "nobody has opened it, and it is not in the list"


@pytest.mark.parametrize(("size", "words"), [
    (0, "0 kB"), (1, "1 kB"), (311_001, "312 kB"), (4_100_000, "4.1 MB"), (1_200_000_000, "1.2 GB"),
])
def test_sizes_in_words(size: int, words: str) -> None:
    assert size_words(size) == words


@pytest.fixture
def storage(qtbot: QtBot, shell: Shell, project: Project) -> Iterator[StorageCard]:
    filled(project.folder)
    page = SettingsPage(shell)
    qtbot.addWidget(page)
    page.resize(900, 700)
    page.show()
    page.activated()
    qtbot.waitUntil(lambda: row_of(page.storage, project) is not None)
    yield page.storage
    assert shutdown_jobs(10.0)


def row_of(storage: StorageCard, project: Project) -> PlaceRow | None:
    return next((row for row in storage.rows if row.folder == project.folder), None)


def test_the_copies_are_cleared_after_a_question(
    storage: StorageCard, project: Project, shell: Shell, ask: ScriptedAsk, qtbot: QtBot
) -> None:
    news: list[Notice] = []
    shell.noticed.connect(news.append)
    row = row_of(storage, project)
    assert row is not None
    ask.answers = ["cancel", "clear"]
    QTest.mouseClick(row.clear, Qt.MouseButton.LeftButton)
    assert (project.cache / "tokens").is_dir()
    QTest.mouseClick(row.clear, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(news))
    assert news[0].text == "3 kB were set free."
    assert not (project.cache / "tokens").exists()
    assert (project.runs / "1" / "model.ulm").is_file()
    qtbot.waitUntil(lambda: row_of(storage, project) is not row)
    row = row_of(storage, project)
    assert row is not None
    assert not row.clear.isEnabled()  # there is nothing left to clear


def test_nothing_can_be_cleared_during_a_run(storage: StorageCard, project: Project, run: FakeRun) -> None:
    row = row_of(storage, project)
    assert row is not None
    assert row.clear.isEnabled()
    run.move(Move.START)
    assert not row.clear.isEnabled()
    run.move(Move.BROKEN)
    assert row.clear.isEnabled()


@pytest.mark.parametrize("why", [errno.EACCES, errno.ENOENT])
def test_a_recent_project_that_cannot_be_read_stands_there_with_nothing_to_press(
    storage: StorageCard, project: Project, shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    qtbot: QtBot, why: int,
) -> None:
    gone = tmp_path / "gone"
    shell.settings.remember_project(gone)
    if why == errno.EACCES:
        locked(monkeypatch, gone)
    storage.count()
    qtbot.waitUntil(lambda: any(row.folder == gone for row in storage.rows))
    assert storage.below.text().startswith("What was prepared")
    row = next(row for row in storage.rows if row.folder == gone)
    assert "cannot be read" in [label.text() for label in row.findChildren(ElidedLabel)]
    assert not row.show_folder.isEnabled()
    assert row.clear.isHidden()
    assert row_of(storage, project) is not None


def test_why_nothing_was_counted_is_said(
    storage: StorageCard, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def broken(*_: object) -> Generator[Event, None, None]:
        yield Progress("Counting", 0, 0)
        raise OSError(errno.EIO, "Input/output error", "/data")

    monkeypatch.setattr("studio.pages.settings.storage.measure", broken)
    storage.count()
    assert storage.below.text() == "Counting…"
    qtbot.waitUntil(lambda: storage.below.text() != "Counting…")
    assert storage.below.text().startswith("Could not be counted: ")
    assert "Input/output error" in storage.below.text()
    assert storage.rows, "what was counted before stays in view"


@pytest.mark.parametrize("answers", [True, False])
def test_a_folder_is_shown_or_it_is_said_where_it_is(
    storage: StorageCard, project: Project, shell: Shell, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    shown: list[str] = []
    news: list[str] = []

    def open_url(url: QUrl) -> bool:
        shown.append(url.toLocalFile())
        return answers

    monkeypatch.setattr("studio.frame.folders.QDesktopServices.openUrl", open_url)
    shell.noticed.connect(lambda notice: news.append(notice.text))
    row = row_of(storage, project)
    assert row is not None
    QTest.mouseClick(row.show_folder, Qt.MouseButton.LeftButton)
    assert shown == [str(project.folder)]
    assert news == ([] if answers else [f"No file manager answers here. The folder is {project.folder}"])
    show_folder(shell, project.folder / "nowhere")
    assert news[-1].endswith("nowhere is not there yet.")
    assert len(shown) == 1
