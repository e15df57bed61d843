"""What differs between training a language model and training a classifier: batches, losses, validation."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn

from ulmengine.config import ClassifierConfig, LanguageModelConfig
from ulmengine.events import Event, Progress
from ulmengine.nets import LanguageModel, Loss, TextClassifier, disagreement
from ulmengine.nets.kernels.layout import moved
from ulmengine.plan.errors import TrainingError
from ulmengine.plan.stages import StagePlan
from ulmengine.tokens import IGNORED

from .batches import DocumentBatch, DocumentBatches, LanguageModelStream, StreamBatch
from .context import TrainContext
from .distributed import World, documents_of, rows_of
from .metrics import ClassifierMetrics, LanguageModelMetrics

B = TypeVar("B", covariant=True)
Validation = Generator[Event, None, dict[str, float]]
PROGRESS_STEPS = 20
"""How many words of progress a validation gives at most."""


class Epochs(Protocol[B]):
    """Batches, epoch after epoch."""

    def __len__(self) -> int:
        """Batches of an epoch."""

    def epoch(self, n: int, skip: int = 0) -> Iterator[B]:
        """The batches of epoch ``n`` (from 0) but the first ``skip``."""


class Task(ABC):
    """One kind of training. A batch is a :class:`StreamBatch` or a :class:`DocumentBatch`.

    :ivar model: the network. :ivar forward: what is called for a loss; DDP stands around it.
    :param train: None: there is nothing but losses to be asked for.
    """

    model: LanguageModel | TextClassifier
    forward: nn.Module

    def __init__(
        self, train: Epochs[Any] | None, valid: Epochs[Any] | None, device: torch.device, world: World | None
    ) -> None:
        self._train, self._valid, self._device, self._world = train, valid, device, world

    def __len__(self) -> int:
        """Batches of an epoch."""
        return 0 if self._train is None else len(self._train)

    def epoch(self, number: int, skip: int) -> Iterator[Any]:
        """The batches of epoch ``number`` (from 0) but the first ``skip``, this process' share of each."""
        return iter(()) if self._train is None else map(self.share, self._train.epoch(number, skip))

    @abstractmethod
    def share(self, batch: Any) -> Any:
        """This process' share of a batch."""

    @abstractmethod
    def weight(self, batch: Any) -> float:
        """How much a batch counts in the mean: its targets or documents."""

    @abstractmethod
    def tokens(self, batch: Any) -> int:
        """Real tokens read."""

    @abstractmethod
    def loss(self, batch: Any, call: nn.Module) -> tuple[Tensor, Tensor]:
        """The loss to minimise, with its graph, and the one to report, detached: means over the batch."""

    @abstractmethod
    def validate(self, said: int) -> Validation:
        """Measure on the validation part; progress is told but for the first ``said`` words. {}: no such part."""

    @abstractmethod
    def standing(self, metrics: dict[str, float]) -> tuple[float, ...]:
        """How good an epoch with these ``metrics`` is: the greater tuple is the better epoch."""

    def rate_scale(self, batch: Any) -> float:  # noqa: ARG002
        """What the batch multiplies the rate by."""
        return 1.0

    def chance(self, highest: float) -> float:  # noqa: ARG002
        """By how much the first figure of a standing differs by chance alone around the ``highest`` so far; 0: not."""
        return 0.0

    def state(self) -> Any:
        """What is carried from batch to batch: tensors in tuples, or None."""
        return None

    def set_state(self, state: Any) -> None:  # noqa: B027
        """Take up what :meth:`state` gave."""


class LanguageModelForward(nn.Module):
    """The regularised loss as a module's forward pass, so that DDP can stand around it."""

    def __init__(self, model: LanguageModel, alpha: float, beta: float) -> None:
        super().__init__()
        self.model, self.alpha, self.beta = model, alpha, beta

    def forward(self, inputs: Tensor, targets: Tensor, state: Any) -> tuple[Tensor, Tensor, Any]:
        """(batch, time) each -> total, cross entropy, state."""
        loss = self.model.loss(inputs, targets, state, alpha=self.alpha, beta=self.beta)
        return loss.total, loss.cross_entropy, loss.state


