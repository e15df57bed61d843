"""A trained model measured on the labelled documents of any file, as a run is on its own."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ulmengine.corpus import Documents
from ulmengine.corpus.repairs import records_of
from ulmengine.events import Event, Progress
from ulmengine.inference import InferenceError, Predictor, part_predictions
from ulmengine.inference.predict import asked_in_windows
from ulmengine.inference.sources import Text, open_table
from ulmengine.inference.truth import label_doubt, labelled
from ulmengine.models import Columns
from ulmengine.record.folder import RunFolder

from .measured import Measured, documents_of, own_rows, record_of, summing_to_one


@dataclass(frozen=True, eq=False)
class MeasuredTable:
    """What came of it: the ``measured`` part is called "test"; there is no baseline, which would have to be fitted. Its
    record tells under ``learnt`` from how many of the documents the model has learnt, where that is known; under
    ``left_out`` how many of the file were not measured, for ``no_label``, for an ``unknown_label`` or as ``empty``; and
    the ``notes``.

    ``rows``: of the ``documents``, where each answer's document stands. ``notes``: what was read how, and left out.
    """

    measured: Measured
    documents: Documents
    rows: np.ndarray
    notes: tuple[str, ...]

    def texts(self) -> list[str]:
        """The documents that were measured, in the order of the answers."""
        return list(self.documents.texts_of(self.rows))


def measure_table(
    model: Path, predictor: Predictor, source: Path, cache: Path, roles: Columns | None = None, *,
    text: Sequence[str] = (), label: Sequence[str] = (), kind: str = "", runs: Path | None = None,
) -> Generator[Event, None, MeasuredTable]:
    """Measure the ``predictor`` of the ``model`` on the labelled documents of the file ``source``.

    :param roles: the columns that the model learnt from. :param text: columns with the texts, as a person has named
        them; ``label``: the same of the labels; ``kind``: the format to read it in.
    :param runs: where to look for the run of a model that lies in none.
    :raises InferenceError: there is nothing to measure on, or the columns have to be named.
    :raises CorpusError: the file cannot be read.
    """
    documents = yield from open_table(source, cache, roles, text=text, label=label, kind=kind)
    truth = labelled(documents, predictor.labels, predictor.multi_label)
    every = documents.rows("train")[truth.rows]
    there = np.array([not Text(source, None, one).is_empty for one in documents.texts_of(every)], dtype=bool)
    rows, notes = every[there], list(truth.notes)
    if not label and (doubt := label_doubt(documents, roles)):
        notes.insert(0, doubt)
    if not there.all():
        notes.append(f"{int((~there).sum()):,} of {len(there):,} texts are empty and were left out.")
    if not len(rows):
        raise InferenceError(f"{source.name}: no text bears a label that the model knows")
    found = yield from asked_in_windows(
        documents.texts_of(rows), predictor.answers, f"Measuring on {source.name}", len(rows))
    said = {who: summing_to_one(np.concatenate([part[who] for part in found]), predictor.multi_label)
            for who in found[0]}
    kept = part_predictions(
        "test", records_of(rows, documents.pieces, documents.hashes), own_rows(documents, rows), truth.targets[there],
        said, labels=predictor.labels, multi_label=predictor.multi_label, corpus=documents.fingerprint,
        temperature=predictor.temperature,
    )
    learnt = yield from _learnt_from(model, predictor, runs)
    yield Progress("Working out the intervals", 0, 0)
    record = record_of(kept) | {"notes": notes, "left_out": {
        "no_label": documents.count("unlabelled"), "unknown_label": documents.count("train") - len(every),
        "empty": int((~there).sum())}}
    if learnt is not None:
        record["learnt"] = {"test": int(np.isin(documents.hashes[rows], learnt).sum())}
    return MeasuredTable(Measured(RunFolder(model.parent), kept, record), documents, rows, tuple(notes))


def _learnt_from(model: Path, predictor: Predictor, runs: Path | None) -> Generator[Event, None, np.ndarray | None]:
    """The hashes of the labelled documents that the ``model`` has learnt from, where its run tells them still: those of
    training, and of validation where its network or its word counts have learnt from these too."""
    documents = yield from documents_of(model, runs)
    if documents is None:
        return None
    parts = ("train", "validation") if predictor.refit or predictor.blend is not None else ("train",)
    return np.concatenate([documents.hashes[documents.rows(part)] for part in parts])
