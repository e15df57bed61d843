"""All there is to say about one file: what it is, what it holds, what is wrong with it."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

from ulmengine.config import CorpusConfig
from ulmengine.events import Event

from .audit import audit
from .opening import open_corpus
from .split import PART_NAMES


def inspect(
    path: Path | str, config: CorpusConfig | None = None
) -> Generator[Event, None, dict[str, Any]]:
    """Read all of ``path`` and look for problems; returns plain JSON values.

    :raises CorpusError: it cannot be read.
    """
    config = (config or CorpusConfig()).model_copy(update={"path": str(path)})
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        return (yield from _inspect(config, Path(folder)))


def _inspect(config: CorpusConfig, cache: Path) -> Generator[Event, None, dict[str, Any]]:
    documents = yield from open_corpus(config, cache)
    findings = yield from audit(documents)
    found = documents.understood.to_json()
    names = ("path", "format", "encoding", "delimiter", "sheet", "sheets", "rows", "columns", "text_columns",
             "label_columns", "label_delimiter", "split_column")
    return {
        **{name: list(found[name]) if isinstance(found[name], tuple) else found[name] for name in names},
        "labels": list(documents.labels),
        "label_counts": dict(zip(documents.labels, documents.label_counts().tolist(), strict=True)),
        "multi_label": documents.multi_label,
        "parts": {part: documents.count(part) for part in PART_NAMES},
        "undecodable": documents.undecodable,
        "skipped": documents.skipped,
        "reasons": found["reasons"],
        "notes": list(documents.notes),
        "audit": [finding.to_json() for finding in findings],
    }
