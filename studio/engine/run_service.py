"""The one run of the window: its state, what it says, and what can be asked of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from ulmengine.config import RunConfig
from ulmengine.events import Event, Failed
from ulmengine.models import models_folder
from ulmengine.plan.control import TRANSITIONS, ControlError, Move, RunState, StepSize
from ulmengine.record import RunFolder
from ulmengine.record.failures import release_memory
from ulmengine.record.lock import say_paused

from .background import BackgroundThread
from .host import EngineHost, Maker, Request, RunRequest
from .mailbox import Mailbox
from .thread_host import ENDINGS, ThreadHost
from .training_run import training_run

TICK = 40
"""Milliseconds between two looks into the mailbox: 25 times a second."""

AT_ONCE = 5_000
"""Most items handed out in one tick, so that a flood of events never holds the window up."""


class RunService(QObject):
    """Carries one run at a time out in the background; all its signals come in the window's thread.

    The state is the engine's own as last heard of; buttons are a function of it
    (:func:`ulmengine.plan.control.commands`). A run's end is told when its thread is gone, so that a new one can
    begin at once.
    """

    stateChanged = Signal(object)  # RunState
    events = Signal(object)  # list[Event], in order, none left out

    def __init__(
        self, parent: QObject | None = None, *,
        host: Callable[[], EngineHost] = ThreadHost, make: Maker = training_run,
    ) -> None:
        super().__init__(parent)
        self.make_host = host
        self._make = make
        self._state = RunState.IDLE
        self._ending: RunState | None = None
        self._between = False
        self._host: EngineHost | None = None
        self._thread: BackgroundThread | None = None
        self._box = Mailbox()
        self.folder: Path | None = None
        self.config: RunConfig | None = None
        self.failure: Failed | None = None
        self._timer = QTimer(self, interval=TICK)
        self._timer.timeout.connect(self._look)

    @property
    def state(self) -> RunState:
        """What the run is doing, as far as the window has heard."""
        return self._state

    @property
    def active(self) -> bool:
        """Whether a run is under way (which a pause is too)."""
        return self._thread is not None

    @property
    def pause_between_stages(self) -> bool:
        """Whether the run pauses by itself after each stage but the last."""
        return self._between

    @pause_between_stages.setter
    def pause_between_stages(self, wanted: bool) -> None:
        self._between = wanted
        self._ask("pause_between_stages", wanted)

    def start(
        self, config: RunConfig, folder: Path, resume: bool = False, checkpoint: str | None = None,
        finish: bool = False, paused: bool = False,
    ) -> None:
        """Begin the run of ``config`` in ``folder``, or go on with the one that stands there.

        :param checkpoint: go back to this checkpoint first; what came after it is given up.
        :param finish: end the run with what it has learnt up to there.
        :param paused: hold as soon as it stands there.
        :raises ControlError: a run is under way.
        """
        if Move.START not in TRANSITIONS[self._state] or self.active:
            raise ControlError("a run is under way; stop it first")
        self.config, self.folder, self.failure, self._ending = config, folder, None, None
        self._box = Mailbox()
        self._host = self.make_host()
        request = RunRequest(
            config, folder, self._make, resume, checkpoint, self._between, finish, models_folder(), paused
        )
        self._thread = BackgroundThread(partial(self._host.run, request, partial(_put, self._box)), "training")
        self._thread.ended.connect(self._thread_ended)
        self._enter(RunState.STARTING)
        self._thread.start()
        self._timer.start()

    def pause(self) -> None:
        """Hold after the current step; the network stays in memory."""
        self._ask("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self._ask("resume")

    def stop(self) -> None:
        """Stop after the current step; what was learnt is saved."""
        self._ask("stop")

    def step(self, size: StepSize = "batch") -> None:
        """Go on for one batch, epoch or stage, then pause again."""
        self._ask("step", size)

    def skip_stage(self) -> None:
        """End the stage in hand after the current step and go on with the next."""
        self._ask("skip_stage")

    def finish(self) -> None:
        """Let the stage in hand be the last one: it ends after the current step, then the run is measured and saved."""
        self._ask("finish")

    def kill(self) -> bool:
        """End the run at once where the host can (a process); what stands after the last checkpoint is lost."""
        return self._host.kill() if self._host is not None else True

    def shutdown(self, timeout_s: float) -> bool:
        """Stop the run and wait for its end; True if it has ended. What it says meanwhile is handed out as ever."""
        deadline = time.monotonic() + timeout_s
        self.stop()
        self._box.release()
        while self._thread is not None and time.monotonic() < deadline:
            self._thread.wait(20)
            self._look()
        return self._thread is None

    def _ask(self, request: Request, *values: Any) -> None:
        if self._host is not None:
            self._host.ask(request, *values)

    @Slot()
    def _look(self) -> None:
        """Hand out what has come, events in lists, states in between in their place."""
        events: list[Event] = []
        for item in self._box.take(AT_ONCE):
            if isinstance(item, RunState):
                self._hand_out(events)
                events = []
                self._heard(item)
            else:
                events.append(item)
        self._hand_out(events)

    def _hand_out(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Failed):
                self.failure = event
        if events:
            self.events.emit(events)

    def _heard(self, state: RunState) -> None:
        if state in ENDINGS:
            self._ending = state
        else:
            self._enter(state)

    @Slot()
    def _thread_ended(self) -> None:
        while len(self._box):
            self._look()
        self._timer.stop()
        self._thread = self._host = None
        if self._ending is not RunState.FINISHED:
            # Here and not in the worker: see :mod:`studio.engine.memory`.
            release_memory()
        self._enter(self._ending or RunState.INTERRUPTED)

    def _enter(self, state: RunState) -> None:
        if state is not self._state:
            if self.folder is not None and RunState.PAUSED in (state, self._state):  # whoever looks there reads of it
                say_paused(RunFolder(self.folder).lock().path, state is RunState.PAUSED)
            self._state = state
            self.stateChanged.emit(state)


def _put(box: Mailbox, item: Event | RunState) -> None:
    """Leave what the worker says in the ``box``."""
    # A state may be told from the window's own thread, which empties the mailbox and must not wait for itself.
    box.put(item, wait=not isinstance(item, RunState))
