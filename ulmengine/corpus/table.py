"""The project's own copy of a source: a folder of Parquet files with all cells as strings, and what is known of it."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ulmengine.disk import checksum, read_json

from .understood import Understood

RECORD = "table.json"


class TableWriter:
    """Writes frames of strings into a folder, one row group each. A frame with columns not seen before begins a new
    file."""

    def __init__(self, beside: Path) -> None:
        self._beside = beside
        self.rows = 0
        self.columns: tuple[str, ...] = ()
        self.files: list[dict[str, Any]] = []
        self._writer: pq.ParquetWriter | None = None

    def write(self, frame: pl.DataFrame) -> None:
        """Append ``frame``; a column it lacks is empty in its rows."""
        new = [name for name in frame.columns if name not in self.columns]
        if new or self._writer is None:
            self._close_file()
            self.columns = (*self.columns, *new)
            name = f"part-{len(self.files):04d}.parquet"
            schema = pa.schema([(column, pa.large_string()) for column in self.columns])
            file = pa.OSFile(os.fsencode(self._beside / name), "wb")  # as a name it would have to be UTF-8
            self._writer = pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=False)
            self.files.append({"name": name, "groups": [], "columns": list(self.columns)})
        lacking = [pl.lit(None, pl.String).alias(name) for name in self.columns if name not in frame.columns]
        full = frame.with_columns(lacking).select(self.columns)
        table = full.to_arrow(compat_level=pl.CompatLevel.oldest())
        self._writer.write_table(table.cast(self._writer.schema), row_group_size=max(1, frame.height))
        self.files[-1]["groups"].append(frame.height)
        self.rows += frame.height

    def _close_file(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            with writer.where:
                writer.close()

    def finish(self, record: dict[str, Any]) -> None:
        """Close the files and write the record."""
        self._close_file()
        for file in self.files:
            file["checksum"] = checksum(self._beside / file["name"])
        values = {**record, "rows": self.rows, "columns": list(self.columns), "files": self.files}
        (self._beside / RECORD).write_text(json.dumps({"checksum": _checksum(values), "record": values}),
                                           encoding="utf-8")

    def close(self) -> None:
        """Let go of the file in hand, whatever becomes of it."""
        try:
            self._close_file()
        except (OSError, pa.ArrowException):
            self._writer = None  # closing writes a footer, which a full disk refuses; the folder goes away anyway


@dataclass(frozen=True)
class Table:
    """An imported source: read a column or a row group at a time, never whole unless asked."""

    folder: Path
    record: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> Table:
        """:raises OSError, ValueError: the record or a file is missing or damaged."""
        whole = read_json(folder / RECORD)
        record = whole["record"]
        if whole["checksum"] != _checksum(record):
            raise ValueError(f"{folder / RECORD} is damaged")
        for file in record["files"]:
            if file["checksum"] != checksum(folder / file["name"]):
                raise ValueError(f"{folder / file['name']} is damaged")
        return cls(folder, record)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.record["rows"])

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns."""
        return tuple(self.record["columns"])

    @property
    def understood(self) -> Understood:
        """What was understood of the source, with the guesses as they were without any override of columns."""
        return Understood.from_json(self.record["understood"])

    def __hash__(self) -> int:
        return hash(self.folder)

    def groups(self) -> list[tuple[int, int, int]]:
        """(file, row group, rows) in order."""
        return [(f, g, n) for f, file in enumerate(self.record["files"]) for g, n in enumerate(file["groups"])]

    def starts(self) -> np.ndarray:
        """First row of each group and, last, the number of rows: int64 (groups + 1,)."""
        return np.concatenate([[0], np.cumsum([rows for _, _, rows in self.groups()])]).astype(np.int64)

    def read_group(self, number: int, columns: Sequence[str]) -> pl.DataFrame:
        """The row group ``number``; columns that its file lacks are null."""
        index, group, rows = self.groups()[number]
        file = self.record["files"][index]
        there = [name for name in columns if name in file["columns"]]
        frame = pl.DataFrame({"_": pl.Series([None] * rows, dtype=pl.Null)})
        if there:
            with pa.OSFile(os.fsencode(self.folder / file["name"])) as stream, pq.ParquetFile(stream) as reader:
                frame = pl.DataFrame(reader.read_row_group(group, columns=there, use_threads=False))
        lacking = [pl.lit(None, pl.String).alias(name) for name in columns if name not in there]
        return frame.with_columns(lacking).select(columns)

    def frames(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """All row groups in order."""
        for number in range(len(self.groups())):
            yield self.read_group(number, columns)

    def column(self, name: str) -> pl.Series:
        """One whole column in memory."""
        frames = list(self.frames([name]))
        return pl.concat(frames)[name] if frames else pl.Series(name, [], dtype=pl.String)

    def cells(self, row: int, columns: Sequence[str]) -> tuple[str, ...]:
        """The cells of one row; the row group last used is kept."""
        number = int(np.searchsorted(self.starts(), row, side="right")) - 1
        frame = _recent_group(self, number, tuple(columns))
        return tuple(cell or "" for cell in frame.row(row - int(self.starts()[number])))


def _checksum(record: dict[str, Any]) -> int:
    """CRC-32 of what is known of a source: its digest decides whether a run may go on."""
    return zlib.crc32(json.dumps(record).encode())


@lru_cache(maxsize=4)
def _recent_group(table: Table, number: int, columns: tuple[str, ...]) -> pl.DataFrame:
    return table.read_group(number, columns)
