"""The documents that pass the filter: their list, one of them read closely, and its label put right."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QSplitter, QWidget

from studio.corrections import key_of, labels_of
from studio.project import Project
from studio.shell import Shell

from .answers import Answers, Bools
from .jobs import Subject, Texts
from .reader import Reader
from .tables import GIVEN, LOSS, SAID, TEXT, AnswersModel, Listing
from .verdicts import learnt_since

LEAST_LABEL, MOST_LABEL, MARGIN = 64, 92, 24
"""Widths of the columns with labels, and what of one is not text."""
LEAST_LIST, LEAST_READER = 166, 290
"""Heights at which five documents, and some lines of one, are seen; a window with less room scrolls."""


class Corrections:
    """The labels of a part's documents as they are now: those of the run, or what they were corrected to since."""

    def __init__(self, project: Project, answers: Answers, known: Collection[str]) -> None:
        """:param known: the corrections (records) that the run learnt and measured with."""
        self._project, self._answers, self._kept = project, answers, answers.kept
        self._known = {key_of(record): record for record in known}

    def now(self, position: int) -> tuple[str, ...]:
        """What the document of one answer bears."""
        kept = self._kept
        key = str(kept.keys[position])
        for record in self._project.config.corpus.relabelled:
            if key_of(record) == key:
                return labels_of(record, kept.multi_label)
        taken_back = self._project.labels.given(key) if key in self._known else None
        return self._answers.given_to(position) if taken_back is None else taken_back

    def since(self) -> dict[str, str]:
        """Documents of the part that were corrected since the run, or whose correction was taken back, by their keys,
        with their labels in words."""
        corrected = {key_of(record): record for record in self._project.config.corpus.relabelled}
        found = {}
        for key in map(str, self._kept.keys):
            record = corrected.get(key)
            if record != self._known.get(key):
                labels = self._project.labels.given(key) if record is None \
                    else labels_of(record, self._kept.multi_label)
                found.update({} if labels is None else {key: ", ".join(labels)})
        return found

    def correct(self, position: int, labels: tuple[str, ...], why: str) -> bool:
        """Give the document other labels, as a step that can be undone; False where this window only reads."""
        kept, key = self._kept, str(self._kept.keys[position])
        return self._project.correct_label(key, self.now(position), labels, kept.multi_label, why,
                                           of_file=key not in self._known)


class DocumentsView(QSplitter):
    """The list above, the reader below."""

    relabelled = Signal(int)
    """So many labels of the part have been corrected since it was measured."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.project, self.shell = project, shell
        self.corrections: Corrections | None = None
        self.model = AnswersModel(self)
        self.list = Listing(self.tr("Documents"), self.model, (52, MOST_LABEL, MOST_LABEL, 58, 50, 90), TEXT, LOSS)
        self.reader = Reader()
        self.addWidget(self.list)
        self.addWidget(self.reader)
        self.setSizes([170, 430])  # five mistakes; and three documents that it learnt from below the words
        self.setChildrenCollapsible(False)
        self.setMinimumWidth(380)
        self.list.setMinimumHeight(LEAST_LIST)
        self.reader.setMinimumHeight(LEAST_READER)
        self.list.rowPicked.connect(self._show_document)
        self.list.horizontalHeader().sortIndicatorChanged.connect(self._select_read)
        self.reader.stepped.connect(self._step)
        self.reader.corrected.connect(self._correct)
        project.changed.connect(self._labels_changed)

    def set_answers(self, subject: Subject, answers: Answers) -> None:
        """Other documents; the labels of a table are not the project's to correct."""
        self.corrections = None if subject.table is not None else Corrections(
            self.project, answers, subject.config.corpus.relabelled)
        self.model.set_answers(answers)
        self.reader.set_answers(answers, correctable=self.corrections is not None,
                                learnt=learnt_since(subject.measured, answers))
        self._labels_changed()

    def set_texts(self, texts: Texts) -> None:
        """The texts are there; where nobody looks, none of them is read before somebody does."""
        self.model.set_snippets(texts.snippets)
        self.reader.set_texts(texts)
        if self.reader.isVisible():
            self.read_first()

    def read_first(self) -> None:
        """Read the first document of the list unless the person has picked one."""
        if self.reader.has_texts and not self.list.selectionModel().hasSelection():
            self.list.selectRow(0)

    def show_only(self, mask: Bools) -> None:
        """List these documents. One that is no longer listed is not read on: the first of the list is."""
        self.model.show_only(mask)
        self._select_read()
        self.read_first()
        if self.reader.has_texts and not self.model.rowCount():
            self.reader.clear()

    @Slot()
    def _select_read(self) -> None:
        """Mark the document that is read in the list, wherever it stands there now."""
        row = self.model.row_of(self.reader.position) if self.reader.position >= 0 else -1
        if row >= 0:  # it is in view already
            with QSignalBlocker(self.list):
                self.list.selectRow(row)

    def _fit(self) -> None:
        """No more room for the labels than they take: it is the text's."""
        metrics, labels = self.list.fontMetrics(), self.model.labels()
        for column, texts in ((GIVEN, (*labels, *self.model.corrections())), (SAID, [f"✗ {one}" for one in labels])):
            widest = max((metrics.horizontalAdvance(text) for text in texts), default=0)
            self.list.setColumnWidth(column, min(max(widest + MARGIN, LEAST_LABEL), MOST_LABEL))
        self.list.fit()

    @Slot(int)
    def _show_document(self, row: int) -> None:
        position = self.model.position(row)
        self.reader.show_answer(position, None if self.corrections is None else self.corrections.now(position))

    @Slot(int)
    def _step(self, by: int) -> None:
        row = self.list.currentIndex().row() + by
        if 0 <= row < self.model.rowCount():
            self.list.selectRow(row)

    @Slot(int, object, str)
    def _correct(self, position: int, labels: tuple[str, ...], why: str) -> None:
        if self.corrections is not None and self.corrections.correct(position, labels, why):
            told = self.tr("The label is {label} now; the next run learns and measures with it.")
            self.shell.toast_undo(self.project.undo, told.format(label=", ".join(labels) or self.tr("none")))

    @Slot()
    def _labels_changed(self) -> None:
        """Labels were corrected, here or elsewhere, or taken back."""
        since = {} if self.corrections is None else self.corrections.since()
        self.model.set_corrected(since)
        self._fit()
        self.relabelled.emit(len(since))
        position = self.reader.position
        if position >= 0 and self.corrections is not None:
            self.reader.retell(self.corrections.now(position))
