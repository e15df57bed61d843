"""A run is a folder: everything that it was told, said and made stands in it, and it opens anywhere."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar, overload

from ulmengine import __version__
from ulmengine.config import RunConfig, load, refuse_undecodable, save
from ulmengine.disk import folders_of, is_beside, is_disk_full, no_link, refuse_link, whole
from ulmengine.events import Event, Failed, Finished, Finishing, RunStarted, Stopped
from ulmengine.plan.control import RunState

from .lock import RunLock, is_paused, owner_of
from .log import EventLog, read_events
from .records import read_record, write_record

E = TypeVar("E", bound=Event)
MOST_NOTES = 1 << 20
"""Characters of notes; a file that holds more was not written by a person."""
START = "start"
"""In place of a checkpoint's name: the beginning of the run."""
BRANCH, IMPORTED = "branch.json", "imported.json"
"""What tells that a run began where another one once stood, and that it is the copy of a run from elsewhere."""


class RunFolderError(ValueError):
    """The folder is no run of this program, or cannot be used as asked; the message says why and what to try."""

    cause = "files"


class RunFolderGoneError(RunFolderError):
    """The folder of a run that is under way was moved or removed."""

    cause = "folder_gone"

    def __init__(self, path: Path) -> None:
        super().__init__(f"The run's folder is gone from {path}")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A block that writes ``path``, or something in it.

    :raises RunFolderError: it cannot be written, or something else that is read for it cannot be.
    """
    try:
        yield
    except OSError as error:
        place, target, why = Path(error.filename or path).resolve(), path.resolve(), error.strerror or error
        full = is_disk_full(error)  # said of both files where one is copied
        if not (full or is_beside(place) or place.is_relative_to(target) or target.is_relative_to(place)):
            raise RunFolderError(f"{error.filename} cannot be read: {why}") from error
        advice = "; free some space, or choose a place on another disk" if full else ""
        raise RunFolderError(f"{path} cannot be written: {why}{advice}") from error


@contextmanager
def making(target: Path) -> Iterator[None]:
    """A block that makes ``target``, in a folder that is there.

    :raises RunFolderError: something stands there that is no empty folder, or it cannot be written.
    """
    with writing(target):
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise RunFolderError(f"{target} is there already; choose another name")
        with folders_of(target):
            yield


@dataclass(frozen=True)
class _Within:
    """The path of what a run's folder holds under a ``name``."""

    name: str

    def __get__(self, folder: RunFolder, kind: type[RunFolder]) -> Path:
        return folder.path / self.name


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run and what can be read from them without any training code."""

    path: Path

    config_path = _Within("config.toml")  # the frozen description
    log_path = _Within("events.jsonl")
    text_log_path = _Within("log.txt")  # for people
    notes_path = _Within("notes.md")  # of a person
    checkpoints = _Within("checkpoints")  # a folder
    model_path = _Within("model.ulmfit")
    tokenizer_path = _Within("tokenizer.json")  # as the run began, where it would not be learnt alike again

    @property
    def cache(self) -> Path:
        """Where prepared corpora lie: a project's runs share one cache; a run that stands alone has its own."""
        runs = self.path.resolve().parent
        return runs.parent / "cache" if runs.name == "runs" else self.path / "cache"

    @property
    def finishing(self) -> bool:
        """Whether the run is to end, or has ended, before its last stage, as its log says."""
        said = [event for event in self.events(RunStarted, Finishing) if isinstance(event, Finishing)]
        return bool(said) and said[-1].wanted

    @property
    def job(self) -> str:
        """Which call of ``torchrun`` works on the run (:func:`ulmengine.training.distributed.torchrun_job`)."""
        return str(read_record(self.path / "job.json").get("job", ""))

    def give_to_job(self, job: str) -> None:
        """Remember that the call ``job`` of ``torchrun`` works on the run: its restarts go on with it unasked."""
        if job != self.job:
            write_record(self.path / "job.json", {"job": job})

    def lock(self, *, take_over: bool = False) -> RunLock:
        """The lock to hold while working on the run; ``take_over`` as in :class:`RunLock`."""
        return RunLock(self.path / "lock.json", take_over=take_over)

    @classmethod
    def create(cls, path: Path, config: RunConfig) -> RunFolder:
        """Make a new run at ``path`` with its description frozen.

        :raises RunFolderError: a run stands there already, or the folder is not writable.
        :raises ConfigError: a name in the description is not UTF-8.
        """
        folder = cls(path)
        if folder.config_path.exists():
            raise RunFolderError(f"{path} holds a run already; give another folder, or go on with it (--resume)")
        with writing(path):
            folder.begin(config)
        return folder

    def begin(self, config: RunConfig) -> None:
        """Write what a run begins with: its description, frozen, and where it is made.

        :raises OSError: it cannot be written. :raises ConfigError: a name in the description is not UTF-8.
        """
        refuse_undecodable(config, str(self.path))
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        save(config, self.config_path, comments=True)
        write_record(self.path / "environment.json", environment())

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open the run that stands at ``path``.

        :raises RunFolderError: there is none.
        """
        folder = cls(path)
        if not folder.config_path.is_file():
            raise RunFolderError(f"{path} holds no run (config.toml is missing)")
        return folder

    def refuse_if_gone(self) -> None:
        """Make no folder anew for a run whose own was moved away. :raises RunFolderGoneError: it was."""
        if not self.path.is_dir():
            raise RunFolderGoneError(self.path)

    def config(self) -> RunConfig:
        """The frozen description, as it was meant when the run began.

        :raises ConfigError: it cannot be read.
        """
        return load(self.config_path, frozen=True)

    @overload
    def events(self) -> Iterator[Event]: ...
    @overload
    def events(self, kind: type[E], /, *kinds: type[E]) -> Iterator[E]: ...
    def events(self, *kinds: type[Any]) -> Iterator[Any]:
        """All events said so far, or those of these ``kinds``, which is quick in a long log."""
        return (event for event, _ in read_events(self.log_path, kinds=kinds) if isinstance(event, kinds or Event))

    def notes(self) -> str:
        """What a person has noted about the run, empty at first."""
        try:
            with self.notes_path.open(encoding="utf-8", errors="replace") as file:
                return file.read(MOST_NOTES)
        except FileNotFoundError:
            return ""

    def write_notes(self, text: str) -> None:
        """Keep ``text`` as the notes, also while the run is being trained."""
        with whole(self.notes_path) as beside:
            beside.write_text(text, encoding="utf-8", errors="replace")

    def open_log(self, keep: int | None = None) -> EventLog:
        """The event log, to be appended to; ``keep`` as in :class:`EventLog`."""
        refuse_link(self.text_log_path)  # before anything is given up
        return EventLog(self.log_path, keep=keep)

    def state(self) -> RunState:
        """Whether anybody works on the run, or pauses it, or else how it ended, if it began at all."""
        lock = self.lock().path
        if owner_of(lock) is not None:
            return RunState.PAUSED if is_paused(lock) else RunState.RUNNING
        match last_event(self.log_path):
            case None:
                return RunState.NEW
            case Finished():
                return RunState.FINISHED
            case Failed():
                return RunState.FAILED
            case Stopped():
                return RunState.STOPPED
        return RunState.INTERRUPTED

    def append_text(self, line: str) -> None:
        """Add a line with the time of day to the log for people; an empty one, or one without room or folder, is left
        out."""
        if not line:
            return
        line = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {line}"
        try:
            with open(self.text_log_path, "a", encoding="utf-8", errors="replace", opener=no_link) as file:
                file.write(line + "\n")
        except OSError as error:
            if not is_disk_full(error) and self.path.is_dir():
                raise


def last_event(path: Path, kind: type[Event] = Event) -> Event | None:
    """The last event (of a ``kind``) near the end of the log at ``path``, without reading all of it; None if there is
    none."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        # The longest events (an evaluation, a failure's report) stay far below this.
        start = max(0, size - 262_144)
        file.seek(start)
        if start:
            file.readline()
        start = file.tell()
    last = None
    for event, _ in read_events(path, start):
        if isinstance(event, kind):
            last = event
    return last


