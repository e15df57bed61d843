"""The other host: the run is carried out in a process of its own, which the worker's thread looks after.

The process costs seconds to start and gives what a thread cannot: memory that comes back for certain, a window that
outlives a crash of the device or of native code, and an end that can be forced.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
from multiprocessing.process import BaseProcess
from typing import Any

from ulmengine.events import Checkpointed, Event, Failed
from ulmengine.plan.control import RunControl, RunState

from .child import serve
from .host import Request, RunRequest, Sink, Watch
from .pulse import Beat, Silence
from .thread_host import ENDINGS

_DEVICE_ADVICE = "Go on from the last checkpoint. If it happens again, train on the processor (device = \"cpu\")."


class ProcessHost:
    """Carries a run out in a spawned process.

    Whether it hangs is told by its training loop: a process that lives but whose step does not end has hung. Only time
    in which this thread really listened counts, so neither a window that is held up nor a machine that slept ends it.

    :param patience: seconds that a step may take (more, where steps have been longer than that), and seconds without
        any sign of life, after which the process counts as hung and is ended.
    :param between: the same for all other work: starting, reading the corpus, measuring, saving.
    :param grace: seconds that a run which was asked to stop may take for its step and its checkpoint.
    """

    def __init__(self, *, patience: float = 120.0, between: float = 1_800.0, grace: float = 60.0) -> None:
        self._patience = patience
        self._between = between
        self._grace = grace
        self._ours, self._theirs = multiprocessing.get_context("spawn").Pipe()
        self._process: BaseProcess | None = None
        self._sending = threading.Lock()
        self._stopping = threading.Event()
        self._killed = threading.Event()
        self._watch = Watch(RunControl())
        self._ended: RunState | None = None
        self._heard: RunState | None = None

    def run(self, request: RunRequest, sink: Sink) -> None:
        try:
            process = multiprocessing.get_context("spawn").Process(
                target=serve, args=(self._theirs, request), name="training"
            )
            self._process = process
            process.start()
            if self._killed.is_set():
                process.kill()
        except (OSError, ValueError, TypeError, AttributeError) as error:
            sink(Failed("bug", "The training process could not be started", self._watch.safe_so_far(),
                        "Switch \"Run training in its own process\" off in the settings.", repr(error)))
            sink(RunState.FAILED)
            return
        self._theirs.close()
        hung = self._listen(sink)
        self._close(process)
        self._say_the_end(process, hung, sink)

    def ask(self, request: Request, *values: Any) -> None:
        if request == "stop":
            self._stopping.set()
        with self._sending:
            try:
                self._ours.send((request, *values))
            except (OSError, ValueError):  # the process is gone; its end is told by run()
                return

    def kill(self) -> bool:
        """End the process at once; what stands after the last checkpoint is lost."""
        self._killed.set()
        process = self._process
        if process is not None and process.is_alive():
            process.kill()
        return True

    def _listen(self, sink: Sink) -> str:
        """Hand on what the process says until it ends; why it had to be ended otherwise, or an empty string."""
        sign, stopping, patience = Silence(), Silence(), self._between
        while True:
            try:
                batch = self._ours.recv() if self._ours.poll(0.05) else []
            except (EOFError, OSError):
                return ""
            for item in batch:
                self._hand_on(item, sink)
            if batch:
                sign.broken()
                patience = self._patience
            if not self._stopping.is_set():
                stopping.broken()
            if stopping.look() > self._grace:
                return f"It was asked to stop and did not within {self._grace:.0f} seconds."
            if sign.look() > patience:
                return f"It gave no sign of life for {patience:.0f} seconds."
            beat = batch[-1] if batch else None
            if isinstance(beat, Beat) and beat.hangs(self._patience, self._between):
                return f"Its training has not moved for {beat.silent:.0f} seconds."

    def _hand_on(self, item: Event | RunState | Beat, sink: Sink) -> None:
        if isinstance(item, Beat):
            return
        if isinstance(item, RunState) and item in ENDINGS:
            self._ended = item
            return
        if item is RunState.PAUSED and self._heard is RunState.STOPPING:
            self._stopping.clear()  # it cannot be saved for now, and waits for the person
        if isinstance(item, RunState):
            self._heard = item
        if isinstance(item, (Checkpointed, Failed)):
            self._watch.saw(item)
        sink(item)

    def _close(self, process: BaseProcess) -> None:
        if self._ended is not None:
            process.join(10.0)
        if process.is_alive():
            process.kill()
        process.join()
        self._ours.close()

    def _say_the_end(self, process: BaseProcess, hung: str, sink: Sink) -> None:
        if self._ended is not None:
            sink(self._ended)
            return
        if not self._killed.is_set():
            safe = self._watch.safe_so_far()
            sink(hung_record(hung, safe) if hung else death_record(process.exitcode, safe))
        sink(RunState.INTERRUPTED)


def hung_record(why: str, kept: str) -> Failed:
    """The card of a process that had to be ended because it did not answer."""
    return Failed("device", "The training process did not answer and was ended", kept, _DEVICE_ADVICE, why)


def death_record(code: int | None, kept: str) -> Failed:
    """The card of a process that ended without a last word; ``code``: its exit code, minus the signal's number."""
    if code is not None and -code == getattr(signal, "SIGKILL", 9):
        return Failed("out_of_memory", "The training process was killed from outside", kept,
                      "If you did not do so yourself, the machine ran out of memory: halve the batch size and double "
                      "the accumulation. The run can go on from its last checkpoint.", f"exit code {code}")
    return Failed("device", f"The training process ended unexpectedly (exit code {code})", kept, _DEVICE_ADVICE,
                  f"exit code {code}")
