"""One function for a learning rate: ``schedule.lr(step, group)``, pure.

The optimizer, the preview, the planned line under the live curve and the tests call the same one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ulmengine.config import ScheduleConfig, StageSettings

ONE_CYCLE_DIV = 25.0
"""The one-cycle schedule starts at the peak divided by this (as the reference does)."""

ONE_CYCLE_DIV_FINAL = 1e5
"""The one-cycle schedule ends at the peak divided by this (as the reference does)."""

# A product such as 100 * 0.29 falls short of 29 by rounding; the cut is meant to be 29.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Schedule:
    """The learning rate of every layer group at every optimizer step of a stage.

    :param shape: what the rate does over the stage.
    :param steps: optimizer steps of the stage, at least 1.
    :param groups: how many layer groups there are, the embedding first, the head last.
    :param peak: the largest rate of the last group.
    :param factor: each group learns this much slower than the one after it (1801.06146, section 3.2).
    """

    shape: ScheduleConfig
    steps: int
    groups: int
    peak: float
    factor: float

    def __post_init__(self) -> None:
        if self.steps < 1 or self.groups < 1:
            raise ValueError(f"a schedule needs at least one step and one layer group, not {self.steps} "
                             f"and {self.groups}")

    def lr(self, step: int, group: int) -> float:
        """The rate of layer ``group`` (0: embedding) at optimizer ``step`` (0 .. steps - 1) of this stage.

        A step beyond the last one (chunks of varied length may add a few) has the last one's rate.

        :raises ValueError: a negative step or a group that does not exist.
        """
        if step < 0:
            raise ValueError(f"steps count from 0; there is no step {step}")
        if not 0 <= group < self.groups:
            raise ValueError(f"there is no layer group {group}; the last one is {self.groups - 1}")
        share = _SHAPES[self.shape.kind](min(step, self.steps - 1), self.steps, self.shape)
        return group_rates(self.peak * share, self.factor, self.groups)[group]

    def rates(self, step: int) -> tuple[float, ...]:
        """The rates of all groups at ``step``, embedding first."""
        return group_rates(self.lr(step, self.groups - 1), self.factor, self.groups)


def group_rates(last: float, factor: float, groups: int) -> tuple[float, ...]:
    """Discriminative rates (1801.06146, section 3.2): of that many ``groups``, embedding first, the ``last`` one's is
    given and each one's is ``factor`` times smaller than that of the group after it."""
    return tuple(last / factor ** (groups - 1 - group) for group in range(groups))


def build_schedule(settings: StageSettings, *, steps: int, groups: int, peak: float) -> Schedule:
    """The schedule of a stage of ``steps`` optimizer steps whose last layer group reaches ``peak``."""
    return Schedule(settings.schedule, max(1, steps), groups, peak, settings.factor)


def slanted_triangular(step: int, steps: int, config: ScheduleConfig) -> float:
    """STLR as a share of the peak (1801.06146, equation 3).

    The cut is a whole number of steps. A cut of 0 (few steps, or a cut fraction of 0) means descent from the first
    step on; where ``steps * cut_frac`` is not whole the paper's p falls below 0 near the end and is held at 0.
    """
    cut = math.floor(steps * config.cut_frac + _ROUNDING)
    if step < cut:
        p = step / cut
    elif cut == 0:
        p = 1 - step / steps
    else:
        p = 1 - (step - cut) / (cut * (1 / config.cut_frac - 1))
    return (1 + max(0.0, p) * (config.ratio - 1)) / config.ratio


def cyclical(step: int, steps: int, config: ScheduleConfig) -> float:
    """CLR as a share of the peak (1506.01186, section 3.1); the base rate is the peak divided by the ratio."""
    stepsize = steps / (2 * config.cycles)
    cycle = math.floor(1 + step / (2 * stepsize))
    x = abs(step / stepsize - 2 * cycle + 1)
    scale = {"triangular": 1.0, "triangular2": 1 / 2.0 ** (cycle - 1), "exp_range": config.gamma**step}[config.clr_mode]
    base = 1 / config.ratio
    return base + (1 - base) * max(0.0, 1 - x) * scale


def warm_restarts(step: int, steps: int, config: ScheduleConfig) -> float:
    """SGDR as a share of the peak (1608.03983, equation 5); the smallest rate is the peak divided by the ratio.

    The stage holds ``cycles`` whole periods (fewer if the first would be shorter than a step), each
    ``cycle_multiplier`` times as long as the one before, so that the rate is low when the stage ends.
    """
    start, period = 0.0, _first_period(steps, round(config.cycles), config.cycle_multiplier)
    while step >= start + period - _ROUNDING:
        start += period
        period *= config.cycle_multiplier
    low = 1 / config.ratio
    return low + (1 - low) / 2 * (1 + math.cos(math.pi * (step - start) / period))


def _first_period(steps: int, cycles: int, multiplier: float) -> float:
    """The length of the first of ``cycles`` periods that grow by ``multiplier`` and fill ``steps`` together."""
    for number in range(cycles, 1, -1):
        first = steps / sum(multiplier**n for n in range(number))
        if first >= 1.0:
            return first
    return float(steps)


def one_cycle(step: int, steps: int, config: ScheduleConfig) -> float:
    """One-cycle as a share of the peak: cosine up, then cosine down; progress is ``step / steps``.

    Only the rate moves; the reference moves the momentum against it as well.
    """
    progress, top = step / steps, config.pct_start
    if progress < top:
        return _cosine(1 / ONE_CYCLE_DIV, 1.0, progress / top)
    return _cosine(1.0, 1 / ONE_CYCLE_DIV_FINAL, (progress - top) / (1 - top))


def constant(step: int, steps: int, config: ScheduleConfig) -> float:
    """A straight rise over the first ``warmup`` share of the steps, then the peak.

    The rise is from 0 at the (unseen) step before the first, so that no step is spent at a rate of 0.
    """
    warmup = math.floor(steps * config.warmup + _ROUNDING)
    return (step + 1) / warmup if step < warmup else 1.0


def _cosine(start: float, end: float, progress: float) -> float:
    return start + (end - start) * (1 - math.cos(math.pi * progress)) / 2


_SHAPES: dict[str, Callable[[int, int, ScheduleConfig], float]] = {
    "stlr": slanted_triangular,
    "one_cycle": one_cycle,
    "clr": cyclical,
    "sgdr": warm_restarts,
    "constant": constant,
}
