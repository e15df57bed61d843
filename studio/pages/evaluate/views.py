"""The tabs on the left: confusion, classes, curves, calibration, and accuracy by groups of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QWidget

from studio import theme
from studio.pages.parts.bars import Bar, BarList
from studio.widgets import Button, CalmCombo, Label, Paragraph, Tabs
from studio.widgets.layouts import STRETCH, Part, as_widget, in_column, in_row, scrolling
from ulmengine.inference import curves
from ulmengine.training.metrics import Ranked

from .answers import COLUMN, CONFIDENCE, GIVEN, LENGTH, SAID, UNKNOWN, Answers, Bools, Group
from .lines import CurvePicture, ReliabilityPicture
from .matrix import Matrix
from .tables import ClassModel, Listing
from .verdicts import calibration_words

CALIBRATION = 3
"""The place of its tab."""
FEW_CLASSES = 320
"""Px up to which the whole matrix is to be seen: one of some classes has no scroll bar of its own."""


class Views(Tabs):
    """Each tab shows the documents that pass the filter; only the one in view is worked out."""

    picked = Signal(object)
    """Groups by dimension that are chosen or, with -1, let go."""
    columnWanted = Signal(str)
    """Accuracy by this column of the source is wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answers: Answers | None = None
        self._picks: dict[str, int] = {}
        self._known: Sequence[Mapping[str, Any]] = ()
        self.setUsesScrollButtons(True)
        self.matrix = Matrix()
        self.modes = QButtonGroup(self)
        self.classes = ClassModel(self)
        self.table = Listing(self.tr("Classes"), self.classes, (84, 106, 106, 106, 74), 0)
        self.table.horizontalHeader().setMinimumSectionSize(64)  # of the first, which takes what is left
        self.which = CalmCombo()
        self.roc = CurvePicture(self.tr("ROC curve"), self.tr("false positives"), self.tr("true positives"))
        self.pr = CurvePicture(self.tr("Precision-recall curve"), self.tr("recall"), self.tr("precision"))
        self.areas = Paragraph("", theme.Type.SMALL)
        self.reliability = ReliabilityPicture(self.tr("Calibration"), self.tr("confidence"), self.tr("right"))
        self.ece = Paragraph("", theme.Type.SMALL)
        self.lengths = AccuracyBars(self.tr("Accuracy by document length"), LENGTH)
        self.unknown = AccuracyBars(self.tr("Accuracy by unknown words"), UNKNOWN)
        self.column = CalmCombo()
        self.values = AccuracyBars(self.tr("Accuracy by a column of the source"), COLUMN)
        self.later, self.refused = Paragraph("", theme.Type.SMALL), Paragraph("", theme.Type.SMALL)
        self.refused.hide()
        self.addTab(self._confusion(), self.tr("Confusion"))
        self.addTab(self._classes(), self.tr("Classes"))
        self.addTab(self._curves(), self.tr("Curves"))
        self.addTab(self._calibration(), self.tr("Calibration"))
        self.addTab(self._groups(), self.tr("Groups"))
        self.setMinimumWidth(self.tabBar().sizeHint().width())  # no tab is cut
        self._connect()

    def _confusion(self) -> QWidget:
        modes = in_row(gap=0)
        for number, text in enumerate((self.tr("Counts"), self.tr("By row"), self.tr("By column"))):
            button = Button(text, role="plain")
            button.setCheckable(True)
            button.setChecked(number == 0)
            self.modes.addButton(button, number)
            modes.addWidget(button)
        modes.addStretch(1)
        self.area = area = scrolling(as_widget(in_column(self.matrix, STRETCH, gap=-1)), sideways=True)
        area.verticalScrollBar().valueChanged.connect(self.matrix.update)  # the names of its columns stay at the top
        self.hint = Paragraph(self.tr("Rows: the label given. Pick a cell to see its documents."), theme.Type.SMALL)
        return _tab(modes, (area, 1), self.hint)

    def _classes(self) -> QWidget:
        hint = Paragraph(self.tr("With 95% intervals: bootstrap, and Wilson's where all or none are right. Pick a "
                                 "class to see its documents."), theme.Type.SMALL)
        return _tab((self.table, 1), hint)

    def _curves(self) -> QWidget:
        self.which.setAccessibleName(self.tr("Label of the curves"))
        line = in_row(Label(self.tr("Label"), theme.Type.SMALL, muted=True), (self.which, 1), gap=-1)
        pictures = as_widget(in_column((self.roc, 1), (self.pr, 1), margins=(0, 0, theme.XS, 0)))
        return _tab(line, (scrolling(pictures), 1), self.areas)

    def _calibration(self) -> QWidget:
        hint = Paragraph(self.tr("Bars on the dashed line: right as often as sure. Pick a bar to see its documents."),
                         theme.Type.SMALL)
        return _tab((self.reliability, 1), self.ece, hint)

    def _groups(self) -> QWidget:
        self.column.setAccessibleName(self.tr("Column of the source"))
        by_length, by_unknown, by_column = (Label(text, theme.Type.SMALL, muted=True) for text in (
            self.tr("By length, in tokens"), self.tr("By share of unknown words"), self.tr("By the column")))
        groups = in_column(self.later, by_length, self.lengths, by_unknown, self.unknown,
                           in_row(by_column, (self.column, 1), gap=-1), self.refused, self.values, STRETCH,
                           margins=(0, 0, theme.S, 0))
        return _tab((scrolling(as_widget(groups)), 1))

    def _connect(self) -> None:
        self.matrix.picked.connect(self._cell_picked)
        self.modes.idClicked.connect(self._mode_chosen)
        self.table.rowPicked.connect(self._class_picked)
        self.which.activated.connect(self._redraw)
        self.reliability.picked.connect(self._confidence_picked)
        for bars in (self.lengths, self.unknown, self.values):
            bars.picked.connect(self.picked)
        self.column.activated.connect(self._column_chosen)
        self.currentChanged.connect(self._redraw)

    def set_answers(self, answers: Answers, known: Sequence[Mapping[str, Any]]) -> None:
        """Show another part. ``known``: its classes as the run's evaluation.json holds them."""
        self._answers, self._known, self._picks = answers, known, {}
        self.which.clear()
        self.set_columns(())
        self.which.addItems(list(answers.kept.labels))

    def set_columns(self, names: Sequence[str]) -> None:
        """The columns of the source by which accuracy can be told."""
        self.column.clear()
        self.refused.hide()
        self.column.addItem(self.tr("Choose…"), "")
        for name in names:
            self.column.addItem(name, name)
        self.column.setEnabled(bool(names))

    def refuse_column(self, why: str) -> None:
        """The column that was wanted last has no groups, and ``why``."""
        self.refused.setText(why)
        self.refused.show()

    def show_picks(self, picks: Mapping[str, int]) -> None:
        """Another filter is in force."""
        self._picks = dict(picks)
        label = self._label_picked()
        if label >= 0:
            self.which.setCurrentIndex(label)
        self._redraw()

    def _label_picked(self) -> int:
        group = self._picks.get(GIVEN, -1)
        if group < 0 or self._answers is None:
            return -1
        return group // 2 if self._answers.kept.multi_label else group

    @Slot()
    def calibration_known(self) -> None:
        """Show what has been worked out in the background."""
        if self.currentIndex() == CALIBRATION:
            self._redraw()

    @Slot()
    def _redraw(self) -> None:
        """Work out the tab in view."""
        if self._answers is None or not len(self._answers.kept):
            return
        (self._show_matrix, self._show_classes, self._show_curves, self._show_calibration, self._show_groups)[
            self.currentIndex()](self._answers)

    def _mask(self, *but: str) -> Bools:
        """The documents that pass every other filter: a picture is not emptied by what is picked in it."""
        assert self._answers is not None
        return self._answers.mask(self._picks, but)

    def _show_matrix(self, answers: Answers) -> None:
        picked = (self._picks.get(GIVEN, -1), self._picks.get(SAID, -1))
        if answers.kept.multi_label:
            picked = _of_several(*picked)
        self.matrix.show_cells(answers.kept.labels, answers.confusion(self._mask(GIVEN, SAID)), picked)
        self.area.setMinimumHeight(min(self.matrix.height(), FEW_CLASSES))

    def _show_classes(self, answers: Answers) -> None:
        # Without what was said, too: of documents that were all said to be of one class nothing is found of the others.
        self.classes.show_classes(answers.classes(self._mask(GIVEN, SAID), self._known))
        row, table = self.classes.row_of(self._label_picked()), self.table
        table.blockSignals(True)
        if row >= 0:
            table.selectRow(row)
        table.blockSignals(False)

    def _show_curves(self, answers: Answers) -> None:
        label = max(0, self.which.currentIndex())
        scores, truth = answers.scores(label, self._mask(GIVEN, SAID))
        found = curves(scores, truth)
        if found is None:
            empty = self.tr("All of these documents, or none of them, are {label}: there is no curve.").format(
                label=answers.kept.labels[label])
            self.roc.show_curve((), (), "", empty)
            self.pr.show_curve((), (), "", empty)
            self.areas.setText("")
            return
        area, average = map(float, Ranked(scores, truth.astype(float)).areas(np.ones(len(truth))))
        share = float(truth.mean())
        told = self.tr("{label}: area under the ROC curve {auc}, average precision {ap}, on {count} documents").format(
            label=answers.kept.labels[label], auc=f"{area:.4f}", ap=f"{average:.4f}", count=f"{len(truth):,}")
        self.roc.show_curve(found.roc, ((0, 0), (1, 1)), told)
        self.pr.show_curve(found.precision_recall, ((0, share), (1, share)), told)
        self.areas.setText(told)

    def _show_calibration(self, answers: Answers) -> None:
        if not answers.knows_calibration:
            self.reliability.show_bins((), (), -1)
            self.ece.setText(self.tr("Working out the calibration…"))
            return
        mask = self._mask(CONFIDENCE)
        bins, after = answers.calibration(mask)
        before, error = answers.calibration(mask, calibrated=False)
        self.reliability.show_bins(bins, before, self._picks.get(CONFIDENCE, -1),
                                   choosable=not answers.kept.multi_label)
        self.ece.setText(calibration_words(answers.who, after, error))

    def _show_groups(self, answers: Answers) -> None:
        there = LENGTH in answers.dimensions
        self.later.setText("" if there else self.tr("Lengths and unknown words are shown when the texts have been "
                                                    "read."))
        self.values.dimension = COLUMN + str(self.column.currentData() or "")
        for bars in (self.lengths, self.unknown, self.values):
            name = bars.dimension
            bars.show_groups(answers.groups(name, self._mask(name)) if name in answers.dimensions else (),
                             self._picks.get(name, -1))

    @Slot(int, int)
    def _cell_picked(self, row: int, column: int) -> None:
        if self._answers is not None and self._answers.kept.multi_label and row >= 0:
            was, said = ((1, 1), (1, 0), (0, 1))[column]
            self.picked.emit({GIVEN: 2 * row + was, SAID: 2 * row + said})
        else:
            self.picked.emit({GIVEN: row, SAID: column})

    @Slot(int)
    def _mode_chosen(self, number: int) -> None:
        self.matrix.set_mode(("counts", "rows", "columns")[number])

    @Slot(int)
    def _class_picked(self, row: int) -> None:
        assert self._answers is not None
        number = self.classes.class_of(row)
        self.picked.emit({GIVEN: 2 * number + 1 if self._answers.kept.multi_label else number, SAID: -1})

    @Slot(int)
    def _confidence_picked(self, number: int) -> None:
        self.picked.emit({CONFIDENCE: number})

    @Slot()
    def _column_chosen(self) -> None:
        name = self.column.currentData()
        self.refused.hide()
        if name:
            self.columnWanted.emit(str(name))
        self._redraw()


