"""A table of any length over something that can give one cell at a time."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

SHOWN = 300
"""Characters of a cell that are laid out; a longer text costs time in every repaint and does not fit anyway."""

TOLD = 1_500
"""Characters of a cell in its tooltip."""

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class Role(Enum):
    """What a column is used for."""

    PLAIN = ""
    TEXT = "text"
    LABEL = "label"


class RowSource(Protocol):
    """Rows of text cells; ``cell`` is called while painting and must be fast (well under a tenth of a millisecond)."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names above the columns."""
        ...

    def __len__(self) -> int: ...

    def cell(self, row: int, column: int) -> str:
        """The text of one cell."""
        ...


class ListRows:
    """Rows that are in memory, such as the beginning of a file."""

    def __init__(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self._columns = tuple(columns)
        self._rows = rows

    @property
    def columns(self) -> tuple[str, ...]:
        """The names above the columns."""
        return self._columns

    def __len__(self) -> int:
        return len(self._rows)

    def cell(self, row: int, column: int) -> str:
        """The text of one cell; empty where a ragged row is too short."""
        cells = self._rows[row]
        return cells[column] if column < len(cells) else ""


class RowsModel(QAbstractTableModel):
    """A virtual table over a :class:`RowSource`: nothing is copied, only the cells in view are asked for.

    ``show_only`` restricts it to some rows of the source without touching the others, ``set_order`` puts them into
    another order than the source's.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source: RowSource = ListRows((), ())
        self._only: npt.NDArray[np.int64] | None = None
        self._order: npt.NDArray[np.int64] | None = None
        self._rows: npt.NDArray[np.int64] | None = None
        self._roles: dict[int, Role] = {}

    def set_source(self, source: RowSource, roles: dict[int, Role] | None = None, *, same_rows: bool = False) -> None:
        """Show ``source``, all of its rows; ``roles`` says which columns are text and which label. ``same_rows``: they
        are those of before with other cells, and the same of them stay in view in the same order."""
        self.beginResetModel()
        self._source, self._roles = source, dict(roles or {})
        if not same_rows:
            self._only = self._order = self._rows = None
        self.endResetModel()

    def show_only(self, rows: npt.ArrayLike | None) -> None:
        """Show only these rows of the source (numbers out of range are left out); None: all of them."""
        self.beginResetModel()
        if rows is None:
            self._only = None
        else:
            wanted = np.asarray(rows, dtype=np.int64)
            self._only = wanted[(wanted >= 0) & (wanted < len(self._source))]
        self._combine()
        self.endResetModel()

    def set_order(self, order: npt.NDArray[np.int64] | None) -> None:
        """Put the rows into ``order``: all rows of the source, the first one first; None: as they stand there."""
        self.beginResetModel()
        self._order = order
        self._combine()
        self.endResetModel()

    def _combine(self) -> None:
        """Which rows of the source are shown, in which order."""
        self._rows = self._only
        if self._order is not None:
            shown = np.zeros(len(self._source), dtype=np.bool_)
            shown[slice(None) if self._only is None else self._only] = True
            self._rows = self._order[shown[self._order]]

    @property
    def source(self) -> RowSource:
        """What is shown."""
        return self._source

    def source_row(self, row: int) -> int:
        """The row of the source that stands in ``row`` of the table."""
        return row if self._rows is None else int(self._rows[row])

    def role_of(self, column: int) -> Role:
        """What a column is used for."""
        return self._roles.get(column, Role.PLAIN)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        if parent.isValid():
            return 0
        return len(self._source) if self._rows is None else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._source.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The cell as one line; all of it (up to a limit) as tooltip and for a screen reader."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(self._cell(index))
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return plain_tip(self._cell(index))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names of columns with what they are used for; numbers of rows counted from 1 as in the source."""
        if role == Qt.ItemDataRole.DisplayRole:
            if orientation == Qt.Orientation.Vertical:
                return f"{self.source_row(section) + 1:,}"
            return self._heading(section)
        return None

    def _heading(self, column: int) -> str:
        name = self._source.columns[column] or self.tr("(no name)")
        match self.role_of(column):
            case Role.TEXT:
                return self.tr("{name}  ·  text").format(name=name)
            case Role.LABEL:
                return self.tr("{name}  ·  label").format(name=name)
        return name

    def _cell(self, index: Index) -> str:
        return self._source.cell(self.source_row(index.row()), index.column())


def one_line(text: str) -> str:
    """The beginning of ``text`` without line breaks."""
    part = text[:SHOWN]
    return " ".join(part.split()) if ("\n" in part or "\r" in part or "\t" in part) else part


def plain_tip(text: str) -> str:
    """``text`` as a tooltip: shortened, and never taken for HTML."""
    part = text[:TOLD] + ("…" if len(text) > TOLD else "")
    return "<p>" + part.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>") + "</p>" if part else ""
