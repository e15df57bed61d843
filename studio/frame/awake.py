"""Keeps the computer from falling asleep while a run is alive, if the person wants it."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from typing import Protocol

from PySide6.QtCore import QObject, QProcess, Slot

from studio.shell import Shell

STOP_MS = 1_000
"""How long the helper may take to end when the program does."""
_ES_CONTINUOUS, _ES_SYSTEM_REQUIRED = 0x80000000, 0x00000001


class Hold(Protocol):
    """What keeps the computer awake between :meth:`begin` and :meth:`end`."""

    def begin(self) -> None:
        """Keep it awake from now on."""

    def end(self) -> None:
        """It may sleep again."""


class Awake(QObject):
    """Holds while the run of ``shell`` is busy and its settings say so."""

    def __init__(self, shell: Shell, hold: Hold | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        self._hold = hold
        self.holding = False
        shell.run.stateChanged.connect(self._follow)
        shell.settings.changed.connect(self._follow)

    @Slot()
    def _follow(self) -> None:
        wanted = self.shell.busy and self.shell.settings.values.keep_awake
        if self._hold is None or wanted == self.holding:
            return
        self.holding = wanted
        if wanted:
            self._hold.begin()
        else:
            self._hold.end()

    def close(self) -> None:
        """The program ends."""
        if self.holding and self._hold is not None:
            self.holding = False
            self._hold.end()


class HelperProcess(QObject):
    """A program of the system that keeps it awake until its input is closed, as it is when this program dies."""

    def __init__(self, command: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = command
        self._process: QProcess | None = None

    @property
    def running(self) -> bool:
        """Whether the helper is there."""
        return self._process is not None and self._process.state() != QProcess.ProcessState.NotRunning

    def begin(self) -> None:
        """Start the helper; one that cannot start changes nothing."""
        process = QProcess(self)
        process.setStandardOutputFile(QProcess.nullDevice())
        process.setStandardErrorFile(QProcess.nullDevice())
        process.start(self._command[0], self._command[1:])
        self._process = process

    def end(self) -> None:
        """Let the helper end."""
        process, self._process = self._process, None
        if process is None:
            return
        process.closeWriteChannel()
        if process.state() != QProcess.ProcessState.NotRunning and not process.waitForFinished(STOP_MS):
            process.kill()
            process.waitForFinished(STOP_MS)
        process.deleteLater()


class WindowsHold:
    """Windows is told by a call, which holds for the thread that made it: the window's."""

    def begin(self) -> None:
        """Keep it awake from now on."""
        self._tell(_ES_CONTINUOUS | _ES_SYSTEM_REQUIRED)

    def end(self) -> None:
        """It may sleep again."""
        self._tell(_ES_CONTINUOUS)

    @staticmethod
    def _tell(state: int) -> None:
        if sys.platform == "win32":
            ctypes.windll.kernel32.SetThreadExecutionState(state)


def helper_command() -> list[str]:
    """The program that keeps this system awake, with its arguments; empty if it has none."""
    if sys.platform == "darwin" and shutil.which("caffeinate"):
        return ["caffeinate", "-i", "-w", str(os.getpid())]
    if sys.platform.startswith("linux") and shutil.which("systemd-inhibit") and os.path.isdir("/run/systemd/system"):
        return ["systemd-inhibit", "--what=sleep:idle", "--mode=block", "--who=ULMFiT Studio", "--why=Training", "cat"]
    return []


def can_hold() -> bool:
    """Whether this computer lets itself be kept awake."""
    return sys.platform == "win32" or bool(helper_command())


def make_hold(parent: QObject) -> Hold | None:
    """What keeps this computer awake, None if nothing can."""
    if sys.platform == "win32":
        return WindowsHold()
    command = helper_command()
    return HelperProcess(command, parent) if command else None
