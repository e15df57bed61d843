"""The palette and the keys offer only what does something."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from studio.app import make_window
from studio.settings import Settings
from tests.gui.fakes import FakeRun, ScriptedAsk
from ulmengine.plan.control import Move

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
