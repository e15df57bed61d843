"""Speed and memory of prediction: many reviews, one review, one sentence."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ulmengine.inference.packed import PackedClassifier
from ulmengine.inference.predict import batches as grouped
from ulmengine.nets import precision_for

from .classifier import batches, build, classifier_task
from .measure import Task, beside, document_lengths, timed

SENTENCE = 25  # tokens


def bench_predict(
    reference_python: str | None = None, *, preset: str = "paper", vocab: int = 30_000, batch: int = 64, seq: int = 72,
    documents: int = 1000, precision: str = "auto", threads: int = 0, max_tokens: int = 1440,
) -> dict[str, Any]:
    """Documents a second of ``documents`` reviews, and milliseconds of one review and of one sentence.

    The same reviews for both; ours in the batches that :class:`ulmengine.inference.Predictor` makes of them.

    :param batch: how many reviews the reference reads at once; 64 as its text loaders do.
    :returns: ``documents_per_s``, ``tokens_per_s``, ``review_ms`` and ``sentence_ms`` (medians), ``peak_rss_mb``,
        ``seconds``; with the reference the same under ``reference`` and ``ratio``; ``parts``: all figures.
    """
    task = classifier_task(preset, vocab, seq, precision, threads, max_tokens)
    many = document_lengths(-(-documents // batch) + 1, batch)
    reviews = [[lengths[0]] for lengths in document_lengths(20, batch)]
    lengths = {"bulk": many, "review": [*reviews[:1], *reviews], "sentence": [[SENTENCE]] * 21}
    parts = {
        name: beside(
            {**task, "work": "predict", "lengths": [chosen[0], *own_batches(chosen[1:])] if name == "bulk" else chosen},
            reference_python, {**task, "work": "predict", "lengths": chosen},
        )
        for name, chosen in lengths.items()
    }
    result = _figures(parts, many)
    theirs = {name: part.get("reference") for name, part in parts.items()}
    if all(theirs.values()):
        result["reference"] = _figures({name: part for name, part in theirs.items() if part}, many)
        result["ratio"] = {
            name: round(result[name] / result["reference"][name], 3)
            for name in ("documents_per_s", "review_ms", "sentence_ms", "peak_rss_mb")
        }
    elif reference_python is not None:
        result |= {"reference": None, "reference_missing": parts["bulk"].get("reference_missing", "")}
    return {**result, "parts": parts}


def own_batches(lengths: list[list[int]]) -> list[list[int]]:
    """The documents of these ``lengths`` in the batches that prediction makes of them."""
    every = [length for batch in lengths for length in batch]
    return [[every[place] for place in chosen] for chosen in grouped(every)]


def bulk(task: Task) -> dict[str, Any]:
    """Predictions of the given documents, batch by batch."""
    precision = precision_for(torch.device("cpu"), task["precision"])
    network = PackedClassifier(build(task).eval(), precision)

    @torch.no_grad()
    def step(batch: tuple[Tensor, Tensor]) -> int:
        network(*batch).softmax(1)
        return len(batch[1])

    return {**timed(step, batches(task)), "precision": task["precision"]}


def _figures(parts: dict[str, Any], lengths: list[list[int]]) -> dict[str, Any]:
    seconds = parts["bulk"]["seconds"]
    return {
        "documents_per_s": round(parts["bulk"]["done"] / seconds, 2),
        "tokens_per_s": round(sum(map(sum, lengths[1:])) / seconds, 1),
        "review_ms": parts["review"]["step_ms"], "sentence_ms": parts["sentence"]["step_ms"],
        "seconds": seconds, "peak_rss_mb": parts["bulk"]["peak_rss_mb"],
    }
