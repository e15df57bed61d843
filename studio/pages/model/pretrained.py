"""Choosing the language model that a run starts from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from studio import theme
from studio.facts import CorpusFacts
from studio.fields import field
from studio.pages.parts.model_names import names_apart
from studio.project import Project
from studio.settings import data_folder
from studio.shell import Shell
from studio.widgets import CalmCombo, Label, Paragraph
from studio.widgets.layouts import in_column
from studio.words import help_of, words
from ulmengine.models import SUFFIX, language_models, models_folder, own_candidates

from .sizes import Network

NAME = "model.pretrained"
_FILE = "\0file"


class PretrainedPicker(QWidget):
    """Automatic, none, the shipped and the person's own language models, or any file."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.shell = shell
        self.box = CalmCombo()
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(12)
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.box.setAccessibleName(words(field(NAME).label))
        self.box.setToolTip(help_of(field(NAME)))
        self.box.activated.connect(self._activated)
        self.told = Paragraph("", theme.Type.SMALL)
        caption = Label(words(field(NAME).label))
        caption.setBuddy(self.box)
        in_column(caption, self.box, 2, self.told, inside=self, gap=2)
        self.setFocusProxy(self.box)

    def follow(self, network: Network, facts: CorpusFacts | None) -> None:
        """Show what is chosen and what it comes to, by what is known of the corpus."""
        chosen = self.project.config.model.pretrained
        self.box.clear()
        self.box.addItem(self.tr("Automatic"), "auto")
        self.box.addItem(self.tr("None: from scratch"), "none")
        entries = language_models(models_folder())
        names = names_apart(entries)
        for entry in entries:
            self.box.addItem(names[entry.path], str(entry.path))
        if chosen not in ("auto", "none") and self.box.findData(chosen) < 0:
            self.box.addItem(Path(chosen).name, chosen)
        self.box.insertSeparator(self.box.count())
        self.box.addItem(self.tr("Choose a file…"), _FILE)
        self.box.setCurrentIndex(self.box.findData(chosen))
        seen = {} if facts is None else facts.shares
        unseen = (facts is None or facts.classes) and any(
            str(entry.path) not in seen for entry in own_candidates(self.project.config, models_folder()))
        self.told.setText(" ".join([self._words(network, chosen), *([self.tr(
            "A run takes one of your own models instead where that one knows more of the corpus' words.")] if unseen
            else [])]))

    def _words(self, network: Network, chosen: str) -> str:
        if network.problem:
            return network.problem
        if network.pretrained:
            sizes = network.sizes
            return self.tr("Starts from {name} ({embedding}/{hidden}/{layers}). It brings its own size.").format(
                name=network.pretrained, embedding=sizes.embedding, hidden=sizes.hidden, layers=sizes.layers)
        if network.known is not None:
            return self.tr("The shipped model knows only {share} of the words of this corpus, so the language model "
                           "learns from scratch, on the corpus alone.").format(share=f"{network.known:.0%}")
        if chosen == "auto":
            return self.tr("No pretrained model of this size is there: the language model learns from scratch, on "
                           "the corpus alone.")
        return self.tr("The language model learns from scratch, on the corpus alone.")

    @Slot(int)
    def _activated(self, index: int) -> None:
        value = self.box.itemData(index)
        if value == _FILE:
            value = self._ask() if self.project.may_change() else None
        if value is not None:
            self.project.change({NAME: value}, self.tr("Choose the pretrained model"))
        self.box.setCurrentIndex(self.box.findData(self.project.config.model.pretrained))

    def _ask(self) -> str | None:
        kinds = self.tr("Models (*{suffix})").format(suffix=SUFFIX)
        paths = self.shell.ask.open_files(self.tr("Choose a pretrained model"), data_folder(), kinds)
        return str(paths[0]) if paths else None
