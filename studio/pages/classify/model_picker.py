"""Which classifiers can be asked: those of the project's runs, those kept, any file; and word of a newer one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from studio import theme
from studio.pages.parts.model_names import file_words, found_models, names_apart
from studio.project import Project
from studio.shell import Shell
from studio.widgets import Button, CalmCombo, Card, IconButton, IconLabel, Paragraph
from studio.widgets.layouts import in_row
from ulmengine.models import SUFFIX, models_folder
from ulmengine.record import RunFolder, run_name

_FILE = "\0file"
NARROWEST = 140
"""Px of the list where there is no room for all of a name: it has dots in it then, and the tooltip has the whole."""


@dataclass(frozen=True)
class ListedModel:
    """A classifier in the list."""

    path: Path
    name: str
    labels: tuple[str, ...] = ()

    @property
    def tip(self) -> str:
        """Its labels, and which file it is: models may bear the same title."""
        return "\n".join(part for part in (", ".join(self.labels), file_words(self.path)) if part)


def classifiers(project: Project, by_hand: Sequence[Path] = ()) -> list[ListedModel]:
    """All classifiers that can be found, those chosen ``by_hand`` first, then the project's runs', newest first."""
    found = found_models([run.path for run in project.run_folders()], models_folder())
    names = names_apart(found, by_hand)
    # One that cannot be read says why when it is chosen by hand; a list is no place for it.
    about = {entry.path: entry.description for entry in found
             if entry.description is not None and entry.description.kind == "classifier"}
    return [ListedModel(path, names[path], about[path].labels if path in about else ())
            for path in dict.fromkeys((*by_hand, *about))]


def run_of(project: Project, path: Path) -> str:
    """The name of the project's run whose model lies at ``path``; "" if it is no run's of the project."""
    return run_name(RunFolder(path.parent)) if path.parent.parent == project.runs else ""


class ModelPicker(CalmCombo):
    """The list; a file chosen by hand stays in it."""

    picked = Signal(object)
    """The path of the model to use."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.shell = shell
        self._by_hand: list[Path] = []
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
        self.choices = choices = classifiers(self.project, self._by_hand)
        self.clear()
        for one in choices:
            self.addItem(one.name, str(one.path))
            self.setItemData(self.count() - 1, one.tip, Qt.ItemDataRole.ToolTipRole)
        if choices:
            self.insertSeparator(self.count())
        self.addItem(self.tr("Choose a file…"), _FILE)
        self._show_current()
        return choices

    def use(self, path: Path, by_person: bool = True) -> None:
        """Make ``path`` the model in use, in the list or not."""
        self.by_person = by_person
        if self.findData(str(path)) < 0:
            self._by_hand.insert(0, path)
        self._current = path
        self.refresh()
        self.picked.emit(path)

    def keep(self, path: Path | None) -> None:
        """Go back to ``path``, which is still in use, because another model could not be opened."""
        self._by_hand = [one for one in self._by_hand if one != self._current or one == path]
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

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(margin=theme.S, parent=parent)
        self.set_colors("accent_soft", "accent")
        self.text = Paragraph("", muted=False)
        self.use = Button(self.tr("Use it"))
        close = IconButton("close", self.tr("Close"))
        self.body.addLayout(in_row(IconLabel("info", 16, "accent"), (self.text, 1), self.use, close,
                                   margins=(theme.S, 0, 0, 0)))
        for button in (self.use, close):
            button.clicked.connect(self.hide)
        self.hide()

    def offer(self, words: str) -> None:
        """Say ``words`` and offer to use the model they speak of."""
        self.text.setText(words)
        self.show()
