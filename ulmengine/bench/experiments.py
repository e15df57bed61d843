"""Experiments: what the program reaches on known corpora with so many labels, beside word counts, draw after draw.

An experiment is a TOML file (``resources/experiments``) that names corpora, numbers of labels, draws and what differs
from the usual settings. Every run lies in a folder of its own and is not made again where it has finished, so that an
experiment which was stopped goes on.
"""

from __future__ import annotations

import hashlib
import shutil
import statistics
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ulmengine.config import ConfigError, CorpusConfig, RunConfig, with_settings
from ulmengine.corpus import Documents, open_corpus
from ulmengine.events import Failed, Finished, outcome
from ulmengine.plan.control import RunState
from ulmengine.record import RunFolder
from ulmengine.runs import Run
from ulmengine.runs.measured import has_measured, open_measured

from .measure import BenchError, write_table

Part = Literal["validation", "test"]
_TEST_SHARE = 0.25  # of a corpus that brings no test part
_WHOLE = {"method": "stratified", "validation": 0.0, "test": 0.0}


@dataclass(frozen=True)
class Experiment:
    """What is to be tried.

    :ivar corpora: tables with ``name``, ``file``, optionally ``test`` (file), ``columns`` (settings of the corpus) and
        ``labels`` of its own.
    :ivar labels: how many labelled documents to learn from, validation included. :ivar draws: how many draws of them.
    :ivar settings: what differs from the usual ones, as ``--set`` takes it. :ivar most: documents to measure on.
    :ivar variants: by name, what differs once more; "" are the settings as they are.
    """

    name: str
    corpora: tuple[dict[str, Any], ...]
    labels: tuple[int, ...]
    draws: int
    settings: tuple[str, ...]
    most: int
    variants: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class RunResult:
    """One run's result: accuracies on the same ``documents``; ``blend`` is None where the network answers alone."""

    corpus: str
    labels: int
    draw: int
    documents: int
    network: float
    counts: float
    blend: float | None
    seconds: float
    megabytes: float
    variant: str = ""

    @property
    def shipped(self) -> float:
        """How the saved model answers."""
        return self.network if self.blend is None else self.blend


