"""What a run keeps of its measurement, read with nothing but polars and scikit-learn."""

from __future__ import annotations

import errno
import os
import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn import metrics

from ulmengine import events as ev
from ulmengine.corpus import open_corpus
from ulmengine.inference import PredictionsError, Predictor
from ulmengine.inference.paired import Paired
from ulmengine.inference.predictions import write_predictions
from ulmengine.models import load_bundle
from ulmengine.record import RunFolder, RunFolderError
from ulmengine.runs import Run, measured
from ulmengine.runs.measured import against_words, documents_of, evaluated, measure_again, open_measured, run_of
from ulmengine.runs.smaller import measured_on_its_run
from ulmengine.runs.table import measure_table

from .made import tiny_run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tiny_run(tmp_path_factory.mktemp("measured") / "run")
    last = [event for event in Run(folder).events() if isinstance(event, (ev.Finished, ev.Failed))]
    assert isinstance(last[-1], ev.Finished), last
    return folder


def test_every_figure_follows_from_the_table(whole: RunFolder) -> None:
    table = pl.read_parquet(whole.path / "predictions.parquet")
    record = open_measured(whole).record
    labels = record["labels"]
    assert set(table["part"]) == {"validation", "test"}
    for part, found in record["parts"].items():
        own = table.filter(pl.col("part") == part)
        truth = own["label"].to_list()
        for who in ("network", "baseline"):
            scores = own.select(f"{who}.{label}" for label in labels).to_numpy()
            said = [labels[place] for place in scores.argmax(1)]
            figures = {name: one["value"] for name, one in found[who]["metrics"].items()}
            assert figures["accuracy"] == pytest.approx(metrics.accuracy_score(truth, said), abs=1e-9)
            assert figures["f1_macro"] == pytest.approx(metrics.f1_score(truth, said, average="macro"), abs=1e-9)
            assert figures["mcc"] == pytest.approx(metrics.matthews_corrcoef(truth, said), abs=1e-9)
            assert figures["loss"] == pytest.approx(metrics.log_loss(truth, scores, labels=labels), abs=1e-9)
            assert found[who]["confusion"] == metrics.confusion_matrix(truth, said, labels=labels).tolist()
        assert own["loss"].mean() == pytest.approx(found["network"]["metrics"]["loss"]["value"], abs=1e-9)
        assert found["majority"] == pytest.approx(truth.count(record["majority"]) / len(truth), abs=1e-9)


def test_rows_and_keys_lead_back_to_the_documents(whole: RunFolder) -> None:
    source = pl.read_csv(whole.path.parent / "corpus.csv")
    table = pl.read_parquet(whole.path / "predictions.parquet")
    assert source[table["row"].to_list(), "label"].to_list() == table["label"].to_list()
    assert table["document"].n_unique() == len(table)


def test_the_event_tells_the_paired_difference_and_the_majority(whole: RunFolder) -> None:
    [event] = list(whole.events(ev.Evaluated))
    assert event.difference == pytest.approx(event.accuracy - event.baseline_accuracy)
    assert event.difference_interval[0] <= event.difference <= event.difference_interval[1]
    assert event.majority in ("fruit", "tool")
    low, high = event.saved_difference_interval
    assert low <= event.saved[0] - event.baseline_accuracy <= high
    assert event == evaluated(open_measured(whole))


def _copy(whole: RunFolder, tmp_path: Path) -> RunFolder:
    shutil.copytree(whole.path, tmp_path / "run")
    return RunFolder(tmp_path / "run")


def test_a_run_from_before_is_measured_again_from_its_model(whole: RunFolder, tmp_path: Path) -> None:
    old = _copy(whole, tmp_path)
    for name in ("evaluation.json", "predictions.parquet"):
        (old.path / name).unlink()
    with pytest.raises(PredictionsError, match="measure it again"):
        open_measured(old)
    again, first = ev.outcome(measure_again(old, tmp_path / "cache")), open_measured(whole)
    assert again.kept.keys.tolist() == first.kept.keys.tolist()
    assert again.kept.given["network"] == pytest.approx(first.kept.given["network"], abs=1e-4)
    assert (again.kept.given["baseline"] == first.kept.given["baseline"]).all()
    assert open_measured(old).record == again.record


