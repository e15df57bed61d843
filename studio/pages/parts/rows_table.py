"""The table of rows: made for any number of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
    Slot,
)
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
from studio.models.rows import Role, RowsModel, RowSource

_NARROW, _LABEL, _NUMBER = 120, 150, 64
_ROW = 26
_PADDING = 10
"""As the headings of the theme have it."""
_NARROWEST = 5
"""Px of a letter; on average none is narrower."""
_MIDDLE = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)


class RowDelegate(QStyledItemDelegate):
    """Paints one line of text in line with the heading above it; shorter and quicker than the general painter.

    ``cut``: where a text is cut that does not fit; only what is cut at its end may be of any length.
    """

    def __init__(self, parent: QWidget, cut: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__(parent)
        self._cut = cut

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        palette = option.palette
        rect = option.rect
        if chosen:
            painter.fillRect(rect, theme.colors().color("accent_soft"))
        room = rect.adjusted(_PADDING, 0, -theme.XS, 0)
        text = str(index.data() or "")
        most = room.width() // _NARROWEST
        if len(text) > most and self._cut is Qt.TextElideMode.ElideRight:
            # Laying out what cannot fit would take most of the time.
            text = text[:most] + "…"
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(room, _MIDDLE, option.fontMetrics.elidedText(text, self._cut, room.width()))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Of a column that is as wide as its cells: with the room beside the text."""
        hint = super().sizeHint(option, index)
        return QSize(hint.width() + _PADDING + theme.XS, hint.height())


class LinesTable(QTableView):
    """A table of one line a row, none of which has to be measured; a click on a heading can sort."""

    def __init__(self, name: str, model: QAbstractItemModel, widths: Sequence[int] = (),
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setModel(model)
        self.setItemDelegate(RowDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        vertical = self.verticalHeader()
        vertical.setProperty("side", True)  # below the last row it is no strip
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        vertical.setMinimumSectionSize(_ROW)
        vertical.setDefaultSectionSize(_ROW)
        horizontal = self.horizontalHeader()
        horizontal.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        horizontal.setHighlightSections(False)
        horizontal.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names of runs begin alike
        for column, width in enumerate(widths):
            self.setColumnWidth(column, width)

    def make_sortable(self, tip: str = "") -> None:
        """Let a click on a head sort, a second one the other way round, a third as the rows stand in the source."""
        self.unsort()
        self.setSortingEnabled(True)
        self.horizontalHeader().setSortIndicatorClearable(True)
        self.horizontalHeader().setToolTip(tip)

    def unsort(self) -> None:
        """Show the order of the source."""
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)


class RowsTable(LinesTable):
    """Any rows of text with their numbers; the text column takes the room that is left."""

    rowPicked = Signal(int)
    """The current row of the source has changed."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        rows = RowsModel()
        super().__init__(name, rows, parent=parent)
        rows.setParent(self)
        self.rows = rows
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        vertical = self.verticalHeader()
        vertical.setFixedWidth(_NUMBER)
        vertical.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        vertical.setSectionsClickable(False)
        vertical.setHighlightSections(False)
        vertical.setFont(theme.current().font(theme.Type.SMALL, numbers=True))
        horizontal = self.horizontalHeader()
        horizontal.setMinimumSectionSize(56)
        horizontal.setMaximumSectionSize(4_000)

    def set_source(self, source: RowSource, roles: dict[int, Role]) -> None:
        """Show ``source`` from its beginning."""
        self.rows.set_source(source, roles)
        self._size_columns(source, roles)
        self._widen_numbers(len(source))

    def _size_columns(self, source: RowSource, roles: dict[int, Role]) -> None:
        header = self.horizontalHeader()
        texts = [place for place in range(len(source.columns)) if roles.get(place) is Role.TEXT]
        widest = texts[-1] if texts else len(source.columns) - 1
        few = len(source.columns) <= 6
        for place in range(len(source.columns)):
            stretch = place == widest and few
            header.setSectionResizeMode(
                place, QHeaderView.ResizeMode.Stretch if stretch else QHeaderView.ResizeMode.Interactive
            )
            if not stretch:
                self.setColumnWidth(place, self._width_of(source, place, roles.get(place, Role.PLAIN)))

    def _width_of(self, source: RowSource, place: int, role: Role) -> int:
        """Wide enough for the heading and the first cells, within reason."""
        metrics = self.fontMetrics()
        heading = str(self.rows.headerData(place, Qt.Orientation.Horizontal))
        longest = max(
            [metrics.horizontalAdvance(heading) + 24]
            + [metrics.horizontalAdvance(source.cell(row, place)[:60]) + 20 for row in range(min(30, len(source)))]
        )
        return min(longest, 360 if role is Role.TEXT else _LABEL + 40 if role is Role.LABEL else _NARROW + 60)

    def _widen_numbers(self, rows: int) -> None:
        metrics = self.verticalHeader().fontMetrics()
        self.verticalHeader().setFixedWidth(max(_NUMBER - 16, metrics.horizontalAdvance(f"{max(rows, 1):,}") + 20))

    def pick(self, row: int) -> None:
        """Make the table's ``row`` current, if there is one."""
        if 0 <= row < self.rows.rowCount():
            self.selectRow(row)

    @Slot(QItemSelection, QItemSelection)
    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Tell which row of the source is current."""
        super().selectionChanged(selected, deselected)
        indexes = selected.indexes()
        if indexes:
            self.rowPicked.emit(self.rows.source_row(indexes[0].row()))
