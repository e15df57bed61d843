"""Arrow sources: streams, as Hugging Face saves data sets, and files, as Feather writes them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import polars as pl
import pyarrow as pa

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError

from .parquet import as_strings, class_names, failure, refuse_broken, unpack
from .reading import Look, Pass, Reading
from .source import Source

_FILE = b"ARROW1"
_STREAM = b"\xff\xff\xff\xff"
_LONGEST_SCHEMA = 1 << 26


def recognise(look: Look) -> str:
    """By its first bytes: a mark, or the length of the table's description."""
    start = look.sample[:8]
    length = int.from_bytes(start[4:], "little")
    stream = start[:4] == _STREAM and 0 < length < _LONGEST_SCHEMA and length % 8 == 0
    return "begins with the mark of Arrow" if start.startswith(_FILE) or stream else ""


def plan(look: Look, reason: str) -> Reading:
    """Plan the reading of an Arrow file or stream. :raises CorpusError: damaged, or too many columns."""
    with _opened(look.source) as (_, schema, _raw):
        names = tuple(schema.names)
    if len(names) > limits.MAX_COLUMNS:
        raise CorpusError(
            f"'{look.source.path.name}' has {len(names):,} columns; at most {limits.MAX_COLUMNS:,} are read."
        )
    return Reading(look.source, "arrow", columns=names, reasons={"format": reason})


def chunks(reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """The rows of an Arrow source, every cell a string; lists become JSON, class numbers their names."""
    source = reading.source
    going.size = source.path.stat().st_size
    done = 0
    with _opened(source) as (batches, schema, raw):
        names = class_names(schema)
        try:
            for batch in batches:
                heavy = batch.nbytes / max(1, batch.num_rows)
                size = int(min(limits.CHUNK_ROWS, max(16, limits.CHUNK_CHARACTERS / max(1.0, heavy))))
                for first in range(0, batch.num_rows, size):
                    part = batch.slice(first, size)
                    going.position = 0 if source.compression else min(going.size, raw.tell())
                    yield as_strings(pa.Table.from_batches([part]), names)
                    done += part.num_rows
        except (pa.ArrowException, OSError) as error:
            raise failure(error, source, f"is damaged after row {done:,}") from error
    going.position = going.size
    going.digest = source.digest()


@contextmanager
def _opened(source: Source) -> Iterator[tuple[Iterator[pa.RecordBatch], pa.Schema, IO[bytes]]]:
    """The batches, the description of the columns, and the bytes that they come from."""
    with tempfile.TemporaryFile() as unpacked:
        if source.compression:
            unpack(source, unpacked)
        with unpacked if source.compression else source.path.open("rb") as raw:
            start = raw.read(len(_FILE))
            raw.seek(0)
            try:
                file = pa.ipc.open_file(raw) if start == _FILE else pa.ipc.open_stream(raw)
                schema = file.schema
            except (pa.ArrowException, OSError) as error:
                raise failure(error, source, "is a damaged Arrow file") from error
            refuse_broken(schema, source, "Arrow")
            yield (map(file.get_batch, range(file.num_record_batches)) if start == _FILE else iter(file)), schema, raw
