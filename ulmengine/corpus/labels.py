"""Cells to labels: one a document, several, or none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from .cells import FALSE, TRUE, pieces
from .errors import CorpusError

MAX_LABELS = 10_000
_NO_MARK = frozenset({"-1", "-1.0"})  # a whole row of it: not labelled (as in the Jigsaw test file)
MISSING = frozenset({
    "nan", "NaN", "NAN", "NaT", "NA", "N/A", "n/a", "#N/A", "<NA>", "null", "Null", "NULL", "<null>",
})
"""What programs write for a cell without a value. "None" is not among them: it is the name of many a class."""


Labels = tuple[str, ...] | None
"""The names of one row's labels; empty: none applies; None: not labelled."""


@dataclass(frozen=True)
class Labelled:
    """The labels of a table's rows: row ``i`` bears ``kinds[codes[i]]``. ``names``: all labels, in order.

    ``missing``: words that stand for no label, and how often each does.
    """

    codes: np.ndarray  # int64 (rows,)
    kinds: tuple[Labels, ...]
    names: tuple[str, ...]
    multi: bool
    missing: dict[str, int] = field(default_factory=dict)

    @property
    def bears(self) -> np.ndarray:
        """Which rows are labelled: bool (rows,)."""
        return np.asarray(np.array([labels is not None for labels in self.kinds], dtype=bool)[self.codes])


def unlabelled(rows: int) -> Labelled:
    """``rows`` rows without labels."""
    return Labelled(np.zeros(rows, dtype=np.int64), (None,), (), False)


def read_labels(columns: Sequence[pl.Series], delimiter: str = "") -> Labelled:
    """The labels in one column, or in several columns of 0 and 1. Each different cell is looked at once.

    :raises CorpusError: columns that are not of 0 and 1, or far too many different labels.
    """
    if len(columns) > 1:
        return _one_hot(columns)
    cells = columns[0].fill_null("").str.strip_chars()
    codes = cells.rank("dense").to_numpy().astype(np.int64) - 1
    kinds = tuple(_labels_in(cell, delimiter) for cell in cells.unique().sort().to_list())
    names = {name for labels in kinds if labels for name in labels}
    if len(names) > MAX_LABELS:
        raise CorpusError(
            f"The column '{columns[0].name}' holds {len(names):,} different values, too many for labels. Choose the "
            "column that holds the class of each document."
        )
    multi = any(labels is not None and len(labels) > 1 for labels in kinds) or bool(delimiter)
    if not multi:  # an empty list where all others hold one label is a document without its label
        kinds = tuple(labels or None for labels in kinds)
    words = cells.filter(cells.is_in(sorted(MISSING))).value_counts(sort=True)
    return Labelled(codes, kinds, in_order(names), multi, dict(words.iter_rows()))


def _labels_in(cell: str, delimiter: str) -> Labels:
    if not cell or cell in MISSING:
        return None
    return tuple(pieces(cell, delimiter))


def _one_hot(columns: Sequence[pl.Series]) -> Labelled:
    """Columns of 0 and 1, each named like its label; one label a document where each row has exactly one 1.

    A row with nothing in it, where others hold 0 as well as 1, is not labelled. Where a table holds only the ones, the
    empty cells are its zeros.
    """
    names = tuple(column.name for column in columns)
    cells = [column.fill_null("").str.strip_chars().str.to_lowercase() for column in columns]
    marks = np.zeros((len(columns[0]), len(columns)), dtype=bool)
    bare, unmarked = np.ones(len(marks), dtype=bool), np.ones(len(marks), dtype=bool)
    zeros = False
    for values in cells:
        bare &= (values == "").to_numpy()
        unmarked &= values.is_in(sorted(_NO_MARK)).to_numpy()
        zeros = zeros or bool(values.is_in(sorted(FALSE)).any())
    bare = (bare if zeros else np.zeros_like(bare)) | unmarked
    for place, (column, values) in enumerate(zip(columns, cells, strict=True)):
        strange = values.filter(~values.is_in(sorted(TRUE | FALSE | {""})) & ~pl.Series(unmarked))
        if len(strange):
            raise CorpusError(
                f"Several label columns must hold 0 and 1, but '{column.name}' holds '{strange[0]}'. Choose one "
                "label column, "
                "or only columns of 0 and 1."
            )
        marks[:, place] = values.is_in(sorted(TRUE)).to_numpy()
    packed = np.packbits(np.column_stack([marks, bare]), axis=1)  # rows of bytes: an eighth to compare
    _, first, codes = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    kinds = tuple(
        None if bare[row] else tuple(names[place] for place in np.flatnonzero(marks[row])) for row in first.tolist()
    )
    several = bool((marks[~bare].sum(1) != 1).any())
    return Labelled(codes.reshape(-1).astype(np.int64), kinds, names, several)


def in_order(names: set[str]) -> tuple[str, ...]:
    """Names sorted as people count: 2 before 10."""
    def key(name: str) -> tuple[tuple[int, float, str], ...]:
        pieces = re.findall(r"-?\d+(?:\.\d+)?|\D+", name) if re.search(r"\d", name) else [name]
        return tuple(
            (0, float(piece), piece) if re.fullmatch(r"-?\d+(?:\.\d+)?", piece) else (1, 0.0, piece)
            for piece in pieces
        )

    return tuple(sorted(names, key=key))


def as_targets(labelled: Labelled, names: Sequence[str], multi: bool) -> np.ndarray:
    """Targets: int64 (n,) or, for several labels, float32 (n, classes). Unlabelled rows: -1 or zeros."""
    place = {name: number for number, name in enumerate(names)}
    if not multi:
        single = np.array([place[labels[0]] if labels else -1 for labels in labelled.kinds], dtype=np.int64)
        return np.asarray(single[labelled.codes])
    targets = np.zeros((len(labelled.kinds), len(names)), dtype=np.float32)
    for number, labels in enumerate(labelled.kinds):
        for name in labels or ():
            targets[number, place[name]] = 1.0
    return np.asarray(targets[labelled.codes])
