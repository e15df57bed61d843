"""What a run was measured at: evaluation.json with the figures, predictions.parquet with every single answer.

Whatever is told of a run's result later (a page, a comparison, a report) is a reading of these two.
"""

from __future__ import annotations

import filecmp
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ulmengine.corpus import Documents, open_corpus
from ulmengine.corpus.repairs import corrections, records_of, rows_named
from ulmengine.disk import sha256
from ulmengine.events import FEWEST_COMPARED, Evaluated, Event, Progress, defined
from ulmengine.inference import (
    Baseline,
    Blend,
    Predictions,
    PredictionsError,
    Predictor,
    counts_beside,
    evaluate,
    paired_difference,
    part_predictions,
    probabilities,
    read_predictions,
    write_predictions,
)
from ulmengine.inference.calibrate import Floats
from ulmengine.inference.predict import asked_in_windows
from ulmengine.inference.predictions import MEASURED_PARTS, Who, joined
from ulmengine.inference.ranking import Reliability
from ulmengine.models import load_bundle
from ulmengine.record.folder import RunFolder, find_runs, writing
from ulmengine.record.listing import EVALUATION
from ulmengine.record.records import read_record, write_record

from .checks import class_counts
from .origin import began_with

PREDICTIONS = "predictions.parquet"


@dataclass(frozen=True, eq=False)
class Measured:
    """A run's ``kept`` predictions and the figures that were worked out from them, as evaluation.json holds them.

    ``record``: ``corpus``, ``labels``, ``multi_label``, ``temperature``, ``majority`` (the commonest label in
    training), ``relabelled`` (how many labels of each part a person has corrected), ``refit`` (whether the network has
    learnt from the validation documents after it had answered them), ``unseen`` (the labels that no training document
    bears) and ``parts``: for each part measured on the ``documents``, for each of ``network``, ``baseline``,
    ``counts`` and ``blend`` an :class:`~ulmengine.inference.Evaluation` as JSON, ``paired`` (the network against the
    others), ``majority`` (the share right by always answering the commonest label) and ``ece_uncalibrated``.
    """

    folder: RunFolder
    kept: Predictions
    record: dict[str, Any]

    @property
    def part(self) -> str:
        """The part of the headline: "test", or "validation" where no test documents were held back."""
        return self.kept.headline_part


def has_measured(folder: RunFolder) -> bool:
    """Whether the run has kept what it was measured at."""
    return (folder.path / EVALUATION).is_file() and (folder.path / PREDICTIONS).is_file()


def open_measured(folder: RunFolder) -> Measured:
    """What the run in ``folder`` has kept.

    :raises PredictionsError: nothing is kept (a run from before, or one that has not finished), or the predictions were
        altered since, or are those of another run.
    """
    path = folder.path / PREDICTIONS
    record = read_record(folder.path / EVALUATION)
    if not record and not path.exists():
        raise PredictionsError(f"{folder.path} has kept no predictions: it has not finished, or was made by an earlier "
                               "version; measure it again from its model")
    kept = read_predictions(path)
    if record.get("digest") != sha256(path):
        raise PredictionsError(f"{path} has been altered since the run was measured, or is that of another run; "
                               "measure the run again from its model")
    if not _began_with(folder, kept.corpus):
        raise PredictionsError(
            f"{path} holds predictions of another corpus than the one of this run; measure the run again")
    return Measured(folder, kept, record)


def keep_measured(
    folder: RunFolder, kept: Predictions, majority: str, seed: int, *, refit: bool = False,
    unseen: Sequence[str] = (),
) -> Measured:
    """Work out the figures of ``kept`` and write both files; the predictions first, which the figures name.

    :param majority: the commonest label of the training documents, "" where they bear several.
    :param refit: the network has learnt from the validation documents after it had answered them.
    :param unseen: the labels that no training document bears.
    """
    write_predictions(folder.path / PREDICTIONS, kept)
    record = {"digest": sha256(folder.path / PREDICTIONS), **record_of(kept, majority, seed),
              "relabelled": _relabelled(folder, kept), "refit": refit,
              "unseen": list(unseen)}
    write_record(folder.path / EVALUATION, record)
    return Measured(folder, kept, read_record(folder.path / EVALUATION))


def record_of(kept: Predictions, majority: str = "", seed: int = 0) -> dict[str, Any]:
    """What :class:`Measured` tells of these predictions, all of whose labels are as the corpus has them."""
    return dict(defined({
        "corpus": kept.corpus, "labels": list(kept.labels), "multi_label": kept.multi_label,
        "temperature": kept.temperature, "majority": majority, "seed": seed, "relabelled": {}, "refit": False,
        "unseen": [],
        "parts": {part: figures(kept.part(part), majority, seed) for part in MEASURED_PARTS if kept.has(part)},
    }))


