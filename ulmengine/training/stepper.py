"""One optimizer step: gradients of one or several batches as if they were one, clipped, at the schedule's rates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ulmengine.plan.errors import NanLoss
from ulmengine.plan.stages import StagePlan

from .context import TrainContext
from .distributed import no_sync
from .groups import learning
from .optimizers import LayerOptimizer, gradient_norm
from .tasks import Task


@dataclass(frozen=True)
class Taken:
    """A step that was taken, over all processes.

    :ivar loss: mean loss, on the device. :ivar norm: length of the gradient before clipping, on the device.
    :ivar weight: targets or documents it was the mean of. :ivar tokens: real tokens read.
    :ivar rates: of all layer groups.
    """

    loss: Tensor
    norm: Tensor
    weight: float
    tokens: int
    rates: tuple[float, ...]


class Stepper:
    """Takes the optimizer steps of one stage."""

    def __init__(self, task: Task, plan: StagePlan, optimizer: LayerOptimizer, ctx: TrainContext) -> None:
        self._task, self._optimizer, self._world = task, optimizer, ctx.world
        self._clip = plan.settings.optimizer.clip
        self._call = task.forward if ctx.world is None else ctx.world.wrap(task.forward)
        self._schedule = plan.schedule(plan.steps(len(task)))
        self._learning = [parameter for _, parameter in learning(optimizer.groups)]
        # Only float16 is so narrow that small gradients vanish without a scale.
        self.scaler = torch.amp.GradScaler("cuda") if ctx.precision is torch.float16 else None

    def take(self, batches: list[Any], step: int) -> Taken:
        """Take optimizer ``step`` (from 0) of the stage on ``batches``.

        :raises NanLoss: on the CPU, before any weight has moved.
        """
        weights = [self._task.weight(batch) for batch in batches]
        weight, tokens = self._over_all(sum(weights), sum(self._task.tokens(batch) for batch in batches))
        scale = sum(self._task.rate_scale(batch) for batch in batches) / len(batches)
        rates = tuple(rate * scale for rate in self._schedule.rates(step))
        loss = self._backward(batches, weights, weight)
        if self.scaler is not None:
            self._optimizer.unscale(self.scaler)
        norm = gradient_norm(self._learning, self._clip)
        _refuse_nan(loss, norm, step, rates[-1])
        self._optimizer.set_rates(rates)
        self._optimizer.step(self.scaler)
        if self.scaler is not None:
            self.scaler.update()
        self._optimizer.zero_grad()
        return Taken(loss, norm, weight, tokens, rates)

    def _over_all(self, weight: float, tokens: int) -> tuple[float, int]:
        if self._world is None:
            return weight, tokens
        weight, summed = self._world.sum(weight, tokens)
        return weight, int(summed)

    def _backward(self, batches: list[Any], weights: list[float], whole: float) -> Tensor:
        """Gradients of the mean loss over all ``batches``; returns that loss, detached."""
        # DDP averages over the processes; each one's share of the whole is what is wanted.
        processes = 1 if self._world is None else self._world.size
        losses = []
        for number, (batch, weight) in enumerate(zip(batches, weights, strict=True), start=1):
            share = weight / whole if whole else 0.0
            with no_sync(self._call, last=number == len(batches)):
                loss, reported = self._task.loss(batch, self._call)
                loss = loss if share * processes == 1 else loss * (share * processes)
                (loss if self.scaler is None else self.scaler.scale(loss)).backward()  # type: ignore[no-untyped-call]
            losses.append(reported if share == 1 else reported * share)
        total = losses[0] if len(losses) == 1 else torch.stack(losses).sum()
        return total if self._world is None else self._world.sum_tensor(total)


def _refuse_nan(loss: Tensor, norm: Tensor, step: int, rate: float) -> None:
    """Only on the CPU: on a graphics card looking would wait, and bad values are seen when the losses are read."""
    if loss.device.type != "cpu":
        return
    for what, value in (("loss", loss), ("gradient", norm)):
        if not math.isfinite(value):
            raise NanLoss(step + 1, rate, what)
