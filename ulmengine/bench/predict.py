"""Speed and memory of prediction: many reviews, one review, one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ulmengine.config import PRESETS
from ulmengine.inference.predict import batches as grouped
from ulmengine.nets import precision_for

from . import arithmetic
from .classifier import DOCUMENTS, batches, build, measured, reader
from .device import network_task, reached, timed_on
from .measure import PEAKS, BenchTask, combined, document_lengths, with_reference

SENTENCE = 25  # tokens


def bench_predict(
    reference_python: str | None = None, *, preset: str = "paper", vocab: int = 30_000, batch: int = 64, seq: int = 72,
    documents: int = 1000, precision: str = "auto", threads: int = 0, device: str = "cpu",
    agreement: bool = False, model: Path | None = None, texts: Path | None = None,
) -> dict[str, Any]:
    """Documents a second of ``documents`` reviews, and milliseconds of one review and of one sentence.

    The same reviews for both; ours in the batches that :class:`ulmengine.inference.Predictor` makes of them.

    :param batch: how many reviews the reference reads at once; 64 as its text loaders do.
    :param agreement: also compare the answers in this precision with those in float32, of the random network; of the
        classifier ``model`` on ``texts`` where they are given, on at most ``documents`` of them.
    :returns: ``documents_per_s``, ``tokens_per_s``, ``review_ms`` and ``sentence_ms`` (medians), ``peak_rss_mb``,
        ``seconds``; with the reference the same under ``reference`` and ``ratio``; ``parts``: all figures;
        ``agreement``: see :func:`ulmengine.bench.agreement.agreement`, which also says what it raises.
    :raises BenchError: there is no such device. :raises ValueError: it has no such precision.
    """
    task = {**network_task(preset, vocab, seq, device, precision, threads), **DOCUMENTS}
    many = document_lengths(-(-documents // batch) + 1, batch)
    reviews = [[lengths[0]] for lengths in document_lengths(20, batch)]
    answers = None
    if agreement or model is not None or texts is not None:
        # Before all else, for what is wrong with the files is said at once; in this process, which nobody measures.
        from .agreement import agreement as agree

        answers = agree({**task, "lengths": own_batches(many[1:])}, model, texts, documents)
    lengths = {"bulk": many, "review": [*reviews[:1], *reviews], "sentence": [[SENTENCE]] * 21}
    parts = {
        name: with_reference(
            {**task, "work": "predict", "lengths": [chosen[0], *own_batches(chosen[1:])] if name == "bulk" else chosen},
            reference_python, {**task, "work": "predict", "lengths": chosen},
        )
        for name, chosen in lengths.items()
    }
    compared = ("documents_per_s", "review_ms", "sentence_ms")
    result = combined(parts, lambda found: _figures(found, many), compared, 3)
    return {**result, **({} if answers is None else {"agreement": answers}), "parts": parts}


def own_batches(lengths: list[list[int]]) -> list[list[int]]:
    """The documents of these ``lengths`` in the batches that prediction makes of them."""
    every = [length for batch in lengths for length in batch]
    return [[every[place] for place in chosen] for chosen in grouped(every)]


def bulk(task: BenchTask) -> dict[str, Any]:
    """Predictions of the given documents, batch by batch."""
    device = torch.device(task["device"])
    precision = precision_for(device, task["precision"])
    read = reader(build(task).eval(), precision)

    @torch.no_grad()
    def step(batch: tuple[Tensor, Tensor]) -> int:
        tokens, lengths = batch
        read(tokens.to(device), lengths).softmax(1).cpu()
        return len(lengths)

    figures = timed_on(device, step, batches(task))
    work = arithmetic.reading(PRESETS[task["preset"]], sum(map(sum, measured(task))))
    return {**figures, "precision": task["precision"], **reached(work, figures["seconds"], device, precision)}


def _figures(parts: Mapping[str, Any], lengths: list[list[int]]) -> dict[str, Any]:
    seconds = parts["bulk"]["seconds"]
    return {
        "documents_per_s": round(parts["bulk"]["done"] / seconds, 2),
        "tokens_per_s": round(sum(map(sum, lengths[1:])) / seconds, 1),
        "review_ms": parts["review"]["step_ms"], "sentence_ms": parts["sentence"]["step_ms"],
        "seconds": round(seconds, 3), **{name: parts["bulk"][name] for name in PEAKS if name in parts["bulk"]},
    }
