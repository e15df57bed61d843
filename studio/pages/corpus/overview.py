"""The corpus at a glance: how many, which labels, how long, how well known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.pages.parts.bars import Bar, BarList
from studio.pages.parts.painted import Painted
from studio.pages.parts.quantities import counted, percent
from studio.project import Project
from studio.widgets import Button, Card, ConfigForm, Paragraph
from studio.widgets.layouts import STRETCH, in_column, in_row, scrolling
from ulmengine.corpus.repeats import RARE
from ulmengine.tokens import WordTokenizer

from .jobs import Opened, Profile, Remedy, remedy
from .lengths import LengthHistogram


class OverviewPanel(QWidget):
    """Cards below one another; scrolls where they do not fit."""

    def __init__(self, project: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.losses = Paragraph("", muted=False)
        self.show_rows = Button(self.tr("Show the rows"), "eye", "quiet")
        """Of those that did not fit the table."""
        self._loss_card = Card()
        self._loss_card.set_colors("warn_soft", "warn")
        self.labels = BalanceBars()
        self.lengths = LengthHistogram()
        self.length_text = Paragraph("", theme.Type.SMALL)
        self.coverage = CoveragePanel()
        self.remedy = RemedyCard()
        self._length_card = Card(self.tr("Lengths in tokens"))
        self._label_card = Card(self.tr("Labels"))
        self._coverage_card = Card(self.tr("Vocabulary"))
        self.tokens = ConfigForm(project, "tokens.", compact=True)
        self._token_card = Card(self.tr("Tokens"))
        self._arrange()
        self.clear()

    def _arrange(self) -> None:
        inside = QWidget()
        in_column(scrolling(inside), inside=self)
        in_column(self._loss_card, self.remedy, self._label_card, self._length_card, self._coverage_card,
                  self._token_card, STRETCH, inside=inside, gap=theme.M, margins=(0, theme.M, theme.S, theme.S))
        self._loss_card.body.addLayout(in_row((self.losses, 1), (self.show_rows, 0, Qt.AlignmentFlag.AlignTop), gap=-1))
        self._label_card.body.addWidget(self.labels)
        self._length_card.body.addWidget(self.lengths)
        self._length_card.body.addWidget(self.length_text)
        self._coverage_card.body.addWidget(self.coverage)
        self._token_card.body.addWidget(self.tokens)

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
        self.remedy.offer(remedy(profile) if profile is not None else None)
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
        self.coverage.show_coverage(profile)
        below = self.tr("{n} running words counted").format(n=f"{profile.coverage.words:,}")
        self._coverage_card.set_title(self.tr("Vocabulary"), below)


class RemedyCard(Card):
    """Says that the texts are cut badly and mends it with one click; hidden where they are not."""

    wanted = Signal(object)
    """The settings that mend it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(QCoreApplication.translate("RemedyCard", "The vocabulary does not fit"), parent=parent)
        self.set_colors("warn_soft", "warn")
        self.remedy: Remedy | None = None
        self.why = Paragraph("", muted=False)
        self.mend = Button("", "done")
        self.mend.clicked.connect(self._mend)
        self.body.addWidget(self.why)
        self.body.addWidget(self.mend, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def offer(self, remedy: Remedy | None) -> None:
        """Offer ``remedy``; None: nothing is wrong."""
        self.remedy = remedy
        if remedy is not None:
            self.why.setText(remedy.why)
            self.mend.setText(remedy.button)
            self.mend.setAccessibleName(remedy.button)
        self.setVisible(remedy is not None)

    @Slot()
    def _mend(self) -> None:
        if self.remedy is not None:
            self.wanted.emit(self.remedy.settings)


WORDS = 24
"""Unknown words that are named."""


class CoveragePanel(QWidget):
    """The share of running words known, as a bar and a number, and the commonest words that are not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = ShareBar()
        self.told = Paragraph("", muted=False)
        self.unknown = Paragraph("", theme.Type.SMALL)
        in_column(self.bar, self.told, self.unknown, inside=self)

    def show_coverage(self, profile: Profile) -> None:
        """Show what the vocabulary knows: that of the model which a run starts from, or one of the corpus' own."""
        coverage, model = profile.coverage, profile.pretrained
        self.bar.set_share(coverage.share)
        share = f"{coverage.share:.1%}"
        if model:
            self.told.setText(self.tr("{share} of the running words are known to {model}.").format(
                share=share, model=model))
        else:
            self.told.setText(f"{self._why_scratch(profile)} {self._own_words(profile).format(share=share)}")
        if not model:
            self.unknown.setText("")
            return
        words = "   ".join(f"{visible(word)}\u00a0{count:,}" for word, count in coverage.unknown[:WORDS])
        self.unknown.setText(self.tr("Commonest unknown words:  {words}").format(words=words) if words else "")

    def _why_scratch(self, profile: Profile) -> str:
        if profile.refused is None:
            return self.tr("No pretrained model is chosen.")
        name, share = profile.refused
        return self.tr("{model} knows only {share} of the running words, so a run begins from scratch.").format(
            model=name, share=f"{share:.0%}")

    def _own_words(self, profile: Profile) -> str:
        if isinstance(profile.tokenizer, WordTokenizer):
            return self.tr("Of the running words {share} get a place in a vocabulary made of these documents; the "
                           "others are too rare.")
        return self.tr("Pieces of words are learnt from these documents; {share} of the running words are made of "
                       "them.")


def visible(word: str) -> str:
    """A word with the characters named that have no shape of their own."""
    return "".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in word)


