"""Which classifiers can be asked: those of the project's runs, those kept, any file; and word of a newer one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from studio import theme
from studio.project import Project
from studio.shell import Shell
from studio.widgets import Button, CalmCombo, Card, IconButton, Paragraph
from ulmengine.models import SUFFIX, ModelError, describe_bundle, models_folder, own_models, shipped_models
from ulmengine.record import RunFolder, run_name

_FILE = "\0file"
_FITS = 20
NARROWEST = 140
"""Px of the list where there is no room for all of a name: it ends in dots then, and the tooltip has the whole."""


@dataclass(frozen=True)
class ListedModel:
    """A classifier in the list."""

    path: Path
    name: str
    labels: tuple[str, ...] = ()


def classifiers(project: Project) -> list[ListedModel]:
    """All classifiers that can be found, those of the project's runs first, newest first."""
    found = []
    for run in reversed(project.run_folders()):
        if run.model_path.is_file():
            try:
                about = describe_bundle(run.model_path)
            except ModelError:
                continue  # said when it is chosen by hand; a list is no place for it
            if about.kind == "classifier":
                found.append(ListedModel(run.model_path, _tr("Run {name}: {labels}").format(
                    name=run_name(run), labels=few(about.labels)), about.labels))
    kept = (*own_models(models_folder()), *shipped_models())
    return found + [ListedModel(entry.path, entry.name, entry.description.labels) for entry in kept
                    if entry.description is not None and entry.description.kind == "classifier"]


def run_of(project: Project, path: Path) -> str:
    """The name of the project's run whose model lies at ``path``; "" if it is no run's of the project."""
    return run_name(RunFolder(path.parent)) if path.parent.parent == project.runs else ""


def few(labels: tuple[str, ...]) -> str:
    """The labels where they fit into a line, else their number."""
    all_of_them = ", ".join(labels)
    return all_of_them if len(all_of_them) <= _FITS else _tr("{n} labels").format(n=len(labels))


def _tr(text: str) -> str:
    return QCoreApplication.translate("ModelPicker", text)


class ModelPicker(CalmCombo):
    """The list; a file chosen by hand stays in it."""

    picked = Signal(object)
    """The path of the model to use."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.shell = shell
        self._by_hand: list[ListedModel] = []
        self.choices: list[ListedModel] = []
        """All models in the list."""
        self._current: Path | None = None
        self.by_person = False
        """Whether the person chose the model in use; else it was the newest."""
        self.setAccessibleName(self.tr("Model"))
        self.setToolTip(self.tr("The classifier that is asked"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(22)
        self.setMinimumWidth(NARROWEST)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.activated.connect(self._activated)

    @property
    def current(self) -> Path | None:
        """The model in use."""
        return self._current

    def refresh(self) -> list[ListedModel]:
        """Look for models anew; the one in use stays."""
        choices = [*self._by_hand, *(one for one in classifiers(self.project)
                                     if one.path not in {mine.path for mine in self._by_hand})]
        self.choices = choices
        self.clear()
        for one in choices:
            self.addItem(one.name, str(one.path))
            self.setItemData(self.count() - 1, ", ".join(one.labels), Qt.ItemDataRole.ToolTipRole)
        if choices:
            self.insertSeparator(self.count())
        self.addItem(self.tr("Choose a file…"), _FILE)
        self._show_current()
        return choices

    def use(self, path: Path, by_person: bool = True) -> None:
        """Make ``path`` the model in use, in the list or not."""
        self.by_person = by_person
        if self.findData(str(path)) < 0:
            self._by_hand.insert(0, ListedModel(path, path.name))
        self._current = path
        self.refresh()
        self.picked.emit(path)

    def keep(self, path: Path | None) -> None:
        """Go back to ``path``, which is still in use, because another model could not be opened."""
        self._by_hand = [one for one in self._by_hand if one.path != self._current or one.path == path]
        self._current = path
        self.refresh()

    @Slot()
    def choose_file(self) -> None:
        """Ask for a model's file."""
        paths = self.shell.ask.open_files(
            self.tr("Choose a model"), self.project.folder, self.tr("Models (*{suffix})").format(suffix=SUFFIX))
        if paths:
            self.use(paths[0])
        else:
            self._show_current()

    @Slot(int)
    def _activated(self, index: int) -> None:
        chosen = self.itemData(index)
        if chosen == _FILE:
            self.choose_file()
        elif chosen is not None and Path(chosen) != self._current:
            self.use(Path(chosen))

    def _show_current(self) -> None:
        self.setCurrentIndex(self.findData(str(self._current)) if self._current is not None else -1)


class NewerModel(Card):
    """Hidden until :meth:`offer`."""

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(margin=theme.S, parent=parent)
        self.set_colors("accent_soft", "accent")
        self._icon = QLabel()
        self.text = Paragraph("", muted=False)
        self.use = Button(self.tr("Use it"))
        close = IconButton("close", self.tr("Close"))
        row = QHBoxLayout()
        row.setContentsMargins(theme.S, 0, 0, 0)
        row.setSpacing(theme.S)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.use)
        row.addWidget(close)
        self.body.addLayout(row)
        self.use.clicked.connect(self._use)
        close.clicked.connect(self.hide)
        theme.current().changed.connect(self._paint)
        self._paint()
        self.hide()

    def offer(self, words: str) -> None:
        """Say ``words`` and offer to use the model they speak of."""
        self.text.setText(words)
        self.show()

    @Slot()
    def _use(self) -> None:
        self.hide()
        self.wanted.emit()

    @Slot()
    def _paint(self) -> None:
        self._icon.setPixmap(theme.current().pixmap("info", 16, "accent"))