class LanguageModelTask(Task):
    """Next-token prediction over contiguous streams; the state goes on from batch to batch within an epoch."""

    model: LanguageModel

    def __init__(
        self, model: LanguageModel, train: Epochs[StreamBatch] | None, valid: Epochs[StreamBatch] | None,
        settings: LanguageModelConfig, device: torch.device, world: World | None,
    ) -> None:
        super().__init__(train, valid, device, world)
        self.model, self.forward = model, LanguageModelForward(model, settings.alpha, settings.beta)
        self._state: Any = None

    def share(self, batch: StreamBatch) -> StreamBatch:
        return rows_of(batch, self._world)

    def weight(self, batch: StreamBatch) -> float:
        return float((batch.targets != IGNORED).sum())

    def tokens(self, batch: StreamBatch) -> int:
        return int(self.weight(batch))

    def rate_scale(self, batch: StreamBatch) -> float:
        return batch.lr_scale

    def loss(self, batch: StreamBatch, call: nn.Module) -> tuple[Tensor, Tensor]:
        if batch.fresh:
            self._state = None
        inputs, targets = _to(self._device, batch.inputs, batch.targets)
        total, cross_entropy, self._state = call(inputs, targets, self._state)
        return total, cross_entropy

    def validate(self, said: int) -> Validation:
        figures = LanguageModelMetrics()
        if self._valid is None or not len(self._valid):
            return {}
        state, every, losses = None, _interval(len(self._valid)), []
        with self.model.fixed():
            for number, batch in enumerate(self._valid.epoch(0), start=1):
                part = self.share(batch)
                inputs, targets = _to(self._device, part.inputs, part.targets)
                with torch.no_grad():
                    loss = self.model.loss(inputs, targets, None if batch.fresh else state)
                state = loss.state
                losses.append((loss.cross_entropy, int(self.weight(part))))
                if number % every == 0:
                    _read(figures, losses)
                    if number // every > said:
                        yield Progress("validation", number, len(self._valid), "batches")
        _read(figures, losses)
        if self._world is not None:
            figures.combine(self._world.gather(figures))
        return figures.result()

    def standing(self, metrics: dict[str, float]) -> tuple[float, ...]:
        return (-metrics["valid_loss"],)

    def state(self) -> Any:
        return self._state

    def set_state(self, state: Any) -> None:
        if state is not None:
            state = tuple((h.to(self._device), c.to(self._device)) for h, c in state)
        self._state = state


