"""The learning-rate range test (1506.01186, section 3.3): a sweep of rates that leaves no trace in the run, the curve
of its losses, smoothed, and the rates that four rules read off it."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count, islice, takewhile
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ulmengine.config import StageSettings
from ulmengine.events import Event, RangeEnded, RangePoint
from ulmengine.nets import LayerGroup, freeze_to, layer_groups, set_precision
from ulmengine.plan.errors import NanLossError, TrainingError
from ulmengine.plan.schedules import group_rates
from ulmengine.plan.stages import StagePlan
from ulmengine.smoothing import ExponentialMean, beginning

from .context import TrainContext
from .loop import Stepper
from .optimizers import LayerOptimizer
from .random_state import RandomState
from .tasks import Task
from .tensors import learning

Floats = NDArray[np.float64]

SMOOTHING = 0.98
CHANCE = 2.0
"""A fall from where the curve begins by fewer standard errors than this may be chance, and suggests nothing.
Of flat curves with noise one in eight falls further somewhere."""
DIVERGED = 4.0
"""The test ends when the smoothed loss is this many times the lowest one (as in the reference)."""


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
    with _kept(task, plan, ctx) as groups:
        stepper = Stepper(task, LayerOptimizer(groups, plan.settings.optimizer), plan.settings.optimizer.clip)
        for step, (lr, batches) in enumerate(zip(sweep, _batches(task, plan.settings), strict=False), start=1):
            loss = _loss_of(stepper, batches, group_rates(lr, plan.settings.factor, len(plan.groups)), step)
            smoothed = curve.add(lr, loss)
            yield RangePoint(step, steps, lr, loss, smoothed)
            if curve.diverged:
                break
    result = curve.result()
    yield RangeEnded(result.suggestions, result.diverged)
    return result


@contextmanager
def _kept(task: Task, plan: StagePlan, ctx: TrainContext) -> Iterator[tuple[LayerGroup, ...]]:
    """The layer groups of ``task``'s network, ready to train as ``plan`` says; afterwards all is as it was before."""
    model, random, carried = task.model, RandomState.capture(), task.state()
    modes = [(module, module.training, getattr(module, "precision", None)) for module in model.modules()]
    learns = [(p, p.requires_grad, p.grad) for p in model.parameters()]
    changing: list[tuple[torch.Tensor, torch.Tensor]] = []
    try:
        for p in model.parameters():
            p.grad = None
        freeze_to(model, plan.unfrozen)
        # Without a loss scale float16 would lose small gradients, and a hundred steps can do without its speed.
        set_precision(model, torch.float32 if ctx.precision is torch.float16 else ctx.precision)
        groups = layer_groups(model)
        # What is frozen does not change and is not copied.
        changing = [(tensor, tensor.detach().clone())
                    for tensor in chain((p for _, p in learning(groups)), model.buffers())]
        model.train()
        yield groups
    finally:
        with torch.no_grad():
            for tensor, before in changing:
                tensor.copy_(before)
        for p, learnt, grad in learns:
            p.requires_grad_(learnt)
            p.grad = grad
        for module, mode, precision in modes:
            module.training = mode
            if precision is not None:
                module.precision = precision
        task.set_state(carried)
        random.restore()


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


@dataclass(frozen=True)
class RangeResult:
    """What a range test found.

    :ivar lrs, losses, smoothed: one value a step, the diverged ones at the end left out.
    :ivar suggestions: rule -> rate, see :func:`suggestions`. :ivar diverged: the loss went up before the last rate.
    """

    lrs: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestions: dict[str, float]
    diverged: bool


