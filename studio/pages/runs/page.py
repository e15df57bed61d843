"""Runs: every run of the project and of other folders; compared, named, taken along, put aside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QSplitter, QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.models.run_table import RunsFilter, RunsModel, told_apart
from studio.pages.base import ProjectPage
from studio.pages.parts.jobbar import Errand
from studio.pages.parts.run_changes import (
    Deed,
    DeleteRun,
    Naming,
    Say,
    TakeUp,
    Together,
    exporting,
    exporting_all,
    taking_up,
)
from studio.project import Project
from studio.shell import Shell
from studio.widgets import Button, EmptyState, IconButton, PrimaryButton, SectionTitle, Stacked, Tabs
from studio.widgets.layouts import in_row
from ulmengine.config import ConfigError, RunConfig, difference
from ulmengine.disk import file_stem
from ulmengine.events import Failed
from ulmengine.record import RunFolder, RunLine, list_runs
from ulmengine.record.listing import TRASH

from .curves import CurvesView
from .details import Details
from .differences import Differences
from .duel import DuelView
from .folders import OtherFolders
from .listing import RunFilter, RunsTable, names_words

LEAST_LIST = 136
"""Px at which the headings and three runs are seen above a scroll bar; a window with less room scrolls."""

# What stays as it is in the project: its own files, and on what this machine computes.
_OWN = ("version", "name", "corpus.", "compute.", "saving.")


class RunsPage(ProjectPage):
    """The list above; below it what is chosen: one run's details, several runs' curves, settings, duel."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(project, shell, parent)
        self.model = RunsModel(project.runs, self)
        self.shown = RunsFilter(self.model, self)
        self.table = RunsTable(self.shown)
        self.filters = RunFilter(self.shown)
        self.search, self.states, self.archived = self.filters.search, self.filters.states, self.filters.archived
        self.details, self.duel = Details(project), DuelView(project)
        self.curves, self.differences = CurvesView(), Differences()
        self.tabs = Tabs()
        self.folders = OtherFolders(project, shell)
        self.slot, self.errand = JobSlot(self, self._listed, self._not_listed), Errand(self)
        self.stack = Stacked()
        self._select: tuple[Path, ...] = ()
        """What is chosen once the folders are read."""
        self._new: RunLine | None = None
        """A run that was taken up and is to be seen then, whatever was searched for."""
        self._told: tuple[QWidget, list[RunLine]] | None = None
        """The tab that was open and the runs it was shown last."""
        self._arrange()
        self._make_actions()
        self._connect()
        self.refresh()

    def activated(self) -> None:
        self.refresh()

    def dropped(self, paths: list[str]) -> bool:
        """A run that was exported as one file, or the folder of a run, is taken up."""
        path = Path(paths[0])
        if path.suffix.lower() != ".zip" and not (path / "config.toml").is_file():
            return False
        self.take_up(path)
        return True

    @Slot()
    def refresh(self) -> None:
        """Read the folders anew, in the background."""
        folders = [self.project.runs, *map(Path, self.folders.known)]
        self.slot.start(lambda: list_runs(folders))

    def chosen(self) -> list[RunLine]:
        """The chosen runs, the oldest first."""
        return self.table.chosen()

    def take_up(self, path: Path) -> None:
        """Copy the run at ``path`` into the project."""
        if not self.project.may_change():
            return
        into = self.project.runs
        self.errand.begin(self.tr("Taking up {name}…").format(name=path.name), partial(taking_up, path, into))

    # What is asked for

    @Slot()
    def choose_import(self) -> None:
        """Ask for a run that was exported."""
        if not self.project.may_change():
            return
        found = self.shell.ask.open_files(self.tr("Import a run"), Path.home(), self.tr("Runs") + " (*.zip)")
        if found:
            self.take_up(found[0])

    @Slot()
    def export(self) -> None:
        """Ask where the chosen run goes, and copy it there as one file; of several, into which folder."""
        lines = [line for line in self.chosen() if not line.problem]
        if len(lines) > 1:
            folder = self.shell.ask.folder(self.tr("Export %n runs into a folder", "", len(lines)), Path.home())
            if folder is not None:
                self.errand.begin(self.tr("Exporting %n runs…", "", len(lines)),
                                  lambda: exporting_all([(line.folder, line.name) for line in lines], folder))
        elif lines:
            source, name = lines[0].folder, lines[0].name
            target = self.shell.ask.save_file(self.tr("Export the run"), Path.home() / f"{file_stem(name)}.zip",
                                              self.tr("Runs") + " (*.zip)")
            if target is not None:
                self.errand.begin(self.tr("Exporting {name}…").format(name=name), partial(exporting, source, target))

    @Slot()
    def delete(self) -> None:
        """Put the chosen runs aside; undo brings them back."""
        def naming(names: Sequence[str]) -> str:
            return self.tr("Delete {name}").format(name=names[0]) if len(names) == 1 else \
                self.tr("Delete %n runs", "", len(names))

        gone = self._push([DeleteRun(line) for line in self.chosen()], naming)
        self._can_come_back(gone)
        self._leave_button(gone)
        if len(gone) == 1:
            self._tell(self.tr("{name} is deleted. Until the next start of the program it can be put back.").format(
                name=gone[0].name))
        elif gone:
            self._tell(self.tr("%n runs are deleted: {names}. Until the next start of the program they can be put "
                               "back.", "", len(gone)).format(names=names_words(gone)))

    @Slot()
    def archive(self) -> None:
        """Leave the chosen runs out of the list; or no longer, where all of them are left out."""
        lines = [line for line in self.chosen() if not line.problem]
        back = all(line.about.archived for line in lines)

        def naming(names: Sequence[str]) -> str:
            if len(names) == 1:
                return (self.tr("Bring back {name}") if back else self.tr("Archive {name}")).format(name=names[0])
            return self.tr("Bring back %n runs", "", len(names)) if back else self.tr("Archive %n runs", "", len(names))

        done = self._push([Say(line, archived=not back) for line in lines if line.about.archived == back], naming)
        self._leave_button(done)
        if len(done) == 1:
            told = self.tr("{name} is archived no longer.") if back else \
                self.tr("{name} is archived: it is listed where archived runs are shown too.")
            self._tell(told.format(name=done[0].name))
        elif done:
            told = self.tr("%n runs are archived no longer: {names}.", "", len(done)) if back else \
                self.tr("%n runs are archived: {names}. They are listed where archived runs are shown too.", "",
                        len(done))
            self._tell(told.format(names=names_words(done)))

    @Slot()
    def open_chosen(self) -> None:
        """Show the chosen run as it was trained."""
        line = self._only_one()
        if line is not None and not line.problem:
            self.shell.open_run(line.folder)

    @Slot()
    def use_settings(self) -> None:
        """Give the project the chosen run's settings, all but corpus, device and saving."""
        line = self._only_one()
        if line is None:
            return
        try:
            config = RunFolder(line.folder).config()
        except ConfigError as error:
            self.shell.toast_error(error)
            return
        new = foreign_settings(self.project.config, config)
        if not new:
            self.shell.toast(self.tr("The project has the settings of {name} already.").format(name=line.name))
            return
        if self.project.change(new, self.tr("Use the settings of {name}").format(name=line.name)):
            self.shell.toast_undo(self.project.undo, self.tr(
                "The project now has %n setting(s) of {name}.", "", len(new)).format(name=line.name))

    # How it looks

    def _arrange(self) -> None:
        body = self.body
        body.setSpacing(theme.M)
        self.folder_button = Button(self.tr("Add a folder…"), "folder")
        self.import_button = Button(self.tr("Import…"), "import")
        self.again = IconButton("refresh", self.tr("Read the folders again"))
        body.addLayout(in_row((SectionTitle(self.tr("Runs"), page=True), 1), self.folders, self.folder_button,
                              self.import_button, self.again))
        body.addWidget(self.errand.failure)
        body.addWidget(self.errand.bar)
        body.addWidget(self.filters)
        for view, text in ((self.details, self.tr("Run")), (self.curves, self.tr("Curves")),
                           (self.differences, self.tr("Settings")), (self.duel, self.tr("Duel"))):
            self.tabs.addTab(view, text)
        self.split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        self.split.addWidget(self.table)
        self.split.addWidget(self.tabs)
        self.split.setSizes([300, 340])
        self.table.setMinimumHeight(LEAST_LIST)
        self.empty = EmptyState("runs", self.tr("No run yet"), self.tr(
            "A run is one training with its settings, curves and result. Runs of other folders or machines can be "
            "shown here too."))
        self.start = PrimaryButton(self.tr("Start training"), "play")
        self.empty.add_button(self.start)
        self.empty_folder = Button(self.tr("Add a folder…"), "folder")
        self.empty.add_button(self.empty_folder)
        waiting = QWidget()
        for state in (waiting, self.empty, self.split):
            self.stack.addWidget(state)
        body.addWidget(self.stack, 1)

    def _make_actions(self) -> None:
        self.offer(self.tr("Add a folder of runs…"), self.folders.add, "folder")
        self.offer(self.tr("Import a run…"), self.choose_import, "import")
        self.offer(self.tr("Export the chosen runs…"), self.export, "export")
        self.offer(self.tr("Use the chosen run's settings"), self.use_settings, "copy")
        self.offer(self.tr("Delete the chosen runs"), self.delete, "trash")
        self.offer(self.tr("Show only the runs of this project"), self.folders.forget_all, "filter")
        for action in self.actions():
            action.setProperty("section", "Run")

    def _connect(self) -> None:
        self.errand.finished.connect(self._errand_done)
        self.folders.changed.connect(self.refresh)
        self.table.selectionModel().selectionChanged.connect(self._show_chosen)
        self.archived.toggled.connect(self.table.fit)
        self.filters.changed.connect(self._filtered)
        self.table.doubleClicked.connect(self.open_chosen)
        self.tabs.currentChanged.connect(self._show_chosen)
        self.details.titled.connect(self._titled)
        self.details.tagged.connect(self._tagged)
        self.details.notesFailed.connect(self.shell.toast_error)
        does = self.details.buttons
        for button, slot in ((self.folder_button, self.folders.add), (self.empty_folder, self.folders.add),
                             (self.import_button, self.choose_import), (self.again, self.refresh),
                             (self.start, self.shell.starter.begin), (does["open"], self.open_chosen),
                             (does["clone"], self.use_settings), (does["export"], self.export),
                             (does["archive"], self.archive), (does["delete"], self.delete)):
            button.clicked.connect(slot)
        for keys, slot in ((QKeySequence(Qt.Key.Key_Delete), self.delete), (QKeySequence(Qt.Key.Key_Return),
                                                                           self.open_chosen)):
            QShortcut(keys, self.table, slot, context=Qt.ShortcutContext.WidgetShortcut)
        QShortcut(QKeySequence.StandardKey.Find, self, self._find,
                  context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.project.runsChanged.connect(self._done)
        self.shell.shown.stateChanged.connect(self._run_changed)

    # What comes back

    @Slot(object)
    def _listed(self, lines: list[RunLine]) -> None:
        wanted = self._select or [line.folder for line in self.chosen()]
        row = min((index.row() for index in self.table.selectionModel().selectedRows()), default=0)
        self._select = ()
        self.table.set_lines(lines)
        self.stack.setCurrentIndex(2 if lines else 1)
        self.filters.setVisible(bool(lines))
        if self._new is not None and self.shown.row_of(self._new.folder) < 0:
            self.filters.let_through(self._new)
        self._new = None
        self.table.fit()
        self.folders.fill()
        self._told = None  # the runs themselves may have gone on
        self.table.choose(wanted, row)
        self._show_chosen()
        self.shell.shown.look()  # it may have been deleted

    @Slot(object)
    def _not_listed(self, failure: Failed) -> None:
        self.errand.failure.show_failure(failure)
        if self.stack.currentIndex() == 0:
            self.stack.setCurrentIndex(2 if self.model.lines else 1)

    @Slot(object)
    def _errand_done(self, found: RunLine | Path | list[Path]) -> None:
        if isinstance(found, RunLine):
            self._select, self._new = (found.folder,), found
            self._push([TakeUp(found)], lambda names: self.tr("Take up {name}").format(name=names[0]))
            self._can_come_back([found])
            self._tell(self.tr("{name} was taken up.").format(name=found.name))
        elif isinstance(found, list):
            self.shell.toast(self.tr("%n runs were exported to {path}.", "", len(found)).format(path=found[0].parent),
                             "ok")
        else:
            self.shell.toast(self.tr("The run was exported to {path}.").format(path=found), "ok")

    @Slot()
    def _filtered(self) -> None:
        """What is told and what the buttons do is of runs in view, never of one that is hidden."""
        self.table.choose([line.folder for line in self.chosen()])
        self._show_chosen()

    @Slot()
    def _show_chosen(self) -> None:
        """Show the chosen runs in the tab that is open; the others learn of it when they are. Runs that it shows
        already are not read and compared anew, as with every letter that is typed into the search."""
        lines, view = self.chosen(), self.tabs.currentWidget()
        if self._told == (view, lines):
            return
        self._told = view, lines
        if view is self.details:
            self.details.setEnabled(bool(lines))
            self.details.show_runs(lines)
            return
        lines = told_apart(lines, self.project.runs)
        if view is self.curves:
            self.curves.show_runs(lines)
        elif view is self.differences:
            self.differences.show_runs(lines)
        elif view is self.duel:
            self.duel.show_runs((lines[0], lines[1]) if len(lines) == 2 else None)

    @Slot(object, str)
    def _titled(self, line: RunLine, title: str) -> None:
        if not self._push([Say(line, title=title)], lambda _: self.tr("Rename the run")):
            self.details.take_back()

    @Slot(object)
    def _tagged(self, told: list[tuple[RunLine, tuple[str, ...]]]) -> None:
        def naming(names: Sequence[str]) -> str:
            return self.tr("Change the run's tags") if len(names) == 1 else \
                self.tr("Change the tags of %n runs", "", len(names))

        done = self._push([Say(line, tags=tags) for line, tags in told], naming)
        if not done:
            self.details.take_back()
        if len(done) > 1:
            self._tell(self.tr("The tags of %n runs are changed: {names}.", "", len(done)).format(
                names=names_words(done)))

    @Slot()
    def _find(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    @Slot()
    def _run_changed(self) -> None:
        if self.isVisible():
            QTimer.singleShot(200, self, self.refresh)

    def _only_one(self) -> RunLine | None:
        """The chosen run, where it is one alone."""
        lines = self.chosen()
        if len(lines) > 1:
            self.shell.toast(self.tr("%n runs are chosen. Choose one of them alone for this.", "", len(lines)))
        return lines[0] if len(lines) == 1 else None

    def _push(self, deeds: Sequence[Deed], naming: Naming) -> list[RunLine]:
        """Do it all as one step; returns the runs that it was done to."""
        step = Together(deeds, naming, self.project.runsChanged.emit, self.shell.toast_error)
        return [deed.line for deed in step.deeds] if deeds and self.project.push(step) else []

    @Slot(object)
    def _done(self, again: Sequence[Path]) -> None:
        """A step is done, here or on the Train page, or it was taken back or done ``again`` to the runs in these
        folders: these are chosen."""
        self._select = tuple(again) or self._select
        self.refresh()

    def _can_come_back(self, lines: Sequence[RunLine]) -> None:
        """Where these runs wait, once they are put aside, is emptied at the next start and not before."""
        for line in lines:
            self.shell.settings.remember_deleted(line.folder.parent / TRASH)

    def _leave_button(self, done: Sequence[RunLine]) -> None:
        """Once a run is gone, the key that was meant for it must not reach another one through the same button."""
        if done and self.details.isAncestorOf(self.focusWidget()):
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self, text: str) -> None:
        """Tell what was just done, with the way back."""
        self.shell.toast_undo(self.project.undo, text, "info")


def foreign_settings(own: RunConfig, other: RunConfig) -> dict[str, object]:
    """What ``own`` has to take on to learn as ``other`` does: name -> value, without files, device and saving."""
    return {name: value for name, (_, value) in difference(own, other).items() if not name.startswith(_OWN)}
