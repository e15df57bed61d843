"""Speed and memory of the language model: training and validation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from ulmengine.config import PRESETS, DropoutConfig, LanguageModelConfig
from ulmengine.nets import LanguageModel, State, precision_for, set_precision
from ulmengine.training.batches import StreamBatch
from ulmengine.training.tasks import LanguageModelTask

from . import arithmetic
from .device import network_task, reached, timed_on
from .measure import BenchTask, dropouts_there, with_reference
from .steps import MeasuredSteps


def bench_lm(
    reference_python: str | None = None, *, preset: str = "paper", vocab: int = 30_000, batch: int = 64, seq: int = 72,
    steps: int = 3, precision: str = "auto", softmax: str = "full", validate: bool = False, threads: int = 0,
    device: str = "cpu",
) -> dict[str, Any]:
    """Tokens a second of training (with ``validate``: of validation) on random tokens.

    :param reference_python: a Python that has fastai, to measure beside; fastai always computes the full softmax in
        float32.
    :param steps: steps that are measured, after one to warm up.
    :param device: one of :data:`ulmengine.bench.device.DEVICES`, for both.
    :returns: ``tokens_per_s`` (median of the steps), ``peak_rss_mb``, ``seconds`` and more; of training
        ``optimizer_ms``, the part of ``step_ms`` in which the weights are moved; with the full softmax ``tflops``;
        see :func:`ulmengine.bench.measure.with_reference` and :mod:`ulmengine.bench.device`.
    :raises BenchError: there is no such device. :raises ValueError: it has no such precision.
    """
    task: BenchTask = {
        **network_task(preset, vocab, seq, device, precision, threads), "work": "validate" if validate else "lm",
        "batch": batch, "steps": steps, "softmax": softmax, "dropout": dropouts_there(DropoutConfig(), "output"),
    }
    return with_tokens(with_reference(task, reference_python))


def with_tokens(result: dict[str, Any]) -> dict[str, Any]:
    """``result`` with its ``per_s`` also as ``tokens_per_s``, in the reference's figures and the ratio too."""
    for part in (result, result.get("reference"), result.get("ratio")):
        if part is not None:
            part["tokens_per_s"] = part["per_s"]
    return result


def random_tokens(vocabulary: int, *shape: int) -> Tensor:
    """Tokens as frequent as in text: log-uniform, the special tokens 0 and 1 left out."""
    return torch.rand(shape).mul_(torch.tensor(float(vocabulary)).log()).exp_().long().clamp_(2, vocabulary - 1)


def build(task: BenchTask) -> LanguageModel:
    """The network of the wanted size and precision, on its device."""
    device = torch.device(task["device"])
    model = LanguageModel(task["vocabulary"], PRESETS[task["preset"]], DropoutConfig(), softmax=task["softmax"])
    set_precision(model, precision_for(device, task["precision"]))
    return model.to(device)


def batches(task: BenchTask) -> Iterator[StreamBatch]:
    """Random text, (batch, time) each: a batch to warm up and ``steps`` to measure."""
    for number in range(task["steps"] + 1):
        tokens = random_tokens(task["vocabulary"], task["batch"], task["time"] + 1)
        yield StreamBatch(tokens[:, :-1], tokens[:, 1:], 1.0, fresh=number == 0)


def train(task: BenchTask) -> dict[str, Any]:
    """Training steps as a run takes them."""
    model = build(task).train()
    settings = LanguageModelConfig()
    work = LanguageModelTask(model, None, None, settings, model.encoder.device, None)
    steps = MeasuredSteps(work, settings, task["precision"])
    figures = timed_on(model.encoder.device, steps.take, batches(task))
    return _figures(task, {**figures, **steps.figures()}, learns=True)


def validate(task: BenchTask) -> dict[str, Any]:
    """Validation steps."""
    model = build(task).eval()
    device = model.encoder.device
    state: State | None = None

    @torch.no_grad()
    def step(batch: StreamBatch) -> int:
        nonlocal state
        loss = model.loss(batch.inputs.to(device), batch.targets.to(device), state)
        state = loss.state
        loss.cross_entropy.item()
        return loss.tokens

    with model.fixed():
        return _figures(task, timed_on(device, step, batches(task)), learns=False)


def _figures(task: BenchTask, figures: dict[str, Any], *, learns: bool) -> dict[str, Any]:
    """With the arithmetic that was done, which is known of the full softmax only."""
    figures = {**figures, "precision": task["precision"], "softmax": task["softmax"]}
    if task["softmax"] != "full":
        return figures
    device = torch.device(task["device"])
    work = arithmetic.language_model(PRESETS[task["preset"]], task["vocabulary"], figures["done"], learns=learns)
    return figures | reached(work, figures["seconds"], device, precision_for(device, task["precision"]))
