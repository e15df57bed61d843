"""The runs of a project as a table that can be sorted, searched and filtered."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, QSortFilterProxyModel, Qt

from studio.fields import all_fields
from studio.models.rows import Index, one_line, plain_tip
from studio.words import corrected_words, state_words, words
from ulmengine.plan.control import RunState
from ulmengine.record import RunLine

_NOWHERE = QModelIndex()
SORT = int(Qt.ItemDataRole.UserRole)
LINE = SORT + 1
STATE, DIFFERS, FROM, CORPUS = 1, 7, 8, 9
"""Columns: how a run ended, what is not as usual, in whose folder it lies, what it learnt from."""
UNREADABLE = "unreadable"
"""In place of a state: of which there is none, for the run cannot be read."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("RunsModel", text)


@dataclass(frozen=True)
class Column:
    """A column: what it is called, what stands in it, and by what it is sorted."""

    title: str
    text: Callable[[RunLine], str]
    key: Callable[[RunLine], Any]


def read_state_words(state: RunState | None) -> str:
    """What the state of a run in a list is called."""
    return _tr("Cannot be read") if state is None else state_words(state)


def standing(line: RunLine) -> str:
    """The state of a run, and before it, where a narrow column does not cut it, that it is archived."""
    state = read_state_words(line.state)
    return f"{_tr('Archived')} · {state}" if line.about.archived else state


def result_words(line: RunLine) -> str:
    """The result in a few characters: accuracy, that of validation so far, or a language model's perplexity."""
    if line.accuracy is not None:
        corrected = corrected_words(line.relabelled, line.part)
        return f"{line.accuracy:.1%} ({corrected})" if corrected else f"{line.accuracy:.1%}"
    if line.reached is not None:
        return _tr("{share} so far").format(share=f"{line.reached:.1%}")
    return _tr("perplexity {value}").format(value=f"{line.perplexity:.1f}") if line.perplexity is not None else ""


def time_spent(seconds: float) -> str:
    """Hours, minutes and seconds as a clock has them."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def differs_words(line: RunLine) -> str:
    """The settings that are not as usual, in a line."""
    fields = all_fields()
    return ", ".join(f"{words(fields[name].label)} {_plain(value)}" for name, value in line.differs.items()
                     if name in fields)


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(value)


def _moment(line: RunLine) -> str:
    if not line.began:
        return ""
    when = datetime.fromtimestamp(line.began)
    today = datetime.fromtimestamp(time.time()).date() == when.date()
    return f"{when:%H:%M}" if today else f"{when:%Y-%m-%d %H:%M}"


def from_words(line: RunLine, own: Path | None) -> str:
    """In whose folder the run lies: in that of the project with the runs ``own``, or in another one, by its name."""
    folder = line.folder.parent
    return _tr("This project") if folder == own else folder_words(folder)


def folder_words(folder: Path) -> str:
    """What a folder of runs is called: as its project where it is a project's, else by its own name."""
    return folder.parent.name if folder.name == "runs" else folder.name


def apart(names: Sequence[str], more: Sequence[str]) -> list[str]:
    """The names of runs, no two alike: equal ones with what there is ``more`` to say of each in brackets, those that
    are equal even so with a number."""
    longer = [name if names.count(name) == 1 else f"{name} ({said})" for name, said in zip(names, more, strict=True)]
    return [name if longer.count(name) == 1 else f"{name} ({longer[:place].count(name) + 1})"
            for place, name in enumerate(longer)]


def told_apart(lines: Sequence[RunLine], own: Path | None) -> list[RunLine]:
    """The runs, those of equal names called by where they are from too."""
    names = apart([line.name for line in lines], [from_words(line, own) for line in lines])
    return [replace(line, name=name) for line, name in zip(lines, names, strict=True)]


def columns(own: Path | None = None) -> tuple[Column, ...]:
    """The columns, in order. ``own``: where the project's runs are."""
    return (
        Column(_tr("Name"), lambda line: line.name, lambda line: line.name.casefold()),
        Column(_tr("State"), standing, standing),
        Column(_tr("Result"), result_words, lambda line: line.accuracy if line.accuracy is not None else -1.0),
        Column(_tr("Baseline"), lambda line: "" if line.baseline is None else f"{line.baseline:.1%}",
               lambda line: line.baseline if line.baseline is not None else -1.0),
        Column(_tr("Time"), lambda line: time_spent(line.seconds) if line.seconds else "", lambda line: line.seconds),
        Column(_tr("Begun"), _moment, lambda line: line.began),
        Column(_tr("Tags"), lambda line: ", ".join(line.about.tags), lambda line: ", ".join(line.about.tags)),
        Column(_tr("Not as usual"), differs_words, differs_words),
        Column(_tr("From"), lambda line: from_words(line, own), lambda line: from_words(line, own).casefold()),
        Column(_tr("Corpus"), lambda line: line.corpus, lambda line: line.corpus.casefold()),
    )


class RunsModel(QAbstractTableModel):
    """One line a run. ``own``: where the project's runs are."""

    def __init__(self, own: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[RunLine, ...] = ()
        self.own, self.columns = own, columns(own)

    def set_lines(self, lines: Sequence[RunLine]) -> None:
        self.beginResetModel()
        self.lines = tuple(lines)
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line, column = self.lines[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(column.text(line))
        if role == Qt.ItemDataRole.ToolTipRole:
            more = str(line.folder) if index.column() == 0 else column.text(line)
            if line.failed and index.column() == STATE:
                more += f": {words(line.failed)}"
            return plain_tip(line.problem or more)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title}: {column.text(line)}"
        if role == SORT:
            return column.key(line)
        return line if role == LINE else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        return None


class RunsFilter(QSortFilterProxyModel):
    """Runs whose name, tags, notes or settings hold every word that was typed, of one state or of all;
    archived runs after the others."""

    def __init__(self, source: RunsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs = source
        self._words: list[str] = []
        self._state, self._archived = "", False
        self.setSortRole(SORT)
        self.setSourceModel(source)

    def set_words(self, text: str) -> None:
        """Show only runs that hold each word of ``text`` somewhere."""
        self._words = text.casefold().split()
        self.invalidate()

    def set_state(self, state: str) -> None:
        """Show only runs of this state, or those :data:`UNREADABLE`; "": all."""
        self._state = state
        self.invalidate()

    def set_archived(self, shown: bool) -> None:
        self._archived = shown
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        line = self.runs.lines[source_row]
        if (line.about.archived and not self._archived) or (self._state and (line.state or UNREADABLE) != self._state):
            return False
        told = " ".join((line.name, *line.about.tags, line.notes, differs_words(line), line.corpus, line.folder.name,
                         line.failed, from_words(line, self.runs.own), *line.differs)).casefold()
        return all(word in told for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:
        """By the column that is sorted by; archived runs stand last, whichever way round."""
        archived = [self.runs.lines[index.row()].about.archived for index in (left, right)]
        if archived[0] != archived[1]:
            return archived[self.sortOrder() == Qt.SortOrder.AscendingOrder]
        return super().lessThan(left, right)

    def line(self, row: int) -> RunLine:
        """The run in a row as it is shown."""
        return self.runs.lines[self.mapToSource(self.index(row, 0)).row()]

    def row_of(self, folder: Path) -> int:
        """The row in which the run in ``folder`` is shown; -1: in none."""
        for row in range(self.rowCount()):
            if self.line(row).folder == folder:
                return row
        return -1
