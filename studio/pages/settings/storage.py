"""Where things lie, how much room they take, and room made again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.ask import Choice
from studio.engine.jobslot import JobSlot
from studio.frame.folders import show_folder
from studio.pages.parts.quantities import size_words
from studio.settings import data_folder, log_folder
from studio.shell import Shell
from studio.theme import Type
from studio.widgets import Button, Card, ElidedLabel, keep_place
from studio.widgets.layouts import discard, in_column, in_row
from ulmengine.events import Failed

from .room import Cleared, ProjectRoom, Room, clear_copies, measure

_SIZE_WIDTH = 148


class StorageCard(Card):
    """Every project with the room it takes, and the program's own folders. All is counted in the background."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Storage"), parent=parent)
        self.shell = shell
        self.rows: list[PlaceRow] = []
        self._counting = JobSlot(self, self._counted, self._not_counted)
        self._clearing = JobSlot(self, self._cleared, self._failed)
        self._lines = in_column()
        self.body.addLayout(self._lines)
        shell.run.stateChanged.connect(self._enable)
        self._show(Room((), None))

    def count(self) -> None:
        """Count again how much there is; what was counted before stays in view until then."""
        self._say(self.tr("Counting…"))
        known = [Path(path) for path in self.shell.settings.values.recent]
        if self.shell.project is not None:
            known.insert(0, self.shell.project.folder)
        data = data_folder()
        self._counting.start(lambda: measure(known, data))

    @Slot(object)
    def _counted(self, room: Room) -> None:
        self._show(room)
        self._say(self.tr(
            "What was prepared of a corpus is made again when it is needed; clearing it touches no run and no model."))

    @Slot(object)
    def _not_counted(self, failure: Failed) -> None:
        self._say(self.tr("Could not be counted: {reason}").format(reason=failure.title))

    def _say(self, words: str) -> None:
        self.set_title(self.title.text(), words)

    def _show(self, room: Room) -> None:
        discard(self._lines, self.rows)
        self.rows = [self._project_row(project) for project in room.projects]
        for name, models in ((self.tr("Models of your own"), room.own),
                             (self.tr("Models that came with the program"), room.models)):
            if models is not None:
                folder, size = models
                self.rows.append(PlaceRow(name, folder, (size_words(size), "")))
        self.rows.append(PlaceRow(self.tr("Settings"), self.shell.settings.path.parent))
        self.rows.append(PlaceRow(self.tr("Log"), log_folder()))
        for row in self.rows:
            row.show_folder.clicked.connect(partial(show_folder, self.shell, row.folder))
            row.clearWanted.connect(self._clear)
            self._lines.addWidget(row)
        self._enable()

    def _project_row(self, project: ProjectRoom) -> PlaceRow:
        if not project.readable:
            row = PlaceRow(project.name, project.folder, (self.tr("cannot be read"), ""))
            row.show_folder.setEnabled(False)  # whatever looks into the folder fails
            return row
        sizes = (self.tr("runs, models {size}").format(size=size_words(project.runs)),
                 self.tr("prepared {size}").format(size=size_words(project.copies)))
        return PlaceRow(project.name, project.folder, sizes, clear=True, empty=not project.copies)

    @Slot()
    def _enable(self) -> None:
        """While a run is alive nothing is taken away from under it."""
        possible = not self.shell.busy and not self._clearing.running
        for row in self.rows:
            row.allow(possible)

    @Slot(object)
    def _clear(self, folder: Path) -> None:
        row = next((row for row in self.rows if row.folder == folder), None)
        if row is None or self.shell.busy:
            return
        answer = self.shell.ask.choose(
            self.tr("Clear what was prepared"),
            self.tr("Remove what was prepared of the corpora of {project}?").format(project=row.name),
            [Choice("clear", self.tr("Clear"), "danger"), Choice("cancel", self.tr("Cancel"), "cancel")],
            self.tr("It is made again from the original files when it is needed, which may take a while. Files, runs, "
                    "checkpoints and models stay as they are."))
        if answer == "clear" and not self.shell.busy:
            self._clearing.start(lambda: clear_copies(folder))
            self._enable()

    @Slot(object)
    def _cleared(self, cleared: Cleared) -> None:
        if cleared.running:
            self.shell.toast(self.tr("A run of this project is alive: nothing was cleared."), "warning")
        elif cleared.left:
            self.shell.toast(self.tr("{freed} were set free; {left} are in use and stay.").format(
                freed=size_words(cleared.freed), left=size_words(cleared.left)), "warning")
        else:
            self.shell.toast(self.tr("{freed} were set free.").format(freed=size_words(cleared.freed)), "ok")
        self.count()
        self._enable()

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        self.shell.toast_error(failure.title)
        self._enable()


class PlaceRow(QWidget):
    """A folder: what it holds, where it is, how large; a button that shows it and, perhaps, one that clears it."""

    clearWanted = Signal(object)
    """The folder (a :class:`pathlib.Path`) whose prepared corpora are to go."""

    def __init__(
        self, name: str, folder: Path, sizes: tuple[str, ...] = (), *, clear: bool = False, empty: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """``clear``: there is a button for it; ``empty``: but there is nothing to clear."""
        super().__init__(parent)
        self.name, self.folder, self._empty = name, folder, empty
        place = ElidedLabel(str(folder), Type.SMALL, muted=True, mode=Qt.TextElideMode.ElideMiddle)
        labels = [ElidedLabel(size, Type.SMALL, muted=True, numbers=True) for size in sizes]
        for label in labels:
            label.setFixedWidth(_SIZE_WIDTH)
        self.show_folder = Button(self.tr("Show"), role="quiet")
        self.show_folder.setAccessibleName(self.tr("Show the folder: {name}").format(name=name))
        self.clear = Button(self.tr("Clear…"), role="quiet")
        self.clear.setAccessibleName(self.tr("Clear what was prepared: {name}").format(name=name))
        keep_place(self.clear)
        self.clear.clicked.connect(self._clear)
        in_row((in_column(ElidedLabel(name), place, gap=0), 1), *labels, self.show_folder, self.clear, inside=self,
               gap=theme.M)
        self.clear.setVisible(clear)

    def allow(self, possible: bool) -> None:
        """Let it be cleared, or not just now."""
        self.clear.setEnabled(possible and not self._empty)

    @Slot()
    def _clear(self) -> None:
        self.clearWanted.emit(self.folder)