def figures(kept: Predictions, majority: str, seed: int) -> dict[str, Any]:
    """All figures of one part's predictions, as :class:`Measured` lists them."""
    result: dict[str, Any] = {"documents": len(kept)}
    for who, values in kept.given.items():
        result[who] = evaluate(values, kept.targets, kept.labels, multi_label=kept.multi_label, seed=seed).to_json()
    result["paired"] = {
        who: paired_difference(kept.right(who), kept.right(), seed=seed).to_json()
        for who in kept.given if who != "network"
    }
    if majority:
        result["majority"] = float((kept.targets == kept.labels.index(majority)).mean())
    result["ece_uncalibrated"] = uncalibrated_error(kept)
    return result


def uncalibrated_error(kept: Predictions) -> float:
    """The expected calibration error of the network without its temperature."""
    values, truth = kept.uncalibrated(), kept.truth()
    if not kept.multi_label:
        values, truth = values.max(1, keepdims=True), kept.right().astype(np.float64)[:, None]
    return float(Reliability(values, truth).error(np.ones(len(kept))))


def measure_parts(
    documents: Documents, scores: Mapping[str, Floats], temperature: float, labels: tuple[str, ...] = (), *,
    blend: Blend | None = None, counts: Floats | None = None, refit: bool = False,
) -> Generator[Event, None, Predictions | None]:
    """The network's ``scores`` of each part beside what the word-count baseline says of the same documents.

    :param scores: (documents, classes) logits of each part, in the order of the part and of ``labels``, those of the
        corpus where none are given.
    :param blend: both together, if the model answers so. Its counts may have learnt from the validation documents.
    :param counts: what counts of the training documents alone say of these, in their place; fitted where absent.
    :param refit: the network that answers the test documents has learnt from the validation documents, so the baseline
        there learns from them too.
    :returns: None where there is no part to measure on.
    """
    if not scores:
        return None
    labels, multi = labels or documents.labels, documents.multi_label
    yield Progress("Fitting the baseline", 0, 0)
    learnt = list(documents.texts("train")), as_known(documents, "train", labels), len(labels)
    plain = dict.fromkeys(scores, Baseline(*learnt)) if "validation" in scores or not refit else {}
    if refit and "test" in scores:
        held = as_known(documents, "validation", labels)
        texts = [*learnt[0], *documents.texts("validation")]
        plain["test"] = Baseline(texts, np.concatenate([learnt[1], held]), len(labels))
    if blend is not None and counts is None and "validation" in scores:
        counts = counts_beside(*learnt, blend.counts.sharpness).probabilities(documents.texts("validation"))
    found = []
    for part in MEASURED_PARTS:
        if part not in scores:
            continue
        yield Progress("Asking the baseline", 0, 0)
        rows = documents.rows(part)
        given: dict[Who, Floats] = {
            "network": probabilities(scores[part], temperature, multi_label=multi),
            "baseline": summing_to_one(plain[part].probabilities(documents.texts(part)), multi),
        }
        if blend is not None:
            said = counts if counts is not None and part == "validation" else blend.counts.probabilities(
                documents.texts(part))
            given["counts"] = summing_to_one(said, multi)
            given["blend"] = summing_to_one(blend.mixed(given["network"], given["counts"]), multi)
        found.append(part_predictions(
            part, records_of(rows, documents.pieces, documents.hashes), own_rows(documents, rows),
            as_known(documents, part, labels), given, labels=labels, multi_label=multi,
            corpus=documents.fingerprint, temperature=temperature,
        ))
    return joined(found)


def run_of(model: Path, runs: Path | None = None) -> RunFolder | None:
    """The run that the ``model`` lies in; or, where it lies in none, the newest of those in ``runs`` of whose model it
    is a copy."""
    folder = RunFolder(model.resolve().parent)
    if folder.model_path.name == model.name and folder.config_path.is_file():
        return folder
    for run in reversed([] if runs is None else find_runs(runs)):
        with suppress(OSError):
            if filecmp.cmp(run.model_path, model, shallow=False):
                return run
    return None


