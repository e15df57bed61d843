"""The page's two tables: the figures of every class, and the documents that pass the filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QItemSelection, QModelIndex, QObject, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from studio import theme
from studio.models.rows import Index, one_line, plain_tip
from studio.pages.parts.rows_table import LinesTable

from .answers import Answers, ClassRow

_NOWHERE = QModelIndex()
ROW, GIVEN, SAID, CONFIDENCE, LOSS, TEXT = range(6)
LEAST_TEXT = 150
"""So much of a text is to be seen before a column of figures is."""


class ClassModel(QAbstractTableModel):
    """One row a class; a click on a heading sorts."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[ClassRow] = ()
        self._order: list[int] = []
        self._by = (-1, Qt.SortOrder.AscendingOrder)

    def show_classes(self, rows: Sequence[ClassRow]) -> None:
        """Show these classes, in the order chosen before."""
        self.beginResetModel()
        self._rows = rows
        self._arrange()
        self.endResetModel()

    def class_of(self, row: int) -> int:
        """The number of the class that stands in ``row``."""
        return self._order[row]

    def row_of(self, number: int) -> int:
        """Where the class stands; -1 if it is not there."""
        return self._order.index(number) if number in self._order else -1

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else 5

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole,
                                               Qt.ItemDataRole.AccessibleTextRole):
            return None
        one, column = self._rows[self._order[index.row()]], index.column()
        if column == 0:
            return one.label or self.tr("(empty)")
        if column == 4:
            return f"{one.support:,}"
        value = (one.precision, one.recall, one.f1)[column - 1]
        if one.spans is None:
            return f"{value:.3f}"
        low, high = one.spans[column - 1]
        if role != Qt.ItemDataRole.DisplayRole:
            return f"{value:.4f} ({low:.4f} – {high:.4f})"
        ends = "–".join(f"{end:.2f}".removeprefix("0") for end in (low, high))
        return f"{value:.2f} ({ends})"  # short, for the names of the classes to have room

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Label"), self.tr("Precision"), self.tr("Recall"), self.tr("F1"),
                    self.tr("Support"))[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return ("", self.tr("Of the documents that were said to be of this class, the share that is"),
                    self.tr("Of the documents of this class, the share that was found"),
                    self.tr("The harmonic mean of precision and recall"),
                    self.tr("Documents of this class"))[section]
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; -1: in the order of the labels."""
        self.beginResetModel()
        self._by = (column, order)
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        column, order = self._by
        self._order = list(range(len(self._rows)))
        if column >= 0:
            keys = [(one.label.casefold(), one.precision, one.recall, one.f1, one.support)[column]
                    for one in self._rows]
            self._order.sort(key=lambda n: keys[n], reverse=order == Qt.SortOrder.DescendingOrder)


class AnswersModel(QAbstractTableModel):
    """The documents that pass the filter, the worst mistake first until a heading is clicked."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._answers: Answers | None = None
        self._snippets: Sequence[str] = ()
        self._corrected: Mapping[str, str] = {}
        self._shown: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._order = (-1, Qt.SortOrder.AscendingOrder)

    def set_answers(self, answers: Answers) -> None:
        """Show another part, with no texts yet."""
        self.beginResetModel()
        self._answers, self._snippets, self._shown = answers, (), np.zeros(0, dtype=np.int64)
        self.endResetModel()

    def set_snippets(self, snippets: Sequence[str]) -> None:
        """The beginnings of the texts, in the order of the answers."""
        self._snippets = snippets
        self._changed()

    def set_corrected(self, corrected: Mapping[str, str]) -> None:
        """Labels that were corrected since, by document key."""
        self._corrected = corrected
        self._changed()

    def labels(self) -> Sequence[str]:
        """The labels that a cell may show."""
        return () if self._answers is None else self._answers.kept.labels

    def corrections(self) -> list[str]:
        """What a cell may show of labels that were corrected."""
        return [f"→ {new}" for new in set(self._corrected.values())]

    def _changed(self) -> None:
        if len(self._shown):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, TEXT))

    def show_only(self, mask: npt.NDArray[np.bool_]) -> None:
        assert self._answers is not None
        self.beginResetModel()
        self._shown = self._answers.in_order(mask)
        self._arrange()
        self.endResetModel()

    def position(self, row: int) -> int:
        """Which of the answers stands in ``row``."""
        return int(self._shown[row])

    def row_of(self, position: int) -> int:
        """Where the answer stands; -1 if it is filtered out."""
        found = np.flatnonzero(self._shown == position)
        return int(found[0]) if len(found) else -1

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else 6

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._answers is None:
            return None
        position = int(self._shown[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            new = self._correction(position) if index.column() == GIVEN else None
            # What it is now; what it was, in the tooltip.
            return one_line(self._cell(position, index.column()) if new is None else f"→ {new}")
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return plain_tip(self._cell(position, index.column()))
        return None

    def _correction(self, position: int) -> str | None:
        """The label that a person has given since, None where none has."""
        assert self._answers is not None
        return self._corrected.get(str(self._answers.kept.keys[position]))

    def _cell(self, position: int, column: int) -> str:
        assert self._answers is not None
        kept, one = self._answers.kept, np.array([position])
        if column == ROW:
            return f"{int(kept.rows[position]) + 1:,}"
        if column == GIVEN:
            given = kept.names(kept.targets[one])[0] or self.tr("(none)")
            new = self._correction(position)
            return given if new is None else f"{given} → {new}"
        if column == SAID:
            mark = "" if self._answers.right[position] else "✗ "
            return mark + (kept.names(self._answers.said[one])[0] or self.tr("(none)"))
        if column == CONFIDENCE:
            return f"{self._answers.confidence[position]:.1%}"
        if column == LOSS:
            return f"{self._answers.losses[position]:.2f}"
        return self._snippets[position] if self._snippets else ""

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Row"), self.tr("Given"), self.tr("Said"), self.tr("Sure"), self.tr("Loss"),
                    self.tr("Text"))[section]
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; -1: the worst mistake first."""
        self.beginResetModel()
        self._order = (column, order)
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        column, order = self._order
        if self._answers is None or not len(self._shown):
            return
        kept, shown = self._answers.kept, np.sort(self._shown)
        if column < 0 or (column == TEXT and not self._snippets):
            self._shown = self._answers.worst[np.isin(self._answers.worst, shown)]
            return
        values: npt.NDArray[Any]
        if column in (GIVEN, SAID):
            numbers = kept.targets[shown] if column == GIVEN else self._answers.said[shown]
            values = np.unique(np.array(kept.names(numbers)), return_inverse=True)[1]
        elif column == TEXT:
            values = np.unique(np.array([self._snippets[n] for n in shown.tolist()], dtype=str), return_inverse=True)[1]
        else:
            values = {ROW: kept.rows, CONFIDENCE: self._answers.confidence, LOSS: self._answers.losses}[column][shown]
        down = order == Qt.SortOrder.DescendingOrder
        self._shown = shown[np.argsort(-values if down else values, kind="stable")]


class Listing(LinesTable):
    """A table of one line a row; a heading sorts, the other way round, and the third time no longer."""

    rowPicked = Signal(int)
    """The row that has become current; -1: none."""

    def __init__(self, name: str, model: QAbstractTableModel, widths: Sequence[int], stretch: int,
                 gives_way: int = -1, parent: QWidget | None = None) -> None:
        """The column ``stretch`` takes the room that is left; where that is little, ``gives_way`` is not shown."""
        super().__init__(name, model, widths, parent)
        self._stretch, self._gives_way, self._given_up = stretch, gives_way, widths[gives_way]
        self.setFont(theme.current().font(theme.Type.SMALL, numbers=True))
        self.verticalHeader().hide()
        self.horizontalHeader().setMinimumSectionSize(44)
        self.horizontalHeader().setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
        self.make_sortable()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow table does without a column."""
        super().resizeEvent(event)
        if self._gives_way >= 0:
            self.fit()

    def fit(self) -> None:
        """Show the column that gives way where there is room for it."""
        others = sum(self.columnWidth(column) for column in range(self.model().columnCount())
                     if column not in (self._stretch, self._gives_way))
        self.setColumnHidden(self._gives_way, self.viewport().width() < others + self._given_up + LEAST_TEXT)

    @Slot(QItemSelection, QItemSelection)
    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Tell which row is current."""
        super().selectionChanged(selected, deselected)
        indexes = selected.indexes()
        if indexes:
            self.rowPicked.emit(indexes[0].row())
