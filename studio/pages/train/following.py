"""Following a run that another process is working on: a command line, another window, a machine of a cluster."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from ulmengine.record import RunFolder
from ulmengine.record.lock import owner_of
from ulmengine.record.log import LogFollower

LOOK_MS = 1_000


class Following(QObject):
    """Looks once a second at the folder that is shown, and never writes there."""

    said = Signal(object)
    """The events (a list) that the other process has added."""
    saidAnew = Signal(object)
    """The other process went back to a checkpoint and cut its log: all that it says now."""
    taken = Signal()
    """Another process has taken up the run that is shown: it is to be read anew and followed."""
    ended = Signal()
    """The other process has let go of the run, or has died."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._folder: RunFolder | None = None
        self._follower: LogFollower | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def active(self) -> bool:
        """Whether another process is working on the run that is shown."""
        return self._follower is not None

    def watch(self, folder: RunFolder | None) -> None:
        """Look at ``folder``: nobody is working on it now, but somebody may begin."""
        self._folder, self._follower = folder, None

    def follow(self, folder: RunFolder, follower: LogFollower) -> None:
        """Somebody is working on ``folder``; ``follower`` has read what there was so far."""
        self._folder, self._follower = folder, follower

    def begin(self) -> None:
        """The page is in view."""
        self._timer.start()

    def rest(self) -> None:
        """The page is out of view."""
        self._timer.stop()

    @Slot()
    def look(self) -> None:
        """Look now."""
        folder, follower = self._folder, self._follower
        if folder is None:
            return
        owned = is_owned(folder)
        if follower is None:
            if owned:
                self.taken.emit()
            return
        # In this order: what was written before the owner let go is read after it is known that it has.
        restarts = follower.restarts
        try:
            events = follower.poll()
        except OSError:  # a shared folder that is away for a moment
            return
        if follower.restarts != restarts:
            self.saidAnew.emit(events)
        elif events:
            self.said.emit(events)
        if not owned:
            self._follower = None
            self.ended.emit()


def is_owned(folder: RunFolder) -> bool:
    """Whether a live process is working on the run in ``folder``."""
    return owner_of(folder.lock.path) is not None
