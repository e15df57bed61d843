"""Labels that a person has corrected, as they are written down: in the project's description and in a journal.

A record is ``<document key>=<label>`` (several labels as a JSON list). The journal beside a project tells when and why.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ulmengine.disk import parsed

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
            values = parsed(line)
            found.append(LabelChange(str(values["document"]), tuple(values["from"]), tuple(values["to"]),
                                     str(values["when"]), str(values["why"])))
        except (ValueError, KeyError, TypeError):
            continue
    return found
