"""Which run is looked at: another one of the project, or one from elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from studio.ask import Choice
from studio.engine.jobslot import JobSlot
from studio.pages.parts.run_changes import TakeUp, Together, exporting, taking_up
from studio.project import Project
from studio.shell import Shell
from studio.shown import ShownRun
from studio.words import state_words
from ulmengine.events import Failed
from ulmengine.record import RunFolder, RunLine, run_name
from ulmengine.record.listing import TRASH

from .buttons import TrainButtons

LISTED = 20


class RunChoice(QObject):
    """The menu of the runs behind ``buttons``."""

    chosen = Signal(object)
    """A :class:`ulmengine.record.RunFolder`."""

    def __init__(self, project: Project, shell: Shell, buttons: TrainButtons, parent: QObject) -> None:
        super().__init__(parent)
        self.project, self.shell, self.buttons = project, shell, buttons
        self.shown: ShownRun = shell.shown
        buttons.runs_menu.aboutToShow.connect(self._list)
        buttons.runChosen.connect(self.chosen)
        buttons.open.triggered.connect(self.open)
        buttons.export.triggered.connect(self.export)
        buttons.import_run.triggered.connect(self.take_in)
        self._exporter = JobSlot(self, self._exported, self._failed)
        self._importer = JobSlot(self, self._taken_in, self._failed)

    @Slot()
    def open(self) -> None:
        """Ask for the folder of a run and show it."""
        folder = self.shell.ask.folder(self.tr("Open a run folder"), self.project.runs if self.project.runs.is_dir()
                                       else Path.home())
        if folder is not None:
            self.shell.open_run(folder)

    @Slot()
    def export(self) -> None:
        """Ask where to, and copy the run shown there: one file, or a folder, with the commands that work on it."""
        run = self.shown.folder
        if run is None:
            return
        kinds = (Choice("file", self.tr("One file"), "default"), Choice("folder", self.tr("A folder")),
                 Choice("light", self.tr("One file without checkpoints")),
                 Choice("cancel", self.tr("Cancel"), "cancel"))
        kind = self.shell.ask.choose(
            self.tr("Export this run"), self.tr("How should {run} be exported?").format(run=run_name(run)), kinds,
            self.tr("Settings, log, curves, model and the exact commands go along. Without checkpoints the copy can be "
                    "looked at and used, but not gone on with. The corpus stays where it is."))
        if kind == "cancel":
            return
        start = Path.home() / run.path.name
        path = self.shell.ask.new_folder(self.tr("Export this run"), start) if kind == "folder" else \
            self.shell.ask.save_file(self.tr("Export this run"), start.with_name(start.name + ".zip"),
                                     self.tr("Exported run (*.zip)"))
        if path is None:
            return
        target = path if kind == "folder" or path.suffix.lower() == ".zip" else path.with_name(path.name + ".zip")
        if target != path and target.exists():  # nobody was asked whether this one may go
            self.shell.toast_error(self.tr("{place} is there already; choose another name.").format(place=target))
            return
        self._exporter.start(partial(exporting, run.path, target, checkpoints=kind != "light", folder=kind == "folder"))

    @Slot()
    def take_in(self) -> None:
        """Ask for an exported run, and take it up into the project."""
        if not self.project.may_change():
            return
        paths = self.shell.ask.open_files(self.tr("Import a run"), Path.home(), self.tr("Exported run (*.zip)"))
        if paths:
            self._importer.start(partial(taking_up, paths[0], self.project.runs))

    @Slot(object)
    def _exported(self, path: Path) -> None:
        self.shell.toast(self.tr("Exported to {place}.").format(place=path), "ok")

    @Slot(object)
    def _taken_in(self, line: RunLine) -> None:
        self.project.push(Together([TakeUp(line)], lambda names: self.tr("Take up {name}").format(name=names[0]),
                                   self.project.runsChanged.emit, self.shell.toast_error))
        self.shell.settings.remember_deleted(line.folder.parent / TRASH)  # where it waits once that is undone
        self.chosen.emit(RunFolder(line.folder))
        told = self.tr("{run} is one of the project's runs now.").format(run=line.name)
        self.shell.toast_undo(self.project.undo, told)

    @Slot(object)
    def _failed(self, failed: Failed) -> None:
        self.shell.toast_error(failed.title)

    @Slot()
    def _list(self) -> None:
        others = [run for run in reversed(self.project.run_folders()) if run != self.shown.folder][:LISTED]
        window = self.shell.shown
        if window.folder is not None and window is not self.shown and not window.is_of(self.project):
            others.insert(0, window.folder)  # beside which another one is looked at
        self.buttons.set_runs([(self._words(run), run) for run in others])

    def _words(self, run: RunFolder) -> str:
        return f"{run_name(run)}  ·  {state_words(run.state())}"
