"""A folder of texts without labels beside one table that has a row for each of them: its columns are the texts' own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

import polars as pl

from ulmengine.config import CorpusConfig
from ulmengine.corpus.errors import CorpusError

from . import tree
from .layout import TreeLayout, is_about, is_table
from .reading import Look, Pass, Reading
from .shards import Recognise
from .turns import with_turns

_MOST_BYTES = 64 << 20
_TAKEN = {"text", "file", "part"}
_KEYS: tuple[Callable[[PurePosixPath], str], ...] = (PurePosixPath.as_posix, lambda path: path.name,
                                                     lambda path: path.stem)
"""What a table calls a file by: its place in the folder, its name, its name without the suffix."""


def plan(recognised: Recognise, look: Look, _reason: str = "") -> Reading | None:
    """Plan the reading of a folder or archive, and of the table beside its texts. :raises CorpusError: no documents."""
    if not look.source.is_tree:
        return None
    reading, layout = tree.plan(look)
    if look.source.compression or layout.labelled or layout.lines:
        return reading
    files, _ = look.files
    tables = [name for name in files if is_table(name) and not is_about(name)]
    if len(tables) != 1 or files[tables[0]] > _MOST_BYTES:
        return reading
    try:
        piece = recognised(look.source.path / tables[0], CorpusConfig())
        frames = list(map(with_turns, piece.read(piece, Pass())))
    except CorpusError:
        return reading  # what lies beside the texts need not be readable
    found = _rows_of(layout.documents(files), pl.concat(frames, how="diagonal")) if frames else None
    if found is None:
        return reading
    columns, cells = found
    reasons = {**reading.reasons, "format": f"a folder of texts, and for each of them a row of '{tables[0]}'"}
    return replace(reading, read=partial(_chunks, layout, tables[0], columns, cells),
                   columns=("text", *columns, *reading.columns[1:]), reasons=reasons)


def _rows_of(
    documents: Sequence[str], table: pl.DataFrame
) -> tuple[tuple[str, ...], dict[str, tuple[str | None, ...]]] | None:
    """The columns of ``table`` besides that which names the files, and each document's cells; None where not every
    document has one row, or the table has texts of its own."""
    for name in table.columns:
        called = [PurePosixPath((cell or "").strip().replace("\\", "/")).as_posix() for cell in table[name].to_list()]
        for key in _KEYS:
            keys = {document: key(PurePosixPath(document)) for document in documents}
            wanted = set(keys.values())
            rows = [row for row, cell in enumerate(called) if cell in wanted]
            others = [column for column in table.columns if column != name]
            if len(rows) == len(wanted) == len(documents) and others and not _TAKEN & set(others):
                cells = dict(zip((called[row] for row in rows), table.select(others)[rows].rows(), strict=True))
                if len(cells) == len(wanted):
                    return tuple(others), {document: cells[own] for document, own in keys.items()}
    return None


def _chunks(
    layout: TreeLayout, table: str, columns: Sequence[str], cells: dict[str, tuple[str | None, ...]], reading: Reading,
    going: Pass,
) -> Iterator[pl.DataFrame]:
    """The documents of a folder as frames, with what the ``table`` beside them says of each."""
    for frame in tree.chunks(layout, reading, going, beside=table):
        rows = [cells[name] for name in frame["file"].to_list()]
        told = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
        yield frame.with_columns(told.get_columns()).select(reading.columns)
    if going.digest:
        text = "\n".join(f"{name}\0{own}" for name, own in sorted(cells.items()))
        going.digest = hashlib.blake2b(f"{going.digest}\n{text}".encode("utf-8", "surrogateescape"),
                                       digest_size=16).hexdigest()
