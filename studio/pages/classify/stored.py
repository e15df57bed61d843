"""Answers on the disk: an Arrow stream that grows while texts are classified, and the files made of it."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
from PySide6.QtCore import QCoreApplication

from studio.models.predictions import PredictionRow
from ulmengine.corpus.documents import as_read
from ulmengine.disk import whole
from ulmengine.events import Event, Progress

from .texts import GivenText, Skipped

CELLS = "\0cells"
"""The column with the cells of a text's row; no table has one of that name."""
FORMULA = re.compile("^[=+\\-@\t\r]")
"""How a cell begins that a spreadsheet would carry out."""
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?")
"""A number is none, even with a sign."""


@dataclass(frozen=True)
class BatchResult:
    """Where the answers lie: an Arrow stream with source, text, given label, label, confidence, a column a label, label
    and confidence by each other model, and the cells of the row that a text stands in, as JSON.

    ``skipped``: what could not be read. ``whole``: whether every text was reached.
    """

    path: Path
    rows: int
    skipped: tuple[Skipped, ...] = ()
    whole: bool = True

    def text(self, row: int) -> str:
        """The whole text of one row, as the models were given it."""
        with pa.memory_map(str(self.path)) as file, pa.ipc.open_stream(file) as stream:
            for batch in stream:
                if row < batch.num_rows:
                    return str(batch.column("text")[row].as_py())
                row -= batch.num_rows
        raise IndexError(row)


class Storage:
    """Writes answers to ``target`` as they come. An error leaves those so far; without any there is no file."""

    def __init__(self, target: Path, labels: Sequence[str], others: Sequence[str] = ()) -> None:
        self._target = target
        self._schema = schema_of(labels, others)
        self.rows = 0

    def __enter__(self) -> Storage:
        self._whole = whole(self._target)
        self._beside = self._whole.__enter__()
        self._file = pa.OSFile(str(self._beside), "wb")
        self._writer = pa.ipc.new_stream(self._file, self._schema)
        return self

    def add(self, lot: Sequence[GivenText], answers: Sequence[PredictionRow]) -> None:
        """Write the ``answers`` to the texts of ``lot``."""
        self._writer.write_batch(_record(self._schema, lot, answers))
        self.rows += len(lot)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        given_up = kind is not None and not issubclass(kind, Exception)  # closed by whoever asked: nobody will look
        with ExitStack() as at_end:
            at_end.push(self._whole)
            try:
                self._writer.close()
            finally:
                self._file.close()
            if not self.rows or given_up:
                self._beside.unlink()


def schema_of(labels: Sequence[str], others: Sequence[str] = ()) -> pa.Schema:
    """The columns of the answers; ``others``: the models that answer beside the first."""
    plain = [("source", pa.large_string()), ("text", pa.large_string()), ("given_label", pa.large_string()),
             ("label", pa.large_string()), ("confidence", pa.float64())]
    beside = [(f"{what}_{name}", kind) for name in others
              for what, kind in (("label", pa.large_string()), ("confidence", pa.float64()))]
    return pa.schema([*plain, *((f"p_{label}", pa.float64()) for label in labels), *beside, (CELLS, pa.large_string())])


def _record(schema: pa.Schema, lot: Sequence[GivenText], rows: Sequence[PredictionRow]) -> pa.RecordBatch:
    columns: list[list[object]] = [
        [one.source for one in lot], [one.text for one in lot], [one.given for one in lot],
        [row.label for row in rows], [_defined(row.confidence) for row in rows],
    ]
    columns += [list(map(_defined, values)) for values in zip(*(row.probabilities for row in rows), strict=True)]
    columns += [list(map(_defined, values)) for other in zip(*(row.others for row in rows), strict=True)
                for values in zip(*other, strict=True)]
    columns.append([json.dumps(dict(one.cells), ensure_ascii=False) if one.cells else "" for one in lot])
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _defined(value: str | float) -> str | float | None:
    """A text without an answer has no figures."""
    return None if isinstance(value, float) and math.isnan(value) else value


