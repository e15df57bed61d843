"""The table of many answers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from studio.models.predictions import CONFIDENCE, OTHERS, SOURCE, TEXT, PredictionsModel
from studio.pages.parts.rows_table import LinesTable, RowDelegate

_WIDTHS = (190, 120, 116, 110)
_BESIDE = (136, 96, 96, 96)
"""Px of the same columns beside those of other models: the text is to keep its room."""
_WIDEST = 150
"""Px of the column of another model, whose name stands above it."""


class AnswersTable(LinesTable):
    """One row a text; a click on a column's head sorts, a second one turns the order round, a third one ends it."""

    def __init__(self, answers: PredictionsModel, parent: QWidget | None = None) -> None:
        super().__init__("", answers, _WIDTHS, parent)
        self._beside = False
        self.setAccessibleName(self.tr("Classified texts"))
        # The row's number stands at the end of where a text comes from.
        self.setItemDelegateForColumn(SOURCE, RowDelegate(self, Qt.TextElideMode.ElideMiddle))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.verticalHeader().setFixedWidth(64)
        self.horizontalHeader().setSectionResizeMode(TEXT, QHeaderView.ResizeMode.Stretch)
        self.make_sortable(self.tr("Click to sort; click again for the other way round, and again for the order "
                                   "in which the texts came"))

    def show_others(self, count: int) -> None:
        """Let the labels by so many other models stand right of the first one's."""
        header = self.horizontalHeader()
        if bool(count) != self._beside:
            self._beside = bool(count)
            for column, width in enumerate(_BESIDE if count else _WIDTHS):
                self.setColumnWidth(column, width)
        for number in range(count):
            wanted = header.sectionSizeHint(OTHERS + number)
            self.setColumnWidth(OTHERS + number, min(_WIDEST, max(_BESIDE[1] + 24, wanted)))
            header.moveSection(header.visualIndex(OTHERS + number), CONFIDENCE + 1 + number)
