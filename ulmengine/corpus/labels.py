"""Cells to labels: one a document, several, or none."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from .cells import FALSE, SIGNS, TRUE, is_number, is_unnamed, named_in, vector
from .errors import CorpusError
from .missing import MISSING
from .ordering import in_order

MAX_LABELS = 10_000
_NO_MARK = frozenset({"-1", "-1.0"})  # a whole row of it: not labelled (as in the Jigsaw test file)
_DASHES = frozenset({"-", "--", "\u2013", "\u2014"})
"""A cell with nothing else in it is an empty list, unless a plus stands in others, or hardly another name stands."""
_MAY_NAME = frozenset({"nan", "NaN", "NAN", "null", "Null", "NULL", "<null>"})
"""Of these the words that are a class's name where no cell of the column is empty and they are as common as one."""


_CODE = re.compile("[A-Z]{2,3}")
"""A code of two or three capitals, as of continents and countries: among such ones NA is one too."""

Labels = tuple[str, ...] | None
"""The names of one row's labels; empty: none applies; None: not labelled."""


@dataclass(frozen=True)
class RowLabels:
    """The labels of a table's rows: row ``i`` bears ``kinds[codes[i]]``. ``names``: all labels, in order.

    ``missing``: cells that count as not labelled, and how often each stands there; empty ones only where others hold
    lists. ``bare``: cells of such a column that say that none of the labels applies. ``doubtful``: words for a missing
    value that are read as the names of classes. ``vector``: a cell of those that hold a mark for each label.
    """

    codes: np.ndarray  # int64 (rows,)
    kinds: tuple[Labels, ...]
    names: tuple[str, ...]
    multi: bool
    missing: dict[str, int] = field(default_factory=dict)
    bare: dict[str, int] = field(default_factory=dict)
    doubtful: dict[str, int] = field(default_factory=dict)
    vector: str = ""

    @property
    def bears(self) -> np.ndarray:
        """Which rows are labelled: bool (rows,)."""
        return np.asarray(np.array([labels is not None for labels in self.kinds], dtype=bool)[self.codes])


def unlabelled(rows: int) -> RowLabels:
    """``rows`` rows without labels."""
    return RowLabels(np.zeros(rows, dtype=np.int64), (None,), (), False)


def read_labels(columns: Sequence[pl.Series], delimiter: str = "", names: Collection[str] = ()) -> RowLabels:
    """The labels in one column, in several columns of 0 and 1, or in several of words, which a document bears
    together. Each different cell is looked at once.

    :param names: the names of the main file, which may be words such as "null".

    :raises CorpusError: columns of which some are of 0 and 1 and others not, or far too many different labels.
    """
    if len(columns) > 1:
        return _union(columns, delimiter, names) if all(map(_holds_words, columns)) else _one_hot(columns)
    cells = columns[0].fill_null("").str.strip_chars()
    codes = cells.rank("dense").to_numpy().astype(np.int64) - 1
    counts: dict[str, int] = dict(cells.value_counts().iter_rows())
    named = _named_words(counts) | (set(names) & MISSING & counts.keys())
    nothing = MISSING - named
    if vectors := _vectors([cell for cell in counts if cell and cell not in nothing]):
        return _places(codes, cells.unique().sort().to_list(), vectors)
    others = counts.keys() - _DASHES - nothing - {""}
    dashes = frozenset() if len(others) < 2 or "+" in others or _DASHES & set(names) else _DASHES
    nothing |= set(filter(is_unnamed, counts))
    borne = named_in([cell for cell in counts if cell and cell not in nothing | dashes], delimiter)
    kinds = {cell: tuple(borne[cell]) if cell in borne else () if cell in dashes and cell not in nothing else None
             for cell in cells.unique().sort()}
    multi = bool(delimiter) or any(labels is not None and len(labels) > 1 for labels in kinds.values())
    if multi:
        beside = {name for labels in kinds.values() if labels and len(labels) > 1 for name in labels}
        kinds |= {cell: () for cell in counts if cell.lower() == "none" and cell not in beside | set(names)}
    else:  # an empty list where all others hold one label is a document without its label
        kinds = {cell: labels or None for cell, labels in kinds.items()}
    found = {name for labels in kinds.values() if labels for name in labels}
    if len(found) > MAX_LABELS:
        raise CorpusError(
            f"The column '{columns[0].name}' holds {len(found):,} different values, too many for labels. Choose the "
            "column that holds the class of each document."
        )
    often = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    words = nothing | dashes | ({""} if multi else set())
    return RowLabels(
        codes, tuple(kinds.values()), in_order(found), multi,
        missing={cell: count for cell, count in often if kinds[cell] is None and cell in words},
        bare={cell: count for cell, count in often if kinds[cell] == ()},
        doubtful={word: counts[word] for word in sorted(named)},
    )


