"""What repairs have left out, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio import theme
from studio.pages.parts.counted import counted
from studio.widgets import Button, Card, IconButton, Paragraph

from .repairs import Repair


class LeftOutCard(Card):
    """A line a repair with its documents to be shown or taken back; hidden where nothing is left out."""

    rowsWanted = Signal(object)
    """Show the documents of a :class:`Repair`."""
    backWanted = Signal(object)
    """Take a :class:`Repair` back."""
    allWanted = Signal()
    """Take all of them back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(QCoreApplication.translate("LeftOutCard", "Left out by repairs"), parent=parent)
        self.lines: list[RepairLine] = []
        self.text = Paragraph("", theme.Type.SMALL)
        self.restore = Button(self.tr("Take all of them back"), "undo", "quiet")
        self.restore.clicked.connect(self.allWanted)
        self._column = QVBoxLayout()
        self._column.setSpacing(0)
        self.body.addWidget(self.text)
        self.body.addLayout(self._column)
        self.body.addWidget(self.restore, 0, Qt.AlignmentFlag.AlignLeft)
        self.show_repairs(())

    def show_repairs(self, repairs: Sequence[Repair]) -> None:
        """Show these repairs, which are in force."""
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = [RepairLine(repair) for repair in repairs]
        for line in self.lines:
            self._column.addWidget(line)
            line.rowsWanted.connect(self.rowsWanted)
            line.backWanted.connect(self.backWanted)
        count = sum(len(repair.records) for repair in repairs)
        self.text.setText(counted(
            count, self.tr("1 document is not used. The file itself is unchanged."),
            self.tr("{n} documents are not used. The file itself is unchanged."),
        ))
        self.restore.setVisible(len(repairs) > 1)
        self.setVisible(bool(repairs))


class RepairLine(QWidget):
    """One repair."""

    rowsWanted = Signal(object)
    backWanted = Signal(object)

    def __init__(self, repair: Repair) -> None:
        super().__init__()
        self.repair = repair
        title = repair.title or self.tr("Left out earlier")
        self.text = Paragraph(self.tr("{title}: {n}").format(title=title, n=f"{len(repair.records):,}"), muted=False)
        self.show_rows = IconButton("eye", self.tr("{title}: show what is left out").format(title=title))
        self.back = Button(self.tr("Take back"), "undo", "quiet")
        self.back.setAccessibleName(self.tr("{title}: take the documents back").format(title=title))
        self.show_rows.clicked.connect(self._show_rows)
        self.back.clicked.connect(self._take_back)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.XS)
        row.addWidget(self.text, 1)
        row.addWidget(self.show_rows)
        row.addWidget(self.back)

    @Slot()
    def _show_rows(self) -> None:
        self.rowsWanted.emit(self.repair)

    @Slot()
    def _take_back(self) -> None:
        self.backWanted.emit(self.repair)
