"""What the train page looks like: stages on top, curves on the left, layers and figures on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from studio import theme
from studio.plots.history import RunHistory
from studio.plots.run_plots import RunPlots
from studio.plots.small_plot import SmallPlot, figures
from studio.theme import Type
from studio.widgets import (
    Button,
    Card,
    ElidedLabel,
    EmptyState,
    FailureCard,
    FittingLabel,
    IconButton,
    IconLabel,
    Label,
    Paragraph,
    PrimaryButton,
    SectionTitle,
    keep_place,
)
from studio.widgets.cells import Stacked, Turning
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row, scrolling
from studio.words import figure, words
from ulmengine.events import Failed, Note
from ulmengine.plan.stages import StagePlan

from .buttons import TrainButtons
from .figures import percent
from .layers import LayerStack, layers_of
from .mender import Try
from .result import ResultCard
from .stage_cards import StageStrip
from .writing import Writing

SIDE = 316
LOW, PLOTS = 240, 330
STANDING = 260
"""What the words on how the run stands have at least beside the row of buttons, px ..."""

STANDING_SHARE = 0.31
"""... and on a wide page this share of its width."""


class TrainView(QWidget):
    """All that is to be seen of a run; it asks nothing and decides nothing."""

    def __init__(self, history: RunHistory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history = history
        self.left_out: frozenset[int] = frozenset()
        self._tries = 0
        self.heading = SectionTitle(self.tr("Train"), " ", page=True)
        self.buttons = TrainButtons()
        self.strip = StageStrip()
        self.notes = NotesLine()
        self.failure = FailureCard()
        self.result = ResultCard()
        self.plots = RunPlots(history)
        self.figures = Figures(history)
        self.stack = LayerStack()
        self.writing = Writing()
        self.content = Stacked()
        self.content.addWidget(self._make_empty())
        self.content.addWidget(self._make_busy())
        top = in_row((self.heading, 1), (self.buttons, 0, Qt.AlignmentFlag.AlignTop), gap=theme.L)
        in_column(top, self.strip, self.notes, self.failure, self.result, (self.content, 1), inside=self, gap=theme.M)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        standing = max(STANDING, round(self.width() * STANDING_SHARE))
        self.buttons.set_room(self.width() - standing - theme.L)

    def set_history(
        self, history: RunHistory, plans: tuple[StagePlan, ...], lengths: Mapping[int, int],
        left_out: frozenset[int] = frozenset(),
    ) -> None:
        """Show another run, or the same one anew; ``left_out``: stages that it is not going to begin.

        :param lengths: see :meth:`~studio.plots.history_plot.HistoryPlot.set_history`.
        """
        self.history, self.left_out = history, left_out
        self.strip.set_plans(plans)
        for before, after in pairwise((self.buttons.more, *self.strip.cards)):  # made later, but read before the rest
            QWidget.setTabOrder(before, after)
        self.plots.set_history(history, tuple(plan for plan in plans if plan.index not in left_out), lengths)
        self.figures.set_history(history)
        self.mark()

    def mark(self) -> None:
        self.plots.mark()
        self.figures.mark()
        self.result.show_result(self.history)
        self.notes.show_notes(self.history.notes)
        self.writing.show_texts(self.history.texts)

    def show_run(self, history: RunHistory, plans: tuple[StagePlan, ...], *, alive: bool, any_run: bool) -> None:
        """Bring stages and layers up to date; ``any_run``: there is a run to show at all."""
        self.buttons.setVisible(any_run)
        self.content.setCurrentIndex(1 if any_run else 0)
        self.explained.setText(
            self.tr("The stages above run one after another. First the language model learns how your texts are "
                    "written, then the classifier learns the labels, one layer group more a stage.")
            if any(plan.task == "classifier" for plan in plans) else
            self.tr("The language model learns how your texts are written. No classifier follows it."))
        self.strip.show_history(history, alive, self.left_out)
        self.stack.show_layers(layers_of(history, plans))

    @property
    def has_advice(self) -> bool:
        """Whether a failure is shown with buttons that say what to do about it."""
        return self._tries > 0 and self.failure.isVisibleTo(self)

    def show_failure(self, failed: Failed, found: list[Try]) -> None:
        """Show what went wrong, with ``found`` to try."""
        self._tries = len(found)
        self.failure.show_failure(failed, found)

    def show_readiness(self, chosen: bool, *, fit: bool) -> None:
        """Whether a run could begin: there is a corpus, and nothing is known that speaks against it."""
        ready = chosen and fit
        text = self.tr("Look at the corpus") if chosen else self.tr("Choose a corpus")
        self.choose.setText(text)
        self.choose.setAccessibleName(text)
        self.big_start.setVisible(ready)
        self.look.setVisible(ready)
        self.choose.setVisible(not ready)

    def _make_empty(self) -> QWidget:
        empty = EmptyState("train", self.tr("Nothing has been trained yet"))
        self.explained = empty.text
        self.big_start = PrimaryButton(self.tr("Start"), "play")
        self.big_start.setMinimumWidth(176)
        theme.set_type(self.big_start, theme.Type.HEADING)
        self.choose = PrimaryButton(self.tr("Choose a corpus"), "corpus")
        self.look = Button(self.tr("Look at the rates first"), "rates")
        self.open_run = Button(self.tr("Open a run folder…"), "folder")
        for button in (self.big_start, self.choose, self.look, self.open_run):
            empty.add_button(button)
        return empty

    def _make_busy(self) -> QWidget:
        curves = Card(margin=theme.M)
        curves.body.addWidget(self.plots, 1)
        layers = Card(self.tr("Layers"), margin=theme.M)
        layers.body.addWidget(self.stack)
        small = Card(margin=theme.M)
        small.body.addWidget(self.figures)
        area = scrolling(as_widget(in_column(layers, small, (self.writing, 1), (STRETCH, 0), gap=theme.M)))
        area.setMinimumSize(SIDE, LOW)
        curves.setMinimumHeight(PLOTS)
        busy = Turning(curves, area, (2 * SIDE, SIDE))
        busy.setStretchFactor(0, 1)
        busy.setStretchFactor(1, 0)
        return busy


class NotesLine(QWidget):
    """The weightiest note in one line, the latest warning if there is one; opened, all of them in whole."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: tuple[Note, ...] = ()
        self._icon = IconLabel("info", 16, "muted")
        self.line = ElidedLabel("", Type.SMALL, muted=True)
        self.whole = Paragraph("", Type.SMALL)
        self.whole.hide()
        self.more = IconButton("chevron-down", self.tr("Show all notes in whole"))
        self.more.clicked.connect(self._turn)
        in_row(self._icon, (self.line, 1), (self.whole, 1), self.more, inside=self, margins=(theme.XS, 0, theme.XS, 0))
        keep_place(self.more)
        self.hide()

    def show_notes(self, notes: Sequence[Note]) -> None:
        told = tuple(notes)
        if told == self._notes:
            return
        self._notes = told
        self.setVisible(bool(told))
        if not told:
            return
        first = max(told, key=lambda note: (note.level == "warning", told.index(note)))
        more = self.tr("  (and {n} more)").format(n=len(told) - 1) if len(told) > 1 else ""
        self.line.setText(words(first.text) + more)
        self.whole.setText("\n".join(words(note.text) for note in told))
        self.setAccessibleName(self.tr("Notes of the run"))
        self.setAccessibleDescription(self.whole.text())
        self._offer()
        warns = any(note.level == "warning" for note in told)
        self._icon.set_icon(*(("warning", "warn") if warns else ("info", "muted")))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._offer()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the words does what the button does."""
        if event.button() == Qt.MouseButton.LeftButton and not self.more.isHidden():
            self._turn()

    def _offer(self) -> None:
        """The button is there where the line does not say it all."""
        room = self.width() - self._icon.sizeHint().width() - self.more.sizeHint().width() - 2 * theme.M - theme.S
        self.more.setVisible(self.whole.isVisibleTo(self) or len(self._notes) > 1
                             or self.line.sizeHint().width() > room)

    @Slot()
    def _turn(self) -> None:
        opened = not self.whole.isVisibleTo(self)
        self.whole.setVisible(opened)
        self.line.setVisible(not opened)
        self.more.rename("chevron-up" if opened else "chevron-down",
                         self.tr("Show one line of the notes") if opened else self.tr("Show all notes in whole"))
        self._offer()


HEIGHT = 70
BETWEEN_MS = 10
"""Before each of the small plots, so that what is due is painted and the window answers in turns of their own."""


class Figures(QWidget):
    """The small plots in two rows."""

    def __init__(self, history: RunHistory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history = history
        self.plots: list[SmallPlot] = []
        self.values: list[Label] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.M)
        self._grid.setVerticalSpacing(theme.S)
        for column in range(2):
            self._grid.setColumnStretch(column, 1)
        self._grid.setRowStretch(2, 1)  # each stands in its place before the others are there
        self.setMinimumHeight(2 * (HEIGHT + self.fontMetrics().height()) + theme.S)
        QTimer.singleShot(BETWEEN_MS, self, self._make_next)  # the page is on the screen by then

    @Slot()
    def _make_next(self) -> None:
        """Make one plot; between two of them the window answers."""
        every, number = figures(), len(self.plots)
        shown = every[number]
        plot, value = SmallPlot(self.history, shown), Label("", Type.SMALL, numbers=True)
        plot.setFixedHeight(HEIGHT)
        title = FittingLabel(Type.SMALL, muted=True)
        title.set_wordings(*filter(None, (shown.title, shown.shorter)))
        head = in_row((title, 1), value, gap=-1)
        self._grid.addLayout(in_column(head, plot, gap=2), number // 2, number % 2)
        self.plots.append(plot)
        self.values.append(value)
        if len(self.plots) < len(every):
            QTimer.singleShot(BETWEEN_MS, self, self._make_next)
        else:
            self.setMinimumHeight(0)
        self.mark()

    def set_history(self, history: RunHistory) -> None:
        self.history = history
        for plot in self.plots:
            plot.set_history(history)
        self.mark()

    def mark(self) -> None:
        for plot, label in zip(self.plots, self.values, strict=True):
            plot.mark()
            value = plot.value()
            share = plot.shown.key == "accuracy" and value is not None
            label.setText(percent(value) if share and value is not None else figure(value))
