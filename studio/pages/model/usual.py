"""What is usual for the corpus where that is not the plain setting, with its reason and one button that sets it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.facts import CorpusFacts
from studio.fields import field
from studio.project import Project
from studio.widgets import Button, Card, Paragraph
from studio.widgets.layouts import in_row
from studio.words import words
from ulmengine.config import RunConfig
from ulmengine.plan.usual import CorpusSize, Usual, usual_settings

from .sizes import Network

_TASKS = ("language_model.", "classifier.")


class UsualCard(Card):
    """Hidden where the project's settings are what is usual for its corpus."""

    def __init__(self, project: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.project = project
        self.told = Paragraph(muted=False)
        self.use = Button(self.tr("Set"), "check")
        self.body.addLayout(in_row((self.told, 1), self.use, gap=theme.M))
        self.use.clicked.connect(self._use)
        self._open: tuple[Usual, ...] = ()
        self.hide()

    def follow(self, network: Network, config: RunConfig, facts: CorpusFacts | None) -> None:
        """Show what differs for the corpus of ``facts``."""
        self._open = () if facts is None else usual_settings(corpus_size(network, facts), network.sizes, config)
        lines = [self.tr("Usual for this corpus: {setting} {value} instead of {plain}. {why}.").format(
            setting=_called(one.name), value=_figure(one.value), plain=_figure(one.plain),
            why=one.why[:1].upper() + one.why[1:]) for one in self._open]
        self.told.setText("\n".join(lines))
        self.setAccessibleName(self.told.text())
        self.setVisible(bool(lines))

    @Slot()
    def _use(self) -> None:
        self.project.change({one.name: one.value for one in self._open}, self.tr("Set what is usual for this corpus"))


def corpus_size(network: Network, facts: CorpusFacts) -> CorpusSize:
    """What the rules look at."""
    return CorpusSize(documents=facts.train if facts.classes else 0, texts=facts.train + facts.others,
                      tokens=facts.tokens, pretrained=bool(network.pretrained))


def _called(name: str) -> str:
    """The setting called ``name`` in words; one of a task with the task, for both have epochs and rates."""
    mine = field(name)
    label = words(mine.label).lower()
    return f"{label} ({words(mine.sections[0]).lower()})" if name.startswith(_TASKS) else label


def _figure(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_figure, value))
    return f"{value:,}" if isinstance(value, int) else str(value)
