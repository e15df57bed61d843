"""The curves of the chosen runs over one another: by step, by tokens read, by time."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.plots.legend import Legend, LegendEntry
from studio.plots.overlay import OverlayLine, OverlayPlot
from studio.plots.series import Floats
from studio.widgets import CalmCombo, Label
from studio.widgets.layouts import in_column, in_row
from ulmengine.events import Event, Progress
from ulmengine.plan.stages import TaskKind
from ulmengine.record import RunFolder, RunLine
from ulmengine.record.curves import FIGURES, Along, RunCurve, read_curves

from .listing import shown_words

COLORS = 6
"""So many runs are told apart; a seventh would have the colour of the first."""
Curves = dict[tuple[TaskKind, str], RunCurve]


class CurvesView(QWidget):
    """Reads the logs in the background, keeps what was read, and draws one figure of all runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[RunLine, ...] = ()
        self._chosen = 0
        self._wanted = FIGURES[0]
        """The figure that the person has chosen, also where no run in view has it."""
        self._known: dict[tuple[Path, int], Curves] = {}
        self.figures, self.along = CalmCombo(), CalmCombo()
        self.figures.setAccessibleName(self.tr("Figure"))
        self.along.setAccessibleName(self.tr("Along"))
        names = (self.tr("Accuracy"), self.tr("Classifier: validation loss"), self.tr("Classifier: training loss"),
                 self.tr("Perplexity"), self.tr("Language model: validation loss"),
                 self.tr("Language model: training loss"))
        for name, what in zip(names, FIGURES, strict=True):
            self.figures.addItem(name, what)
        for text, value in ((self.tr("by step"), "steps"), (self.tr("by tokens read"), "tokens"),
                            (self.tr("by minutes of training"), "seconds")):
            self.along.addItem(text, value)
        self.plot, self.legend = OverlayPlot(), Legend()
        self.hint = Label("", theme.Type.SMALL, muted=True)
        self.slot = JobSlot(self, self._read, self._failed)
        self.figures.currentIndexChanged.connect(self._figure_chosen)
        self.along.currentIndexChanged.connect(self._draw)
        head = in_row(self.figures, self.along, (self.hint, 1))
        in_column(head, self.legend, (self.plot, 1), inside=self, margins=(0, theme.S, 0, 0))

    def show_runs(self, runs: Sequence[RunLine]) -> None:
        """Draw these; what is not known yet is read first."""
        self._runs, self._chosen = tuple(run for run in runs if not run.problem)[:COLORS], len(runs)
        missing = [run.folder for run in self._runs if _key(run.folder) not in self._known]
        if missing:
            self.slot.start(lambda: _reading(missing))
        else:
            self.slot.cancel()
            self._choose_a_figure()
        self._draw()

    @Slot(object)
    def _read(self, found: dict[tuple[Path, int], Curves]) -> None:
        self._known |= found
        self._choose_a_figure()
        self._draw()

    @Slot(object)
    def _failed(self, failure: object) -> None:
        self.hint.setText(str(getattr(failure, "title", "")))

    @Slot()
    def _figure_chosen(self) -> None:
        self._wanted = self.figures.currentData()
        self._draw()

    def _choose_a_figure(self) -> None:
        """Where no run has the figure that is wanted, show the first one that there is."""
        there = {what for run in self._runs for what in self._known.get(_key(run.folder), {})}
        if there:
            shown = self._wanted if self._wanted in there else next(what for what in FIGURES if what in there)
            with QSignalBlocker(self.figures):
                self.figures.setCurrentIndex(FIGURES.index(shown))

    @Slot()
    def _draw(self) -> None:
        what, along = self.figures.currentData(), self.along.currentData()
        lines = []
        for number, run in enumerate(self._runs, 1):
            line = self._known.get(_key(run.folder), {}).get(what)
            if line is not None:
                lines.append(OverlayLine(run.name, number, _along(line, along), line.values, what[1] == "loss"))
        units = {"steps": self.tr("Steps of the {task}"), "tokens": self.tr("Tokens that the {task} has read"),
                 "seconds": self.tr("Minutes in steps of the {task}, without what lies between them")}
        task = self.tr("classifier") if what[0] == "classifier" else self.tr("language model")
        self.plot.set_lines(lines, self.figures.currentText(), units[along].format(task=task))
        self.legend.set_entries([LegendEntry(one.name, one.color) for one in lines])
        if self.slot.running:
            self.hint.setText(self.tr("Reading…"))
        elif self._runs and not lines:
            self.hint.setText(self.tr("None of the chosen runs has measured this yet."))
        else:
            self.hint.setText(shown_words(len(lines), self._chosen))


def _along(line: RunCurve, along: Along) -> Floats:
    return {"steps": line.steps, "tokens": line.tokens, "seconds": line.seconds / 60}[along]


def _key(folder: Path) -> tuple[Path, int]:
    """A log that has grown is another one."""
    try:
        return folder, (folder / "events.jsonl").stat().st_size
    except OSError:
        return folder, 0


def _reading(folders: Sequence[Path]) -> Generator[Event, None, dict[tuple[Path, int], Curves]]:
    found = {}
    for number, folder in enumerate(folders, 1):
        found[_key(folder)] = read_curves(RunFolder(folder))
        yield Progress("Reading the curves", number, len(folders), "runs")
    return found
