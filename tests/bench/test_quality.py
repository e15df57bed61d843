"""The benchmark of quality on made-up texts: what it reports and what it refuses, not how good the method is."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch

from tests.runs.made import write_corpus
from ulmengine.bench import measure, quality, quality_reference
from ulmengine.bench.measure import BenchError
from ulmengine.bench.quality import bench_quality
from ulmengine.cli import main
from ulmengine.config import DropoutConfig, RunConfig

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


def bench(texts: Path, labelled: Path, python: str | None = None, **options: Any) -> dict[str, Any]:
    sizes = {"tokens": 800, "held_tokens": 100, "documents": 30, "seeds": 1, "threads": 1, "settings": QUICK, **options}
    return bench_quality(texts, texts.with_name("held.txt"), labelled, python, **sizes)


def with_reference(
    monkeypatch: pytest.MonkeyPatch, trained: Callable[..., dict[str, float]], work: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """What ``work`` gives where fastai is there and ``trained`` is what it makes of a task."""
    monkeypatch.setattr(measure, "find_reference", lambda python: None)  # noqa: ARG005
    monkeypatch.setattr(measure, "reference", trained)
    return work()


def test_each_seed_has_its_figures(texts: Path, labelled: Path) -> None:
    said: list[str] = []
    result = bench(texts, labelled, seeds=2, told=said.append)
    assert [len(result[name]) for name in ("perplexity", "accuracy", "baseline_accuracy")] == [2, 2, 2]
    assert all(1 < value < 10_000 for value in result["perplexity"])
    assert all(round(value * 30) == pytest.approx(value * 30, abs=0.01) for value in result["accuracy"])
    assert result["mean"]["accuracy"] == pytest.approx(np.mean(result["accuracy"]), abs=1e-4)
    assert len(said) == 4
    assert "reference" not in result


def test_the_reference_is_given_the_same_ids_sizes_dropouts_epochs_and_rates(
    texts: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def trained(python: str, task: dict[str, Any], script: str) -> dict[str, float]:
        assert script == "quality_reference.py"
        folder = Path(task["folder"])
        seen.update(task | {"python": python}, mapping=np.load(folder / "mapping.npy"))
        seen["language"] = dict(np.load(folder / "language.npz"))
        seen["documents"] = dict(np.load(folder / "classifier.npz"))
        json.dumps(task)  # it travels as JSON
        return {"perplexity": 9.0, "accuracy": 0.5}

    result = with_reference(monkeypatch, trained, lambda: bench(texts, labelled, "a python"))
    assert result["reference"]["mean"] == {"perplexity": 9.0, "accuracy": 0.5}
    assert "reference_missing" not in result
    assert seen["python"] == "a python"
    assert seen["sizes"] == {"emb_sz": 100, "n_hid": 256, "n_layers": 2}
    assert seen["language_model"] == {"lr": 0.005, "batch": 64, "bptt": 72, "epochs": 1, "dropout": {
        "embed_p": 0.025, "input_p": 0.2, "weight_p": 0.25, "hidden_p": 0.15, "output_p": 0.05,
    }}
    ours = DropoutConfig()
    assert seen["tuning"]["dropout"]["embed_p"] == ours.effective("embedding")
    assert seen["tuning"]["dropout"]["output_p"] == ours.effective("output")
    assert seen["classifier"]["dropout"]["output_p"] == ours.effective("pooled")
    assert seen["classifier"]["head_p"] == ours.effective("head")
    assert (seen["tuning"]["epochs"], seen["classifier"]["epochs"], seen["threads"]) == (1, [1, 1], 1)
    assert 800 <= len(seen["language"]["train_ids"]) < 850
    assert len(seen["documents"]["train_targets"]) + len(seen["documents"]["validation_targets"]) == 30
    assert len(seen["documents"]["test_targets"]) == 30
    assert len(seen["mapping"]) == seen["words"]
    assert seen["mapping"].max() < seen["vocabulary"]


def test_corpora_that_are_too_small_are_refused_in_words(texts: Path, labelled: Path) -> None:
    with pytest.raises(BenchError, match=r"texts\.txt holds .* tokens too few"):
        bench(texts, labelled, tokens=1_000_000)
    with pytest.raises(BenchError, match="80 documents, 100 are wanted"):
        bench(texts, labelled, documents=50)


def test_both_compute_on_the_same_device_with_the_same_threads(
    texts: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)  # "auto" would take the card
    monkeypatch.setattr(quality, "cores", lambda: 1)
    told: list[dict[str, Any]] = []
    run, computed = quality._run, []

    def trained(_python: str, task: dict[str, Any], _script: str) -> dict[str, float]:
        told.append(task)
        return {"accuracy": 0.5}

    def noted(folder: Path, config: RunConfig, cache: Path) -> dict[str, float]:
        computed.append((config.compute.device, config.compute.precision, config.compute.threads))
        return run(folder, config, cache)

    monkeypatch.setattr(quality, "_run", noted)
    result = with_reference(
        monkeypatch, trained, lambda: bench(texts, labelled, "a python", threads=0, precision="float32")
    )
    assert computed == [("cpu", "float32", 1)] * 2
    assert [(task["device"], task["threads"]) for task in told] == [("cpu", 1)]
    assert (result["device"], result["precision"]) == ("cpu", "float32")


@pytest.mark.parametrize(("python", "why"), [
    ("/nowhere/python", "/nowhere/python cannot be run"), ("/bin/true", "/bin/true does not answer"),
])
def test_that_the_reference_is_not_there_is_told_before_anything_is_trained(
    texts: Path, labelled: Path, python: str, why: str
) -> None:
    told: list[str] = []
    result = bench(texts, labelled, python, told=told.append)
    assert result["reference"] is None
    assert why in result["reference_missing"]
    assert len(result["accuracy"]) == 1
    assert why in told[0]
    assert len(told) == 3


def test_a_reference_that_ends_without_figures_costs_none_of_ours(
    texts: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "find_reference", lambda python: None)  # noqa: ARG005
    result = bench(texts, labelled, "/bin/true")
    assert len(result["accuracy"]) == 1
    assert result["reference"] is None
    assert result["reference_missing"] == "seed 0: /bin/true gave no figures, but wrote nothing"


def test_a_reference_that_fails_later_costs_none_of_the_figures(
    texts: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(_python: str, task: dict[str, Any], _script: str) -> dict[str, float]:
        if task["seed"] == 1:
            raise BenchError("its memory was full")
        return {"accuracy": 0.5}

    result = with_reference(monkeypatch, trained, lambda: bench(texts, labelled, "a python", seeds=3))
    assert [len(result[name]) for name in ("perplexity", "accuracy")] == [3, 3]
    assert result["reference"] == {"accuracy": [0.5], "mean": {"accuracy": 0.5}}
    assert result["reference_missing"] == "seed 1: its memory was full"


FASTAI = (
    "fastai", "fastai.data", "fastai.data.core", "fastai.losses", "fastai.metrics", "fastai.callback",
    "fastai.callback.progress", "fastai.text", "fastai.text.data", "fastai.text.learner", "fastai.text.models",
    "fastai.text.models.awdlstm", "fastai.text.models.core",
)


def test_the_reference_learns_on_the_device_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    fastai = {name: MagicMock() for name in FASTAI}
    for name, module in fastai.items():
        monkeypatch.setitem(sys.modules, name, module)
    ids = {f"{part}_{what}": np.zeros(2, dtype=np.int64) for part in ("train", "validation", "test")
           for what in ("ids", "offsets", "targets")}
    ids |= {name: np.array([0, 1, 2]) for name in ids if name.endswith("offsets")}
    task = {"device": "cuda", "sizes": {}, "folder": "", "words": 5, "classes": 2, "head_width": 5,
            "classifier": {"batch": 2, "epochs": [], "dropout": {"weight_p": 0.3}, "head_p": 0.2}}
    quality_reference.language_learner(ids, 5, task, {"batch": 2, "bptt": 5, "dropout": {"weight_p": 0.4}})
    quality_reference.classify(ids, MagicMock(), task)
    loaders, models = fastai["fastai.data.core"].DataLoaders, fastai["fastai.text.models.core"]
    assert [call.kwargs["device"] for call in loaders.call_args_list] == [torch.device("cuda")] * 2
    assert len(loaders.call_args.args) == 3, "the documents it is measured on too"
    for make, p in ((models.get_language_model, 0.4), (models.get_text_classifier, 0.3)):
        make.return_value.to.assert_called_once_with("cuda")
        assert make.call_args.kwargs["config"]["weight_p"] == p
    assert models.get_text_classifier.call_args.kwargs["ps"] == [0.2]


def test_the_clock_of_the_reference_runs_while_it_learns_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = {"now": 0.0}

    class Learner:
        """Takes 100 seconds to be built, 7 to learn, 1,000 to be validated once more."""

        model = None

        def __init__(self, *_: Any) -> None:
            clock["now"] += 100

        def fit_one_cycle(self, *_: Any) -> None:
            clock["now"] += 7

        def validate(self) -> list[float]:
            clock["now"] += 1_000
            return [1.0]

    for name in ("language.npz", "classifier.npz"):
        np.savez(tmp_path / name)
    np.save(tmp_path / "mapping.npy", np.zeros(1))
    monkeypatch.setattr(quality_reference.time, "perf_counter", lambda: clock["now"])
    for name, stand_in in (("language_learner", Learner), ("move_words", print), ("classify", lambda *_: 0.5)):
        monkeypatch.setattr(quality_reference, name, stand_in)
    budget = {"epochs": 1, "lr": 0.1}
    task = {"folder": str(tmp_path), "vocabulary": 5, "words": 5, "language_model": budget, "tuning": budget}
    assert quality_reference.train(task) == {
        "perplexity": pytest.approx(math.e), "accuracy": 0.5, "language_model_seconds": 7,
    }


def test_the_command_names_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "quality", "--texts", "texts.txt"]) == 1
    assert "--held-out" in capsys.readouterr().err
