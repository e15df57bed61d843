"""Small JSON files of a run's record: whole or not there, each with its format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ulmengine.disk import read_json, whole

FORMAT = 1


def write_record(path: Path, values: dict[str, Any]) -> None:
    """Write ``values`` to ``path``; a power cut leaves the old one or the new one."""
    with whole(path) as beside:
        text = json.dumps({"format": FORMAT, **values}, indent=1, ensure_ascii=False)
        # A path may hold bytes that are no UTF-8: half a character each, which so is written as JSON reads it again.
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")


def read_record(path: Path) -> dict[str, Any]:
    """What :func:`write_record` wrote; empty if there is none, or none that can be read.

    :raises ValueError: a newer version of the program wrote it.
    """
    try:
        values = read_json(path)
    except (OSError, ValueError):
        return {}
    if not isinstance(values, dict):
        return {}
    if isinstance(values.get("format"), int) and values["format"] > FORMAT:
        raise ValueError(f"{path} was written by a newer version of the program; update it to go on")
    return values
