"""Many texts: dropped files, folders and tables, their answers in a table that fills while they are read."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QStackedWidget, QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.models.predictions import GIVEN, PredictionsModel
from studio.pages.parts.jobbar import JobBar
from studio.pages.parts.quantities import counted
from studio.project import Project
from studio.shell import Shell
from studio.widgets import Beside, Button, CalmCombo, DropArea, ElidedLabel, Label, paths_in
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row
from ulmengine.events import Event

from .answering import Answering, names_of
from .answers_table import AnswersTable
from .batch import Answered, classify_all
from .sources import ColumnChoice, SkippedLine
from .stored import MOST_COPIED, BatchResult, copied, export
from .texts import Columns, ColumnsFound, Skipped, pasted

WIDEST = 200
PROGRESS = 300


class ManyTexts(QWidget):
    """Drop area above, then filter, table and export."""

    failed = Signal(object)
    begun = Signal()
    """Other texts are being classified: what failed before is of the past."""
    opened = Signal(str)
    """Show this text by itself."""
    evaluateWanted = Signal(object, object)
    """Measure the model on the table at this path, its texts in these columns (none: where the model looks)."""

    def __init__(self, project: Project, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        self.cache = project.cache
        self.result: BatchResult | None = None
        self._answering: Answering | None = None
        self._others: tuple[Answering, ...] = ()
        self._paths: list[Path] = []
        self._columns: Columns = ()
        self._stop = threading.Event()
        self._target = project.cache
        self._wanted = self._left_out = 0
        """Rows that are copied, and that are too many for the clipboard."""
        self.model = PredictionsModel(self)
        self.table = AnswersTable(self.model)
        self.area = DropArea(self.tr("Drop files, folders or tables here, or click to choose"), self.tr(
            "A text file is one text; of a folder every text file is one; of a table every row"))
        self.again = Button(self.tr("Classify others…"), "file")
        self.progress = JobBar()
        self.summary = ElidedLabel("", theme.Type.SMALL, muted=True, numbers=True)
        self.save = Button(self.tr("Export…"), "export")
        self.label = CalmCombo()
        self.sure = CalmCombo()
        self.skipped = SkippedLine()
        self.columns = ColumnChoice()
        self.wrong = QCheckBox(self.tr("Only where it differs from the given label"))
        self.differing = QCheckBox(self.tr("Only where the models differ"))
        self.evaluate = Button(self.tr("Evaluate on this table"), "evaluate")
        self.evaluate.setToolTip(self.tr("The table bears labels that the model knows: see how good it is on them, and "
                                         "where it errs"))
        self.paste = Button(self.tr("Paste"), "import", "quiet")
        self.paste.setToolTip(self.tr("Classify what the clipboard holds: copied files, cells of a spreadsheet, or "
                                      "each line of a text"))
        self.copy = Button(self.tr("Copy"), "copy", "quiet")
        self.copy.setToolTip(self.tr("Put the rows shown (or those selected, if several are) on the clipboard, ready "
                                     "for a spreadsheet"))
        self._work = JobSlot(self, self._finished, self._failed)
        self._export = JobSlot(self, self._exported, self._failed)
        self._copying = JobSlot(self, self._copied, self._failed)
        for left_over in () if project.read_only else project.cache.glob("predictions-*"):  # of an earlier start
            left_over.unlink(missing_ok=True)  # of the program, unless they are another window's that has it open
        self._arrange()
        self._connect()
        self._follow()

    def _arrange(self) -> None:
        self.label.setAccessibleName(self.tr("Show the label"))
        self.label.fit_entries(WIDEST)
        self.sure.setAccessibleName(self.tr("Show the confidence"))
        for text, low, high in (
            (self.tr("any confidence"), 0.0, 1.0), (self.tr("below 60%"), 0.0, 0.6), (self.tr("below 80%"), 0.0, 0.8),
            (self.tr("80% and more"), 0.8, 1.0), (self.tr("95% and more"), 0.95, 1.0),
        ):
            self.sure.addItem(text, (low, high))
        self.sure.fit_entries(WIDEST)
        lists, ticks, source, tools = map(as_widget, (
            in_row(Label(self.tr("Show")), self.label, self.sure, STRETCH), in_row(self.wrong, self.differing, STRETCH),
            in_row(STRETCH, self.columns, self.evaluate), in_row(STRETCH, self.again, self.copy, self.save)))
        above = Beside(Beside(lists, ticks), Beside(source, tools))
        self.progress.setMinimumWidth(PROGRESS)
        start = in_column((self.area, 1), (self.paste, 0, Qt.AlignmentFlag.AlignHCenter), gap=-1)
        full = in_column(above, self.skipped, (self.table, 1),
                         Beside(self.summary, self.progress, theme.L, first_grows=True))
        self.stack = QStackedWidget()
        self.stack.addWidget(as_widget(start))
        self.stack.addWidget(as_widget(full))
        in_column((self.stack, 1), inside=self, margins=(0, theme.M, 0, 0))

    def _connect(self) -> None:
        self.area.dropped.connect(self.classify)
        self.area.clicked.connect(self.choose)
        self.again.clicked.connect(self.choose)
        self.save.clicked.connect(self._save)
        self.progress.cancelled.connect(self.cancel)
        self.label.activated.connect(self._filter)
        self.sure.activated.connect(self._filter)
        self.wrong.clicked.connect(self._filter)
        self.differing.clicked.connect(self._filter)
        self.evaluate.clicked.connect(self._evaluate)
        self.paste.clicked.connect(self.paste_texts)
        self.copy.clicked.connect(self.copy_rows)
        for keys, slot in ((QKeySequence.StandardKey.Paste, self.paste_texts),
                           (QKeySequence.StandardKey.Copy, self.copy_rows)):
            QShortcut(keys, self, slot, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.table.activated.connect(self._open)
        self.columns.chosen.connect(self._read_other_columns)
        for job in (self._work, self._export, self._copying):
            job.events.connect(self._events)

    @property
    def busy(self) -> bool:
        return self._work.running or self._export.running or self._copying.running

    @property
    def holds_answers(self) -> bool:
        """Whether another model would put other answers in the place of those that are shown or on their way."""
        return self.busy or bool(self.model.rows)

    def set_model(self, answering: Answering) -> None:
        """Use another model: what it had dropped on it before is classified anew."""
        self._answering = answering
        if self._paths:
            self.classify(self._paths)

    def set_others(self, models: Sequence[Answering]) -> None:
        """These models answer beside the one in use, of what was dropped before too."""
        self._others = tuple(models)
        if self._paths and self._answering is not None:
            self._classify()

    @Slot()
    def choose(self) -> None:
        paths = self.shell.ask.open_files(
            self.tr("Choose texts to classify"), Path.home(), self.tr("All files (*)"), several=True)
        if paths:
            self.classify(paths)

    @Slot(object)
    def classify(self, paths: list[Path]) -> None:
        self._paths, self._columns = list(paths), ()
        self.columns.forget()
        self._classify()

    @Slot(object)
    def _read_other_columns(self, columns: Columns) -> None:
        self._columns = columns
        self._classify()

    def _classify(self) -> None:
        answering = self._answering
        if answering is None:
            self.shell.toast(self.tr("The model is still being opened. These texts are classified as soon as it is "
                                     "ready."))
            return
        self.begun.emit()
        self._drop_result()
        others = self._others
        names = names_of((answering, *others))[1:]
        self.model.start(answering.labels, zip(names, (one.labels for one in others), strict=True))
        self.table.show_others(len(others))
        self.differing.setChecked(self.differing.isChecked() and self.model.can_differ)
        self.table.unsort()
        self.skipped.forget()
        self.label.clear()
        self.label.addItem(self.tr("all labels"), "")
        for name in answering.labels:
            self.label.addItem(name, name)
        self._filter()
        self.stack.setCurrentIndex(1)
        self.progress.begin(self.tr("Reading the texts"))
        self._target = target = self.cache / f"predictions-{uuid.uuid4().hex}.arrow"
        self._stop = stop = threading.Event()
        paths, columns = self._paths, self._columns
        self._work.start(lambda: classify_all(answering, paths, self.cache, target, stop, columns, others))
        self._follow()

    @Slot()
    def cancel(self) -> None:
        """End the work after the texts in hand; the answers that are there stay, to be read and exported."""
        if self._work.running:
            self._stop.set()
            self.progress.cancel.setEnabled(False)
            self.progress.text.setText(self.tr("Stopping"))
        elif self._export.running:
            self._export.cancel()
            self._rest(self.tr("Cancelled. Nothing was written."))
        self._follow()

    def _drop_result(self) -> None:
        if self.result is not None:
            self.result.path.unlink(missing_ok=True)
            self.result = None

    @Slot(object)
    def _events(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Answered):
                self.model.append(event.rows)
            elif isinstance(event, ColumnsFound):
                self.columns.show_found(event)
        self.skipped.add([event for event in events if isinstance(event, Skipped)])
        if not self._stop.is_set():
            self.progress.show_events(events)
        self._follow()

    @Slot(object)
    def _finished(self, result: BatchResult) -> None:
        self.result = result if result.rows else None
        self._rest(self._asked() if result.whole else self.tr("Cancelled. The answers so far are kept."))
        self._settle()
        if self.columns.asks_of and self.isVisible():
            self.columns.box.setFocus(Qt.FocusReason.OtherFocusReason)  # what was asked is answered there

    @Slot(object)
    def _failed(self, failure: object) -> None:
        self._rest()
        if self.result is None and self.model.rows and self._target.is_file():
            self.result = BatchResult(self._target, len(self.model.rows), whole=False)
        self._settle()
        self.failed.emit(failure)

    def _rest(self, text: str = "") -> None:
        """The work is over: ``text`` stays to be read, else what a double click does."""
        hint = self.tr("Double-click a text to see which words count") if self.model.rows else ""
        self.progress.done(text or hint)

    def _asked(self) -> str:
        """What a person has to say before a table can be read."""
        if not self.columns.asks_of:
            return ""
        return self.tr("In which column of {file} do the texts stand? Choose it above.").format(
            file=self.columns.asks_of)

    def _settle(self) -> None:
        """The work is over, one way or another."""
        self.model.settle()
        if not self.model.rows and not self.columns.asks_of:
            self.stack.setCurrentIndex(0)
        self._follow()

    def _follow(self) -> None:
        """Numbers and buttons as things stand."""
        rows, shown = len(self.model.rows), len(self.model.shown)
        given, right = self.model.labelled()
        told = [counted(rows, self.tr("1 text"), self.tr("{n} texts"))]
        if shown != rows:
            told.append(self.tr("{n} shown").format(n=f"{shown:,}"))
        if given:
            shares = [counted(given, self.tr("the given label predicted") if right else
                              self.tr("the given label not predicted"),
                              self.tr("{share} of the {{n}} given labels predicted").format(
                                  share=f"{right / given:.1%}"))]
            shares += [self.tr("{share} by {model}").format(share=f"{hits / count:.1%}", model=name)
                       for name, count, hits in self.model.labelled_by_others() if count]
            told.append(", ".join(shares))
        if self.model.can_differ and rows:
            told.append(self.tr("the models differ on {n}").format(n=f"{self.model.differing():,}"))
        if self.model.unanswered:
            told.append(self.tr("{n} without text, and so without an answer").format(n=f"{self.model.unanswered:,}"))
        self.summary.setText("   ·   ".join(told) if rows else "")
        self.wrong.setVisible(given > 0)
        self.differing.setVisible(self.model.can_differ)
        self.evaluate.setVisible(given > 0 and len(self._paths) == 1 and not self._work.running)
        self.copy.setEnabled(self.result is not None and shown > 0 and not self._copying.running)
        self.table.setColumnHidden(GIVEN, given == 0)
        self.save.setEnabled(self.result is not None and shown > 0 and not self._export.running)

    @Slot()
    def _filter(self) -> None:
        low, high = self.sure.currentData()
        self.model.set_filter(label=str(self.label.currentData() or ""), low=low, high=high,
                              only_wrong=self.wrong.isChecked(), only_differing=self.differing.isChecked())
        self._follow()

    @Slot()
    def _open(self) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            self.opened.emit(self._whole_text(int(self.model.shown[index.row()])))

    @Slot()
    def _evaluate(self) -> None:
        self.evaluateWanted.emit(self._paths[0], self._columns)

    @Slot()
    def paste_texts(self) -> None:
        """Classify what the clipboard holds."""
        held = QGuiApplication.clipboard().mimeData()
        paths = paths_in(held) if held is not None else []
        if not paths and held is not None and held.text().strip():
            try:
                paths = [pasted(held.text(), self.cache)]
            except OSError as error:
                self.shell.toast_error(self.tr("{file} could not be written: {why}").format(
                    file=self.cache, why=error.strerror or str(error)))
                return
        if paths and self._answering is not None:
            self.classify([Path(path) for path in paths])
        elif not paths:
            self.shell.toast(self.tr("The clipboard holds no text and no files."), "warning")

    @Slot()
    def copy_rows(self) -> None:
        """Copy the selected rows, if there are several, else all that are shown."""
        result = self.result
        if result is None or not self.copy.isEnabled():
            return
        chosen = [int(self.model.shown[index.row()]) for index in self.table.selectionModel().selectedRows()]
        rows = chosen if len(chosen) > 1 else np.asarray(self.model.shown).tolist()
        wanted = set(rows[:MOST_COPIED])
        self._wanted, self._left_out = len(wanted), len(rows) - len(wanted)
        self._copying.start(lambda: copied(result, wanted))
        self._follow()

    @Slot(object)
    def _copied(self, text: str) -> None:
        self._rest()
        QGuiApplication.clipboard().setText(text)
        self._follow()
        told = counted(self._wanted, self.tr("1 row is on the clipboard."), self.tr("{n} rows are on the clipboard."))
        if self._left_out:
            told = self.tr("Only the first {n} of {all} rows are on the clipboard. A file holds all of them.").format(
                n=f"{self._wanted:,}", all=f"{self._wanted + self._left_out:,}")
        self.shell.toast(told, "warning" if self._left_out else "ok")

    def _whole_text(self, row: int) -> str:
        """The text of a row; only its beginning while the work is under way."""
        if self.result is None:
            return self.model.rows[row].text
        return self.result.text(row)

    @Slot()
    def _save(self) -> None:
        result = self.result
        target = self.shell.ask.save_file(
            self.tr("Export the answers"), Path.home() / "predictions.csv",
            self.tr("CSV (*.csv);;Parquet (*.parquet)"))
        if target is None or result is None:
            return
        every = len(self.model.shown) == len(self.model.rows)
        wanted = None if every else set(np.asarray(self.model.shown).tolist())
        self.progress.begin(self.tr("Writing {file}").format(file=target.name))
        self._export.start(lambda: export(result, target, wanted))
        self._follow()

    @Slot(object)
    def _exported(self, path: Path) -> None:
        self._rest()
        self._follow()
        self.shell.toast(self.tr("Written: {path}").format(path=path), "ok")
