"""How fast this machine trains this network: measured in a few seconds, on made-up tokens."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from PySide6.QtCore import QCoreApplication
from torch.nn import Module

from studio.pages.parts.facts import CorpusFacts
from ulmengine.config import DropoutConfig, RunConfig, StageSettings
from ulmengine.events import Event, Progress

from .sizes import Network, vocabulary_of

if TYPE_CHECKING:
    from ulmengine.nets import LanguageModel, TextClassifier

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
    from ulmengine.nets import LanguageModel, TextClassifier, precision_for
    from ulmengine.runs.device import choose_device

    device = choose_device(config.compute.device)
    precision = precision_for(device, config.compute.precision)
    if config.compute.threads:
        torch.set_num_threads(config.compute.threads)
    words = vocabulary_of(network, config)
    generator = torch.Generator().manual_seed(0)
    with torch.device("meta"):
        model = LanguageModel(words, network.sizes, _NO_DROPOUT)
    _fill(model, generator).to(device).train()
    settings = config.language_model
    shape = (settings.batch_size, settings.bptt)
    tokens = torch.randint(9, words, (2, *shape), generator=generator).to(device)

    finish = _Finish(model, settings, precision)

    def language_step() -> None:
        torch.autograd.backward(model.loss(tokens[0], tokens[1], None).total)
        finish()

    language = yield from _rate(language_step, shape[0] * shape[1], 0, device)
    length = max(4, min(LONGEST, round(facts.limited))) if facts else 70
    rows = config.classifier.batch_size
    undropped = network.model.model_copy(update={"dropout": _NO_DROPOUT})
    with torch.device("meta"):
        classifier = TextClassifier(model.encoder, network.classes or 2, undropped, bptt=config.classifier.bptt)
    _fill(classifier.head, generator)
    classifier = classifier.to(device).train()
    documents = torch.randint(9, words, (rows, length), generator=generator).to(device)
    lengths = torch.full((rows,), length)

    end = _Finish(classifier, config.classifier, precision)

    def classifier_step() -> None:
        torch.autograd.backward(classifier(documents, lengths.to(device)).square().mean())
        end()

    rate = yield from _rate(classifier_step, rows * length, STEPS + 1, device)
    return Speed(str(device), language, rate, str(precision).removeprefix("torch."))


class _Finish:
    """The rest of a training step of ``model``: clipping and the optimizer, as the run has them."""

    def __init__(self, model: LanguageModel | TextClassifier, settings: StageSettings, precision: torch.dtype) -> None:
        from ulmengine.nets import layer_groups, set_precision
        from ulmengine.training.groups import learning, named_groups
        from ulmengine.training.optimizers import LayerOptimizer

        set_precision(model, precision)
        self._optimizer = LayerOptimizer(named_groups(model, layer_groups(model)), settings.optimizer)
        self._optimizer.set_rates([1e-6] * len(self._optimizer.groups))
        self._learning = [parameter for _, parameter in learning(self._optimizer.groups)]
        self._clip = settings.optimizer.clip

    def __call__(self) -> None:
        from ulmengine.training.optimizers import gradient_norm

        gradient_norm(self._learning, self._clip)
        self._optimizer.step()
        self._optimizer.zero_grad()


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


def _rate(step: Callable[[], None], tokens: int, done: int, device: object) -> Generator[Event, None, float]:
    seconds: list[float] = []
    for number in range(STEPS + 1):
        if sum(seconds) > ENOUGH_S:
            break
        yield Progress(QCoreApplication.translate("Speed", "Measuring the speed"), done + number, 2 * (STEPS + 1),
                       QCoreApplication.translate("Speed", "steps"))
        began = time.perf_counter()
        step()
        if str(device).startswith("cuda"):
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - began)
    return tokens / min(seconds[1:] or seconds)


def seconds_of(config: RunConfig, facts: CorpusFacts, speed: Speed) -> dict[str, float]:
    """Seconds that training takes, about: "language_model" and "classifier" (as if all layers always learnt)."""
    passes = 2 if config.model.direction == "both" else 1
    language = facts.tokens * (facts.train + facts.others) * config.language_model.epochs
    labelled = facts.limited * facts.train * sum(config.classifier.epochs) if facts.classes else 0.0
    return {
        "language_model": passes * language / speed.language_model,
        "classifier": passes * labelled / speed.classifier,
    }
