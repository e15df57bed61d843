"""The Evaluate page: how good a run's classifier is, where it errs, and why."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.labels import key_of, labels_of
from studio.pages.base import ProjectPage
from studio.pages.parts.jobbar import JobBar
from studio.project import Project
from studio.shell import Shell
from studio.widgets import Button, CalmCombo, ElidedLabel, EmptyState, FailureCard, Paragraph, PrimaryButton
from ulmengine.config import ConfigError, RunConfig
from ulmengine.events import Failed
from ulmengine.record import RunFolder
from ulmengine.runs.measured import EVALUATION, Measured

from .answers import CONFIDENCE, GIVEN, LENGTH, RIGHT, SAID, UNKNOWN, Answers, by_size, by_value
from .filters import FilterLine
from .reader import Reader
from .tables import AnswersModel, Listing
from .views import COLUMN, Views
from .words import below, headline, who_words
from .work import Asked, Texts, columns_of, make_asked, measure, read_column, read_measured, read_texts

_EMPTY, _BUSY, _FULL = range(3)


class EvaluatePage(ProjectPage):
    """Choose a run and a part; everything shown filters everything else."""

    key = "evaluate"
    icon = "evaluate"

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(project, shell, parent)
        self.title = self.tr("Evaluate")
        self.folder: RunFolder | None = None
        self.measured: Measured | None = None
        self.answers: Answers | None = None
        self.texts: Texts | None = None
        self.picks: dict[str, int] = {}
        self._config = RunConfig()
        self._stamp = 0
        self._by_person = False
        self.runs, self.parts, self.who = CalmCombo(), CalmCombo(), CalmCombo()
        self.heading = Paragraph("", theme.Type.HEADING, muted=False)
        self.told = Paragraph("", theme.Type.SMALL)
        self.failure, self.bar = FailureCard(), JobBar()
        self.report = Button(self.tr("Report…"), "export")
        self.wrong = Button(self.tr("Only mistakes"), "filter", "quiet")
        self.count = ElidedLabel("", theme.Type.SMALL, muted=True, numbers=True)
        self.filters, self.views, self.reader = FilterLine(), Views(), Reader()
        self.model = AnswersModel(self)
        self.list = Listing(self.tr("Documents"), self.model, (52, 92, 92, 58, 50, 90), 5)
        self.empty = EmptyState("evaluate", self.tr("Nothing has been measured yet"), self.tr(
            "When a run has finished, its mistakes are laid open here: which classes it confuses, how sure it is, and "
            "which words it goes by."))
        self._opening, self._measuring, self._reading = JobSlot(self), JobSlot(self), JobSlot(self)
        self._asking, self._column_job, self._reporting = JobSlot(self), JobSlot(self), JobSlot(self)
        self._wanted_column = ""
        self._actions: list[QAction] = []
        self._arrange()
        self._connect()
        self.refresh()

    def _arrange(self) -> None:
        for combo, name in ((self.runs, self.tr("Run")), (self.parts, self.tr("Documents measured on")),
                            (self.who, self.tr("Whose answers"))):
            combo.setAccessibleName(name)
            combo.setToolTip(name)
        self.runs.setMinimumContentsLength(15)
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        train = PrimaryButton(self.tr("Go to training"), "train")
        train.clicked.connect(self._go_train)
        self.empty.add_button(train)
        words = QVBoxLayout()
        words.setSpacing(theme.XS)
        words.addWidget(self.heading)
        words.addWidget(self.told)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.list)
        right.addWidget(self.reader)
        right.setSizes([200, 400])
        right.setChildrenCollapsible(False)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setHandleWidth(theme.M)
        both.addWidget(self.views)
        both.addWidget(right)
        both.setSizes([470, 600])
        both.setChildrenCollapsible(False)
        self.views.setMinimumWidth(320)
        right.setMinimumWidth(380)
        line = QHBoxLayout()
        line.setSpacing(theme.S)
        line.addWidget(self.runs)
        line.addWidget(self.parts)
        line.addWidget(self.who)
        line.addWidget(self.count, 1)
        line.addWidget(self.wrong)
        line.addWidget(self.report)
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.S)
        column.addLayout(words)
        column.addLayout(line)
        column.addWidget(self.filters)
        column.addWidget(both, 1)
        busy = QWidget()
        waiting = QVBoxLayout(busy)
        waiting.addStretch(1)
        waiting.addWidget(self.bar)
        waiting.addStretch(2)
        self.stack = QStackedWidget()
        for widget in (self.empty, busy, full):
            self.stack.addWidget(widget)
        self.body.setSpacing(theme.S)
        self.body.setContentsMargins(theme.L, theme.L, theme.L, theme.M)
        self.body.addWidget(self.failure)
        self.body.addWidget(self.stack, 1)

    def _connect(self) -> None:
        self.runs.activated.connect(self._run_chosen)
        self.parts.activated.connect(self._part_chosen)
        self.who.activated.connect(self._part_chosen)
        self.report.clicked.connect(self.write_report)
        self.wrong.clicked.connect(self._toggle_wrong)
        self.views.picked.connect(self.pick)
        self.views.columnWanted.connect(self._read_column)
        self.filters.removed.connect(self._unpick)
        self.filters.cleared.connect(self.show_all)
        self.list.rowPicked.connect(self._show_document)
        self.reader.stepped.connect(self._step)
        self.reader.corrected.connect(self._correct)
        self.failure.dismissed.connect(self._failure_gone)
        self.bar.cancelled.connect(self._cancel)
        self._opening.finished.connect(self._opened)
        self._opening.failed.connect(self._not_opened)
        self._measuring.events.connect(self.bar.show_events)
        self._measuring.finished.connect(self._opened)
        self._measuring.failed.connect(self._not_measured)
        self._reading.finished.connect(self._texts_read)
        self._reading.failed.connect(self._no_texts)
        self._asking.finished.connect(self._can_ask)
        self._asking.failed.connect(self._cannot_ask)
        self._column_job.finished.connect(self._column_read)
        self._column_job.failed.connect(self._no_texts)
        self._reporting.finished.connect(self._reported)
        self._reporting.failed.connect(self._not_reported)
        self.project.changed.connect(self._labels_changed)
        self.shell.run.stateChanged.connect(self.refresh)

    def activated(self) -> None:
        """A run may have finished in the meantime."""
        self.refresh()

    def actions(self) -> list[QAction]:
        """What the palette offers of this page."""
        if not self._actions:
            for text, slot in ((self.tr("Show only mistakes"), self._toggle_wrong),
                               (self.tr("Show all documents"), self.show_all),
                               (self.tr("Measure the run again"), self.measure_again),
                               (self.tr("Write a report of the run…"), self.write_report)):
                action = QAction(text, self)
                action.triggered.connect(slot)
                self._actions.append(action)
        for action in self._actions:
            action.setEnabled(self.folder is not None)
        return list(self._actions)

    # Which run

    @Slot()
    def refresh(self) -> None:
        """Look for runs; show the newest that can be shown unless the person has chosen one."""
        found = [run for run in reversed(self.project.run_folders())
                 if (run.path / EVALUATION).is_file() or run.model_path.is_file()]
        names = [run.path.name for run in found]
        if [self.runs.itemText(place) for place in range(self.runs.count())] != names:
            self.runs.clear()
            for run in found:
                self.runs.addItem(run.path.name, str(run.path))
        chosen = self.folder.path if self.folder is not None else None
        if found and (chosen is None or (not self._by_person and found[0].path != chosen)):
            self.show_run(found[0])
        elif self.folder is not None and chosen in [run.path for run in found]:
            self.runs.setCurrentIndex(self.runs.findData(str(chosen)))
            if self._stamp != _stamp(self.folder) and not self._measuring.running:
                self.show_run(self.folder)  # measured anew, here or by another process
        elif not found:
            self.folder = None
            self.stack.setCurrentIndex(_EMPTY)
            self.status.emit("")

    def show_run(self, folder: RunFolder) -> None:
        """Open what the run in ``folder`` has kept."""
        for slot in (self._measuring, self._reading, self._asking, self._column_job):
            slot.cancel()
        self.failure.clear()
        self.folder, self.measured, self.texts, self._stamp = folder, None, None, _stamp(folder)
        self.runs.setCurrentIndex(self.runs.findData(str(folder.path)))
        self._opening.start(lambda: read_measured(folder))

    @Slot()
    def measure_again(self) -> None:
        """Measure the run anew from its model."""
        folder, cache = self.folder, self.project.cache
        if folder is None:
            return
        self.stack.setCurrentIndex(_BUSY)
        self.bar.begin(self.tr("Measuring…"))
        self.status.emit("busy")
        self._measuring.start(lambda: measure(folder, cache))

    @Slot(object)
    def _opened(self, measured: Measured) -> None:
        self.bar.done()
        self.failure.clear()
        self.measured, self._stamp = measured, _stamp(measured.folder)
        try:
            self._config = measured.folder.config()
        except (ConfigError, OSError):
            self._config = self.project.run_config()
        self.parts.clear()
        for part, name in (("test", self.tr("Test")), ("validation", self.tr("Validation"))):
            if measured.kept.has(part):
                self.parts.addItem(name, part)
        self.parts.setVisible(self.parts.count() > 1)
        self.who.clear()
        for one in ("blend", "network", "counts", "baseline"):  # the first is what the model answers
            if one in measured.kept.given:
                self.who.addItem(who_words(one), one)
        self.stack.setCurrentIndex(_FULL)
        self.status.emit("done")
        self._show_part(measured.part)

    @Slot(object)
    def _not_opened(self, failure: Failed) -> None:
        tries = []
        if self.folder is not None and self.folder.model_path.is_file():
            tries.append((self.tr("Measure it again"), self.measure_again))
        self.failure.show_failure(failure, tries)
        self.stack.setCurrentIndex(_FULL if self.measured is not None else _EMPTY)
        self.status.emit("problem")

    @Slot(object)
    def _not_measured(self, failure: Failed) -> None:
        self.bar.done()
        self._not_opened(failure)

    @Slot()
    def _cancel(self) -> None:
        self._measuring.cancel()
        self.bar.done()
        self.stack.setCurrentIndex(_FULL if self.measured is not None else _EMPTY)
        self.status.emit("done" if self.measured is not None else "")

    @Slot()
    def _failure_gone(self) -> None:
        self.status.emit("done" if self.measured is not None else "")

    @Slot()
    def _run_chosen(self) -> None:
        path = self.runs.currentData()
        if path and (self.folder is None or Path(path) != self.folder.path):
            self._by_person = True
            self.show_run(RunFolder(Path(path)))

    # Which documents

    @Slot()
    def _part_chosen(self) -> None:
        self._show_part(str(self.parts.currentData()))

    def _show_part(self, part: str) -> None:
        """The documents of one part; those of another one are never mixed in."""
        assert self.measured is not None
        self.parts.setCurrentIndex(self.parts.findData(part))
        self._reading.cancel()
        self.texts, self.picks = None, {}
        who = self.who.currentData()
        self.answers = answers = Answers(self.measured.kept.part(part), who)
        self.heading.setText(headline(self.measured, answers, part))
        self.model.set_answers(answers)
        self.reader.set_answers(answers)
        self.views.set_answers(answers, self.measured.record["parts"][part][who]["classes"])
        self._labels_changed()
        self._filter()
        kept, config, cache, folder = answers.kept, self._config, self.project.cache, self.measured.folder
        self._reading.start(lambda: read_texts(kept, config, cache, folder))

    @Slot(object)
    def _texts_read(self, texts: Texts) -> None:
        assert self.answers is not None
        self.texts = texts
        self.model.set_snippets(texts.snippets)
        self.reader.set_texts(texts)
        if (texts.lengths >= 0).any():
            self.answers.dimensions[LENGTH] = by_size(texts.lengths)
            self.answers.dimensions[UNKNOWN] = by_size(texts.unknown, percent=True)
        self.views.set_columns(columns_of(texts.documents))
        self.views.show_picks(self.picks)
        folder, config = self.folder, self._config
        if folder is not None and folder.model_path.is_file():
            self._asking.start(lambda: make_asked(folder, config, texts.documents))
        if self.reader.isVisible() and not self.list.selectionModel().hasSelection():
            self.list.selectRow(0)

    @Slot(object)
    def _no_texts(self, failure: Failed) -> None:
        """The figures stand without the texts; say why these are missing."""
        self.failure.show_failure(failure, [])

    @Slot(object)
    def _can_ask(self, asked: Asked) -> None:
        self.reader.set_asked(asked)

    @Slot(object)
    def _cannot_ask(self, failure: Failed) -> None:
        self.failure.show_failure(failure, [])

    @Slot(str)
    def _read_column(self, name: str) -> None:
        texts = self.texts
        if texts is None or self.answers is None or COLUMN + name in self.answers.dimensions:
            return
        self._wanted_column = name
        self._column_job.start(lambda: read_column(texts.documents, texts.rows, name))

    @Slot(object)
    def _column_read(self, cells: list[str]) -> None:
        assert self.answers is not None
        found = by_value(cells)
        if found is None:
            self.shell.toast(self.tr("{column} holds too many different values to tell groups apart.").format(
                column=self._wanted_column), "warning")
            return
        self.answers.dimensions[COLUMN + self._wanted_column] = found
        self.views.show_picks(self.picks)

    # The filter

    @Slot(object)
    def pick(self, groups: dict[str, int]) -> None:
        """Choose groups by dimension; -1 lets one go."""
        for name, group in groups.items():
            if group < 0:
                self.picks.pop(name, None)
            else:
                self.picks[name] = group
        self._filter()

    @Slot(str)
    def _unpick(self, name: str) -> None:
        self.pick({name: -1})

    @Slot()
    def show_all(self) -> None:
        """Take every filter away."""
        self.picks = {}
        self._filter()

    @Slot()
    def _toggle_wrong(self) -> None:
        self.pick({RIGHT: -1 if RIGHT in self.picks else 0})

    def _filter(self) -> None:
        answers = self.answers
        if answers is None:
            return
        mask = answers.mask(self.picks)
        self.model.show_only(mask)
        count, right = int(mask.sum()), int((mask & answers.right).sum())
        told = self.tr("{count} of {all} documents").format(count=f"{count:,}", all=f"{len(mask):,}")
        if count:
            told += "  ·  " + self.tr("right in {share}").format(share=f"{right / count:.1%}")
        self.count.setText(told)
        self.filters.show_filters({name: self._filter_words(name, group) for name, group in self.picks.items()})
        self.wrong.setVisible(RIGHT not in self.picks)
        self.views.show_picks(self.picks)

    def _filter_words(self, name: str, group: int) -> str:
        assert self.answers is not None
        kept = self.answers.kept
        if kept.multi_label and name in (GIVEN, SAID):
            label = kept.labels[group // 2]
            value = label if group % 2 else self.tr("not {label}").format(label=label)
        elif name == RIGHT:
            return self.tr("only mistakes")
        else:
            value = self.answers.dimensions[name].names[group] or self.tr("(empty)")
        names = {GIVEN: self.tr("given {value}"), SAID: self.tr("said {value}"), CONFIDENCE: self.tr("sure {value}"),
                 LENGTH: self.tr("{value} tokens"), UNKNOWN: self.tr("{value} unknown words")}
        return names.get(name, name.removeprefix(COLUMN) + ": {value}").format(value=value)

    @Slot(int)
    def _show_document(self, row: int) -> None:
        position = self.model.position(row)
        self.reader.show_answer(position, self._labels_now(position))

    @Slot(int)
    def _step(self, by: int) -> None:
        row = self.list.currentIndex().row() + by
        if 0 <= row < self.model.rowCount():
            self.list.selectRow(row)

    # Labels put right

    def _labels_now(self, position: int) -> tuple[str, ...]:
        """What the document bears: its label in this run, or what it was corrected to since."""
        assert self.answers is not None
        kept = self.answers.kept
        key = str(kept.keys[position])
        for record in self.project.config.corpus.relabelled:
            if key_of(record) == key:
                return labels_of(record, kept.multi_label)
        if kept.multi_label:
            return tuple(label for label, has in zip(kept.labels, kept.targets[position], strict=True) if has)
        return (kept.labels[int(kept.targets[position])],)

    @Slot(int, object, str)
    def _correct(self, position: int, labels: tuple[str, ...], why: str) -> None:
        assert self.answers is not None
        kept = self.answers.kept
        self.project.correct_label(
            str(kept.keys[position]), self._labels_now(position), labels, kept.multi_label, why)
        self.shell.toast(self.tr("The label is {label} now; the next run learns and measures with it.").format(
            label=", ".join(labels) or self.tr("none")), "ok", self.tr("Undo"), self.project.undo.undo)

    @Slot()
    def _labels_changed(self) -> None:
        """Labels were corrected, here or elsewhere, or taken back."""
        if self.answers is None or self.measured is None:
            return
        kept = self.answers.kept
        corrected = {key_of(record): ", ".join(labels_of(record, kept.multi_label))
                     for record in self.project.config.corpus.relabelled}
        before = {key_of(record) for record in self._config.corpus.relabelled}
        here = {str(key) for key in kept.keys if key in corrected}
        self.model.set_corrected({key: corrected[key] for key in here - before})
        self.told.setText(below(self.measured, str(self.parts.currentData()), len(here - before),
                                self.answers.who))
        index = self.list.currentIndex()
        if index.isValid():
            self.reader.retell(self._labels_now(self.model.position(index.row())))

    # The report

    @Slot()
    def write_report(self) -> None:
        """Write the run's report as one HTML file and open it."""
        from ulmengine.runs.report import write_report

        folder, cache = self.folder, self.project.cache
        if folder is None or self.measured is None:
            return
        path = self.shell.ask.save_file(
            self.tr("Where to write the report"), self.project.folder / f"report-{folder.path.name}.html",
            self.tr("Web page (*.html)"))
        if path is not None:
            self._reporting.start(lambda: write_report(folder, path, cache))

    @Slot(object)
    def _reported(self, path: Path) -> None:
        self.shell.toast(self.tr("The report is written: {file}").format(file=path.name), "ok", self.tr("Open it"),
                         _Opening(path))

    @Slot(object)
    def _not_reported(self, failure: Failed) -> None:
        self.failure.show_failure(failure, [(self.tr("Choose another place…"), self.write_report)])

    @Slot()
    def _go_train(self) -> None:
        self.shell.go("train")


class _Opening:
    """Opens a file with the desktop's own program."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> None:
        from PySide6.QtCore import QUrl
        from PySide6.QtGui import QDesktopServices

        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path)))


def _stamp(folder: RunFolder) -> int:
    """When the run was measured last, 0 if never."""
    try:
        return (folder.path / EVALUATION).stat().st_mtime_ns
    except OSError:
        return 0
