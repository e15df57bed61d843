"""What is told of the files read: in which column of a table the texts stand (changeable), and what was unreadable."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from studio import theme
from studio.models.rows import plain_tip
from studio.widgets import CalmCombo, IconLabel, Label, Paragraph
from studio.widgets.layouts import in_row

from .texts import Columns, ColumnsFound, Skipped


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
        in_row(Label(self.tr("Text from"), muted=True), self.box, inside=self)
        self._columns: Columns = ()
        self.asks_of = ""
        """The table of which a person has to say where its texts stand; empty where that is known."""
        self.box.activated.connect(self._activated)
        self.hide()

    def forget(self) -> None:
        """Other files are read: nothing is known of their columns."""
        self._columns, self.asks_of = (), ""
        self.hide()

    def show_found(self, found: ColumnsFound) -> None:
        """Show where the texts of a table are read; of several tables those of the first."""
        if (self._columns and not self.asks_of) or len(found.columns) < 2:
            return
        self._columns = found.columns
        self.asks_of = "" if found.text_columns else found.name
        choices: list[Columns] = [(name,) for name in found.columns]
        if found.text_columns not in choices:
            choices.insert(0, found.text_columns)
        self.box.clear()
        for names in choices:
            self.box.addItem(" + ".join(names) or self.tr("choose the column…"), names)
        self.box.setCurrentIndex(choices.index(found.text_columns))
        self.box.setToolTip(self.tr("The column of {table} that is read as the text").format(table=found.name))
        self.show()

    @Slot(int)
    def _activated(self, index: int) -> None:
        names = tuple(self.box.itemData(index))
        if names:
            self.chosen.emit(names)


_NAMED, _TOLD = 3, 30


class SkippedLine(QWidget):
    """Hidden while everything could be read. The tool tip tells why, file by file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = Paragraph("", theme.Type.SMALL, muted=False)
        in_row(IconLabel("warning", 16, "warn"), (self.text, 1, Qt.AlignmentFlag.AlignVCenter), inside=self)
        self._skipped: list[Skipped] = []
        self.hide()

    def forget(self) -> None:
        """Other files are read."""
        self._skipped = []
        self.hide()

    def add(self, skipped: Sequence[Skipped]) -> None:
        """Tell of some more."""
        if not skipped:
            return
        self._skipped += skipped
        number = len(self._skipped)
        names = ", ".join(one.name for one in self._skipped[:_NAMED])
        if number > _NAMED:
            names += self.tr(" and {n} more").format(n=f"{number - _NAMED:,}")
        words = self.tr("1 file could not be read: {names}") if number == 1 else \
            self.tr("{n} files could not be read: {names}")
        self.text.setText(words.format(n=f"{number:,}", names=names))
        told = [f"{one.name}: {one.why}" for one in self._skipped[:_TOLD]]
        self.setToolTip(plain_tip("\n".join(told)))
        self.show()