def _of_several(given: int, said: int) -> tuple[int, int]:
    """The cell of the matrix of several labels that a filter means."""
    if given < 0 or said < 0 or given // 2 != said // 2:
        return (-1, -1)
    return given // 2, {(1, 1): 0, (1, 0): 1, (0, 1): 2}.get((given % 2, said % 2), -1)


def _tab(*parts: Part) -> QWidget:
    return as_widget(in_column(*parts, margins=(0, theme.S, 0, 0)))


class AccuracyBars(BarList):
    """How often each group of documents is right: the share, its interval, how many there are; each a way to its
    documents."""

    picked = Signal(object)
    """The group's number by the :attr:`dimension`; -1: none any more."""

    def __init__(self, name: str, dimension: str, parent: QWidget | None = None) -> None:
        super().__init__(name, theme.Type.SMALL, parent=parent)
        self.dimension = dimension
        self.rowPicked.connect(self._row_picked)
        self.show_groups((), -1)

    def show_groups(self, groups: Sequence[Group], picked: int) -> None:
        """Show ``groups``; ``picked`` is the chosen one, -1 for none."""
        self.show_bars([self._bar(group) for group in groups], picked)
        self.setAccessibleDescription("; ".join(map(self._words, groups[:20])))

    def _bar(self, group: Group) -> Bar:
        if not group.count:
            return Bar(group.name, None, "–", self._words(group))
        return Bar(group.name, group.share, f"{group.share:.1%}  {group.count:>6,}", self._words(group),
                   (group.low, group.high))

    def _words(self, group: Group) -> str:
        if not group.count:
            return self.tr("{name}: no documents").format(name=group.name)
        text = self.tr("{name}: right in {right} of {count} documents, {share} ({low} to {high})")
        return text.format(name=group.name, right=f"{group.right:,}", count=f"{group.count:,}",
                           share=f"{group.share:.1%}", low=f"{100 * group.low:.1f}", high=f"{group.high:.1%}")

    @Slot(int)
    def _row_picked(self, row: int) -> None:
        self.picked.emit({self.dimension: -1 if row == self._marked else row})
