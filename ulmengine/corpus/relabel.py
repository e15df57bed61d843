"""Labels that a person has corrected: recorded by the document's text, never written into the file.

``CorpusConfig.relabelled`` holds what is in force, in the form of :mod:`ulmengine.record.relabelled`, so that a run's
frozen description names every correction it was trained with.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import numpy as np

from .documents import Piece
from .errors import CorpusError
from .repairs import rows_named


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
            found[key] = tuple(map(str, json.loads(value))) if multi_label else (value,)
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
