"""The sheets of a workbook, read by a process of their own that may fail without harm."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psutil
import pyarrow as pa

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError
from ulmengine.disk import is_out_of_memory, is_utf8, passing_folder

from .source import Source

_CHILD = Path(__file__).with_name("workbook_child.py")
_BASE_MB = 700
"""The memory that the reading process may have beside what the workbook's size accounts for."""
_SMALL = 64 << 20


@dataclass(frozen=True)
class Sheet:
    """One sheet, every cell a string, nothing taken off as a heading."""

    name: str
    visible: bool
    frame: pl.DataFrame


def read_sheets(source: Source) -> tuple[Sheet, ...]:
    """All sheets of a workbook; a small one that was read last is kept. :raises CorpusError: it cannot be read."""
    state = source.path.stat()
    sheets = _read(source, state.st_mtime_ns, state.st_size)
    if sum(sheet.frame.estimated_size() for sheet in sheets) > _SMALL:
        _read.cache_clear()
    return sheets


@lru_cache(maxsize=1)
def _read(source: Source, _changed: int, _size: int) -> tuple[Sheet, ...]:
    with passing_folder("workbook") as folder:
        path = source.path
        if source.compression or not is_utf8(path):  # the library takes no other names
            path = folder / f"book{source.suffix}"
            with path.open("wb") as file:
                source.unpack(file, limits.MAX_WORKBOOK)
        size = _unpacked_size(path)
        if size > limits.MAX_WORKBOOK:
            raise CorpusError(
                f"The workbook '{source.path.name}' unpacks to more than {limits.MAX_WORKBOOK >> 20} MB. Save the "
                "sheet as CSV; a CSV of any size is read."
            )
        head, body = _asked(path, _BASE_MB + 30 * size // 2**20, 60 + 2 * size / 2**20, source)
        found, start = [], 0
        for sheet in head:
            with pa.ipc.open_stream(body[start : start + sheet["bytes"]]) as stream:
                frame = pl.DataFrame(stream.read_all())
            start += sheet["bytes"]
            found.append(Sheet(sheet["name"], sheet["visible"], _filled_down(frame, sheet["merged"])))
    return tuple(found)


def _unpacked_size(path: Path) -> int:
    """The unpacked bytes of a workbook, which is a zip archive or an old file."""
    with suppress(zipfile.BadZipFile, OSError), zipfile.ZipFile(path) as archive:
        return sum(info.file_size for info in archive.infolist())
    return path.stat().st_size


def _asked(path: Path, megabytes: int, seconds: float, source: Source) -> tuple[list[dict[str, Any]], memoryview]:
    """The answer of the reading process: what it says of each sheet, and their bytes."""
    command = [sys.executable, str(_CHILD), str(path.absolute()), str(megabytes)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    ) as child:
        stopped = threading.Event()
        guard = threading.Thread(target=_watch, args=(child, megabytes, seconds, stopped), daemon=True)
        guard.start()
        try:
            answer = child.stdout.read() if child.stdout else b""
        finally:
            stopped.set()
            if child.poll() is None and sys.exc_info()[0] is not None:
                child.kill()
        guard.join()
    line, _, body = answer.partition(b"\n")
    head: dict[str, Any] = json.loads(line) if line and child.returncode == 0 else {"error": "out of memory"}
    if is_out_of_memory(ValueError(head.get("error"))):
        raise CorpusError(
            f"'{source.path.name}' cannot be read: its sheets ask for more memory or time than a workbook of this size "
            "needs, as where a stray cell stands in the last row or column, or the file is damaged. Delete what lies "
            "outside of the table, or save the sheet as CSV; a CSV of any size is read."
        )
    if "many" in head:
        raise CorpusError(
            f"The workbook '{source.path.name}' has {head['many']:,} sheets; at most {head['most']:,} are read. Save "
            "the sheets that you mean as CSV, or as a workbook of their own."
        )
    if "error" in head:
        reason = re.sub(r"\b\w+ error: ", "", head["error"])  # the libraries that hand it on, each by its name
        raise CorpusError(
            f"'{source.path.name}' cannot be read as a workbook ({reason}). Is it complete and not "
            "protected by a password? Saving it again as .xlsx or .csv often helps."
        )
    sheets: list[dict[str, Any]] = head["sheets"]
    return sheets, memoryview(body)


def _watch(child: subprocess.Popen[bytes], megabytes: int, seconds: float, stopped: threading.Event) -> None:
    """End a process that takes too long, or too much memory where the system itself sets no limit."""
    end = time.monotonic() + seconds
    while not stopped.wait(0.05):
        with suppress(psutil.Error):
            if psutil.Process(child.pid).memory_info().rss > megabytes << 20 or time.monotonic() > end:
                child.kill()
                return


def _filled_down(frame: pl.DataFrame, merged: list[tuple[int, int, int]]) -> pl.DataFrame:
    """Cells merged downwards hold their value in each of their rows in which anything stands; of merged cells that
    overlap, as none may, those further down do not."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for place, first, last in merged:
        if 0 <= place < frame.width:
            spans.setdefault(place, []).append((first, last))
    if not spans:
        return frame
    empty, filled = frame.select(pl.all_horizontal(pl.all().is_null())).to_series(), []
    for place, own in spans.items():
        cells, rows, done = frame.to_series(place), np.arange(frame.height), -1
        for first, last in sorted(own):
            if first > done:
                rows[first : last + 1] = first
                done = last
        filled.append(cells.zip_with(cells.is_not_null() | empty, cells.gather(rows)))
    return frame.with_columns(filled)
