"""The Corpus page: what the texts are, what was understood of them, what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.corrections import key_of
from studio.models.document_table import labels_at
from studio.pages.base import ProjectPage
from studio.pages.parts.jobbar import JobBar
from studio.pages.parts.quantities import counted
from studio.project import Project
from studio.shell import Shell
from studio.widgets import FailureCard, Stacked, Tabs, Turning, focus_in_view
from studio.widgets.layouts import in_column
from ulmengine.config import ConfigError, located
from ulmengine.corpus import Finding, Preview, Understood, repaired
from ulmengine.corpus.repairs import recorded_rows, records_of, rows_named
from ulmengine.corpus.split import LEFT_OUT, TEST, TRAIN, VALIDATION
from ulmengine.events import Failed
from ulmengine.plan.sample import sample_config
from ulmengine.record.failures import describe
from ulmengine.record.relabelled import read_journal

from .analysis import Analysis
from .document import DocumentPanel
from .files import CorpusFiles
from .header import CorpusHeader, EmptyCorpus
from .jobs import Opened, Profile, summary
from .overview import OverviewPanel
from .problems import ProblemsPanel
from .repair_book import Repair, RepairBook
from .splits import SplitPanel
from .tables import TablesPanel
from .understood import UnderstoodBar

_SIDE = 400
_LOW = 200


class CorpusPage(ProjectPage):
    """Choose a corpus, correct what was understood of it, look at it, repair it, share it out."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(project, shell, parent)
        self.files = CorpusFiles(project, shell, self)
        self.analysis = Analysis(project, self)
        self.repairs = RepairBook(project.cache)
        self._corrected: tuple[tuple[str, ...], Opened | None] = (), None
        """The corrected labels that are shown, and of which corpus."""
        self.header = CorpusHeader(self.files)
        self.empty = EmptyCorpus(self.files)
        self.understood = UnderstoodBar()
        self.failure = FailureCard()
        self.progress = JobBar()
        self.tables = TablesPanel()
        self.overview = OverviewPanel(project)
        self.problems = ProblemsPanel()
        self.splits = SplitPanel(project)
        self.document = DocumentPanel()
        shell.problemsWanted.connect(self.show_problems)
        self.offer(self.tr("Choose a corpus file…"), self.files.choose_file)
        self.offer(self.tr("Choose a corpus folder…"), self.files.choose_folder)
        self.offer(self.tr("Choose a test file…"), self.files.choose_test)
        self.offer(self.tr("Choose a test folder…"), self.files.choose_test_folder)
        self.offer(self.tr("Choose a file of unlabelled texts…"), self.files.choose_unlabelled)
        self.offer(self.tr("Choose a folder of unlabelled texts…"), self.files.choose_unlabelled_folder)
        self.offer(self.tr("Read the corpus again"), self.analysis.again)
        self._arrange()
        self._connect_settings()
        self._connect_analysis()
        self._follow()
        self.analysis.follow()

    def _arrange(self) -> None:
        # From the outside in: what is put into something that stands in its place already is dressed once.
        content = QWidget()
        self.stack = Stacked()
        self.body.addWidget(self.header)
        self.body.addWidget(self.stack, 1)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(content)
        column = in_column(self.understood, self.failure, self.progress, inside=content, gap=theme.M)
        self.side = Tabs()
        self.side.tabBar().setUsesScrollButtons(False)
        self.tables.setMinimumSize(320, _LOW)
        self.side.setMinimumHeight(_LOW)
        self.splitter = Turning(self.tables, self.side, (2 * _SIDE, _SIDE))
        self.splitter.setHandleWidth(theme.L)
        column.addWidget(self.splitter, 1)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        for panel, name in (
            (self.overview, self.tr("Overview")), (self.problems, self.tr("Problems")),
            (self.splits, self.tr("Split")), (self.document, self.tr("Document")),
        ):
            self.side.addTab(panel, name)
        self._name_problems(None)

    def _connect_settings(self) -> None:
        shell = self.shell
        self.project.changed.connect(self._follow)
        self.empty.sample.clicked.connect(self._open_sample)
        self.header.read.clicked.connect(self.analysis.read)
        self.header.onward.clicked.connect(lambda: shell.go("model"))
        self.understood.corrected.connect(self._change)
        self.overview.lengths.limitMoved.connect(self._set_limit)
        self.overview.labels.picked.connect(self._show_label)
        self.overview.show_rows.clicked.connect(self._show_ragged)
        self.overview.remedy.wanted.connect(self._change)
        self.problems.rowsWanted.connect(self._show_finding)
        self.problems.repairWanted.connect(self._repair)
        self.problems.settled.connect(self._change)
        self.problems.left_out.rowsWanted.connect(self._show_left_out)
        self.problems.left_out.backWanted.connect(self._take_back)
        self.problems.left_out.allWanted.connect(self._take_all_back)
        self.problems.corrected.rowsWanted.connect(self._show_corrected)
        self.problems.corrected.backWanted.connect(self.project.take_labels_back)
        self.tables.documentPicked.connect(self._show_document)
        self.tables.filterCleared.connect(self._filter_cleared)
        self.document.stepped.connect(self.tables.step)
        self.document.correct.corrected.connect(self._correct)
        self.tables.documents.activated.connect(self._correct_here)

    def _connect_analysis(self) -> None:
        work = self.analysis
        work.began.connect(self._began)
        work.events.connect(self.progress.show_events)
        work.rested.connect(self._rested)
        work.forgot.connect(self._clear)
        work.waiting.connect(self._waiting)
        work.previewed.connect(self._previewed)
        work.outdated.connect(self._outdated)
        work.opened.connect(self._opened)
        work.profiled.connect(self._profiled)
        work.audited.connect(self._audited)
        work.failed.connect(self._failed)
        self.progress.cancelled.connect(self._cancel)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.applicationStateChanged.connect(self._came_back)

    @Slot(Qt.ApplicationState)
    def _came_back(self, state: Qt.ApplicationState) -> None:
        """The person comes from another program, which may have written to the files."""
        if state is Qt.ApplicationState.ApplicationActive and self.isVisible():
            self.activated()

    @Slot(bool)
    def _outdated(self, asked: bool) -> None:
        told = self.tr("{file} has changed since it was read. It is large: read it anew when you like.") if asked else \
            self.tr("{file} has changed since it was read: it is read anew.")
        path, work = located(self.project.config.corpus.path, self.project.folder), self.analysis
        self.shell.toast(told.format(file=path.name), "warning",
                         holds=(lambda: work.corpus is None) if asked else None)

    def activated(self) -> None:
        """Read the corpus again where its copy has gone meanwhile, its files have changed, or what could not be read
        may have been mended."""
        if self.analysis.lost() or (self.shell.corpus_unreadable and not self.analysis.busy):
            self.analysis.again()
        else:
            self.analysis.look()

    @Slot()
    def show_problems(self) -> None:
        """Bring the problems of the corpus to the front."""
        self.side.setCurrentWidget(self.problems)

    def show_setting(self, name: str) -> bool:
        """Bring a setting into view, on its tab; what was understood of the file stands above the tables."""
        if self.stack.currentWidget() is self.empty:
            return False
        box = self.findChild(QWidget, name)
        if box is not None:
            if self.splits.isAncestorOf(box):
                self.side.setCurrentWidget(self.splits)
            focus_in_view(box)
            return True
        self.side.setCurrentWidget(self.splits if name.startswith("corpus.split.") else self.overview)
        return super().show_setting(name)

    def dropped(self, paths: list[str]) -> bool:
        """The first of the files dropped on the window becomes the corpus; where runs have read another one, the person
        is asked first."""
        return self.files.drop([Path(path) for path in paths])

    @Slot()
    def _follow(self) -> None:
        config = self.project.config
        there = bool(config.corpus.path)
        self.stack.setCurrentIndex(1 if there else 0)
        self.header.follow(config.corpus)
        self.overview.lengths.set_limit(config.tokens.max_tokens)
        self.problems.left_out.show_repairs(self.repairs.in_force(config.corpus.drop_rows))
        self._tell_corrected()
        found = self.analysis.preview.understood if self.analysis.preview else None
        self._show_understood(found)

    def _tell_corrected(self) -> None:
        records = self.project.config.corpus.relabelled
        opened = self.analysis.corpus
        if records == self._corrected[0] and opened is self._corrected[1]:
            return  # they are looked for among all documents
        self._corrected = records, opened
        several, rows = False, dict[str, int]()
        if opened is not None and records:
            documents, keys = opened.documents, [*map(key_of, records)]
            several = documents.multi_label
            rows = dict(zip(keys, rows_named(keys, documents.pieces, documents.hashes).tolist(), strict=True))
        self.problems.corrected.show_corrections(records, read_journal(self.project.labels.path), several, rows)

    def _show_understood(self, found: Understood | None) -> None:
        config = self.project.config.corpus
        self.understood.show_understood(found, config)
        self.splits.show_columns(
            found.columns if found else (), config.split.column, found.split_column if found else ""
        )

    @Slot()
    def _clear(self) -> None:
        self.failure.clear()
        self.progress.done()
        self.tables.clear_documents()
        if self.analysis.preview is None:
            self.tables.clear_preview()
        self.overview.clear()
        self.problems.show_findings(None)
        self._name_problems(None)
        self.splits.show_counts({}, 0)
        self.document.set_tokenizer(None, "")
        self.document.clear()
        self.header.show_state("empty")
        self.status.emit("")

    @Slot(object)
    def _change(self, settings: dict[str, Any]) -> None:
        try:
            self.project.change(settings)
        except ConfigError as error:
            self.failure.show_failure(describe(error))

    @Slot()
    def _open_sample(self) -> None:
        try:
            corpus = sample_config().corpus
        except (RuntimeError, ValueError) as error:
            self.shell.toast_error(error)
            return
        self._change({"corpus.path": corpus.path, "corpus.unlabelled_path": corpus.unlabelled_path})

    @Slot(str)
    def _began(self, step: str) -> None:
        self.failure.clear()
        self.status.emit("busy")
        texts = {
            "preview": self.tr("Looking at the file"), "corpus": self.tr("Reading the corpus"),
            "profile": self.tr("Cutting into tokens"), "audit": self.tr("Looking for problems"),
        }
        self.progress.begin(texts[step])
        if step == "preview":
            self.header.show_state("busy")

    @Slot()
    def _rested(self) -> None:
        self.progress.done(summary(self.analysis.corpus) if self.analysis.corpus is not None else "")
        if self.failure.failure is not None or self.overview.remedy.remedy is not None:
            self.status.emit("problem")
        elif self.analysis.corpus is not None:
            self.status.emit("done")
        elif self.project.config.corpus.path:
            self.status.emit("ready")

    @Slot()
    def _cancel(self) -> None:
        unread = self.analysis.reading or self.analysis.corpus is None
        self.analysis.cancel()
        if self.analysis.corpus is None:
            self.progress.done(self.tr("Cancelled. Nothing was changed."))
        if unread:
            self.header.show_state("unread")

    @Slot(object)
    def _waiting(self, size: int) -> None:
        self.tables.clear_documents()
        self.header.show_state("unread", size)

    @Slot(object)
    def _previewed(self, preview: Preview) -> None:
        self._show_understood(preview.understood)
        self.tables.show_preview(preview)

    @Slot(object)
    def _opened(self, opened: Opened) -> None:
        self.shell.tell_corpus(self.project.config.corpus, readable=True)
        self._tell_corrected()
        self.document.correct.set_labels(opened.documents.labels, opened.documents.multi_label)
        self.tables.show_corpus(opened)  # picks a document, whose label is one of those
        self.overview.show_corpus(opened)
        left_out = int((opened.documents.parts == LEFT_OUT).sum())
        self.splits.show_counts(opened.counts, left_out)
        self.problems.show_findings(None)
        self._name_problems(None)
        self.header.show_state("read")

    @Slot(object)
    def _profiled(self, profile: Profile) -> None:
        self.overview.show_profile(profile)
        learnt = self.tr("of {model}").format(model=profile.pretrained) if profile.pretrained else \
            self.tr("made of these documents")
        self.document.set_tokenizer(profile.tokenizer, learnt)

    @Slot(object)
    def _audited(self, findings: tuple[Finding, ...]) -> None:
        self.problems.show_findings(findings)
        self._name_problems(len(findings))

    def _name_problems(self, count: int | None) -> None:
        """Say on the tab how many problems there are, if that is known; no tab's name is cut."""
        self.side.setTabText(1, self.tr("Problems") if count is None else self.tr("Problems ({n})").format(n=count))
        self.side.setMinimumWidth(max(320, self.side.tabBar().sizeHint().width()))

    @Slot(str, object)
    def _failed(self, step: str, failure: Failed) -> None:
        tries = [(self.tr("Choose another file…"), self.files.choose_file)]
        if self.project.undo.canUndo():
            tries.insert(0, (self.tr("Undo: {change}").format(change=self.project.undo.undoText()),
                             self.project.undo.undo))
        self.failure.show_failure(failure, tries if step in ("preview", "corpus") else [])
        if step in ("preview", "corpus"):
            self.header.show_state("failed")
            self.shell.tell_corpus(self.project.config.corpus, readable=False)

    @Slot(int)
    def _set_limit(self, tokens: int) -> None:
        self._change({"tokens.max_tokens": tokens})

    @Slot(str)
    def _show_label(self, label: str) -> None:
        rows = self.tables.rows
        if rows is None:
            return
        if label:
            self.tables.show_only(rows.rows_with(label), self.tr("label {label}").format(label=label))
        else:
            self.tables.show_all()

    @Slot()
    def _show_ragged(self) -> None:
        if self.analysis.corpus is not None:
            self.tables.show_only(self.analysis.corpus.documents.ragged, self.tr("another number of columns"))

    @Slot()
    def _filter_cleared(self) -> None:
        self.overview.labels.set_picked("")

    def _show_only(self, rows: npt.NDArray[np.int64], why: str) -> None:
        """Show these rows of the source, whatever label is picked."""
        self.overview.labels.set_picked("")
        self.tables.show_only(rows, why)

    @Slot(object)
    def _show_finding(self, finding: Finding) -> None:
        self._show_only(finding.rows, finding.title)

    @Slot(object)
    def _repair(self, finding: Finding) -> None:
        if not self.project.may_change():
            return
        self.repairs.write_down(finding.title, finding.records)
        self.project.change(
            {"corpus.drop_rows": repaired(self.project.config.corpus, finding).drop_rows},
            self.tr("Leave out: {finding}").format(finding=finding.title),
        )
        self.shell.toast_undo(self.project.undo, counted(
            len(finding.repair), self.tr("1 row is left out."), self.tr("{n} rows are left out.")))

    @Slot(object)
    def _show_left_out(self, repair: Repair) -> None:
        opened = self.analysis.corpus
        if opened is not None:
            documents = opened.documents
            rows, _ = recorded_rows(repair.records, documents.pieces, documents.hashes)
            self._show_only(rows, repair.title or self.tr("left out earlier"))

    @Slot(object)
    def _take_back(self, repair: Repair) -> None:
        gone = set(repair.records)
        kept = tuple(record for record in self.project.config.corpus.drop_rows if record not in gone)
        self.project.change(
            {"corpus.drop_rows": kept}, self.tr("Take back: {repair}").format(repair=repair.title or
                                                                             self.tr("left out earlier"))
        )

    @Slot(object)
    def _show_corrected(self, keys: tuple[str, ...]) -> None:
        opened = self.analysis.corpus
        if opened is not None:
            documents = opened.documents
            rows = np.sort(rows_named(keys, documents.pieces, documents.hashes))
            self._show_only(rows[rows >= 0], self.tr("labels corrected"))

    @Slot()
    def _take_all_back(self) -> None:
        self.project.change({"corpus.drop_rows": ()}, self.tr("Take left-out documents back"))

    @Slot(int)
    def _show_document(self, row: int) -> None:
        opened, rows = self.analysis.corpus, self.tables.rows
        if opened is None or rows is None or row < 0:
            self.document.clear()
            return
        heading = "  ·  ".join(part for part in (
            self.tr("Row {row}").format(row=f"{row + 1:,}"), rows.cell(row, 1), rows.cell(row, 0)
        ) if part)
        self.document.show_document(heading, opened.documents, row)
        part = int(opened.documents.parts[row])
        labels = labels_at(opened.documents, row) if part in (TRAIN, VALIDATION, TEST) else ()
        self.document.show_labels(labels)

    @Slot(object, str)
    def _correct(self, labels: tuple[str, ...], why: str) -> None:
        """Give the document in view other labels, through the journal that all corrections go through."""
        opened = self.analysis.corpus
        if opened is None or self.document.row is None:
            return
        documents, row = opened.documents, self.document.row
        [key] = records_of(np.array([row], dtype=np.int64), documents.pieces, documents.hashes)
        if self.project.correct_label(key, labels_at(documents, row), labels, documents.multi_label, why,
                                      of_file=row not in documents.relabelled):
            told = self.tr("The label is {label} now; the next run learns and measures with it.")
            self.shell.toast_undo(self.project.undo, told.format(label=", ".join(labels) or self.tr("none")))

    @Slot()
    def _correct_here(self) -> None:
        """Enter or a double click in the table: the label of this document is to be looked at."""
        self.side.setCurrentWidget(self.document)
        self.document.focus_label()

