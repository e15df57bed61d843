"""Which documents a repair has left out, and of which the label is corrected: recorded by their text, so that it stays
with them wherever they move.

A row number would name another document as soon as a row is put into the file, a test file is chosen or the header is
read as data. A record is ``<file>:<hash of the text>``, with ``:2`` behind it for the second document with that text,
where the file is "main", "test" or "unlabelled"; plain numbers, as older projects hold them, are rows. Corrected labels
stand in ``CorpusConfig.relabelled`` in the form of :mod:`ulmengine.record.relabelled`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ulmengine.disk import parsed

from .documents import Piece
from .errors import CorpusError
from .findings import Rows


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


def recorded_rows(records: Iterable[int | str], pieces: Sequence[Piece], hashes: np.ndarray) -> tuple[Rows, int]:
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


def corrections(records: Iterable[str], multi_label: bool) -> dict[str, tuple[str, ...]]:
    """The corrected labels by document; of several records of one document the last one counts.

    :raises CorpusError: a record that is none.
    """
    found: dict[str, tuple[str, ...]] = {}
    for record in records:
        key, sign, value = record.partition("=")
        if not sign or key.count(":") < 1:
            raise CorpusError(f"'{record}' is no corrected label; write <document key>=<label> as the Studio does.")
        try:
            found[key] = tuple(map(str, parsed(value))) if multi_label else (value,)
        except (ValueError, TypeError) as error:
            raise CorpusError(f"'{record}' is no list of labels; write <document key>=[\"a\", \"b\"].") from error
    return found


def relabelled_rows(
    changes: dict[str, tuple[str, ...]], pieces: Sequence[Piece], hashes: np.ndarray
) -> tuple[dict[int, tuple[str, ...]], int]:
    """The corrected labels by row of the corpus, and how many of ``changes`` mean no document any more."""
    rows = rows_named(list(changes), pieces, hashes).tolist()
    found = {row: labels for row, labels in zip(rows, changes.values(), strict=True) if row >= 0}
    return found, len(changes) - len(found)


def corrected_targets(
    targets: np.ndarray, changes: dict[int, tuple[str, ...]], names: Sequence[str], multi_label: bool
) -> np.ndarray:
    """``targets`` (of all rows) with the corrections by row."""
    place = {name: number for number, name in enumerate(names)}
    new = targets.copy()
    for row, labels in changes.items():
        if multi_label:
            new[row] = 0
            new[row, [place[label] for label in labels]] = 1
        else:
            new[row] = place[labels[0]]
    return new
