"""Small networks, batches and plans for the tests of training."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import torch

from ulmengine.config import DropoutConfig, ModelConfig, OptimizerConfig, RunConfig, ScheduleConfig, Sizes
from ulmengine.events import Event, outcome
from ulmengine.nets import LanguageModel, TextClassifier, classifier_loss
from ulmengine.plan import StagePlan, plan_stages
from ulmengine.tokens import TokenStore
from ulmengine.training import StageResult, TrainContext, train_classifier, train_language_model
from ulmengine.training.batches import DocumentBatches, LanguageModelStream

VOCABULARY = 40
SIZES = Sizes(8, 12, 2)
NO_DROPOUT = DropoutConfig(multiplier=0.0, head=0.0)
SGD = OptimizerConfig(kind="sgd", beta1=0.0, weight_decay=0.0, clip=0.0)


def store(documents: int = 30, seed: int = 0, longest: int = 25) -> TokenStore:
    """Documents of random tokens, each holding more of its own half of the vocabulary (see :func:`labels`)."""
    random = np.random.default_rng(seed)
    half = (VOCABULARY - 9) // 2
    texts = [
        9 + (number % 2) * half + random.integers(0, half, size=random.integers(2, longest))
        for number in range(documents)
    ]
    offsets = np.cumsum([0, *(len(text) for text in texts)]).astype(np.int64)
    return TokenStore(np.concatenate(texts).astype(np.uint16), offsets, f"test-{seed}")


def labels(documents: int = 30) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The label of each document: which half of the vocabulary it is made of."""
    return np.arange(documents, dtype=np.int64) % 2


def language_model(seed: int = 1, dropout: DropoutConfig | None = None) -> LanguageModel:
    torch.manual_seed(seed)
    return LanguageModel(VOCABULARY, SIZES, dropout or DropoutConfig(multiplier=0.5))


def text_classifier(seed: int = 1, dropout: DropoutConfig | None = None) -> TextClassifier:
    model = language_model(seed, dropout)
    config = ModelConfig(dropout=dropout or DropoutConfig(multiplier=0.5), head_hidden=10)
    return TextClassifier(model.encoder, 2, config, bptt=8, max_tokens=16)


def config(**settings: Any) -> RunConfig:
    """A description with the same ``settings`` for both kinds of training; names as in their sections."""
    optimizer = settings.pop("optimizer", OptimizerConfig())
    schedule = settings.pop("schedule", ScheduleConfig())
    both = {"optimizer": optimizer, "schedule": schedule}
    names = ("early_stopping", "lr", "factor", "batch_size", "bptt")
    both |= {name: settings.pop(name) for name in list(settings) if name in names}
    run = RunConfig(model=ModelConfig(preset="custom", embedding_size=8, hidden_size=12, layers=2))
    epochs = {"epochs": settings.pop("lm_epochs", 2)}, {"epochs": settings.pop("epochs", (1, 2)), "refit": 0}
    assert not settings
    return run.model_copy(update={
        "language_model": run.language_model.model_copy(update=both | epochs[0]),
        "classifier": run.classifier.model_copy(update=both | epochs[1]),
    })


def plans(**settings: Any) -> tuple[StagePlan, ...]:
    return plan_stages(config(**settings), pretrained=True)


LM, HEAD, ALL = plans()
"""The usual stages of a run that starts from a pretrained network."""


def streams(batch: int = 4, bptt: int = 6) -> tuple[LanguageModelStream, LanguageModelStream]:
    train = LanguageModelStream([store()], batch, bptt, seed=3)
    return train, LanguageModelStream([store(8, 7)], 2, bptt, shuffle=False)


def documents(batch: int = 8) -> tuple[DocumentBatches, DocumentBatches]:
    train = DocumentBatches(store(), labels(), batch, train=True, seed=3)
    return train, DocumentBatches(store(10, 5), labels(10), batch, train=False)


Work = Generator[Event, None, StageResult]


def train_lm(model: LanguageModel, plan: StagePlan, ctx: TrainContext, *, batch: int = 4, **more: Any) -> Work:
    return train_language_model(model, *streams(batch), plan, ctx, **more)


def train_cls(model: TextClassifier, plan: StagePlan, ctx: TrainContext, *, batch: int = 8, **more: Any) -> Work:
    loss = classifier_loss(config().classifier, None, multi_label=False)
    return train_classifier(model, *documents(batch), plan, loss, ctx, **more)


def finish(events: Work) -> tuple[list[Event], StageResult]:
    """Everything said, and what was returned."""
    said: list[Event] = []
    result = outcome(events, said.append)
    return said, result


class Listed:
    """A stream of given batches, the same in every epoch."""

    def __init__(self, *batches: Any) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def epoch(self, n: int, skip: int = 0) -> Iterator[Any]:
        return iter(self.batches[skip:])


def stage(plan: StagePlan, *, epochs: int = 1, **settings: Any) -> StagePlan:
    """``plan`` with other epochs and settings; a plain flat rate unless asked otherwise."""
    flat: dict[str, Any] = {"schedule": ScheduleConfig(kind="constant"), "factor": 1.0} | settings
    return dataclasses.replace(plan, epochs=epochs, peak=flat.get("lr", plan.peak),
                               settings=plan.settings.model_copy(update=flat))
