"""The documents of an opened corpus as rows of a table, however many there are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from ulmengine.corpus import Documents
from ulmengine.corpus.documents import BETWEEN
from ulmengine.disk import whole
from ulmengine.events import Event, Progress

from .rows import SHOWN


@dataclass(frozen=True)
class Snippets:
    """The beginnings of all documents, memory-mapped: a cell is there at once and costs no memory."""

    chunks: tuple[pa.Array, ...]
    starts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.starts[-1])

    def text(self, row: int) -> str:
        """The beginning of one document."""
        chunk = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.chunks[chunk][row - int(self.starts[chunk])].as_py() or ""


def make_snippets(documents: Documents) -> Generator[Event, None, Snippets]:
    """Write the beginning of every document beside the corpus' copies (once) and map it into memory."""
    chunks: list[pa.Array] = []
    done, total = 0, sum(piece.table.rows for piece in documents.pieces)
    for piece in documents.pieces:
        columns = piece.text_columns
        key = hashlib.blake2b(json.dumps([SHOWN, *columns]).encode(), digest_size=8).hexdigest()
        path = piece.table.folder / f"snippets-{key}.arrow"
        if not path.is_file():
            yield from _write(path, piece.frames(), done, total)
        chunks.extend(_mapped(path))
        done += piece.table.rows
    starts = np.cumsum([0, *(len(chunk) for chunk in chunks)]).astype(np.int64)
    return Snippets(tuple(chunks), starts)


def _write(path: Path, frames: Iterator[pl.DataFrame], done: int, total: int) -> Generator[Event, None, None]:
    schema = pa.schema([("text", pa.large_string())])
    with whole(path) as beside, pa.OSFile(str(beside), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for frame in frames:
            short = frame.select(
                pl.concat_str(pl.all().fill_null("").str.slice(0, SHOWN), separator=BETWEEN)
                .str.slice(0, SHOWN).alias("text")
            )
            writer.write_table(short.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema))
            done += frame.height
            yield Progress("Preparing the table", done, total, "documents")


def _mapped(path: Path) -> list[pa.Array]:
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    return list(table.column("text").chunks)


class DocumentRows:
    """Part, label and text of every source row; a row left out by a repair stays visible and says so."""

    def __init__(self, documents: Documents, snippets: Snippets, names: tuple[str, ...], parts: dict[int, str]) -> None:
        """``names``: the three headings. ``parts``: words for the values of ``Documents.parts``."""
        self.documents = documents
        self._snippets = snippets
        self._columns = names
        self._words = parts

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings."""
        return self._columns

    def __len__(self) -> int:
        return len(self._snippets)

    def cell(self, row: int, column: int) -> str:
        if column == 0:
            return self._words.get(int(self.documents.parts[row]), "")
        return self.label(row) if column == 1 else self._snippets.text(row)

    def label(self, row: int) -> str:
        """The label of a row, several with commas, or nothing."""
        return label_of(self.documents, row)

    def rows_with(self, label: str) -> npt.NDArray[np.int64]:
        """The source rows that bear ``label``."""
        kept = np.flatnonzero(self.documents.parts >= 0).astype(np.int64)
        places = [place for place, name in enumerate(self.documents.labels) if name == label]
        return np.asarray(kept[self.documents.bearing(places, kept)])


def order_of(rows: DocumentRows, column: int) -> Generator[Event, None, npt.NDArray[np.int64]]:
    """The rows sorted by a column (part, label, text), equal ones in the order of the source."""
    yield Progress("Sorting", 0, 0)
    if column == 0:
        keys: npt.NDArray[Any] = rows.documents.parts
    elif column == 1 and not rows.documents.multi_label:
        keys = rows.documents.all_targets
    else:
        keys = np.array([rows.cell(row, column).casefold() for row in range(len(rows))], dtype=object)
    return np.argsort(keys, kind="stable").astype(np.int64)


def find_rows(documents: Documents, wanted: str) -> Generator[Event, None, npt.NDArray[np.int64]]:
    """The rows in whose text ``wanted`` stands, whatever its case."""
    needle, every = wanted.casefold(), np.arange(len(documents.parts), dtype=np.int64)
    found: list[int] = []
    for row, text in enumerate(documents.texts_of(every)):
        if needle in text.casefold():
            found.append(row)
        if row % 1_000 == 0:
            yield Progress("Searching", row, len(every), "documents")
    return np.array(found, dtype=np.int64)


def label_of(documents: Documents, row: int) -> str:
    """The label of a source row, several with commas, or nothing."""
    return ", ".join(labels_at(documents, row))


def labels_at(documents: Documents, row: int) -> tuple[str, ...]:
    """The labels of a source row."""
    target = documents.all_targets[row]
    if documents.multi_label:
        return tuple(name for name, there in zip(documents.labels, target, strict=True) if there)
    return (documents.labels[int(target)],) if documents.labels and target >= 0 else ()


def balance(documents: Documents) -> tuple[tuple[str, int], ...]:
    """How many documents bear each label, in the order of the labels; dropped rows are not counted."""
    counts = documents.label_counts(documents.parts >= 0).tolist()
    return tuple(zip(documents.labels, counts, strict=True))
