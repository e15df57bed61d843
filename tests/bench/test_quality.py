"""The benchmark of quality on made-up texts: what it reports and what it refuses, not how good the method is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.runs.made import write_corpus
from ulmengine.bench import quality
from ulmengine.bench.measure import BenchError
from ulmengine.bench.quality import bench_quality
from ulmengine.cli import main

QUICK = ("language_model.epochs=1", "classifier.epochs=[1, 1]", "tokens.min_frequency=1")


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    for name, first in (("texts", 0), ("held", 60)):
        lines = [f"the old box number {n} was in my {thing} today" for n in range(first, first + 60)
                 for thing in ("hall", "garden")]
        (tmp_path / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "texts.txt"


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "labelled.csv", 80)


def measure(texts: Path, labelled: Path, python: str | None = None, **options: Any) -> dict[str, Any]:
    sizes = {"tokens": 800, "held_tokens": 100, "documents": 30, "seeds": 1, "threads": 1, "settings": QUICK, **options}
    return bench_quality(texts, texts.with_name("held.txt"), labelled, python, **sizes)


def test_each_seed_has_its_figures(texts: Path, labelled: Path) -> None:
    said: list[str] = []
    result = measure(texts, labelled, seeds=2, told=said.append)
    assert [len(result[name]) for name in ("perplexity", "accuracy", "baseline_accuracy")] == [2, 2, 2]
    assert all(1 < value < 10_000 for value in result["perplexity"])
    assert all(round(value * 30) == pytest.approx(value * 30, abs=0.01) for value in result["accuracy"])
    assert result["mean"]["accuracy"] == pytest.approx(np.mean(result["accuracy"]), abs=1e-4)
    assert len(said) == 4
    assert "reference" not in result


def test_the_reference_is_given_the_same_ids_sizes_epochs_and_rates(
    texts: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def trained(python: str, task: dict[str, Any]) -> dict[str, float]:
        folder = Path(task["folder"])
        seen.update(task | {"python": python}, mapping=np.load(folder / "mapping.npy"))
        seen["language"] = dict(np.load(folder / "language.npz"))
        seen["documents"] = dict(np.load(folder / "classifier.npz"))
        json.dumps(task)  # it travels as JSON
        return {"perplexity": 9.0, "accuracy": 0.5}

    monkeypatch.setattr(quality, "_reference", trained)
    result = measure(texts, labelled, "a python")
    assert result["reference"]["mean"] == {"perplexity": 9.0, "accuracy": 0.5}
    assert seen["python"] == "a python"
    assert seen["sizes"] == {"emb_sz": 100, "n_hid": 256, "n_layers": 2}
    assert seen["language_model"] == {"lr": 0.005, "batch": 64, "bptt": 72, "epochs": 1}
    assert (seen["tuning"]["epochs"], seen["classifier"]["epochs"], seen["threads"]) == (1, [1, 1], 1)
    assert 800 <= len(seen["language"]["train_ids"]) < 850
    assert len(seen["documents"]["train_targets"]) + len(seen["documents"]["validation_targets"]) == 30
    assert len(seen["documents"]["test_targets"]) == 30
    assert len(seen["mapping"]) == seen["words"]
    assert seen["mapping"].max() < seen["vocabulary"]


def test_corpora_that_are_too_small_are_refused_in_words(texts: Path, labelled: Path) -> None:
    with pytest.raises(BenchError, match=r"texts\.txt holds .* tokens too few"):
        measure(texts, labelled, tokens=1_000_000)
    with pytest.raises(BenchError, match="80 documents, 100 are wanted"):
        measure(texts, labelled, documents=50)


def test_a_python_without_the_reference_is_told(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="cannot be run"):
        quality._reference("/nowhere/python", {"folder": str(tmp_path)})


def test_the_command_names_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "quality", "--texts", "texts.txt"]) == 1
    assert "--held-out" in capsys.readouterr().err
