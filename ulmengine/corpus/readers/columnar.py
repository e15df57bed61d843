"""Parquet and Arrow sources: streams, as Hugging Face saves data sets, and files, as Feather writes them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError, os_failure, plain_reason
from ulmengine.disk import parsed

from .reading import Look, Pass, Reading, refuse_wide
from .records import DEPTH, as_json, class_name
from .source import Source

_FILE = b"ARROW1"
_STREAM = b"\xff\xff\xff\xff"
_LONGEST_SCHEMA = 1 << 26


class _Opened(NamedTuple):
    """What lies open: the description of the columns, the batches of rows, how many rows those are where the source
    itself says it, and the bytes that they come from."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    rows: int | None
    raw: IO[bytes]


def plan(kind: str, look: Look, reason: str = "") -> Reading | None:
    """Plan the reading of a "parquet" or an "arrow" source, known by its first bytes.

    :raises CorpusError: damaged, or too many columns.
    """
    begins = look.sample.startswith(b"PAR1") if kind == "parquet" else _begins_as_arrow(look.sample)
    if not (reason or begins):
        return None
    source = look.source
    with _opened(source, kind) as opened:
        names, rows = tuple(opened.schema.names), opened.rows
    refuse_wide(f"'{source.path.name}' has", len(names))
    told = {} if rows is None else {"rows": "as the file itself says"}
    reason = reason or f"begins with the mark of {kind.capitalize()}"
    return Reading(source, kind, _chunks, columns=names, rows=rows, reasons={"format": reason, **told})


def _begins_as_arrow(sample: bytes) -> bool:
    """Whether there is the mark of a file, or at the beginning of a stream the length of the table's description."""
    length = int.from_bytes(sample[4:8], "little")
    stream = sample.startswith(_STREAM) and 0 < length < _LONGEST_SCHEMA and length % 8 == 0
    return sample.startswith(_FILE) or stream


def _chunks(reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """The rows, every cell a string; lists become JSON, class numbers their names."""
    source = reading.source
    going.size = source.path.stat().st_size
    with _opened(source, reading.format) as opened:
        names = class_names(opened.schema)
        done = 0
        try:
            for batch in opened.batches:
                size = _rows_at_once(batch.nbytes, batch.num_rows)
                for first in range(0, batch.num_rows, size):
                    part = batch.slice(first, size)
                    done += part.num_rows
                    if opened.rows is not None:
                        going.position = int(going.size * done / max(1, opened.rows))
                    elif not source.compression:
                        going.position = min(going.size, opened.raw.tell())
                    yield as_strings(pa.Table.from_batches([part]), names)
        except (pa.ArrowException, OSError) as error:
            raise _failure(error, source, f"is damaged after row {done:,}") from error
    going.position = going.size
    going.digest = source.digest()


def _rows_at_once(size: int, rows: int) -> int:
    """How many of ``rows`` that are ``size`` bytes make a chunk."""
    return int(min(limits.CHUNK_ROWS, max(16, limits.CHUNK_CHARACTERS / max(1.0, size / max(1, rows)))))


@contextmanager
def _opened(source: Source, kind: str) -> Iterator[_Opened]:
    """A source that lies open, unpacked beside if it is compressed (the end of Parquet must be read first)."""
    with ExitStack() as kept:
        raw: IO[bytes] = kept.enter_context(tempfile.TemporaryFile()) if source.compression else kept.enter_context(
            source.path.open("rb"))
        if source.compression:
            source.unpack(raw)
            raw.seek(0)
        try:
            if kind == "parquet":
                file = kept.enter_context(pq.ParquetFile(raw))
                opened = _of_parquet(file, raw)
            else:
                opened = _of_arrow(raw)
        except (pa.ArrowException, OSError) as error:
            raise _failure(error, source, f"is a damaged {kind.capitalize()} file") from error
        _refuse_broken(opened.schema, source, kind.capitalize())
        yield opened


def _of_parquet(file: pq.ParquetFile, raw: IO[bytes]) -> _Opened:
    meta = file.metadata
    size = sum(meta.row_group(number).total_byte_size for number in range(meta.num_row_groups))
    batches = file.iter_batches(batch_size=_rows_at_once(size, meta.num_rows), use_threads=False)
    return _Opened(file.schema_arrow, batches, meta.num_rows, raw)


def _of_arrow(raw: IO[bytes]) -> _Opened:
    start = raw.read(len(_FILE))
    raw.seek(0)
    if start != _FILE:
        stream = pa.ipc.open_stream(raw)
        return _Opened(stream.schema, iter(stream), None, raw)
    file = pa.ipc.open_file(raw)
    return _Opened(file.schema, map(file.get_batch, range(file.num_record_batches)), None, raw)


def _refuse_broken(schema: pa.Schema, source: Source, kind: str) -> None:
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


def _failure(error: Exception, source: Source, what: str) -> CorpusError:
    """``error`` in plain words, with the file's name once: the library puts its path into some of its own."""
    if isinstance(error, OSError) and error.errno is not None:
        return os_failure(error, source.path)
    return CorpusError(f"'{source.path.name}' {what} ({plain_reason(error)}). Fetch it again.")


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Names of the classes that Hugging Face datasets store in a file's metadata: column -> names."""
    try:
        features = parsed((schema.metadata or {})[b"huggingface"])["info"]["features"]
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
    frame = pl.DataFrame(pa.Table.from_arrays(table.columns, names=table.column_names))
    columns = [part for column in frame.get_columns() for part in _fields(column, DEPTH)]
    refuse_wide("The table has", len(columns))
    return pl.DataFrame([string_column(column, class_names.get(column.name)) for column in columns])


def _fields(column: pl.Series, depth: int) -> Iterator[pl.Series]:
    if column.dtype != pl.Struct or not depth:
        yield column
        return
    for field in column.struct.unnest().get_columns():
        yield from _fields(field.alias(f"{column.name}.{field.name}"), depth - 1)


def string_column(column: pl.Series, class_names: list[str] | None = None) -> pl.Series:
    """A column of any type as strings. A class number without a name, such as -1, is no label."""
    kind, names = column.dtype, class_names or []
    if kind == pl.Binary:
        values = [None if v is None else v.decode("utf-8", "replace") for v in column.to_list()]
    elif kind.is_nested() or (names and kind.is_integer()):
        values = [as_json(_named(v, names) if names else v) for v in column.to_list()]
    else:
        return column.cast(pl.String)
    return pl.Series(column.name, values, dtype=pl.String)


def _named(value: Any, names: list[str]) -> Any:
    """A class number, or each of a list of them, by its name."""
    if isinstance(value, list):
        return [name for one in value if (name := class_name(one, names))]
    return class_name(value, names) if isinstance(value, int) else value