def _vectors(cells: Sequence[str]) -> dict[str, list[bool]]:
    """The marks in each of several ``cells`` that all hold as many, one for each label; {} where they hold none."""
    vectors = {cell: marks for cell in cells if (marks := vector(cell)) is not None}
    alike = len(vectors) == len(cells) > 1 and len(set(map(len, vectors.values()))) == 1
    return vectors if alike else {}


def _places(codes: np.ndarray, cells: Sequence[str], vectors: dict[str, list[bool]]) -> RowLabels:
    """The labels of a column of ``vectors``, of which each place, counted from 1, is a label."""
    kinds = tuple(tuple(str(place) for place, mark in enumerate(vectors[cell], 1) if mark) if cell in vectors else None
                  for cell in cells)
    shown, marks = next(iter(sorted(vectors.items())))
    names = tuple(str(place) for place in range(1, len(marks) + 1))
    several = any(labels is not None and len(labels) != 1 for labels in kinds)
    return RowLabels(codes, kinds, names, several, vector=shown)


def _named_words(counts: dict[str, int]) -> set[str]:
    """The words for a missing value that are names of classes here: in a column without an empty cell, those as common
    as a class, or all where hardly another name is left."""
    words = {word: count for word, count in counts.items() if word in MISSING}
    others = [count for word, count in counts.items() if word and word not in MISSING]
    if not words or counts.get("", 0):
        return set()
    if len(others) < 2 <= len(others) + len(words):
        return set(words)
    usual = sorted(others)[len(others) // 2] if others else 0
    names = [word for word in counts if word and word not in MISSING]
    may = _MAY_NAME | {"NA"} if len(names) > 1 and all(map(_CODE.fullmatch, names)) else _MAY_NAME
    return {word for word, count in words.items() if word in may and count >= max(5, 0.5 * usual)}


def _holds_words(column: pl.Series) -> bool:
    """Whether a column, one of several, holds names rather than marks and numbers, or nothing."""
    cells = set(column.drop_nulls().str.strip_chars().unique()) - MISSING - {""}
    return sum(is_number(cell) or cell.lower() in TRUE | FALSE for cell in cells) <= 0.5 * len(cells)


def _union(columns: Sequence[pl.Series], delimiter: str, names: Collection[str]) -> RowLabels:
    """Columns of words: what stands in any of them is a label of the row. Where nothing stands, it has none."""
    one = read_labels([pl.concat([column.alias("label") for column in columns])], delimiter, names)
    rows, codes = np.unique(one.codes.reshape(len(columns), -1).T, axis=0, return_inverse=True)
    kinds: list[Labels] = []
    for row in rows.tolist():
        named = [labels for labels in (one.kinds[code] for code in row) if labels is not None]
        kinds.append(tuple(dict.fromkeys(name for labels in named for name in labels)) if named else None)
    multi = one.multi or any(labels is not None and len(labels) > 1 for labels in kinds)
    codes = codes.reshape(-1).astype(np.int64)
    bare = int(np.array([labels is None for labels in kinds], dtype=bool)[codes].sum())
    missing = {cell: count for cell, count in one.missing.items() if cell} | ({"": bare} if multi and bare else {})
    return replace(one, codes=codes, kinds=tuple(kinds), multi=multi, missing=missing)


def _one_hot(columns: Sequence[pl.Series]) -> RowLabels:
    """Columns of 0 and 1, each named like its label; one label a document where each row has exactly one 1.

    A row with nothing in it, where others hold 0 as well as 1, is not labelled. Where a table holds only the ones, the
    empty cells are its zeros; where it holds only 1 and -1, these.
    """
    names = tuple(column.name for column in columns)
    cells = [column.fill_null("").str.strip_chars().str.to_lowercase() for column in columns]
    if not any(len(set(values.unique()) - SIGNS - {""}) for values in cells):
        cells = [values.replace({"-1": "0", "-1.0": "0", "+1": "1"}) for values in cells]
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
                f"Several label columns must hold 0 and 1, or all of them names of labels, but '{column.name}' holds "
                f"'{strange[0]}' beside numbers or marks in it or in another. Choose one label column, or only columns "
                "of one kind."
            )
        marks[:, place] = values.is_in(sorted(TRUE)).to_numpy()
    packed = np.packbits(np.column_stack([marks, bare]), axis=1)  # rows of bytes: an eighth to compare
    _, first, codes = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    kinds = tuple(
        None if bare[row] else tuple(names[place] for place in np.flatnonzero(marks[row])) for row in first.tolist()
    )
    several = bool((marks[~bare].sum(1) != 1).any())
    return RowLabels(codes.reshape(-1).astype(np.int64), kinds, names, several)


