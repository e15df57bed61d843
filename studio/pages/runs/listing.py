"""The list of runs: sorted by any column, searched, filtered by state; and what is read or written for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QItemSelection, QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QHBoxLayout, QLineEdit, QStyleOptionViewItem, QWidget

from studio import theme
from studio.models.runs import LINE, RunsFilter, saved_state_words
from studio.pages.parts.rows_table import LinesTable, RowDelegate
from studio.widgets import CalmCombo, Label
from ulmengine.record import RunLine

STATES = ("finished", "running", "stopped", "interrupted", "failed", "new", "unreadable")
WIDTHS = (170, 100, 100, 80, 70, 120, 120)
STATE, BEGUN = 1, 5
"""Two of the columns; by the second one the list is sorted at first."""
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
        self.horizontalHeader().setStretchLastSection(True)
        self.setSortingEnabled(True)
        self.sortByColumn(BEGUN, Qt.SortOrder.DescendingOrder)

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
    def fit_states(self) -> None:
        """Give the states the room that they take, once archived runs are among them."""
        self.setColumnWidth(STATE, max(self.columnWidth(STATE), self.sizeHintForColumn(STATE)))

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
            self.states.addItem(saved_state_words(state), state)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.S)
        self.count = Label("", theme.Type.SMALL, muted=True)
        line.addWidget(self.search, 1)
        line.addWidget(self.count)
        line.addWidget(self.states)
        line.addWidget(self.archived)
        self.search.textChanged.connect(shown.set_words)
        self.states.currentIndexChanged.connect(self._state_chosen)
        self.archived.toggled.connect(shown.set_archived)
        for control in (self.search.textChanged, self.states.currentIndexChanged, self.archived.toggled):
            control.connect(self.changed)
        for changed in (shown.modelReset, shown.rowsInserted, shown.rowsRemoved, shown.layoutChanged):
            changed.connect(self._count)

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
