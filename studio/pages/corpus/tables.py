"""The two tables: the file as it will be read, and the documents that came of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.models.document_table import DocumentRows, find_rows, order_of
from studio.models.rows import ListRows, Role
from studio.pages.parts.rows_table import RowsTable
from studio.widgets import Button, ElidedLabel, Tabs
from studio.widgets.layouts import as_widget, in_column, in_row
from ulmengine.corpus import Documents, Preview
from ulmengine.corpus.split import DROPPED, LEFT_OUT, TEST, TRAIN, UNLABELLED, VALIDATION

from .jobs import Opened

PAUSE_MS = 400
"""After so long without a key what is typed is searched for."""


class TablesPanel(QWidget):
    """Tabs with both tables; a line above the documents says which of them are shown."""

    documentPicked = Signal(int)
    """A source row; -1: none, for none is listed."""
    filterCleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.file = RowsTable(self.tr("Beginning of the file"))
        self.documents = RowsTable(self.tr("Documents"))
        self.documents.rowPicked.connect(self.documentPicked)
        self.tabs = Tabs()
        self.documents.make_sortable(self.tr(
            "Click to sort; click again for the other way round, and again for the order of the source"))
        self.search = QLineEdit(placeholderText=self.tr("Search the texts"), clearButtonEnabled=True)
        self.search.setAccessibleName(self.search.placeholderText())
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._searching, self._sorting = JobSlot(self, self._found), JobSlot(self, self._sorted)
        self._down = False
        self._filter_text = ElidedLabel("", theme.Type.SMALL)
        clear = Button(self.tr("Show all"), "close", "quiet")
        clear.clicked.connect(self._clear)
        self._filter = as_widget(in_row((self._filter_text, 1), clear, gap=-1, margins=(theme.S, 0, 0, 0)))
        margins = (0, theme.S, 0, 0)
        documents = in_column(self.search, self._filter, (self.documents, 1), gap=theme.XS, margins=margins)
        self.tabs.addTab(as_widget(in_column(self.file, margins=margins)), self.tr("As in the file"))
        self.tabs.addTab(as_widget(documents), self.tr("Documents"))
        in_column(self.tabs, inside=self)
        self._rows: DocumentRows | None = None
        self.search.textEdited.connect(self._typed)
        self.search.returnPressed.connect(self.look)
        self._pause.timeout.connect(self.look)
        self.documents.horizontalHeader().sortIndicatorChanged.connect(self._sort)
        self.clear_documents()

    @property
    def rows(self) -> DocumentRows | None:
        return self._rows

    def show_preview(self, preview: Preview) -> None:
        """Show the beginning of the file."""
        found = preview.understood
        roles = {place: Role.TEXT for place, name in enumerate(preview.columns) if name in found.text_columns}
        roles |= {place: Role.LABEL for place, name in enumerate(preview.columns) if name in found.label_columns}
        self.file.set_source(ListRows(preview.columns, preview.rows), roles)
        self.tabs.setTabToolTip(0, self.tr("The first {n} rows").format(n=f"{len(preview.rows):,}"))

    def show_corpus(self, opened: Opened) -> None:
        """Show the documents, and bring them to the front the first time."""
        before, self._rows = self._rows, document_rows(opened, self)
        if before is not None and relabelled(before.documents, opened.documents):
            self._show_same()  # who looks through the rows goes on there
            return
        fresh = before is None
        self.documents.unsort()
        self.documents.set_source(self._rows, {})
        self.search.clear()
        self.search.setEnabled(True)
        self.tabs.setTabEnabled(1, True)
        kept = sum(opened.counts.values())
        self.tabs.setTabText(1, self.tr("Documents: {count}").format(count=f"{kept:,}"))
        self._filter.hide()
        if fresh:
            self.tabs.setCurrentIndex(1)
        self.documents.pick(0)

    def _show_same(self) -> None:
        assert self._rows is not None
        row = max(0, self.documents.currentIndex().row())
        self.documents.rows.set_source(self._rows, same_rows=True)
        self.documents.pick(row)

    def clear_preview(self) -> None:
        """No file has been looked at (yet)."""
        self.file.set_source(ListRows((), ()), {})
        self.tabs.setTabToolTip(0, "")

    def clear_documents(self) -> None:
        """There are no documents (yet)."""
        self._rows = None
        self._searching.cancel()
        self.documents.unsort()
        self.search.clear()
        self.search.setEnabled(False)
        self.documents.set_source(ListRows((), ()), {})
        self.tabs.setTabText(1, self.tr("Documents"))
        self.tabs.setTabEnabled(1, False)
        self.tabs.setCurrentIndex(0)
        self._filter.hide()

    def show_only(self, rows: npt.ArrayLike, why: str) -> None:
        """Show only these source rows of the documents; ``why`` says what they are."""
        self.search.clear()
        self._searching.cancel()
        self._only(rows, why)

    def _only(self, rows: npt.ArrayLike, why: str) -> None:
        wanted = np.asarray(rows, dtype=np.int64)
        self.documents.rows.show_only(wanted)
        self._filter_text.setText(self.tr("{count} rows: {why}").format(count=f"{len(wanted):,}", why=why))
        self._filter.show()
        self.tabs.setCurrentIndex(1)
        self.documents.pick(0)
        if not len(wanted):
            self.documentPicked.emit(-1)

    @property
    def busy(self) -> bool:
        """Whether it is being searched or sorted."""
        return self._pause.isActive() or self._searching.running or self._sorting.running

    @Slot()
    def _typed(self) -> None:
        self._pause.start()

    @Slot()
    def look(self) -> None:
        """Show the documents in which what is typed stands; all of them where nothing is."""
        self._pause.stop()
        wanted, rows = self.search.text().strip(), self._rows
        if rows is None or not wanted:
            self._searching.cancel()
            self._clear(focus=False)
            return
        documents = rows.documents
        self._searching.start(lambda: find_rows(documents, wanted))

    @Slot(object)
    def _found(self, rows: npt.NDArray[np.int64]) -> None:
        self.filterCleared.emit()
        self._only(rows, self.tr("with “{text}”").format(text=self.search.text().strip()))

    @Slot(int, object)
    def _sort(self, column: int, order: Qt.SortOrder) -> None:
        rows = self._rows
        if column < 0 or rows is None:
            self._sorting.cancel()
            self.documents.rows.set_order(None)
            return
        self._down = order == Qt.SortOrder.DescendingOrder
        self._sorting.start(lambda: order_of(rows, column))

    @Slot(object)
    def _sorted(self, order: npt.NDArray[np.int64]) -> None:
        self.documents.rows.set_order(order[::-1].copy() if self._down else order)
        self.documents.scrollToTop()

    def show_all(self) -> None:
        self.documents.rows.show_only(None)
        self._filter.hide()
        self.search.clear()

    def step(self, by: int) -> None:
        """Pick the next or the previous document of the table."""
        current = self.documents.currentIndex().row()
        self.documents.pick(max(0, current + by))
        self.documents.scrollTo(self.documents.currentIndex())

    @Slot()
    def _clear(self, *, focus: bool = True) -> None:
        self.show_all()
        self.filterCleared.emit()
        if focus:
            self.documents.setFocus(Qt.FocusReason.OtherFocusReason)


def relabelled(before: Documents, now: Documents) -> bool:
    """Whether these are the same documents, some of which bear other labels of the same columns."""
    same = before.understood.label_columns == now.understood.label_columns and \
        np.array_equal(before.hashes, now.hashes) and np.array_equal(before.parts == DROPPED, now.parts == DROPPED)
    return same and not (before.labels == now.labels and np.array_equal(before.all_targets, now.all_targets))


def document_rows(opened: Opened, owner: QWidget) -> DocumentRows:
    """The documents with headings and parts in the person's language."""
    words = {
        TRAIN: owner.tr("Training"), VALIDATION: owner.tr("Validation"), TEST: owner.tr("Test"),
        UNLABELLED: owner.tr("Without label"), LEFT_OUT: owner.tr("Left out: text held back"),
        DROPPED: owner.tr("Left out by repair"),
    }
    names = (owner.tr("Part"), owner.tr("Label"), owner.tr("Text"))
    return DocumentRows(opened.documents, opened.snippets, names, words)
