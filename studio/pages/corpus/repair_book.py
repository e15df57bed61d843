"""Which repair has left out which documents, so that each can be taken back by itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ulmengine.disk import read_json, whole

FILE = "repairs.json"
Records = tuple[int | str, ...]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Repair:
    """Documents that one repair has left out. ``title``: what was wrong with them; empty where it is not known.

    ``records``: as in ``CorpusConfig.drop_rows``.
    """

    title: str
    records: Records


class RepairBook:
    """Remembers the reason of each repair beside the corpus' copies.

    What is left out stands in the project's description alone; the book only says why. So undo needs nothing of it,
    and a book that is lost costs the names of the repairs, not the repairs.
    """

    def __init__(self, cache: Path) -> None:
        self._path = cache / FILE
        self._repairs = _read(self._path)

    def write_down(self, title: str, records: Iterable[int | str]) -> None:
        """The repair of ``title`` has left these documents out; no other repair has them any more."""
        new = dict.fromkeys(records)
        kept = [Repair(one.title, tuple(record for record in one.records if record not in new))
                for one in self._repairs if one.title != title]
        same = [record for one in self._repairs if one.title == title for record in one.records]
        self._repairs = [*(one for one in kept if one.records), Repair(title, tuple(dict.fromkeys([*same, *new])))]
        _write(self._path, self._repairs)

    def in_force(self, dropped: Iterable[int | str]) -> tuple[Repair, ...]:
        """The repairs behind ``CorpusConfig.drop_rows``, oldest first; what no repair is known for comes last."""
        left = dict.fromkeys(dropped)
        found = []
        for one in self._repairs:
            mine = tuple(record for record in one.records if record in left)
            for record in mine:
                del left[record]
            if mine:
                found.append(Repair(one.title, mine))
        return (*found, Repair("", tuple(left))) if left else tuple(found)


def _read(path: Path) -> list[Repair]:
    try:
        values: Any = read_json(path)
        return [Repair(str(one["title"]), tuple(one["records"])) for one in values]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        _log.warning("%s is passed over: %s", path, error)
        return []


def _write(path: Path, repairs: list[Repair]) -> None:
    try:
        path.parent.mkdir(exist_ok=True)  # not the project, should it have been moved away
        with whole(path) as beside:
            text = json.dumps([{"title": one.title, "records": one.records} for one in repairs])
            beside.write_text(text, encoding="utf-8")
    except OSError as error:
        _log.warning("%s could not be written: %s", path, error)