def load_description(path: Path) -> RunConfig:
    """The description at ``path``: of a run that has been made as it was meant then, any other one as it says.

    :raises ConfigError: it cannot be read.
    """
    folder = RunFolder(path.parent)
    return folder.config() if path == folder.config_path and (path.parent / "environment.json").exists() else load(path)


def began(folder: RunFolder) -> float:
    """When the run in ``folder`` began, in seconds since 1970: when its first event was said, or when it branched off
    another run; of one that has not begun, when its description was written. A copy is as old as the run itself."""
    try:
        branched = folder.path / BRANCH
        if branched.exists():  # its log begins with that of the other run
            at = read_record(branched).get("at")
            return float(at) if isinstance(at, (int, float)) else branched.stat().st_mtime
        for _, moment in read_events(folder.log_path):
            return moment
        return folder.config_path.stat().st_mtime
    except (OSError, ValueError):
        return 0.0


def is_copy(folder: RunFolder) -> bool:
    """Whether the run in ``folder`` was taken up from elsewhere."""
    return (folder.path / IMPORTED).exists()


def find_runs(folder: Path) -> list[RunFolder]:
    """The runs directly below ``folder``, oldest first; of a run and its copy the copy first."""
    if not folder.is_dir():
        return []
    found = [RunFolder(path) for path in folder.iterdir() if (path / "config.toml").is_file()]
    return sorted(found, key=lambda run: (began(run), not is_copy(run), run.path.name))


def environment() -> dict[str, Any]:
    """On what a run is made: versions and machine, for its record."""
    versions = {}
    for name in ("torch", "numpy", "tokenizers", "polars", "scikit-learn", "safetensors"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "missing"
    return {
        "program": __version__, "python": sys.version.split()[0],
        "system": platform.platform(), "processor": platform.machine(), "cores": os.cpu_count(), **versions,
    }
