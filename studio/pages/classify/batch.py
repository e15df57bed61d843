"""Classifying many texts, lot by lot: what is said of each, and what becomes of those that cannot be read."""

from __future__ import annotations

import math
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from studio.models.predictions import PredictionRow
from studio.models.rows import SHOWN
from ulmengine.corpus import CorpusError
from ulmengine.corpus.documents import as_read
from ulmengine.events import Event, Progress
from ulmengine.inference.predict import Prediction
from ulmengine.inference.sources import is_blank

from .answering import Answering, names_of
from .stored import BatchResult, Storage
from .texts import UNREADABLE, Columns, GivenText, PathTexts, Skipped, texts_of

AT_ONCE, AT_ONCE_CHARACTERS = 256, 100_000
"""So many texts, of so many characters together, are predicted at once at most; between two such lots a question about
a single text gets its turn."""


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """Some more texts have been classified."""

    rows: tuple[PredictionRow, ...]


def classify_all(
    answering: Answering, paths: Sequence[Path], cache: Path, target: Path, stop: threading.Event,
    columns: Columns = (), others: Sequence[Answering] = (),
) -> Generator[Event, None, BatchResult]:
    """Classify every text in ``paths`` (files, folders, tables); the answers are written to ``target`` as they come.

    :param stop: once it is set, the work ends after the lot in hand, and what is answered by then is the result.
    :param columns: the text columns of tables that have them; else those the model learnt from, or a guess.
    :param others: models that answer beside ``answering``.
    :raises CorpusError: not a single text could be read.
    """
    cache.mkdir(exist_ok=True)  # not the project, should it have been moved away
    skipped: list[Skipped] = []
    with Storage(target, answering.labels, names_of((answering, *others))[1:]) as storage:
        for path in paths:
            try:
                texts = texts_of(path, cache, (columns, answering.text_columns), answering.columns, answering.labels)
                found = yield from _reading(texts, stop)
            except UNREADABLE as error:
                skipped.append(Skipped(path.name, str(error)))
                yield skipped[-1]
                continue
            if found is None:
                break
            yield from _answer((answering, *others), path.name, found, storage, skipped, stop)
    if not storage.rows and skipped and not stop.is_set():
        raise CorpusError(_failure(skipped))
    return BatchResult(target, storage.rows, tuple(skipped), not stop.is_set())


def _reading(
    work: Generator[Event, None, PathTexts], stop: threading.Event
) -> Generator[Event, None, PathTexts | None]:
    """Carry ``work`` out; None if it was to ``stop`` before its end."""
    try:
        while not stop.is_set():
            try:
                event = next(work)
            except StopIteration as end:
                read: PathTexts = end.value
                return read
            yield event
    finally:
        work.close()
    return None


def _answer(
    models: Sequence[Answering], name: str, found: PathTexts, storage: Storage, skipped: list[Skipped],
    stop: threading.Event,
) -> Generator[Event, None, None]:
    """Answer the texts of one path; one with nothing in it keeps its row, without an answer."""
    done = 0
    while not stop.is_set() and (taken := list(_lot(found.texts))):
        missed = [one for one in taken if isinstance(one, Skipped)]
        lot = [one for one in taken if isinstance(one, GivenText)]
        skipped += missed
        yield from missed
        if lot:
            filled = [one.text for one in lot if not is_blank(one.text)]
            answers = zip(*(model.predict(filled) for model in models), strict=True)
            made = [_unanswered(one, models) if is_blank(one.text) else _row(one, *next(answers)) for one in lot]
            storage.add(lot, made)
            yield Answered(tuple(made))
        done += len(taken)
        yield Progress(_tr("Classifying {file}").format(file=name), done, found.total, _tr("texts"))


def _lot(texts: Iterator[GivenText | Skipped]) -> Iterator[GivenText | Skipped]:
    """The next texts that are predicted together."""
    characters = 0
    for number, one in enumerate(texts, 1):
        yield one
        characters += len(one.text) if isinstance(one, GivenText) else 0
        if number >= AT_ONCE or characters >= AT_ONCE_CHARACTERS:
            return


def _row(one: GivenText, said: Prediction, *others: Prediction) -> PredictionRow:
    values = tuple(said.probabilities.values())
    beside = tuple((other.label, other.certainty) for other in others)
    return PredictionRow(one.source, as_read(one.text)[:SHOWN], said.label, said.certainty, one.given, values, beside)


def _unanswered(one: GivenText, models: Sequence[Answering]) -> PredictionRow:
    nothing = (math.nan,) * len(models[0].labels)
    return PredictionRow(one.source, "", "", math.nan, one.given, nothing, (("", math.nan),) * (len(models) - 1))


def _failure(skipped: Sequence[Skipped]) -> str:
    """Why nothing at all could be read."""
    if len(skipped) == 1:
        return skipped[0].why
    return _tr("None of these {n} files could be read. The first: {why}").format(
        n=f"{len(skipped):,}", why=skipped[0].why)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Classify", text)
