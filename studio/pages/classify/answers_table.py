"""The table of many answers."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from studio import theme
from studio.models.predictions import SOURCE, TEXT, PredictionsModel
from studio.pages.parts.rows_table import RowDelegate

_WIDTHS = (190, 120, 116, 110)
_ROW = 26
_PADDING = 10


class SourceDelegate(QStyledItemDelegate):
    """Paints where a text comes from, cut in the middle: the row's number stands at the end."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Ground and text of a cell."""
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, theme.colors().color("accent_soft"))
        room = option.rect.adjusted(_PADDING, 0, -theme.XS, 0)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                         option.fontMetrics.elidedText(str(index.data() or ""), Qt.TextElideMode.ElideMiddle,
                                                       room.width()))


class AnswersTable(QTableView):
    """One row a text; a click on a column's head sorts, a second one turns the order round, a third one ends it."""

    def __init__(self, answers: PredictionsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answers = answers
        self.setAccessibleName(self.tr("Classified texts"))
        self.setModel(answers)
        self.setItemDelegate(RowDelegate(self))
        self.setItemDelegateForColumn(SOURCE, SourceDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        vertical = self.verticalHeader()
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        vertical.setDefaultSectionSize(_ROW)
        vertical.setMinimumSectionSize(_ROW)
        vertical.setFixedWidth(64)
        horizontal = self.horizontalHeader()
        horizontal.setHighlightSections(False)
        horizontal.setSectionsClickable(True)
        for column, width in enumerate(_WIDTHS):
            self.setColumnWidth(column, width)
        horizontal.setSectionResizeMode(TEXT, QHeaderView.ResizeMode.Stretch)
        horizontal.setToolTip(self.tr("Click to sort; click again for the other way round, and again for the order "
                                      "in which the texts came"))
        horizontal.sectionClicked.connect(self._sort)

    def unsort(self) -> None:
        """Show the rows as they came."""
        self.horizontalHeader().setSortIndicatorShown(False)
        self._answers.sort(-1)

    @Slot(int)
    def _sort(self, column: int) -> None:
        header = self.horizontalHeader()
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        same = header.isSortIndicatorShown() and header.sortIndicatorSection() == column
        if same and header.sortIndicatorOrder() == down:
            self.unsort()
            return
        order = down if same else up
        header.setSortIndicatorShown(True)
        header.setSortIndicator(column, order)
        self._answers.sort(column, order)
