"""Answers of a classifier as rows of a table that can be filtered and sorted while it still grows."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from studio.growing import GrowingArray

from .rows import Index, one_line, plain_tip

SOURCE, LABEL, CONFIDENCE, GIVEN, TEXT, OTHERS = range(6)
"""Columns; from OTHERS on there is one for each model that answers beside the first."""
_NOWHERE = QModelIndex()
DIFFERS = "\N{NOT EQUAL TO} "
"""Stands before an answer that is another one than that of the first model."""


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """One text (its beginning), the label predicted, how sure, and the label it brought with it ("" for none).

    ``others``: label and confidence by each model beside the first. A text with nothing in it has no answer: its
    figures are NaN.
    """

    source: str
    text: str
    label: str
    confidence: float
    given: str
    probabilities: tuple[float, ...]
    others: tuple[tuple[str, float], ...] = ()

    @property
    def answered(self) -> bool:
        """Whether there was something to answer."""
        return not math.isnan(self.confidence)


class PredictionsModel(QAbstractTableModel):
    """Rows in the order of the texts, or sorted; only those that pass the filter.

    While rows come in, new ones stand at the end of a sorted table until :meth:`settle`. Filter, order and counts
    are worked out on numbers, not on the rows: there may be a million.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._label = ""
        self._low, self._high = 0.0, 1.0
        self._only_wrong = self._only_differing = False
        self._order = (-1, Qt.SortOrder.AscendingOrder)
        self._known: frozenset[str] = frozenset()
        self._others: tuple[str, ...] = ()
        self._other_labels: tuple[frozenset[str], ...] = ()
        self._forget()

    def _forget(self) -> None:
        self._rows: list[PredictionRow] = []
        self._names: dict[str, int] = {}
        self._labels, self._givens = GrowingArray(np.int32), GrowingArray(np.int32)
        self._confidences = GrowingArray()
        self._wrongs, self._differs = GrowingArray(np.bool_), GrowingArray(np.bool_)
        self._given = self._right = self._unanswered = 0
        self._others_right = [(0, 0) for _ in self._others]
        self._shown: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def start(self, labels: Iterable[str], others: Iterable[tuple[str, Iterable[str]]] = ()) -> None:
        """Forget all rows; the answers to come are of a model that knows ``labels``, and of the ``others`` beside it,
        each with its name and labels. The filter stays, but where it asks for what cannot be told any more."""
        self.beginResetModel()
        beside = [(name, frozenset(known)) for name, known in others]
        self._known, self._others = frozenset(labels), tuple(name for name, _ in beside)
        self._other_labels = tuple(known for _, known in beside)
        self._only_differing = self._only_differing and self.can_differ
        self._forget()
        self.endResetModel()

    def append(self, rows: Iterable[PredictionRow]) -> None:
        start, rows = len(self._rows), list(rows)
        self._rows.extend(rows)
        self._take(rows)
        fresh = self._passing(start)
        if not len(fresh):
            return
        at = len(self._shown)
        self.beginInsertRows(_NOWHERE, at, at + len(fresh) - 1)
        self._shown = np.concatenate([self._shown, fresh])
        self.endInsertRows()

    def _take(self, rows: Sequence[PredictionRow]) -> None:
        """Keep the numbers of fresh rows."""
        names = self._names
        self._labels.extend([names.setdefault(row.label, len(names)) for row in rows])
        self._givens.extend([names.setdefault(row.given, len(names)) for row in rows])
        self._confidences.extend([row.confidence for row in rows])
        given = [row.answered and self._knows(row.given) for row in rows]
        self._unanswered += sum(not row.answered for row in rows)
        right = [_same(row.label, row.given, self._known) for row in rows]
        self._wrongs.extend([there and not same for there, same in zip(given, right, strict=True)])
        self._differs.extend([any(self._differs_in(row, number) for number in range(len(self._others)))
                              for row in rows])
        for number, known in enumerate(self._other_labels):
            count, hits = self._others_right[number]
            told = [(row.others[number][0], row.given) for row in rows
                    if row.answered and labels_in(row.given, known) is not None]
            self._others_right[number] = (count + len(told), hits + sum(_same(said, own, known) for said, own in told))
        self._given += sum(given)
        self._right += sum(there and same for there, same in zip(given, right, strict=True))

    def _compares(self, number: int) -> bool:
        """Whether the other model knows labels of the first one: else it can only say something else."""
        return not self._known.isdisjoint(self._other_labels[number])

    def _differs_in(self, row: PredictionRow, number: int) -> bool:
        return row.others[number][0] != row.label and self._compares(number)

    @property
    def can_differ(self) -> bool:
        """Whether there is another model that can say the same as the first one."""
        return any(map(self._compares, range(len(self._others))))

    def _knows(self, given: str) -> bool:
        """Whether the model can predict ``given``, one label or several."""
        return labels_in(given, self._known) is not None

    def settle(self) -> None:
        """No more rows come for now: put all of them into the order chosen."""
        if self._order[0] >= 0:
            self._reorder()

    def set_filter(self, *, label: str = "", low: float = 0.0, high: float = 1.0, only_wrong: bool = False,
                   only_differing: bool = False) -> None:
        """Show only rows predicted as ``label`` ("": any), with a confidence from ``low`` to ``high``; ``only_wrong``:
        only those whose own label is another one; ``only_differing``: only those of which the models say different
        things."""
        self._label, self._low, self._high, self._only_wrong = label, low, high, only_wrong
        self._only_differing = only_differing
        self.beginResetModel()
        self._shown = self._ordered(self._passing(0))
        self.endResetModel()

    @property
    def rows(self) -> list[PredictionRow]:
        """All rows, filtered or not."""
        return self._rows

    @property
    def shown(self) -> npt.NDArray[np.int64]:
        """Which rows are shown, in the order of the table."""
        return self._shown

    def labelled(self) -> tuple[int, int]:
        """How many rows bring a label with them that the model knows, and for how many of these it was predicted."""
        return self._given, self._right

    def labelled_by_others(self) -> list[tuple[str, int, int]]:
        """By name of each other model the same as :meth:`labelled`."""
        return [(name, *found) for name, found in zip(self._others, self._others_right, strict=True)]

    def differing(self) -> int:
        """Of how many rows the models say different things."""
        return int(self._differs.values.sum())

    @property
    def unanswered(self) -> int:
        """How many texts have nothing in them, and so no answer."""
        return self._unanswered

    def row_at(self, row: int) -> PredictionRow:
        """The answer that stands in ``row`` of the table."""
        return self._rows[int(self._shown[row])]

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else OTHERS + len(self._others)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (
            Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole
        ):
            return None
        row = self.row_at(index.row())
        answer = (row.label, f"{row.confidence:.1%}") if row.answered else (self.tr("no text"), "–")
        if index.column() >= OTHERS:
            label, sure = row.others[index.column() - OTHERS]
            mark = DIFFERS if self._differs_in(row, index.column() - OTHERS) else ""
            text = f"{mark}{label} ({sure:.0%})" if row.answered else answer[0]
        else:
            text = (row.source, *answer, row.given, row.text)[index.column()]
        return one_line(text) if role == Qt.ItemDataRole.DisplayRole else plain_tip(text)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return f"{int(self._shown[section]) + 1:,}"
        return (self.tr("From"), self.tr("Label"), self.tr("Confidence"), self.tr("Given"), self.tr("Text"),
                *self._others)[section]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column ("From": as the texts came); -1: as the texts came. What is selected stays selected."""
        self._order = (column, order)
        self._reorder()

    def _passing(self, start: int) -> npt.NDArray[np.int64]:
        """The rows from ``start`` on that pass the filter, as they came."""
        confidences = self._confidences.values[start:]
        passes = (confidences >= self._low) & (confidences <= self._high)
        if self._low <= 0 and self._high >= 1:
            passes |= np.isnan(confidences)
        if self._label:
            passes &= self._labels.values[start:] == self._names.get(self._label, -1)
        if self._only_wrong:
            passes &= self._wrongs.values[start:]
        if self._only_differing:
            passes &= self._differs.values[start:]
        return np.flatnonzero(passes).astype(np.int64) + start

    def _reorder(self) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        held = [int(self._shown[index.row()]) for index in before]
        self._shown = self._ordered(np.sort(self._shown))
        after = [self.index(int(np.flatnonzero(self._shown == row)[0]), index.column())
                 for row, index in zip(held, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _ordered(self, found: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """``found``, rows as they came, in the order chosen; equal ones stay as they came."""
        column, order = self._order
        if column < 0 or not len(found):
            return found
        keys = self._keys(column, found)
        # Turned over twice, so that equal ones stay as they came also from the last to the first.
        down = order == Qt.SortOrder.DescendingOrder
        places = np.argsort(keys[::-1] if down else keys, kind="stable")
        return found[::-1][places][::-1] if down else found[places]

    def _keys(self, column: int, found: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Numbers that stand in the order of a column."""
        if column == SOURCE:
            return found
        if column == CONFIDENCE:
            return self._confidences.values[found]
        if column == TEXT:
            texts = [self._rows[row].text for row in found.tolist()]
            ranks = np.empty(len(texts), dtype=np.int64)
            ranks[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
            return ranks
        if column >= OTHERS:
            said = [self._rows[row].others[column - OTHERS][0] for row in found.tolist()]
            order = {name: rank for rank, name in enumerate(sorted(set(said)))}
            return np.array([order[name] for name in said], dtype=np.int64)
        place = {name: rank for rank, name in enumerate(sorted(self._names))}
        ranks = np.array([place[name] for name in self._names], dtype=np.int64)
        codes = (self._labels if column == LABEL else self._givens).values[found]
        return np.asarray(ranks[codes])


def labels_in(text: str, known: Collection[str]) -> frozenset[str] | None:
    """Those of the ``known`` labels that ``text`` holds with commas between them; None where it holds anything else.
    A label may have a comma itself."""
    if text in known:
        return frozenset({text})
    end = text.rfind(", ")
    while end >= 0:
        rest = labels_in(text[end + 2:], known) if text[:end] in known else None
        if rest is not None:
            return rest | {text[:end]}
        end = text.rfind(", ", 0, end)
    return None


def _same(label: str, given: str, known: Collection[str]) -> bool:
    """Whether the same label, or the same several in any order."""
    if label == given or ", " not in label:
        return label == given
    said = labels_in(label, known)
    return said is not None and said == labels_in(given, known)
