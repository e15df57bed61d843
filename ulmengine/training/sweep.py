"""The learning-rate range test (1506.01186, section 3.3): a sweep of rates that leaves no trace in the run."""

from __future__ import annotations

import math
from collections.abc import Generator
from itertools import chain, count, islice
from typing import Any

import torch
from torch import Tensor

from ulmengine.config import StageSettings
from ulmengine.events import Event, RangeEnded, RangePoint
from ulmengine.nets import freeze_to, layer_groups, set_precision
from ulmengine.plan.errors import NanLossError, TrainingError
from ulmengine.plan.schedules import group_rates
from ulmengine.plan.stages import StagePlan

from .context import TrainContext
from .groups import learning, named_groups
from .loop import Stepper
from .optimizers import LayerOptimizer
from .random_state import RandomState
from .range_curve import RangeCurve, RangeResult
from .tasks import Task


def range_test(
    task: Task, plan: StagePlan, ctx: TrainContext, *, low: float = 1e-7, high: float = 10.0, steps: int = 100,
) -> Generator[Event, None, RangeResult]:
    """Train ``task`` for at most ``steps`` optimizer steps, the rate rising from ``low`` to ``high``.

    The rates are those of the last layer group; the others follow by the plan's factor. Afterwards, also when the
    generator is closed half-way, weights, buffers, optimizer, gradients, training mode and all random states are bit
    for bit what they were. Make ``task`` with :func:`ulmengine.training.language_model_task` or
    :func:`ulmengine.training.classifier_task`.

    Yields a ``RangePoint`` a step and ``RangeEnded`` when everything is as before.

    :raises TrainingError: rates that do not rise, fewer than two steps, or a loss that is no number from the start.
    """
    if not 0 < low < high or steps < 2:
        raise TrainingError("a range test needs a lowest rate above 0, a larger highest one, and at least two steps")
    sweep = [low * (high / low) ** (step / (steps - 1)) for step in range(steps)]
    curve = RangeCurve()
    keeper = Keeper(task)
    try:
        keeper.begin(plan, ctx)
        optimizer = LayerOptimizer(keeper.groups, plan.settings.optimizer)
        stepper = Stepper(task, optimizer, plan.settings.optimizer.clip)
        for step, (lr, batches) in enumerate(zip(sweep, _batches(task, plan.settings), strict=False), start=1):
            rates = group_rates(lr, plan.settings.factor, len(plan.groups))
            loss = _loss_of(stepper, batches, rates, step)
            smoothed = curve.add(lr, loss)
            yield RangePoint(step, steps, lr, loss, smoothed)
            if curve.diverged:
                break
    finally:
        keeper.put_back()
    result = curve.result()
    yield RangeEnded(result.suggestions, result.diverged)
    return result


class Keeper:
    """Holds a copy of everything that training changes, and puts it back."""

    def __init__(self, task: Task) -> None:
        self._task, self._model = task, task.model
        self.groups = named_groups(self._model, layer_groups(self._model))
        self._random = RandomState.capture()
        self._modes = [
            (module, module.training, getattr(module, "precision", None)) for module in self._model.modules()
        ]
        self._learns = [(p, p.requires_grad, p.grad) for p in self._model.parameters()]
        self._state = task.state()
        self._tensors: list[tuple[Tensor, Tensor]] = []

    def begin(self, plan: StagePlan, ctx: TrainContext) -> None:
        """Get the network ready for ``plan``. What is frozen does not change and is not copied."""
        for p in self._model.parameters():
            p.grad = None
        freeze_to(self._model, plan.unfrozen)
        # Without a loss scale float16 would lose small gradients, and a hundred steps can do without its speed.
        set_precision(self._model, torch.float32 if ctx.precision is torch.float16 else ctx.precision)
        changing = chain((p for _, p in learning(self.groups)), self._model.buffers())
        self._tensors = [(tensor, tensor.detach().clone()) for tensor in changing]
        self._model.train()

    @torch.no_grad()
    def put_back(self) -> None:
        """Everything as it was."""
        for tensor, before in self._tensors:
            tensor.copy_(before)
        for p, learns, grad in self._learns:
            p.requires_grad_(learns)
            p.grad = grad
        for module, mode, precision in self._modes:
            module.training = mode
            if precision is not None:
                module.precision = precision
        self._task.set_state(self._state)
        self._random.restore()


def _batches(task: Task, settings: StageSettings) -> Generator[list[Any], None, None]:
    """The batches of one optimizer step after another, epoch after epoch."""
    if not len(task):
        raise TrainingError("there is nothing to train on; use more text or a smaller batch size")
    endless = chain.from_iterable(task.epoch(number, 0) for number in count())
    while True:
        yield list(islice(endless, settings.optimizer.accumulation))


def _loss_of(stepper: Stepper, batches: list[Any], rates: tuple[float, ...], step: int) -> float:
    """The loss of a step, taken; not-a-number where it could not be, for loss or gradient were none."""
    try:
        return float(stepper.take(batches, rates, step).loss)
    except NanLossError:
        return math.nan
