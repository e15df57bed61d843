"""Parquet sources."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError

from .reading import Look, Pass, Reading
from .source import Source


def recognise(look: Look) -> str:
    """By its first bytes."""
    return "begins with the mark of Parquet" if look.sample.startswith(b"PAR1") else ""


def plan(look: Look, reason: str) -> Reading:
    """Plan the reading of a Parquet file. :raises CorpusError: damaged, or too many columns."""
    source = look.source
    with _opened(source) as file:
        names = tuple(file.schema_arrow.names)
        rows = file.metadata.num_rows
    if len(names) > limits.MAX_COLUMNS:
        raise CorpusError(f"'{source.path.name}' has {len(names):,} columns; at most {limits.MAX_COLUMNS:,} are read.")
    return Reading(source, "parquet", columns=names, rows=rows,
                   reasons={"format": reason, "rows": "as the file itself says"})


def chunks(reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file, every cell a string; lists become JSON, class numbers their names."""
    going.size = reading.source.path.stat().st_size
    with _opened(reading.source) as file:
        meta = file.metadata
        heavy = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups)) / max(1, meta.num_rows)
        size = int(min(limits.CHUNK_ROWS, max(16, limits.CHUNK_CHARACTERS / max(1.0, heavy))))
        names = _class_names(file.schema_arrow)
        done = 0
        try:
            for batch in file.iter_batches(batch_size=size, use_threads=False):
                done += batch.num_rows
                going.position = int(going.size * done / max(1, meta.num_rows))
                yield as_strings(pa.Table.from_batches([batch]), names)
        except (pa.ArrowException, OSError) as error:
            raise CorpusError(
                f"'{reading.source.path.name}' is damaged after row {done:,} ({error}). Fetch it again."
            ) from error
    going.digest = _digest(reading.source)


def _digest(source: Source) -> str:
    with source.open() as stream:
        while stream.read():
            pass
        return stream.digest


@contextmanager
def _opened(source: Source) -> Iterator[pq.ParquetFile]:
    """The Parquet file, unpacked beside if it is compressed (its end must be read first)."""
    with tempfile.TemporaryFile() as unpacked:
        if source.compression:
            unpack(source, unpacked)
        try:
            file = pq.ParquetFile(unpacked if source.compression else source.path)
        except (pa.ArrowException, OSError) as error:
            raise CorpusError(f"'{source.path.name}' is a damaged Parquet file ({error}). Fetch it again.") from error
        with file:
            yield file


def unpack(source: Source, target: IO[bytes]) -> None:
    """Write the unpacked bytes of ``source`` into ``target`` and go back to its beginning."""
    with source.open() as stream:
        while data := stream.read():
            target.write(data)
    target.seek(0)


def _class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Names of the classes that Hugging Face datasets store in a file's metadata: column -> names."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {column: feature["names"] for column, feature in features.items() if "names" in feature}
    except (KeyError, ValueError, TypeError):
        return {}


def as_strings(table: pa.Table, class_names: dict[str, list[str]]) -> pl.DataFrame:
    """``table`` with every column as strings."""
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(type(frame))
    return pl.DataFrame([string_column(column, class_names.get(column.name)) for column in frame.get_columns()])


def string_column(column: pl.Series, class_names: list[str] | None = None) -> pl.Series:
    """A column of any type as strings."""
    kind = column.dtype
    if class_names and kind.is_integer():
        names = dict(enumerate(class_names))
        values = [None if v is None else names.get(v, str(v)) for v in column.to_list()]
        return pl.Series(column.name, values, dtype=pl.String)
    if kind == pl.String:
        return column
    if kind == pl.Boolean:
        values = [None if v is None else str(v).lower() for v in column.to_list()]
        return pl.Series(column.name, values, dtype=pl.String)
    if kind == pl.Binary:
        values = [None if v is None else v.decode("utf-8", "replace") for v in column.to_list()]
        return pl.Series(column.name, values, dtype=pl.String)
    if kind.is_nested():
        values = [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in column.to_list()]
        return pl.Series(column.name, values, dtype=pl.String)
    return column.cast(pl.String)
