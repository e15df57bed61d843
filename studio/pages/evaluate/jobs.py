"""What the page lets be done in the background: read, measure again, read the texts, explain, find the nearest."""

from __future__ import annotations

import copy
import threading
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication

from studio.pages.classify.answering import Answering, make_ready
from studio.shell import TableToMeasure
from ulmengine.config import ConfigError, RunConfig
from ulmengine.corpus import Documents, open_corpus
from ulmengine.corpus.documents import as_read
from ulmengine.events import Event, Progress
from ulmengine.inference import Blend, Predictions, Predictor
from ulmengine.inference.explain import Explanation, explain_by_gradient, explain_by_occlusion
from ulmengine.inference.nearest import Nearest, NearestByFeatures
from ulmengine.inference.predictions import Who
from ulmengine.models import load_bundle
from ulmengine.record import RunFolder, run_name
from ulmengine.runs.features import has_features, training_features
from ulmengine.runs.measured import Measured, corpus_rows, documents_of, measure_again, open_measured, run_of
from ulmengine.runs.report import write_file_report, write_report
from ulmengine.runs.table import MeasuredTable, measure_table
from ulmengine.tokens import UNK, encode_texts

from .ranges import by_cells

Method = Literal["gradient", "occlusion"]
By = Literal["words", "network"]
"""By what documents are likened: the words they share, or the states in which the network has read them."""
SNIPPET = 300
LOOKED_THROUGH = 50_000
"""Rows of a source up to which every column is read to see whether it has groups."""


@dataclass(frozen=True, eq=False)
class Texts:
    """The texts behind the kept answers: in the order of the answers, -1 and "" where a document is gone.

    ``lengths``: tokens; ``unknown``: the share of them that the vocabulary lacks. ``columns``: those of the source by
    which accuracy can be told.
    """

    documents: Documents
    rows: npt.NDArray[np.int64]
    snippets: list[str]
    lengths: npt.NDArray[np.int64]
    unknown: npt.NDArray[np.float64]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Neighbour:
    """A training document that is like the one in view."""

    row: int
    label: str
    likeness: float
    text: str


@dataclass(frozen=True, eq=False)
class Subject:
    """What is looked at: the answers of a run's model to its own documents, or of any ``model`` to a ``table``.

    ``config``: of the run. ``wanted``: what was asked for, where it is a table.
    """

    name: str
    measured: Measured
    config: RunConfig
    model: Path
    table: MeasuredTable | None = None
    wanted: TableToMeasure | None = None

    @property
    def folder(self) -> RunFolder:
        """The run, or the folder that the model lies in."""
        return self.measured.folder


@dataclass(frozen=True)
class Likest:
    """The training documents that are most like the one in view, and by what they were found."""

    by: By
    neighbours: tuple[Neighbour, ...]


class Asked:
    """A model and the documents it was trained on, made ready to be asked about one document at a time.

    ``documents``: None where nobody knows any more what it was trained on.
    """

    def __init__(self, answering: Answering, nearest: Nearest, documents: Documents | None, folder: RunFolder) -> None:
        self._answering, self._words, self._documents, self._folder = answering, nearest, documents, folder
        self._features: NearestByFeatures | None = None
        self._rows = np.zeros(0, np.int64) if documents is None else documents.rows("train")
        self._targets = np.zeros(0, np.int64) if documents is None else documents.targets("train")
        self._lock = threading.Lock()

    @property
    def by(self) -> By:
        """How documents are likened unless something else is asked for: as the network reads them where that is
        known already."""
        return "network" if self._features is not None or has_features(self._folder) else "words"

    def can_explain(self, who: Who) -> bool:
        """Whether it can be said which words the answers of ``who`` hang on: the model's file holds no baseline."""
        return who == "network" or (who != "baseline" and self._answering.predictor.blend is not None)

    def explain(self, text: str, label: str | None, method: Method, who: Who) -> Generator[Event, None, Explanation]:
        """Which words the answer of ``who`` for ``label`` hangs on."""
        yield Progress(_tr("Weighing the words"), 0, 0)
        predictor = _part_of(self._answering.predictor, who)
        with self._lock:
            if method == "gradient":
                return explain_by_gradient(predictor, text, label)
            return (yield from explain_by_occlusion(predictor, text, label))

    def nearest(self, text: str, by: By) -> Generator[Event, None, Likest]:
        """The three training documents that are most like ``text``; the network reads all of them first where it has
        not yet. What the network cannot be asked is told by the shared words."""
        yield Progress(_tr("Looking for similar documents"), 0, 0)
        documents = self._documents
        if documents is None:
            return Likest("words", ())
        if by == "network":
            with self._lock:
                if self._features is None:
                    self._features = NearestByFeatures((yield from training_features(
                        self._folder, self._answering.predictor, documents)))
                places = self._features.find(self._answering.predictor.pooled([text])[0])
        else:
            places = self._words.find(text, 3)
        return Likest(by, tuple(self._neighbour(documents, place, likeness) for place, likeness in places))

    def _neighbour(self, documents: Documents, place: int, likeness: float) -> Neighbour:
        row, target = int(self._rows[place]), self._targets[place]
        names = (documents.labels[target],) if self._targets.ndim == 1 else tuple(
            documents.labels[number] for number in np.flatnonzero(target))
        return Neighbour(row, ", ".join(names), likeness, as_read(documents.text_of(row)))


