"""The palette and the keys offer only what does something."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app import make_window
from studio.pages.home.page import HomePage
from studio.settings import Settings
from studio.window import MainWindow
from tests.gui.fakes import FakeRun, ScriptedAsk
from ulmengine.plan.control import Move, RunState

WATCHED = ("show_project_folder", "close_project", "start_run", "toggle_pause", "stop_run")


def test_actions_follow_the_project_and_the_run(
    qtbot: QtBot, run: FakeRun, settings: Settings, ask: ScriptedAsk, tmp_path: Path
) -> None:
    window = make_window(settings, ask, run)  # type: ignore[arg-type]
    qtbot.addWidget(window)

    def possible() -> set[str]:
        return {name for name in WATCHED if window.commands[name].isEnabled()}

    assert possible() == set()
    assert window.shell.new_project(tmp_path / "project")
    assert possible() == {"show_project_folder", "close_project", "start_run"}
    run.move(Move.START)
    assert possible() == {"show_project_folder", "close_project", "toggle_pause", "stop_run"}
    run.move(Move.BROKEN)
    assert possible() == {"show_project_folder", "close_project", "start_run"}
    window.shell.close_project()
    assert possible() == set()
    window.close()


@pytest.mark.parametrize("way", ["new", "open", "home new", "home open", "home file", "tour", "sample"])
def test_what_a_run_forbids_is_refused_before_anything_is_asked_and_told_no_longer_than_it_holds(
    window: MainWindow, run: FakeRun, ask: ScriptedAsk, tmp_path: Path, way: str
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    project = window.shell.project
    run.enter(RunState.RUNNING)
    home = window.pages.page("home")
    assert isinstance(home, HomePage)
    {
        "new": window.new_project, "open": window.choose_project, "home new": home._buttons["new"].click,
        "home open": home._buttons["folder"].click, "home file": home._choose_file, "tour": window.take_tour,
        "sample": window.open_sample,
    }[way]()
    assert ask.asked == []
    assert not window.tour.under_way
    assert window.shell.project is project
    assert [toast.notice.level for toast in window.toasts.shown] == ["warning"]
    run.enter(RunState.PAUSED)
    assert len(window.toasts.shown) == 1
    run.enter(RunState.STOPPED)
    assert window.toasts.shown == []


def test_the_open_project_is_shown_whatever_is_under_way_in_it(
    window: MainWindow, run: FakeRun, tmp_path: Path
) -> None:
    assert window.shell.open_sample()
    project = window.shell.project
    assert project is not None
    run.enter(RunState.RUNNING)
    window.open_sample()
    assert window.pages.key == "train"
    window.take_files([project.folder])
    assert window.shell.project is project
    window.take_tour()
    assert window.tour.under_way
    window.tour.end()
    assert window.toasts.shown == []
