"""A run that has not been heard of for a while: a long piece of work, or a hang. The window says so."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from ulmengine.plan.control import TRANSITIONS, Move, RunState

from .pulse import Silence
from .run_service import RunService

LOOK_MS = 1_000
QUIET_S = 60.0
"""After so many seconds without a word, and every so many, the window is told."""


class Quiet(QObject):
    """Listens to ``run`` while it is under way and not paused."""

    told = Signal(float)
    """Seconds of silence so far."""

    def __init__(self, run: RunService, parent: QObject) -> None:
        super().__init__(parent)
        self._next = QUIET_S
        self._silence = Silence()
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        run.events.connect(self._heard)
        run.stateChanged.connect(self._entered)

    @Slot()
    def look(self) -> None:
        """Add to the silence, and tell of it when it is long."""
        if self._silence.look() >= self._next:
            self._next = self._silence.seconds + QUIET_S
            self.told.emit(self._silence.seconds)

    @Slot(object)
    def _heard(self, events: object) -> None:
        self._silence.broken()
        self._next = QUIET_S

    @Slot(object)
    def _entered(self, state: RunState) -> None:
        self._heard(())
        if state is RunState.PAUSED or Move.START in TRANSITIONS[state]:
            self._timer.stop()
        else:
            self._timer.start()