class ClassifierTask(Task):
    """Document classification; nothing is carried from batch to batch."""

    model: TextClassifier

    def __init__(
        self, model: TextClassifier, train: Epochs[DocumentBatch] | None, valid: Epochs[DocumentBatch] | None,
        loss: Loss, settings: ClassifierConfig, device: torch.device, world: World | None,
    ) -> None:
        super().__init__(train, valid, device, world)
        self.model = self.forward = model
        self._loss, self._consistency = loss, settings.consistency
        # A linear head began with the statistics of all training documents, better than those of a batch.
        model.head.freeze_statistics(settings.freeze_batch_norm or model.head.is_linear)
        self._measured = 0  # documents of the last validation, of all processes

    def share(self, batch: DocumentBatch) -> DocumentBatch:
        return documents_of(batch, self._world)

    def weight(self, batch: DocumentBatch) -> float:
        return self._loss.share(cast(Tensor, batch.targets)) if len(batch.indices) else 0.0

    def tokens(self, batch: DocumentBatch) -> int:
        return int(batch.lengths.sum()) if len(batch.indices) else 0

    def loss(self, batch: DocumentBatch, call: nn.Module) -> tuple[Tensor, Tensor]:
        tokens, targets = _to(self._device, batch.tokens, cast(Tensor, batch.targets))
        if self._world is not None:
            self.model.head.count_rows(bool(len(batch.indices)))
        if not self._consistency or len(targets) == 1:  # of one document batch norm has no variance
            loss = self._loss(call(tokens, batch.lengths), targets)
            return loss, loss.detach()
        # Each document twice, side by side in one pass: other units are dropped for each of the two.
        scores = call(tokens.repeat_interleave(2, dim=0), batch.lengths.repeat_interleave(2))
        one, two = scores[0::2], scores[1::2]
        loss = (self._loss(one, targets) + self._loss(two, targets)) / 2
        apart = self._loss.mean(disagreement(one, two, targets.ndim > 1), targets)
        return loss + self._consistency * apart, loss.detach()

    def validate(self, said: int) -> Validation:
        if self._valid is None or not len(self._valid):
            return {}
        figures, every, self._measured = ClassifierMetrics(self.model.classes), _interval(len(self._valid)), 0
        with self.model.encoder.fixed():
            for number, batch in enumerate(self._valid.epoch(0), start=1):
                self._measure(self.share(batch), figures)
                self._measured += len(batch.indices)
                if number % every == 0 and number // every > said:
                    yield Progress("validation", number, len(self._valid), "batches")
        if self._world is not None:
            figures.combine(self._world.gather(figures))
        return figures.result()

    def standing(self, metrics: dict[str, float]) -> tuple[float, ...]:
        return (metrics["accuracy"], -metrics["valid_loss"])

    def chance(self, highest: float) -> float:
        """The standard error of an accuracy on so many validation documents."""
        if not self._measured or not 0 <= highest <= 1:
            return 0.0
        return math.sqrt(highest * (1 - highest) / self._measured)

    @torch.no_grad()
    def _measure(self, batch: DocumentBatch, figures: ClassifierMetrics) -> None:
        tokens, targets = _to(self._device, batch.tokens, cast(Tensor, batch.targets))
        scores = self.model(tokens, batch.lengths).float()
        loss = float(self._loss(scores, targets))
        scores = scores.sigmoid() if targets.ndim > 1 else scores.softmax(dim=1)
        if len(batch.indices):
            figures.add(loss, self.weight(batch), scores.cpu().double().numpy(), np.asarray(batch.targets))


def _to(device: torch.device, *tensors: Tensor) -> tuple[Tensor, ...]:
    return tuple(moved(tensor, device) for tensor in tensors)


def _interval(batches: int) -> int:
    return max(1, -(-batches // PROGRESS_STEPS))


def _read(figures: LanguageModelMetrics, losses: list[tuple[Tensor, int]]) -> None:
    """Fetch the waiting losses from the device in one go."""
    if losses:
        values: Sequence[float] = torch.stack([loss for loss, _ in losses]).tolist()
        for value, (_, tokens) in zip(values, losses, strict=True):
            figures.add(value, tokens)
        losses.clear()


def language_model_task(
    model: LanguageModel, train: LanguageModelStream, valid: LanguageModelStream | None, plan: StagePlan,
    ctx: TrainContext,
) -> LanguageModelTask:
    """What a stage that trains a language model works on.

    :raises TrainingError: ``plan`` is not for a language model.
    """
    if not isinstance(plan.settings, LanguageModelConfig):
        raise TrainingError(f"the stage {plan.name!r} does not train a language model")
    return LanguageModelTask(model, train, valid, plan.settings, ctx.device, ctx.world)


def classifier_task(
    model: TextClassifier, train: DocumentBatches, valid: DocumentBatches | None, plan: StagePlan, loss: Loss,
    ctx: TrainContext,
) -> ClassifierTask:
    """What a stage that trains a classifier works on.

    :raises TrainingError: ``plan`` is not for a classifier.
    """
    if not isinstance(plan.settings, ClassifierConfig):
        raise TrainingError(f"the stage {plan.name!r} does not train a classifier")
    return ClassifierTask(model, train, valid, loss, plan.settings, ctx.device, ctx.world)
