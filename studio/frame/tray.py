"""What is told outside the window: by the icon in the tray while the window is away, and that a run is over."""

from __future__ import annotations

import shutil
import sys

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon, QWidget

from studio import theme
from studio.shell import Shell
from studio.words import state_words
from ulmengine.plan.control import Move, RunState, commands

MESSAGE_MS = 15_000
"""How long the icon stays that is there only for a message."""


class Tray(QObject):
    """Shown by :meth:`show`, gone with :meth:`hide`; tells when the run has ended."""

    wanted = Signal()
    """The person wants the window back."""

    def __init__(self, shell: Shell, window: QWidget) -> None:
        super().__init__(window)
        self.shell = shell
        self._window = window
        self._short = QTimer(self, singleShot=True, interval=MESSAGE_MS)
        self._short.timeout.connect(self._said)
        self._menu = QMenu(window)
        for text, slot in ((self.tr("Show the window"), self.wanted.emit), (self.tr("Stop and save"), shell.run.stop)):
            action = QAction(text, self._menu)
            action.triggered.connect(slot)
            self._menu.addAction(action)
        self._icon = QSystemTrayIcon(theme.current().icon("app", "accent"), self)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self.wanted)
        shell.run.stateChanged.connect(self._state_changed)

    @staticmethod
    def available() -> bool:
        """Whether the desktop has a tray."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show(self) -> None:
        """Put the icon up."""
        self._icon.setToolTip(f"ULMFiT Studio: {state_words(self.shell.run.state)}")
        self._icon.show()

    @property
    def shown(self) -> bool:
        """Whether the icon is up: the window is away."""
        return self._icon.isVisible()

    def say(self, text: str) -> None:
        """Show ``text`` as a message of the desktop; an icon that is there only for it goes after a while."""
        if not self._icon.isVisible():
            self._icon.show()
            self._short.start()
        self._icon.showMessage("ULMFiT Studio", text)

    @Slot()
    def _said(self) -> None:
        if self._window.isVisible():
            self.hide()

    def hide(self) -> None:
        """Take the icon down."""
        self._short.stop()
        self._icon.hide()

    @Slot(QSystemTrayIcon.ActivationReason)
    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason != QSystemTrayIcon.ActivationReason.Context:
            self.wanted.emit()

    @Slot(object)
    def _state_changed(self, state: RunState) -> None:
        if self._icon.isVisible():
            self._icon.setToolTip(f"ULMFiT Studio: {state_words(state)}")
            if Move.START in commands(state):
                self._icon.showMessage("ULMFiT Studio", self.tr("The run is over: {state}").format(
                    state=state_words(state)))


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
