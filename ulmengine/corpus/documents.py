"""An opened corpus: its documents part by part, streamed from the project's own copy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from .cells import as_text, with_lists
from .split import LEFT_OUT, PART_NAMES, TEST
from .table import Table
from .understood import Understood

BETWEEN = "  ·  "
"""Between the text columns of one document where a person reads it."""


def joined(cells: Sequence[str]) -> str:
    """One document out of its text columns; several are marked "xxfld 1 ... xxfld 2 ..." as the reference does, but
    where nothing stands in any of them there is no text."""
    if len(cells) == 1:
        return cells[0]
    if not any(map(str.strip, cells)):
        return ""
    return " ".join(f"xxfld {number} {cell}" for number, cell in enumerate(cells, 1))


def stretches(text: str) -> list[tuple[int, int]]:
    """Where in a document that :func:`joined` made each of its columns stands, without its mark: (start, end) of each;
    of any other text the whole. One that only speaks of marks is left as it is: they begin it, at 1, and count on."""
    if not text.startswith("xxfld 1 "):
        return [(0, len(text))]
    found: list[tuple[int, int]] = []
    start = len("xxfld 1 ")
    while (mark := re.compile(f" xxfld {len(found) + 2}(?: |$)").search(text, start)) is not None:
        found.append((start, mark.start()))
        start = mark.end()
    return [*found, (start, len(text))] if found else [(0, len(text))]


def as_read(text: str, between: str = BETWEEN) -> str:
    """A document as a person reads it: its columns with ``between`` them, not the marks that tell the network."""
    return between.join(text[start:end] for start, end in stretches(text))


@dataclass(frozen=True)
class Piece:
    """One source of a corpus: its table, what is understood of it, and the number of its first row in the whole corpus.

    ``role``: "main", "test" or "unlabelled".
    """

    table: Table
    understood: Understood
    start: int
    role: str = "main"

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns that are its texts."""
        return self.understood.text_columns

    def frames(self) -> Iterator[pl.DataFrame]:
        """The text columns of all its rows, a row group at a time, as they are read."""
        for frame in self.table.frames(self.text_columns):
            yield with_lists(frame, self.understood.lists)

    def text_of(self, row: int) -> str:
        """The document of one row, counted within this table."""
        cells = zip(self.text_columns, self.table.cells(row, self.text_columns), strict=True)
        lists = self.understood.lists
        return joined([as_text(cell, lists[name]) if name in lists else cell for name, cell in cells])

    def texts(self, wanted: np.ndarray) -> Iterator[str]:
        """The documents of the rows ``wanted`` (int64, ascending, counted within this table)."""
        starts = self.table.starts()
        edges = np.searchsorted(wanted, starts)
        for number in range(len(starts) - 1):
            rows = wanted[edges[number] : edges[number + 1]] - starts[number]
            if len(rows):
                frame = self.table.read_group(number, self.text_columns)[rows]
                yield from frame_texts(with_lists(frame, self.understood.lists))


def frame_texts(frame: pl.DataFrame) -> Iterator[str]:
    """The documents of a frame whose columns are the text columns."""
    if frame.width == 1:
        yield from (cell or "" for cell in frame.to_series().to_list())
    else:
        yield from (joined([cell or "" for cell in row]) for row in frame.iter_rows())


def stamped(stamps: Sequence[Any]) -> str:
    """The fingerprints of several files as one."""
    return json.dumps(stamps, sort_keys=True)


@dataclass(frozen=True)
class Documents:
    """A corpus, split. Rows are counted from 0 through the corpus, then its test file, then its unlabelled file.

    ``labels``: names in order; empty where there are none. ``multi_label``: a document may bear several.
    ``undecodable``: bytes that were not text. ``skipped``: rows that could not be read. ``relabelled``: rows whose
    label a person has corrected. ``test_given``: the test part came with the corpus, as a file or by its split column.
    ``notes``: sentences for the person.
    """

    labels: tuple[str, ...]
    multi_label: bool
    fingerprint: str
    understood: Understood
    undecodable: int
    skipped: int
    pieces: tuple[Piece, ...]
    parts: np.ndarray  # int8 (rows,): place in PART_NAMES; 4 left out as overlap; -1 dropped by a repair
    all_targets: np.ndarray  # of all rows; -1 or zeros where not labelled
    hashes: np.ndarray  # uint64 (rows,): of the normalised text
    ragged: np.ndarray
    notes: tuple[str, ...] = ()
    relabelled: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    test_given: bool = False

    @property
    def stamp(self) -> str:
        """A cheap fingerprint of the files as they were when they were read
        (:func:`ulmengine.corpus.corpus_stamp`); empty where an earlier version read them, which kept none."""
        stamps = [piece.table.record.get("stamp") for piece in self.pieces]
        return stamped(stamps) if all(stamps) else ""

    @property
    def overlap(self) -> np.ndarray:
        """Rows left out because their text also stands in a part that must stay unseen, int64, ascending."""
        return np.flatnonzero(self.parts == LEFT_OUT).astype(np.int64)

    def count(self, part: str) -> int:
        """Number of documents in "train", "validation", "test" or "unlabelled"."""
        return int((self.parts == PART_NAMES.index(part)).sum())

    def rows(self, part: str) -> np.ndarray:
        """Source rows of the part's documents, int64, ascending."""
        return np.flatnonzero(self.parts == PART_NAMES.index(part)).astype(np.int64)

    def targets(self, part: str) -> np.ndarray:
        """int64 (n,), or float32 (n, classes) for several labels; -1 or zeros in a part without labels."""
        return np.asarray(self.all_targets[self.rows(part)])

    def label_counts(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """How many of ``rows`` (numbers or a mask; all of them) bear each label: int64 (classes,)."""
        targets = self.all_targets[rows]
        if self.multi_label:
            return np.asarray(targets.sum(axis=0), dtype=np.int64)
        return np.bincount(targets[targets >= 0], minlength=len(self.labels)).astype(np.int64)

    def to_learn(self) -> np.ndarray:
        """How many documents a class has to learn from and to choose the best epoch by, int64 (classes,).

        Where the test part is drawn from the same documents it counts too; one that was given is of no help to them.
        """
        here = self.parts >= 0
        return self.label_counts(here & (self.parts != TEST) if self.test_given else here)

    def bearing(self, labels: Sequence[int] | np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Which of ``rows`` bear one of the ``labels`` (places in :attr:`labels`): bool (n,)."""
        targets = self.all_targets[rows]
        return np.asarray((targets[:, labels] > 0).any(axis=1) if self.multi_label else np.isin(targets, labels))

    def texts(self, part: str) -> Iterator[str]:
        """The part's documents in the order of :meth:`rows`, a few megabytes in memory at a time."""
        return self.texts_of(self.rows(part))

    def texts_of(self, rows: np.ndarray) -> Iterator[str]:
        """The documents of any ascending source rows."""
        for piece in self.pieces:
            mine = rows[(rows >= piece.start) & (rows < piece.start + piece.table.rows)]
            yield from piece.texts(mine - piece.start)

    def text_of(self, row: int) -> str:
        """The document of a source row. :raises IndexError: there is no such row."""
        for piece in self.pieces:
            if piece.start <= row < piece.start + piece.table.rows:
                return piece.text_of(row - piece.start)
        raise IndexError(row)
