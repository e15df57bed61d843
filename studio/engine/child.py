"""What runs in the training process: a :class:`ThreadHost` whose sink is a pipe. No Qt is loaded here."""

from __future__ import annotations

import faulthandler
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection

from ulmengine.events import Event
from ulmengine.plan.control import RunState

from .host import RunRequest
from .mailbox import Mailbox
from .pulse import Pulse
from .thread_host import ThreadHost

_EVERY = 0.03
"""Seconds between two batches: as often as the window looks."""

_BEAT = 1.0
"""Seconds between two signs of life while there is nothing to say."""


def serve(pipe: Connection, request: RunRequest) -> None:
    """Carry ``request`` out; events and states go up ``pipe`` in batches, commands come down it."""
    _be_alone()
    host = ThreadHost()
    box = Mailbox()
    pulse = Pulse()
    over = threading.Event()
    threading.Thread(target=_obey, args=(pipe, host), name="commands", daemon=True).start()
    sender = threading.Thread(target=_send, args=(pipe, box, pulse, over), name="events")
    sender.start()

    def sink(item: Event | RunState) -> None:
        if isinstance(item, RunState):
            pulse.entered(item)
            box.put(item, wait=False)
            return
        pulse.saw(item)
        pulse.held = True  # as long as there is no room
        box.put(item)
        pulse.held = False

    try:
        host.run(request, sink)
    finally:
        over.set()
        sender.join()
        pipe.close()


def _be_alone() -> None:
    """A Ctrl+C in the terminal is the window's business, and a crash of native code says where it was."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(RuntimeError, ValueError, OSError):  # a program without a console has nowhere to write it
        faulthandler.enable()


def _obey(pipe: Connection, host: ThreadHost) -> None:
    """Pass commands on; the window being gone means: stop, and save what was learnt."""
    while True:
        try:
            host.ask(*pipe.recv())
        except (EOFError, OSError):
            host.ask("stop")
            return


def _send(pipe: Connection, box: Mailbox, pulse: Pulse, over: threading.Event) -> None:
    quiet = 0.0
    while True:
        last = over.wait(_EVERY)
        beat = pulse.beat()
        batch: list[object] = box.take()
        quiet = 0.0 if batch else quiet + _EVERY
        if quiet >= _BEAT:
            batch, quiet = [beat], 0.0
        try:
            if batch:
                pipe.send(batch)
        except OSError:  # nobody listens any more; the run is being stopped by the other thread
            box.release()
            return
        if last and not len(box):
            return
