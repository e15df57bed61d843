"""What is looked at: which run or table, which of its documents, whose answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from studio.models.run_table import apart
from studio.widgets import CalmCombo
from studio.widgets.layouts import in_row
from ulmengine.inference.predictions import Predictions, Who
from ulmengine.record import RunFolder, run_name

from .jobs import Subject
from .verdicts import who_help, who_words

NARROWEST = 110
"""Px of the list of runs where there is no room for a whole name."""


class Choosing(QWidget):
    """Three lists side by side."""

    runWanted = Signal(object)
    """The run in this :class:`~ulmengine.record.RunFolder` is to be shown."""
    tableWanted = Signal(object)
    """A :class:`~.work.Subject` on a table is to be shown again."""
    partWanted = Signal()
    """Another part of the documents, or other answers to them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs, self.parts, self.who = CalmCombo(), CalmCombo(), CalmCombo()
        self._listed: list[tuple[str, object]] = []
        in_row(self.runs, self.parts, self.who, inside=self)
        for combo, name in ((self.runs, self.tr("Run")), (self.parts, self.tr("Documents measured on")),
                            (self.who, self.tr("Whose answers"))):
            combo.setAccessibleName(name)
            combo.setToolTip(name)
        self.runs.setMinimumContentsLength(15)
        self.runs.setMinimumWidth(NARROWEST)
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for combo in (self.parts, self.who):  # never cut: they hold few and short names, and are filled when shown
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.runs.activated.connect(self._run_chosen)
        self.parts.activated.connect(self.partWanted)
        self.who.activated.connect(self.partWanted)

    @property
    def part(self) -> str:
        return str(self.parts.currentData())

    @property
    def answered_by(self) -> Who:
        """Whose answers are chosen."""
        who: Who = self.who.currentData()
        return who

    def set_subjects(self, runs: Sequence[RunFolder], tables: Sequence[Subject]) -> None:
        """What there is to look at: runs, the newest first, and tables that were measured since the program began."""
        listed: list[tuple[str, object]] = [(one.name, one) for one in tables]
        names = apart([run_name(run) for run in runs], [run.path.name for run in runs])
        listed += zip(names, (run.path for run in runs), strict=True)
        if listed != self._listed:
            place = self.runs.currentIndex()
            chosen = self._listed[place][1] if place >= 0 else None
            self._listed = listed
            self.runs.clear()
            for name, what in listed:
                self.runs.addItem(name, what)
            self.runs.setCurrentIndex(self._place(chosen))

    def name_of(self, path: Path) -> str:
        """What the run in ``path`` is called among those that are listed."""
        return self._listed[self._place(path)][0]

    def show_run(self, path: Path) -> None:
        """The run in ``path`` is looked at."""
        self.runs.setCurrentIndex(self._place(path))

    def show_subject(self, subject: Subject) -> None:
        """Offer its parts and answers; chosen are the headline's, as the saved model gives them."""
        self.runs.setCurrentIndex(self._place(subject.folder.path if subject.table is None else subject))
        kept: Predictions = subject.measured.kept
        self.parts.clear()
        for part, name in (("test", self.tr("Test")), ("validation", self.tr("Validation"))):
            if kept.has(part):
                self.parts.addItem(name, part)
        self.parts.setVisible(self.parts.count() > 1)
        self.parts.setCurrentIndex(self.parts.findData(subject.measured.part))
        self.who.clear()
        whose: tuple[Who, ...] = ("blend", "network", "counts", "baseline")
        for who in whose:
            if who in kept.given:
                self.who.addItem(who_words(who), who)
                self.who.setItemData(self.who.count() - 1, who_help(who), Qt.ItemDataRole.ToolTipRole)
        self.who.setCurrentIndex(self.who.findData(kept.saved))

    def _place(self, what: object) -> int:
        return next((place for place, (_, one) in enumerate(self._listed) if one == what), -1)

    @Slot(int)
    def _run_chosen(self, place: int) -> None:
        _, what = self._listed[place]
        if isinstance(what, Subject):
            self.tableWanted.emit(what)
        elif isinstance(what, Path):
            self.runWanted.emit(RunFolder(what))
