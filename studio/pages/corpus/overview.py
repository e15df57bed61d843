"""The corpus at a glance: how many, which labels, how long, how well known."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio import theme
from studio.pages.parts.counted import counted
from studio.pages.parts.scroll import scrolling
from studio.project import Project
from studio.widgets import Button, Card, ConfigForm, Paragraph

from .balance import BalanceBars
from .lengths import LengthHistogram
from .vocabulary import CoveragePanel
from .work import Opened, Profile


class OverviewPanel(QWidget):
    """Cards below one another; scrolls where they do not fit."""

    labelPicked = Signal(str)
    """Show the documents with this label; an empty text: all documents."""
    limitMoved = Signal(int)
    """The document limit is to be this many tokens."""
    raggedWanted = Signal()
    """Show the rows that did not fit the table."""

    def __init__(self, project: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.losses = Paragraph("", muted=False)
        self.show_rows = Button(self.tr("Show the rows"), "eye", "quiet")
        self.show_rows.clicked.connect(self.raggedWanted)
        self._loss_card = Card()
        self._loss_card.set_colors("warn_soft", "warn")
        self.labels = BalanceBars()
        self.lengths = LengthHistogram()
        self.length_text = Paragraph("", theme.Type.SMALL)
        self.coverage = CoveragePanel()
        self._length_card = Card(self.tr("Lengths in tokens"))
        self._label_card = Card(self.tr("Labels"))
        self._coverage_card = Card(self.tr("Vocabulary"))
        self.tokens = ConfigForm(project, "tokens.", compact=True)
        self._token_card = Card(self.tr("Tokens"))
        self._arrange()
        self.labels.picked.connect(self.labelPicked)
        self.lengths.limitMoved.connect(self.limitMoved)
        self.clear()

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.losses, 1)
        row.addWidget(self.show_rows, 0, Qt.AlignmentFlag.AlignTop)
        self._loss_card.body.addLayout(row)
        self._label_card.body.addWidget(self.labels)
        self._length_card.body.addWidget(self.lengths)
        self._length_card.body.addWidget(self.length_text)
        self._coverage_card.body.addWidget(self.coverage)
        self._token_card.body.addWidget(self.tokens)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, theme.M, theme.S, theme.S)
        column.setSpacing(theme.M)
        for card in (self._loss_card, self._label_card, self._length_card, self._coverage_card, self._token_card):
            column.addWidget(card)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolling(inside))

    def clear(self) -> None:
        """Nothing is known yet."""
        self._loss_card.hide()
        self.labels.set_counts(())
        self._label_card.hide()
        self.show_profile(None)

    def show_corpus(self, opened: Opened) -> None:
        """Show the labels of an imported corpus, and what was lost on the way."""
        counts = opened.balance
        self.labels.set_counts(counts)
        documents = opened.documents
        if counts:
            below = counted(len(counts), self.tr("1 label"), self.tr("{n} labels"))
            if documents.multi_label:
                below += self.tr(", several a document")
            self._label_card.set_title(self.tr("Labels"), below)
        self._label_card.setVisible(bool(counts))
        self._show_losses(documents.undecodable, documents.skipped, len(documents.ragged))

    def _show_losses(self, undecodable: int, skipped: int, ragged: int) -> None:
        told = []
        if undecodable:
            told.append(counted(undecodable, self.tr("1 place could not be decoded and stands as \ufffd."),
                                self.tr("{n} places could not be decoded and stand as \ufffd.")))
        if skipped:
            told.append(counted(skipped, self.tr("1 row could not be read and was left out."),
                                self.tr("{n} rows could not be read and were left out.")))
        if ragged:
            told.append(counted(ragged, self.tr("1 row has another number of columns than the first."),
                                self.tr("{n} rows have another number of columns than the first.")))
        self.losses.setText(" ".join(told))
        self.show_rows.setVisible(bool(ragged))
        self._loss_card.setVisible(bool(told))

    def show_profile(self, profile: Profile | None) -> None:
        """Show lengths and coverage; None while they are not known."""
        self._length_card.setVisible(profile is not None)
        self._coverage_card.setVisible(profile is not None)
        if profile is None:
            return
        lengths = profile.lengths
        self.lengths.set_lengths(lengths)
        if len(lengths):
            told = self.tr(
                "Half of the documents have up to {median} tokens, 95% up to {most}, the longest {longest}"
            ).format(
                median=f"{int(np.median(lengths)):,}", most=f"{int(np.quantile(lengths, 0.95)):,}",
                longest=f"{int(lengths.max()):,}")
            if profile.sampled:
                told += self.tr(" ({n} of {all} documents measured)").format(
                    n=f"{len(lengths):,}", all=f"{profile.documents:,}")
            self.length_text.setText(told)
        self.coverage.show_coverage(profile.coverage, profile.pretrained)
        below = self.tr("{n} running words counted").format(n=f"{profile.coverage.words:,}")
        self._coverage_card.set_title(self.tr("Vocabulary"), below)

    @Slot(int)
    def show_limit(self, tokens: int) -> None:
        """Put the line of the document limit at ``tokens``."""
        self.lengths.set_limit(tokens)
