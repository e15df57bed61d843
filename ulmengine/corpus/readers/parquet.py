"""Parquet sources."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError, os_failure, plain_reason

from .reading import Look, Pass, Reading
from .source import Source
from .turns import said_in_turn

_DEPTH = 3
"""Structs within structs become columns so deep; what lies deeper stays JSON."""


def recognise(look: Look) -> str:
    """By its first bytes."""
    return "begins with the mark of Parquet" if look.sample.startswith(b"PAR1") else ""


def plan(look: Look, reason: str) -> Reading:
    """Plan the reading of a Parquet file. :raises CorpusError: damaged, or too many columns."""
    source = look.source
    with _opened(source) as file:
        refuse_broken(file.schema_arrow, source, "Parquet")
        names = tuple(file.schema_arrow.names)
        rows = file.metadata.num_rows
    if len(names) > limits.MAX_COLUMNS:
        raise CorpusError(f"'{source.path.name}' has {len(names):,} columns; at most {limits.MAX_COLUMNS:,} are read.")
    return Reading(source, "parquet", columns=names, rows=rows,
                   reasons={"format": reason, "rows": "as the file itself says"})


def refuse_broken(schema: pa.Schema, source: Source, kind: str) -> None:
    """:raises CorpusError: the description of the table holds bytes that are no text, so it has been damaged."""
    told = [schema.metadata, *(field.metadata for field in schema)]
    try:
        for part in (part for metadata in told for item in (metadata or {}).items() for part in item):
            part.decode()
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"'{source.path.name}' is a damaged {kind} file (its description of the columns is no text). Fetch it "
            "again."
        ) from error


def chunks(reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file, every cell a string; lists become JSON, class numbers their names."""
    going.size = reading.source.path.stat().st_size
    with _opened(reading.source) as file:
        meta = file.metadata
        heavy = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups)) / max(1, meta.num_rows)
        size = int(min(limits.CHUNK_ROWS, max(16, limits.CHUNK_CHARACTERS / max(1.0, heavy))))
        names = class_names(file.schema_arrow)
        done = 0
        try:
            for batch in file.iter_batches(batch_size=size, use_threads=False):
                done += batch.num_rows
                going.position = int(going.size * done / max(1, meta.num_rows))
                yield as_strings(pa.Table.from_batches([batch]), names)
        except (pa.ArrowException, OSError) as error:
            raise failure(error, reading.source, f"is damaged after row {done:,}") from error
    going.digest = reading.source.digest()


@contextmanager
def _opened(source: Source) -> Iterator[pq.ParquetFile]:
    """The Parquet file, unpacked beside if it is compressed (its end must be read first)."""
    with tempfile.TemporaryFile() as unpacked:
        if source.compression:
            unpack(source, unpacked)
        try:
            file = pq.ParquetFile(unpacked if source.compression else source.path)
        except (pa.ArrowException, OSError) as error:
            raise failure(error, source, "is a damaged Parquet file") from error
        with file:
            yield file


def failure(error: Exception, source: Source, what: str) -> CorpusError:
    """``error`` in plain words, with the file's name once: the library puts its path into some of its own."""
    if isinstance(error, OSError) and error.errno is not None:
        return os_failure(error, source.path)
    return CorpusError(f"'{source.path.name}' {what} ({plain_reason(error)}). Fetch it again.")


def unpack(source: Source, target: IO[bytes]) -> None:
    """Write the unpacked bytes of ``source`` into ``target`` and go back to its beginning."""
    with source.open() as stream:
        while data := stream.read():
            target.write(data)
    target.seek(0)


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Names of the classes that Hugging Face datasets store in a file's metadata: column -> names."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        found = {column: _names_in(feature) for column, feature in features.items()}
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}
    return {column: names for column, names in found.items() if names}


def _names_in(feature: Any) -> list[str]:
    """The names of a ClassLabel, also of one within a list."""
    if isinstance(feature, list) and len(feature) == 1:
        return _names_in(feature[0])
    if not isinstance(feature, dict):
        return []
    names = feature.get("names")
    return [str(name) for name in names] if isinstance(names, list) else _names_in(feature.get("feature"))


def as_strings(table: pa.Table, class_names: dict[str, list[str]]) -> pl.DataFrame:
    """``table`` with every column as strings; the fields of a struct are columns of their own, named with a dot.

    :raises pa.ArrowInvalid: the table is damaged: bytes that are not UTF-8, lists that point nowhere.
    """
    table.validate(full=True)
    # Without the metadata of schema and fields, which may hold anything and is not looked at.
    frame = pl.from_arrow(pa.Table.from_arrays(table.columns, names=table.column_names))
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(type(frame))
    columns = [part for column in frame.get_columns() for part in _fields(column, _DEPTH)]
    if len(columns) > limits.MAX_COLUMNS:
        raise CorpusError(f"The table has {len(columns):,} columns; at most {limits.MAX_COLUMNS:,} are read.")
    return pl.DataFrame([string_column(column, class_names.get(column.name)) for column in columns])


def _fields(column: pl.Series, depth: int) -> Iterator[pl.Series]:
    if column.dtype != pl.Struct or not depth:
        yield column
        return
    for field in column.struct.unnest().get_columns():
        yield from _fields(field.alias(f"{column.name}.{field.name}"), depth - 1)


def string_column(column: pl.Series, class_names: list[str] | None = None) -> pl.Series:
    """A column of any type as strings. A class number without a name, such as -1, is no label."""
    kind = column.dtype
    values: list[str | None]
    if kind == pl.String:
        return column
    if class_names and kind.is_integer():
        values = [_named(v, class_names) for v in column.to_list()]
    elif kind == pl.Boolean:
        values = [None if v is None else str(v).lower() for v in column.to_list()]
    elif kind == pl.Binary:
        values = [None if v is None else v.decode("utf-8", "replace") for v in column.to_list()]
    elif kind.is_nested():
        rows = column.to_list()
        if class_names:
            rows = [None if row is None else _all_named(row, class_names) for row in rows]
        values = [None if v is None else _said(v) or json.dumps(v, ensure_ascii=False, default=str) for v in rows]
    else:
        return column.cast(pl.String)
    return pl.Series(column.name, values, dtype=pl.String)


def _said(value: Any) -> str:
    return said_in_turn(value) if isinstance(value, list) else ""


def _named(number: Any, names: list[str]) -> str | None:
    return names[number] if isinstance(number, int) and 0 <= number < len(names) else None


def _all_named(row: Any, names: list[str]) -> Any:
    return [_named(number, names) for number in row if _named(number, names)] if isinstance(row, list) else row
