"""Rows of strings gathered into frames."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import polars as pl

from ulmengine.corpus import limits
from ulmengine.corpus.errors import Faults

from .encoding import BAD

T = TypeVar("T")
OTHERS = "further fields"
FIRST_ROWS = 1_000
"""The first frame is small, so that a preview need not wait for a full one."""


def frames_of(rows: Iterator[list[str]], columns: tuple[str, ...], faults: Faults) -> Iterator[pl.DataFrame]:
    """Rows, each with a cell for every column, as frames within the limits of a chunk."""
    for batch in _batches(((row, sum(map(len, row))) for row in rows), columns):
        yield _frame(zip(*batch, strict=True), columns, faults)


def frames_of_records(records: Iterator[Mapping[str, str | None]], faults: Faults) -> Iterator[pl.DataFrame]:
    """Records whose keys may differ as frames; a key that a record lacks is null there.

    Where every record brings keys of its own, those beyond the most columns stand together in one, as JSON.
    """
    columns: dict[str, None] = {}
    fitting = (one if one.keys() <= columns.keys() else _within(one, columns, faults) for one in records)
    for batch in _batches(((one, sum(len(value or "") for value in one.values())) for one in fitting), columns):
        yield _frame(([row.get(name) for row in batch] for name in columns), tuple(columns), faults)


def _batches(rows: Iterable[tuple[T, int]], columns: Collection[str]) -> Iterator[list[T]]:
    """Rows, each given with its characters, within the limits of a chunk; ``columns`` may grow on the way."""
    batch: list[T] = []
    size, most = 0, FIRST_ROWS
    for row, characters in rows:
        batch.append(row)
        size += characters
        if len(batch) >= most or size >= limits.CHUNK_CHARACTERS or len(batch) * len(columns) >= limits.MAX_CELLS:
            yield batch
            batch, size, most = [], 0, limits.CHUNK_ROWS
    if batch:
        yield batch


def _within(record: Mapping[str, str | None], columns: dict[str, None], faults: Faults) -> Mapping[str, str | None]:
    """``record`` with its new keys made columns, as far as there is room for them."""
    new = [name for name in record if name not in columns]
    room = max(0, limits.MAX_COLUMNS - len(columns))
    if OTHERS not in columns and len(new) > room:
        faults.notes.append(
            f"The records have more than {limits.MAX_COLUMNS:,} different fields: those that came later stand together "
            f"in the column '{OTHERS}'."
        )
        columns[OTHERS] = None
    columns.update(dict.fromkeys(new[:room]))
    rest = {name: record[name] for name in new[room:]}
    if not rest:
        return record
    kept = {name: value for name, value in record.items() if name not in rest}
    return {**kept, OTHERS: json.dumps(rest, ensure_ascii=False)}


def _frame(cells: Iterator[Sequence[str | None]], columns: tuple[str, ...], faults: Faults) -> pl.DataFrame:
    return pl.DataFrame([_series(name, values, faults) for name, values in zip(columns, cells, strict=True)])


def _series(name: str, values: Sequence[str | None], faults: Faults) -> pl.Series:
    r"""A column; half a surrogate pair, as "\ud83d" in JSON, is no character: replaced and counted."""
    try:
        return pl.Series(name, values, dtype=pl.String)
    except UnicodeEncodeError:
        clean = [None if value is None else _whole(value, faults) for value in values]
        return pl.Series(name, clean, dtype=pl.String)


def _whole(text: str, faults: Faults) -> str:
    halves = sum("\ud800" <= character <= "\udfff" for character in text)
    faults.undecodable += halves
    return "".join(BAD if "\ud800" <= c <= "\udfff" else c for c in text) if halves else text
