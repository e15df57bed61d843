"""The method on one page: how a network learns in one stage (1801.06146, 3.2 and 3.3; 1708.02182, 4 and 5).

:func:`train` is the loop and :class:`Stepper` the step in it. What hangs on them stands elsewhere: the losses of the
two networks in ``tasks.py``; counting, telling, saving and the end of an epoch in ``session.py``; what a snapshot
holds, so that a stage goes on to the same bits, in ``state.py``; several processes in ``distributed.py``. Of the
paper's three means, gradual unfreezing is ``freeze_to`` as ``state.py`` calls it, with the stages of
``plan/stages.py``; the slanted triangle and discriminative rates are in ``plan/schedules.py``. To pause is not to ask
the generator for its next event, to stop is to close it.

Kept weights: those of the epoch with the lowest validation loss (language model) or with the highest accuracy and,
among equals, the lowest validation loss (classifier); without a validation part the last epoch's. The optimizer's
state stays that of the last step.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import Any

import torch
from torch import Tensor

from ulmengine.events import Event
from ulmengine.nets import LanguageModel, Loss, TextClassifier
from ulmengine.plan.errors import NanLossError
from ulmengine.plan.stages import StagePlan

from .batches import DocumentBatches, LanguageModelStream
from .context import Snapshot, StageResult, Taken, TrainContext
from .distributed import World, no_sync
from .optimizers import LayerOptimizer, clip_gradients
from .session import Session
from .tasks import Task, classifier_task, language_model_task
from .tensors import learning


def train(stage: Session) -> Generator[Event, None, StageResult]:
    """Train to the end of the ``stage``; closing the generator takes a last snapshot first."""
    task, settings = stage.task, stage.plan.settings
    stepper = Stepper(task, stage.optimizer, settings.optimizer.clip, stage.ctx.world, stage.scaler)
    schedule = stage.plan.schedule(stage.plan.steps(len(task)))
    try:
        yield from stage.begin()
        while not stage.standing.finished:
            for batches in stage.batches():  # of the epoch from where it stands; those of a step together
                step = stage.standing.step
                rates = schedule.rates(step)  # one for each layer group
                taken = stepper.take(batches, _for_lengths(rates, batches, task), step)
                yield from stage.after_step(taken)
            yield from stage.end_epoch()  # validate, keep the best weights, perhaps stop early
        return stage.result()
    except GeneratorExit:
        stage.put_down()
        raise
    finally:
        stage.leave()


class Stepper:
    """Takes optimizer steps: gradients of one or several batches as if they were one, clipped, at given rates.

    It is the one step of training, of the range test and of measuring a machine's speed.

    :param clip: the length to which longer gradients are cut; 0: none is. :param scaler: of the losses in float16.
    """

    def __init__(
        self, task: Task, optimizer: LayerOptimizer, clip: float, world: World | None = None,
        scaler: torch.amp.GradScaler | None = None,
    ) -> None:
        self._task, self._optimizer, self._clip, self._world, self._scaler = task, optimizer, clip, world, scaler
        self._forward = task.forward if world is None else world.wrap(task.forward)
        self._learning = [parameter for _, parameter in learning(optimizer.groups)]

    def take(self, batches: Sequence[Any], rates: Sequence[float], step: int = 0) -> Taken:
        """Optimizer ``step`` (from 0, for the words of an error) on ``batches`` with the ``rates`` of all groups.

        :raises NanLossError: on the CPU, before any weight has moved.
        """
        weights = [self._task.weight(batch) for batch in batches]  # targets or documents
        weight, tokens = self._over_all(sum(weights), sum(self._task.tokens(batch) for batch in batches))
        losses = []
        for number, batch in enumerate(batches):
            share = weights[number] / weight if weight else 0.0
            with no_sync(self._forward, last=number == len(batches) - 1):
                # Forward pass and mean loss: a classifier's cross entropy (nets/losses.py), a language model's with AR
                # and TAR (nets/language_model.py).
                loss, reported = self._task.loss(batch, self._forward)
                self._backward(loss, share)
            losses.append(reported if share == 1 else reported * share)
        if self._scaler is not None:
            self._optimizer.unscale(self._scaler)
        loss = self._summed(losses)
        norm = clip_gradients(self._learning, self._clip)
        _refuse_nan(loss, norm, step, rates[-1])
        self._optimizer.set_rates(rates)
        self._optimizer.step(self._scaler)
        if self._scaler is not None:
            self._scaler.update()
        self._optimizer.zero_grad()
        return Taken(loss, norm, weight, tokens, tuple(rates), len(batches))

    def _backward(self, loss: Tensor, share: float) -> None:
        """Add the gradient of ``loss`` of which the step's is made to that ``share``."""
        # DDP averages over the processes; each one's share of the whole is what is wanted.
        factor = share if self._world is None else share * self._world.size
        loss = loss if factor == 1 else loss * factor
        (loss if self._scaler is None else self._scaler.scale(loss)).backward()

    def _over_all(self, weight: float, tokens: int) -> tuple[float, int]:
        """Of all processes."""
        if self._world is None:
            return weight, tokens
        weight, summed = self._world.sum(weight, tokens)
        return weight, int(summed)

    def _summed(self, losses: list[Tensor]) -> Tensor:
        total = losses[0] if len(losses) == 1 else torch.stack(losses).sum()
        return total if self._world is None else self._world.sum_tensor(total)


def _for_lengths(rates: Sequence[float], batches: Sequence[Any], task: Task) -> tuple[float, ...]:
    """``rates`` scaled with the batches' lengths, where those vary (1708.02182, 5)."""
    scale = sum(task.rate_scale(batch) for batch in batches) / len(batches)
    return tuple(rate * scale for rate in rates)


def _refuse_nan(loss: Tensor, norm: Tensor, step: int, rate: float) -> None:
    """Only on the CPU: on a graphics card looking would wait, and bad values are seen when the losses are read."""
    if loss.device.type != "cpu":
        return
    for what, value in (("loss", loss), ("gradient", norm)):
        if not math.isfinite(value):
            raise NanLossError(step + 1, rate, what)


def train_language_model(
    model: LanguageModel, train_part: LanguageModelStream, valid: LanguageModelStream | None, plan: StagePlan,
    ctx: TrainContext, start: Snapshot | None = None,
) -> Generator[Event, None, StageResult]:
    """Train ``model`` through one stage; afterwards it holds the weights of the best epoch.

    Yields ``StageStarted``, ``Step`` for every optimizer step, ``Progress`` while validating, ``EpochEnded``,
    ``TextWritten`` and ``Checkpointed`` where the context provides for them, ``Note``, and ``StageEnded`` last. Closing
    the generator takes a snapshot and ends.

    :param start: a snapshot of this stage to go on from; weights, optimizer and random states are taken from it.
    :raises NanLossError: loss or gradient are not finite.
    :raises TrainingError: the plan does not fit the network, or there is too little text for one batch.
    """
    task = language_model_task(model, train_part, valid, plan, ctx)
    return (yield from train(Session(task, plan, ctx, start)))


def train_classifier(
    model: TextClassifier, train_part: DocumentBatches, valid: DocumentBatches | None, plan: StagePlan, loss: Loss,
    ctx: TrainContext, start: Snapshot | None = None,
) -> Generator[Event, None, StageResult]:
    """Train ``model`` through one stage of gradual unfreezing; as :func:`train_language_model`.

    With accumulation the gradient equals that of the large batch but for batch norm, which sees the small ones.
    """
    task = classifier_task(model, train_part, valid, plan, loss, ctx)
    return (yield from train(Session(task, plan, ctx, start)))
