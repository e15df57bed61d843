"""The event log: one JSON object a line, only ever appended to.

A process that dies while it writes leaves at most a torn last line; a reader passes over it and the next writer
cuts it off. Going on from a checkpoint cuts the log back to what had been said when the checkpoint was made, so that
the log of a resumed run reads like that of one never interrupted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from ulmengine.disk import no_link, parsed, refuse_link
from ulmengine.events import Event, Finishing, RunStarted, StageEnded, StageStarted, Step, from_json, to_json

from .records import read_record

FORMAT = 1
SEEN = 4_096
"""Bytes before its place by which a follower knows the log again; every line has a time of day in it."""
LONGEST = 16 << 20
"""Bytes of a line beyond which it is no event."""


class EventLog:
    """An open log that events are appended to. Every event but a :class:`Step` is flushed to the disk at once."""

    def __init__(self, path: Path, *, keep: int | None = None) -> None:
        """Open ``path``; ``keep``: cut it back to this many bytes first (None: only a torn last line is cut).

        :raises ValueError: a newer version of the program wrote it; reading it is no harm, adding to it may be.
        """
        self.path = path
        refuse_link(path)
        _refuse_newer(path)
        length = _whole_lines(path) if keep is None else min(keep, _whole_lines(path))
        # Unbuffered, so that a line that did not fit on the disk is not tried again behind the person's back.
        self._file: BinaryIO = open(  # noqa: SIM115 - closed with the log
            path, "r+b" if path.exists() else "w+b", buffering=0, opener=no_link)
        self._file.truncate(length)
        self._file.seek(length)
        if length == 0:
            self._begin()

    @property
    def length(self) -> int:
        """Bytes written so far: what a checkpoint remembers as the log's end."""
        return self._file.tell()

    def append(self, event: Event) -> None:
        """Add ``event`` with the time of day; readers of other processes see it at once."""
        self._write({**to_json(event), "at": round(time.time(), 3)})
        if not isinstance(event, Step):
            os.fsync(self._file.fileno())

    def cut(self, length: int) -> None:
        """Give up everything after the first ``length`` bytes; a log that a power cut has left shorter stays as it is.

        A longer one would be filled up with zeros, and the next event would be lost behind them.
        """
        length = min(length, self._file.seek(0, os.SEEK_END))
        self._file.truncate(length)
        self._file.seek(length)

    def clear(self) -> None:
        """Give up everything: the run begins anew."""
        self.cut(0)
        self._begin()

    def sync(self) -> None:
        """Wait until all of it is on the disk: a checkpoint that remembers the log's length must not outlive it."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Flush and close; a second call does nothing."""
        if not self._file.closed:
            try:
                self.sync()
            finally:
                self._file.close()

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> None:
        self._write({"type": "log", "format": FORMAT})

    def _write(self, values: dict[str, Any]) -> None:
        text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        line = text.encode(errors="backslashreplace") + b"\n"
        start = self._file.tell()
        try:
            while line:
                line = line[self._file.write(line):]
        except OSError:
            self.cut(start)
            raise


def read_events(path: Path, start: int = 0, *, kinds: Sequence[type[Event]] = ()) -> Iterator[tuple[Event, float]]:
    """Yield each event of the log at ``path`` with its time of day (seconds since 1970), from byte ``start`` on.

    A torn last line and events of a kind this version does not know are passed over.

    :param kinds: only these; what the others hold is not looked at, so that a million steps cost next to nothing.
    """
    for values, _ in _lines(path, start, tuple(map(_begin_of, kinds))):
        yield from ((event, _moment(values)) for event in _events(values, path))


