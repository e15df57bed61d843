"""Answers of a classifier as rows of a table that can be filtered and sorted while it still grows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from .rows import Index, one_line, plain_tip

SOURCE, LABEL, CONFIDENCE, GIVEN, TEXT = range(5)
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class Row:
    """One text (its beginning), the label predicted, how sure, and the label it brought with it ("" for none)."""

    source: str
    text: str
    label: str
    confidence: float
    given: str
    probabilities: tuple[float, ...]


class PredictionsModel(QAbstractTableModel):
    """Rows in the order of the texts, or by confidence; only those that pass the filter."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._known: frozenset[str] = frozenset()
        self._shown: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._label = ""
        self._low, self._high = 0.0, 1.0
        self._only_wrong = False
        self._order = (-1, Qt.SortOrder.AscendingOrder)

    def start(self, labels: Iterable[str]) -> None:
        """Forget all rows; the answers to come are of a model that knows ``labels``. The filter stays."""
        self.beginResetModel()
        self._known = frozenset(labels)
        self._rows = []
        self._shown = np.zeros(0, dtype=np.int64)
        self.endResetModel()

    def append(self, rows: Iterable[Row]) -> None:
        """Add rows at the end (or, when sorted, where they belong)."""
        start = len(self._rows)
        self._rows.extend(rows)
        fresh = np.array([n for n in range(start, len(self._rows)) if self._passes(self._rows[n])], dtype=np.int64)
        if not len(fresh):
            return
        if self._order[0] >= 0:
            self._refresh()
            return
        at = len(self._shown)
        self.beginInsertRows(_NOWHERE, at, at + len(fresh) - 1)
        self._shown = np.concatenate([self._shown, fresh])
        self.endInsertRows()

    def set_filter(self, *, label: str = "", low: float = 0.0, high: float = 1.0, only_wrong: bool = False) -> None:
        """Show only rows predicted as ``label`` ("": any), with a confidence from ``low`` to ``high``; ``only_wrong``:
        only those whose own label is another one."""
        self._label, self._low, self._high, self._only_wrong = label, low, high, only_wrong
        self._refresh()

    @property
    def rows(self) -> list[Row]:
        """All rows, filtered or not."""
        return self._rows

    @property
    def shown(self) -> npt.NDArray[np.int64]:
        """Which rows are shown, in the order of the table."""
        return self._shown

    def labelled(self) -> tuple[int, int]:
        """How many rows bring a label with them that the model knows, and for how many of these it was predicted."""
        given = [row for row in self._rows if row.given in self._known]
        return len(given), sum(row.label == row.given for row in given)

    def row_at(self, row: int) -> Row:
        """The answer that stands in ``row`` of the table."""
        return self._rows[int(self._shown[row])]

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Rows that pass the filter."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Source, label, confidence, given label, text."""
        return 0 if parent.isValid() else 5

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """One cell."""
        if not index.isValid() or role not in (
            Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole
        ):
            return None
        row = self.row_at(index.row())
        text = (row.source, row.label, f"{row.confidence:.1%}", row.given, row.text)[index.column()]
        return one_line(text) if role == Qt.ItemDataRole.DisplayRole else plain_tip(text)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns; rows are numbered as the texts came."""
        if role == Qt.ItemDataRole.TextAlignmentRole and orientation == Qt.Orientation.Horizontal:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return f"{int(self._shown[section]) + 1:,}"
        return (self.tr("From"), self.tr("Label"), self.tr("Confidence"), self.tr("Given"), self.tr("Text"))[section]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1: as the texts came."""
        self._order = (column, order)
        self._refresh()

    def _passes(self, row: Row) -> bool:
        return (
            (not self._label or row.label == self._label) and self._low <= row.confidence <= self._high
            and not (self._only_wrong and (row.given not in self._known or row.given == row.label))
        )

    def _refresh(self) -> None:
        self.beginResetModel()
        found = [n for n, row in enumerate(self._rows) if self._passes(row)]
        column, order = self._order
        if column >= 0:
            found.sort(key=lambda n: self._key(self._rows[n], column), reverse=order == Qt.SortOrder.DescendingOrder)
        self._shown = np.array(found, dtype=np.int64)
        self.endResetModel()

    @staticmethod
    def _key(row: Row, column: int) -> Any:
        return (row.source, row.label, row.confidence, row.given, row.text)[column]
