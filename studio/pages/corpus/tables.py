"""The two tables: the file as it will be read, and the documents that came of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from studio import theme
from studio.models.documents import DocumentRows
from studio.models.rows import ListRows, Role
from studio.pages.parts.rows_table import RowsTable
from studio.widgets import Button, ElidedLabel
from ulmengine.corpus import Preview
from ulmengine.corpus.split import DROPPED, LEFT_OUT, TEST, TRAIN, UNLABELLED, VALIDATION

from .work import Opened


class TablesPanel(QWidget):
    """Tabs with both tables; a line above the documents says which of them are shown."""

    documentPicked = Signal(int)
    """A source row."""
    filterCleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.file = RowsTable(self.tr("Beginning of the file"))
        self.documents = RowsTable(self.tr("Documents"))
        self.documents.rowPicked.connect(self.documentPicked)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self._filter = QWidget()
        self._filter_text = ElidedLabel("", theme.Type.SMALL)
        clear = Button(self.tr("Show all"), "close", "quiet")
        clear.clicked.connect(self._clear)
        row = QHBoxLayout(self._filter)
        row.setContentsMargins(theme.S, 0, 0, 0)
        row.addWidget(self._filter_text, 1)
        row.addWidget(clear)
        self._page = QWidget()
        column = QVBoxLayout(self._page)
        column.setContentsMargins(0, theme.S, 0, 0)
        column.setSpacing(theme.XS)
        column.addWidget(self._filter)
        column.addWidget(self.documents, 1)
        first = QWidget()
        inner = QVBoxLayout(first)
        inner.setContentsMargins(0, theme.S, 0, 0)
        inner.addWidget(self.file)
        self.tabs.addTab(first, self.tr("As in the file"))
        self.tabs.addTab(self._page, self.tr("Documents"))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.tabs)
        self._rows: DocumentRows | None = None
        self.clear_documents()

    @property
    def rows(self) -> DocumentRows | None:
        """The documents shown."""
        return self._rows

    def show_preview(self, preview: Preview) -> None:
        """Show the beginning of the file."""
        found = preview.understood
        roles = {place: Role.TEXT for place, name in enumerate(preview.columns) if name in found.text_columns}
        roles |= {place: Role.LABEL for place, name in enumerate(preview.columns) if name in found.label_columns}
        self.file.set_source(ListRows(preview.columns, preview.rows), roles)
        self.tabs.setTabText(0, self.tr("As in the file: first {n} rows").format(n=f"{len(preview.rows):,}"))

    def show_corpus(self, opened: Opened) -> None:
        """Show the documents, and bring them to the front the first time."""
        fresh = self._rows is None
        self._rows = document_rows(opened, self)
        self.documents.set_source(self._rows, {})
        self.tabs.setTabEnabled(1, True)
        kept = sum(opened.counts.values())
        self.tabs.setTabText(1, self.tr("Documents: {count}").format(count=f"{kept:,}"))
        self._filter.hide()
        if fresh:
            self.tabs.setCurrentIndex(1)

    def clear_preview(self) -> None:
        """No file has been looked at (yet)."""
        self.file.set_source(ListRows((), ()), {})
        self.tabs.setTabText(0, self.tr("As in the file"))

    def clear_documents(self) -> None:
        """There are no documents (yet)."""
        self._rows = None
        self.documents.set_source(ListRows((), ()), {})
        self.tabs.setTabText(1, self.tr("Documents"))
        self.tabs.setTabEnabled(1, False)
        self.tabs.setCurrentIndex(0)
        self._filter.hide()

    def show_only(self, rows: npt.ArrayLike, why: str) -> None:
        """Show only these source rows of the documents; ``why`` says what they are."""
        wanted = np.asarray(rows, dtype=np.int64)
        self.documents.rows.show_only(wanted)
        self._filter_text.setText(self.tr("{count} rows: {why}").format(count=f"{len(wanted):,}", why=why))
        self._filter.show()
        self.tabs.setCurrentIndex(1)
        self.documents.pick(0)

    def show_all(self) -> None:
        """Show all documents again."""
        self.documents.rows.show_only(None)
        self._filter.hide()

    def step(self, by: int) -> None:
        """Pick the next or the previous document of the table."""
        current = self.documents.currentIndex().row()
        self.documents.pick(max(0, current + by))
        self.documents.scrollTo(self.documents.currentIndex())

    @Slot()
    def _clear(self) -> None:
        self.show_all()
        self.filterCleared.emit()
        self.documents.setFocus(Qt.FocusReason.OtherFocusReason)


def document_rows(opened: Opened, owner: QWidget) -> DocumentRows:
    """The documents with headings and parts in the person's language."""
    words = {
        TRAIN: owner.tr("Training"), VALIDATION: owner.tr("Validation"), TEST: owner.tr("Test"),
        UNLABELLED: owner.tr("Without label"), LEFT_OUT: owner.tr("Left out: text held back"),
        DROPPED: owner.tr("Left out by repair"),
    }
    names = (owner.tr("Part"), owner.tr("Label"), owner.tr("Text"))
    return DocumentRows(opened.documents, opened.snippets, names, words)
