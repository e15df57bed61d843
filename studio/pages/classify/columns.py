"""In which column of a table the texts stand: shown, and changeable."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from studio import theme
from studio.widgets import CalmCombo, Label

from .texts import Columns, ColumnsFound


class ColumnChoice(QWidget):
    """Hidden until there is a table with more than one column."""

    chosen = Signal(object)
    """The text columns the person wants read, a tuple."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = CalmCombo()
        self.box.setAccessibleName(self.tr("Column with the texts"))
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.box.setMaximumWidth(220)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.S)
        row.addWidget(Label(self.tr("Text from"), muted=True))
        row.addWidget(self.box)
        self._columns: Columns = ()
        self.box.activated.connect(self._activated)
        self.hide()

    def forget(self) -> None:
        """Other files are read: nothing is known of their columns."""
        self._columns = ()
        self.hide()

    def show_found(self, found: ColumnsFound) -> None:
        """Show where the texts of a table are read; of several tables those of the first."""
        if self._columns or len(found.columns) < 2:
            return
        self._columns = found.columns
        choices: list[Columns] = [(name,) for name in found.columns]
        if found.text_columns not in choices:
            choices.insert(0, found.text_columns)
        self.box.clear()
        for names in choices:
            self.box.addItem(" + ".join(names), names)
        self.box.setCurrentIndex(choices.index(found.text_columns))
        self.box.setToolTip(self.tr("The column of {table} that is read as the text").format(table=found.name))
        self.show()

    @Slot(int)
    def _activated(self, index: int) -> None:
        self.chosen.emit(tuple(self.box.itemData(index)))
