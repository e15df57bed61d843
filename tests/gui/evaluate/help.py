"""A project with a run that was measured, without any training: answers made up, texts on the disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from ulmengine.config import RunConfig, with_settings
from ulmengine.corpus import open_corpus
from ulmengine.corpus.repairs import records_of
from ulmengine.events import outcome
from ulmengine.inference import part_predictions
from ulmengine.inference.predictions import joined
from ulmengine.record import RunFolder
from ulmengine.runs.measured import Measured, keep_measured

LABELS = ("bad", "good", "so-so")


def measured_run(
    project: Path, documents: int = 300, name: str = "run", seed: int = 0, *, refit: bool = False
) -> Measured:
    """A run of the project at ``project`` on a corpus of so many documents, most of them test documents."""
    random = np.random.default_rng(seed)
    corpus = project / "corpus.csv"
    project.mkdir(parents=True, exist_ok=True)
    if not corpus.exists():
        rows = (f"text number {n} about something,{LABELS[n % 3]},{('web', 'mail')[n % 7 == 0]}"
                for n in range(documents))
        corpus.write_text("text,label,source\n" + "\n".join(rows) + "\n", encoding="utf-8")
    config = with_settings(RunConfig(name="made"), [
        f"corpus.path='{corpus}'", "corpus.text_columns=['text']", "corpus.label_columns=['label']",
        "corpus.split.test=0.5", "corpus.split.validation=0.1"])
    folder = RunFolder.create(project / "runs" / name, config)
    found = outcome(open_corpus(config.corpus, project / "cache", seed=config.seed))
    kept = []
    for part in ("validation", "test"):
        rows, targets = found.rows(part), found.targets(part)
        given = {}
        for who, sure in (("network", 2.2), ("baseline", 1.4)):
            scores = random.normal(size=(len(rows), 3))
            scores[np.arange(len(rows)), targets] += sure
            given[who] = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        kept.append(part_predictions(
            part, records_of(rows, found.pieces, found.hashes), rows, targets, given,  # type: ignore[arg-type]
            labels=found.labels, multi_label=False, corpus=found.fingerprint, temperature=1.3,
        ))
    return keep_measured(folder, joined(kept), "good", 0, refit=refit)


def given_and_said(measured: Measured) -> tuple[list[str], list[str]]:
    """The labels of the test documents as polars reads them."""
    table = pl.read_parquet(measured.folder.path / "predictions.parquet").filter(pl.col("part") == "test")
    scores = table.select(f"network.{label}" for label in LABELS).to_numpy()
    return table["label"].to_list(), [LABELS[place] for place in scores.argmax(1)]