def read_experiment(path: Path) -> Experiment:
    """The experiment that ``path`` describes.

    :raises ConfigError: the file cannot be read, or lacks what an experiment needs.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        corpora = tuple(values["corpora"])
        if not corpora or any(not {"name", "file"} <= set(corpus) for corpus in corpora):
            raise KeyError("corpora with a name and a file")
        return Experiment(
            path.stem, corpora, tuple(values["labels"]), int(values.get("draws", 1)),
            tuple(values.get("settings", ())), int(values.get("most", 2_000)),
            {"": (), **{name: tuple(changes) for name, changes in values.get("variants", {}).items()}},
        )
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: is no experiment ({error})") from error


def run_experiment(experiment: Experiment, data: Path, out: Path, part: Part, only: str = "") -> Iterator[RunResult]:
    """Make every run that has not finished yet below ``out``, and tell its result.

    :param data: the folder with the corpora's files.
    :param part: "validation": measured on other documents of the training side, to choose by; "test": on test
        documents, by which nothing may be chosen.
    :raises BenchError: a corpus is missing or too small, or a run has failed.
    """
    for corpus in experiment.corpora:
        if only and corpus["name"] != only:
            continue
        for labels in corpus.get("labels", experiment.labels):
            for draw in range(experiment.draws):
                drawn = out / part / f"{corpus['name']}-{labels}-{draw}"
                for variant in experiment.variants:
                    place = drawn.with_name(f"{drawn.name}-{variant.replace(' ', '-')}") if variant else drawn
                    folder = RunFolder(place)
                    # One that has measured may have stopped as it saved its model.
                    if not has_measured(folder) or folder.state() is not RunState.FINISHED:
                        files = _prepared(corpus, labels, draw, data, drawn, part, experiment.most)
                        folder = _trained(experiment, variant, place, files, draw)
                    yield _row(folder, corpus["name"], labels, draw, variant)


def table(rows: list[RunResult]) -> str:
    """The rows as a table of Markdown: means over the draws with their standard deviation."""
    lines = ["| corpus | labels | draws | documents | network | word counts | as shipped | gain | seconds | MB |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    cells: dict[tuple[str, int], list[RunResult]] = {}
    for row in rows:
        named = f"{row.corpus}, {row.variant}" if row.variant else row.corpus
        cells.setdefault((named, row.labels), []).append(row)
    for (corpus, labels), every in cells.items():
        gains = [100 * (row.shipped - row.counts) for row in every]
        lines.append(
            f"| {corpus} | {labels:,} | {len(every)} | {every[0].documents:,} | {_mean([r.network for r in every])} "
            f"| {_mean([r.counts for r in every])} | {_mean([r.shipped for r in every])} "
            f"| {statistics.fmean(gains):+.1f} | {statistics.fmean(r.seconds for r in every):.0f} "
            f"| {statistics.fmean(r.megabytes for r in every):.1f} |"
        )
    return "\n".join(lines)


def _mean(values: list[float]) -> str:
    spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.3f}{spread}"


def _prepared(
    corpus: dict[str, Any], labels: int, draw: int, data: Path, place: Path, part: Part, most: int
) -> tuple[Path, Path]:
    """The drawn documents as files: those to learn from and those to measure on."""
    beside = place.parent / "documents"
    beside.mkdir(parents=True, exist_ok=True)
    pairs = _pairs(data / corpus["file"], corpus.get("columns", {}), place)
    # The order is of the corpus alone, so that whatever is drawn, a test document is never learnt from.
    order = np.random.default_rng(99).permutation(len(pairs))
    if corpus.get("test"):
        held = _pairs(data / corpus["test"], corpus.get("columns", {}), place)
        texts = {text for text, _ in held}
        order = np.array([index for index in order if pairs[index][0] not in texts])
    else:
        cut = int(len(order) * _TEST_SHARE)
        held, order = [pairs[index] for index in order[:cut]], order[cut:]
    order = np.random.default_rng((draw, 7)).permutation(order)
    if part == "validation":
        held = [pairs[index] for index in order[labels : labels + most]]
    if len(order) < labels or not held:
        raise BenchError(f"{corpus['name']} has {len(order):,} documents to learn from, not {labels:,}")
    chosen = np.random.default_rng(5).permutation(len(held))[:most]
    files = beside / f"{place.name}-train.csv", beside / f"{place.name}-measured.csv"
    write_table(files[0], ("text", "label"), [pairs[index] for index in order[:labels]])
    write_table(files[1], ("text", "label"), [held[index] for index in chosen])
    return files


def _pairs(path: Path, columns: dict[str, Any], place: Path) -> list[tuple[str, str]]:
    """Text and label of every document of ``path``, each text once."""
    if not path.exists():
        raise BenchError(f"{path} is missing; name the folder of the corpora with --data")
    cache = place.parent / "cache" / hashlib.sha256(str(path).encode()).hexdigest()[:12]
    config = CorpusConfig.model_validate({"path": str(path), "split": _WHOLE, **columns})
    documents: Documents = outcome(open_corpus(config, cache))
    numbers = documents.targets("train")
    return list({text: (text, documents.labels[number])
                 for text, number in zip(documents.texts("train"), numbers, strict=True)}.values())


def _trained(experiment: Experiment, variant: str, place: Path, files: tuple[Path, Path], draw: int) -> RunFolder:
    if place.exists():  # a run that was stopped; the figures of a table come from runs in one piece
        shutil.rmtree(place)
    config = with_settings(RunConfig(name=f"{experiment.name}: {place.name}", seed=draw), [
        *experiment.settings, *experiment.variants[variant],
    ])
    corpus = config.corpus.model_copy(update={
        "path": str(files[0]), "test_path": str(files[1]), "text_columns": ("text",), "label_columns": ("label",),
        "label_delimiter": "none",
    })
    folder = RunFolder.create(place, config.model_copy(update={"corpus": corpus}))
    for event in Run(folder, cache=place.parent / "cache").events():
        if isinstance(event, Failed):
            raise BenchError(f"{place.name}: {event.title}")
    return folder


def _row(folder: RunFolder, corpus: str, labels: int, draw: int, variant: str) -> RunResult:
    found = open_measured(folder).record["parts"]["test"]
    accuracy = {who: found[who]["metrics"]["accuracy"]["value"] for who in ("network", "baseline", "blend")
                if who in found}
    seconds = sum(event.seconds for event in folder.events(Finished))
    return RunResult(
        corpus, labels, draw, found["documents"], accuracy["network"], accuracy["baseline"], accuracy.get("blend"),
        seconds, folder.model_path.stat().st_size / 1e6, variant,
    )
