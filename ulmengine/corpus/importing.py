"""Reading a source once, streamed, into the project's own copy; the second time it is already there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from ulmengine.config import CorpusConfig
from ulmengine.disk import DAY_S, sweep, whole_folder
from ulmengine.events import Event, Progress

from .errors import CorpusError, memory_failure, os_failure
from .readers.formats import chunks, recognise
from .readers.reading import Pass, Reading
from .readers.tree_files import folder_files
from .table import Table, TableWriter
from .understood import GUESS_ROWS, PREVIEW_BYTES, first_frame, understand

READER_VERSION = 26
"""Counted up when a change of the readers, or of what is guessed of columns, makes old copies differ from new ones: the
guess lies in the copy."""

_READING_FIELDS = ("format", "encoding", "delimiter", "header", "sheet", "member")


def import_table(path: Path, config: CorpusConfig, cache: Path) -> Generator[Event, None, Table]:
    """The copy of ``path`` in ``cache``, made if it is not there yet. Yields progress in bytes of the file.

    The copy's key is the file's place, size and time of change with the settings of reading, so that an unchanged file
    opens at once. Closing the generator removes what was half written.

    :raises CorpusError: the source cannot be read, changes while it is read, or the disk is full.
    """
    stamp = source_stamp(path)
    folder = cache / f"table-{_key(path, config, stamp)}"
    for place in (folder, _beside(folder, config)):
        table = _there(place)
        if table is not None and _fits(table, config):
            return table
    if folder.is_dir():
        folder = _beside(folder, config)
    sweep((*cache.glob("tmp-*"), *cache.glob(".*")))
    sweep(cache.glob("table-*"), 30 * DAY_S)  # each encoding that was tried leaves one; what is needed is made again
    task = f"Reading {path.name}"
    yield Progress(task, 0, 0 if path.is_dir() else stamp["size"], "documents" if path.is_dir() else "bytes")
    reading = recognise(path, config)
    if reading.settle is not None:
        reading = yield from reading.settle(reading, f"Looking through {path.name}")
    try:
        with whole_folder(folder, or_theirs=True) as beside, closing(TableWriter(beside)) as writer:
            record = yield from _copy(reading, config, writer, task)
            if source_stamp(path) != stamp:
                raise CorpusError(
                    f"'{path.name}' was changed while it was read. Nothing was kept of it; open it again.")
            writer.finish({**record, "stamp": stamp})
    except OSError as error:
        copy = isinstance(error.filename, str) and Path(error.filename).is_relative_to(cache)
        raise os_failure(error, path, written=copy) from error
    except MemoryError as error:
        raise memory_failure(path) from error
    except pa.ArrowException as error:
        raise CorpusError(f"The copy of '{path.name}' could not be written ({error}). Is the disk full?") from error
    return Table.open(folder)


def _copy(
    reading: Reading, config: CorpusConfig, writer: TableWriter, task: str
) -> Generator[Event, None, dict[str, Any]]:
    """Write all rows; returns the record of what was understood and lost."""
    going, first = Pass(), Pass(PREVIEW_BYTES)
    faults = going.faults
    faults.notes += reading.notes
    head = first_frame(reading, first, GUESS_ROWS)
    free = config.model_copy(update={
        "text_columns": (), "label_columns": (), "label_delimiter": "",
        "split": config.split.model_copy(update={"column": ""}),
    })
    understood = understand(reading, head, free, first)
    lacking: Counter[str] = Counter()
    for frame in chunks(reading, going):
        writer.write(frame)
        lacking.update(frame.null_count().row(0, named=True))
        lacking.update(dict.fromkeys(set(writer.columns) - set(frame.columns), frame.height))
        yield Progress(task, going.position, going.size, going.unit)
    if faults.headings:
        times = "once more" if faults.headings == 1 else f"{faults.headings:,} times more"
        faults.notes.append(f"The heading stands {times} further down, as where files were put together: left out.")
    if not writer.rows:
        raise CorpusError(f"'{reading.source.path.name}' holds no rows. Choose a file with texts in it.")
    values = {**understood.to_json(), "columns": writer.columns, "rows": writer.rows, "undecodable": faults.undecodable}
    return {
        **asdict(faults), "understood": values, "lacking": lacking, "digest": going.digest,
        "surplus": "" if reading.text_place is None else reading.columns[reading.text_place],
    }


def source_stamp(path: Path) -> dict[str, Any]:
    """A cheap fingerprint of a file or folder: size and time of change (of all its files).

    :raises CorpusError: it is gone.
    """
    try:
        if not path.is_dir():
            state = path.stat()
            return {"size": state.st_size, "changed": str(state.st_mtime_ns)}
        mixed = hashlib.blake2b(digest_size=16)
        size = 0
        for name, state in folder_files(path):
            mixed.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
            size += state.st_size
    except OSError as error:
        raise os_failure(error, path) from error
    return {"size": size, "changed": mixed.hexdigest()}


def _key(path: Path, config: CorpusConfig, stamp: dict[str, Any]) -> str:
    settings = {name: getattr(config, name) for name in _READING_FIELDS}
    text = json.dumps([READER_VERSION, os.path.abspath(path), stamp, settings], sort_keys=True)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def _beside(folder: Path, config: CorpusConfig) -> Path:
    """Where the copy lies whose uneven rows are mended for another text column."""
    name = hashlib.blake2b(json.dumps(config.text_columns[-1:]).encode(), digest_size=4).hexdigest()
    return folder.with_name(f"{folder.name}-{name}")


def _there(folder: Path) -> Table | None:
    """The copy in ``folder``, marked as used today; None where there is none. A damaged one is removed."""
    if not folder.is_dir():
        return None
    try:
        table = Table.open(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    with suppress(OSError):
        os.utime(folder)
    return table


def _fits(table: Table, config: CorpusConfig) -> bool:
    """Whether the surplus cells of uneven rows, if there are any, stand in the text column that is wanted now."""
    surplus = table.record["surplus"]
    if not (table.record["ragged"] or table.record["joined"]) or not surplus:
        return True
    wanted = (config.text_columns or table.understood.text_columns)[-1:]
    return wanted in ((surplus,), ()) or wanted[0] not in table.columns
