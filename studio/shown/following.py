"""Following a run that another process is working on: a command line, another window, a machine of a cluster."""

from __future__ import annotations

from functools import partial

import shiboken6
from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from ulmengine.record import RunFolder
from ulmengine.record.lock import is_paused, owner_of
from ulmengine.record.log import LogFollower

LOOK_MS = 1_000


class Following(QObject):
    """Looks once a second at the folder that is shown, and never writes there."""

    said = Signal(object)
    """The events (a list) that the other process has added; none where it pauses or goes on."""
    saidAnew = Signal(object)
    """The other process went back to a checkpoint and cut its log: all that it says now."""
    taken = Signal()
    """Another process has taken up the run that is shown, be it for less than a second: it is to be read anew."""
    ended = Signal()
    """The other process has let go of the run, or has died."""
    gone = Signal()
    """The run that was shown has been deleted."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._folder: RunFolder | None = None
        self._was_there = False
        self._length: int | None = None
        self._follower: LogFollower | None = None
        self._paused = False
        self._viewers: set[int] = set()
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def paused(self) -> bool:
        """Whether that process has said that it pauses."""
        return self.active and self._paused

    @property
    def active(self) -> bool:
        """Whether another process is working on the run that is shown."""
        return self._follower is not None

    def watch(self, folder: RunFolder | None) -> None:
        """Look at ``folder``: nobody is working on it now, but somebody may begin."""
        self._folder, self._follower = folder, None
        self._was_there = folder is not None and folder.path.is_dir()
        self._length = _length(folder)

    def follow(self, folder: RunFolder, follower: LogFollower) -> None:
        """Somebody is working on ``folder``; ``follower`` has read what there was so far."""
        self._folder, self._follower, self._was_there = folder, follower, True
        self._paused = is_paused(folder.lock().path)

    def seen_by(self, widget: QWidget) -> None:
        """Look as long as ``widget`` is in view (or another one that was named)."""
        widget.installEventFilter(self)
        widget.destroyed.connect(partial(self._seen, id(widget), False))
        self._seen(id(widget), widget.isVisible())

    def unseen_by(self, widget: QWidget) -> None:
        """Look no longer because of ``widget``."""
        widget.removeEventFilter(self)
        self._seen(id(widget), False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._seen(id(watched), event.type() == QEvent.Type.Show)
        return False

    def _seen(self, key: int, seen: bool, *_: object) -> None:
        if not shiboken6.isValid(self):  # a widget may outlive the run that it showed
            return
        before = bool(self._viewers)
        (self._viewers.add if seen else self._viewers.discard)(key)
        if bool(self._viewers) and not before:
            self._timer.start()
        elif not self._viewers:
            self._timer.stop()

    @Slot()
    def look(self) -> None:
        folder, follower = self._folder, self._follower
        if folder is None:
            return
        if self._was_there and _is_deleted(folder):
            self.watch(None)
            self.gone.emit()
            return
        self._was_there = self._was_there or folder.path.is_dir()  # one that failed early may never have been there
        owned = is_owned(folder)
        if follower is None:
            if owned or _length(folder) not in (None, self._length):
                self.taken.emit()
            return
        # In this order: what was written before the owner let go is read after it is known that it has.
        restarts = follower.restarts
        paused, self._paused = self._paused, is_paused(folder.lock().path)
        try:
            events = follower.poll()
        except OSError:  # a shared folder that is away for a moment
            return
        if follower.restarts != restarts:
            self.saidAnew.emit(events)
        elif events or paused is not self._paused:
            self.said.emit(events)
        if not owned:
            self.watch(folder)
            self.ended.emit()


def _is_deleted(folder: RunFolder) -> bool:
    """Whether the run is there no more; a shared folder that is away for a moment takes the run's parent with it."""
    return not folder.path.is_dir() and folder.path.parent.is_dir()


def _length(folder: RunFolder | None) -> int | None:
    """Bytes of its log; None without one, or while it is away."""
    try:
        return None if folder is None else folder.log_path.stat().st_size
    except OSError:
        return None


def is_owned(folder: RunFolder) -> bool:
    """Whether a live process is working on the run in ``folder``."""
    return owner_of(folder.lock().path) is not None