def test_where_a_run_cannot_be_written_is_told_in_words(
    whole: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(Path(shutil.copytree(whole.path, tmp_path / "run")))
    kept = open_measured(folder).kept
    with pytest.raises(FileNotFoundError) as error:
        write_predictions(tmp_path / "gone" / "a.parquet", kept)
    assert error.value.strerror == os.strerror(errno.ENOENT)  # the library says more, and it raw

    def refuse(path: Path, kept: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(measured, "write_predictions", refuse)
    with pytest.raises(RunFolderError, match=f"cannot be written: {os.strerror(errno.EROFS)}"):
        ev.outcome(measure_again(folder, folder.cache))


def test_the_card_says_where_the_model_comes_from(whole: RunFolder) -> None:
    card = load_bundle(whole.model_path).description.card
    assert card["language"] == "not stated"  # several languages share these letters
    assert card["started from"] == "nothing: learnt from scratch"
    settings = card["settings that are not as usual"]
    assert (settings["classifier.epochs"], settings["language_model.bptt"]) == ("1, 1", "16")
    assert not {"model.pretrained", "corpus.path", "compute.device"} & settings.keys()
    assert card["licence"] == "not stated; mind that of the texts"


def test_predictions_that_were_altered_or_are_of_another_run_are_refused(whole: RunFolder, tmp_path: Path) -> None:
    run = _copy(whole, tmp_path)
    path = run.path / "predictions.parquet"
    table = pl.read_parquet(path)
    # Two columns changed so that the table is sound in itself: only the digest gives it away.
    import pyarrow.parquet as pq

    swapped = table.with_columns(pl.lit(0.5).alias("baseline.fruit"), pl.lit(0.5).alias("baseline.tool"))
    about = pq.read_schema(path).metadata
    pq.write_table(swapped.to_arrow().replace_schema_metadata({b"ulmfit": about[b"ulmfit"]}), path)
    with pytest.raises(PredictionsError, match="altered since the run was measured"):
        open_measured(run)


def test_predictions_of_another_corpus_are_refused(whole: RunFolder, tmp_path: Path) -> None:
    run = _copy(whole, tmp_path)
    record = run.path / "corpus.json"
    fingerprint = open_measured(whole).kept.corpus
    record.write_text(record.read_text(encoding="utf-8").replace(fingerprint, "0" * 32), encoding="utf-8")
    with pytest.raises(PredictionsError, match="another corpus"):
        open_measured(run)
    with pytest.raises(PredictionsError, match="corpus has changed"):
        ev.outcome(measure_again(run, tmp_path / "cache"))


def test_a_run_without_its_model_cannot_be_measured_again(whole: RunFolder, tmp_path: Path) -> None:
    run = _copy(whole, tmp_path)
    run.model_path.unlink()
    with pytest.raises(PredictionsError, match=r"model\.ulmfit is missing"):
        ev.outcome(measure_again(run, tmp_path / "cache"))


def test_no_held_back_documents_no_measurement(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path / "run", "corpus.split.validation=0.0", "corpus.split.test=0.0",
                      "corpus.split.unmeasured=true", "language_model.epochs=0", "classifier.epochs=[1]")
    assert isinstance(list(Run(folder).events())[-1], ev.Finished)
    assert not (folder.path / "predictions.parquet").exists()
    with pytest.raises(PredictionsError, match="No documents were held back"):
        ev.outcome(measure_again(folder, tmp_path / "cache"))


def test_the_confidence_of_an_answer_is_its_probability(whole: RunFolder) -> None:
    kept = open_measured(whole).kept
    assert kept.confidence() == pytest.approx(np.max(kept.given["network"], axis=1))


def test_words_too_long_for_a_models_file_stay_out_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ulmengine.inference.MOST_CHARACTERS", 50)
    folder = tiny_run(tmp_path / "run")
    notes = [event.text for event in Run(folder).events() if isinstance(event, ev.Note)]
    assert any("too long for a model's file" in text for text in notes)
    assert load_bundle(folder.model_path).counts is None
    assert "blend" not in open_measured(folder).record["parts"]["test"]


@pytest.mark.parametrize(("difference", "low", "high", "told"), [
    (.031, .01, .05, "3.1 points better than the word-count baseline (1.0 to 5.0)"),
    (-.031, -.05, -.01, "3.1 points worse than the word-count baseline (1.0 to 5.0)"),
    (.0, -.09, .09, "as often as the word-count baseline (-9.0 to +9.0 points)"),
    (.0004, -.09, .09, "as often as the word-count baseline (-9.0 to +9.0 points)"),
    (.02, -.01, .05, "2.0 points ahead of the word-count baseline, which may be chance (-1.0 to +5.0)"),
    (-.02, -.05, .01, "2.0 points behind the word-count baseline, which may be chance (-5.0 to +1.0)"),
])
def test_the_difference_from_the_baseline_in_words(difference: float, low: float, high: float, told: str) -> None:
    said, figures = against_words(Paired(50, .8, .8 + difference, difference, low, high, 1, 1).to_json())
    assert said.format(**figures) == told


@pytest.mark.parametrize(("documents", "difference", "changed", "told"), [
    (2, 1.0, (2, 0), "too few to tell whether that is better than the word-count baseline"),
    (5, .0, (0, 0), "too few to tell whether that is better than the word-count baseline"),
    (50, .0, (0, 0), "exactly the documents that the word-count baseline has right"),
])
def test_no_interval_without_width_is_told_of_the_baseline(
    documents: int, difference: float, changed: tuple[int, int], told: str
) -> None:
    record = Paired(documents, 0, difference, difference, difference, difference, *changed).to_json()
    said, figures = against_words(record | {"verdict": "better"})  # as runs of earlier versions have kept it
    assert said.format(**figures) == told


@pytest.mark.parametrize("test", [True, False])
def test_a_smaller_model_is_not_measured_by_what_its_word_counts_know(
    whole: RunFolder, tmp_path: Path, test: bool
) -> None:
    """The saved counts are taken of the validation documents too, which they have by heart."""
    folder = whole
    if not test:
        folder = tiny_run(tmp_path / "run", "corpus.split.test=0.0")
        assert isinstance(list(Run(folder).events())[-1], ev.Finished)
    bundle = load_bundle(folder.model_path)
    assert bundle.counts is not None
    cost = ev.outcome(measured_on_its_run(bundle))
    documents = ev.outcome(open_corpus(folder.config().corpus, folder.cache, seed=folder.config().seed))
    part = "test" if test else "validation"
    said = Predictor(bundle, "cpu", "float32").answers(documents.texts(part))["blend" if test else "network"]
    assert (cost.part, cost.alone, cost.documents) == (part, not test, documents.count(part))
    assert cost.before == float((said.argmax(1) == documents.targets(part)).mean())


def test_a_copy_of_a_runs_model_has_learnt_from_what_that_run_has(whole: RunFolder, tmp_path: Path) -> None:
    copy, other = tmp_path / "given.ulmfit", tmp_path / "other.ulmfit"
    shutil.copy(whole.model_path, copy)
    other.write_bytes(copy.read_bytes()[:-1] + b"?")  # as large
    documents = ev.outcome(documents_of(copy, whole.path.parent))
    assert documents is not None
    assert documents.fingerprint == ev.outcome(open_corpus(
        whole.config().corpus, whole.cache, seed=whole.config().seed)).fingerprint
    assert run_of(whole.model_path) == whole
    assert run_of(copy) is None
    assert run_of(other, whole.path.parent) is None
    table = tmp_path / "table.csv"
    texts = list(islice(documents.texts("train"), 3))
    table.write_text("text,label\n" + "".join(f"{text},fruit\n" for text in texts), encoding="utf-8")
    predictor = Predictor(load_bundle(copy), "cpu", "float32")
    for runs, learnt in ((whole.path.parent, {"test": 3}), (None, None)):
        found = ev.outcome(measure_table(copy, predictor, table, tmp_path / "c", load_bundle(copy).columns, runs=runs))
        assert found.measured.record.get("learnt") == learnt
    rows = (f"{text},{('fruit', 'tool')[n % 2]}\n" for n, text in enumerate(islice(documents.texts("train"), 20)))
    table.write_text("text,kind\n" + "".join(rows), encoding="utf-8")
    roles = load_bundle(copy).columns
    (note,) = ev.outcome(measure_table(copy, predictor, table, tmp_path / "c", roles)).notes
    assert note.startswith("The labels are read from 'kind', for there is no 'label'")
    assert ev.outcome(measure_table(copy, predictor, table, tmp_path / "c", roles, label=("kind",))).notes == ()


def test_of_a_corpus_that_has_changed_nobody_knows_what_was_learnt_from(whole: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(whole.path, tmp_path / "run")
    shutil.copy(whole.path.parent / "corpus.csv", tmp_path / "corpus.csv")
    folder = RunFolder(tmp_path / "run")
    folder.config_path.write_text(folder.config_path.read_text(encoding="utf-8").replace(
        str(whole.path.parent / "corpus.csv"), str(tmp_path / "corpus.csv")), encoding="utf-8")
    assert ev.outcome(measured_on_its_run(load_bundle(folder.model_path))).part == "test"
    assert ev.outcome(documents_of(folder.model_path)) is not None
    with (tmp_path / "corpus.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"a plum {n},fruit\n" for n in range(9))
    cost = ev.outcome(measured_on_its_run(load_bundle(folder.model_path)))
    assert (cost.part, cost.before) == ("", None)
    assert ev.outcome(documents_of(folder.model_path)) is None