def documents_of(model: Path, runs: Path | None = None) -> Generator[Event, None, Documents | None]:
    """The documents of the run that the ``model`` is of, see :func:`run_of`, as it had them; None where it is of none,
    or where its files cannot be read any more or have changed since, so that nobody knows which of them it has learnt
    from."""
    folder = run_of(model, runs)
    if folder is None:
        return None
    try:
        config = folder.config()
        documents = yield from open_corpus(
            config.corpus, folder.cache, seed=config.seed, began_with=began_with(folder))
    except (ValueError, OSError):
        return None
    return documents if _began_with(folder, documents.fingerprint) else None


def _began_with(folder: RunFolder, corpus: str) -> bool:
    """Whether the run in ``folder`` began with the ``corpus`` of this fingerprint, as far as it has said."""
    return began_with(folder) in ("", corpus)


def measure_again(folder: RunFolder, cache: Path) -> Generator[Event, None, Measured]:
    """Measure a finished run from its model, as its end would have, and keep that.

    A model that has learnt from the validation documents in the end cannot be measured on them: what was kept of them
    stays, if it is sound.

    :param cache: where the prepared corpus lies.
    :raises PredictionsError: the model or the held-back documents are missing, or the corpus is not what the run had.
    :raises RunFolderError: the folder cannot be written.
    """
    config = folder.config()
    if not folder.model_path.is_file():
        raise PredictionsError(f"{folder.path} holds no model ({folder.model_path.name} is missing), so it cannot be "
                               "measured again; finish the run, or copy its model back")
    bundle = load_bundle(folder.model_path)
    documents = yield from open_corpus(config.corpus, cache, seed=config.seed, began_with=began_with(folder))
    if not _began_with(folder, documents.fingerprint):
        raise PredictionsError("The corpus has changed since this run was made, so it cannot be measured on the same "
                               "documents; bring the earlier files back")
    unknown = [name for name in documents.labels if name not in bundle.labels]
    if unknown or bundle.multi_label != documents.multi_label:
        raise PredictionsError(f"The model does not know the label{'s' if len(unknown) > 1 else ''} "
                               f"{', '.join(map(repr, unknown))} of the corpus; it knows "
                               f"{', '.join(map(repr, bundle.labels))}"
                               if unknown else
                               "The model and the corpus differ in whether a document bears several labels")
    predictor = Predictor(bundle, config.compute.device, config.compute.precision)
    scores, refit = {}, bundle.description.refit
    for part in MEASURED_PARTS:
        if documents.count(part) and not (refit and part == "validation"):
            scores[part] = np.concatenate((yield from asked_in_windows(
                documents.texts(part), predictor.logits, f"Measuring on {part}", documents.count(part))))
    if refit and not scores:
        raise PredictionsError("The saved model has learnt from the validation documents in the end, and no others "
                               "were held back, so the run cannot be measured again; only what was kept at its end "
                               "tells how good it is")
    kept = yield from measure_parts(
        documents, scores, bundle.temperature, bundle.labels, blend=predictor.blend, refit=refit)
    if kept is None:
        raise PredictionsError("No documents were held back for validation or test, so the run cannot be measured")
    if refit:
        kept = joined([*_kept_of_validation(folder, kept), kept])
    yield Progress("Working out the intervals", 0, 0)
    with writing(folder.path):
        return keep_measured(folder, kept, majority_label(documents), config.seed, refit=refit,
                             unseen=labels_without_training(documents))


def _kept_of_validation(folder: RunFolder, now: Predictions) -> list[Predictions]:
    """What the run has kept of its validation documents, where that goes with what is measured ``now``."""
    try:
        earlier = open_measured(folder).kept
    except PredictionsError:
        return []
    alike = earlier.labels == now.labels and earlier.given.keys() == now.given.keys()
    return [earlier.part("validation")] if alike and earlier.has("validation") else []


def against_baseline(measured: Measured, part: str, who: Who | None = None) -> dict[str, Any] | None:
    """How the answers of ``who`` (absent: of the saved model) fare against the baseline's on the documents of
    ``part``: a :class:`~ulmengine.inference.paired.Paired` as JSON; None where there is no baseline."""
    kept = measured.kept
    who = who or kept.saved
    if "baseline" not in kept.given or who == "baseline":
        return None
    if who == "network":
        return dict(measured.record["parts"][part]["paired"]["baseline"])
    own = kept.part(part)
    seed = int(measured.record.get("seed", 0))
    return paired_difference(own.right("baseline"), own.right(who), seed=seed).to_json()


