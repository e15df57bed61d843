"""The Classify page: the trained model at work on one text or on many."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from studio.engine.jobslot import JobSlot
from studio.pages.base import ProjectPage
from studio.pages.parts.model_names import saved_at
from studio.project import Project
from studio.shell import Shell, TableToMeasure
from studio.widgets import (
    Beside,
    Button,
    EmptyState,
    FailureCard,
    Label,
    PrimaryButton,
    SectionTitle,
    Stacked,
    Tabs,
    paths_in,
)
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row
from ulmengine.events import Failed
from ulmengine.inference.sources import is_blank
from ulmengine.models import SUFFIX

from .answering import Answering, make_ready
from .many import ManyTexts
from .model_picker import ModelPicker, NewerModel, run_of
from .one import OneText
from .other_models import BesideChoice, make_all_ready

TITLE_WIDTH = 200


class ClassifyPage(ProjectPage):
    """Pick a model, then type, paste or drop."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(project, shell, parent)
        self.answering: Answering | None = None
        self.setAcceptDrops(True)
        self.picker = ModelPicker(project, shell)
        self.beside = BesideChoice()
        self.others: list[Answering] = []
        """The models that answer beside the one in use."""
        self.failure = FailureCard()
        self._failed_part: QWidget | None = None
        self.newer = NewerModel()
        self._newest: Path | None = None
        self._looked: tuple[Path, int] | None = None
        self._opened = 0
        self.one = OneText()
        self.many = ManyTexts(project, shell)
        self.empty = EmptyState("classify", self.tr("No model yet"), self.tr(
            "When a run has finished, its classifier stands ready here. You can also open a model that was made "
            "elsewhere."
        ))
        self.offer(self.tr("Open a model…"), self.picker.choose_file)
        self.offer(self.tr("Classify files…"), self._choose_many)
        self._slot = JobSlot(self, self._loaded, self._not_loaded)
        self._beside_slot = JobSlot(self, self._others_loaded, self._others_not_loaded)
        self._arrange()
        self._connect()
        self.refresh()

    def _arrange(self) -> None:
        shell, train = self.shell, PrimaryButton(self.tr("Go to training"), "train")
        train.clicked.connect(lambda: shell.go("train"))
        opener = Button(self.tr("Open a model…"), "folder")
        opener.clicked.connect(self.picker.choose_file)
        self.empty.add_button(train)
        self.empty.add_button(opener)
        self.chooser = as_widget(in_row(Label(self.tr("Model"), muted=True), self.picker, self.beside))
        held = as_widget(in_column(STRETCH, (self.chooser, 0, Qt.AlignmentFlag.AlignRight), gap=-1))
        title = SectionTitle(self.tr("Classify"), self.tr("Ask the classifier about texts it has never seen"),
                             page=True)
        title.setMinimumWidth(TITLE_WIDTH)
        self.tabs = Tabs()
        self.tabs.addTab(self.one, self.tr("One text"))
        self.tabs.addTab(self.many, self.tr("Many texts"))
        self.stack = Stacked()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.tabs)
        self.body.addWidget(Beside(title, held))
        self.body.addWidget(self.newer)
        self.body.addWidget(self.failure)
        self.body.addWidget(self.stack, 1)

    def _connect(self) -> None:
        self.picker.picked.connect(self._load)
        self.beside.chosen.connect(self._load_others)
        self.failure.dismissed.connect(self._clear_failure)
        self.newer.use.clicked.connect(self._use_newest)
        self.one.failed.connect(self._one_failed)
        self.one.answered.connect(self._one_answered)
        self.many.failed.connect(self._many_failed)
        self.many.begun.connect(self._many_begun)
        self.many.opened.connect(self._open_one)
        self.many.evaluateWanted.connect(self._evaluate)
        self.shell.shown.stateChanged.connect(self.refresh)

    def activated(self) -> None:
        """A run may have finished in the meantime, or its result be what the person has just looked at."""
        wanted, self.shell.wanted_model = self.shell.wanted_model, None
        if wanted is not None and wanted.is_file() and wanted != self.picker.current:
            self.picker.use(wanted, by_person=False)
        self.refresh()
        focus = self.window().focusWidget()
        if self.one.editor.isVisible() and (focus is None or self.isAncestorOf(focus) or not focus.isVisible()):
            self.one.editor.setFocus(Qt.FocusReason.OtherFocusReason)  # not the list of models, where typing picks one

    def actions(self) -> list[QAction]:
        opening, classifying = super().actions()
        classifying.setEnabled(self.picker.current is not None)
        return [opening, classifying]

    def dropped(self, paths: list[str]) -> bool:
        """A model becomes the one in use; anything else is classified."""
        files = [Path(path) for path in paths]
        models = [path for path in files if path.suffix == SUFFIX]
        if models:
            self.picker.use(models[0])
        others = [path for path in files if path.suffix != SUFFIX]
        if others and self.picker.current is None:
            self.shell.toast(self.tr(
                "There is no model yet that could classify this. Train one, or drop a model ({suffix}) here."
            ).format(suffix=SUFFIX), "warning", self.tr("Go to training"), partial(self.shell.go, "train"))
        elif others:
            self.tabs.setCurrentWidget(self.many)
            self.many.classify(others)
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped anywhere on the page."""
        if paths_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.dropped([str(path) for path in paths_in(event.mimeData())]):
            event.acceptProposedAction()

    @Slot()
    def refresh(self) -> None:
        """Look for models: take the newest if none is in use, go on to it or offer it if there is a newer one."""
        choices = self.picker.refresh()
        current = self.picker.current
        there = {choice.path for choice in choices}
        run = self.project.newest_run(lambda one: one.model_path in there)
        newest = None if run is None else run.model_path
        if current is None and choices:
            self.picker.use(newest or choices[0].path, by_person=False)
        elif current is not None and self.answering is not None and not self._slot.running:
            self._look_for_newer(current, newest, self.answering.saved)
        self._name_models()
        self.one.look_at_names()
        in_use = self.picker.current is not None
        self.beside.set_choices(self.picker.choices, self.picker.current)
        self.stack.setCurrentIndex(1 if in_use else 0)
        self.chooser.setVisible(in_use)

    @property
    def _looked_at(self) -> bool:
        """Whether there are answers that another model would change without a word, or a comparison with it."""
        return self.many.holds_answers or bool(self.beside.paths) or not is_blank(self.one.editor.toPlainText())

    def _name_models(self) -> None:
        """Those that answer are called as in the lists."""
        names = {choice.path: choice.name for choice in self.picker.choices}
        for one in (self.answering, *self.others):
            if one is not None:
                one.name = names.get(one.path, "")

    def _look_for_newer(self, current: Path, newest: Path | None, saved: int) -> None:
        """Go on to a model that is newer than ``current`` (or is it, saved anew after ``saved``); offer it where the
        person chose the one in use, or is looking at what it says."""
        newer = newest is not None and newest != current and saved_at(newest) > self._opened
        found = newest if newer else current
        now = saved_at(found) if found is not None else 0
        if found is None or (found, now) == self._looked or (found == current and now in (0, saved)):
            return
        self._newest, self._looked = found, (found, now)
        if not self._looked_at and not (newer and self.picker.by_person):
            self._use_newest()
        elif newer:
            self.newer.offer(self.tr("A newer model is there, of run {name}.").format(name=run_of(self.project, found)))
        else:
            self.newer.offer(self.tr("The model in use has been saved anew since it was opened."))

    @Slot()
    def _use_newest(self) -> None:
        if self._newest is not None:
            self.picker.use(self._newest, by_person=self.picker.by_person and self._newest == self.picker.current)

    @Slot(object)
    def _load(self, path: Path) -> None:
        self.stack.setCurrentIndex(1)
        self.chooser.show()
        self.newer.hide()
        self._clear_failure()
        self._looked, self._opened = (path, saved_at(path)), time.time_ns()
        self.beside.set_choices(self.picker.choices, path)
        self.status.emit("busy")
        self.one.set_opening(next((one.name for one in self.picker.choices if one.path == path), path.name))
        compute = self.project.config.compute
        self._slot.start(lambda: make_ready(path, compute.device, compute.precision))

    @Slot(object)
    def _loaded(self, answering: Answering) -> None:
        self.answering = answering
        self._name_models()
        self.status.emit("ready")
        self.one.set_model(answering)
        self.one.set_others(self.others)
        self.many.set_model(answering)

    @Slot(object)
    def _load_others(self, paths: tuple[Path, ...]) -> None:
        compute, ready = self.project.config.compute, tuple(self.others)
        self._beside_slot.start(lambda: make_all_ready(paths, ready, compute.device, compute.precision))

    @Slot(object)
    def _others_loaded(self, models: list[Answering]) -> None:
        if models != self.others:
            self.others = models
            self._name_models()
            self.one.set_others(models)
            self.many.set_others(models)

    @Slot(object)
    def _others_not_loaded(self, failure: Failed) -> None:
        """Those that answered before go on."""
        self.beside.keep(tuple(one.path for one in self.others))
        self._show_failure(failure, None)

    @Slot(object, object)
    def _evaluate(self, path: Path, columns: tuple[str, ...]) -> None:
        if self.picker.current is not None:
            self.shell.evaluate_table(TableToMeasure(self.picker.current, path, columns))

    @Slot(object)
    def _not_loaded(self, failure: Failed) -> None:
        """The model in use before stays in use."""
        self.one.set_opening("")
        self.picker.keep(self.answering.path if self.answering else None)
        there = self.answering is not None
        self.stack.setCurrentIndex(1 if there else 0)
        self.chooser.setVisible(there)
        self._show_failure(failure, None)

    @Slot(object)
    def _one_failed(self, failure: Failed) -> None:
        self._show_failure(failure, self.one)

    @Slot(object)
    def _many_failed(self, failure: Failed) -> None:
        self._show_failure(failure, self.many)

    def _show_failure(self, failure: Failed, part: QWidget | None) -> None:
        self.status.emit("problem")
        self._failed_part = part
        offer = (self.tr("Choose other files…"), self._choose_many) if part is self.many else (
            self.tr("Choose another model…"), self.picker.choose_file)
        self.failure.show_failure(failure, [offer])

    @Slot()
    def _one_answered(self) -> None:
        if self._failed_part is self.one:
            self._clear_failure()

    @Slot()
    def _many_begun(self) -> None:
        if self._failed_part is self.many:
            self._clear_failure()

    @Slot()
    def _clear_failure(self) -> None:
        self._failed_part = None
        self.failure.clear()
        self.status.emit("ready" if self.answering is not None else "")

    @Slot(str)
    def _open_one(self, text: str) -> None:
        lost = self.one.has_own_text and self.one.editor.toPlainText() != text
        self.tabs.setCurrentWidget(self.one)
        self.one.show_text(text)
        if lost:
            self.shell.toast(self.tr("The text of the table stands in the place of the one you had."), "info",
                             self.tr("Undo"), lambda: self._own_text_back(text))

    def _own_text_back(self, text: str) -> None:
        if self.one.editor.toPlainText() == text:  # nothing was typed, and nothing taken back, since then
            self.one.editor.undo()

    @Slot()
    def _choose_many(self) -> None:
        self.tabs.setCurrentWidget(self.many)
        self.many.choose()
