"""Speed and memory of the classifier's training, stage by stage of the gradual unfreezing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ulmengine.config import PRESETS, ClassifierConfig, DropoutConfig, ModelConfig
from ulmengine.inference.predict import Reader, reader_of
from ulmengine.nets import AWDLSTM, TextClassifier, freeze_to, layer_groups, precision_for, set_precision
from ulmengine.nets.bpt3c import window_starts
from ulmengine.nets.losses import classifier_loss
from ulmengine.training.batches import DocumentBatch
from ulmengine.training.tasks import ClassifierTask

from . import arithmetic
from .device import network_task, reached, timed_on
from .lm import random_tokens
from .measure import PEAKS, BenchTask, combined, document_lengths, dropouts_there, with_reference
from .steps import MeasuredSteps

CLASSES = 2
DOCUMENTS: BenchTask = {"max_tokens": 1440, "classes": CLASSES, "dropout": dropouts_there(DropoutConfig(), "pooled")}
"""What both sides need to know of the classifier beside :func:`network_task`."""


def bench_classifier(
    reference_python: str | None = None, *, preset: str = "paper", vocab: int = 30_000, batch: int = 32, seq: int = 72,
    steps: int = 3, precision: str = "auto", threads: int = 0, device: str = "cpu",
) -> dict[str, Any]:
    """Documents a second in every stage, on random documents as long as IMDb's reviews.

    Stage n trains the head and the n - 1 layer groups below it, the last of four everything.

    :returns: of all stages together ``documents_per_s``, ``tokens_per_s`` (real tokens), ``seconds`` and the largest
        ``peak_rss_mb`` (on a graphics card ``peak_device_mb`` too); ``stages``: number -> the figures of
        :func:`ulmengine.bench.measure.with_reference`.
    :raises BenchError: there is no such device. :raises ValueError: it has no such precision.
    """
    found: dict[str, Any] = {}
    lengths = document_lengths(steps + 1, batch)
    task = {**network_task(preset, vocab, seq, device, precision, threads), **DOCUMENTS}
    for stage, unfrozen in enumerate((1, 2, 3, PRESETS[preset].layers + 2), start=1):
        work = {"work": "classifier", "unfrozen": unfrozen, "lengths": lengths}
        found[str(stage)] = with_reference({**task, **work}, reference_python)
    together = combined(found, lambda parts: _together(parts, lengths[1:]), ("documents_per_s",), 2)
    return {**together, "stages": found}


def build(task: BenchTask) -> TextClassifier:
    """The network of the wanted size and precision, on its device."""
    device, config = torch.device(task["device"]), ModelConfig()
    encoder = AWDLSTM(task["vocabulary"], PRESETS[task["preset"]], config.dropout)
    model = TextClassifier(encoder, task["classes"], config, bptt=task["time"], max_tokens=task["max_tokens"])
    set_precision(model, precision_for(device, task["precision"]))
    return model.to(device)


def batches(task: BenchTask) -> Iterator[tuple[Tensor, Tensor]]:
    """Right-padded tokens (batch, time) and lengths (batch,)."""
    for lengths in task["lengths"]:
        tokens = random_tokens(task["vocabulary"], len(lengths), max(lengths))
        for row, length in enumerate(lengths):
            tokens[row, length:] = 1
        yield tokens, torch.tensor(lengths)


def train(task: BenchTask) -> dict[str, Any]:
    """Training steps as a run takes them, with the last ``unfrozen`` groups learning."""
    model = build(task).train()
    device, settings = model.encoder.device, ClassifierConfig()
    unfrozen = min(task["unfrozen"], len(layer_groups(model)))
    freeze_to(model, unfrozen)
    loss = classifier_loss(settings, torch.ones(CLASSES), multi_label=False)
    work = ClassifierTask(model, None, None, loss, settings, device, None)
    steps = MeasuredSteps(work, settings, task["precision"])

    def step(batch: DocumentBatch) -> int:
        steps.take(batch)
        return len(batch.indices)

    reviews = (DocumentBatch(tokens, lengths, torch.randint(CLASSES, (len(lengths),)), np.arange(len(lengths)))
               for tokens, lengths in batches(task))
    figures = timed_on(device, step, reviews)
    operations = arithmetic.classifier(PRESETS[task["preset"]], *_tokens(task), unfrozen)
    precision = precision_for(device, task["precision"])
    return {**figures, "precision": task["precision"], **reached(operations, figures["seconds"], device, precision)}


def _tokens(task: BenchTask) -> tuple[int, int]:
    """Tokens of the documents that are measured, and those of them that are learnt from."""
    lengths = torch.tensor([length for batch in measured(task) for length in batch])
    starts = window_starts(lengths, task["time"], task["max_tokens"])
    return int(lengths.sum()), int((lengths - starts).sum())


def measured(task: BenchTask) -> list[list[int]]:
    """The lengths of the documents but those of the first batch, which only warms up."""
    lengths: list[list[int]] = task["lengths"]
    return lengths[1:] or lengths


def _together(stages: Mapping[str, Any], lengths: list[list[int]]) -> dict[str, Any]:
    """Sums over the stages, whose documents have these ``lengths``."""
    seconds = sum(stage["seconds"] for stage in stages.values())
    documents = sum(stage["done"] for stage in stages.values())
    return {
        "documents_per_s": round(documents / seconds, 2),
        "tokens_per_s": round(len(stages) * sum(map(sum, lengths)) / seconds, 1), "seconds": round(seconds, 3),
        **{name: max(found) for name in PEAKS if (found := [one[name] for one in stages.values() if name in one])},
    }


def reader(network: TextClassifier, precision: torch.dtype) -> Reader:
    """What answers, as :class:`ulmengine.inference.Predictor` has it: its weights made ready once."""
    set_precision(network, precision)
    return reader_of(network)
