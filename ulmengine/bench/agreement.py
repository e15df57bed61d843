"""Whether the faster numbers give the same answers: a network's labels in one precision against those in float32."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ulmengine.config import CorpusConfig, SplitConfig
from ulmengine.corpus import open_corpus
from ulmengine.events import outcome
from ulmengine.inference import Predictor, probabilities
from ulmengine.inference.calibrate import Floats, alike, chosen
from ulmengine.models import Bundle, load_bundle
from ulmengine.runs.measured import as_known

from .classifier import batches, build, reader
from .measure import BenchTask

Truth = NDArray[Any]


def agreement(
    task: BenchTask, model: Path | None = None, texts: Path | None = None, count: int = 1000
) -> dict[str, Any]:
    """Labels in the precision and on the device of ``task`` against those in float32 there.

    Of the random network and documents that ``task`` describes; with ``model`` of that classifier, on ``texts``: at
    most ``count`` documents, spread evenly over the file.

    :returns: ``documents``, ``precision``, ``equal_labels`` (share of them), ``largest_difference`` of a probability;
        where the file has the model's labels also ``accuracy_float32``, ``accuracy`` and ``accuracy_points``, the
        second less the first in points of a hundred; where it has others, ``accuracy_missing`` says so.
    :raises ValueError: one of model and texts is missing, or the model is no classifier.
    :raises ModelError, CorpusError: one of them cannot be read.
    """
    if (model is None) != (texts is None):
        raise ValueError("to compare a model's answers name both: the classifier with --model FILE and the documents "
                         "with --texts FILE")
    if model is None or texts is None:
        return {"precision": task["precision"], **compared(*of_random_documents(task), multi_label=False)}
    bundle = load_bundle(model)
    if not bundle.labels:
        raise ValueError(f"{model} is a language model, which gives no labels; name a classifier")
    documents, truth, missing = read(texts, bundle, count)
    answers = of_model(bundle, documents, task)
    figures = {"precision": task["precision"], **compared(*answers, multi_label=bundle.multi_label, truth=truth)}
    return figures | ({"accuracy_missing": missing} if missing else {})


def of_random_documents(task: BenchTask) -> tuple[Floats, Floats]:
    """Probabilities (documents, classes) in float32 and in the task's precision, of an untrained network."""
    device, found = torch.device(task["device"]), []
    with torch.random.fork_rng(devices=()), torch.no_grad():
        torch.manual_seed(0)
        network, documents = build(task).eval(), list(batches(task))
        for precision in (torch.float32, getattr(torch, task["precision"])):
            answer = reader(network, precision)
            scores = [answer(tokens.to(device), lengths).float().cpu() for tokens, lengths in documents]
            found.append(probabilities(torch.cat(scores).numpy()))
    return found[0], found[1]


def of_model(bundle: Bundle, texts: Sequence[str], task: BenchTask) -> tuple[Floats, Floats]:
    """The same of a trained classifier, as it is used."""
    ids = [bundle.tokenizer.encode(text) for text in texts]
    found = [
        probabilities(
            Predictor(bundle, task["device"], precision).logits_of(ids), bundle.temperature,
            multi_label=bundle.multi_label,
        )
        for precision in ("float32", task["precision"])
    ]
    return found[0], found[1]


def compared(exact: Floats, fast: Floats, *, multi_label: bool, truth: Truth | None = None) -> dict[str, Any]:
    """How far the probabilities ``fast`` (documents, classes) are from ``exact``.

    :param truth: (documents,) class numbers, or (documents, classes) of 0 and 1 if ``multi_label``.
    """
    labels = [chosen(given, multi_label) for given in (exact, fast)]
    figures: dict[str, Any] = {
        "documents": len(exact), "equal_labels": float(alike(*labels).mean()),
        "largest_difference": float(np.abs(exact - fast).max()),
    }
    if truth is not None:
        right = [float(alike(given, truth).mean()) for given in labels]
        figures |= {"accuracy_float32": right[0], "accuracy": right[1],
                    "accuracy_points": round(100 * (right[1] - right[0]), 6)}
    return figures


def read(path: Path, bundle: Bundle, count: int) -> tuple[list[str], Truth | None, str]:
    """At most ``count`` documents of a file, their labels as ``bundle`` numbers them, and why there are none of those.

    :raises CorpusError: the file cannot be read.
    """
    split = SplitConfig(method="stratified", validation=0.0, test=0.0)
    with tempfile.TemporaryDirectory() as cache:
        documents = outcome(open_corpus(CorpusConfig(path=str(path.resolve()), split=split), Path(cache)))
        rows = documents.rows("train") if documents.labels else np.arange(len(documents.parts), dtype=np.int64)
        if not len(rows):
            raise ValueError(f"{path}: there are no documents")
        some = np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64))
        texts = list(documents.texts_of(rows[some]))
        unknown = sorted(set(documents.labels) - set(bundle.labels))
        if unknown or not documents.labels or documents.multi_label != bundle.multi_label:
            why = f"the model does not know the label {unknown[0]}" if unknown else "the file has no such labels"
            return texts, None, why
        return texts, as_known(documents, "train", bundle.labels)[some], ""
