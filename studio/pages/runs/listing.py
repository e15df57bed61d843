"""The list of runs: sorted by any column, searched, filtered by state; and what is read or written for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QItemSelection, QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QLineEdit, QStyleOptionViewItem, QWidget

from studio import theme
from studio.models.run_table import CORPUS, DIFFERS, FROM, LINE, UNREADABLE, RunsFilter, read_state_words
from studio.pages.parts.rows_table import LinesTable, RowDelegate
from studio.widgets import CalmCombo, Label
from studio.widgets.layouts import in_row
from studio.words import state_words
from ulmengine.plan.control import RunState
from ulmengine.record import RunLine

STATES = (RunState.FINISHED, RunState.RUNNING, RunState.PAUSED, RunState.STOPPED, RunState.INTERRUPTED,
          RunState.FAILED, RunState.NEW)
WIDTHS = (170, 100, 100, 80, 70, 90, 80, 110, 100, 100)
WIDEST = (220, 190, 220, 100, 80, 160, 150, 0, 150, 130)
"""Px of the columns at first, and as much as they may take of themselves for what stands in them; what is not as usual
takes what is left."""
_MARGINS, _ARROW = 24, 20
"""Px beside a heading's words: its margins, and the arrow of the column that is sorted by."""
BEGUN = 5
"""The column by which the list is sorted at first."""
NAMED = 4
"""So many runs are told by name."""


class RunDelegate(RowDelegate):
    """A run that is archived is muted."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if index.data(LINE).about.archived:
            palette = QPalette(option.palette)
            palette.setColor(QPalette.ColorRole.Text, theme.colors().color("muted"))
            option.palette = palette
        super().paint(painter, option, index)


class RunsTable(LinesTable):
    """One line a run; several can be chosen."""

    def __init__(self, shown: RunsFilter, parent: QWidget | None = None) -> None:
        super().__init__("", shown, WIDTHS, parent)
        self._shown = shown
        self.setAccessibleName(self.tr("Runs"))
        self.setItemDelegate(RunDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        for place, column in enumerate((FROM, CORPUS), 1):  # beside the name
            header.moveSection(header.visualIndex(column), place)
        header.setStretchLastSection(True)
        self._fitted = dict(enumerate(WIDTHS))
        self.setSortingEnabled(True)
        self.sortByColumn(BEGUN, Qt.SortOrder.DescendingOrder)
        header.sortIndicatorChanged.connect(self.fit)

    def chosen(self) -> list[RunLine]:
        """The chosen runs, the oldest first."""
        rows = self.selectionModel().selectedRows()
        return sorted((row.data(LINE) for row in rows), key=lambda line: line.began)

    def set_lines(self, lines: Sequence[RunLine]) -> None:
        """Show these runs; nothing is told of the choice that goes with the old ones."""
        selection = self.selectionModel()
        selection.blockSignals(True)
        self._shown.runs.set_lines(lines)
        selection.blockSignals(False)

    @Slot()
    def fit(self) -> None:
        """Show where runs are from, and of which corpus, where that differs; give every column the room that it takes,
        unless the person has given it another one."""
        lines, own = self._shown.runs.lines, self._shown.runs.own
        self.setColumnHidden(FROM, all(line.folder.parent == own for line in lines))
        self.setColumnHidden(CORPUS, len({line.corpus for line in lines}) < 2)
        header = self.horizontalHeader()
        for column, most in enumerate(WIDEST):
            if column != DIFFERS and not self.isColumnHidden(column) and \
                    self.columnWidth(column) == self._fitted[column]:
                title = header.fontMetrics().horizontalAdvance(self._shown.runs.columns[column].title) + _MARGINS
                arrow = _ARROW if column == header.sortIndicatorSection() else 0
                wanted = max(title + arrow, self.sizeHintForColumn(column))
                self._fitted[column] = min(wanted, most)
                self.setColumnWidth(column, self._fitted[column])

    def choose(self, folders: Sequence[Path], otherwise: int = 0) -> None:
        """Choose the runs in ``folders``; where none of them is shown the run in the row ``otherwise``, or the last."""
        chosen, model = QItemSelection(), self.selectionModel()
        for folder in folders:
            row = self._shown.row_of(folder)
            if row >= 0:
                chosen.select(self._shown.index(row, 0), self._shown.index(row, self._shown.columnCount() - 1))
        if chosen.isEmpty():
            self.selectRow(min(otherwise, self._shown.rowCount() - 1))
        else:
            model.setCurrentIndex(chosen.indexes()[0], model.SelectionFlag.NoUpdate)
            model.select(chosen, model.SelectionFlag.ClearAndSelect)
        self.viewport().update()


class RunFilter(QWidget):
    """What is searched for, which state, and whether archived runs are shown."""

    changed = Signal()
    """Other runs may be shown now."""

    def __init__(self, shown: RunsFilter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = shown
        self.search, self.states = QLineEdit(), CalmCombo()
        self.archived = QCheckBox(self.tr("Archived too"))
        self.search.setPlaceholderText(self.tr("Name, tag, note or setting"))
        self.search.setAccessibleName(self.tr("Search the runs"))
        self.search.setClearButtonEnabled(True)
        self.states.setAccessibleName(self.tr("State"))
        self.states.addItem(self.tr("All states"), "")
        for state in STATES:
            self.states.addItem(state_words(state), state.value)
        self.states.addItem(read_state_words(None), UNREADABLE)
        self.count = Label("", theme.Type.SMALL, muted=True)
        in_row((self.search, 1), self.count, self.states, self.archived, inside=self)
        self.search.textChanged.connect(shown.set_words)
        self.states.currentIndexChanged.connect(self._state_chosen)
        self.archived.toggled.connect(shown.set_archived)
        for control in (self.search.textChanged, self.states.currentIndexChanged, self.archived.toggled):
            control.connect(self.changed)
        for changed in (shown.modelReset, shown.rowsInserted, shown.rowsRemoved, shown.layoutChanged):
            changed.connect(self._count)

    def let_through(self, line: RunLine) -> None:
        """Narrow the list no more than leaves ``line`` in it."""
        self.search.clear()
        self.states.setCurrentIndex(0)
        if line.about.archived:
            self.archived.setChecked(True)

    @Slot()
    def _count(self) -> None:
        shown, there = self._shown.rowCount(), len(self._shown.runs.lines)
        self.count.setText(self.tr("No run fits") if there and not shown else
                           self.tr("{n} of {all}").format(n=shown, all=there) if shown < there else "")

    @Slot(int)
    def _state_chosen(self, place: int) -> None:
        self._shown.set_state(str(self.states.itemData(place)))


def names_words(lines: Sequence[RunLine]) -> str:
    """The names of the runs, the first few of many."""
    names = [line.name for line in lines]
    return ", ".join(names if len(names) <= NAMED else [*names[:NAMED - 1], "…"])


def shown_words(shown: int, chosen: int) -> str:
    """That not all of the chosen runs are shown; "" where all are."""
    text = QCoreApplication.translate("RunsPage", "{n} of {all} chosen runs are shown")
    return text.format(n=shown, all=chosen) if shown < chosen else ""
