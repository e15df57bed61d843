"""A language model of a person's own texts: begun, gone on with, put among the models."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from studio.ask import Choice
from studio.engine.jobslot import JobSlot
from studio.pages.parts.jobbar import Errand
from studio.pages.parts.model_names import found_models, names_apart
from studio.shell import Shell
from studio.widgets import Button, Card, Paragraph
from studio.widgets.layouts import in_row
from ulmengine.config.run import ComputeConfig
from ulmengine.events import Event, Failed, Progress
from ulmengine.models import models_folder
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder, find_runs
from ulmengine.runs.own_texts import ModelInfo, about_of, begin_pretraining, publish, published, waits_to_be_published

from .pretrain_dialog import PretrainDialog, runs_folder

UNDONE = (RunState.STOPPED, RunState.INTERRUPTED, RunState.FAILED, RunState.NEW)


@dataclass(frozen=True)
class Undone:
    """A run that has not come to its end, or whose model waits to be put among the others. ``state``: the folder's."""

    folder: RunFolder
    about: ModelInfo
    state: RunState


def undone() -> Generator[Event, None, Undone | None]:
    """The newest run of a person's texts that can be gone on with."""
    yield Progress("Looking for models", 0, 0)
    for folder in reversed(find_runs(runs_folder())):
        about, state = about_of(folder), folder.state()
        if about is not None and (state in UNDONE or waits_to_be_published(folder)):
            return Undone(folder, about, state)
    return None


def put_aside(folder: Path) -> Generator[Event, None, None]:
    """Remove a run of a person's texts with what it has learnt."""
    yield Progress("Removing", 0, 0)
    shutil.rmtree(folder)


