"""The states of a run and who may move it: one table, one lock, plain threading events, no Qt.

A run is a generator, so control is small: pausing is not asking for the next event, stopping is closing the
generator, stepping is asking until the wanted event has come. :func:`drive` does just that for the command line and
for the studio's worker alike.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from enum import StrEnum
from typing import Literal, TypeVar

from ulmengine.events import EpochEnded, Event, SaveFailed, StageEnded, Step

POLL_S = 0.2
"""Seconds between two looks at :meth:`RunControl.ask_to_stop` while a run is paused."""

T = TypeVar("T")
StepSize = Literal["batch", "epoch", "stage"]


class RunState(StrEnum):
    """What a run is doing: "idle" where there is none, "new" if it was made and never began, "interrupted" if its
    process died."""

    IDLE = "idle"
    NEW = "new"
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    FINISHED = "finished"


class Move(StrEnum):
    """What moves a run from one state to another: the first five are a person's, the others the run's own."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STEP = "step"
    STOP = "stop"
    BEGUN = "begun"
    HELD = "held"
    UNSAVED = "unsaved"
    CLOSED = "closed"
    ENDED = "ended"
    BROKEN = "broken"
    LOST = "lost"


class ControlError(RuntimeError):
    """Something was asked of a run that its state does not allow."""


_OVER = {Move.START: RunState.STARTING}
_ALIVE = {Move.BROKEN: RunState.FAILED, Move.LOST: RunState.INTERRUPTED, Move.ENDED: RunState.FINISHED}

TRANSITIONS: dict[RunState, dict[Move, RunState]] = {
    RunState.IDLE: _OVER,
    RunState.NEW: _OVER,
    RunState.STARTING: {
        Move.BEGUN: RunState.RUNNING, Move.PAUSE: RunState.PAUSING, Move.STOP: RunState.STOPPING, **_ALIVE,
    },
    RunState.RUNNING: {Move.PAUSE: RunState.PAUSING, Move.STOP: RunState.STOPPING, **_ALIVE},
    RunState.PAUSING: {
        Move.HELD: RunState.PAUSED, Move.RESUME: RunState.RUNNING, Move.STOP: RunState.STOPPING, **_ALIVE,
    },
    RunState.PAUSED: {
        Move.RESUME: RunState.RUNNING, Move.STEP: RunState.RUNNING, Move.STOP: RunState.STOPPING,
        Move.BROKEN: RunState.FAILED, Move.LOST: RunState.INTERRUPTED,
    },
    RunState.STOPPING: {Move.CLOSED: RunState.STOPPED, Move.UNSAVED: RunState.PAUSED, **_ALIVE},
    RunState.STOPPED: _OVER,
    RunState.INTERRUPTED: _OVER,
    RunState.FAILED: _OVER,
    RunState.FINISHED: _OVER,
}
"""From each state, which moves are possible and where they lead."""

_PERSONS = (Move.START, Move.PAUSE, Move.RESUME, Move.STEP, Move.STOP)


def commands(state: RunState) -> frozenset[Move]:
    """What a person can ask of a run in ``state``: which buttons are alive."""
    return frozenset(move for move in _PERSONS if move in TRANSITIONS[state])