class LogFollower:
    """Reads a log that another process (another machine, over a shared folder) may still be writing.

    :ivar restarts: how often the log was cut back (a run resumed, or gone back) and the reading began anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.restarts = 0
        self._position = 0
        self._seen = b""

    def poll(self) -> list[Event]:
        """The events added since the last call, or all of them where :attr:`restarts` has grown."""
        # What was read last may not stand where it stood: a log that was cut may have grown past it since.
        if self._position and self._before(self._position) != self._seen:
            self._position, self._seen = 0, b""
            self.restarts += 1
        found: list[Event] = []
        for values, end in _lines(self.path, self._position):
            found += _events(values, self.path)
            self._position = end
        self._seen = self._before(self._position)
        return found

    def _before(self, position: int) -> bytes:
        if not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            start = max(0, position - SEEN)
            file.seek(start)
            return file.read(position - start)


def _refuse_newer(path: Path) -> None:
    if path.exists():
        with path.open("rb") as file:
            first = file.readline(1_000)
        try:
            found = parsed(first).get("format", 0)
        except (ValueError, AttributeError):
            return
        if isinstance(found, int) and found > FORMAT:
            raise ValueError(f"{path} was written by a newer version of the program; update it to go on")


def _events(values: dict[str, Any], path: Path) -> list[Event]:
    """The event of a line, none of one that this version does not know; to an early log is added what it left out."""
    try:
        kind = values["type"]
        if kind == StageStarted.kind and "task" not in values:
            values["task"] = "classifier" if values["groups"][-1:] == ["head"] else "language_model"
            values["direction"] = "backward" if values["name"].endswith("(backward)") else "forward"
        elif kind == StageEnded.kind and "why" not in values:
            values["why"] = "asked" if values.get("skipped") else "epochs"
        elif kind == RunStarted.kind and any("pretrained" not in stage for stage in values["stages"]):
            return _early_start(values, path)
        return [from_json(values)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
        return []


def _early_start(values: dict[str, Any], path: Path) -> list[Event]:
    """A run's beginning in a log that did not say whether its language model came pretrained, nor of finishing early.

    A pretrained one learns slower in its lower layers, which the first step shows; finishing stood in a file.
    """
    nothing: dict[str, Any] = {"lrs": [0.0], "stage": 0}
    first = next((step for step, _ in _lines(path, 0, (_begin_of(Step),))), nothing)
    tuned = values["stages"][first["stage"]].get("task") == "language_model" and first["lrs"][0] < first["lrs"][-1]
    stages = [{**stage, "pretrained": tuned} for stage in values["stages"]]
    early = read_record(path.with_name("finish.json")).get("early")
    return [from_json({**values, "stages": stages}), *([Finishing(True)] if early else [])]


def _moment(values: dict[str, Any]) -> float:
    at = values.get("at")
    return float(at) if isinstance(at, (int, float)) and 0 <= at < 1e15 else 0.0


def _begin_of(kind: type[Event]) -> bytes:
    return f'{{"type":"{kind.kind}"'.encode()


def _lines(path: Path, start: int, begin: tuple[bytes, ...] = ()) -> Iterator[tuple[dict[str, Any], int]]:
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(start)
        end = start
        # A line without end, such as a damaged log of zeros, is not read into memory.
        for line in iter(partial(file.readline, LONGEST), b""):
            if not line.endswith(b"\n"):
                return
            end += len(line)
            if begin and not line.startswith(begin):
                continue
            try:
                values = parsed(line)
            except ValueError:
                continue
            if isinstance(values, dict):
                yield values, end


def is_unreadable(path: Path) -> bool:
    """Whether the log at ``path``, in which no event is found, holds something all the same: more than its first line,
    a short one, behind which nothing stands while the texts are prepared."""
    if not path.exists():
        return False
    first = next(_lines(path, 0), ({}, 0))
    begun = first[1] if first[0].get("type") == "log" else 0
    return _whole_lines(path) > begun or path.stat().st_size > 65_536


def _whole_lines(path: Path) -> int:
    """Bytes up to the end of the last whole line; looks back from the end, so a long log costs nothing."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        while position > 0:
            size = min(65_536, position)
            position = file.seek(position - size)
            at = file.read(size).rfind(b"\n")
            if at >= 0:
                return position + at + 1
            file.seek(position)
    return 0
