"""What every page may use of the program around it: the run, the project, questions, news, and the way to a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack

from ulmengine.config import ConfigError, CorpusConfig, RunConfig
from ulmengine.plan.control import Move, RunState, commands
from ulmengine.plan.sample import sample_config
from ulmengine.record import RunFolder

from .ask import Ask
from .elsewhere import OpenHere
from .engine.claims import Claims
from .engine.run_service import RunService
from .project import FILE, Project, ProjectError
from .settings import Settings, data_folder, fresh_folder
from .shown import ShownRun
from .starter import Starter
from .words import words

Level = Literal["info", "ok", "warning", "error"]


@dataclass(frozen=True)
class Notice:
    """A piece of news; ``action`` is what the button called ``button`` does. ``undoes``: it takes the newest change
    back, or does it again, and so is of the past with the next one. ``holds``: whether it is true still; what is not
    goes."""

    text: str
    level: Level = "info"
    button: str = ""
    action: Callable[[], object] | None = None
    undoes: bool = False
    holds: Callable[[], bool] | None = None


@dataclass(frozen=True)
class TableToMeasure:
    """The Evaluate page is to measure the ``model`` on the labelled ``table``.

    ``columns``: those with the texts; none: where the model looks for them.
    """

    model: Path
    table: Path
    columns: tuple[str, ...] = ()


class Shell(QObject):
    """The services of the program, handed to every page. It knows no window."""

    projectChanged = Signal(object)
    """Another :class:`Project` is open now, or None."""
    pageWanted = Signal(str)
    problemsWanted = Signal()
    """The problems of the corpus are to be shown, on the Corpus page, which is in view."""
    tourWanted = Signal()
    filesGiven = Signal(object)
    """Files (a list of :class:`pathlib.Path`) that the person has dropped or chosen, to be made sense of."""
    runWanted = Signal(object)
    """The run in this folder (a :class:`pathlib.Path`) is to be shown; also left in :attr:`wanted_run`."""
    corpusTold = Signal()
    """Whether the open project's corpus can be read is known otherwise than before."""
    noticed = Signal(object)
    """A :class:`Notice` to be shown."""

    def __init__(self, run: RunService, settings: Settings, ask: Ask, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self.settings = settings
        self.ask = ask
        self.project: Project | None = None
        self.undo = QUndoStack(self)
        """Steps that belong to no project, as its deletion; those of the open one are its own."""
        self.shown = ShownRun(run, self)
        """The run of the window: the one under way, or else the one that was looked at last; the newest at first."""
        self.shown.gone.connect(self.show_newest_run)
        run.stateChanged.connect(self._run_changed)
        self.wanted_run: Path | None = None
        self.wanted_model: Path | None = None
        """The model that the Classify page is to use when it is shown next."""
        self.wanted_table: TableToMeasure | None = None
        """What the Evaluate page is to measure when it is shown next."""
        self._unread: tuple[Path, CorpusConfig] | None = None
        self.open_here = OpenHere(self)
        """What other windows have to do with the open project."""
        self.open_here.gained.connect(self._has_the_say)
        self.open_here.begun.connect(self._begun_elsewhere)
        self.claims = Claims(run, self)
        """Work beside the runs that needs the machine to itself."""
        self.claims.gaveUp.connect(self.toast)
        self.starter = Starter(self)
        """How runs begin, go on and end."""

    def go(self, key: str) -> None:
        """Show the page called ``key`` ("home", "corpus", "model", "rates", "train", "classify", "settings")."""
        self.pageWanted.emit(key)

    def classify_with(self, model: Path) -> None:
        self.wanted_model = model
        self.go("classify")

    def evaluate_table(self, wanted: TableToMeasure) -> None:
        """Show the Evaluate page with a model measured on a table."""
        self.wanted_table = wanted
        self.go("evaluate")

    def toast(
        self, text: str, level: Level = "info", button: str = "", action: Callable[[], object] | None = None, *,
        undoes: bool = False, holds: Callable[[], bool] | None = None
    ) -> None:
        """Tell a piece of news without getting in the way; see :class:`Notice`."""
        self.noticed.emit(Notice(text, level, button, action, undoes, holds))

    def toast_undo(self, undo: QUndoStack, text: str, level: Level = "ok") -> None:
        """Tell what was just done, the newest step of ``undo``, with a button that takes it back."""
        self.toast(text, level, self.tr("Undo"), undo.undo, undoes=True)

    @Slot(str)
    def toast_error(self, error: str | Exception) -> None:
        self.toast(words(str(error)), "error")

    def toast_busy(self, text: str) -> None:
        """Tell that something cannot be done while a run is alive; the news goes with the run."""
        self.toast(text, "warning", holds=lambda: self.busy)

    def may_change_project(self) -> bool:
        """Whether another project may be opened now; False (and a toast) while a run is alive. To be asked before the
        person is asked anything."""
        if self.busy:
            self.toast_busy(self.tr("Training is under way. Stop it before you open another project."))
        return not self.busy

    def ask_for_new_project(self) -> None:
        """Ask where a new project goes, make it, and show the page where it begins."""
        if not self.may_change_project():
            return
        folder = self.ask.new_folder(self.tr("Name the new project"), fresh_folder(self.tr("My project")))
        if folder is not None and self.new_project(folder):
            self.go("corpus")

    def ask_for_project(self) -> None:
        if not self.may_change_project():
            return
        start = data_folder() / "projects"
        folder = self.ask.folder(self.tr("Open a project"), start if start.is_dir() else Path.home())
        if folder is not None:
            self.visit_project(folder)

    def visit_project(self, folder: Path) -> None:
        """Open the project at ``folder`` and show its corpus."""
        if self.open_project(folder):
            self.go("corpus")

    def tell_corpus(self, config: CorpusConfig, *, readable: bool) -> None:
        """The open project's corpus was read as ``config`` says, or it could not be."""
        if self.project is not None:
            self._unread = None if readable else (self.project.folder, config)
            self.corpusTold.emit()

    @property
    def corpus_unreadable(self) -> bool:
        """Whether it is known that the open project's corpus cannot be read with the settings as they are."""
        return self.project is not None and self._unread == (self.project.folder, self.project.config.corpus)

    def take_files(self, paths: list[Path]) -> None:
        """Open ``paths``: a project as it is; of anything else the page in view makes what it can, Home a project."""
        if paths:
            self.filesGiven.emit(paths)

    @property
    def busy(self) -> bool:
        """Whether a run is alive (running, paused, or on its way between the two)."""
        return Move.START not in commands(self.run.state)

    def open_project(self, folder: Path) -> bool:
        """Open the project at ``folder``; False (and a toast) if it cannot be opened.

        One that is open stays so, whatever is under way in it.
        """
        if self.busy and self.project is not None and self.project.folder == folder:
            return True
        return self._try(lambda: Project.open(folder, self))

    def new_project(self, folder: Path, config: RunConfig | None = None) -> bool:
        """Make a project at ``folder`` and open it; False (and a toast) if that cannot be done."""
        values = self.settings.values
        base = config or self.usual_config(folder.name)
        compute = base.compute.model_copy(
            update={"device": values.device, "precision": values.precision, "threads": values.threads}
        )
        return self._try(lambda: Project.create(folder, base.model_copy(update={"compute": compute}), self))

    def usual_config(self, name: str) -> RunConfig:
        """What a new project called ``name`` begins with: the person's own language model, if it is still there."""
        config, own = RunConfig(name=name), self.settings.values.pretrained
        if not own or not Path(own).is_file():
            return config
        return config.model_copy(update={"model": config.model.model_copy(update={"pretrained": own})})

    def new_project_of(self, paths: list[Path]) -> bool:
        """Make a project whose corpus is the first of ``paths``, and show it; False (and a toast) if that failed."""
        source = paths[0].resolve()
        folder = fresh_folder(source.stem)
        config = self.usual_config(folder.name).model_copy(update={"corpus": CorpusConfig(path=str(source))})
        if not self.new_project(folder, config):
            return False
        if len(paths) > 1:
            self.toast(self.tr("One file or folder is read; the first of them was taken."), "warning")
        self.go("corpus")
        return True

    def open_sample(self) -> bool:
        """Open the project on the built-in sample, made on the first time."""
        folder = data_folder() / "sample"
        try:
            config = sample_config()
        except (RuntimeError, ValueError) as error:
            self.toast_error(error)
            return False
        if not (folder / FILE).is_file():
            return self.new_project(folder, config)
        if not self.open_project(folder):
            return False
        self._find_sample_again(config)
        return True

    def is_sample(self, project: Project) -> bool:
        """Whether ``project`` is the one on the built-in sample."""
        return project.folder == data_folder() / "sample"

    def _find_sample_again(self, shipped: RunConfig) -> None:
        """The program may have been moved or installed anew: let the open sample read the files where they are now."""
        assert self.project is not None
        own = self.project.config.corpus
        moved = {}
        for name in ("path", "unlabelled_path"):
            recorded, now = Path(getattr(own, name)), Path(getattr(shipped.corpus, name))
            if recorded != now and recorded.parts[-3:] == now.parts[-3:]:
                moved[f"corpus.{name}"] = str(now)
        if moved and not self.project.read_only:
            self.project.change(moved)
            self.project.undo.clear()  # there is nothing to go back to

    def show_run(self, folder: RunFolder) -> None:
        """Let the run in ``folder`` be the window's; one that cannot be read is told of."""
        try:
            self.shown.show(folder)
        except ConfigError as error:
            self.toast_error(error)

    @Slot()
    def show_newest_run(self) -> None:
        """Let the newest run of the open project be the window's, or what a first one would be."""
        newest = None if self.project is None else self.project.newest_run()
        if newest is not None:
            self.show_run(newest)
        else:
            self._show_none()

    def _show_none(self) -> None:
        """Let what a run of the open project would be stand in the place of the window's run."""
        project = self.project
        if project is None:
            self.shown.clear(RunConfig())
        else:
            self.shown.clear(project.run_config(), project.facts, project.hindrance)

    @Slot(object)
    def _run_changed(self, state: RunState) -> None:
        """What this window begins, it shows."""
        folder = self.run.folder
        if state is RunState.STARTING and folder is not None and self.shown.folder != RunFolder(folder):
            self.show_run(RunFolder(folder))

    @Slot()
    def _plan_changed(self) -> None:
        if self.shown.folder is None:
            self._show_none()

    def close_project(self) -> None:
        """Let go of the open project; everything is saved."""
        if self.project is not None:
            old, self.project = self.project, None
            old.close()
            self.let_go()
            self._show_none()
            self.projectChanged.emit(None)
            old.deleteLater()

    def let_go(self) -> None:
        """The open project is open in this window no more, as other ones see it, and no run of it begins."""
        self.claims.drop()
        self.open_here.give_back()

    def open_run(self, folder: Path) -> bool:
        """Show the run in ``folder``, wherever it lies and whoever is working on it; False if it holds none.

        A run of a project is shown in that project, unless training is under way in the open one; any other in the
        open project, or in a new one with the run's settings where none is open.
        """
        try:
            config = RunFolder.open(folder).config()
        except (RuntimeError, ValueError) as error:
            self.toast_error(error)
            return False
        home = folder.parent.parent
        is_here = self.project is not None and self.project.folder == home
        self.wanted_run = folder
        if (home / FILE).is_file() and not is_here and not self.busy:
            opened = self.open_project(home)
        elif self.project is None:
            opened = self.new_project(fresh_folder(config.name or folder.name), config)
        else:
            opened = True
        if opened:
            self.look_at(folder)
        return opened

    def look_at(self, folder: Path) -> None:
        """Show the run in ``folder`` on the open project's Train page, beside the one that is under way."""
        self.wanted_run = folder
        self.runWanted.emit(folder)
        self.go("train")

    def _try(self, make: Callable[[], Project]) -> bool:
        if not self.may_change_project():
            return False
        if self.project is not None:
            self.project.close()  # what was changed a moment ago is in the file, should it be opened again
        try:
            project = make()
        except ProjectError as error:
            self.toast_error(error)
            return False
        self.close_project()
        self.project = project
        self.open_here.take(project)
        project.changeWanted.connect(self._change_wanted)
        project.saveFailed.connect(self.toast_error)
        project.changedElsewhere.connect(self._changed_elsewhere)
        project.changed.connect(self._plan_changed)
        project.factsFound.connect(self._plan_changed)
        project.runsChanged.connect(self.shown.look)
        if self.wanted_run is None:
            self.show_newest_run()
        else:
            self._show_none()
        self.settings.remember_project(project.folder)
        self.projectChanged.emit(project)
        return True

    @Slot()
    def write_here_too(self) -> None:
        """Let this window change the open project although another one has the say."""
        if self.project is not None and not self.project.folder_read_only:
            self.project.set_read_only(False)

    @Slot(object)
    def _begun_elsewhere(self, begun: list[RunFolder]) -> None:
        """The newest run is shown, unless the person looks at one that was not it before, or that somebody works on."""
        if self.project is not None and not self.shown.alive and \
                self.shown.folder == self.project.newest_run(lambda run: run not in begun):
            self.show_run(begun[-1])

    @Slot(bool)
    def _has_the_say(self, folder: bool) -> None:
        self.toast(self.tr("This folder can be written now.") if folder else
                   self.tr("The other window has closed this project: it can be changed here now."), "ok")

    @Slot()
    def _change_wanted(self) -> None:
        """The other window may have gone a moment ago."""
        self.open_here.look()
        project = self.project
        if project is not None and project.folder_read_only:
            self.toast(self.tr("This folder is read-only: {folder}. Copy the project to a place where files can be "
                               "written, and open it there.").format(folder=project.folder), "warning",
                       holds=lambda: self.project is project and project.read_only)
        elif project is not None and project.read_only:
            self.toast(self.tr("This window only reads: the project is open in another one, which has the say."),
                       "warning", self.tr("Write here too"), self.write_here_too,
                       holds=lambda: self.project is project and project.read_only)

    @Slot()
    def _changed_elsewhere(self) -> None:
        self.toast(self.tr("This project is open in another window as well, and was changed there. Both show the same "
                           "settings."))
