"""The benchmarks of the networks at toy sizes: what they report, not how fast this machine is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ulmengine.bench import classifier, lm, measure, predict
from ulmengine.bench.tokenize import bench_tokenize
from ulmengine.cli.bench import LEAST_VOCABULARY
from ulmengine.threads import SETTINGS

TASK = {
    "preset": "tiny", "vocabulary": 60, "batch": 2, "time": 5, "steps": 2, "precision": "float32", "softmax": "full",
    "device": "cpu",
}
SOFTMAX = ("full", "adaptive", "sampled")
DOCUMENTS = {**TASK, "classes": 2, "max_tokens": 12, "lengths": [[9, 4], [15, 6], [3, 1]]}


@pytest.mark.parametrize("work", [lm.train, lm.validate])
def test_language_model_counts_tokens(work: Any) -> None:
    result = work(TASK)
    assert result["done"] == 2 * 2 * 5
    assert result["per_s"] > 0
    assert result["peak_rss_mb"] > 50


def test_moving_the_weights_is_a_part_of_a_training_step() -> None:
    trained = lm.train(TASK)
    assert 0 < trained["optimizer_ms"] < trained["step_ms"]
    assert "optimizer_ms" not in lm.validate(TASK)


@pytest.mark.parametrize("unfrozen", [1, 4])
def test_classifier_counts_documents(unfrozen: int) -> None:
    assert classifier.train({**DOCUMENTS, "unfrozen": unfrozen})["done"] == 4


def test_prediction_counts_documents() -> None:
    assert predict.bulk(DOCUMENTS)["done"] == 4


@pytest.mark.parametrize(("work", "task"), [
    *((work, {**TASK, "softmax": softmax}) for work in (lm.train, lm.validate) for softmax in SOFTMAX),
    (classifier.train, {**DOCUMENTS, "unfrozen": 4}), (predict.bulk, DOCUMENTS),
])
def test_the_smallest_vocabulary_that_may_be_asked_for_is_enough(work: Any, task: dict[str, Any]) -> None:
    assert work({**task, "vocabulary": LEAST_VOCABULARY})["per_s"] > 0
    assert set(lm.random_tokens(LEAST_VOCABULARY, 50).tolist()) == {2}, "a word, not the padding"


def test_the_first_step_does_not_count() -> None:
    assert measure.timed(lambda n: n, [100, 1, 2])["done"] == 3


def test_document_lengths_are_sorted_and_repeatable() -> None:
    batches = measure.document_lengths(20, 32)
    assert batches == measure.document_lengths(20, 32)
    assert all(batch == sorted(batch, reverse=True) and 10 <= batch[-1] <= batch[0] <= 2500 for batch in batches)
    assert sum(map(sum, batches)) / 640 == pytest.approx(257, rel=0.1)
    assert batches[0] == max(batches), "the longest first: its memory is the peak"
    assert batches[1:] != sorted(batches[1:], reverse=True), "the others mixed"


def test_a_missing_reference_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "ours", lambda _task: {"per_s": 1.0})
    result = measure.with_reference({}, "/nowhere/python")
    assert result["reference"] is None
    assert "/nowhere/python" in result["reference_missing"]


def python(path: Path, script: str) -> str:
    """A program that takes the place of the other Python."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_the_reference_hears_nothing_of_how_our_threads_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOMP_SPINCOUNT", SETTINGS["GOMP_SPINCOUNT"])
    monkeypatch.setenv("KMP_BLOCKTIME", "50")  # a person's own
    told = """cat > /dev/null; printf '{"spin": "%s", "block": "%s"}' "$GOMP_SPINCOUNT" "$KMP_BLOCKTIME\""""
    for script in ("reference.py", "quality_reference.py"):
        assert measure.reference(python(tmp_path / "python", told), {}, script) == {"spin": "", "block": "50"}


def test_the_other_python_may_be_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    python(tmp_path / "bin" / "python", "cat > /dev/null; echo '{}'")
    monkeypatch.chdir(tmp_path)
    assert measure.reference("bin/python", {}) == {}


def test_a_python_without_fastai_is_found_out(tmp_path: Path) -> None:
    has = 'test "${4%;*}" = "import fastai.text.learner" && echo some notice && echo found'
    lacks = python(tmp_path / "python", "echo \"No module named 'fastai'\" >&2; exit 1")
    with pytest.raises(measure.BenchError, match="No module named 'fastai'"):
        measure.find_reference(lacks)
    measure.find_reference(python(tmp_path / "python", has))
    with pytest.raises(measure.BenchError, match="/bin/true does not answer as a Python with fastai"):
        measure.find_reference("/bin/true")


@pytest.mark.parametrize(("script", "said"), [
    ("cat > /dev/null", "gave no figures, but wrote nothing"),
    ("echo '{}'; echo all is done", "gave no figures, but wrote all is done"),
    ("echo 5", "gave no figures, but wrote 5"),
    ("printf '\\377'", "gave no figures, but wrote \ufffd"),
    ("echo so it is >&2; exit 3", "failed: so it is$"),
    ("exit 3", "failed: its exit status was 3$"),
    ("kill -KILL $$", "failed: ended by signal 9 .*Killed"),
    ("echo beware >&2; kill -TERM $$", "failed: ended by signal 15 .*beware$"),
])
@pytest.mark.parametrize("work", ["reference.py", "quality_reference.py"])
def test_a_reference_that_gives_no_figures_is_told_in_words(
    work: str, script: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(measure.BenchError, match=f"python {said}"):
        measure.reference(python(tmp_path / "python", script), {}, work)


def test_it_costs_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "ours", lambda _task: {"per_s": 1.0})
    missing = "/bin/true gave no figures, but wrote nothing"
    assert measure.with_reference({}, "/bin/true") == {"per_s": 1.0, "reference": None, "reference_missing": missing}


def test_a_tokeniser_that_gives_no_figures_is_told_in_words() -> None:
    figures = bench_tokenize(["some words"] * 60, "/bin/true", vocab_size=60, repeats=1)
    assert "/bin/true gave no figures" in figures["reference_missing"]
    assert figures["documents"] == 60


def test_ratios(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {"per_s": 30.0, "cpu_s": 2.0, "done": 10, "peak_rss_mb": 500.0}
    monkeypatch.setattr(measure, "ours", lambda _task: figures)
    theirs = {**figures, "per_s": 10.0, "cpu_s": 5.0, "peak_rss_mb": 1000.0}
    monkeypatch.setattr(measure, "reference", lambda *_: theirs)
    assert measure.with_reference({}, "python")["ratio"] == {"per_s": 3.0, "cpu": 2.5, "peak_rss_mb": 0.5}
    figures["optimizer_ms"], theirs["optimizer_ms"] = 8.0, 32.0
    assert measure.with_reference({}, "python")["ratio"]["optimizer_ms"] == 0.25
