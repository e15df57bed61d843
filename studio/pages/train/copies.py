"""Copies of a run, made in the background: a branch that goes on from one of its checkpoints, an export."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from ulmengine.config import RunConfig
from ulmengine.events import Event, Progress
from ulmengine.runs import RunFolder
from ulmengine.runs.branch import branch
from ulmengine.runs.share import export_run, import_run


@dataclass(frozen=True)
class Branching:
    """Makes the generator that branches a new run at ``target`` off ``source``; it returns the new run's folder."""

    source: RunFolder
    checkpoint: str
    target: Path
    config: RunConfig | None

    def __call__(self) -> Generator[Event, None, RunFolder]:
        return self._work()

    def _work(self) -> Generator[Event, None, RunFolder]:
        yield Progress("Copying the run", 0, 0)
        return branch(self.source, self.checkpoint, self.target, self.config)


@dataclass(frozen=True)
class Exporting:
    """Makes the generator that copies ``source`` to ``target``; it returns where the copy stands."""

    source: RunFolder
    target: Path
    checkpoints: bool

    def __call__(self) -> Generator[Event, None, Path]:
        return self._work()

    def _work(self) -> Generator[Event, None, Path]:
        yield Progress("Copying the run", 0, 0)
        return export_run(self.source, self.target, checkpoints=self.checkpoints)


@dataclass(frozen=True)
class Importing:
    """Makes the generator that unpacks an exported run into the folder ``into``; it returns the run's folder."""

    path: Path
    into: Path

    def __call__(self) -> Generator[Event, None, RunFolder]:
        return self._work()

    def _work(self) -> Generator[Event, None, RunFolder]:
        yield Progress("Copying the run", 0, 0)
        return import_run(self.path, self.into)
