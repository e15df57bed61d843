"""The computer stays awake while a run is alive, and the desktop is told when it is over."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QKeySequenceEdit, QWidget
from pytestqt.qtbot import QtBot

from studio.frame import awake as awake_module
from studio.frame import tray as tray_module
from studio.frame.awake import Awake, HelperProcess, can_hold, helper_command, make_hold
from studio.frame.commands import TABLE
from studio.frame.tray import Notifier
from studio.pages.settings.page import SettingsPage
from studio.settings import Settings
from studio.shell import Shell
from tests.gui.fakes import FakeRun
from ulmengine.plan.control import Move


class Held:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def begin(self) -> None:
        self.heard.append("begin")

    def end(self) -> None:
        self.heard.append("end")


def test_it_is_held_while_a_run_is_alive(shell: Shell, run: FakeRun) -> None:
    hold = Held()
    keeper = Awake(shell, hold)
    run.move(Move.START)
    assert hold.heard == ["begin"]
    run.move(Move.BROKEN)
    assert hold.heard == ["begin", "end"]
    keeper.close()
    assert hold.heard == ["begin", "end"]


def test_it_follows_the_settings_in_the_middle_of_a_run(shell: Shell, run: FakeRun, settings: Settings) -> None:
    settings.change(keep_awake=False)
    hold = Held()
    keeper = Awake(shell, hold)
    run.move(Move.START)
    assert hold.heard == []
    settings.change(keep_awake=True)
    settings.change(keep_awake=False)
    assert hold.heard == ["begin", "end"]
    settings.change(keep_awake=True)
    keeper.close()
    assert hold.heard == ["begin", "end"] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="there a call does it")
def test_the_helper_lives_from_begin_to_end(qtbot: QtBot) -> None:
    owner = QObject()
    helper = HelperProcess(["cat"], owner)
    helper.begin()
    qtbot.waitUntil(lambda: helper.running, timeout=5_000)
    helper.end()
    assert not helper.running
    missing = HelperProcess(["no-such-program-anywhere"], owner)
    missing.begin()
    missing.end()
    assert not missing.running


def test_a_system_without_a_helper_is_left_alone(monkeypatch: pytest.MonkeyPatch, shell: Shell, run: FakeRun) -> None:
    monkeypatch.setattr(awake_module.sys, "platform", "linux")
    monkeypatch.setattr(awake_module.shutil, "which", str)
    monkeypatch.setattr(awake_module.os.path, "isdir", _no)
    assert helper_command() == []
    assert not can_hold()
    owner = QObject()
    assert make_hold(owner) is None
    Awake(shell, None, owner)
    run.move(Move.START)
    run.move(Move.BROKEN)


def _no(path: object) -> bool:
    return False


class Spoken(Notifier):
    """Notes what would be told."""

    def __init__(self, shell: Shell, window: QWidget) -> None:
        super().__init__(shell, window, None)
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(text)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def test_the_end_of_a_run_is_told_to_whoever_looks_elsewhere(
    shell: Shell, run: FakeRun, window: QWidget, settings: Settings, qtbot: QtBot
) -> None:
    notifier = Spoken(shell, window)
    run.move(Move.START)
    assert notifier.told == []
    run.move(Move.BROKEN)
    assert notifier.told == ["The run is over: Failed"]
    settings.change(notify=False)
    run.move(Move.START)
    run.move(Move.BROKEN)
    assert len(notifier.told) == 1
    settings.change(notify=True)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5_000)
    run.move(Move.START)
    run.move(Move.BROKEN)
    assert len(notifier.told) == 1


def test_the_desktops_own_command_is_used_without_a_tray(
    shell: Shell, window: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(tray_module, "desktop_command", lambda: "/usr/bin/notify-send")
    monkeypatch.setattr(tray_module.QProcess, "startDetached", lambda *arguments: started.append(arguments))
    Notifier(shell, window, None).tell("done")
    assert started == [("/usr/bin/notify-send", ["--app-name=ULMFiT Studio", "ULMFiT Studio", "done"])]


@pytest.mark.parametrize("possible", [True, False])
def test_the_settings_page_switches_both(
    shell: Shell, settings: Settings, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, possible: bool
) -> None:
    monkeypatch.setattr("studio.pages.settings.page.can_hold", lambda: possible)
    monkeypatch.setattr("studio.pages.settings.page.can_tell", lambda: possible)
    page = SettingsPage(shell)
    qtbot.addWidget(page)
    page.resize(900, 700)
    page.show()
    for box, name in ((page.keep_awake, "keep_awake"), (page.notify, "notify")):
        assert box.isEnabled() == possible
        assert box.isChecked() == possible  # what cannot be had is not shown as on
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
        assert getattr(settings.values, name) is not possible  # what cannot be had cannot be clicked away


def test_the_settings_page_lists_the_keys(shell: Shell, qtbot: QtBot) -> None:
    page = SettingsPage(shell)
    qtbot.addWidget(page)
    keys = {box.accessibleName(): box.keySequence() for box in page.findChildren(QKeySequenceEdit)}
    for line in TABLE:
        assert keys[f"Keys of: {line.text}"] == QKeySequence(line.keys)
