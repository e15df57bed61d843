"""Two windows on one project and on the same settings: neither undoes what the other has done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio import project as module
from studio.elsewhere import LOCK
from studio.project import FILE, Project
from studio.settings import Settings
from studio.shell import Notice, Shell
from tests.gui.fakes import FakeRun, ScriptedAsk
from ulmengine.config import RunConfig, load
from ulmengine.record import RunFolder


def test_a_change_in_one_window_is_seen_in_the_other(project: Project, qtbot: QtBot) -> None:
    other = Project.open(project.folder)
    with qtbot.waitSignal(other.changedElsewhere, timeout=5_000):
        project.change({"classifier.lr": 0.02})
    assert other.config.classifier.lr == 0.02
    with qtbot.waitSignal(project.changedElsewhere, timeout=5_000):
        other.change({"model.preset": "tiny"})
    assert project.config == other.config
    assert (project.config.classifier.lr, project.config.model.preset) == (0.02, "tiny")
    QTest.qWait(20)
    assert not project.undo.canUndo()  # a step back would take the other window's change away


def test_changes_made_at_the_same_time_are_both_kept(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SAVE_GAP_MS", 0)
    other = Project.open(project.folder)
    project.change({"classifier.lr": 0.02})
    project.save()
    other.change({"language_model.epochs": 7, "classifier.factor": 2.0})  # before it has heard of the first
    other.save()
    stored = load(project.folder / FILE)
    assert (stored.classifier.lr, stored.language_model.epochs, stored.classifier.factor) == (0.02, 7, 2.0)
    QTest.qWait(20)


def test_ones_own_writing_is_no_news(project: Project) -> None:
    heard: list[RunConfig] = []
    project.changedElsewhere.connect(lambda: heard.append(project.config))
    for rate in (0.01, 0.02, 0.03):
        project.change({"classifier.lr": rate})
        QTest.qWait(30)
    project.close()
    QTest.qWait(100)
    assert heard == []
    assert project.undo.canUndo()


def test_the_person_is_told(project: Project, shell: Shell, qtbot: QtBot) -> None:
    said: list[Notice] = []
    shell.noticed.connect(said.append)
    Project.open(project.folder).change({"classifier.lr": 0.02})
    qtbot.waitUntil(lambda: bool(said), timeout=5_000)
    assert "another window" in said[0].text


def test_a_window_that_was_closed_or_killed_has_the_project_open_no_more(
    project: Project, shell: Shell, settings: Settings, ask: ScriptedAsk
) -> None:
    folder, said = project.folder, []
    second = Shell(FakeRun(), settings, ask)  # type: ignore[arg-type]
    second.noticed.connect(said.append)
    shell.close_project()
    assert not (folder / LOCK).exists()
    killed = subprocess.run([sys.executable, "-c", f"""
import os
from pathlib import Path
from studio.elsewhere import OpenHere
from studio.project import Project
here, project = OpenHere(), Project.open(Path({str(folder)!r}))
here.take(project)
assert not project.read_only
os._exit(9)
"""], check=False)
    assert killed.returncode == 9
    assert (folder / LOCK).exists()
    assert second.open_project(folder)
    assert second.project is not None
    assert not second.project.read_only
    assert said == []
    second.close_project()


@pytest.mark.parametrize("answer", ["cancel", "beside"])
def test_a_start_beside_training_in_another_window_is_asked_for(
    project: Project, shell: Shell, run: FakeRun, ask: ScriptedAsk, answer: str
) -> None:
    other = RunFolder.create(project.runs / "there", project.config)
    code = f"""
import sys
from pathlib import Path
from ulmengine.record import RunFolder
with RunFolder(Path({str(other.path)!r})).lock():
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as held:
        assert held.stdout is not None
        assert held.stdout.readline().strip() == b"held"
        ask.answers[:] = [answer]
        assert shell.starter.start() is (answer == "beside")
        assert ask.asked == [("Training is under way elsewhere", ("beside", "cancel"))]
        held.communicate()
    if answer == "cancel":
        assert shell.starter.start()  # it has ended there
        assert len(ask.asked) == 1


def test_windows_do_not_overwrite_each_others_preferences(tmp_path: Path) -> None:
    first, second = Settings(tmp_path / "settings.json"), Settings(tmp_path / "settings.json")
    first.change(theme="dark")
    second.change(threads=3)
    first.remember_project(tmp_path / "a")
    second.remember_project(tmp_path / "b")
    for settings in (Settings(tmp_path / "settings.json"), second):
        assert (settings.values.theme, settings.values.threads) == ("dark", 3)
        assert settings.values.recent == (str(tmp_path / "b"), str(tmp_path / "a"))
