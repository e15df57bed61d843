"""The way out while a run is alive: stop and save, keep running, quit at once, or stay."""

from __future__ import annotations

import os
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Slot
from PySide6.QtWidgets import QWidget

from studio.ask import Ask, Choice
from studio.shell import Shell
from studio.words import time_words
from ulmengine.events import SaveFailed
from ulmengine.plan.control import RunState

from .tray import Tray

PATIENCE_S = 60
"""After so long without the run having saved, leaving at once is offered."""
FAREWELL_S = 5.0
"""How long "quit now" waits for the run's thread before the process ends without it."""
SAVED = frozenset({RunState.STOPPED, RunState.FINISHED})
"""The ends of a run after which everything it learnt is on disk."""


class Leaving(QObject):
    """Decides whether ``window`` may close, and closes it later where the run has to end first."""

    def __init__(self, shell: Shell, window: QWidget, tray: Tray | None) -> None:
        super().__init__(window)
        self.shell = shell
        self._window = window
        self._tray = tray
        self._decided = False
        self._at_once = False
        self._heard: RunState | None = None
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_S * 1_000)
        self._patience.timeout.connect(self._still_saving)
        shell.run.stateChanged.connect(self._state_changed)

    def may_close(self) -> bool:
        """Whether the window may close now. If not, the person has been asked and what they want is under way."""
        if not self.shell.busy:
            self._patience.stop()
            return True
        if self._decided:
            return False
        answer = ask_how_to_close(self.shell.ask, self.shell.run.folder, tray=self._tray is not None)
        if answer == "stop":
            self._stop_and_close()
        elif answer == "tray" and self._tray is not None:
            self._tray.show()
            self._window.hide()
        elif answer == "quit":
            return self.quit_now()
        return False

    @Slot()
    def quit_now(self) -> bool:
        """End the run at once; True when it is over. A thread that does not end in time ends with the process."""
        self._decided = self._at_once = True
        self._window.hide()
        if not (self.shell.run.shutdown(FAREWELL_S) or self.shell.run.kill()):
            if self.shell.project is not None:
                self.shell.project.close()
            os._exit(0)
        if self.shell.busy:
            return False
        self._close_later()
        return True

    def _stop_and_close(self) -> None:
        self._decided = True
        self._window.setEnabled(False)
        self.shell.toast(self.tr("Finishing the step in hand and saving, then the window closes."))
        self._patience.start()
        self.shell.run.stop()

    def _close_later(self) -> None:
        QTimer.singleShot(0, self._window, self._window.close)

    @Slot()
    def _still_saving(self) -> None:
        self._window.setEnabled(True)
        self.shell.toast(self.tr("The run has not saved yet."), "warning", self.tr("Quit now"), self.quit_now,
                         holds=lambda: self.shell.busy)

    @Slot(object)
    def _state_changed(self, state: RunState) -> None:
        waits, self._heard = state is RunState.PAUSED and self._heard is RunState.STOPPING, state
        if not self._decided:
            return
        if self.shell.busy:
            if waits and not self._at_once:
                self._stay()
            return
        if self._at_once or state in SAVED:
            self._close_later()
        else:
            self._stay()

    def _stay(self) -> None:
        """The run ended without being saved, or waits until it can be: the window stays, and says so, until the person
        decides anew."""
        self._decided = False
        self._patience.stop()
        self._window.setEnabled(True)
        self._window.show()
        failure = self.shell.run.failure
        trouble = self.shell.shown.trouble
        why = failure.title if failure is not None else trouble.text if isinstance(trouble, SaveFailed) else \
            self.tr("it ended unexpectedly")
        self.shell.go("train")
        self.shell.toast(self.tr("The run could not be saved, so the window stays open: {why}").format(why=why),
                         "error", self.tr("Quit now"), self.quit_now)


def ask_how_to_close(ask: Ask, folder: Path | None, *, tray: bool) -> str:
    """Ask the person; the answer is "stop", "tray", "quit" or "cancel". ``tray``: whether the desktop has one."""
    choices = [Choice("stop", _tr("Stop and save, then quit"), "default")]
    if tray:
        choices.append(Choice("tray", _tr("Keep running in the tray")))
    choices += [Choice("quit", _tr("Quit now"), "danger"), Choice("cancel", _tr("Cancel"), "cancel")]
    return ask.choose(
        _tr("Training is under way"),
        _tr("The training is not finished. How do you want to leave?"),
        choices,
        _tr("Stopping finishes the step in hand and saves; the run can go on from there later.")
        + " " + last_checkpoint_words(folder),
    )


def last_checkpoint_words(folder: Path | None) -> str:
    """How old the newest checkpoint of the run at ``folder`` is: what "quit now" would go back to."""
    checkpoints = folder / "checkpoints" if folder is not None else None
    times = [path.stat().st_mtime for path in checkpoints.rglob("*") if path.is_file()] \
        if checkpoints is not None and checkpoints.is_dir() else []
    if not times:
        return _tr("There is no checkpoint yet: quitting now loses what has been learnt.")
    age = time_words(max(0.0, time.time() - max(times)))
    return _tr("The last checkpoint is {age} old.").format(age=age)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Closing", text)
