"""Many texts: dropped files, folders and tables, their answers in a table that fills while they are read."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.models.predictions import GIVEN, TEXT, PredictionsModel
from studio.pages.corpus_parts.table import RowDelegate
from studio.pages.parts.jobbar import JobBar
from studio.pages.parts.jobslot import JobSlot
from studio.pages.parts.words import counted
from studio.shell import Shell
from studio.widgets import Button, DropArea, ElidedLabel, Label
from ulmengine.events import Event

from .answering import Answering
from .batch import Answered, BatchResult, classify_all, export

_WIDTHS = (190, 120, 96, 110)


class ManyTexts(QWidget):
    """Drop area above, then filter, table and export."""

    failed = Signal(object)
    opened = Signal(str)
    """Show this text by itself."""

    def __init__(self, shell: Shell, cache: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        self.cache = cache
        self.result: BatchResult | None = None
        self._answering: Answering | None = None
        self._paths: list[Path] = []
        self.model = PredictionsModel(self)
        self.table = _table(self.model, self.tr("Classified texts"))
        self.area = DropArea(self.tr("Drop files, folders or tables here"), self.tr(
            "A text file is one text; of a folder every text file is one; of a table every row"))
        self.again = Button(self.tr("Classify others…"), "file")
        self.progress = JobBar()
        self.summary = ElidedLabel("", theme.Type.SMALL, muted=True, numbers=True)
        self.save = Button(self.tr("Export…"), "export")
        self.label = QComboBox()
        self.sure = QComboBox()
        self.wrong = QCheckBox(self.tr("Only where it differs from the given label"))
        self._work, self._export = JobSlot(self), JobSlot(self)
        for left_over in cache.glob("predictions-*"):  # of an earlier start of the program
            left_over.unlink(missing_ok=True)
        self._arrange()
        self._connect()
        self._follow()

    def _arrange(self) -> None:
        self.label.setAccessibleName(self.tr("Show the label"))
        self.sure.setAccessibleName(self.tr("Show the confidence"))
        for text, low, high in (
            (self.tr("any confidence"), 0.0, 1.0), (self.tr("below 60 %"), 0.0, 0.6), (self.tr("below 80 %"), 0.0, 0.8),
            (self.tr("80 % and more"), 0.8, 1.0), (self.tr("95 % and more"), 0.95, 1.0),
        ):
            self.sure.addItem(text, (low, high))
        filters = QHBoxLayout()
        filters.setSpacing(theme.S)
        filters.addWidget(Label(self.tr("Show")))
        for part in (self.label, self.sure, self.wrong):
            filters.addWidget(part)
        filters.addStretch(1)
        filters.addWidget(self.again)
        filters.addWidget(self.save)
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.S)
        column.addLayout(filters)
        column.addWidget(self.table, 1)
        column.addWidget(self.summary)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.area)
        self.stack.addWidget(full)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, theme.M, 0, 0)
        outer.setSpacing(theme.S)
        outer.addWidget(self.progress)
        outer.addWidget(self.stack, 1)

    def _connect(self) -> None:
        self.area.dropped.connect(self.classify)
        self.area.clicked.connect(self.choose)
        self.again.clicked.connect(self.choose)
        self.save.clicked.connect(self._save)
        self.progress.cancelled.connect(self.cancel)
        self.label.activated.connect(self._filter)
        self.sure.activated.connect(self._filter)
        self.wrong.clicked.connect(self._filter)
        self.table.activated.connect(self._open)
        self.table.horizontalHeader().sectionClicked.connect(self._sort)
        for slot in (self._work, self._export):
            slot.events.connect(self._events)
            slot.failed.connect(self._failed)
        self._work.finished.connect(self._finished)
        self._export.finished.connect(self._exported)

    @property
    def busy(self) -> bool:
        """Whether texts are being classified or written."""
        return self._work.running or self._export.running

    def set_model(self, answering: Answering | None) -> None:
        """Use another model: what it had dropped on it before is classified anew."""
        self._answering = answering
        if self._paths:
            self.classify(self._paths)

    @Slot()
    def choose(self) -> None:
        """Ask for files."""
        paths = self.shell.ask.open_files(
            self.tr("Choose texts to classify"), Path.home(), self.tr("All files (*)"), several=True)
        if paths:
            self.classify(paths)

    @Slot(object)
    def classify(self, paths: list[Path]) -> None:
        """Classify everything in ``paths``."""
        self._paths = list(paths)
        answering = self._answering
        if answering is None:
            return
        self._drop_result()
        self.model.start(answering.labels)
        self.table.horizontalHeader().setSortIndicatorShown(False)
        self.model.sort(-1)
        self.label.clear()
        self.label.addItem(self.tr("all labels"), "")
        for name in answering.labels:
            self.label.addItem(name, name)
        self._filter()
        self.stack.setCurrentIndex(1)
        self.progress.begin(self.tr("Reading the texts"))
        target = self.cache / f"predictions-{uuid.uuid4().hex}.arrow"
        self._work.start(lambda: classify_all(answering, paths, self.cache, target))
        self._follow()

    @Slot()
    def cancel(self) -> None:
        """End the work; the answers that are there stay to be read."""
        self._work.cancel()
        self._export.cancel()
        self.progress.done(self.tr("Cancelled. The answers so far are kept."))
        self._follow()

    def _drop_result(self) -> None:
        if self.result is not None:
            self.result.path.unlink(missing_ok=True)
            self.result = None

    @Slot(object)
    def _events(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Answered):
                self.model.append(event.rows)
        self.progress.show_events(events)
        self._follow()

    @Slot(object)
    def _finished(self, result: BatchResult) -> None:
        self.result = result
        self.progress.done()
        self._follow()

    @Slot(object)
    def _failed(self, failure: object) -> None:
        self.progress.done()
        if not self.model.rows:
            self.stack.setCurrentIndex(0)
        self._follow()
        self.failed.emit(failure)

    def _follow(self) -> None:
        """Numbers and buttons as things stand."""
        rows, shown = len(self.model.rows), len(self.model.shown)
        given, right = self.model.labelled()
        told = [counted(rows, self.tr("1 text"), self.tr("{n} texts"))]
        if shown != rows:
            told.append(self.tr("{n} shown").format(n=f"{shown:,}"))
        if given:
            told.append(self.tr("{share} of the {n} given labels predicted").format(
                share=f"{right / given:.1%}", n=f"{given:,}"))
        self.summary.setText("   ·   ".join(told) if rows else "")
        self.wrong.setVisible(given > 0)
        self.table.setColumnHidden(GIVEN, given == 0)
        self.save.setEnabled(self.result is not None and shown > 0 and not self._export.running)
        self.progress.setVisible(self.busy or bool(self.progress.text.text()))

    @Slot()
    def _filter(self) -> None:
        low, high = self.sure.currentData()
        self.model.set_filter(label=str(self.label.currentData() or ""), low=low, high=high,
                              only_wrong=self.wrong.isChecked())
        self._follow()

    @Slot(int)
    def _sort(self, column: int) -> None:
        header = self.table.horizontalHeader()
        first = Qt.SortOrder.AscendingOrder
        again = header.isSortIndicatorShown() and header.sortIndicatorSection() == column
        order = Qt.SortOrder.DescendingOrder if again and header.sortIndicatorOrder() == first else first
        header.setSortIndicatorShown(True)
        header.setSortIndicator(column, order)
        self.model.sort(column, order)

    @Slot()
    def _open(self) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            self.opened.emit(self._whole_text(int(self.model.shown[index.row()])))

    def _whole_text(self, row: int) -> str:
        """The text of a row; only its beginning while the work is under way."""
        if self.result is None:
            return self.model.rows[row].text
        return self.result.text(row)

    @Slot()
    def _save(self) -> None:
        result = self.result
        target = self.shell.ask.save_file(
            self.tr("Export the answers"), Path.home() / "predictions.csv",
            self.tr("CSV (*.csv);;Parquet (*.parquet)"))
        if target is None or result is None:
            return
        every = len(self.model.shown) == len(self.model.rows)
        wanted = None if every else set(np.asarray(self.model.shown).tolist())
        place = target if target.suffix else target.with_suffix(".csv")
        self.progress.begin(self.tr("Writing {file}").format(file=place.name))
        self._export.start(lambda: export(result, place, wanted))
        self._follow()

    @Slot(object)
    def _exported(self, path: Path) -> None:
        self.progress.done()
        self._follow()
        self.shell.toast(self.tr("Written: {path}").format(path=path), "ok")


def _table(model: PredictionsModel, name: str) -> QTableView:
    table = QTableView()
    table.setAccessibleName(name)
    table.setModel(model)
    table.setItemDelegate(RowDelegate(table))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setWordWrap(False)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setCornerButtonEnabled(False)
    vertical = table.verticalHeader()
    vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    vertical.setDefaultSectionSize(26)
    vertical.setMinimumSectionSize(26)
    vertical.setFixedWidth(64)
    horizontal = table.horizontalHeader()
    horizontal.setHighlightSections(False)
    horizontal.setSectionsClickable(True)
    for column, width in enumerate(_WIDTHS):
        table.setColumnWidth(column, width)
    horizontal.setSectionResizeMode(TEXT, QHeaderView.ResizeMode.Stretch)
    horizontal.setToolTip(table.tr("Click to sort"))
    return table