def export(result: BatchResult, target: Path, wanted: set[int] | None) -> Generator[Event, None, Path]:
    """Write the answers to ``target`` (.parquet, anything else: CSV); ``wanted``: only these rows.

    A table's own columns come first, as they stand in it; of the answers' columns one with such a name is called
    "predicted_…", but for the text where it is the same. In CSV, a cell that a spreadsheet would take for a formula
    begins with an apostrophe. The file appears when it is whole, in place of what stood there.
    """
    words, done = _tr("Writing {file}").format(file=target.name), 0
    plain = target.suffix.lower() != ".parquet"
    own, same = yield from _own_columns(result)
    with whole(target) as beside, pa.memory_map(str(result.path)) as file, pa.ipc.open_stream(file) as stream:
        maker = pa_csv.CSVWriter if plain else pa_parquet.ParquetWriter
        with maker(str(beside), _exported(stream.schema.empty_table(), own, same, plain).schema) as writer:
            for batch in stream:
                places = pa.array([n for n in range(batch.num_rows) if wanted is None or done + n in wanted],
                                  pa.int64())
                writer.write_table(_exported(pa.Table.from_batches([batch]).take(places), own, same, plain))
                done += batch.num_rows
                yield Progress(words, done, result.rows, _tr("texts"))
    return target


MOST_COPIED = 20_000
"""Rows that go to the clipboard at most; more are for a file."""


def copied(result: BatchResult, wanted: set[int]) -> Generator[Event, None, str]:
    """The ``wanted`` rows as a table for the clipboard, without the cells of their source."""
    done = 0
    lines: list[Sequence[object]] = []
    with pa.memory_map(str(result.path)) as file, pa.ipc.open_stream(file) as stream:
        names = [name for name in stream.schema.names if name != CELLS]
        for batch in stream:
            places = pa.array([n for n in range(batch.num_rows) if done + n in wanted], pa.int64())
            part = pa.Table.from_batches([batch]).take(places).select(names)
            cells = {name: part.column(name).to_pylist() for name in names}
            cells["text"] = [as_read(text) for text in cells["text"]]
            lines += zip(*cells.values(), strict=True)
            done += batch.num_rows
            yield Progress(_tr("Copying"), done, result.rows, _tr("texts"))
    return table_text([names, *lines])


def table_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as a spreadsheet takes them from the clipboard; none of their cells is carried out there."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter="\t", lineterminator="\n")
    for row in rows:
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return written.getvalue()


def _own_columns(result: BatchResult) -> Generator[Event, None, tuple[tuple[str, ...], bool]]:
    """The columns of the tables that were read, in their order, and whether one called "text" holds the texts."""
    found: dict[str, None] = {}
    same = True
    with pa.memory_map(str(result.path)) as file, pa.ipc.open_stream(file) as stream:
        for batch in stream:
            for text, cells in zip(batch.column("text").to_pylist(), batch.column(CELLS).to_pylist(), strict=True):
                if cells:
                    own = json.loads(cells)
                    found.update(dict.fromkeys(own))
                    same = same and own.get("text", text) == text
            if found:
                yield Progress(_tr("Looking at the columns"), 0, 0)
    return tuple(found), same


def _exported(table: pa.Table, own: tuple[str, ...], same: bool, plain: bool) -> pa.Table:
    """``table`` with its cells as columns called ``own``; ``same``: their "text" is the text. ``plain``: for CSV."""
    rows = [json.loads(cells or "{}") for cells in table.column(CELLS).to_pylist()]
    columns = {name: pa.array([row.get(name) for row in rows], pa.large_string()) for name in own}
    for name in table.column_names:
        if name == "text" and same and name in own:
            columns[name] = table.column(name)
        elif name != CELLS:
            called = name
            while called in columns:
                called = f"predicted_{called}"
            columns[called] = _as_read(table.column(name)) if name == "text" else table.column(name)
    if plain:
        columns = {_harmless(name): _harmless_cells(column) for name, column in columns.items()}
    return pa.table(columns)


def _as_read(texts: Any) -> Any:
    return pa.array([as_read(text) for text in texts.to_pylist()], pa.large_string())


def _harmless(text: str) -> str:
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def _harmless_cells(column: Any) -> Any:
    if not pa.types.is_large_string(column.type):
        return column
    formula = pc.and_(pc.match_substring_regex(column, FORMULA.pattern),
                      pc.invert(pc.match_substring_regex(column, f"^(?:{NUMBER.pattern})$")))
    quote, nothing = (pa.scalar(text, pa.large_string()) for text in ("'", ""))
    return pc.if_else(formula, pc.binary_join_element_wise(quote, column, nothing), column)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Classify", text)
