"""Labels that a person has corrected: recorded by the document's text, never written into the file.

``CorpusConfig.relabelled`` holds what is in force, ``<document key>=<label>`` (several labels as a JSON list), so that
a run's frozen description names every correction it was trained with. The journal beside a project tells when and why.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from .documents import Piece
from .errors import CorpusError
from .repairs import rows_named

JOURNAL = "labels.jsonl"


@dataclass(frozen=True)
class LabelChange:
    """One line of the journal. ``document``: key as in the repairs; ``before`` ("from" in the file) and ``to``: its
    labels, none of them for those that stand in the corpus' file."""

    document: str
    before: tuple[str, ...]
    to: tuple[str, ...]
    when: str
    why: str


def correction(key: str, labels: Sequence[str], multi_label: bool) -> str:
    """How the corrected ``labels`` of the document ``key`` are recorded."""
    return f"{key}={json.dumps(list(labels), ensure_ascii=False)}" if multi_label else f"{key}={labels[0]}"


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


def write_down(path: Path, changes: Iterable[tuple[str, Sequence[str], Sequence[str]]], why: str) -> None:
    """Append changes (document, labels before, labels now) to the journal at ``path``.

    :raises OSError: it cannot be written.
    """
    when = datetime.now().astimezone().isoformat(timespec="seconds")
    lines = [json.dumps({"document": document, "from": list(before), "to": list(to), "when": when, "why": why},
                        ensure_ascii=False) + "\n" for document, before, to in changes]
    if not lines:
        return
    with path.open("a", encoding="utf-8") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def read_journal(path: Path) -> list[LabelChange]:
    """The journal at ``path``, oldest first; a line that a power cut has spoilt is passed over."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            values = json.loads(line)
            found.append(LabelChange(str(values["document"]), tuple(values["from"]), tuple(values["to"]),
                                     str(values["when"]), str(values["why"])))
        except (ValueError, KeyError, TypeError):
            continue
    return found
