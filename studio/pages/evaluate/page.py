"""The Evaluate page: how good a classifier is, where it errs, and why."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.pages.base import ProjectPage
from studio.pages.parts.jobbar import JobBar
from studio.project import Project
from studio.shell import Shell, TableToMeasure
from studio.widgets import (
    Beside,
    Button,
    ElidedLabel,
    EmptyState,
    FailureCard,
    Paragraph,
    PrimaryButton,
    SectionTitle,
    Stacked,
    Turning,
)
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row
from ulmengine.events import Failed
from ulmengine.record import RunFolder

from .answers import COLUMN, LENGTH, RIGHT, UNKNOWN, Answers, by_size
from .choosing import Choosing
from .document_list import DocumentsView
from .filters import Filter, FilterChips
from .jobs import Subject, Texts
from .opening import Opening, can_be_shown
from .ranges import by_cells
from .reporting import Reporting
from .verdicts import below, headline
from .views import Views

_EMPTY, _BUSY, _FULL, _NOTHING, _READING = range(5)


class EvaluatePage(ProjectPage):
    """The run that the window shows, or another one, or a table; everything shown filters everything else."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(project, shell, parent)
        self.answers: Answers | None = None
        self.tables: list[Subject] = []
        """Tables that were measured since the program began, the newest first."""
        self._by_person = False
        self.opening, self.filter = Opening(project, self), Filter(self)
        self.choosing = Choosing()
        self.parts = self.choosing.parts
        self.name = SectionTitle(self.tr("Evaluate"), page=True)
        """The page's name, where there is no headline of a run."""
        self.heading = Paragraph("", theme.Type.HEADING, muted=False)
        self.told = Paragraph("", theme.Type.SMALL)
        self.failure, self.bar = FailureCard(), JobBar()
        self.report = Button(self.tr("Report…"), "export")
        self.wrong = Button(self.tr("Only mistakes"), "filter", "quiet")
        self.wrong.setCheckable(True)
        self.count = ElidedLabel("", theme.Type.SMALL, muted=True, numbers=True)
        self.filters, self.views = FilterChips(), Views()
        self.documents = DocumentsView(project, shell)
        self.model, self.list, self.reader = self.documents.model, self.documents.list, self.documents.reader
        self.empty = EmptyState("evaluate", self.tr("Nothing has been measured yet"), self.tr(
            "When a run has finished, its mistakes are laid open here: which classes it confuses, how sure it is, and "
            "which words it goes by. A table with labels that is dropped on Classify can be measured too."))
        self.reporting = Reporting(project, shell, self)
        self.offer(self.tr("Show only mistakes"), self.filter.toggle_wrong)
        self.offer(self.tr("Show all documents"), self.filter.show_all)
        self.offer(self.tr("Measure the run again"), self.measure_again)
        self.offer(self.tr("Write a report of the run…"), self.write_report)
        self._arrange()
        self._connect()
        self.refresh()

    @property
    def subject(self) -> Subject | None:
        """What is looked at."""
        return self.opening.subject

    @property
    def texts(self) -> Texts | None:
        """The texts behind the answers, once they are read."""
        return self.opening.texts

    @property
    def picks(self) -> dict[str, int]:
        """What the documents are narrowed down to."""
        return self.filter.picks

    # How it looks

    def _arrange(self) -> None:
        shell, train = self.shell, PrimaryButton(self.tr("Go to training"), "train")
        train.clicked.connect(lambda: shell.go("train"))
        self.empty.add_button(train)
        self.count.setMinimumWidth(172)
        self.documents.setMinimumWidth(396)
        choice = Beside(self.choosing, as_widget(in_row((self.count, 1), self.wrong, self.report)))
        full = in_column(in_column(self.heading, self.told, gap=theme.XS), choice, self.filters,
                         (Turning(self.views, self.documents, (510, 560)), 1))
        busy = as_widget(in_column(self.bar, STRETCH, gap=-1))
        self.stack = Stacked()
        reading = Paragraph(self.tr("Reading…"), alignment=Qt.AlignmentFlag.AlignHCenter)
        for widget in (self.empty, busy, as_widget(full), QWidget(), reading):
            self.stack.addWidget(widget)
        self.body.setSpacing(theme.S)
        self.body.setContentsMargins(theme.XL, theme.XL, theme.XL, theme.S)
        self.body.addWidget(self.name)
        self.body.addWidget(self.failure)
        self.body.addWidget(self.stack, 1)

    def _connect(self) -> None:
        self.choosing.runWanted.connect(self._run_chosen)
        self.choosing.tableWanted.connect(self.opening.again)
        self.choosing.partWanted.connect(self._show_part)
        self.stack.currentChanged.connect(self._other_state)
        self.opening.opened.connect(self._opened)
        self.opening.notOpened.connect(self._not_opened)
        self.opening.measuring.connect(self.bar.show_events)
        self.opening.textsRead.connect(self._texts_read)
        self.opening.canAsk.connect(self.reader.set_asked)
        self.opening.columnRead.connect(self._column_read)
        self.opening.calibrationKnown.connect(self.views.calibration_known)
        self.opening.troubled.connect(self.failure.show_failure)
        self.report.clicked.connect(self.write_report)
        self.wrong.clicked.connect(self.filter.toggle_wrong)
        self.views.picked.connect(self.pick)
        self.views.columnWanted.connect(self._read_column)
        self.filter.changed.connect(self._filter)
        self.filters.removed.connect(self.filter.unpick)
        self.filters.cleared.connect(self.filter.show_all)
        self.documents.relabelled.connect(self._tell_below)
        self.failure.dismissed.connect(self._tell_status)
        self.bar.cancelled.connect(self._cancel)
        self.reporting.failed.connect(self._not_reported)
        self.shell.run.stateChanged.connect(self.refresh)
        self.shell.shown.replaced.connect(self._other_run_shown)

    @Slot(int)
    def _other_state(self, state: int) -> None:
        self.name.setVisible(state != _FULL)

    def activated(self) -> None:
        """A run may have finished in the meantime, or a table wait to be measured."""
        wanted, self.shell.wanted_table = self.shell.wanted_table, None
        if wanted is not None:
            self.measure_table(wanted)
            return
        self.refresh()
        if not self.opening.under_way:  # what was read while another page was in view
            self.documents.read_first()

    def actions(self) -> list[QAction]:
        for action in super().actions():
            action.setEnabled(self.opening.wanted is not None)
        return super().actions()

    # What is looked at

    @Slot()
    def refresh(self) -> None:
        """Look for runs. The window's run is shown, or the newest; another one as long as the person wants it."""
        found = self._list_runs()
        open_now = self.opening.wanted
        shown = self.shell.shown.folder
        wanted = shown if shown in found else self.project.newest_run(set(found).__contains__)
        if isinstance(open_now, TableToMeasure) or (self._by_person and open_now in found):
            wanted = None
        if wanted is not None and wanted != open_now:
            self.show_run(wanted)
        elif self.opening.is_stale and isinstance(open_now, RunFolder) and open_now in found:
            self.show_run(open_now)
        elif open_now is None or (isinstance(open_now, RunFolder) and open_now not in found):
            self.opening.wanted = None
            self.stack.setCurrentIndex(_EMPTY)
            self.status.emit("")

    def _list_runs(self) -> list[RunFolder]:
        """Offer the runs that can be shown, the newest first, beside the tables."""
        found = [run for run in reversed(self.project.run_folders()) if can_be_shown(run)]
        self.choosing.set_subjects(found, self.tables)
        return found

    def show_run(self, folder: RunFolder) -> None:
        """Open what the run in ``folder`` has kept."""
        self.failure.clear()
        self.choosing.show_run(folder.path)
        if self.stack.currentIndex() in (_EMPTY, _NOTHING):  # which would say that there is nothing to be seen
            self.stack.setCurrentIndex(_READING)
        self.opening.run(folder)

    def measure_table(self, wanted: TableToMeasure) -> None:
        """Measure a model on a table."""
        self._begin(self.tr("Measuring on {file}…").format(file=wanted.table.name))
        self.opening.table(wanted)

    @Slot()
    def measure_again(self) -> None:
        """Measure the run, or the table, anew from the model."""
        wanted = self.opening.wanted
        if isinstance(wanted, RunFolder):
            if self.project.may_change():  # what is measured is kept with the run
                self._begin(self.tr("Measuring…"))
                self.opening.run(wanted, measure=True)
        elif wanted is not None:
            self.measure_table(wanted)

    def _begin(self, words: str) -> None:
        self.failure.clear()
        self.stack.setCurrentIndex(_BUSY)
        self.bar.begin(words)
        self.status.emit("busy")

    @Slot(object)
    def _run_chosen(self, folder: RunFolder) -> None:
        """It is the window's from now on, unless one is under way that is watched."""
        if folder != self.opening.wanted:
            self._by_person = True
            self.show_run(folder)
            if not self.shell.busy and self.shell.shown.folder != folder:
                self.shell.show_run(folder)

    @Slot()
    def _other_run_shown(self) -> None:
        shown = self.shell.shown.folder
        if shown is not None and shown != self.opening.wanted:
            self._by_person = False
            if self.isVisible():
                self.refresh()

    @Slot(object)
    def _opened(self, subject: Subject) -> None:
        self.bar.done()
        self.failure.clear()
        if subject.table is not None:
            self.tables = [subject, *(one for one in self.tables if one.name != subject.name)]
            for note in subject.table.notes:
                self.shell.toast(note)
        self._list_runs()
        self.choosing.show_subject(subject)
        self.stack.setCurrentIndex(_FULL)
        self.status.emit("done")
        self._show_part()

    @Slot(object)
    def _not_opened(self, failure: Failed) -> None:
        self.bar.done()
        wanted, tries = self.opening.wanted, []
        if isinstance(wanted, RunFolder) and wanted.model_path.is_file():
            tries.append((self.tr("Measure it again"), self.measure_again))
        others = [run for run in self._list_runs() if run != wanted]
        if others and self.subject is None:  # there is no list to choose one from
            tries.append((self.tr("Show {run}").format(run=self.choosing.name_of(others[0].path)),
                          partial(self._run_chosen, others[0])))
        self.failure.show_failure(failure, tries)
        self.stack.setCurrentIndex(_FULL if self.subject is not None else _NOTHING)
        self.status.emit("problem")

    @Slot()
    def _cancel(self) -> None:
        self.opening.cancel()
        self.bar.done()
        self.opening.wanted = None
        self._by_person = False
        self.stack.setCurrentIndex(_EMPTY)
        self.refresh()

    @Slot()
    def _tell_status(self) -> None:
        self.status.emit("done" if self.subject is not None else "")
        if self.stack.currentIndex() == _NOTHING and not self.opening.under_way:
            self.stack.setCurrentIndex(_EMPTY)

    # Which documents

    @Slot()
    def _show_part(self) -> None:
        """The documents of one part; those of another one are never mixed in."""
        subject, part, who = self.subject, self.choosing.part, self.choosing.answered_by
        assert subject is not None
        measured = subject.measured
        self.filter.picks = {}
        self.answers = answers = Answers(measured.kept.part(part), who)
        self.heading.setText(headline(measured, answers, part, "" if subject.table is None else subject.name))
        self.views.set_answers(answers, measured.record["parts"][part][who]["classes"])
        self.documents.set_answers(subject, answers)
        self._filter()
        self.opening.read(answers)

    @Slot(object)
    def _texts_read(self, texts: Texts) -> None:
        assert self.answers is not None
        if (texts.lengths >= 0).any():
            self.answers.dimensions[LENGTH] = by_size(texts.lengths)
            self.answers.dimensions[UNKNOWN] = by_size(texts.unknown, percent=True)
        self.views.set_columns(texts.columns)
        self.views.show_picks(self.picks)
        self.documents.set_texts(texts)

    @Slot(str)
    def _read_column(self, name: str) -> None:
        if self.answers is not None and COLUMN + name not in self.answers.dimensions:
            self.opening.column(name)

    @Slot(str, object)
    def _column_read(self, name: str, cells: list[str]) -> None:
        assert self.answers is not None
        found = by_cells(cells)
        if found is None:
            self.views.refuse_column(self.tr("{column} holds too many different values to tell groups apart.").format(
                column=name))
            return
        self.answers.dimensions[COLUMN + name] = found
        self.views.show_picks(self.picks)

    @Slot(object)
    def pick(self, groups: dict[str, int]) -> None:
        """Choose groups by dimension; -1 lets one go."""
        self.filter.pick(groups)

    @Slot()
    def _filter(self) -> None:
        answers = self.answers
        if answers is None:
            return
        mask = answers.mask(self.picks)
        self.documents.show_only(mask)
        count, right = int(mask.sum()), int((mask & answers.right).sum())
        told = self.tr("{count} of {all} documents").format(count=f"{count:,}", all=f"{len(mask):,}")
        if count:
            told += "  ·  " + self.tr("right in {share}").format(share=f"{right / count:.1%}")
        self.count.setText(told)
        self.filters.show_filters(self.filter.words(answers))
        self.wrong.setChecked(RIGHT in self.picks)
        self.views.show_picks(self.picks)

    @Slot(int)
    def _tell_below(self, corrected: int) -> None:
        if self.subject is not None and self.answers is not None:
            self.told.setText(below(self.subject.measured, self.choosing.part, corrected, self.answers.who))

    @Slot()
    def write_report(self) -> None:
        """Ask where to, and write a report on what is looked at."""
        if self.subject is not None:
            self.reporting.write(self.subject)

    @Slot(object)
    def _not_reported(self, failure: Failed) -> None:
        self.failure.show_failure(failure, [(self.tr("Choose another place…"), self.write_report)])
