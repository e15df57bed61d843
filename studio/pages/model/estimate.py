"""What training will cost, before anything starts: parameters, memory, time."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.facts import CorpusFacts
from studio.pages.parts.jobbar import JobBar
from studio.pages.parts.quantities import large
from studio.widgets import Button, Card, Cells, FailureCard, Label, OnePress, Paragraph
from studio.widgets.layouts import in_column
from studio.words import time_words
from ulmengine.config import RunConfig

from .sizes import Network, directions_of, memory_of, parameters_of, vocabulary_of
from .speed import Speed, seconds_of


class EstimateCard(Card):
    """Three numbers side by side; ``told`` says how they were reckoned and is placed by the page."""

    measureWanted = Signal()
    """The person wants the speed of this machine measured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.parameters = _Number(self.tr("Parameters"))
        self.memory = _Number(self.tr("Memory while training"))
        self.time = _Number(self.tr("Time"))
        self.measure = Button(self.tr("Measure the speed"), "clock")
        self.measure.clicked.connect(self.measureWanted)
        self.progress = JobBar()
        self.progress.text.hide()  # there is room for the bar alone
        self.progress.hide()
        self._presses = OnePress(self, (self.measure, self.progress.cancel))
        self.failure = FailureCard()
        self.told = Paragraph("", theme.Type.SMALL)
        self._cells = Cells(145)
        for part in (self.parameters, self.memory, self.time, self.measure, self.progress):
            self._cells.add(part)
        for widget in (self._cells, self.failure):
            self.body.addWidget(widget)
        self.setAccessibleName(self.tr("What training will cost"))

    def follow(self, network: Network, config: RunConfig, facts: CorpusFacts | None, speed: Speed | None) -> None:
        """Show the estimates for ``network``; ``speed`` is None while it has not been measured for it."""
        vocabulary, classes = vocabulary_of(network, config), network.classes or 2
        counts = parameters_of(network, vocabulary, classes)
        self.parameters.setText(large(directions_of(config) * counts.classifier))
        needs = memory_of(network, config, facts)
        self.memory.setText(self.tr("about {size}").format(size=megabytes(max(needs.values()))))
        self.time.setText(self._time(config, facts, speed))
        self._cells.set_shown(self.measure, speed is None and not self.measuring)
        self.told.setText(" ".join(self._words(network, config, facts, speed, needs)))

    @property
    def measuring(self) -> bool:
        """Whether the progress bar stands in the place of the button."""
        return not self.progress.isHidden()

    def _time(self, config: RunConfig, facts: CorpusFacts | None, speed: Speed | None) -> str:
        if self.measuring:
            return self.tr("measuring…")
        if speed is None:
            return self.tr("not measured")
        if facts is None:
            return self.tr("once the corpus is read") if config.corpus.path else self.tr("no corpus yet")
        return self.tr("about {time}").format(time=time_words(sum(seconds_of(config, facts, speed).values())))

    def _words(
        self, network: Network, config: RunConfig, facts: CorpusFacts | None, speed: Speed | None, needs: dict[str, int]
    ) -> list[str]:
        counts = parameters_of(network, vocabulary_of(network, config), network.classes or 2)
        told = [self.tr("Encoder {encoder}, head {head}; the language model adds {decoder} (its matrix is the "
                        "embedding's).").format(encoder=large(counts.encoder), head=large(counts.head),
                                                decoder=large(counts.decoder))]
        if directions_of(config) == 2:
            told.append(self.tr("Both directions are trained: all of it twice."))
        if facts is None:
            told.append(self.tr("Reckoned for the largest vocabulary, {n} tokens, since no corpus is read yet.").format(
                n=f"{vocabulary_of(network, config):,}"))
        told.append(self.tr(
            "Memory: 16 bytes a parameter (weight, gradient, two moments of Adam) and 4 bytes for every number kept "
            "for the way back; {lm} for the language model, {classifier} for the classifier."
        ).format(lm=megabytes(needs["language_model"]), classifier=megabytes(needs["classifier"])))
        if speed is not None:
            told.append(self.tr(
                "Time: measured now on {device} ({precision}), {lm} and {classifier} tokens a second without other "
                "work; evaluation and checkpoints come on top."
            ).format(device=speed.device, precision=speed.precision, lm=f"{speed.language_model:,.0f}",
                     classifier=f"{speed.classifier:,.0f}"))
        return told

    def begin(self) -> None:
        """Measuring has begun: the bar takes the place of the button, so that nothing below moves."""
        self.failure.clear()
        self.progress.begin(self.tr("Measuring the speed"))
        self._cells.set_shown(self.measure, False)
        self._cells.set_shown(self.progress, True)
        self.time.setText(self.tr("measuring…"))

    def end(self) -> None:
        """Measuring is over; :meth:`follow` shows what has come of it."""
        self.progress.done()
        self._cells.set_shown(self.progress, False)


class _Number(QWidget):
    """A large number with what it counts above it."""

    def __init__(self, caption: str) -> None:
        super().__init__()
        self.value = Label("", theme.Type.HEADING, numbers=True)
        self._caption = caption
        in_column(Label(caption, theme.Type.SMALL, muted=True), self.value, inside=self, gap=2)

    def setText(self, text: str) -> None:
        self.value.setText(text)
        self.setAccessibleName(f"{self._caption}: {text}")


def megabytes(size: int) -> str:
    """A size in memory."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
