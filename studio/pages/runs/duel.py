"""Two runs on the same documents: how many the second has mended, how many it has broken, and which words did it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QSplitter, QStackedWidget, QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.models.rows import ListRows
from studio.pages.classify.editor import MarkedEditor
from studio.pages.parts.jobbar import JobBar
from studio.pages.parts.quantities import counted
from studio.pages.parts.rows_table import RowsTable
from studio.project import Project
from studio.theme import Type
from studio.widgets import Button, CalmCombo, FailureCard, Paragraph
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row
from ulmengine.corpus import CorpusError, open_corpus
from ulmengine.corpus.documents import as_read
from ulmengine.corpus.repairs import rows_named
from ulmengine.events import Event, Failed, Progress
from ulmengine.inference import Comparison, Predictor, compare
from ulmengine.inference.explain import Explanation, WordWeight, explain_by_gradient
from ulmengine.models import load_bundle
from ulmengine.record import RunFolder, RunLine, run_name
from ulmengine.runs.measured import Measured, has_measured, measure_again, open_measured

MOST = 2_000
"""So many documents of each kind are listed."""
_WIDEST = 160
"""Px of a column beside the document; a long name is cut."""
_DOCUMENT = 160
"""Px that the document has at least, however long the names of the runs are."""
Kind = Literal["mended", "broken"]


@dataclass(frozen=True, eq=False)
class Document:
    """A document that one of the two alone has right."""

    key: str
    text: str
    label: str
    answers: tuple[str, str]


@dataclass(frozen=True, eq=False)
class Duel:
    """What came of it. ``lacking``: why the texts cannot be shown. ``learnt``: what of a saved model has learnt from
    these documents since, the "network" or its word "counts" alone; "": nothing."""

    found: Comparison
    documents: dict[Kind, list[Document]]
    lacking: str
    learnt: Literal["", "network", "counts"]


class _DuelTable(RowsTable):
    """The documents; what stands beside them shares the room that they leave."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._wanted: dict[int, int] = {}

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def fit(self) -> None:
        """The columns beside the document are as wide as what stands in them, as far as there is room."""
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._wanted = {place: min(_WIDEST, max(self.sizeHintForColumn(place), header.sectionSizeHint(place)))
                        for place in range(1, self.rows.columnCount())}
        self._share()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def _share(self) -> None:
        room = self.viewport().width() - _DOCUMENT
        narrowest_first = sorted(self._wanted, key=self._wanted.__getitem__)
        for left, place in zip(range(len(narrowest_first), 0, -1), narrowest_first, strict=True):
            self.setColumnWidth(place, min(self._wanted[place], room // left))
            room -= self.columnWidth(place)


class DuelView(QWidget):
    """Takes two runs; measures one again where that is needed and wanted."""

    def __init__(self, project: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._runs: tuple[RunLine, RunLine] | None = None
        self._shown: tuple[Path, Path] | None = None
        self._ended = False
        """The comparison of these two was cancelled or has failed: it begins again once they are chosen again."""
        self._duel: Duel | None = None
        self._readers: dict[Path, Predictor] = {}
        self.slot = JobSlot(self, self._finished, self._failed)
        self.words = JobSlot(self, self._explained, self._not_explained)
        self.pages = QStackedWidget()
        self.hint = Paragraph(alignment=Qt.AlignmentFlag.AlignHCenter)
        self.measure = Button(self.tr("Measure again from the models"), "refresh")
        self.measure.clicked.connect(self._measure)
        self.bar = JobBar()
        self.failure = FailureCard()
        self.head = Paragraph(step=Type.STRONG, muted=False)
        self.below = Paragraph()
        self.kinds = CalmCombo()
        self.kinds.setAccessibleName(self.tr("Documents"))
        self.kinds.setSizeAdjustPolicy(CalmCombo.SizeAdjustPolicy.AdjustToContents)
        self.table = _DuelTable(self.tr("Documents on which the two runs differ"))
        self.table.verticalHeader().hide()
        self.reader = MarkedEditor()
        self.reader.setReadOnly(True)
        self.reader.setPlaceholderText("")
        self.reader.setAccessibleName(self.tr("The document, with the words marked that changed the answer"))
        self.told = Paragraph("", Type.SMALL)
        self._arrange()
        self.bar.cancelled.connect(self._cancel)
        self.slot.events.connect(self.bar.show_events)
        self.kinds.currentIndexChanged.connect(self._list)
        self.table.rowPicked.connect(self._picked)

    def show_runs(self, runs: tuple[RunLine, RunLine] | None) -> None:
        """Compare these two, the first one being the older; None: there are not two."""
        before, self._runs = self._runs, runs
        folders = None if runs is None else (runs[0].folder, runs[1].folder)
        if folders == self._shown and (self._duel is not None or self.slot.running or self._ended):
            renamed = runs is not None and before is not None and \
                [run.name for run in runs] != [run.name for run in before]
            if renamed:
                self._tell(self.kinds.currentIndex(), self.table.currentIndex().row())
            return
        self.slot.cancel()
        self.failure.clear()
        self._shown, self._duel, self._ended = folders, None, False
        if runs is None:
            self._say(self.tr("Choose two runs in the list (Ctrl and a click) to see which documents one of them "
                              "mended and which it broke."))
            return
        lacking = [run.name for run in runs if not has_measured(RunFolder(run.folder))]
        if not lacking:
            self._begin(measure=False)
        elif any(not run.has_model for run in runs if run.name in lacking):
            self._say(self.tr("{name} has kept no predictions and has no model (any more) to measure it from.").format(
                name=" and ".join(run.name for run in runs if run.name in lacking and not run.has_model)))
        else:
            self._say(self.tr("{name}: no predictions are kept. The run can be measured again from its model.").format(
                name=", ".join(lacking)), measure=True)

    def _arrange(self) -> None:
        empty = in_column(STRETCH, self.hint, (self.measure, 0, Qt.AlignmentFlag.AlignHCenter), (STRETCH, 2), gap=-1,
                          margins=None)
        busy = in_column(self.bar, self.failure, STRETCH, gap=-1, margins=None)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.table)
        split.addWidget(self.reader)
        split.setSizes([620, 380])
        split.setChildrenCollapsible(False)
        self.kinds.setMinimumWidth(_WIDEST)  # a long name of a run does not widen the page
        full = in_column(self.head, self.below, in_row(self.kinds, STRETCH), self.told, (split, 1))
        for page in (empty, busy, full):
            self.pages.addWidget(as_widget(page))
        in_column(self.pages, inside=self, margins=(0, theme.S, 0, 0))

    def _say(self, text: str, measure: bool = False) -> None:
        self.hint.setText(text)
        self.measure.setVisible(measure)
        self.pages.setCurrentIndex(0)

    @Slot()
    def _measure(self) -> None:
        if self._project.may_change():  # what is measured is kept with the run
            self._begin(measure=True)

    def _begin(self, measure: bool) -> None:
        if self._runs is None:
            return
        first, second = self._runs
        self._ended = False
        self.pages.setCurrentIndex(1)
        self.failure.clear()
        self.bar.begin(self.tr("Comparing…"))
        self.slot.start(lambda: _comparing(first.folder, second.folder, measure))

    @Slot()
    def _cancel(self) -> None:
        self.slot.cancel()
        self.bar.done()
        self._ended = True
        self._say(self.tr("Cancelled. Choose the two runs again to compare them."))

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        self.bar.done()
        self._ended = True
        self.failure.show_failure(failure, [(self.tr("Measure again from the models"), self._measure)])

    @Slot(object)
    def _finished(self, duel: Duel) -> None:
        self.bar.done()
        if self._runs is None:
            return
        self._duel = duel
        self._tell()

    def _tell(self, kind: int = 0, row: int = 0) -> None:
        """Say what came of it with the names that the runs have now, and show a document."""
        duel = self._duel
        if duel is None or self._runs is None:
            return
        first, second = (run.name for run in self._runs)
        paired = duel.found.paired
        verdicts = {
            "better": self.tr("{second} is better than {first} by {points} points ({low} to {high})."),
            "worse": self.tr("{second} is worse than {first} by {points} points ({low} to {high})."),
            "no difference": self.tr("{second} and {first} do not differ more than chance explains: {signed} points "
                                     "({low} to {high})."),
            "too few": self.tr("Only %n document(s) in common: too few to tell whether {second} is better than "
                               "{first}.", "", paired.documents),
        }
        text = verdicts[paired.verdict]
        if paired.verdict != "too few" and not paired.difference:
            text = self.tr("{second} and {first} are right equally often ({low} to {high} points).") \
                if paired.mended else self.tr("{second} and {first} are right in the same documents.")
        self.head.setText(text.format(
            first=first, second=second, points=f"{abs(100 * paired.difference):.1f}",
            signed=f"{100 * paired.difference:+.1f}", low=f"{100 * paired.low:+.1f}", high=f"{100 * paired.high:+.1f}"))
        part = self.tr("test") if duel.found.part == "test" else self.tr("validation")
        text = self.tr("1 {part} document: {first} right in {one}, {second} in {other}") if paired.documents == 1 \
            else self.tr("{n} {part} documents: {first} right in {one}, {second} in {other}")
        told = [text.format(n=f"{paired.documents:,}", part=part, first=first, second=second,
                            one=f"{paired.first:.1%}", other=f"{paired.second:.1%}")]
        corrected = duel.found.relabelled
        if corrected:
            told.append(counted(corrected, self.tr("1 left out, it bears another label in the other run"),
                                self.tr("{n} left out, they bear another label in the other run")))
        for count, text in ((duel.found.only_first, self.tr("{n} answered by {first} alone")),
                            (duel.found.only_second, self.tr("{n} answered by {second} alone"))):
            if count:
                told.append(text.format(n=f"{count:,}", first=first, second=second))
        if duel.learnt == "counts":
            told.append(self.tr("the words are marked as the saved models weigh them, whose word counts have learnt "
                                "from these documents since"))
        elif duel.learnt:
            told.append(self.tr("these are the answers before the networks learnt from these documents too, and the "
                                "words are marked as the networks weigh them since"))
        self.below.setText("; ".join(told) + ".")
        self.kinds.blockSignals(True)
        self.kinds.clear()
        for text, count, what in ((self.tr("Mended by {second}: {n}"), paired.mended, "mended"),
                                  (self.tr("Broken by {second}: {n}"), paired.broken, "broken")):
            text = text.format(second=second, n=f"{count:,}")
            if count > MOST:
                text += "  " + self.tr("(the first {n} are listed)").format(n=f"{MOST:,}")
            self.kinds.addItem(text, what)
        self.kinds.setCurrentIndex(kind)
        self.kinds.blockSignals(False)
        self.pages.setCurrentIndex(2)
        self._list()
        if row > 0:
            self.table.pick(row)

    @Slot()
    def _list(self) -> None:
        duel, kind = self._duel, self.kinds.currentData()
        if duel is None or self._runs is None or kind is None:
            return
        documents = duel.documents[kind]
        names = (self.tr("Document"), self.tr("Label"), self._runs[0].name, self._runs[1].name)
        rows = [(as_read(one.text) or one.key, one.label, *one.answers) for one in documents]
        self.table.set_source(ListRows(names, rows), {})
        self.table.fit()
        self.told.setText(duel.lacking)
        self.words.cancel()
        self.reader.show_explanation(None)
        self.reader.setPlainText("")
        self.table.pick(0)

    @Slot(int)
    def _picked(self, row: int) -> None:
        duel, runs = self._duel, self._runs
        if duel is None or runs is None:
            return
        document = duel.documents[self.kinds.currentData()][row]
        self.reader.show_explanation(None)
        self.reader.setPlainText(as_read(document.text))
        models = [RunFolder(run.folder).model_path for run in runs]
        if not document.text or not all(path.is_file() for path in models) or duel.found.first.multi_label:
            return
        self.told.setText(self.tr("Looking for the words…"))
        known = self._readers
        self.words.start(lambda: _explaining(document, models, known))

    @Slot(object)
    def _explained(self, found: Explanation) -> None:
        if self._runs is None:
            return
        first, second = (run.name for run in self._runs)
        self.told.setText(self.tr("Marked: words that speak for {label} in {second} more (blue) or less (underlined) "
                                  "than in {first}").format(label=found.label, first=first, second=second))
        self.reader.show_explanation(found.as_read())

    @Slot(object)
    def _not_explained(self, failure: Failed) -> None:
        self.told.setText(failure.title)


def _comparing(first: Path, second: Path, measure: bool) -> Generator[Event, None, Duel]:
    runs = [RunFolder.open(first), RunFolder.open(second)]
    if measure:
        for run in runs:
            if not has_measured(run):
                yield from measure_again(run, run.cache)
    yield Progress("Reading the predictions", 0, 0)
    one, other = (open_measured(run) for run in runs)
    found = compare(one.kept, other.kept, "test" if one.part == other.part == "test" else "validation")
    chosen: dict[Kind, np.ndarray] = {"mended": found.mended[:MOST], "broken": found.broken[:MOST]}
    keys = [str(found.first.keys[place]) for places in chosen.values() for place in places.tolist()]
    texts, lacking = yield from _texts(runs[1], keys)
    documents: dict[Kind, list[Document]] = {}
    labels = found.first.names(found.first.targets)
    answers = [kept.names(kept.predicted(kept.saved)) for kept in (found.first, found.second)]
    for kind, places in chosen.items():
        documents[kind] = [
            Document(key := str(found.first.keys[place]), texts.get(key, ""), labels[place],
                     (answers[0][place], answers[1][place]))
            for place in places.tolist()
        ]
    return Duel(found, documents, lacking, _learnt(found.part, (one, other)))


def _learnt(part: str, runs: Sequence[Measured]) -> Literal["", "network", "counts"]:
    """What of the saved models of ``runs`` has learnt from the documents of ``part`` after it had answered them."""
    if part != "validation":
        return ""
    if any(run.record.get("refit") for run in runs):
        return "network"
    return "counts" if any(run.kept.saved == "blend" for run in runs) else ""


def _texts(run: RunFolder, keys: list[str]) -> Generator[Event, None, tuple[dict[str, str], str]]:
    """The texts of documents by their keys; and why there are none."""
    if not keys:
        return {}, ""
    config = run.config()
    try:
        documents = yield from open_corpus(config.corpus, run.cache, seed=config.seed)
    except (CorpusError, OSError) as error:
        return {}, str(error)
    rows = rows_named(keys, documents.pieces, documents.hashes)
    wanted = np.unique(rows[rows >= 0])
    by_row = dict(zip(wanted.tolist(), documents.texts_of(wanted), strict=True))
    return {key: by_row[row] for key, row in zip(keys, rows.tolist(), strict=True) if row in by_row}, ""


def _explaining(
    document: Document, models: list[Path], known: dict[Path, Predictor]
) -> Generator[Event, None, Explanation]:
    """How much more each word speaks for the document's label in the second run than in the first."""
    found = []
    for path in models:
        if path not in known:
            yield Progress(f"Opening {run_name(RunFolder(path.parent))}", 0, 0)
            known[path] = Predictor(load_bundle(path), "cpu")
        found.append(explain_by_gradient(known[path], document.text, document.label))
    yield Progress("Comparing the words", 0, 0)
    before, after = ({(word.start, word.end): word.weight for word in one.words} for one in found)
    places = sorted(before.keys() | after.keys())
    words = tuple(WordWeight(*place, after.get(place, 0.0) - before.get(place, 0.0)) for place in places)
    return replace(found[1], words=words)
