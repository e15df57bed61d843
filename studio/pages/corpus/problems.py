"""What is wrong with a corpus, each finding with its rows and its repair; and what was changed in it so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.corrections import key_of, labels_of
from studio.pages.parts.quantities import counted
from studio.widgets import Button, Card, ElidedButton, EmptyState, IconButton, Lines, Paragraph
from studio.widgets.layouts import STRETCH, as_widget, discard, in_column, in_row, scrolling
from ulmengine.config import NONE
from ulmengine.corpus import Alternative, Finding
from ulmengine.record.relabelled import LabelChange

from .repair_book import Repair
from .understood import delimiter_words

MOST = 50
"""Corrections that stand in a line of their own; of more, the rows can still be shown."""


class ChangesCard(Card):
    """A line a change with its documents to be shown or taken back; hidden where there is none."""

    rowsWanted = Signal(object)
    """Show the documents of a change."""
    backWanted = Signal(object)
    """Take a change back."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent=parent)
        self.lines: list[ChangeLine] = []
        self.text = Paragraph("", theme.Type.SMALL)
        self.restore = Button(QCoreApplication.translate("ChangesCard", "Take all back"), "undo", "quiet")
        self._column, self.buttons = in_column(), in_row(self.restore, STRETCH)
        self.body.addWidget(self.text)
        self.body.addLayout(self._column)
        self.body.addLayout(self.buttons)

    def show_lines(self, lines: list[ChangeLine], text: str) -> None:
        """Show these changes, and below the title a ``text``."""
        discard(self._column, self.lines)
        self.lines = lines
        for line in lines:
            self._column.addWidget(line)
            line.rowsWanted.connect(self.rowsWanted)
            line.backWanted.connect(self.backWanted)
        self.text.setText(text)
        self.setVisible(bool(lines))


class ChangeLine(QWidget):
    """One change: a repair, or the keys of documents (a tuple) whose labels are corrected."""

    rowsWanted = Signal(object)
    backWanted = Signal(object)

    def __init__(self, change: Repair | tuple[str, ...], words: str, show: str, back: str) -> None:
        """``show``, ``back``: what the buttons are for, as one hears who does not see."""
        super().__init__()
        self.change = change
        self.text = Paragraph(words, muted=False)
        self.show_rows = IconButton("eye", show)
        self.back = Button(self.tr("Take back"), "undo", "quiet")
        self.back.setAccessibleName(back)
        self.show_rows.clicked.connect(self._show_rows)
        self.back.clicked.connect(self._take_back)
        in_row((self.text, 1), self.show_rows, (self.back, 0, Qt.AlignmentFlag.AlignVCenter), inside=self, gap=theme.XS)

    @Slot()
    def _show_rows(self) -> None:
        self.rowsWanted.emit(self.change)

    @Slot()
    def _take_back(self) -> None:
        self.backWanted.emit(self.change)


class LeftOutCard(ChangesCard):
    """The repairs (:class:`Repair`) by which documents are left out."""

    allWanted = Signal()
    """Take all of them back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(QCoreApplication.translate("LeftOutCard", "Left out by repairs"), parent)
        self.restore.clicked.connect(self.allWanted)
        self.show_repairs(())

    def show_repairs(self, repairs: Sequence[Repair]) -> None:
        """Show these repairs, which are in force."""
        count = sum(len(repair.records) for repair in repairs)
        self.show_lines([self._line(repair) for repair in repairs], counted(
            count, self.tr("1 document is not used. The file itself is unchanged."),
            self.tr("{n} documents are not used. The file itself is unchanged."),
        ))
        self.restore.setVisible(len(repairs) > 1)

    def _line(self, repair: Repair) -> ChangeLine:
        title = repair.title or self.tr("Left out earlier")
        return ChangeLine(repair, self.tr("{title}: {n}").format(title=title, n=f"{len(repair.records):,}"),
                          self.tr("{title}: show what is left out").format(title=title),
                          self.tr("{title}: take the documents back").format(title=title))


class CorrectedCard(ChangesCard):
    """The labels that are corrected, by the keys of their documents."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(QCoreApplication.translate("CorrectedCard", "Labels corrected by you"), parent)
        self._keys: tuple[str, ...] = ()
        self.show_rows = Button(self.tr("Show their rows"), "eye", "quiet")
        self.buttons.insertWidget(0, self.show_rows)
        self.show_rows.clicked.connect(self._show_all)
        self.restore.clicked.connect(self._take_all_back)
        self.show_corrections((), (), False, {})

    def show_corrections(self, records: Sequence[str], journal: Sequence[LabelChange], multi_label: bool,
                         rows: Mapping[str, int]) -> None:
        """Show these ``records`` of the description, newest last; ``journal`` tells when and why. ``rows``: where the
        documents stand, as far as that is known."""
        newest: Mapping[str, LabelChange] = {one.document: one for one in journal}
        self._keys = tuple(map(key_of, records))
        lines = [self._line(key := key_of(record), ", ".join(labels_of(record, multi_label)), newest.get(key),
                            rows.get(key, -1)) for record in records[-MOST:]]
        self.show_lines(lines, counted(
            len(records), self.tr("1 label differs from the file, which is unchanged. The next run uses it."),
            self.tr("{n} labels differ from the file, which is unchanged. The next run uses them.")))

    def _line(self, key: str, label: str, change: LabelChange | None, row: int) -> ChangeLine:
        before = ", ".join(change.before) if change is not None else ""
        words = f"{before} → {label}" if before else label
        if row >= 0:
            words = self.tr("row {row}: {labels}").format(row=f"{row + 1:,}", labels=words)
        if change is not None:
            words += "  ·  ".join(["", change.when[:10], *([change.why] if change.why else [])])
        return ChangeLine((key,), words, self.tr("{label}: show the row").format(label=words),
                          self.tr("{label}: take the correction back").format(label=words))

    @Slot()
    def _show_all(self) -> None:
        self.rowsWanted.emit(self._keys)

    @Slot()
    def _take_all_back(self) -> None:
        self.backWanted.emit(self._keys)


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
        if one.setting == "corpus.same_text":
            return self.tr("Read the rows of a text together")
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
