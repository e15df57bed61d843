"""What is wrong with a corpus: each finding with its rows and its repair."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio import theme
from studio.pages.parts.quantities import counted
from studio.pages.parts.scroll import scrolling
from studio.widgets import Button, Card, EmptyState, IconButton, Lines, Paragraph
from ulmengine.config import NONE
from ulmengine.corpus import Alternative, Finding

from .corrected import CorrectedCard
from .repair_book import Repair
from .understood import delimiter_words

_LONG_NAME = 40
"""Characters of a column's name that a button has room for."""


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
        self.restore = Button(self.tr("Take all back"), "undo", "quiet")
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


class ProblemsPanel(QWidget):
    """The findings of the audit as cards; what has been left out by repairs, and the way back, at the top."""

    rowsWanted = Signal(object)
    """Show these rows: a :class:`ulmengine.corpus.Finding`."""
    repairWanted = Signal(object)
    """Repair this finding."""
    settled = Signal(object)
    """Give the project these settings (dotted names -> values)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[FindingCard] = []
        self.left_out = LeftOutCard()
        self.corrected = CorrectedCard()
        self._waiting = EmptyState("search", self.tr("Not looked for yet"), self.tr(
            "Empty texts, duplicates, rare labels and other problems are looked for when the corpus has been read."
        ))
        self._none = EmptyState("done", self.tr("No problems found"), self.tr(
            "No empty, double, contradictory or damaged documents, and every label has enough of them."
        ))
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, theme.M, theme.S, theme.S)
        self._column.setSpacing(theme.M)
        for part in (self.left_out, self.corrected, self._waiting, self._none):
            self._column.addWidget(part)
        self._column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolling(inside))
        self.show_findings(None)

    def show_findings(self, findings: Sequence[Finding] | None) -> None:
        """Show ``findings``; None while they are not known."""
        for card in self.cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [FindingCard(finding) for finding in findings or ()]
        for place, card in enumerate(self.cards):
            self._column.insertWidget(2 + place, card)
            card.rowsWanted.connect(self.rowsWanted)
            card.repairWanted.connect(self.repairWanted)
            card.settled.connect(self.settled)
        self._waiting.setVisible(findings is None)
        self._none.setVisible(findings is not None and not self.cards)


class FindingCard(Card):
    """One finding: what, how many, why it matters, and what can be done."""

    rowsWanted = Signal(object)
    repairWanted = Signal(object)
    settled = Signal(object)

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.title)
        self.finding = finding
        self.body.addWidget(Paragraph(" ".join(filter(None, (finding.why, finding.advice))), theme.Type.SMALL))
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.S)
        self.show_rows = Button(self.tr("Show the rows"), "eye", "quiet")
        self.show_rows.setVisible(len(finding.rows) > 0)
        self.show_rows.clicked.connect(self._show_rows)
        buttons.addWidget(self.show_rows)
        self.repair = Button(self.tr("Leave out {n}").format(n=f"{len(finding.repair):,}"), "trash", "quiet")
        self.repair.setVisible(len(finding.repair) > 0)
        self.repair.setAccessibleName(self.tr("{title}: leave these rows out").format(title=finding.title))
        self.show_rows.setAccessibleName(self.tr("{title}: show the rows").format(title=finding.title))
        self.repair.clicked.connect(self._repair)
        buttons.addWidget(self.repair)
        buttons.addStretch(1)
        self.body.addLayout(buttons)
        self.alternatives = [Button(self._words(one), "done", "quiet") for one in finding.alternatives]
        lines = Lines()
        for button in self.alternatives:
            button.clicked.connect(self._choose)
            lines.add(button)
        lines.setVisible(bool(self.alternatives))
        self.body.addWidget(lines)

    def _words(self, one: Alternative) -> str:
        if one.setting == "corpus.label_delimiter":
            return self.tr("One label each") if one.value == NONE else \
                self.tr("Several, parted by: {delimiter}").format(delimiter=delimiter_words(str(one.value)))
        columns = ", ".join(name[:_LONG_NAME] for name in one.value)
        told = self.tr("Keep “{columns}”") if one.taken else self.tr("Take “{columns}”")
        return told.format(columns=columns.replace("&", "&&"))

    @Slot()
    def _choose(self) -> None:
        for button, one in zip(self.alternatives, self.finding.alternatives, strict=True):
            if button is self.sender():
                self.settled.emit({one.setting: one.value})

    @Slot()
    def _show_rows(self) -> None:
        self.rowsWanted.emit(self.finding)

    @Slot()
    def _repair(self) -> None:
        self.repairWanted.emit(self.finding)