class RangeCurve:
    """Losses over rates, smoothed without bias towards the start."""

    def __init__(self) -> None:
        self.lrs: list[float] = []
        self.losses: list[float] = []
        self.smoothed: list[float] = []
        self.diverged = False
        self._mean = ExponentialMean(SMOOTHING)

    def add(self, lr: float, loss: float) -> float:
        """Add a point; returns the smoothed loss."""
        if not math.isfinite(loss):
            if not self.losses:
                raise TrainingError("the loss is not a number before anything was learnt; look at the weights and data")
            self.diverged = True
            loss = smoothed = max(self.losses) * DIVERGED
        else:
            smoothed = self._mean.add(loss)
        self.lrs.append(lr)
        self.losses.append(loss)
        self.smoothed.append(smoothed)
        self.diverged = self.diverged or smoothed > DIVERGED * min(self.smoothed)
        return smoothed

    def result(self) -> RangeResult:
        """The curve without its diverged end, and what it suggests: nothing where it falls by no more than chance."""
        start = beginning(len(self.lrs))  # where it is steepest or lowest is not looked for among these
        end = len(self.lrs) - self._diverged_points(float(np.mean(self.losses[:start])))
        lrs, smoothed = self.lrs[:end], self.smoothed[:end]
        found: dict[str, float] = {}
        if end > 2 * start and self._falls(start):
            found = suggestions(lrs, smoothed)
            found["minimum"] = suggestions(lrs[start:], smoothed[start:])["minimum"]
            found["steepest"] = self._steepest(start, end)
        return RangeResult(tuple(lrs), tuple(self.losses[:end]), tuple(smoothed), found, self.diverged)

    def _falls(self, count: int) -> bool:
        """Whether the mean of some ``count`` losses in a row is lower than that of the first ones by more than chance.

        By the losses themselves: the smoothed curve comes after them. How far they lie apart by chance is told by the
        median of their steps, which a diverged end does not move.
        """
        means = np.convolve(self.losses, np.full(count, 1 / count), "valid")
        apart = 1.4826 * np.median(np.abs(np.diff(self.losses)))
        # A step is the difference of two losses, as the fall is that of two means: both have twice the variance.
        return bool(means[count:].min() < means[0] - CHANCE * apart / math.sqrt(count))

    def _steepest(self, count: int, end: int) -> float:
        """The rate at which the mean of ``count`` losses is furthest below that of as many before.

        The smoothed curve is a mean of ever more losses, and so is steepest at its beginning by chance.
        """
        means = np.convolve(self.losses[:end], np.full(count, 1 / count), "valid")
        return self.lrs[count + int(np.argmin(means[count:] - means[:-count]))]

    def _diverged_points(self, begun: float) -> int:
        """Points at the end, never the first, above where the curve has ``begun``: they tell of divergence alone."""
        if not self.diverged:
            return 0
        return sum(1 for _ in takewhile(lambda value: value > begun, reversed(self.smoothed[1:]))) or 1


def suggestions(lrs: Sequence[float], losses: Sequence[float]) -> dict[str, float]:
    """Rates that four rules read off a (smoothed) curve; only those that are defined.

    ``valley``: half-way into the middle third of the longest run of ever lower losses. ``slide``: the last rate, from
    the right, at which the slopes of two points 15 apart still differ. ``steepest``: where the loss falls fastest over
    the logarithm of the rate. ``minimum``: a tenth of the rate with the lowest loss.
    """
    if len(lrs) < 2 or len(lrs) != len(losses):
        return {}
    rates, values = np.asarray(lrs, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    slopes = np.diff(values) / np.diff(np.log(rates))
    found = {"steepest": float(rates[slopes.argmin()]), "minimum": float(rates[values.argmin()]) / 10,
             "valley": _valley(rates, values), "slide": _slide(rates, values)}
    return {rule: rate for rule, rate in found.items() if rate is not None}


def _valley(rates: Floats, losses: Floats) -> float | None:
    """Longest strictly falling subsequence, its first end; None if nothing falls."""
    lengths = [1] * len(losses)
    for right in range(1, len(losses)):
        before = [lengths[left] for left in range(right) if losses[left] > losses[right]]
        lengths[right] = 1 + max(before, default=0)
    end = int(np.argmax(lengths))
    if lengths[end] < 2:
        return None
    # The reference takes the start to be as many points before the end as the subsequence has, gaps or not.
    start = end - lengths[end]
    third = (end - start) / 3
    return float(rates[max(0, start + int(third) + int(third / 2))])


def _slide(rates: Floats, losses: Floats) -> float | None:
    """None if the curve is too short."""
    apart = 15
    if len(losses) <= apart:
        return None
    slopes = np.gradient(losses)
    left = len(losses) - 1 - apart
    chosen = left
    while left >= 0 and abs(slopes[left + apart] - slopes[left]) > 0.005:
        chosen = left
        left -= 1
    return float(rates[chosen])
