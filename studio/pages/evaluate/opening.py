"""What the page shows, brought to it in the background: a run's answers, a table measured, the texts behind them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from studio.engine.jobslot import JobSlot
from studio.project import Project
from studio.shell import TableToMeasure
from ulmengine.record import RunFolder
from ulmengine.record.listing import EVALUATION

from .answers import Answers
from .jobs import Subject, Texts, make_asked, measure_on_table, measure_run, open_run, read_column, read_texts


class Opening(QObject):
    """Opens one subject at a time; what was on its way for the one before is dropped."""

    opened = Signal(object)
    """A :class:`~.work.Subject`."""
    notOpened = Signal(object)
    measuring = Signal(object)
    """Events while something is measured."""
    textsRead = Signal(object)
    canAsk = Signal(object)
    calibrationKnown = Signal()
    """What is worked out of the calibration of the answers that were to be read last."""
    columnRead = Signal(str, object)
    """A column of the source and its cells."""
    troubled = Signal(object)
    """The figures stand, but texts or words cannot be shown: a :class:`ulmengine.events.Failed`."""

    def __init__(self, project: Project, parent: QObject) -> None:
        super().__init__(parent)
        self.project = project
        self.subject: Subject | None = None
        self.texts: Texts | None = None
        self.wanted: RunFolder | TableToMeasure | None = None
        """What is open, or on its way."""
        self.stamp = 0
        """When the run that is open was measured."""
        self._column = ""
        self._reading = JobSlot(self, self._opened, self.notOpened)
        self._measuring = JobSlot(self, self._opened, self.notOpened)
        self._measuring.events.connect(self.measuring)
        self._texts_job = JobSlot(self, self._texts_read, self.troubled)
        self._asking = JobSlot(self, self.canAsk, self.troubled)
        self._column_job = JobSlot(self, self._column_read, self.troubled)
        self._calibration = JobSlot(self, self.calibrationKnown, self.troubled)

    @property
    def busy(self) -> bool:
        return self._measuring.running

    @property
    def under_way(self) -> bool:
        """Whether something is being opened or measured."""
        return self._reading.running or self._measuring.running

    @property
    def is_stale(self) -> bool:
        """Whether the run that is open has been measured anew since, here or by another process."""
        return isinstance(self.wanted, RunFolder) and not self.busy and self.stamp != stamp(self.wanted)

    def run(self, folder: RunFolder, *, measure: bool = False) -> None:
        """Open what the run in ``folder`` has kept; ``measure``: measure it anew from its model before."""
        self._drop()
        self.wanted, self.stamp = folder, stamp(folder)
        cache, usual = self.project.cache, self.project.run_config()
        if measure:
            self._measuring.start(lambda: measure_run(folder, cache, usual))
        else:
            self._reading.start(lambda: open_run(folder, usual))

    def table(self, wanted: TableToMeasure) -> None:
        """Measure a model on a table."""
        self._drop()
        self.wanted = wanted
        cache, usual, runs = self.project.cache, self.project.run_config(), self.project.runs
        self._measuring.start(lambda: measure_on_table(wanted, cache, usual, runs))

    def again(self, subject: Subject) -> None:
        """Show a table that was measured before."""
        self._drop()
        self.wanted = subject.wanted
        self._opened(subject)

    def cancel(self) -> None:
        self._measuring.cancel()

    def read(self, answers: Answers) -> None:
        """Read the texts of ``answers``, and work out what takes long of them."""
        subject, kept, cache = self.subject, answers.kept, self.project.cache
        self.texts = None
        self._column_job.cancel()
        self._calibration.cancel()
        if not answers.knows_calibration:
            self._calibration.start(answers.work_out_calibration)
        if subject is not None:
            self._texts_job.start(lambda: read_texts(subject, kept, cache))

    def column(self, name: str) -> None:
        """Read the column ``name`` of the source."""
        texts, self._column = self.texts, name
        if texts is not None:
            self._column_job.start(lambda: read_column(texts.documents, texts.rows, name))

    def _drop(self) -> None:
        for slot in (self._reading, self._measuring, self._texts_job, self._asking, self._column_job,
                     self._calibration):
            slot.cancel()
        self.subject = self.texts = None

    @Slot(object)
    def _opened(self, subject: Subject) -> None:
        self.subject, self.stamp = subject, stamp(subject.folder)
        self.opened.emit(subject)

    @Slot(object)
    def _texts_read(self, texts: Texts) -> None:
        self.texts = texts
        self.textsRead.emit(texts)
        subject, runs = self.subject, self.project.runs
        if subject is not None and subject.model.is_file():
            self._asking.start(lambda: make_asked(subject, texts.documents, runs))

    @Slot(object)
    def _column_read(self, cells: list[str]) -> None:
        self.columnRead.emit(self._column, cells)


def stamp(folder: RunFolder) -> int:
    """When the run was measured last, 0 if never."""
    try:
        return (folder.path / EVALUATION).stat().st_mtime_ns
    except OSError:
        return 0


def can_be_shown(folder: RunFolder) -> bool:
    """Whether the run has kept answers, or has a model that can be measured."""
    return (folder.path / EVALUATION).is_file() or folder.model_path.is_file()
