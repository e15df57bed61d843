"""Answers on the disk: an Arrow stream that grows while texts are classified, and the files made of it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
from PySide6.QtCore import QCoreApplication

from studio.models.predictions import Row
from ulmengine.disk import put_in_place, whole
from ulmengine.events import Event, Progress

from .texts import Skipped, Text


@dataclass(frozen=True)
class BatchResult:
    """Where the answers lie: an Arrow stream with source, text, given label, label, confidence and a column a label.

    ``skipped``: what could not be read. ``whole``: whether every text was reached.
    """

    path: Path
    rows: int
    skipped: tuple[Skipped, ...] = ()
    whole: bool = True

    def text(self, row: int) -> str:
        """The whole text of one row."""
        with pa.memory_map(str(self.path)) as file, pa.ipc.open_stream(file) as stream:
            for batch in stream:
                if row < batch.num_rows:
                    return str(batch.column("text")[row].as_py())
                row -= batch.num_rows
        raise IndexError(row)


class Storage:
    """Writes answers to ``target`` as they come. An error leaves those so far; without any there is no file."""

    def __init__(self, target: Path, labels: Sequence[str]) -> None:
        self._target = target
        self._beside = target.with_name(target.name + ".part")
        self._schema = schema_of(labels)
        self.rows = 0

    def __enter__(self) -> Storage:
        self._file = pa.OSFile(str(self._beside), "wb")
        self._writer = pa.ipc.new_stream(self._file, self._schema)
        return self

    def add(self, lot: Sequence[Text], answers: Sequence[Row]) -> None:
        """Write the ``answers`` to the texts of ``lot``."""
        self._writer.write_batch(_record(self._schema, lot, answers))
        self.rows += len(lot)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        given_up = kind is not None and not issubclass(kind, Exception)  # closed by whoever asked: nobody will look
        try:
            try:
                self._writer.close()
            finally:
                self._file.close()
            if self.rows and not given_up:
                put_in_place(self._beside, self._target)
        finally:
            self._beside.unlink(missing_ok=True)


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
    words, done = _tr("Writing {file}").format(file=target.name), 0
    with whole(target) as beside, pa.memory_map(str(result.path)) as file, pa.ipc.open_stream(file) as stream:
        maker = pa_parquet.ParquetWriter if target.suffix.lower() == ".parquet" else pa_csv.CSVWriter
        with maker(str(beside), stream.schema) as writer:
            for batch in stream:
                places = [n for n in range(batch.num_rows) if wanted is None or done + n in wanted]
                writer.write_table(pa.Table.from_batches([batch]).take(places))
                done += batch.num_rows
                yield Progress(words, done, result.rows, _tr("texts"))
    return target


def _tr(text: str) -> str:
    return QCoreApplication.translate("Classify", text)
