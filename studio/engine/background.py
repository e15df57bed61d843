"""A worker object on a QThread, the only place that makes threads for Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

_STACK = 8 * 1024 * 1024
"""Bytes of stack: macOS gives a thread 512 KB, too little for the linear algebra libraries."""


class TaskWorker(QObject):
    """Does one task in the thread it was moved to, then ends that thread's loop."""

    def __init__(self, task: Callable[[], None]) -> None:
        super().__init__()
        self._task: Callable[[], None] | None = task

    @Slot()
    def run(self) -> None:
        """Do the task. It must not raise."""
        task, self._task = self._task, None
        try:
            if task is not None:
                task()
        finally:
            _forget_this_thread()
            self.thread().quit()


def _forget_this_thread() -> None:
    """Python notes a thread of Qt's once anything in it asks which thread it is, and before 3.13 for ever."""
    noted: dict[int, threading.Thread] = getattr(threading, "_active", {})
    if type(noted.get(threading.get_ident())).__name__ == "_DummyThread":
        noted.pop(threading.get_ident(), None)


class BackgroundThread(QObject):
    """A thread that does one task; :attr:`ended` comes in the thread that made this object, after the wait.

    The thread and the worker are kept (in a list of the module) until the thread has ended *and* was waited for: Qt
    aborts the program when a running thread's object goes away.
    """

    ended = Signal()

    def __init__(self, task: Callable[[], None], name: str) -> None:
        super().__init__()
        self._thread = QThread()
        self._thread.setObjectName(name)
        self._thread.setStackSize(_STACK)
        self._worker = TaskWorker(task)
        self._worker.moveToThread(self._thread)
        self._over = False
        queued = Qt.ConnectionType.QueuedConnection
        self._thread.started.connect(self._worker.run, queued)
        self._thread.finished.connect(self._finished, queued)

    def start(self) -> None:
        _RUNNING.add(self)
        self._thread.start()

    def wait(self, milliseconds: int) -> bool:
        """Wait that long at most; True if the thread has ended. :attr:`ended` is emitted from here then."""
        if not self._over and self._thread.wait(milliseconds):
            self._finished()
        return self._over

    @Slot()
    def _finished(self) -> None:
        if self._over:
            return
        self._thread.wait()
        self._over = True
        _RUNNING.discard(self)
        self.ended.emit()


_RUNNING: set[BackgroundThread] = set()
