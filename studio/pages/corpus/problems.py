"""What is wrong with a corpus: each finding with its rows and its repair."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.widgets import Button, Card, ElidedButton, EmptyState, Lines, Paragraph
from studio.widgets.layouts import STRETCH, as_widget, discard, in_column, in_row, scrolling
from ulmengine.config import NONE
from ulmengine.corpus import Alternative, Finding

from .changes import CorrectedCard, LeftOutCard
from .understood import delimiter_words


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
        self._column = in_column(self.left_out, self.corrected, self._waiting, self._none, STRETCH, gap=theme.M,
                                 margins=(0, theme.M, theme.S, theme.S))
        in_column(scrolling(as_widget(self._column)), inside=self)
        self.show_findings(None)

    def show_findings(self, findings: Sequence[Finding] | None) -> None:
        """Show ``findings``; None while they are not known."""
        discard(self._column, self.cards)
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
        self.show_rows = Button(self.tr("Show the rows"), "eye", "quiet")
        self.show_rows.clicked.connect(self._show_rows)
        self.repair = Button(self.tr("Leave out {n}").format(n=f"{len(finding.repair):,}"), "trash", "quiet")
        self.repair.setAccessibleName(self.tr("{title}: leave these rows out").format(title=finding.title))
        self.show_rows.setAccessibleName(self.tr("{title}: show the rows").format(title=finding.title))
        self.repair.clicked.connect(self._repair)
        self.body.addLayout(in_row(self.show_rows, self.repair, STRETCH))
        self.show_rows.setVisible(len(finding.rows) > 0)
        self.repair.setVisible(len(finding.repair) > 0)
        self.alternatives = [ElidedButton(self._words(one), "done", "quiet") for one in finding.alternatives]
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
        if one.value == (NONE,):
            return self.tr("There is no label")
        columns = ", ".join(one.value)
        told = self.tr("Keep “{columns}”") if one.taken else self.tr("Take “{columns}”")
        return told.format(columns=columns)

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
