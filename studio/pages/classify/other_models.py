"""Other models beside the one in use: which, and what they say of one text."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.models.predictions import DIFFERS
from studio.widgets import Button, Card, ElidedLabel
from studio.widgets.layouts import discard, in_column
from ulmengine.events import Event
from ulmengine.inference.predict import Prediction

from .answering import Answering, make_ready
from .model_picker import ListedModel
from .probability_bars import ProbabilityBars

MOST = 2
"""So many models stand beside the one in use at most."""


class BesideChoice(Button):
    """A menu of the other models; those that are ticked answer as well."""

    chosen = Signal(object)
    """The models' paths, a tuple."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Compare with…"), "copy", parent=parent)
        self.paths: tuple[Path, ...] = ()
        self._choices: tuple[ListedModel, ...] = ()
        self._menu = QMenu(self, toolTipsVisible=True)
        self.setMenu(self._menu)
        self.setToolTip(self.tr("Let one or two other models answer the same texts"))
        self._tell()

    def set_choices(self, choices: Sequence[ListedModel], current: Path | None) -> None:
        """The models that there are; the ``current`` one is not offered beside itself."""
        self._choices = tuple(one for one in choices if one.path != current)
        there = {one.path for one in self._choices}
        kept = tuple(path for path in self.paths if path in there)
        if kept != self.paths:
            self.use(kept)
        self.setVisible(bool(self._choices))
        self._fill()

    def use(self, paths: tuple[Path, ...]) -> None:
        self.paths = paths[-MOST:]
        self._fill()
        self.chosen.emit(self.paths)

    def keep(self, paths: tuple[Path, ...]) -> None:
        """Go back to ``paths``, which still answer, because another model could not be opened."""
        self.paths = paths
        self._fill()

    def _fill(self) -> None:
        self._menu.clear()
        for one in self._choices:
            action = QAction(one.name, self._menu, checkable=True, checked=one.path in self.paths, toolTip=one.tip)
            action.setData(one.path)
            action.triggered.connect(self._ticked)
            self._menu.addAction(action)
        self._tell()

    def _tell(self) -> None:
        self.setText(self.tr("Compared with {n}").format(n=len(self.paths)) if self.paths else self.tr("Compare with…"))

    @Slot()
    def _ticked(self) -> None:
        path = self.sender().data()  # type: ignore[attr-defined]
        self.use(tuple(one for one in self.paths if one != path) if path in self.paths else (*self.paths, path))


def make_all_ready(
    paths: Sequence[Path], ready: Sequence[Answering], device: str, precision: str
) -> Generator[Event, None, list[Answering]]:
    """Open the models at ``paths``; those that are ``ready`` are used again.

    :raises ModelError: one cannot be opened, or is no classifier.
    """
    there = {one.path: one for one in ready}
    for path in paths:
        if path not in there:
            there[path] = yield from make_ready(path, device, precision)
    return [there[path] for path in paths]


class BesideAnswers(QWidget):
    """A card a model; the newest text is asked about as soon as the one before is answered."""

    failed = Signal(object)
    """A :class:`ulmengine.events.Failed`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models: tuple[Answering, ...] = ()
        self._text = self._wanted = ""
        self._main = ""
        self.cards: list[OtherAnswer] = []
        self._column = in_column(inside=self, gap=theme.M)
        self._slot = JobSlot(self, self._answered, self.failed)

    @property
    def busy(self) -> bool:
        """Whether answers are on their way."""
        return self._slot.running

    def set_models(self, models: Sequence[Answering], names: Sequence[str], labels: Collection[str]) -> None:
        """These models answer from now on beside the one in use, which knows ``labels``."""
        self._slot.cancel()
        self._models, self._text = tuple(models), ""
        discard(self._column, self.cards)
        self.cards = [OtherAnswer(name, apart=not labels or set(labels).isdisjoint(model.labels))
                      for name, model in zip(names, models, strict=True)]
        for card in self.cards:
            self._column.addWidget(card)
        self.setVisible(bool(models))

    def ask(self, text: str, main: str) -> None:
        """Ask about ``text``, of which the model in use says ``main``; "" for nothing."""
        self._wanted, self._main = text, main
        if not text:
            self._slot.cancel()
            self._text = ""
            for card in self.cards:
                card.show_answer(None, "")
        elif self._models and not self._slot.running and text != self._text:
            models = self._models
            self._slot.start(lambda: _ask_all(models, text))

    @Slot(object)
    def _answered(self, found: tuple[str, list[Prediction]]) -> None:
        self._text, said = found
        for card, one in zip(self.cards, said, strict=True):
            card.show_answer(one, self._main)
        if self._wanted != self._text:
            self.ask(self._wanted, self._main)


class OtherAnswer(Card):
    """What another model says, marked where it is something else; ``apart``: it knows none of the labels of the model
    in use, and so can say nothing else."""

    def __init__(self, name: str, *, apart: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(margin=theme.M, parent=parent)
        self.name, self._apart = name, apart
        self.label = ElidedLabel("", theme.Type.STRONG)
        self.bars = ProbabilityBars(pickable=False)
        self.bars.setAccessibleName(self.tr("Probabilities by {model}").format(model=name))
        self.body.setSpacing(theme.XS)
        self.body.addWidget(ElidedLabel(name, theme.Type.SMALL, muted=True, mode=Qt.TextElideMode.ElideMiddle))
        self.body.addWidget(self.label)
        self.body.addWidget(self.bars)
        self.show_answer(None, "")

    def show_answer(self, said: Prediction | None, main: str) -> None:
        """Show what it says where the model in use says ``main``."""
        differs = said is not None and said.label != main and not self._apart
        label = "" if said is None else said.label or self.tr("none of the labels")
        if differs:
            label = DIFFERS + self.tr("{label} (differs)").format(label=label)
        elif self._apart and said is not None:
            label = self.tr("{label} (other labels)").format(label=label)
        self.label.setText(label)
        self.set_colors("warn_soft" if differs else "panel", "warn" if differs else "border")
        self.bars.show_probabilities(said.probabilities if said is not None else {}, "")
        self.bars.setVisible(said is not None)
        self.setAccessibleName(f"{self.name}: {self.label.text()}")


def _ask_all(models: Sequence[Answering], text: str) -> Generator[Event, None, tuple[str, list[Prediction]]]:
    found = []
    for model in models:
        answer = yield from model.answer(text)
        found.append(answer.prediction)
    return text, found
