"""Windows without a screen, fresh folders for every test, and a check that nothing is left behind."""

from __future__ import annotations

import gc
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import platformdirs
import pytest
import shiboken6
import torch  # noqa: F401 - before Qt, as in the program
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio import theme
from studio.app import make_window
from studio.engine.job import shutdown_jobs
from studio.project import Project
from studio.settings import Settings
from studio.shell import Shell
from studio.window import MainWindow
from ulmengine.config import RunConfig
from ulmengine.plan.control import RunState

from .fakes import FakeRun, ScriptedAsk
from .pages_help import Desk

GRACE_S = 3.0
"""How long threads, timers and windows that are on their way out may still take."""


@pytest.fixture(autouse=True)
def fresh_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No test sees the person's own settings, projects or logs."""
    for name in ("config", "data", "cache", "log", "state"):
        folder = tmp_path / "home" / name
        monkeypatch.setattr(platformdirs, f"user_{name}_path", _always(folder))
    return tmp_path / "home"


@pytest.fixture(scope="session", autouse=True)
def dressed(qapp: QApplication) -> None:
    """The application in light; what was imported by now is kept out of the search for leaks, which it slows down."""
    theme.apply_theme(qapp, "light")
    gc.collect()
    gc.freeze()
    gc.disable()  # as in the program: Qt objects are collected in the window's thread only


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication, dressed: None) -> Iterator[None]:
    """A test that leaves a thread, a running timer or a window behind fails, and says which."""
    _set_aside()
    before = _alive()
    yield
    if theme.current().mode != "light":
        theme.current().apply("light")
    deadline = time.monotonic() + GRACE_S
    gc.collect()
    while True:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        left = {name: found for name, found in _alive().items() if name not in before}
        if not left or time.monotonic() > deadline:
            break
        left = {}  # not to be what keeps them alive
        gc.collect()
        QTest.qWait(10)
    for thing in left.values():
        if isinstance(thing, QTimer):
            thing.stop()
        elif isinstance(thing, QWidget):
            thing.deleteLater()
    assert not left, f"left behind: {', '.join(left)}"


@pytest.fixture
def ask() -> ScriptedAsk:
    """Questions are answered from ``ask.answers``."""
    return ScriptedAsk()


@pytest.fixture
def run() -> FakeRun:
    """A run that the test plays."""
    return FakeRun()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings in a file of their own."""
    return Settings(tmp_path / "settings.json")


@pytest.fixture
def shell(run: FakeRun, settings: Settings, ask: ScriptedAsk) -> Iterator[Shell]:
    """The services of the program around a page, without a window and without a project."""
    made = Shell(run, settings, ask)  # type: ignore[arg-type]
    yield made
    made.close_project()


@pytest.fixture
def project(shell: Shell, tmp_path: Path) -> Project:
    """An open project with the usual settings, in ``tmp_path / "project"``."""
    assert shell.new_project(tmp_path / "project", RunConfig(name="project"))
    assert shell.project is not None
    return shell.project


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A shell in which nothing runs, with an open project; what it does in the background is over in the end."""
    made = Desk(tmp_path)
    yield made
    assert shutdown_jobs(10)
    made.close()


@pytest.fixture
def window(qtbot: QtBot, run: FakeRun, settings: Settings, ask: ScriptedAsk) -> Iterator[MainWindow]:
    """The window, shown, with a run that the test plays."""
    made = make_window(settings, ask, run)  # type: ignore[arg-type]
    made.show()
    yield made
    run.state = RunState.IDLE
    made.close()
    made.deleteLater()


def _always(folder: Path) -> Callable[..., Path]:
    def path(*arguments: object, **named: object) -> Path:
        return folder

    return path


aside: weakref.WeakSet[QTimer | QThread] = weakref.WeakSet()
"""The timers and threads among what was set aside: one that a test starts is found all the same."""


def _set_aside() -> None:
    """What has outlived the tests before, modules for the most part, is kept out of the search too."""
    gc.collect()
    aside.update(thing for thing in gc.get_objects() if issubclass(type(thing), QTimer | QThread))
    gc.freeze()


def _alive() -> dict[str, object]:
    """What must not outlive a test, by a name that tells it apart."""
    found: dict[str, object] = {
        f"threading.Thread {thread.name}": thread for thread in threading.enumerate() if thread.is_alive()
    }
    for widget in QApplication.topLevelWidgets():
        if widget.parent() is None:
            found[f"window {widget.objectName() or type(widget).__name__} at {id(widget):x}"] = widget
    for thing in (*gc.get_objects(), *aside):
        kind = type(thing)  # isinstance() would ask odd objects for their __class__, some of which warn
        if issubclass(kind, QTimer) and shiboken6.isValid(thing) and thing.isActive():
            parent = type(thing.parent()).__name__
            found[f"QTimer of {parent}, {thing.interval()} ms, at {id(thing):x}"] = thing
        elif issubclass(kind, QThread) and shiboken6.isValid(thing) and thing.isRunning():
            found[f"QThread {thing.objectName()} at {id(thing):x}"] = thing
    return found