def _part_of(predictor: Predictor, who: Who) -> Predictor:
    """The same networks and counts, of which ``who`` answers."""
    if predictor.blend is None or who == "blend":
        return predictor
    part = copy.copy(predictor)
    part.blend = None if who == "network" else Blend(predictor.blend.counts, 0.0)
    return part


def open_run(folder: RunFolder, usual: RunConfig) -> Generator[Event, None, Subject]:
    """What the run has kept, checked; ``usual``: its settings where they cannot be read any more."""
    yield Progress(_tr("Opening the answers"), 0, 0)
    return _subject(open_measured(folder), usual)


def measure_run(folder: RunFolder, cache: Path, usual: RunConfig) -> Generator[Event, None, Subject]:
    """Measure the run anew from its model."""
    return _subject((yield from measure_again(folder, cache)), usual)


def _subject(measured: Measured, usual: RunConfig) -> Subject:
    try:
        config = measured.folder.config()
    except (ConfigError, OSError):
        config = usual
    return Subject(run_name(measured.folder), measured, config, measured.folder.model_path)


def measure_on_table(
    wanted: TableToMeasure, cache: Path, usual: RunConfig, runs: Path
) -> Generator[Event, None, Subject]:
    """Measure a model on a labelled table; one that lies elsewhere may be a copy of one of ``runs``.

    :raises ValueError: it cannot be; the message says what to try.
    """
    compute = usual.compute
    answering = yield from make_ready(wanted.model, compute.device, compute.precision)
    found = yield from measure_table(wanted.model, answering.predictor, wanted.table, cache, answering.columns,
                                     text=wanted.columns, runs=runs)
    name = _tr("{table}, by {model}").format(table=wanted.table.name, model=answering.title)
    return Subject(name, found.measured, usual, wanted.model, found, wanted)


def read_texts(subject: Subject, kept: Predictions, cache: Path) -> Generator[Event, None, Texts]:
    """The texts of the answers of one part, with their lengths in the model's own tokens."""
    if subject.table is not None:
        documents = subject.table.documents
    else:
        documents = yield from open_corpus(subject.config.corpus, cache, seed=subject.config.seed)
    rows = corpus_rows(kept, documents)
    yield Progress(_tr("Reading the texts"), 0, 0)
    order = np.argsort(rows, kind="stable")
    order = order[rows[order] >= 0]
    snippets = [""] * len(rows)
    for place, text in zip(order.tolist(), documents.texts_of(rows[order]), strict=True):
        snippets[place] = as_read(text)[:SNIPPET]
    lengths, unknown = yield from _measures(documents, rows, order, cache, subject.model)
    return Texts(documents, rows, snippets, lengths, unknown, (yield from _dividing(documents, rows)))


