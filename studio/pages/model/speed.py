"""How fast this machine trains this network: measured in a few seconds, on made-up tokens."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial

import torch
from PySide6.QtCore import QCoreApplication
from torch.nn import Module

from studio.facts import CorpusFacts
from ulmengine.config import DropoutConfig, RunConfig, StageSettings
from ulmengine.events import Event, Progress
from ulmengine.nets import (
    AWDLSTM,
    LanguageModel,
    TextClassifier,
    choose_device,
    classifier_loss,
    layer_groups,
    precision_for,
    set_precision,
)
from ulmengine.training.batches import DocumentBatch, StreamBatch
from ulmengine.training.loop import Stepper
from ulmengine.training.optimizers import LayerOptimizer
from ulmengine.training.tasks import ClassifierTask, LanguageModelTask, Task

from .sizes import Network, directions_of, vocabulary_of

STEPS = 3
ENOUGH_S = 5.0
"""Steps are counted up to this many seconds for each network; the first one always is."""
LONGEST = 140
"""Tokens of a made-up document at most."""
_NO_DROPOUT = DropoutConfig(multiplier=0.0, head=0.0)


@dataclass(frozen=True)
class Speed:
    """Tokens a second, forwards and back, while the language model and the classifier are trained."""

    device: str
    language_model: float
    classifier: float
    precision: str = "float32"


def measure_speed(network: Network, config: RunConfig, facts: CorpusFacts | None) -> Generator[Event, None, Speed]:
    """Train each network for a few steps on made-up tokens and throw it away. The first step, slower than
    the others, is counted only where it took so long that no other is made.

    Nothing is drawn from the one source of random numbers that all threads share: a run may begin meanwhile, and it
    counts on finding that source as its seed has left it. So nothing is dropped here; drawing the masks takes a run a
    few hundredths of its time.
    """
    device, precision = _device_and_precision(config)
    words, generator = vocabulary_of(network, config), torch.Generator().manual_seed(0)
    language, encoder = yield from _language_model(network, config, generator, 2 * (STEPS + 1))

    length = max(4, min(LONGEST, round(facts.limited))) if facts else 70
    rows, classes = config.classifier.batch_size, network.classes or 2
    undropped = network.model.model_copy(update={"dropout": _NO_DROPOUT})
    with torch.device("meta"):
        classifier = TextClassifier(encoder, classes, undropped, bptt=config.classifier.bptt)
    _fill(classifier.head, generator)
    classifier = classifier.to(device).train()
    labels, tokens = torch.arange(rows) % classes, torch.randint(9, words, (rows, length), generator=generator)
    documents = DocumentBatch(tokens, torch.full((rows,), length), labels, labels.numpy())
    loss = classifier_loss(config.classifier, torch.ones(classes), multi_label=False)
    task = ClassifierTask(classifier, None, None, loss, config.classifier, device, None)
    step = _step(task, documents, config.classifier, precision)
    rate = yield from _rate(step, rows * length, device, STEPS + 1, 2 * (STEPS + 1))
    return Speed(str(device), language, rate, str(precision).removeprefix("torch."))


def measure_language_model(network: Network, config: RunConfig) -> Generator[Event, None, float]:
    """Tokens a second of the language model alone, measured in the same way."""
    rate, _ = yield from _language_model(network, config, torch.Generator().manual_seed(0), STEPS + 1)
    return rate


def _language_model(
    network: Network, config: RunConfig, generator: torch.Generator, total: int
) -> Generator[Event, None, tuple[float, AWDLSTM]]:
    """The rate, and the encoder that was trained; ``total``: steps of all that is measured."""
    device, precision = _device_and_precision(config)
    if config.compute.threads:
        torch.set_num_threads(config.compute.threads)
    words, settings = vocabulary_of(network, config), config.language_model
    with torch.device("meta"):
        model = LanguageModel(words, network.sizes, _NO_DROPOUT)
    _fill(model, generator).to(device).train()
    shape = (settings.batch_size, settings.bptt)
    inputs, targets = torch.randint(9, words, (2, *shape), generator=generator)
    text = StreamBatch(inputs, targets, 1.0, fresh=True)
    step = _step(LanguageModelTask(model, None, None, settings, device, None), text, settings, precision)
    rate = yield from _rate(step, shape[0] * shape[1], device, 0, total)
    return rate, model.encoder


def _device_and_precision(config: RunConfig) -> tuple[torch.device, torch.dtype]:
    device = choose_device(config.compute.device)
    return device, precision_for(device, config.compute.precision)


def _step(task: Task, batch: object, settings: StageSettings, precision: torch.dtype) -> Callable[[], object]:
    """The run's own optimizer step on ``batch``, at a rate that changes nothing to speak of."""
    set_precision(task.model, precision)
    groups = layer_groups(task.model)
    scaler = torch.amp.GradScaler("cuda") if precision is torch.float16 else None
    stepper = Stepper(task, LayerOptimizer(groups, settings.optimizer), settings.optimizer.clip, scaler=scaler)
    return partial(stepper.take, [batch], [1e-6] * len(groups))


def _fill(network: Module, generator: torch.Generator) -> Module:
    """Memory and small random weights for a ``network`` that has only shapes yet."""
    network.to_empty(device="cpu")
    with torch.no_grad():
        for values in (*network.parameters(), *network.buffers()):
            if values.is_floating_point():
                values.uniform_(0.01, 0.1, generator=generator)
            else:
                values.zero_()
    return network


def _rate(
    step: Callable[[], object], tokens: int, device: object, done: int, total: int
) -> Generator[Event, None, float]:
    seconds: list[float] = []
    for number in range(STEPS + 1):
        if sum(seconds) > ENOUGH_S:
            break
        yield Progress(QCoreApplication.translate("Speed", "Measuring the speed"), done + number, total,
                       QCoreApplication.translate("Speed", "steps"))
        began = time.perf_counter()
        step()
        if str(device).startswith("cuda"):
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - began)
    return tokens / min(seconds[1:] or seconds)


def seconds_of(config: RunConfig, facts: CorpusFacts, speed: Speed) -> dict[str, float]:
    """Seconds that training takes, about: "language_model" and "classifier" (as if all layers always learnt)."""
    language = facts.tokens * (facts.train + facts.others) * config.language_model.epochs
    epochs = sum(config.classifier.epochs)
    documents = facts.train * epochs
    if epochs and facts.held:
        documents += (facts.train + facts.held) * config.classifier.refit
    labelled = facts.limited * documents if facts.classes else 0.0
    return {
        "language_model": directions_of(config) * language / speed.language_model,
        "classifier": directions_of(config) * labelled / speed.classifier,
    }
