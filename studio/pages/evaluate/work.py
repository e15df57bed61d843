"""What the page lets be done in the background: read, measure again, read the texts, explain, find the nearest."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication

from studio.pages.classify.answering import Answering, make_ready
from ulmengine.config import RunConfig
from ulmengine.corpus import Documents, open_corpus
from ulmengine.events import Event, Progress
from ulmengine.inference import Kept
from ulmengine.inference.explain import Explanation, explain_by_gradient, explain_by_occlusion
from ulmengine.inference.nearest import Nearest
from ulmengine.record import RunFolder
from ulmengine.runs.measured import Measured, measure_again, open_measured, rows_of
from ulmengine.tokens import UNK, encode_texts

Method = Literal["gradient", "occlusion"]
SNIPPET = 300


@dataclass(frozen=True, eq=False)
class Texts:
    """The texts behind the kept answers: in the order of the answers, -1 and "" where a document is gone.

    ``lengths``: tokens; ``unknown``: the share of them that the vocabulary lacks.
    """

    documents: Documents
    rows: npt.NDArray[np.int64]
    snippets: list[str]
    lengths: npt.NDArray[np.int64]
    unknown: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Neighbour:
    """A training document that is like the one in view."""

    row: int
    label: str
    likeness: float
    text: str


class Asked:
    """A run's model and training documents, made ready to be asked about one document at a time."""

    def __init__(self, answering: Answering, nearest: Nearest, documents: Documents) -> None:
        self._answering, self._nearest, self._documents = answering, nearest, documents
        self._rows = documents.rows("train")
        self._targets = documents.targets("train")
        self._lock = threading.Lock()

    def explain(self, text: str, label: str | None, method: Method) -> Generator[Event, None, Explanation]:
        """Which words the model's answer for ``label`` hangs on."""
        yield Progress(_tr("Weighing the words"), 0, 0)
        with self._lock:
            if method == "gradient":
                return explain_by_gradient(self._answering.predictor, text, label)
            return (yield from explain_by_occlusion(self._answering.predictor, text, label))

    def nearest(self, text: str) -> Generator[Event, None, list[Neighbour]]:
        """The three training documents that share most with ``text``."""
        yield Progress(_tr("Looking for similar documents"), 0, 0)
        found = []
        for place, likeness in self._nearest.find(text, 3):
            row = int(self._rows[place])
            target = self._targets[place]
            names = (self._documents.labels[target],) if self._targets.ndim == 1 else tuple(
                self._documents.labels[number] for number in np.flatnonzero(target))
            found.append(Neighbour(row, ", ".join(names), likeness, self._documents.text_of(row)))
        return found


def read_measured(folder: RunFolder) -> Generator[Event, None, Measured]:
    """What the run has kept, checked."""
    yield Progress(_tr("Opening the answers"), 0, 0)
    return open_measured(folder)


def measure(folder: RunFolder, cache: Path) -> Generator[Event, None, Measured]:
    """Measure the run anew from its model."""
    return (yield from measure_again(folder, cache))


def read_texts(kept: Kept, config: RunConfig, cache: Path, folder: RunFolder) -> Generator[Event, None, Texts]:
    """The texts of the answers of one part, with their lengths in the run's own tokens."""
    documents = yield from open_corpus(config.corpus, cache, seed=config.seed)
    rows = rows_of(kept, documents)
    yield Progress(_tr("Reading the texts"), 0, 0)
    order = np.argsort(rows, kind="stable")
    order = order[rows[order] >= 0]
    snippets = [""] * len(rows)
    for place, text in zip(order.tolist(), documents.texts_of(rows[order]), strict=True):
        snippets[place] = text[:SNIPPET]
    lengths, unknown = yield from _measures(documents, rows, order, cache, folder)
    return Texts(documents, rows, snippets, lengths, unknown)


def _measures(
    documents: Documents, rows: npt.NDArray[np.int64], order: npt.NDArray[np.int64], cache: Path, folder: RunFolder
) -> Generator[Event, None, tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
    """(tokens, share of unknown ones) of each document; -1 where the model or the document is gone."""
    from ulmengine.models import load_bundle

    lengths = np.full(len(rows), -1, dtype=np.int64)
    unknown = np.full(len(rows), -1.0)
    if not folder.model_path.is_file():
        return lengths, unknown
    tokenizer = load_bundle(folder.model_path).tokenizer
    place = np.full(len(documents.parts), -1, dtype=np.int64)
    place[rows[order]] = order
    for part in ("validation", "test"):
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


def make_asked(folder: RunFolder, config: RunConfig, documents: Documents) -> Generator[Event, None, Asked]:
    """The run's model, and a search among its training documents."""
    answering = yield from make_ready(folder.model_path, config.compute.device, config.compute.precision)
    yield Progress(_tr("Reading the training documents"), 0, 0)
    return Asked(answering, Nearest(list(documents.texts("train"))), documents)


def read_text(documents: Documents, row: int) -> Generator[Event, None, str]:
    """One whole document."""
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


def _tr(text: str) -> str:
    return QCoreApplication.translate("Evaluate", text)
