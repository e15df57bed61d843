"""A second window on a project: it reads what the first one writes, and writes nothing until the person wants it to."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from studio import elsewhere
from studio.elsewhere import LOCK
from studio.frame.reading import ReadOnlyStrip
from studio.pages.classify.many import ManyTexts
from studio.pages.corpus.files import CorpusFiles
from studio.pages.home.deleting import Deletions
from studio.pages.parts.run_changes import Say, Together
from studio.pages.runs.details import Details
from studio.project import FILE, Project
from studio.settings import Settings
from studio.shell import Notice, Shell
from studio.widgets import ConfigField
from studio.window import MainWindow
from tests.gui.fakes import FakeRun, ScriptedAsk
from ulmengine.config import RunConfig, load
from ulmengine.record import RunFolder, read_about, run_line
from ulmengine.record.relabelled import JOURNAL


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "AGAIN_MS", 20)


@pytest.fixture
def second(project: Project, settings: Settings, ask: ScriptedAsk) -> Iterator[Shell]:
    """A second window's shell, in which the project is open as well."""
    other = Shell(FakeRun(), settings, ask)  # type: ignore[arg-type]
    assert other.open_project(project.folder)
    yield other
    other.close_project()


@pytest.fixture
def said(second: Shell) -> list[Notice]:
    """What the second window tells."""
    found: list[Notice] = []
    second.noticed.connect(found.append)
    return found


