"""What runs in the training process: a :class:`ThreadHost` whose sink is a pipe."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection

from ulmengine.events import Event
from ulmengine.training.control import RunState

from .host import Command, RunRequest
from .mailbox import Mailbox
from .thread_host import ThreadHost

_EVERY = 0.03
"""Seconds between two batches: as often as the window looks."""

_BEAT = 1.0
"""Seconds between two signs of life while there is nothing to say."""


@dataclass(frozen=True)
class Beat:
    """A sign of life."""


def serve(pipe: Connection, request: RunRequest) -> None:
    """Carry ``request`` out; events and states go up ``pipe`` in batches, commands come down it."""
    host = ThreadHost()
    box = Mailbox()
    over = threading.Event()
    threading.Thread(target=_obey, args=(pipe, host), name="commands", daemon=True).start()
    sender = threading.Thread(target=_send, args=(pipe, box, over), name="events")
    sender.start()

    def sink(item: Event | RunState) -> None:
        box.put(item, wait=isinstance(item, Event))

    try:
        host.run(request, sink)
    finally:
        over.set()
        sender.join()
        pipe.close()


def _obey(pipe: Connection, host: ThreadHost) -> None:
    """Pass commands on; the window being gone means: stop, and save what was learnt."""
    while True:
        try:
            host.command(pipe.recv())
        except (EOFError, OSError):
            host.command(Command("stop"))
            return


def _send(pipe: Connection, box: Mailbox, over: threading.Event) -> None:
    quiet = 0.0
    while True:
        last = over.wait(_EVERY)
        batch: list[object] = box.take()
        quiet = 0.0 if batch else quiet + _EVERY
        if quiet >= _BEAT:
            batch, quiet = [Beat()], 0.0
        try:
            if batch:
                pipe.send(batch)
        except OSError:  # nobody listens any more; the run is being stopped by the other thread
            box.release()
            return
        if last and not len(box):
            return
