"""The range test: a network is trained for a hundred steps at an ever higher rate, and the curve says which to take."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path
from statistics import fmean
from typing import Any

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from studio import theme
from studio.engine.job import Job, run_job
from studio.pages.parts.quantities import TimeLeft
from studio.pages.train.figures import progress_words
from studio.plots.range_plot import RangePlot, rule_name
from studio.plots.schedule_plot import HAS_RATIO
from studio.project import Project
from studio.shell import Shell
from studio.theme import Type
from studio.widgets import Button, Card, Cells, EmptyState, FailureCard, Label, PrimaryButton, Readout, focus_in_view
from studio.widgets.layouts import as_widget, discard, in_column, in_row
from studio.words import rate, time_words
from ulmengine.config import ConfigError, RunConfig
from ulmengine.events import Event, Failed, Progress, RangeEnded, RangePoint
from ulmengine.models import models_folder
from ulmengine.plan.control import RunState
from ulmengine.runs import find_learning_rate
from ulmengine.smoothing import beginning

from .schedule_card import section_of

HARDLY = 0.03
"""A test in which the loss falls by a smaller share than this says little."""

OFFER = 232
"""Px of a button with a rule, its rate and the word that it is recommended."""
RULES = ("valley", "slide", "steepest", "minimum")


def recommended(suggestions: Mapping[str, float], points: Sequence[RangePoint]) -> tuple[str, str] | None:
    """The rule to go by and a sentence why; None where the loss hardly fell, so that the test says too little."""
    first = beginning(len(points))
    settled = points[first:]
    if not settled:
        return None
    begun, lowest = fmean(point.loss for point in points[:first]), min(settled, key=attrgetter("smoothed"))
    if begun - lowest.smoothed < HARDLY * abs(begun):
        return None
    valley = suggestions.get("valley")
    if valley is not None and valley < lowest.lr:
        return "valley", QCoreApplication.translate(
            "RangeTest", "{rate} is recommended: it lies inside the longest stretch over which the loss falls, {times} "
            "times below the rate at which it is lowest, so that there is room before it runs away."
        ).format(rate=rate(valley), times=f"{float(f'{lowest.lr / valley:.2g}'):,g}")
    if "minimum" in suggestions:
        return "minimum", QCoreApplication.translate(
            "RangeTest", "{rate} is recommended: a tenth of the rate at which the loss is lowest, where it still falls."
        ).format(rate=rate(suggestions["minimum"]))
    return None


class RangeCard(Card):
    """Finds a rate for one task and puts it into the project."""

    def __init__(self, project: Project, shell: Shell, task: str, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Range test"), below=" ", margin=theme.M, parent=parent)
        self.project = project
        self.shell = shell
        self.task = self._asked = task
        """Whose test is shown; whose the person wants to see, which waits while the other one's is under way."""
        self._results: dict[str, tuple[list[RangePoint], RangeEnded]] = {}
        self.make: Callable[[RunConfig, str, Path], Generator[Event, None, Any]] = partial(
            find_learning_rate, own=models_folder())
        self._job: Job | None = None
        self.plot = RangePlot()
        self.again = Button(self.tr("Find again"), "repeat")
        self.cancel = Button(self.tr("Cancel"), "close")
        self.header.addWidget(self.again)
        self.header.addWidget(self.cancel)
        self.readout = Readout()
        self.failure = FailureCard()
        self.pages = QStackedWidget()
        self.pages.addWidget(self._make_empty())
        self.pages.addWidget(self._make_plot())
        self.body.addWidget(self.failure)
        self.body.addWidget(self.pages, 1)
        for button in (self.search, self.again):
            button.clicked.connect(self.begin)
        self.cancel.clicked.connect(self.stop)
        self.plot.cursorMoved.connect(self._cursor_moved)
        self.plot.rangeEdited.connect(self._range_edited)
        self.plot.rangeSettled.connect(self._range_settled)
        project.changed.connect(self._config_changed)
        shell.run.stateChanged.connect(self._run_changed)
        self._refresh()

    def set_task(self, task: str) -> None:
        """Look for a rate for ``task``; a test in hand for the other one is seen through first."""
        self._asked = task
        if self._job is None:
            self._show_task()
        self._refresh()

    def _show_task(self) -> None:
        """What is known for the task that is asked for: nothing yet, or what its last test has found."""
        if self._asked == self.task:
            return
        self.task = self._asked
        self._forget()
        self.failure.clear()
        points, result = self._results.get(self.task, ([], None))
        self.pages.setCurrentIndex(1 if result is not None else 0)
        if result is not None:
            self.plot.add(points)
            self._show_result(result)

    @property
    def running(self) -> bool:
        return self._job is not None

    @Slot()
    def begin(self) -> None:
        if self._job is not None or self.shell.busy or self.shell.starter.folder_gone():
            return
        self.failure.clear()
        self._forget()
        self._results.pop(self.task, None)
        self.pages.setCurrentIndex(1)
        job = run_job(self, partial(self.make, self.project.run_config(), self.task, self.project.cache))
        self._job = job
        self._left = TimeLeft()
        self.shell.claims.claim(job, self.tr("The range test was given up: the run needs the machine to itself."))
        job.events.connect(self._events_came)
        job.failed.connect(self._failed)
        job.ended.connect(self._ended)
        self.readout.setText(self.tr("Preparing…"))
        self._refresh()
        if self.isVisible():  # the button that was pressed is gone: what comes of it is to be seen all the same
            focus_in_view(self.cancel, self)

    @Slot()
    def stop(self) -> None:
        """Give the test up."""
        if self._job is not None:
            self._job.cancel()

    def _make_empty(self) -> QWidget:
        empty = EmptyState("search", self.tr("Which rate is right?"), self.tr(
            "The test trains a throw-away network for a hundred steps, each at a higher rate than the last, and draws "
            "the loss. A good peak lies where the loss falls steadily, well before it shoots up. Your weights are left "
            "as they were."
        ))
        self.search = PrimaryButton(self.tr("Find a rate"), "search")
        empty.add_button(self.search)
        return empty

    def _make_plot(self) -> QWidget:
        self._takes: list[_Take] = []
        self._offers, self._offered = in_row(), list[QWidget]()
        return as_widget(in_column((self.plot, 1), self.readout, self._offers, gap=theme.XS))

    def _refresh(self) -> None:
        busy = self.shell.busy
        ready = bool(self.project.config.corpus.path)
        self.again.setVisible(self._job is None and self.pages.currentIndex() == 1)
        for button in (self.search, self.again):
            button.setEnabled(ready and not busy and self._job is None)
        self.cancel.setVisible(self._job is not None)
        if busy:
            below = self.tr("Waits until the run has ended")
        elif not ready:
            below = self.tr("Needs a corpus first")
        elif self._asked != self.task:
            below = self.tr("The language model's test is under way")
            if self.task == "classifier":
                below = self.tr("The classifier's test is under way")
        elif self.task == "language_model":
            below = self.tr("For the language model")
        else:
            below = self.tr("For the classifier, all layers")
        self.set_title(self.tr("Range test"), below)
        for button in (self.search, self.again):
            button.setToolTip(below)

    @Slot(object)
    def _events_came(self, events: list[Event]) -> None:
        points = [event for event in events if isinstance(event, RangePoint)]
        if points:
            self.plot.add(points)
            self.readout.setText(self._step_words(points[-1]))
        for event in events:
            if isinstance(event, RangeEnded):
                self._results[self.task] = list(self.plot.points), event
                self._show_result(event)
            elif isinstance(event, Progress) and not self.plot.points:
                self.readout.setText(progress_words(event))

    def _step_words(self, point: RangePoint) -> str:
        told = self.tr("Step {step} of {steps}: rate {rate}").format(
            step=point.step, steps=point.steps, rate=rate(point.lr))
        left = self._left.seconds("test", point.step, point.steps, time.monotonic())
        if left is not None:
            told += "  ·  " + self.tr("at most {time} left").format(time=time_words(left))
        return told

    def _show_result(self, result: RangeEnded) -> None:
        self.plot.set_suggestions(result.suggestions)
        self._show_range(self.project.config)
        self._clear_offers()
        found = [(rule, result.suggestions[rule]) for rule in RULES if rule in result.suggestions]
        cells = Cells(OFFER)
        if found:
            label = Label(self.tr("Use as peak:"), Type.SMALL, muted=True)
            self._offers.addWidget(label)
            self._offers.addWidget(cells, 1)
            self._offered = [label, cells]
        best = recommended(result.suggestions, self.plot.points)
        for rule, value in found:
            button = _Take(rule, value)
            if best is not None and rule == best[0]:
                button.recommend(best[1])
            button.taken.connect(self._take)
            cells.add(button)
            QWidget.setTabOrder(self._takes[-1] if self._takes else self.plot, button)
            self._takes.append(button)
        self.readout.setText(self._result_words(bool(found), best[1] if best is not None else ""))

    def _result_words(self, found: bool, why: str) -> str:
        left = self.tr("The weights are left as they were. The band's edges are peak and lowest rate.")
        if not found:
            return self.tr(
                "No rate can be told from this: the loss falls at none by more than chance, as where a network begins "
                "near its best. Leave the peak where it is, to the left of where the loss rises."
            ) + " " + left
        if not why:
            return self.tr("The loss hardly fell, so these are weak hints.") + " " + left
        return f"{why} {left}"

    @Slot(float)
    def _take(self, value: float) -> None:
        self._change({f"{self.task}.lr": float(f"{value:.2g}")})

    @Slot(float, float)
    def _range_edited(self, low: float, high: float) -> None:
        values = {f"{self.task}.lr": float(f"{min(high, 10.0):.2g}")}
        if section_of(self.project.config, self.task).schedule.kind in HAS_RATIO and low > 0:
            values[f"{self.task}.schedule.ratio"] = float(f"{min(max(high / low, 1.0), 1_000.0):.3g}")
        self._change(values)

    def _change(self, values: dict[str, Any]) -> None:
        try:
            self.project.change(values, self.tr("Take the rate from the range test"))
        except ConfigError as error:
            self.shell.toast(str(error), "warning")

    def _show_range(self, config: RunConfig) -> None:
        section = section_of(config, self.task)
        ratio = section.schedule.ratio if section.schedule.kind in HAS_RATIO else 1.0
        self.plot.set_range(section.lr / ratio, section.lr)

    def _forget(self) -> None:
        """Nothing of an earlier test stays to be taken for the one that begins, or for the other task's."""
        self.plot.clear_points()
        self.plot.region.hide()
        self._clear_offers()
        self._cursor_moved(None)
        self.readout.setText("")

    def _clear_offers(self) -> None:
        self._takes.clear()
        discard(self._offers, self._offered)
        self._offered = []

    @Slot(object)
    def _failed(self, failed: Failed) -> None:
        self.failure.show_failure(failed)
        self.pages.setCurrentIndex(0)

    @Slot()
    def _ended(self) -> None:
        self._job, watched = None, self.cancel.hasFocus()
        if not self.plot.suggestions and not self.plot.points:
            self.pages.setCurrentIndex(0)
        elif self.plot.suggestions is None:
            self.readout.setText(self.tr("The test was given up before its end; the weights are left as they were."))
        if self._asked != self.task:
            if self.task in self._results:
                self.shell.toast(self.tr("The range test of the other side has ended; what it found is shown there."))
            self._show_task()
        self._refresh()
        if watched:
            focus_in_view(self.again if self.again.isVisible() else self.search, self)

    @Slot(object)
    def _cursor_moved(self, x: float | None) -> None:
        said = "" if x is None or self.running else self.plot.read(x)
        self.plot.set_cursor(x if said else None)
        self.readout.read(said)

    @Slot(object)
    def _config_changed(self, config: RunConfig) -> None:
        if self.plot.region.isVisible() and not self.plot.dragging:
            self._show_range(config)
        self._refresh()

    @Slot()
    def _range_settled(self) -> None:
        self._show_range(self.project.config)

    @Slot(object)
    def _run_changed(self, state: RunState) -> None:
        if state is RunState.STARTING and self._job is not None:
            self._job.cancel()
        self._refresh()


class _Take(Button):
    """Takes the rate that ``rule`` suggests."""

    taken = Signal(float)

    def __init__(self, rule: str, value: float) -> None:
        super().__init__(f"{rule_name(rule)}  {rate(value)}")
        self.rule = rule
        self._value = value
        self.setToolTip(rule_words(rule))
        self.recommended = False
        self.clicked.connect(self._clicked)

    def recommend(self, why: str) -> None:
        """This is the one to take: ``why``."""
        self.recommended = True
        self.set_role("primary")
        self.setText(QCoreApplication.translate("RangeTest", "{rate}  recommended").format(rate=self.text()))
        self.setAccessibleName(self.text())
        self.setAccessibleDescription(why)

    @Slot()
    def _clicked(self) -> None:
        self.taken.emit(self._value)


def rule_words(rule: str) -> str:
    """What the rule looks for."""
    translate = QCoreApplication.translate
    return {
        "valley": translate("RangeTest", "Within the longest stretch of falling loss: a good first choice"),
        "slide": translate("RangeTest", "The last rate before the slope changes for good"),
        "steepest": translate("RangeTest", "Where the loss falls fastest: rather careful"),
        "minimum": translate("RangeTest", "A tenth of the rate with the lowest loss"),
    }.get(rule, rule)
