"""A folder or archive of which each JSON file is one record: a post, a report, a page that was fetched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from ulmengine.corpus.guess import Hints

from .frames import frames_of_records
from .jsonrows import as_record
from .layout import DESCRIPTIONS, TreeLayout, find_layout, is_about
from .reading import Look, Pass, Reading
from .tree_files import read_tree

_LEAST, _SAMPLE = 6, 40
_LARGEST = 4 << 20
_LONG = 20
"""Characters of the longest value of a record on average, at least."""


def plan(look: Look, _reason: str = "") -> Reading | None:
    """Plan the reading of a tree of JSON files of one record each. :raises CorpusError: a file is damaged."""
    files, complete = look.files if look.source.is_tree else ({}, False)
    names = [name for name in files if not is_about(name) and PurePosixPath(name).name not in DESCRIPTIONS]
    if not complete or len(names) < _LEAST or any(PurePosixPath(name).suffix.lower() != ".json" for name in names):
        return None
    shown = names[:: max(1, len(names) // _SAMPLE)]
    records = [_record(data) for _, data in read_tree(look.source, shown)]
    found = [as_record(record) for record in records if record is not None]
    if len(found) < len(shown) or not _are_alike(found):
        return None
    layout = find_layout([_as_text(name) for name in names])
    taken = {name for record in found for name in record}
    told = [next(name for name in (own, f"{own} of the folder", f"{own} (2)") if name not in taken) for own in (
        *(("label",) if layout.labelled else ()), *(("part",) if layout.parts else ()), "file")]
    labelled = layout.labelled and "label" in told
    reason = f"each of {len(names):,} JSON files is one record"
    return Reading(
        look.source, "json_files", partial(_chunks, layout, told, names), "utf-8", rows=len(names),
        hints=Hints(label=("label",), reason="folders name the labels") if labelled else Hints(),
        reasons={"format": reason + "; folders name the labels" * labelled},
    )


def _record(data: bytes | None) -> dict[str, Any] | None:
    """The record that a file is; None where it is none, or rather a list of them."""
    try:
        value = json.loads((data or b"").decode("utf-8-sig")) if data and len(data) <= _LARGEST else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not value:
        return None
    largest = max(value.values(), key=lambda one: len(json.dumps(one)))
    inner = list(largest.values()) if isinstance(largest, dict) else largest if isinstance(largest, list) else []
    return None if len(inner) > 1 and all(isinstance(one, dict) for one in inner) else value


def _are_alike(records: Sequence[Mapping[str, str | None]]) -> bool:
    """Whether records have fields in common, one of them a text that differs."""
    common = set.intersection(*(set(record) for record in records))
    mean = len(records) * _LONG
    return any(sum(len(record[name] or "") for record in records) >= mean
               and sum(" " in (record[name] or "") for record in records) > 0.5 * len(records)
               and len({record[name] for record in records}) > 0.5 * len(records) for name in common)


def _as_text(name: str) -> str:
    return PurePosixPath(name).with_suffix(".txt").as_posix()


def _chunks(
    layout: TreeLayout, told: Sequence[str], names: Sequence[str], reading: Reading, going: Pass
) -> Iterator[pl.DataFrame]:
    """The records as frames, each with what the path says of it; what is no record is counted as skipped."""
    digest = hashlib.blake2b(digest_size=16)
    going.unit, going.size = "documents", len(names)

    def records() -> Iterator[Mapping[str, str | None]]:
        wanted = set(names)
        for name, data in read_tree(reading.source, names, going.most):
            if name not in wanted:
                continue
            going.position += 1
            digest.update(name.encode("utf-8", "surrogateescape") + b"\0" + (data or b""))
            going.given += len(data or b"")
            value = _record(data)
            if value is None:
                if not going.faults.skipped:
                    going.faults.notes.append(f"'{name}' is not one record as the other files are, and was skipped, as "
                                              "are others like it.")
                going.faults.lost.append(going.position - 1)
                going.faults.skipped += 1
                continue
            label, part = layout.place(_as_text(name)) or ("", "")
            cells = (*((label,) if layout.labelled else ()), *((part,) if layout.parts else ()), name)
            yield {**as_record(value), **dict(zip(told, cells, strict=True))}
            if going.most is not None and going.given > going.most:
                return

    yield from frames_of_records(records(), going.faults)
    going.digest = digest.hexdigest()
