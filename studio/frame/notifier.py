"""Tells on the desktop that a run is over, to a person who is looking elsewhere."""

from __future__ import annotations

import shutil
import sys

from PySide6.QtCore import QObject, QProcess, Slot
from PySide6.QtWidgets import QApplication, QWidget

from studio.shell import Shell
from studio.words import state_words
from ulmengine.plan.control import RunState

from .tray import Tray

_OVER = (RunState.FINISHED, RunState.FAILED, RunState.INTERRUPTED)
"""Ends that the person did not bring about a moment ago."""


class Notifier(QObject):
    """Speaks through the tray's icon where there is a tray, else through the desktop's own command."""

    def __init__(self, shell: Shell, window: QWidget, tray: Tray | None) -> None:
        super().__init__(window)
        self.shell = shell
        self._window = window
        self._tray = tray
        shell.run.stateChanged.connect(self._state_changed)

    def tell(self, text: str) -> None:
        """Show ``text`` outside the window, and let the window ask for attention."""
        QApplication.alert(self._window)
        if self._tray is not None:
            self._tray.say(text)
        elif desktop_command():
            QProcess.startDetached(desktop_command(), ["--app-name=ULMFiT Studio", "ULMFiT Studio", text])

    @Slot(object)
    def _state_changed(self, state: RunState) -> None:
        told = self._tray is not None and self._tray.shown  # a window that is away: the tray tells by itself
        if state in _OVER and self.shell.settings.values.notify and not told and not self._window.isActiveWindow():
            self.tell(self.tr("The run is over: {state}").format(state=state_words(state)))


def desktop_command() -> str:
    """The program that shows a message on this desktop, "" if there is none."""
    return (shutil.which("notify-send") or "") if sys.platform.startswith("linux") else ""


def can_tell() -> bool:
    """Whether messages can be shown outside the window."""
    return Tray.available() or bool(desktop_command())
