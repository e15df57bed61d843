"""The one window: rail, pages, run bar, palette, toasts."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
    QShowEvent,
    QUndoGroup,
)
from PySide6.QtWidgets import QMainWindow

from ulmengine.plan.control import RunState

from . import theme
from .frame.awake import Awake, make_hold
from .frame.commands import apply_keys, make_actions
from .frame.dialogs import SettingDialog, ShortcutsDialog
from .frame.dropping import DropVeil, PastFields, project_in
from .frame.finding import found_by_palette
from .frame.folders import show_folder
from .frame.help import HelpDialog
from .frame.leaving import Leaving
from .frame.matching import Entry
from .frame.palette import Palette
from .frame.placing import Placing
from .frame.rail import Rail
from .frame.reading import ReadOnlyStrip
from .frame.runbar import HEIGHT, RunBar
from .frame.stack import PageStack
from .frame.tour import Tour
from .frame.tray import Notifier, Tray
from .frame.undoing import UndoKeys, redo_keys, undo_keys
from .pages import page_of_setting
from .project import Project
from .settings import Preferences
from .shell import Shell
from .widgets import Toasts, paths_in
from .widgets.layouts import as_widget, in_column, in_row, scrolling


class MainWindow(QMainWindow):
    """Holds everything together and knows nothing of what the pages do."""

    left = Signal()
    """The window is closed for good."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.setWindowTitle("ULMFiT Studio")
        self.setAcceptDrops(True)
        self.setWindowIcon(theme.current().icon("app", "accent"))
        self.pages = PageStack(shell)
        self.rail = Rail(self.pages.entries)
        self.bar = RunBar(shell)
        self._arrange()
        self.undo_group = QUndoGroup(self)
        self._undo_keys = UndoKeys(self)
        self.toasts = Toasts(self, lift=HEIGHT, inset=theme.RAIL_WIDTH)
        self.palette_view = Palette(self)
        self.veil = DropVeil(self)
        self._past_fields = PastFields(self)
        self.tray = Tray(shell, self) if Tray.available() else None
        self.commands = make_actions(self)
        self._use_keys(shell.settings.values)
        self.tour = Tour(self, self.pages, shell)
        self._help: HelpDialog | None = None
        self._add_actions()
        self.leaving = Leaving(shell, self, self.tray)
        self.awake = Awake(shell, make_hold(self), self)
        self.notifier = Notifier(shell, self, self.tray)
        self._connect()
        self.placing = Placing(self)
        self.placing.restore(shell.settings.values.geometry)
        self._project_changed(shell.project)
        self.go("home")

    def go(self, key: str) -> None:
        """Show the page called ``key``; an unknown one is Home."""
        self.palette_view.close_palette()  # it belongs to the page before
        if not self.pages.show_page(key):
            key = "home"
            self.pages.show_page(key)
        self.rail.select(key)
        self._choose_undo()

    # What the actions do. The names are those of the table in frame/commands.py.

    @Slot()
    def new_project(self) -> None:
        self.shell.ask_for_new_project()

    @Slot()
    def choose_project(self) -> None:
        self.shell.ask_for_project()

    @Slot()
    def open_sample(self) -> None:
        if self.shell.open_sample():
            self.go("train")

    @Slot()
    def show_project_folder(self) -> None:
        if self.shell.project is not None:
            show_folder(self.shell, self.shell.project.folder)

    @Slot()
    def close_project(self) -> None:
        if self.shell.busy:
            self.shell.toast_busy(self.tr("Training is under way. Stop it before you close the project."))
        else:
            self.shell.close_project()
            self.go("home")

    @Slot()
    def start_run(self) -> None:
        self.shell.starter.begin()

    @Slot()
    def toggle_pause(self) -> None:
        self.bar.toggle_pause()

    @Slot()
    def stop_run(self) -> None:
        if self.shell.busy:
            self.shell.run.stop()

    @Slot()
    def open_palette(self) -> None:
        self.palette_view.open(self.palette_entries())

    @Slot()
    def theme_system(self) -> None:
        self._set_theme("system")

    @Slot()
    def theme_light(self) -> None:
        self._set_theme("light")

    @Slot()
    def theme_dark(self) -> None:
        self._set_theme("dark")

    @Slot()
    def toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    @Slot()
    def show_help(self) -> None:
        self.show_topic(self.pages.key, "")

    def show_topic(self, key: str, heading: str) -> None:
        """Show the help of the page called ``key``, from ``heading`` on."""
        if self._help is None:
            self._help = HelpDialog(self.pages.entries, self)
        self._help.show_topic(key, heading)
        self._help.show()
        self._help.raise_()
        self._help.activateWindow()

    @Slot()
    def show_shortcuts(self) -> None:
        dialog = ShortcutsDialog(self.actions(), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot()
    def take_tour(self) -> None:
        self.tour.begin()

    @Slot()
    def quit(self) -> None:
        self.close()

    def palette_entries(self) -> list[Entry]:
        """Everything the palette finds: the frame's actions, those of the pages made so far, all settings."""
        return found_by_palette(
            self.actions(), self.pages, self.shell, do=self._go_and_do, opened=self.shell.visit_project,
            setting=self.show_setting, topic=self.show_topic,
        )

    def show_setting(self, name: str) -> None:
        """Go to where the setting called ``name`` stands; one that no page shows opens on its own."""
        key = page_of_setting(name)
        page = self.pages.page(key)
        if page is not None and page.show_setting(name):
            self.go(key)
            page.show_setting(name)
        elif self.shell.project is not None:
            dialog = SettingDialog(self.shell.project, name, self)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()

    @Slot(object)
    def take_files(self, paths: list[Path]) -> None:
        """Files were dropped: a project is opened, models are taken in; anything else begins a project on Home, goes to
        the page in view if that has a use for it, begins a project where none is open, and else goes to the corpus."""
        folder = project_in(paths)
        if folder is not None:
            self.shell.visit_project(folder)
            return
        from .pages.models.foreign import KINDS  # here: the window opens without what reads models

        names = [str(path) for path in paths]
        if self.pages.key != "classify" and all(path.suffix.lower() in KINDS for path in paths):
            self.go("models")
        page = None if self.pages.key == "home" else self.pages.page(self.pages.key)
        if page is not None and page.dropped(names):
            return
        if self.pages.key == "home" or self.shell.project is None:
            self.shell.new_project_of(paths)
            return
        self.go("corpus")
        corpus = self.pages.page("corpus")
        if corpus is not None:
            corpus.dropped(names)

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._past_fields.watch(self.windowHandle())
        if not event.spontaneous():
            self.placing.shown()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.leaving.may_close():
            self._leave()
            event.accept()
        else:
            event.ignore()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_in(event.mimeData()):
            event.acceptProposedAction()
            self.veil.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.veil.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.veil.hide()
        paths = paths_in(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.take_files(paths)

    def _arrange(self) -> None:
        right = in_column(ReadOnlyStrip(self.shell, self), (scrolling(self.pages, sideways=True), 1), self.bar, gap=0)
        self.setCentralWidget(as_widget(in_row(self.rail, (right, 1), gap=0)))

    def _add_actions(self) -> None:
        self.addActions(list(self.commands.values()))
        undo = self.undo_group.createUndoAction(self, self.tr("Undo"))
        redo = self.undo_group.createRedoAction(self, self.tr("Redo"))
        for action, keys, icon in ((undo, undo_keys(), "undo"), (redo, redo_keys(), "redo")):
            action.setShortcuts(keys)
            action.setProperty("icon_name", icon)
            self.addAction(action)
        undo.triggered.connect(self._tell_undone)
        redo.triggered.connect(self._tell_redone)
        for number, entry in enumerate(self.pages.entries, 1):
            going = QAction(self.tr("Go to {page}").format(page=entry.words()), self)
            going.setShortcut(QKeySequence(f"Ctrl+{number % 10}"))
            going.setProperty("icon_name", entry.icon)
            going.setData(entry.key)
            going.triggered.connect(self._going)
            self.addAction(going)

    def _connect(self) -> None:
        shell = self.shell
        shell.projectChanged.connect(self._project_changed)
        shell.pageWanted.connect(self.go)
        shell.tourWanted.connect(self.take_tour)
        shell.settings.changed.connect(self._use_keys)
        shell.filesGiven.connect(self.take_files)
        shell.noticed.connect(self.toasts.show_notice)
        shell.corpusTold.connect(self.toasts.forget_untrue)
        self.undo_group.addStack(shell.undo)
        shell.undo.indexChanged.connect(self._undo_moved)
        shell.run.stateChanged.connect(self._run_changed)
        self.rail.wanted.connect(self.go)
        self.rail.searched.connect(self.open_palette)
        self.pages.statusChanged.connect(self.rail.set_dot)
        if self.tray is not None:
            self.tray.wanted.connect(self._back_from_tray)

    @Slot(object)
    def _use_keys(self, values: Preferences) -> None:
        apply_keys(self.commands, values.keys)

    def _set_theme(self, mode: theme.Mode) -> None:
        self.shell.settings.change(theme=mode)
        theme.current().change(mode)

    def _leave(self) -> None:
        self.toasts.clear()
        self.awake.close()
        if self.tray is not None:
            self.tray.hide()
        self.shell.settings.change(geometry=self.placing.told())
        if self.shell.project is not None:
            self.shell.project.close()
        self.shell.let_go()
        self.left.emit()

    @Slot()
    def _going(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.go(str(action.data()))

    @Slot()
    def _tell_undone(self) -> None:
        stack = self.undo_group.activeStack()
        self.shell.toast(self.tr("Undone: {change}").format(change=stack.redoText()), "info", self.tr("Redo"),
                         stack.redo, undoes=True)

    @Slot()
    def _tell_redone(self) -> None:
        stack = self.undo_group.activeStack()
        self.shell.toast(self.tr("Done again: {change}").format(change=stack.undoText()), "info", self.tr("Undo"),
                         stack.undo, undoes=True)

    def _go_and_do(self, key: str, text: str) -> None:
        """Show the page called ``key`` and do what it calls ``text``, if that can be done now."""
        self.go(key)
        page = self.pages.page(key)
        for action in page.actions() if page is not None else ():
            if action.text() == text and action.isEnabled():
                action.trigger()

    @Slot()
    def _back_from_tray(self) -> None:
        if self.tray is not None:
            self.tray.hide()
        self.show()
        self.raise_()
        self.activateWindow()

    @Slot(object)
    def _run_changed(self, state: RunState) -> None:
        self._enable()
        self.toasts.forget_untrue()

    @Slot()
    def _undo_moved(self) -> None:
        self.toasts.forget_undo()
        self.toasts.forget_untrue()
        self._choose_undo()

    def _choose_undo(self) -> None:
        """Let undo act on what is in view: on Home, and without a project, on what belongs to none."""
        shell = self.shell
        if shell.project is None or (self.pages.key == "home" and shell.undo.count() > 0):
            self.undo_group.setActiveStack(shell.undo)
        else:
            self.undo_group.setActiveStack(shell.project.undo)

    def _enable(self) -> None:
        """Let only those actions be chosen that do something now."""
        opened, busy = self.shell.project is not None, self.shell.busy
        for name, possible in (("show_project_folder", opened), ("close_project", opened),
                               ("start_run", opened and not busy), ("toggle_pause", busy), ("stop_run", busy)):
            self.commands[name].setEnabled(possible)

    @Slot(object)
    def _project_changed(self, project: Project | None) -> None:
        self.pages.drop_project_pages()
        name = project.name if project is not None else ""
        self.rail.show_project(name, str(project.folder) if project is not None else "")
        self.setWindowTitle(f"{name} - ULMFiT Studio" if name else "ULMFiT Studio")
        if project is not None:
            self.undo_group.addStack(project.undo)
            project.undo.indexChanged.connect(self._undo_moved)
            project.readOnlyChanged.connect(self.toasts.forget_untrue)
        self._undo_moved()
        self._enable()
        if self.pages.key:
            self.pages.show_page(self.pages.key)
