"""Folders of runs beside the project's own: shown where they lie, and left out again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QMenu, QWidget

from studio.models.run_table import folder_words
from studio.pages.parts.undo_step import UndoStep
from studio.project import Project
from studio.shell import Shell
from studio.widgets import Button
from ulmengine.record import find_runs


class OtherFolders(Button):
    """Seen where there are some: a menu in which each can be left out. What is done to them are steps of undo; nothing
    on disk is touched."""

    changed = Signal()
    """Other folders are shown now."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__("", "folder", "quiet", parent=parent)
        self.setText(self.tr("Other folders"))
        self.setToolTip(self.tr("Whose runs are shown beside those of this project"))
        self.project, self.shell = project, shell
        self._menu = QMenu(self, toolTipsVisible=True)
        self.setMenu(self._menu)
        self.fill()

    @property
    def known(self) -> tuple[str, ...]:
        return self.shell.settings.values.run_folders

    def fill(self) -> None:
        """List the folders as they are now; another window of the program may have added one."""
        self.setVisible(bool(self.known))
        self._menu.clear()
        for folder in self.known:
            action = self._menu.addAction(self.tr("Do not show {name}").format(name=folder_words(Path(folder))))
            action.setToolTip(folder)
            action.setData(folder)
            action.triggered.connect(self._unwanted)

    @Slot()
    def add(self) -> None:
        """Ask for a folder of runs, or a run, that is shown from now on where it lies."""
        folder = self.shell.ask.folder(self.tr("Show the runs of another folder"), self.project.folder.parent)
        if folder is None:
            return
        runs, name = folder / "runs" if (folder / "runs").is_dir() else folder, folder.name
        if str(runs) in self.known or runs == self.project.runs:
            self.shell.toast(self.tr("The runs of {name} are shown already.").format(name=name))
        elif not (runs / "config.toml").is_file() and not find_runs(runs):
            self.shell.toast(self.tr("There is no run in {path}. Choose the folder of a project, its folder of runs or "
                                     "that of one run.").format(path=runs), "warning")
        else:
            self._show((*self.known, str(runs)), self.tr("Show the runs of {name}").format(name=name),
                       self.tr("The runs of {name} are shown too.").format(name=name))

    def forget(self, folder: str) -> None:
        """Show the runs of ``folder`` no longer."""
        name = folder_words(Path(folder))
        self._show(tuple(one for one in self.known if one != folder),
                   self.tr("Do not show the runs of {name}").format(name=name),
                   self.tr("The runs of {name} are no longer shown.").format(name=name))

    @Slot()
    def forget_all(self) -> None:
        """Show the project's own runs alone again."""
        if self.known:
            self._show((), self.tr("Show only the runs of this project"),
                       self.tr("Only the runs of this project are shown."))

    @Slot()
    def _unwanted(self) -> None:
        self.forget(self.sender().data())  # type: ignore[attr-defined]

    def _show(self, folders: tuple[str, ...], text: str, told: str) -> None:
        undo = self.project.undo
        undo.push(UndoStep(text, partial(self._set, folders), partial(self._set, self.known)))
        self.shell.toast_undo(undo, told, "info")

    def _set(self, folders: tuple[str, ...]) -> None:
        self.shell.settings.change(run_folders=folders)
        self.changed.emit()