@contextmanager
def held(code: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has done what ``code`` says, and lives."""
    code = f"import sys\nfrom pathlib import Path\n{code}\nprint('held', flush=True)\nsys.stdin.read()\n"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"held"
        yield process


def reader(shell: Shell) -> Project:
    """The project as it is open in ``shell``."""
    assert shell.project is not None
    return shell.project


def test_settings_are_refused_and_the_widget_goes_back(
    project: Project, second: Shell, said: list[Notice], qtbot: QtBot
) -> None:
    field = ConfigField(reader(second), "classifier.lr")
    qtbot.addWidget(field)
    before = (project.folder / FILE).read_bytes()
    field.editor.edited.emit(0.5)
    assert reader(second).config == project.config
    assert field.editor.controls()[0].value() == project.config.classifier.lr  # type: ignore[attr-defined]
    assert (project.folder / FILE).read_bytes() == before
    assert not reader(second).undo.canUndo()
    [notice] = said
    assert (notice.level, notice.button) == ("warning", "Write here too")
    assert "only reads" in notice.text


def test_what_the_first_window_writes_is_followed(project: Project, second: Shell, qtbot: QtBot) -> None:
    with qtbot.waitSignal(reader(second).changedElsewhere, timeout=5_000):
        project.change({"classifier.lr": 0.02})
    assert reader(second).config.classifier.lr == 0.02
    assert project.undo.canUndo()  # nothing was written there that would have taken its steps away


def test_no_label_is_corrected_nor_taken_back(project: Project, second: Shell, said: list[Notice]) -> None:
    project.correct_label("a", ["x"], ["y"], False)
    reader(second)._look_at_file()
    said.clear()
    reader(second).correct_label("b", ["x"], ["y"], False)
    reader(second).take_labels_back(["a"])
    assert reader(second).config.corpus.relabelled == ("a=y",)
    assert '"b"' not in (project.folder / JOURNAL).read_text()
    assert len(said) == 2


def test_no_run_is_begun_gone_on_with_or_finished(project: Project, second: Shell, said: list[Notice]) -> None:
    project.change({"corpus.path": "/texts.csv"})
    project.save()
    reader(second)._look_at_file()
    run = RunFolder.create(project.runs / "one", project.config)
    second.look_at(run.path)
    said.clear()
    assert not second.starter.begin()
    assert not second.starter.start()
    assert not second.starter.resume(run.path)
    assert not second.starter.finish(run.path)
    assert second.run.calls == []  # type: ignore[attr-defined]
    assert [notice.button for notice in said] == ["Write here too"] * 4


def test_a_run_that_belongs_to_no_project_goes_on(project: Project, second: Shell, tmp_path: Path) -> None:
    learnt = RunFolder.create(tmp_path / "models" / "learnt", project.config)
    assert second.starter.resume(learnt.path)


def test_nothing_is_done_to_a_run(project: Project, second: Shell, said: list[Notice]) -> None:
    run = RunFolder.create(project.runs / "one", project.config)
    step = Together([Say(run_line(run), title="Other")], lambda names: names[0], lambda _: None, lambda _: None)
    assert not reader(second).push(step)
    assert read_about(run).title == ""
    assert len(said) == 1


def test_a_note_is_refused_at_its_first_letter(
    project: Project, second: Shell, said: list[Notice], qtbot: QtBot
) -> None:
    run = RunFolder.create(project.runs / "one", project.config)
    run.write_notes("as it was")
    details = Details(reader(second))
    qtbot.addWidget(details)
    details.show_runs([run_line(run)])
    notes = details.findChildren(QPlainTextEdit)[0]
    QTest.keyClicks(notes, "x")
    assert notes.toPlainText() == "as it was"
    assert len(said) == 1


def test_the_project_is_not_deleted_from_either_window(
    project: Project, second: Shell, said: list[Notice], tmp_path: Path
) -> None:
    delete = Deletions(second, second).delete
    assert delete(project.folder, "project") is None  # it is the open one
    second.write_here_too()
    assert delete(project.folder, "project") is None  # the other window goes on with it
    assert second.project is not None
    second.close_project()
    assert delete(project.folder, "project") is None  # from the list
    assert [notice.text for notice in said] == [
        "project is open in another window. Close it there before you delete it."] * 3
    assert (project.folder / FILE).is_file()
    assert (project.folder / LOCK).is_file()  # the first window's word is not taken away by asking


def test_a_window_that_may_write_too_deletes_the_project_once_the_other_is_gone(
    project: Project, shell: Shell, second: Shell
) -> None:
    deletions = Deletions(second, second)
    second.write_here_too()
    shell.close_project()
    assert deletions.delete(project.folder, "project") is not None
    second.undo.clear()  # as long as there is somebody to hear of it


def test_what_is_asked_for_first_is_not_asked_for(
    project: Project, second: Shell, said: list[Notice], ask: ScriptedAsk
) -> None:
    files = CorpusFiles(reader(second), second, second)
    for choose in (files.choose_file, files.choose_folder, files.choose_test, files.choose_test_folder,
                   files.choose_unlabelled, files.choose_unlabelled_folder):
        choose()  # an answer that is not there would be an error
    assert [notice.button for notice in said] == ["Write here too"] * 6


def test_answers_that_the_first_window_holds_are_left_alone(project: Project, second: Shell, qtbot: QtBot) -> None:
    project.cache.mkdir()
    (project.cache / "predictions-1.arrow").write_bytes(b"answers")
    qtbot.addWidget(ManyTexts(reader(second), second))
    assert (project.cache / "predictions-1.arrow").is_file()
    qtbot.addWidget(ManyTexts(project, second))  # the one that has the say: they are of an earlier start
    assert not (project.cache / "predictions-1.arrow").exists()


@pytest.mark.parametrize("looked_at", ["", "newer", "older"])
def test_a_run_that_the_first_window_begins_is_shown_unless_the_person_looks_at_another(
    project: Project, second: Shell, qtbot: QtBot, looked_at: str
) -> None:
    runs = [RunFolder.create(project.runs / name, project.config) for name in ("older", "newer") if looked_at]
    for number, run in enumerate(runs):
        os.utime(run.config_path, (1_000 + number, 1_000 + number))
    if looked_at:
        second.show_run(RunFolder(project.runs / looked_at))
    begun = RunFolder.create(project.runs / "one", project.config)
    with held(f"""
from ulmengine.record import RunFolder
kept = RunFolder(Path({str(begun.path)!r})).lock()
kept.__enter__()
"""):
        if looked_at == "older":
            QTest.qWait(200)
            assert second.shown.folder == runs[0]
            return
        qtbot.waitUntil(lambda: second.shown.folder == begun, timeout=5_000)
        assert second.shown.elsewhere
        if runs:
            second.show_run(runs[-1])
            QTest.qWait(100)
            assert second.shown.folder == runs[-1]  # the person has chosen it since


def test_the_say_comes_by_itself_when_the_first_window_closes(
    project: Project, shell: Shell, second: Shell, said: list[Notice], qtbot: QtBot
) -> None:
    project.change({"classifier.lr": 0.02})
    with qtbot.waitSignal(reader(second).readOnlyChanged, timeout=5_000):
        shell.close_project()
    assert reader(second).change({"classifier.factor": 2.0})
    stored = load(reader(second).folder / FILE).classifier
    assert (stored.lr, stored.factor) == (0.02, 2.0)
    assert "can be changed here now" in said[-1].text


def test_a_change_is_taken_when_the_other_window_has_just_gone(
    project: Project, shell: Shell, second: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.close_project()
    assert reader(second).change({"classifier.factor": 2.0})  # before the lock was asked for again


def test_the_say_comes_after_a_window_that_was_killed(tmp_path: Path, shell: Shell, qtbot: QtBot) -> None:
    folder = tmp_path / "there"
    Project.create(folder, RunConfig(name="there")).close()
    with held(f"""
from studio.elsewhere import OpenHere
from studio.project import Project
here, project = OpenHere(), Project.open(Path({str(folder)!r}))
here.take(project)
assert not project.read_only
""") as first:
        assert shell.open_project(folder)
        assert not reader(shell).change({"classifier.factor": 2.0})
        first.kill()
        first.wait()
    qtbot.waitUntil(lambda: not reader(shell).read_only, timeout=5_000)
    assert reader(shell).change({"classifier.factor": 2.0})


def test_the_person_may_write_here_too(project: Project, second: Shell, said: list[Notice], qtbot: QtBot) -> None:
    reader(second).change({"classifier.factor": 2.0})
    [notice] = said
    assert notice.action is not None
    assert notice.holds is not None
    assert notice.holds()
    notice.action()
    assert not notice.holds()
    with qtbot.waitSignal(project.changedElsewhere, timeout=5_000):
        assert reader(second).change({"classifier.factor": 2.0})
    assert project.config.classifier.factor == 2.0


def test_the_frame_says_so_as_long_as_it_is_so(
    project: Project, shell: Shell, window: MainWindow, qtbot: QtBot
) -> None:
    [strip] = window.findChildren(ReadOnlyStrip)
    assert not strip.isVisible()
    assert window.shell.open_project(project.folder)
    window.go("corpus")
    assert strip.isVisible()
    assert "this one only reads" in strip.told.text()
    qtbot.mouseClick(strip.write, Qt.MouseButton.LeftButton)
    assert not strip.isVisible()
    assert window.shell.project is not None
    assert not window.shell.project.read_only
    window.shell.close_project()
    assert window.shell.open_project(project.folder)
    assert strip.isVisible()
    shell.close_project()
    qtbot.waitUntil(lambda: not strip.isVisible(), timeout=5_000)


@pytest.fixture
def cannot_write(project: Project, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The project's folder, which nobody can write to as long as it stands in this list; the lock of a window that was
    killed lies there."""
    folders = [project.folder]
    shell.close_project()
    (folders[0] / LOCK).write_text("1\nstudio\nelsewhere\n", encoding="utf-8")
    monkeypatch.setattr(elsewhere, "can_write", lambda folder: folder not in folders)
    return folders


def test_a_folder_that_cannot_be_written_is_told_before_anything_starts(
    cannot_write: list[Path], window: MainWindow, run: FakeRun, qtbot: QtBot
) -> None:
    folder = cannot_write[0]
    [strip] = window.findChildren(ReadOnlyStrip)
    window.resize(960, 600)
    assert window.shell.open_project(folder)
    window.go("corpus")
    assert strip.isVisible()
    assert "This folder is read-only" in strip.told.text()
    assert not strip.write.isVisible()
    said: list[Notice] = []
    window.shell.noticed.connect(said.append)
    window.start_run()
    assert run.calls == []
    assert [(notice.level, notice.button) for notice in said] == [("warning", "")]
    assert str(folder) in said[0].text
    window.shell.write_here_too()
    assert reader(window.shell).read_only
    (folder / LOCK).unlink()
    cannot_write.clear()  # mounted anew, or the right was given
    qtbot.waitUntil(lambda: not strip.isVisible(), timeout=5_000)
    assert said[-1].text == "This folder can be written now."
    assert reader(window.shell).change({"classifier.factor": 2.0})
    window.shell.close_project()


@pytest.mark.parametrize(("number", "can"), [
    (errno.EROFS, False), (errno.EACCES, False), (errno.EPERM, False), (errno.ENOSPC, True), (errno.ENOENT, True),
    (0, True),
])
def test_a_full_disk_or_a_folder_that_is_gone_is_not_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, can: bool
) -> None:
    tried: list[object] = []

    def refuse(*given: object) -> None:
        tried.append(given)
        raise OSError(number, "no")

    with monkeypatch.context() as patch:
        if number:
            patch.setattr(os, "open", refuse)
        assert elsewhere.can_write(tmp_path) is can
    assert len(tried) == bool(number)  # not over and over
    assert list(tmp_path.iterdir()) == []
