"""One time of the program being open: Ctrl+C in the terminal, and word of a crash the last time."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from pytestqt.qtbot import QtBot

from studio.app import AppSession, Options
from studio.hooks import Interrupts
from studio.shell import Notice
from studio.window import MainWindow
from studio.words import English
from ulmengine.plan.control import RunState

from .fakes import FakeRun, ScriptedAsk


def test_interrupted_while_nothing_runs_it_leaves(window: MainWindow) -> None:
    AppSession(window, Options()).interrupt()
    assert not window.isVisible()


def test_interrupted_a_run_is_saved_first_and_nothing_is_asked(
    window: MainWindow, run: FakeRun, ask: ScriptedAsk, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    session = AppSession(window, Options())
    run.enter(RunState.RUNNING)
    session.interrupt()
    assert run.calls == ["stop"]
    assert "Stopping and saving" in capsys.readouterr().err
    assert window.isVisible()
    run.enter(RunState.STOPPED)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert not ask.asked


def test_interrupted_twice_it_does_not_wait(window: MainWindow, run: FakeRun, qtbot: QtBot) -> None:
    session = AppSession(window, Options())
    run.enter(RunState.RUNNING)
    session.interrupt()
    session.interrupt()
    assert run.calls == ["stop", "shutdown"]
    qtbot.waitUntil(lambda: not window.isVisible())


def test_the_signals_of_the_system_are_heard(qtbot: QtBot) -> None:
    before = signal.getsignal(signal.SIGTERM)
    owner = QObject()
    heard, interrupts = [], Interrupts(owner)
    interrupts.asked.connect(lambda: heard.append(1), Qt.ConnectionType.QueuedConnection)
    interrupts.install()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        qtbot.waitUntil(lambda: heard == [1])
    finally:
        interrupts.uninstall()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_crash_the_last_time_is_told(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("studio.app.QDesktopServices.openUrl", lambda url: shown.append(url.toLocalFile()))
    news: list[Notice] = []
    window.shell.noticed.connect(news.append)
    AppSession(window, Options(), tmp_path / "crash-1.txt").begin()
    assert "unexpectedly" in news[0].text
    assert news[0].action is not None
    news[0].action()
    assert shown == [str(tmp_path / "crash-1.txt")]


def test_the_plural_of_the_programs_own_language(qtbot: QtBot) -> None:
    from PySide6.QtCore import QCoreApplication

    english = English()
    app = QCoreApplication.instance()
    assert app is not None
    app.installTranslator(english)
    try:
        assert [app.tr("Change %n setting(s)", "", n) for n in (0, 1, 2)] == [
            "Change 0 settings", "Change 1 setting", "Change 2 settings"]
        assert app.tr("as it is (s)") == "as it is (s)"
    finally:
        app.removeTranslator(english)