def against_words(paired: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """What :func:`against_baseline` found, as the end of a sentence with places for figures, and these figures."""
    points, low, high = (100 * float(paired[name]) for name in ("difference", "low", "high"))
    figures = {"points": f"{abs(points):.1f}", "low": f"{low:+.1f}", "high": f"{high:+.1f}"}
    if paired["documents"] < FEWEST_COMPARED:  # runs of earlier versions have kept another verdict
        return "too few to tell whether that is better than the word-count baseline", figures
    if not paired["mended"] and not paired["broken"]:
        return "exactly the documents that the word-count baseline has right", figures
    if paired["verdict"] == "better":
        return ("{points} points better than the word-count baseline ({low} to {high})",
                figures | {"low": f"{low:.1f}", "high": f"{high:.1f}"})
    if paired["verdict"] == "worse":
        return ("{points} points worse than the word-count baseline ({low} to {high})",
                figures | {"low": f"{-high:.1f}", "high": f"{-low:.1f}"})
    if figures["points"] == "0.0":
        return "as often as the word-count baseline ({low} to {high} points)", figures
    if points > 0:
        return "{points} points ahead of the word-count baseline, which may be chance ({low} to {high})", figures
    return "{points} points behind the word-count baseline, which may be chance ({low} to {high})", figures


def learnt_words(learnt: int, documents: int) -> str:
    """That a model has learnt from some of the documents that it was measured on, with places for the numbers."""
    if learnt == documents:
        return "{n} of {all} documents were learnt from: this says nothing of new texts."
    return "{n} of {all} documents were learnt from: on new texts the model will be right less often." if learnt else ""


def majority_label(documents: Documents) -> str:
    """The commonest label of the training documents; "" where a document may bear several, or there are none."""
    counts = class_counts(documents, "train")
    return documents.labels[int(counts.argmax())] if counts.any() and not documents.multi_label else ""


def labels_without_training(documents: Documents) -> list[str]:
    """The labels that no training document bears: nothing can be learnt about them."""
    counts = class_counts(documents, "train")
    return [label for label, count in zip(documents.labels, counts, strict=True) if not count]


def evaluated(measured: Measured) -> Evaluated:
    """The event that tells the result."""
    part = measured.part
    found = measured.record["parts"][part]
    own, plain, paired = found["network"]["metrics"], found["baseline"]["metrics"], found["paired"]["baseline"]
    both = found["blend"]["metrics"]["accuracy"] if "blend" in found else {}
    nothing = float("nan")
    beside = against_baseline(measured, part) if both else None
    return Evaluated(
        part, found["documents"], own["accuracy"]["value"], (own["accuracy"]["low"], own["accuracy"]["high"]),
        {name: one["value"] for name, one in own.items() if one["value"] is not None},
        plain["accuracy"]["value"], (plain["accuracy"]["low"], plain["accuracy"]["high"]),
        paired["difference"], (paired["low"], paired["high"]),
        measured.record["majority"], found.get("majority", nothing),
        both.get("value", nothing), (both.get("low", nothing), both.get("high", nothing)),
        refit=bool(measured.record.get("refit")), relabelled=int(measured.record.get("relabelled", {}).get(part, 0)),
        saved_difference_interval=(nothing, nothing) if beside is None else (beside["low"], beside["high"]),
    )


def corpus_rows(kept: Predictions, documents: Documents) -> np.ndarray:
    """The rows of the corpus in which the documents of ``kept`` stand now, -1 for those that are not there: (n,)."""
    return rows_named(kept.keys.tolist(), documents.pieces, documents.hashes)


def _relabelled(folder: RunFolder, kept: Predictions) -> dict[str, int]:
    changed = list(corrections(folder.config().corpus.relabelled, kept.multi_label))
    return {part: int(np.isin(kept.part(part).keys.astype(str), changed).sum())
            for part in MEASURED_PARTS if kept.has(part)}


def own_rows(documents: Documents, rows: np.ndarray) -> np.ndarray:
    """Rows of the corpus as rows of the file that each stands in."""
    starts = np.array([piece.start for piece in documents.pieces], dtype=np.int64)
    return np.asarray(rows - starts[np.searchsorted(starts, rows, side="right") - 1])


def summing_to_one(values: Floats, multi_label: bool) -> Floats:
    """Probabilities that were worked out in single precision, to the last place of double precision."""
    return values if multi_label else np.asarray(values / values.sum(1, keepdims=True))


def as_known(documents: Documents, part: str, labels: Sequence[str]) -> np.ndarray:
    """The targets of ``part`` with the numbers that a model gives to its ``labels``, those of the corpus among them."""
    targets, place = documents.targets(part), np.array([labels.index(name) for name in documents.labels])
    if targets.ndim == 1:
        return np.asarray(place[targets])
    wide = np.zeros((len(targets), len(labels)), dtype=targets.dtype)
    wide[:, place] = targets
    return wide