class PretrainingCard(Card):
    """A run of a person's texts that is under way, or that can be gone on with."""

    goOn = Signal(object)
    """The run (a :class:`ulmengine.record.RunFolder`) is to go on."""
    giveUp = Signal(object)
    """The run is to be removed with what it has learnt."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.folder: RunFolder | None = None
        self.text = Paragraph(muted=False)
        self.resume, self.remove = Button(self.tr("Go on"), "play"), Button(self.tr("Remove…"), "trash", "quiet")
        self.body.addLayout(in_row((self.text, 1), self.resume, self.remove))
        self.resume.clicked.connect(self._go_on)
        self.remove.clicked.connect(self._remove)
        self.hide()

    def show_live(self, about: ModelInfo, *, paused: bool = False) -> None:
        """It is being learnt."""
        self.folder = None
        told = self.tr("“{title}” is not learnt to the end yet and waits. The bar below says how far it is; it goes "
                       "on or is stopped there.") if paused else \
            self.tr("“{title}” is being learnt. The bar below says how far it is; it can be paused and stopped there.")
        self.text.setText(told.format(title=about.title))
        self._set(offered=False)

    def show_undone(self, found: Undone, *, possible: bool) -> None:
        """It waits. ``possible``: nothing else is being trained."""
        self.folder = found.folder
        told = {
            RunState.FAILED: self.tr("“{title}” could not be learnt to the end: {why}"),
            RunState.FINISHED: self.tr("“{title}” is learnt, but is not among the models yet."),
        }.get(found.state, self.tr("“{title}” is not learnt to the end. It goes on where it stopped."))
        self.text.setText(told.format(title=found.about.title, why=_why(found.folder)))
        self._set(offered=True)
        self.resume.setEnabled(possible)
        self.remove.setEnabled(possible)

    def _set(self, *, offered: bool) -> None:
        self.resume.setVisible(offered)
        self.remove.setVisible(offered)
        self.setAccessibleName(self.text.text())
        self.show()

    @Slot()
    def _go_on(self) -> None:
        if self.folder is not None:
            self.goOn.emit(self.folder)

    @Slot()
    def _remove(self) -> None:
        if self.folder is not None:
            self.giveUp.emit(self.folder)


def _why(folder: RunFolder) -> str:
    failures = list(folder.events(Failed))
    return failures[-1].title if failures else ""


class Pretraining(QObject):
    """What the Models page does about it: asks, begins, tells how it stands, and says when a model is there."""

    made = Signal(object)
    """Where a new model of a person's texts stands (a :class:`pathlib.Path`)."""

    def __init__(self, shell: Shell, page: QWidget) -> None:
        super().__init__(page)
        self.shell, self._page = shell, page
        self.card, self.work = PretrainingCard(), Errand(page)
        self.dialog: PretrainDialog | None = None
        self._looking, self._naming = JobSlot(self, self._looked), JobSlot(self, self._tell)
        self.work.finished.connect(self._worked)
        self.card.goOn.connect(self._go_on)
        self.card.giveUp.connect(self._give_up)
        shell.run.stateChanged.connect(self._run_changed)

    @Slot()
    def choose(self) -> None:
        """Ask which texts, and begin."""
        if self._refused():
            return
        values = self.shell.settings.values
        compute = ComputeConfig(device=values.device, precision=values.precision, threads=values.threads)
        self.dialog = PretrainDialog(self.shell.ask, compute, self._page.window())
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.accepted.connect(self._begin)
        self.dialog.open()

    @Slot()
    def _begin(self) -> None:
        wanted = None if self.dialog is None else self.dialog.wanted
        if wanted is None or self._refused():
            return
        try:
            begin_pretraining(wanted.folder, wanted.config, wanted.about)
        except (RuntimeError, ValueError, OSError) as error:
            self.shell.toast_error(error)
            return
        self.shell.starter.start_alone(wanted.folder, wanted.config)

    def _refused(self) -> bool:
        """Whether a run is alive, which is told of then."""
        if self.shell.busy:
            self.shell.toast_busy(self.tr("Training is under way. Stop it, or let it end, before another one begins."))
        return self.shell.busy

    @Slot()
    def look(self) -> None:
        """Show how it stands."""
        live = self._live()
        if live is not None:
            self._looking.cancel()
            self.card.show_live(live, paused=self.shell.run.state is RunState.PAUSED)
        else:
            self._looking.start(undone)

    def _live(self) -> ModelInfo | None:
        run = self.shell.run
        return about_of(RunFolder(run.folder)) if run.active and run.folder is not None else None

    @Slot(object)
    def _looked(self, found: Undone | None) -> None:
        if found is None:
            self.card.hide()
        else:
            self.card.show_undone(found, possible=not self.shell.busy)

    @Slot(object)
    def _run_changed(self, state: RunState) -> None:
        folder = self.shell.run.folder
        if self._page.isVisible() or (folder is not None and folder.parent == runs_folder()):
            self.look()
        if state is RunState.FINISHED and folder is not None and folder.parent == runs_folder():
            path = published(RunFolder(folder))
            if path is not None:
                self._has_made(path)

    def _has_made(self, path: Path) -> None:
        """A new model is there; it is told of by its name among the others, which have to be opened for that."""
        self.made.emit(path)
        self._naming.start(lambda: _naming(path))

    @Slot(object)
    def _tell(self, found: tuple[Path, str] | None) -> None:
        if found is None:  # it is gone already
            return
        path, name = found
        project = self.shell.project
        told = self.tr("“{name}” is learnt and stands among the models.").format(name=name)
        if project is None:
            self.shell.toast(told, "ok")
        else:
            self.shell.toast(told, "ok", self.tr("Start this project from it"), lambda: project.change(
                {"model.pretrained": str(path)}, self.tr("Choose the pretrained model")))

    @Slot(object)
    def _go_on(self, folder: RunFolder) -> None:
        if waits_to_be_published(folder):
            self.work.begin(self.tr("Copying…"), lambda: _publishing(folder))
        else:
            self.shell.starter.resume(folder.path)

    @Slot(object)
    def _give_up(self, folder: RunFolder) -> None:
        about = about_of(folder)
        answer = self.shell.ask.choose(
            self.tr("Remove what was learnt"),
            self.tr("Remove what was learnt for “{title}”?").format(title=about.title if about else folder.path.name),
            (Choice("remove", self.tr("Remove"), "danger"), Choice("cancel", self.tr("Cancel"), "cancel")),
            self.tr("The texts stay as they are. What was learnt from them cannot be brought back; the model would "
                    "have to be learnt from the beginning."))
        if answer == "remove" and not self.shell.busy:
            self.work.begin(self.tr("Removing…"), lambda: put_aside(folder.path))

    @Slot(object)
    def _worked(self, result: Path | None) -> None:
        if result is not None:
            self._has_made(result)
        self.shell.shown.look()  # it may have been the one that is removed
        self.look()


def _naming(path: Path) -> Generator[Event, None, tuple[Path, str] | None]:
    yield Progress("Looking for models", 0, 0)
    name = names_apart(found_models([], models_folder())).get(path)
    return None if name is None else (path, name)


def _publishing(folder: RunFolder) -> Generator[Event, None, Path]:
    yield Progress("Copying the model", 0, 0)
    return publish(folder, models_folder())