class RunControl:
    """The state of one run and the requests made of it; every method may be called from any thread.

    :param changed: told of every new state, in the thread that caused it.
    """

    def __init__(self, changed: Callable[[RunState], None] | None = None) -> None:
        # Re-entrant: a Ctrl+C may come while its own thread holds it.
        self._lock = threading.RLock()
        self._state = RunState.IDLE
        self._go = threading.Event()
        self._until: StepSize | None = None
        self._skip, self._finish = threading.Event(), threading.Event()
        self._changed = changed
        self._asked = False
        self.put_down: Callable[[], Event | None] | None = None
        """Saves what was learnt, before the generator is closed for a stop; says why it cannot be saved for now."""
        self.last_words: Callable[[], Iterable[Event]] | None = None
        """What the generator had still to say when it was closed for a stop."""

    @property
    def state(self) -> RunState:
        """The state in force."""
        return self._state

    @property
    def stop_requested(self) -> bool:
        """Whether the run is being stopped."""
        return self._state is RunState.STOPPING

    def move(self, move: Move) -> RunState:
        """Go to the state that ``move`` leads to.

        :raises ControlError: the state in force knows no such move.
        """
        with self._lock:
            after = TRANSITIONS[self._state].get(move)
            if after is None:
                raise ControlError(f"a run that is {self._state} cannot take {move.value!r}")
            self._enter(after)
            # Told before another thread can change it again, so that the listener hears the states in their order.
            if self._changed is not None:
                self._changed(after)
        return after

    def pause(self) -> None:
        """Hold before the next event; the network stays in memory."""
        self.move(Move.PAUSE)

    def resume(self) -> None:
        """Go on."""
        self._until = None
        self.move(Move.RESUME)

    def stop(self) -> None:
        """Stop after the current step; what was learnt is saved."""
        self.move(Move.STOP)

    def ask_to_stop(self) -> bool:
        """Wish for a stop from within a signal handler, which may take no lock; False: it was wished for already.

        :func:`drive` reads the wish: whatever the handler interrupted, it is not lost.
        """
        first = not self._asked and not self.stop_requested
        self._asked = True
        return first

    def hear(self) -> None:
        """Stop if :meth:`ask_to_stop` was called and the state allows it."""
        if self._asked and Move.STOP in TRANSITIONS[self._state]:
            _quietly(self, Move.STOP)

    def step(self, size: StepSize = "batch") -> None:
        """Go on for one batch, epoch or stage, then pause again."""
        if self._state is RunState.PAUSED:
            self._until = size
        self.move(Move.STEP)

    def skip_stage(self) -> None:
        """End the stage in hand after the current step and go on with the next."""
        self._skip.set()

    def take_skip(self) -> bool:
        """Whether a stage was to be skipped; asking takes the request away."""
        return _taken(self._skip)

    def finish(self) -> None:
        """Let the stage in hand be the run's last one: it ends after the current step, the later ones do not begin."""
        self._finish.set()

    def take_finish(self) -> bool:
        """Whether the run was to finish; asking takes the request away."""
        return _taken(self._finish)

    def wait(self, timeout: float | None = None) -> bool:
        """Block while the run is paused. True: go on or stop; False: ``timeout`` seconds have passed."""
        return self._go.wait(timeout)

    def saw(self, event: Event) -> None:
        """Note that ``event`` came: the end of a wanted step pauses the run."""
        if isinstance(event, StageEnded):
            self._skip.clear()  # asked while the stage was ending by itself; the next one is not meant
        if isinstance(event, SaveFailed) and self._state is RunState.RUNNING:
            _quietly(self, Move.PAUSE)
        wanted = {"batch": Step, "epoch": EpochEnded, "stage": StageEnded}
        if self._until is not None and isinstance(event, wanted[self._until]) and self._state is RunState.RUNNING:
            self._until = None
            _quietly(self, Move.PAUSE)

    def _enter(self, state: RunState) -> None:
        self._state = state
        if state is RunState.STARTING:
            self._until = None
            self._skip.clear()
            self._finish.clear()
        if state in (RunState.PAUSING, RunState.PAUSED):
            self._go.clear()
        else:
            self._go.set()


def drive(
    events: Generator[Event, None, T], control: RunControl, sink: Callable[[Event], None],
    agree: Callable[[bool], bool] | None = None,
) -> T | None:
    """Ask ``events`` for one event after another as ``control`` allows and hand each to ``sink``.

    :param agree: where several processes train together: told after every step whether this one is to stop, says
        whether any is (:meth:`ulmengine.training.distributed.World.any`), so that all stop at the same step.

    :returns: what the generator returned, None if it was stopped.
    :raises BaseException: whatever the generator or ``sink`` raised; the state is "failed" then, or "interrupted"
        for a second Ctrl+C. The generator is closed in every case.
    """
    if control.state is not RunState.STARTING:
        control.move(Move.START)
    agreed = agree is None
    try:
        while True:
            control.hear()
            _wait_out_pause(control)
            if agreed and control.stop_requested:
                told = None if control.put_down is None else control.put_down()
                if told is not None:
                    sink(told)
                    _quietly(control, Move.UNSAVED)  # closed, it would lose what it has learnt: the person decides
                    continue
                events.close()
                for event in () if control.last_words is None else control.last_words():
                    sink(event)
                control.move(Move.CLOSED)
                return None
            try:
                event = next(events)
            except StopIteration as end:
                control.move(Move.ENDED)
                result: T = end.value
                return result
            sink(event)
            control.saw(event)
            control.hear()
            if agree is not None and isinstance(event, Step) and agree(control.stop_requested):
                agreed = True
                _quietly(control, Move.STOP)
            if control.state is RunState.STARTING:
                _quietly(control, Move.BEGUN)
    except BaseException as error:
        lost = isinstance(error, (KeyboardInterrupt, SystemExit))
        _quietly(control, Move.LOST if lost else Move.BROKEN)
        raise
    finally:
        events.close()


def _wait_out_pause(control: RunControl) -> None:
    while control.state in (RunState.PAUSING, RunState.PAUSED):
        if control.state is RunState.PAUSING:
            _quietly(control, Move.HELD)
        control.wait(POLL_S)
        control.hear()


def _taken(asked: threading.Event) -> bool:
    """Whether it was set; it is not any more."""
    was = asked.is_set()
    if was:
        asked.clear()
    return was


def _quietly(control: RunControl, move: Move) -> None:
    """Make a move that another thread's may have overtaken in the meantime."""
    try:
        control.move(move)
    except ControlError:
        return
