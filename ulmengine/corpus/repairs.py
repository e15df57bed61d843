"""Which documents a repair has left out: recorded by their text, so that it stays with them wherever they move.

A row number would name another document as soon as a row is put into the file, a test file is chosen or the header is
read as data. A record is ``<file>:<hash of the text>``, with ``:2`` behind it for the second document with that text,
where the file is "main", "test" or "unlabelled". Plain numbers, as older projects hold them, are still understood as
rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from .documents import Piece

Rows = npt.NDArray[np.int64]


def records_of(rows: Rows, pieces: Sequence[Piece], hashes: np.ndarray) -> tuple[str, ...]:
    """How the documents in ``rows`` of the corpus are recorded."""
    found: list[str] = []
    for piece in pieces:
        own = hashes[piece.start : piece.start + piece.table.rows]
        mine = rows[(rows >= piece.start) & (rows < piece.start + piece.table.rows)] - piece.start
        if len(mine):
            numbers = _occurrences(own)[mine]
            found += [
                f"{piece.role}:{text:016x}" + (f":{number}" if number > 1 else "")
                for text, number in zip(own[mine].tolist(), numbers.tolist(), strict=True)
            ]
    return tuple(found)


def rows_named(records: Sequence[str], pieces: Sequence[Piece], hashes: np.ndarray) -> Rows:
    """The row of the corpus that each of ``records`` means, in their order; -1 for a document that is not there."""
    found, _ = recorded_rows(records, pieces, hashes)
    names = dict(zip(records_of(found, pieces, hashes), found.tolist(), strict=True))
    return np.array([names.get(record, -1) for record in records], dtype=np.int64)


def recorded_rows(
    records: Iterable[int | str], pieces: Sequence[Piece], hashes: np.ndarray
) -> tuple[Rows, int]:
    """The rows that ``records`` mean, ascending, and how many records mean none any more."""
    records = set(records)
    rows = [record for record in records if isinstance(record, int) and 0 <= record < len(hashes)]
    texts = {record for record in records if isinstance(record, str)}
    there = 0
    for piece in pieces:
        wanted = {record for record in texts if record.startswith(f"{piece.role}:")}
        if not wanted:
            continue
        own = hashes[piece.start : piece.start + piece.table.rows]
        named = np.array([_hash_in(record) for record in wanted], dtype=np.uint64)
        candidates = np.flatnonzero(np.isin(own, named)).astype(np.int64) + piece.start
        names = records_of(candidates, [piece], hashes)
        mine = [row for row, name in zip(candidates.tolist(), names, strict=True) if name in wanted]
        there += len(mine)
        rows += mine
    return np.unique(np.array(rows, dtype=np.int64)), len(texts) - there


def _occurrences(hashes: np.ndarray) -> Rows:
    """The how-manieth document with its text each one is, from 1 on."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    place = np.arange(len(order), dtype=np.int64)
    first = np.ones(len(order), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = place - np.maximum.accumulate(np.where(first, place, 0)) + 1
    return numbers


def _hash_in(record: str) -> int:
    """The hash a record names; 0 where it is none, which no record of a document then equals."""
    try:
        return int(record.split(":")[1], 16) & (2**64 - 1)
    except ValueError:
        return 0
