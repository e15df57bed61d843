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
        values = read_json(path)
    except (OSError, ValueError):
        return {}
    if not isinstance(values, dict):
        return {}
    if isinstance(values.get("format"), int) and values["format"] > FORMAT:
        raise ValueError(f"{path} was written by a newer version of the program; update it to go on")
    return values


def read_json(path: Path) -> Any:
    """The JSON in the file ``path``, which may come from anywhere.

    :raises OSError: there is no such file. :raises ValueError: it is no JSON, too large, or nested too deeply.
    """
    if not path.is_file():  # a device or a pipe may never end
        raise FileNotFoundError(path)
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"{path} is larger than any record")
    return parsed(content)


def parsed(content: bytes) -> Any:
    """The JSON ``content``. :raises ValueError: it is none, or nested too deeply."""
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