class ShareBar(Painted):
    """A share between 0 and 1."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Share of running words known"))
        self._share = 0.0
        self.setFixedHeight(10)

    def set_share(self, share: float) -> None:
        self._share = min(1.0, max(0.0, share))
        self.setAccessibleDescription(f"{self._share:.1%}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.painter()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color("border"))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setBrush(self.color("series1"))
        painter.drawRoundedRect(QRectF(0, 0, self.width() * self._share, self.height()), 4, 4)
        painter.end()


class BalanceBars(BarList):
    """A bar a label, commonest first; picking one asks for its documents."""

    picked = Signal(str)
    """The label picked; an empty text when the picked one is picked again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self.setAccessibleName(self.tr("Documents of each label"))
        self.counts: tuple[tuple[str, int], ...] = ()
        """What is shown, commonest first."""
        self._picked = ""
        self.rowPicked.connect(self._row_picked)

    def set_counts(self, counts: Sequence[tuple[str, int]]) -> None:
        """Show these labels with their numbers of documents."""
        self.counts = tuple(sorted(counts, key=lambda item: (-item[1], item[0])))
        self._picked, self._at = "", 0
        total, most = sum(count for _, count in counts) or 1, max([1, *(count for _, count in counts)])
        told = "; ".join(f"{name}: {count:,} ({count / total:.0%})" for name, count in self.counts[:20])
        self.setAccessibleDescription(told)
        self.show_bars([Bar(name, count / most, f"{count:,}  {percent(count / total)}", self._tip(name, count),
                            color="warn" if count < RARE else "series1") for name, count in self.counts])

    def set_picked(self, label: str) -> None:
        """Mark a label as picked without telling anyone."""
        self._picked = label
        self.mark(next((row for row, (name, _) in enumerate(self.counts) if label and name == label), -1))

    def _tip(self, name: str, count: int) -> str:
        text = self.tr("{label}: {count} documents. Click to show them.").format(label=name, count=f"{count:,}")
        return text + " " + self.tr("So few are hardly enough to learn from.") if count < RARE else text

    @Slot(int)
    def _row_picked(self, row: int) -> None:
        name = self.counts[row][0]
        self.set_picked("" if name == self._picked else name)
        self.picked.emit(self._picked)
