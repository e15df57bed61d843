"""Small JSON files of a run's record: whole or not there, each with its format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ulmengine.disk import whole

FORMAT = 1
LARGEST = 64 << 20
"""Bytes; a larger one was not written here, and memory is not to be filled with it."""


def write_record(path: Path, values: dict[str, Any]) -> None:
    """Write ``values`` to ``path``; a power cut leaves the old one or the new one."""
    with whole(path) as beside:
        text = json.dumps({"format": FORMAT, **values}, indent=1, ensure_ascii=False)
        beside.write_text(text, encoding="utf-8")


def read_record(path: Path) -> dict[str, Any]:
    """What :func:`write_record` wrote; empty if there is none, or none that can be read.

    :raises ValueError: a newer version of the program wrote it.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size <= LARGEST else None
    except (OSError, ValueError):
        return {}
    if not isinstance(values, dict):
        return {}
    if values.get("format", 0) > FORMAT:
        raise ValueError(f"{path} was written by a newer version of the program; update it to go on")
    return values