def as_targets(labelled: RowLabels, names: Sequence[str], multi: bool) -> np.ndarray:
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


def without_small(
    targets: np.ndarray, classes: int, dropped: np.ndarray, least: int, test: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which of the ``classes`` have ``least`` documents that are not ``dropped``, bool (classes,), and the rows, int64,
    of those documents that bear others alone.

    :param test: bool (n,), the documents of a test part that was given: nothing is learnt from them, they do not count.

    :raises CorpusError: no class has so many.
    """
    if least < 2 or not classes:
        return np.ones(classes, dtype=bool), np.zeros(0, dtype=np.int64)
    there = np.ones(len(targets), dtype=bool)
    there[dropped] = False
    if targets.ndim > 1:
        kept = (targets[there & ~test] > 0).sum(axis=0) >= least
        small = (targets > 0).any(axis=1) & ~(targets[:, kept] > 0).any(axis=1)
    else:
        kept = np.bincount(targets[there & ~test & (targets >= 0)], minlength=classes) >= least
        small = (targets >= 0) & ~kept[targets]
    if not kept.any():
        raise CorpusError(f"No class has {least:,} documents, the fewest that a class is set to have. Set fewer, or "
                          "choose another label column.")
    return kept, np.flatnonzero(small & there).astype(np.int64)


def without_bearers(given: np.ndarray, now: np.ndarray, classes: int, dropped: np.ndarray) -> np.ndarray:
    """Which of the ``classes`` some row bears in the targets as ``given``, but none that is not ``dropped`` in those of
    ``now``: bool (classes,). None of them where every class would be one."""
    bare = ~_borne(np.delete(now, dropped, axis=0), classes)
    return bare & _borne(given, classes) if not bare.all() else np.zeros_like(bare)


def _borne(targets: np.ndarray, classes: int) -> np.ndarray:
    """Which of the ``classes`` one of ``targets`` names: bool (classes,)."""
    if targets.ndim > 1:
        return np.asarray((targets > 0).any(axis=0))
    return np.isin(np.arange(classes), targets)


def only(targets: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """``targets`` as places among the ``kept`` classes, bool (classes,), alone; -1 for a class that is not."""
    if kept.all():
        return targets
    if targets.ndim > 1:
        return np.asarray(targets[:, kept])
    places = np.where(kept, np.cumsum(kept) - 1, -1)
    return np.where(targets >= 0, places[targets], -1).astype(np.int64)