def _dividing(documents: Documents, rows: npt.NDArray[np.int64]) -> Generator[Event, None, tuple[str, ...]]:
    """The columns by which documents can be divided: one of values that are nearly all different, as the number of an
    order, has no groups. In a large source that is found out when it is chosen."""
    names, single = columns_of(documents), set[str]()
    for name in names if len(documents.parts) <= LOOKED_THROUGH else ():
        cells = yield from read_column(documents, rows, name)
        if by_cells(cells) is None:
            single.add(name)
    return tuple(name for name in names if name not in single)


def _measures(
    documents: Documents, rows: npt.NDArray[np.int64], order: npt.NDArray[np.int64], cache: Path, model: Path
) -> Generator[Event, None, tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
    """(tokens, share of unknown ones) of each document; -1 where the model or the document is gone."""
    lengths = np.full(len(rows), -1, dtype=np.int64)
    unknown = np.full(len(rows), -1.0)
    if not model.is_file():
        return lengths, unknown
    tokenizer = load_bundle(model).tokenizer
    place = np.full(len(documents.parts), -1, dtype=np.int64)
    place[rows[order]] = order
    for part in ("validation", "test", "train"):  # those of a table are all in one part
        own = documents.rows(part)
        wanted = np.flatnonzero(place[own] >= 0)
        if not len(wanted):
            continue
        store = yield from encode_texts(documents.texts(part), tokenizer, cache / "tokens",
                                        key=f"{documents.fingerprint}-{part}", total=len(own))
        sums = np.concatenate([[0], np.cumsum(np.asarray(store.ids) == UNK)])
        count = np.diff(sums[store.offsets])
        at = place[own[wanted]]
        lengths[at] = store.lengths[wanted]
        unknown[at] = count[wanted] / np.maximum(store.lengths[wanted], 1)
    return lengths, unknown


def make_asked(subject: Subject, documents: Documents, runs: Path) -> Generator[Event, None, Asked]:
    """The model, and a search among the documents it was trained on, where these are known; one that lies elsewhere may
    be a copy of one of ``runs``."""
    compute = subject.config.compute
    answering = yield from make_ready(subject.model, compute.device, compute.precision)
    yield Progress(_tr("Reading the training documents"), 0, 0)
    taught = documents if subject.table is None else (yield from documents_of(subject.model, runs))
    nearest = Nearest([] if taught is None else list(taught.texts("train")))
    return Asked(answering, nearest, taught, run_of(subject.model, runs) or subject.folder)


def read_text(documents: Documents, row: int) -> Generator[Event, None, str]:
    """One whole document, as the network is given it."""
    yield Progress(_tr("Reading the document"), 0, 0)
    return documents.text_of(row)


def read_column(documents: Documents, rows: npt.NDArray[np.int64], name: str) -> Generator[Event, None, list[str]]:
    """The cells of one column of the source, in the order of ``rows``; "" where the document is gone."""
    yield Progress(_tr("Reading the column"), 0, 0)
    cells = [""] * len(rows)
    for piece in documents.pieces:
        if name not in piece.table.columns:
            continue
        column = piece.table.column(name)
        mine = np.flatnonzero((rows >= piece.start) & (rows < piece.start + piece.table.rows))
        values = column.gather(rows[mine] - piece.start).fill_null("").to_list()
        for place, value in zip(mine.tolist(), values, strict=True):
            cells[place] = value
    return cells


def columns_of(documents: Documents) -> tuple[str, ...]:
    """The source's columns that are neither text nor label."""
    understood = documents.understood
    taken = {*understood.text_columns, *understood.label_columns}
    return tuple(name for name in understood.columns if name not in taken)


def write_page(subject: Subject, path: Path, cache: Path) -> Generator[Event, None, Path]:
    """Write the report on a run or a table to ``path``."""
    if subject.table is None:
        return (yield from write_report(subject.folder, path, cache))
    yield Progress(_tr("Writing the report"), 0, 0)
    found = subject.table
    source = found.documents.understood.path
    write_file_report(path, subject.model, source, found.measured, found.texts())
    return path


def _tr(text: str) -> str:
    return QCoreApplication.translate("Evaluate", text)
