"""What a person has changed of the corpus, documents left out and labels corrected, each with its way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.corrections import key_of, labels_of
from studio.pages.parts.quantities import counted
from studio.widgets import Button, Card, IconButton, Paragraph
from studio.widgets.layouts import STRETCH, discard, in_column, in_row
from ulmengine.record.relabelled import LabelChange

from .repair_book import Repair

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
        self._column, self.buttons = in_column(gap=0), in_row(self.restore, STRETCH)
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
        in_row((self.text, 1), self.show_rows, (self.back, 0, Qt.AlignmentFlag.AlignVCenter), inside=self,
               gap=theme.XS)

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
