"""Runs as a list: what each is called, what it came to, what sets it apart; put aside, brought back, marked."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ulmengine import events as ev
from ulmengine.config import ConfigError, RunConfig, difference
from ulmengine.disk import move, unused_path
from ulmengine.plan.control import RunState

from .checkpoints import CheckpointFolder
from .folder import RunFolder, RunFolderError, began, find_runs, is_copy, last_event, writing
from .lock import owner_of
from .log import is_unreadable
from .records import read_record, write_record

TRASH = ".deleted"
EVALUATION = "evaluation.json"
_ABOUT = "about.json"
# Where texts and files lie, on what it computes and what is kept says nothing about how the run learns.
_ELSEWHERE = ("version", "name", "corpus.", "compute.", "saving.")


@dataclass(frozen=True)
class RunMarks:
    """What a person has said of a run. ``title``: "" where nobody has named it."""

    title: str = ""
    tags: tuple[str, ...] = ()
    archived: bool = False


@dataclass(frozen=True)
class RunLine:
    """A run in a list.

    ``differs``: settings that are not as usual, name -> value, without paths, device and saving. ``began``: seconds
    since 1970. ``accuracy`` is that of the model as saved, measured on ``part``; ``network``: of its network alone,
    None where that is all there is; ``relabelled``: so many labels of that part a person has corrected;
    ``perplexity``: the lowest of its language models on validation texts; ``reached``: the accuracy of its
    last classifier stage on these, of the epoch that is kept so far where it is in hand. ``seconds``: of all stages,
    that in hand too. ``failed``: why it has failed, "" for every other state. ``problem``: why it cannot be read, all
    else is empty then and ``state`` None.
    """

    folder: Path
    name: str
    state: RunState | None
    about: RunMarks = RunMarks()
    notes: str = ""
    accuracy: float | None = None
    interval: tuple[float, float] | None = None
    baseline: float | None = None
    network: float | None = None
    part: str = ""
    relabelled: int = 0
    perplexity: float | None = None
    reached: float | None = None
    seconds: float = 0.0
    began: float = 0.0
    corpus: str = ""
    differs: dict[str, Any] = field(default_factory=dict)
    has_model: bool = False
    failed: str = ""
    problem: str = ""


def read_about(folder: RunFolder) -> RunMarks:
    """What a person has said of the run in ``folder``; what cannot be read is left out."""
    try:
        values = read_record(folder.path / _ABOUT)
    except ValueError:
        return RunMarks()
    tags = values.get("tags", [])
    return RunMarks(str(values.get("title", "")), tuple(map(str, tags)) if isinstance(tags, list) else (),
                 bool(values.get("archived", False)))


def run_name(folder: RunFolder) -> str:
    """What the run is called wherever it is spoken of: as a person has named it, else as its folder."""
    return read_about(folder).title or folder.path.name


def write_about(folder: RunFolder, about: RunMarks) -> None:
    """Keep what a person says of the run, also while it is being trained.

    :raises RunFolderError: the folder cannot be written.
    """
    with writing(folder.path):
        write_record(folder.path / _ABOUT, asdict(about))


def summary(folder: RunFolder) -> dict[str, Any]:
    """What the run in ``folder`` came to, as plain values for JSON.

    ``type`` is the kind of the last word ("finished", "stopped", "failed" or "interrupted"); ``stages`` lists name,
    unfrozen groups, epochs, train and validation loss, accuracy (None for a language model), metrics and seconds.
    ``accuracy`` is the network's, ``saved_accuracy`` that of the model as saved, word counts included where it answers
    with them.
    """
    result: dict[str, Any] = {
        "type": "interrupted", "stages": [], "accuracy": None, "baseline_accuracy": None, "model": None,
        "seconds": 0.0, "saved_accuracy": None,
    }
    for event in folder.events(ev.StageEnded, ev.Evaluated, ev.Finished, ev.Stopped, ev.Failed):
        match event:
            case ev.StageEnded():
                result["stages"].append(_stage(event))
            case ev.Evaluated():
                accuracy, interval = event.saved
                result |= {**asdict(event), "saved_accuracy": accuracy, "saved_interval": interval}
                del result["refit"]
            case ev.Finished():
                result |= {"type": "finished", "model": event.model, "seconds": event.seconds}
            case ev.Stopped() | ev.Failed():
                result["type"] = event.kind
    return {**result, "folder": str(folder.path)}


def corrected_labels(folder: RunFolder, part: str, told: int) -> int:
    """How many labels of the documents that the run in ``folder`` was measured on, its ``part``, a person has
    corrected. ``told``: what its log says; that of an earlier version did not, but what it was measured at did."""
    if told:
        return told
    try:
        return int(read_record(folder.path / EVALUATION)["relabelled"][part])
    except (KeyError, TypeError, ValueError):
        return 0


def _stage(event: ev.StageEnded) -> dict[str, Any]:
    return {
        "name": event.name, "unfrozen_groups": event.unfrozen, "epochs": event.epochs,
        "train_loss": event.train_loss, "valid_loss": event.valid_loss,
        "accuracy": event.metrics.get("accuracy"), "metrics": event.metrics, "seconds": event.seconds,
        "skipped": event.skipped,
    }


def _in_hand(folder: RunFolder) -> tuple[dict[str, float], float]:
    """Of the stage that has begun in the run in ``folder`` and not ended: the figures of the epoch that is kept so far,
    and the seconds, as far as epochs and checkpoints tell."""
    metrics, seconds, stage = dict[str, float](), 0.0, -1
    for event in folder.events(ev.StageStarted, ev.EpochEnded, ev.StageEnded):
        match event:
            case ev.EpochEnded():
                metrics, seconds = event.metrics if event.best else metrics, seconds + event.seconds
            case ev.StageStarted() if event.index != stage:  # one that goes on is said to begin once more
                metrics, seconds, stage = {}, 0.0, event.index
            case ev.StageEnded():
                metrics, seconds, stage = {}, 0.0, -1
    saved = CheckpointFolder(folder.checkpoints).all()[-1:]
    within = [info.extra.get("seconds", 0.0) for info in saved if info.stage == stage and not info.finished]
    return metrics, max([seconds, *within])


def run_line(folder: RunFolder) -> RunLine:
    """The run in ``folder`` as a line of a list; one that cannot be read says why."""
    try:
        config, state, result = folder.config(), folder.state(), summary(folder)
        notes = folder.notes()
        if state is RunState.NEW and is_unreadable(folder.log_path):
            raise ValueError(f"{folder.log_path} cannot be read, so nothing is known of what the run has done; bring "
                             "it back from a backup")
    except (ConfigError, OSError, ValueError) as error:
        return RunLine(folder.path, folder.path.name, None, problem=str(error))
    about = read_about(folder)
    last = last_event(folder.log_path) if state is RunState.FAILED else None
    part = str(result.get("part", ""))
    so_far, in_hand = ({}, 0.0) if state is RunState.FINISHED else _in_hand(folder)
    figures = [*(stage["metrics"] for stage in result["stages"]), so_far]
    perplexities = [metrics["perplexity"] for metrics in figures if "perplexity" in metrics]
    reached = [metrics["accuracy"] for metrics in figures if "accuracy" in metrics]
    return RunLine(
        folder.path, about.title or folder.path.name, state, about, notes, accuracy=result["saved_accuracy"],
        network=result["accuracy"] if math.isfinite(result.get("blend_accuracy", math.nan)) else None,
        interval=result.get("saved_interval"), baseline=result["baseline_accuracy"],
        part=part, relabelled=corrected_labels(folder, part, result.get("relabelled", 0)) if part else 0,
        perplexity=min(perplexities, default=None), reached=reached[-1] if reached else None,
        seconds=result["seconds"] or sum(stage["seconds"] for stage in result["stages"]) + in_hand,
        began=began(folder),
        corpus=Path(config.corpus.path).name, differs=unusual(config), has_model=folder.model_path.is_file(),
        failed=last.title if isinstance(last, ev.Failed) else "",
    )


def list_runs(folders: Iterable[Path]) -> Generator[ev.Event, None, list[RunLine]]:
    """The runs directly below each of ``folders`` (or that a folder is itself), newest first; yields its progress."""
    found: dict[Path, RunFolder] = {}
    for folder in folders:
        here = [RunFolder(folder)] if (folder / "config.toml").is_file() else find_runs(folder)
        found |= {run.path.resolve(): run for run in here}
    lines = []
    for number, run in enumerate(found.values(), 1):
        lines.append(run_line(run))
        yield ev.Progress("Reading the runs", number, len(found), "runs")
    return sorted(lines, key=lambda line: (-line.began, is_copy(RunFolder(line.folder)), line.folder.name))


def unusual(config: RunConfig) -> dict[str, Any]:
    """The settings of ``config`` that decide how it learns and are not as usual: name -> value."""
    return {name: value for name, (_, value) in difference(RunConfig(), config).items()
            if not name.startswith(_ELSEWHERE) or name.startswith("corpus.split.")}


def delete_run(path: Path) -> Path:
    """Put the run at ``path`` aside, so that :func:`restore_run` can bring it back; returns where it waits.

    :raises RunFolderError: it is being trained, or cannot be moved.
    """
    folder = RunFolder.open(path)
    if owner_of(folder.lock().path) is not None:
        raise RunFolderError(f"the run in {path} is being trained; stop it before you delete it")
    return _move(path, unused_path(path.parent / TRASH, path.name, sign=" "))


def restore_run(deleted: Path) -> Path:
    """Bring a run back that :func:`delete_run` put aside; returns where it stands now.

    :raises RunFolderError: it cannot be moved.
    """
    return _move(deleted, unused_path(deleted.parent.parent, deleted.name, sign=" "))


def _move(source: Path, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        move(source, target)
    except OSError as error:
        raise RunFolderError(f"{source} cannot be moved: {error.strerror or error}") from error
    return target
