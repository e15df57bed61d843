"""The Model page: what is trained, what it leaves out at random, and what that will cost."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.facts import CorpusFacts
from studio.fields import field
from studio.pages.base import ProjectPage
from studio.pages.parts.published import PublishedButton
from studio.project import Project
from studio.shell import Shell
from studio.usual import usual_of, usual_words
from studio.widgets import (
    Button,
    Card,
    ConfigField,
    ConfigForm,
    Paragraph,
    PrimaryButton,
    SectionTitle,
    Tabs,
    focus_in_view,
)
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row, scrolling
from ulmengine.config.published import DROPOUTS
from ulmengine.events import Failed
from ulmengine.plan.usual import Usual

from .estimate import EstimateCard
from .picture import NetworkPicture, probability
from .pretrained import PretrainedPicker
from .sizes import Network, network_of
from .speed import Speed, measure_speed

NETWORK = ("model.preset", "model.direction", "model.pooling", "model.embedding_size", "model.hidden_size",
           "model.layers", "model.skip_connections", "model.head_hidden")
DROPOUT = tuple(f"model.dropout.{name}" for name in (
    "multiplier", "embedding", "input", "weight", "hidden", "output", "pooled", "head", "input_weight"))
_SIDE, _SLIM, _NARROW = 308, 270, 720
"""Px of the settings beside the picture, and below this width of the page, where the picture would be cut off."""


class ModelPage(ProjectPage):
    """The picture beside the settings; every change is shown in it at once and is one step that can be undone."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(project, shell, parent)
        self.facts: CorpusFacts | None = None
        self.speed: Speed | None = None
        self._measured: object = None
        self.network: Network = self._find_network()
        self.picture = NetworkPicture(self.network)
        self.estimate, self.usual = EstimateCard(), UsualCard(project)
        self.pretrained = PretrainedPicker(project, shell)
        self.form = ConfigForm(project, NETWORK, compact=True)
        self.dropout = ConfigForm(project, DROPOUT, compact=True)
        self.published = PublishedButton(project, DROPOUTS)
        self.published.mark(self.dropout.fields.values())
        self.onward = PrimaryButton(self.tr("Continue to the rates"), "chevron-right")
        self._slot = JobSlot(self, self._measured_speed, self._failed)
        self.offer(self.tr("Measure the speed of this machine"), self.measure)
        self._arrange()
        for row in self.dropout.fields.values():
            for control in row.editor.controls():
                control.installEventFilter(self)
        self.onward.clicked.connect(lambda: shell.go("rates"))
        self.picture.picked.connect(self._picked)
        self.picture.drawn.connect(self._drawn)
        self.estimate.measureWanted.connect(self.measure)
        self.estimate.progress.cancelled.connect(self._cancel)
        self._slot.events.connect(self.estimate.progress.show_events)
        project.changed.connect(self.follow)
        self.follow()
        self.status.emit("ready")

    def _arrange(self) -> None:
        title = SectionTitle(self.tr("Model"), self.tr(
            "An AWD-LSTM that first learns the language of your texts, then their labels"), page=True,
            less_below=self.tr("Learns your language first, then your labels"))
        self.body.addLayout(in_row((title, 1), self.onward, gap=-1))
        drawing = Card(margin=theme.M)
        drawing.body.addLayout(in_row(STRETCH, (self.picture, 1000), STRETCH, gap=-1))
        self.direction = Paragraph("", theme.Type.SMALL)
        drawing.body.addWidget(self.direction)
        reckoned = Card(self.tr("How this is estimated"))
        reckoned.body.addWidget(self.estimate.told)
        left = as_widget(in_column(self.estimate, self.usual, drawing, reckoned, STRETCH, gap=theme.M,
                                   margins=(0, 0, theme.S, 0)))
        self.side = Tabs()
        self.side.addTab(_settings(self.pretrained, self.form), self.tr("Network"))
        self.side.addTab(_settings(self.published, self.dropout), self.tr("Dropout"))
        self.body.addLayout(in_row((scrolling(left, sideways=True), 1), self.side), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the picture what it needs."""
        super().resizeEvent(event)
        self.side.setFixedWidth(_SIDE if event.size().width() >= _NARROW else _SLIM)

    def activated(self) -> None:
        """The corpus may have been read in the meantime."""
        self.follow()

    def show_setting(self, name: str) -> bool:
        if name == "model.pretrained":
            self.side.setCurrentIndex(0)
            focus_in_view(self.pretrained)
            return True
        self.side.setCurrentIndex(1 if name in self.dropout.fields else 0)
        return super().show_setting(name)

    def _find_network(self) -> Network:
        config = self.project.config
        self.facts = self.project.facts
        return network_of(config, self.facts, Path(self.project.folder))

    @Slot()
    def follow(self) -> None:
        """Show the settings as they are now."""
        self.network = self._find_network()
        if self._measured != self._speed_key():
            self.speed = None
        self.picture.show_network(self.network)
        said = self._direction_words()
        self.direction.setText(said)
        self.direction.setVisible(bool(said))
        self._show_effective()
        self.pretrained.follow(self.network, self.facts)
        self.estimate.follow(self.network, self.project.config, self.facts, self.speed)
        self.usual.follow()
        own = self.project.config.model.preset == "custom" and not self.network.pretrained
        sizes = self.network.sizes
        for name, value in (("embedding_size", sizes.embedding), ("hidden_size", sizes.hidden),
                            ("layers", sizes.layers)):
            row = self.form.fields[f"model.{name}"]
            row.setEnabled(own)
            if not own:
                row.show_in_force(value)

    def _direction_words(self) -> str:
        """What the picture cannot show of the direction of reading."""
        return {
            "backward": self.tr("Reads every text from its last word to its first."),
            "both": self.tr("Two such networks are trained: one reads forwards, one from the last word to the first. "
                            "Their probabilities are averaged."),
        }.get(self.project.config.model.direction, "")

    def _show_effective(self) -> None:
        """Beside every ratio the probability that it comes to."""
        dropout = self.network.model.dropout
        for name, row in self.dropout.fields.items():
            last = name.rpartition(".")[2]
            if last != "multiplier":
                row.unit.setText(f"→ {probability(dropout.effective(last))}")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The dropout whose slider has the focus is marked in the picture."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            row = watched.parent()
            while row is not None and not isinstance(row, ConfigField):
                row = row.parent()
            if row is not None:
                last = row.name.rpartition(".")[2]
                self.picture.use(last if event.type() == QEvent.Type.FocusIn else "")
        return super().eventFilter(watched, event)

    def _speed_key(self) -> object:
        """What the speed depends on: a change of anything else leaves the measured one valid."""
        config, network = self.project.config, self.network
        return (network.sizes, network.vocabulary, network.classes, config.model.head_hidden, config.compute,
                config.model.pooling, config.language_model.batch_size, config.language_model.bptt,
                config.classifier.batch_size, config.classifier.bptt)

    @Slot()
    def measure(self) -> None:
        """Measure the speed in the background; not while a run uses the machine, which would spoil both."""
        if self.shell.busy:
            self.shell.toast(self.tr("A run is using the machine; the speed can be measured when it is over."))
            return
        network, config, facts = self.network, self.project.config, self.facts
        self._measured = self._speed_key()
        self.estimate.begin()
        self._slot.start(lambda: measure_speed(network, config, facts))

    @Slot()
    def _cancel(self) -> None:
        self._slot.cancel()
        self._measured = None
        self.estimate.end()
        self.follow()

    @Slot(object)
    def _measured_speed(self, speed: Speed) -> None:
        self.estimate.end()
        self.speed = speed
        self.follow()

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        self._measured = None
        self.estimate.end()
        self.follow()
        self.estimate.failure.show_failure(failure)

    @Slot(str)
    def _picked(self, name: str) -> None:
        setting = f"model.dropout.{name}"
        if self.show_setting(setting) and isinstance(row := self.dropout.fields.get(setting), ConfigField):
            slider = row.editor.controls()[-1]  # not the box, in which Ctrl+Z would be of what is typed there
            slider.setFocus(Qt.FocusReason.MouseFocusReason)

    @Slot(str, float)
    def _drawn(self, name: str, probability: float) -> None:
        """Set the dropout so that with the multiplier it comes to ``probability``, as nearly as it may."""
        setting, dropout = f"model.dropout.{name}", self.project.config.model.dropout
        share = 1.0 if name == "head" else dropout.multiplier
        limits = field(setting)
        if share > 0:
            ratio = round(probability / share, 2)
            self.project.change({setting: min(max(ratio, limits.low or 0.0), limits.high or 1.0)})


def _settings(*parts: QWidget) -> QScrollArea:
    """Settings below one another, scrolling where they do not fit."""
    card = Card()
    for part in parts:
        card.body.addWidget(part)
    return scrolling(as_widget(in_column(card, STRETCH, margins=(0, theme.M, theme.S, 0))))


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

    def follow(self) -> None:
        """Show what differs for the project's corpus."""
        self._open = usual_of(self.project.config, self.project.facts, self.project.folder)
        self.told.setText("\n".join(map(usual_words, self._open)))
        self.setAccessibleName(self.told.text())
        self.setVisible(bool(self._open))

    @Slot()
    def _use(self) -> None:
        self.project.change({one.name: one.value for one in self._open}, self.tr("Set what is usual for this corpus"))
