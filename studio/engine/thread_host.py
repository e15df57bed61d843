"""The usual host: the run is carried out in the worker's own thread."""

from __future__ import annotations

import sys
import threading
import traceback
from typing import Any

from ulmengine.events import Event, Failed
from ulmengine.plan.control import Move, RunControl, RunState, drive
from ulmengine.record.failures import describe

from .host import Request, RunRequest, Sink, Watch, pass_on


class ThreadHost:
    """Carries a run out in the thread that calls :meth:`run`."""

    def __init__(self) -> None:
        self._control = RunControl(self._entered)
        self._sink: Sink | None = None
        self._watch = Watch(self._control)
        self._lock = threading.Lock()
        self._early: list[tuple[Request, tuple[Any, ...]]] | None = []

    def run(self, request: RunRequest, sink: Sink) -> None:
        self._sink = sink
        self._watch.pause_between_stages |= request.pause_between_stages
        self._watch.pause_when_begun = request.paused
        failure = _carried_out(request, self._control, self._watch, sink)
        if failure is not None and not self._watch.failed:
            sink(failure)
        # A run tells its own failure as its last event and then ends as if nothing were the matter.
        sink(RunState.FAILED if self._watch.failed else self._control.state)

    def ask(self, request: Request, *values: Any) -> None:
        if request == "pause_between_stages":
            (self._watch.pause_between_stages,) = values
            return
        with self._lock:
            if self._early is not None:  # a Stop that comes at once waits until there is something to stop
                self._early.append((request, values))
                return
        pass_on(self._control, request, *values)

    def kill(self) -> bool:
        """A thread cannot be killed without the process; asks it to stop and says False."""
        self.ask("stop")
        return False

    def _entered(self, state: RunState) -> None:
        if state is RunState.STARTING:
            with self._lock:
                early, self._early = self._early or [], None
            for request, values in early:
                pass_on(self._control, request, *values)
        if self._sink is not None and state not in ENDINGS:
            self._sink(state)


ENDINGS = frozenset({RunState.STOPPED, RunState.INTERRUPTED, RunState.FAILED, RunState.FINISHED})
"""The states a run ends in."""


def _carried_out(request: RunRequest, control: RunControl, watch: Watch, sink: Sink) -> Failed | None:
    def pass_event_on(event: Event) -> None:
        sink(event)
        watch.saw(event)

    try:
        _own_modes()
        drive(request.make(request, control), control, pass_event_on)
    except BaseException as error:  # whatever it is, it crosses to the window as a record and never as an object
        _break(control)
        record = describe(error, kept=watch.safe_so_far())
        traceback.clear_frames(error.__traceback__)
        return record
    return None


def _break(control: RunControl) -> None:
    """Bring ``control`` to an end of its own if the error came before the run was under way."""
    if control.state is RunState.IDLE:
        control.move(Move.START)
    if control.state not in ENDINGS:
        control.move(Move.BROKEN)


def _own_modes() -> None:
    """torch's modes belong to a thread; what the run needs is set in the run's own. Where torch is not loaded yet,
    they are as it makes them."""
    if "torch" in sys.modules:
        import torch

        torch.set_grad_enabled(True)
