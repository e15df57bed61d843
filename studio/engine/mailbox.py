"""What lies between the engine's thread and the window: a bounded, lock-guarded list.

The engine puts, a timer of the window takes. Nothing that was measured is ever dropped: a window that does not keep
up gets larger batches, and one that does not come at all (a mailbox that is full) makes the engine wait, because a
run is a generator and its consumer sets the pace. Only progress of one and the same task overtakes itself.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from ulmengine.events import Progress

CAPACITY = 100_000
"""Items a mailbox holds: half an hour of a window that does not look, at 50 steps a second."""


class Mailbox:
    """Items from one thread to another, in order, every one of them.

    :param capacity: how many items wait at most; :meth:`put` blocks beyond that until some are taken.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._items: deque[Any] = deque()
        self._capacity = capacity
        self._room = threading.Condition()
        self._open = True

    def put(self, item: Any, *, wait: bool = True) -> None:
        """Leave ``item``; waits for room unless told not to (the window's own thread must never wait here)."""
        with self._room:
            if self._overtakes(item):
                self._items[-1] = item
                return
            while wait and self._open and len(self._items) >= self._capacity:
                self._room.wait()
            self._items.append(item)

    def take(self, limit: int | None = None) -> list[Any]:
        """All that has come since the last call, at most ``limit``, oldest first; called in the window's thread."""
        with self._room:
            if limit is None or len(self._items) <= limit:
                taken = list(self._items)
                self._items.clear()
            else:
                taken = [self._items.popleft() for _ in range(limit)]
            self._room.notify_all()
        return taken

    def release(self) -> None:
        """Let the engine put without bound from now on: the window is closing and only waits for the end."""
        with self._room:
            self._open = False
            self._room.notify_all()

    def __len__(self) -> int:
        return len(self._items)

    def _overtakes(self, item: Any) -> bool:
        if not isinstance(item, Progress) or not self._items:
            return False
        last = self._items[-1]
        return isinstance(last, Progress) and last.task == item.task
