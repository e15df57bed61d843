"""Models: shipped, trained and taken in; looked at, used, given to others, put aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut, QUndoStack
from PySide6.QtWidgets import QHeaderView, QMenu, QSplitter, QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.models.rows import ListRows
from studio.pages.base import Page
from studio.pages.parts.jobbar import Errand
from studio.pages.parts.model_names import names_apart
from studio.pages.parts.rows_table import RowsTable
from studio.pages.parts.undo_step import UndoStep
from studio.project import Project
from studio.shell import Shell
from studio.widgets import Button, EmptyState, Lines, SectionTitle, Stacked
from studio.widgets.layouts import as_widget, in_column, in_row
from ulmengine.events import Failed
from ulmengine.models import SUFFIX, TRASH, ModelFile, models_folder

from .about import AboutModel
from .foreign import KINDS, ForeignFiles, look_at, sorted_out, take_in
from .giving import GivingAway
from .jobs import ModelsAside, cells, headings, keeping, listing
from .pretraining import Pretraining

WIDEST = 360
"""Px that the names have at most; what is longer is cut, and stands whole on the card."""


class ModelsPage(Page):
    """The list; beside it the card of the chosen one."""

    def __init__(self, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(shell, parent)
        self.entries: tuple[ModelFile, ...] = ()
        self.table = RowsTable(self.tr("Models"))
        self.table.verticalHeader().hide()
        self.about = AboutModel()
        self.slot, self.errand = JobSlot(self, self._listed, self._not_listed), Errand(self)
        self.pretraining = Pretraining(shell, self)
        self.giving = GivingAway(shell, self.errand, lambda: self.current, self.name_of)
        self._current: Path | None = None
        self._row = 0
        self.names: dict[Path, str] = {}
        """What each model is called, as everywhere."""
        self._arrange()
        self._connect()
        self.refresh()

    @property
    def folder(self) -> Path:
        """Where the person's own models are kept."""
        return models_folder()

    @property
    def current(self) -> ModelFile | None:
        return next((entry for entry in self.entries if entry.path == self._current), None)

    def name_of(self, entry: ModelFile) -> str:
        """What it is called, as everywhere; it may be gone from the list."""
        return self.names.get(entry.path, entry.name)

    def activated(self) -> None:
        self.refresh()

    def dropped(self, paths: list[str]) -> bool:
        """Models of this program, and weights with their vocabulary from fastai."""
        files = [Path(path) for path in paths]
        if not all(path.suffix.lower() in KINDS for path in files):
            return False
        self.take(files)
        return True

    @Slot()
    def refresh(self) -> None:
        """Look for models anew, in the background."""
        project = self.shell.project
        folder, runs = self.folder, [] if project is None else [run.path for run in project.run_folders()]
        self.slot.start(lambda: listing(folder, runs))
        self.pretraining.look()

    @property
    def _stack(self) -> QUndoStack:
        """Of the open project, or without one the window's own: a Ctrl+Z anywhere finds it."""
        return self.shell.undo if self.shell.project is None else self.shell.project.undo

    # Taking in

    @Slot()
    def choose_import(self) -> None:
        """Ask for files, several at once: weights, vocabulary, a backward network."""
        kinds = self.tr("Models and weights of fastai") + f" (*{SUFFIX} *.pth *.pkl)"
        paths = self.shell.ask.open_files(self.tr("Import a model"), Path.home(), kinds, several=True)
        if paths:
            self.take(paths)

    def take(self, paths: list[Path]) -> None:
        """Make a model of ``paths``; what is lacking is asked for."""
        strange = [path.name for path in paths if path.suffix.lower() not in KINDS]
        if strange:
            told = self.tr("{names} is no model.") if len(strange) == 1 else self.tr("{names} are no models.")
            can = self.tr("Models of this program ({suffix}) can be imported, and of fastai weights (.pth) with their "
                          "vocabulary (.pkl) or a Learner (export.pkl).")
            self.shell.toast(f"{told} {can}".format(names=", ".join(strange), suffix=SUFFIX), "warning")
            return
        found = sorted_out(paths)
        if found.asks_for_vocabulary:
            weights = found.forward or found.backward
            assert weights is not None
            given = self.shell.ask.open_files(
                self.tr("Choose the vocabulary that came with {name}").format(name=weights.name), weights.parent,
                self.tr("Vocabularies") + " (*.pkl)")
            if not given:
                return
            found = replace(found, vocabulary=given[0])
        if not found.models and found.forward is None and found.backward is None:
            self.shell.toast(self.tr("A vocabulary alone is no model. Choose the weights (.pth) as well."), "warning")
            return
        self.errand.begin(self.tr("Reading…"), lambda: look_at(found))

    def _looked(self, found: ForeignFiles) -> None:
        if found.asks_for_labels:
            names = self.shell.ask.text(
                self.tr("Labels of the classifier"),
                self.tr("It tells {n} labels apart. Their names, in the order of fastai's dls.vocab[1], with commas "
                        "between them:").format(n=found.classes), ", ".join(found.labels))
            if names is None:
                return
            found = replace(found, labels=tuple(part.strip() for part in names.split(",") if part.strip()))
        folder = self.folder
        self.errand.begin(self.tr("Reading…"), lambda: take_in(found, folder))

    # Using

    @Slot()
    def use(self) -> None:
        """Classify with a classifier; let the open project start from a language model."""
        entry, project = self.current, self.shell.project
        if entry is None or entry.description is None or project is None:
            return
        if entry.description.kind == "classifier":
            self.shell.classify_with(entry.path)
        else:
            if project.change({"model.pretrained": str(entry.path)}, self.tr("Choose the pretrained model")):
                self.shell.toast_undo(project.undo, self.tr("This project starts from {name}.").format(
                    name=self.names[entry.path]))

    @Slot()
    def make_default(self) -> None:
        """Let new projects start from the chosen language model, or again from the one that fits."""
        entry, before = self.current, self.shell.settings.values.pretrained
        if entry is None:
            return
        new = "" if before == str(entry.path) else str(entry.path)
        step = self.tr("Start new projects from {name}") if new else self.tr("Do not start new projects from {name}")
        name = self.names[entry.path]
        self._stack.push(UndoStep(step.format(name=name), partial(self._set_default, new),
                                  partial(self._set_default, before)))
        told = self.tr("New projects start from {name}.").format(name=name) if new \
            else self.tr("New projects start from the shipped model that fits.")
        self.shell.toast_undo(self._stack, told)

    def _set_default(self, path: str) -> None:
        self.shell.settings.change(pretrained=path)
        self._fill()

    @Slot()
    def keep(self) -> None:
        """Copy a run's model to the person's own, so that it stays when the run goes and all projects see it."""
        entry, folder = self.current, self.folder
        if entry is not None:
            source = entry.path
            self.errand.begin(self.tr("Copying…"), lambda: keeping(source, folder, entry.name))

    @Slot()
    def delete(self) -> None:
        """Put the model aside; undo brings it back."""
        entry, stack, project = self.current, self._stack, self.shell.project
        if entry is None or entry.shipped:
            return
        if project is not None and entry.path.is_relative_to(project.runs) and not project.may_change():
            return
        name = self.names[entry.path]
        step = ModelsAside([entry.path], self.tr("Delete {name}").format(name=name), self._moved,
                           self.shell.toast_error)
        stack.push(step)
        if not step.carried_out:
            return
        self.shell.settings.remember_deleted(entry.path.parent / TRASH)
        # The next key is not to reach another model through the same button.
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        told = [self.tr("{name} is deleted. Until the next start of the program it can be put back.").format(name=name)]
        if str(entry.path) == self.shell.settings.values.pretrained:
            told.append(self.tr("New projects started from it: now they start from the shipped model that fits."))
        if project is not None and project.value("model.pretrained") == str(entry.path):
            told.append(self.tr("This project starts from it: choose another pretrained model."))
        self.shell.toast_undo(stack, " ".join(told), "warning" if len(told) > 1 else "info")

    def _moved(self, back: Path | None) -> None:
        """Models were put aside, or came ``back``: the last of these is the chosen one."""
        self._current = back or self._current
        self.refresh()

    def _taken_in(self, paths: Sequence[Path]) -> None:
        """New models stand in the folder: a step that can be taken back, as their deletion can."""
        self._current = paths[-1]
        names = names_apart(self.entries, paths)
        told = ", ".join(names[path] for path in paths)
        stack = self._stack
        self.shell.settings.remember_deleted(self.folder / TRASH)
        stack.push(ModelsAside(paths, self.tr("Take in {name}").format(name=told), self._moved, self.shell.toast_error,
                               taken_in=True))
        said = self.tr("{name} was taken in.") if len(paths) == 1 else self.tr("{name} were taken in.")
        self.shell.toast_undo(stack, said.format(name=told))

    # How it looks

    def _arrange(self) -> None:
        body = self.body
        body.setSpacing(theme.M)
        self.pretrain_button = Button(self.tr("Pretrain from texts…"), "text")
        self.pretrain_button.setToolTip(self.tr("Learn a language model of your own texts, in any language."))
        self.import_button = Button(self.tr("Import…"), "import")
        self.import_button.setToolTip(self.tr(
            "A model of this program, weights (.pth) and vocabulary (.pkl) of fastai, or a Learner that it exported "
            "(export.pkl); they can be dropped here too. Nothing in them is run."))
        body.addLayout(in_row((SectionTitle(self.tr("Models"), page=True), 1), self.pretrain_button,
                              self.import_button))
        body.addWidget(self.errand.failure)
        body.addWidget(self.errand.bar)
        for shown in (self.pretraining.work.failure, self.pretraining.work.bar, self.pretraining.card):
            body.addWidget(shown)
        self.buttons: dict[str, Button] = {}
        below = Lines()
        for name, text, icon, role in (
            ("use", self.tr("Classify with it"), "classify", "primary"),
            ("default", self.tr("For new projects"), "star", "plain"), ("export", self.tr("Export"), "export", "plain"),
            ("keep", self.tr("Keep a copy"), "copy", "quiet"), ("delete", self.tr("Delete"), "trash", "quiet"),
        ):
            self.buttons[name] = Button(text, icon, role)
            below.add(self.buttons[name])
        menu = QMenu(self)
        self.as_file = menu.addAction(self.tr("Model file…"))
        self.as_int8 = menu.addAction(self.tr("Model file with weights in eight bits…"))
        self.as_onnx = menu.addAction(self.tr("ONNX…"))
        self.buttons["export"].setMenu(menu)
        self.split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        self.split.addWidget(self.table)
        self.split.addWidget(as_widget(in_column((self.about, 1), below)))
        self.split.setSizes([220, 420])
        self.empty = EmptyState("models", self.tr("No model yet"), self.tr(
            "Every run that finishes makes a model. Models of this program and weights of fastai can be dropped here."))
        self.empty_import = Button(self.tr("Import…"), "import", "primary")
        self.empty.add_button(self.empty_import)
        self.stack = Stacked()
        for part in (QWidget(), self.empty, self.split):
            self.stack.addWidget(part)
        body.addWidget(self.stack, 1)
        self.offer(self.tr("Import a model…"), self.choose_import, "import")
        self.offer(self.tr("Pretrain from texts…"), self.pretraining.choose, "text")
        self.offer(self.tr("Export the model…"), self.giving.export, "export")
        self.offer(self.tr("Export the model with weights in eight bits…"), self.giving.export_int8, "export")
        self.offer(self.tr("Export the model to ONNX…"), self.giving.export_onnx, "export")
        self.offer(self.tr("Delete the model"), self.delete, "trash")

    def _connect(self) -> None:
        self.errand.finished.connect(self._done)
        self.table.rowPicked.connect(self._picked)
        self.as_file.triggered.connect(self.giving.export)
        self.as_onnx.triggered.connect(self.giving.export_onnx)
        self.as_int8.triggered.connect(self.giving.export_int8)
        self.pretraining.made.connect(self._made)
        for button, slot in ((self.import_button, self.choose_import),
                             (self.pretrain_button, self.pretraining.choose), (self.empty_import, self.choose_import),
                             (self.buttons["use"], self.use), (self.buttons["default"], self.make_default),
                             (self.buttons["keep"], self.keep), (self.buttons["delete"], self.delete)):
            button.clicked.connect(slot)
        QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table, self.delete, context=Qt.ShortcutContext.WidgetShortcut)
        self.shell.projectChanged.connect(self._project_changed)

    @Slot(object)
    def _made(self, path: Path) -> None:
        """A model of the person's texts is there: it is the chosen one."""
        self._current = path
        self.refresh()

    @Slot(object)
    def _listed(self, entries: tuple[ModelFile, ...]) -> None:
        self.entries = entries
        self.stack.setCurrentIndex(2 if entries else 1)
        self._fill()

    def _fill(self) -> None:
        default = self.shell.settings.values.pretrained
        runs = None if self.shell.project is None else self.shell.project.runs
        self.names = names_apart(self.entries)
        rows = [cells(entry, self.names[entry.path], runs, default) for entry in self.entries]
        chosen = self._current
        self.table.set_source(ListRows(headings(), rows), {})
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.table.resizeColumnToContents(0)
        header.resizeSection(0, min(header.sectionSize(0), WIDEST))
        header.setStretchLastSection(True)
        places = [place for place, entry in enumerate(self.entries) if entry.path == chosen]
        self.table.pick(places[0] if places else min(self._row, len(rows) - 1))  # a neighbour of what is gone
        if not self.entries:
            self._show(None)

    @Slot(int)
    def _picked(self, row: int) -> None:
        self._current, self._row = self.entries[row].path, row
        self._show(self.entries[row])

    def _show(self, entry: ModelFile | None) -> None:
        about = entry.description if entry is not None else None
        language = about is not None and about.kind == "language_model"
        own = entry is not None and entry.path.parent == self.folder
        buttons = self.buttons
        buttons["use"].setText(self.tr("Start this project from it") if language else self.tr("Classify with it"))
        buttons["use"].setEnabled(about is not None and self.shell.project is not None)
        buttons["default"].setVisible(language)
        is_default = entry is not None and str(entry.path) == self.shell.settings.values.pretrained
        buttons["default"].setText(self.tr("Not for new projects") if is_default else self.tr("For new projects"))
        buttons["export"].setEnabled(about is not None)
        self.as_onnx.setEnabled(about is not None and not language)
        self.as_int8.setEnabled(about is not None and not language and about.dtype != "int8")
        buttons["keep"].setVisible(entry is not None and not own and not entry.shipped and about is not None)
        buttons["delete"].setVisible(entry is not None and not entry.shipped)
        self.about.show_model(entry)

    # What comes back

    @Slot(object)
    def _done(self, result: object) -> None:
        if isinstance(result, ForeignFiles):
            self._looked(result)
            return
        if isinstance(result, list) and result:
            self._taken_in(result)
        else:
            self.giving.tell(result)
        self.refresh()

    @Slot(object)
    def _not_listed(self, failure: Failed) -> None:
        self.errand.failure.show_failure(failure)
        if self.stack.currentIndex() == 0:
            self.stack.setCurrentIndex(2 if self.entries else 1)

    @Slot(object)
    def _project_changed(self, project: Project | None) -> None:
        if self.isVisible():
            self.refresh()
