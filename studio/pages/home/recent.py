"""How a recent project stands, read from its folder without opening it."""

from __future__ import annotations

import time
import tomllib
from dataclasses import dataclass, replace
from itertools import dropwhile, islice, takewhile
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from studio.pages.parts.quantities import counted
from studio.project import FILE
from studio.words import corrected_words, state_words
from ulmengine.config import ConfigError, RunConfig, load
from ulmengine.events import Evaluated, Finished
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder, find_runs, is_copy, last_event
from ulmengine.record.listing import corrected_labels


@dataclass(frozen=True)
class RecentProject:
    """A project on the list: the state of its newest run, the newest result on its corpus, and the run that can be gone
    on with. Runs that were taken up from elsewhere count for none of it: what they came to is not this project's.
    ``copied``: it has no others."""

    folder: Path
    name: str
    state: RunState | None
    accuracy: float | None
    baseline: float | None
    used: float
    resumable: RunFolder | None
    corrected: str = ""
    """That labels which the result is measured by were corrected, in words."""
    copied: bool = False
    earlier: bool = False
    """The result is not the newest run's."""


def look_at(folder: Path) -> RecentProject | None:
    """How the project at ``folder`` stands; None if it is there no more."""
    try:
        used = (folder / FILE).stat().st_mtime
    except OSError:
        return None
    try:
        config = load(folder / FILE)
    except ConfigError:  # what is wrong with it is said when it is opened
        config = RunConfig(name=folder.name)
    every = find_runs(folder / "runs")
    runs, name = [run for run in every if not is_copy(run)], config.name
    if not runs:
        return RecentProject(folder, name, None, None, None, used, None, copied=bool(every))
    newest = runs[-1]
    state = newest.state()
    result, whose = _result(runs, Path(config.corpus.path).name)
    stopped = state in (RunState.INTERRUPTED, RunState.STOPPED, RunState.FAILED) and _has_checkpoint(newest)
    used = max(used, newest.path.stat().st_mtime)
    return RecentProject(folder, name, state, result.saved[0] if result else None,
                         result.baseline_accuracy if result else None, used, newest if stopped else None,
                         corrected_words(result.relabelled, result.part) if result else "", earlier=whose != newest)


def state_line(project: RecentProject) -> str:
    """The newest run's state in words."""
    if project.state is not None:
        return state_words(project.state)
    return _tr("Imported runs") if project.copied else _tr("No run yet")


def age_words(moment: float) -> str:
    """How long ago ``moment`` (seconds since 1970) was."""
    minutes = round(max(0.0, time.time() - moment) / 60)
    if minutes < 2:
        return _tr("just now")
    if minutes < 60:
        return _tr("{n} minutes ago").format(n=minutes)
    hours = round(minutes / 60)
    if hours < 36:
        return counted(hours, _tr("1 hour ago"), _tr("{n} hours ago"))
    return counted(round(hours / 24), _tr("1 day ago"), _tr("{n} days ago"))


def _result(runs: list[RunFolder], corpus: str) -> tuple[Evaluated | None, RunFolder | None]:
    """What the newest of ``runs`` came to that finished on the corpus of that name, and which it is; where the corpus
    lies may have changed."""
    for run in reversed(runs):
        if _corpus_of(run) == corpus and isinstance(last_event(run.log_path), Finished):
            found = last_event(run.log_path, Evaluated)
            return (replace(found, relabelled=corrected_labels(run, found.part, found.relabelled))
                    if isinstance(found, Evaluated) else None), run
    return None, None


def _corpus_of(run: RunFolder) -> str | None:
    """The name of its corpus, from that line of its description alone: there may be many runs, and to read the whole
    of each takes the window's time."""
    try:
        with run.config_path.open(encoding="utf-8") as file:
            table = islice(dropwhile(lambda line: line.strip() != "[corpus]", file), 1, None)
            for line in takewhile(lambda line: not line.startswith("["), table):
                if line.startswith("path ="):
                    return Path(tomllib.loads(line)["path"]).name
    except (OSError, ValueError, TypeError, RecursionError):  # it cannot be read, or is not one of the program's
        pass
    return None


def _has_checkpoint(run: RunFolder) -> bool:
    return run.checkpoints.is_dir() and any(run.checkpoints.iterdir())


def _tr(text: str) -> str:
    return QCoreApplication.translate("Home", text)
