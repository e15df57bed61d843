"""A Train page with a run that is replayed in a real thread, as the tests of the page use it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import torch
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.engine.host import RunRequest
from studio.engine.run_service import RunService
from studio.pages.train.page import TrainPage
from studio.settings import Settings
from studio.shell import Shell
from tests.gui.fakes import ScriptedAsk
from tests.studio import replay
from ulmengine import events as ev
from ulmengine.plan.control import RunControl, RunState
from ulmengine.record import RunFolder, change, saved_event
from ulmengine.training import Checkpoints, Snapshot

WAIT = 20_000
ROOT = Path(__file__).parents[3]


def logged(
    request: RunRequest, control: RunControl, *, steps: int = 10, until: int | None = None, nap: float = 0.0
) -> Generator[ev.Event, None, object]:
    """The replayed run with an event log, as the real one keeps it: every time from its beginning.

    ``until``: stop saying anything after that many.
    """
    folder = RunFolder(request.folder)
    if not folder.config_path.exists():
        RunFolder.create(request.folder, request.config)
    elif request.resume:
        change(folder, request.config)
    with folder.lock(), folder.open_log(keep=0) as log:
        for number, event in enumerate(replay.replay(request, control, steps=steps, nap=nap)):
            if number == until:
                failed = ev.Failed("out_of_memory", "There was not enough memory", "Saved.", "Halve it.", "report")
                log.append(failed)
                yield failed
                return None
            if isinstance(event, ev.Checkpointed):
                event = checkpoint(folder, event)
            if not isinstance(event, ev.Progress):
                log.append(event)
            yield event
    return None


def checkpoint(folder: RunFolder, event: ev.Checkpointed) -> ev.Checkpointed:
    """A small, real one for ``event``."""
    finished = event.reason == "stage"
    snapshot = Snapshot(event.reason, int(event.name[6:]) if finished else 0, event.total, False, finished,
                        {"weight": torch.zeros(4)}, {}, {"epoch": 1, "metrics": {}})
    extra = {"log": folder.log_path.stat().st_size}
    return saved_event(Checkpoints(folder.checkpoints).save(snapshot, extra), 0.0)


class Bench:
    """A page with a service whose run is replayed in a real thread."""

    def __init__(self, qtbot: QtBot, tmp_path: Path, make: Any = logged) -> None:
        self.qtbot = qtbot
        self.ask = ScriptedAsk()
        self.run = RunService(make=make)
        self.shell = Shell(self.run, Settings(tmp_path / "settings.json"), self.ask)
        config = replay.small_config("bench")
        assert self.shell.new_project(tmp_path / "project", config)
        assert self.shell.project is not None
        self.project = self.shell.project
        self.project.change({"corpus.path": str(tmp_path / "corpus.csv")})
        self.page = self.new_page()

    def new_page(self) -> TrainPage:
        """A page of the project that is open."""
        assert self.shell.project is not None
        self.project = self.shell.project
        page = TrainPage(self.project, self.shell)
        self.qtbot.addWidget(page)
        page.resize(1_090, 720)
        page.show()
        page.activated()
        return page

    def until(self, *states: RunState) -> None:
        self.qtbot.waitUntil(lambda: self.run.state in states, timeout=WAIT)

    def shown(self) -> set[str]:
        """The names of the buttons that are seen."""
        buttons = self.page.view.buttons
        names = ("start", "anew", "resume", "pause", "stop", "next_stage", "step", "back")
        return {name for name in names if getattr(buttons, name).isVisible()}

    def oldest(self) -> QAction:
        """The entry of the menu that leads back furthest."""
        actions = self.page.view.buttons.back_menu.actions()
        return [action for action in actions if action.text().startswith("Go back")][-1]

    def click(self, button: Any) -> None:
        assert button.isVisible()
        assert button.isEnabled()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
