"""The run that is shown: read from its folder, and followed while another process works on it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from studio.engine.jobslot import JobSlot
from studio.plots.history import RunHistory
from studio.shell import Shell
from ulmengine.config import RunConfig
from ulmengine.events import Event
from ulmengine.record import RunFolder

from .following import Following
from .loading import Loaded, Reading, is_short, read, read_history


class Reader(QObject):
    """Reads one run at a time, a long one in the background."""

    begun = Signal()
    """A long log is being read: nothing can be shown yet."""
    read = Signal(object)
    """The :class:`~studio.plots.history.RunHistory` of the run."""
    said = Signal(object)
    """Events (a list) that another process has added to the run."""
    letGo = Signal()
    """The other process has let go of the run, or has died."""
    failed = Signal(object)
    """The log cannot be read: a :class:`ulmengine.events.Failed`."""

    def __init__(self, shell: Shell, parent: QObject) -> None:
        super().__init__(parent)
        self.shell = shell
        self.folder: RunFolder | None = None
        self.loader = JobSlot(self)
        self.following = Following(self)
        self._waiting: list[Event] = []
        self.loader.finished.connect(self._loaded)
        self.loader.failed.connect(self._not_loaded)
        self.following.said.connect(self.said)
        self.following.saidAnew.connect(self._said_anew)
        self.following.taken.connect(self.again)
        self.following.ended.connect(self.letGo)

    @property
    def own(self) -> bool:
        """Whether the run shown is the one that this program is carrying out."""
        run = self.shell.run
        return self.folder is not None and run.active and run.folder == self.folder.path

    @property
    def elsewhere(self) -> bool:
        """Whether another process is working on the run shown."""
        return self.following.active

    def config_of(self, folder: RunFolder) -> RunConfig:
        """The description of the run in ``folder``; this program's own run is known before it has written anything.

        :raises ulmengine.config.ConfigError: it cannot be read.
        """
        run = self.shell.run
        if run.active and run.folder == folder.path and run.config is not None:
            return run.config
        return folder.config()

    def show(self, folder: RunFolder) -> None:
        """Read the run in ``folder``."""
        self.take_over(folder)
        if is_short(folder):
            self._loaded(read(folder, own=self.own))
        else:
            self.begun.emit()
            self.loader.start(Reading(folder, own=self.own))

    def take_over(self, folder: RunFolder) -> None:
        """The run in ``folder`` is shown from now on; nothing of it is read."""
        self.folder = folder
        self._waiting = []
        self.loader.cancel()
        self.following.watch(None)

    def release(self) -> None:
        """This program has ended its work on the run shown: another process may begin."""
        self.following.watch(self.folder)

    def holds_back(self, events: list[Event]) -> bool:
        """Whether ``events`` of this program's own run have to wait until the log is read."""
        if self.loader.running:
            self._waiting += events
        return self.loader.running

    def what_is_left(self) -> RunHistory | None:
        """The run shown has cut its log back to a checkpoint: what stands there now; None if that takes long."""
        return read_history(self.folder) if self.folder is not None and is_short(self.folder) else None

    @Slot()
    def again(self) -> None:
        """Read the run anew."""
        if self.folder is not None and not self.own:
            self.show(self.folder)

    @Slot(object)
    def _loaded(self, loaded: Loaded) -> None:
        if self.folder is not None and loaded.follower is not None:
            self.following.follow(self.folder, loaded.follower)
        else:
            self.following.watch(None if self.own else self.folder)
        loaded.history.extend(self._waiting)
        self._waiting = []
        self.read.emit(loaded.history)

    @Slot(object)
    def _said_anew(self, events: list[Event]) -> None:
        history = RunHistory()
        history.extend(events)
        self.read.emit(history)

    @Slot(object)
    def _not_loaded(self, failed: object) -> None:
        self._waiting = []
        self.failed.emit(failed)
