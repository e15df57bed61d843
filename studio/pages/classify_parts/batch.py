"""Classifying many texts: where they come from, what is said of them, where it is kept meanwhile."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from studio.models.documents import label_of
from studio.models.predictions import Row
from studio.models.rows import SHOWN
from ulmengine.config import CorpusConfig, SplitConfig
from ulmengine.corpus import Documents, open_corpus
from ulmengine.corpus.encoding import Decoder, detect
from ulmengine.events import Event, Progress
from ulmengine.inference.predict import Prediction

from .answering import Answering

AT_ONCE = 256
"""Texts predicted together; between two such lots a question about a single text gets its turn."""
LONE_TEXTS = (".txt", ".text", ".md", ".eml", ".log")
"""A file that ends so is one document; anything else is read as a table or a corpus."""


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """Some more texts have been classified."""

    kind: ClassVar[str] = "answered"
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Text:
    """One text, where it comes from and the label it was given there."""

    source: str
    text: str
    given: str = ""


@dataclass(frozen=True)
class BatchResult:
    """Where all answers lie: an Arrow stream with source, text, given label, label, confidence and a column a label."""

    path: Path
    rows: int

    def text(self, row: int) -> str:
        """The whole text of one row."""
        with pa.memory_map(str(self.path)) as file, pa.ipc.open_stream(file) as stream:
            for batch in stream:
                if row < batch.num_rows:
                    return str(batch.column("text")[row].as_py())
                row -= batch.num_rows
        raise IndexError(row)


def classify_all(
    answering: Answering, paths: Sequence[Path], cache: Path, target: Path
) -> Generator[Event, None, BatchResult]:
    """Classify every text in ``paths`` (files, folders, tables); the answers are written to ``target`` as they come."""
    cache.mkdir(parents=True, exist_ok=True)
    schema = schema_of(answering.labels)
    rows = 0
    beside = target.with_name(target.name + ".part")
    try:
        with pa.OSFile(str(beside), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
            for path in paths:
                texts, total = yield from _texts_of(path, cache)
                done = 0
                while lot := list(islice(texts, AT_ONCE)):
                    answers = list(answering.predict([one.text for one in lot]))
                    made = [_row(one, said) for one, said in zip(lot, answers, strict=True)]
                    writer.write_batch(_record(schema, lot, made))
                    rows, done = rows + len(lot), done + len(lot)
                    yield Answered(tuple(made))
                    yield Progress(f"Classifying {path.name}", done, total, "texts")
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return BatchResult(target, rows)


def _texts_of(path: Path, cache: Path) -> Generator[Event, None, tuple[Iterator[Text], int]]:
    """The texts of one path and how many they are."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix.lower() in LONE_TEXTS)
        if files:
            return _files(files, path), len(files)
    elif path.suffix.lower() in LONE_TEXTS:
        return _files([path], path.parent), 1
    config = CorpusConfig(path=str(path), split=SplitConfig(method="stratified", validation=0.0, test=0.0))
    documents = yield from open_corpus(config, cache)
    return _documents(path.name, documents), len(documents.parts)


def _files(files: Sequence[Path], base: Path) -> Iterator[Text]:
    for file in files:
        yield Text(str(file.relative_to(base)), read_text(file))


def _documents(name: str, documents: Documents) -> Iterator[Text]:
    rows = np.arange(len(documents.parts), dtype=np.int64)
    for row, text in enumerate(documents.texts_of(rows)):
        yield Text(f"{name}:{row + 1}", text, label_of(documents, row))


def read_text(path: Path) -> str:
    """A file as one text, in the encoding that it is found to have."""
    data = path.read_bytes()
    return Decoder(detect(data[: 1 << 20], whole=True).name).decode(data, True)


def _row(one: Text, said: Prediction) -> Row:
    values = tuple(said.probabilities.values())
    return Row(one.source, one.text[:SHOWN], said.label, max(values), one.given, values)


def schema_of(labels: Sequence[str]) -> pa.Schema:
    """The columns of the answers."""
    plain = [("source", pa.large_string()), ("text", pa.large_string()), ("given_label", pa.large_string()),
             ("label", pa.large_string()), ("confidence", pa.float64())]
    return pa.schema([*plain, *((f"p_{label}", pa.float64()) for label in labels)])


def _record(schema: pa.Schema, lot: Sequence[Text], rows: Sequence[Row]) -> pa.RecordBatch:
    columns: list[list[object]] = [
        [one.source for one in lot], [one.text for one in lot], [one.given for one in lot],
        [row.label for row in rows], [row.confidence for row in rows],
    ]
    columns += [list(values) for values in zip(*(row.probabilities for row in rows), strict=True)]
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def export(result: BatchResult, target: Path, wanted: set[int] | None) -> Generator[Event, None, Path]:
    """Write the answers to ``target`` (.parquet, anything else: CSV); ``wanted``: only these rows.

    The file appears when it is whole, in place of what stood there.
    """
    beside = target.with_name(target.name + ".part")
    done = 0
    try:
        with pa.memory_map(str(result.path)) as file, pa.ipc.open_stream(file) as stream:
            maker = pa_parquet.ParquetWriter if target.suffix.lower() == ".parquet" else pa_csv.CSVWriter
            with maker(str(beside), stream.schema) as writer:
                for batch in stream:
                    places = [n for n in range(batch.num_rows) if wanted is None or done + n in wanted]
                    writer.write_table(pa.Table.from_batches([batch]).take(places))
                    done += batch.num_rows
                    yield Progress(f"Writing {target.name}", done, result.rows, "texts")
        with beside.open("rb+") as flushed:
            os.fsync(flushed.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target

