"""Every schedule against its paper's formula, worked by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ulmengine.config import ClassifierConfig, ScheduleConfig
from ulmengine.plan import build_schedule
from ulmengine.plan.schedules import one_cycle

VECTORS = json.loads((Path(__file__).parent / "data" / "schedules.json").read_text())
KINDS = ("stlr", "one_cycle", "clr", "sgdr", "constant")


def rates(steps: int, peak: float = 1.0, groups: int = 1, factor: float = 1.0, **shape: Any) -> list[float]:
    """Rates of the last group at every step."""
    settings = ClassifierConfig(schedule=ScheduleConfig(**shape), factor=factor)
    schedule = build_schedule(settings, steps=steps, groups=groups, peak=peak)
    return [schedule.lr(step, groups - 1) for step in range(steps)]


def test_slanted_triangle_by_hand() -> None:
    # T = 20, cut_frac = 0.1: cut = 2. ratio 32, peak 0.01.
    # t = 0: p = 0; t = 1: p = 1/2; t = 2: p = 1; t = 11: p = 1 - 9/18 = 1/2; t = 19: p = 1 - 17/18 = 1/18.
    got = rates(20, 0.01, kind="stlr")
    assert got[0] == pytest.approx(0.01 / 32)
    assert got[1] == pytest.approx(0.01 * (1 + 31 / 2) / 32)
    assert got[2] == pytest.approx(0.01)
    assert got[11] == pytest.approx(0.01 * (1 + 31 / 2) / 32)
    assert got[19] == pytest.approx(0.01 * (1 + 31 / 18) / 32)


def test_slanted_triangle_of_few_steps_only_descends() -> None:
    # T = 4, cut_frac = 0.1: cut = floor(0.4) = 0, so p = 1 - t/4 from the peak down.
    assert rates(4, kind="stlr", ratio=2) == pytest.approx([1.0, (1 + 0.75) / 2, (1 + 0.5) / 2, (1 + 0.25) / 2])


def test_slanted_triangle_with_a_cut_fraction_of_zero_only_descends() -> None:
    assert rates(2, kind="stlr", ratio=2, cut_frac=0.0) == pytest.approx([1.0, 0.75])


def test_slanted_triangle_never_falls_below_its_floor() -> None:
    # T = 19, cut_frac = 0.1: cut = 1, so the descent takes 9 steps and p would be 1 - 10/9 < 0 at t = 11.
    got = rates(19, kind="stlr", ratio=4)
    assert got[10] == pytest.approx((1 + 0 * 3) / 4)
    assert got[11:] == [0.25] * 8


def test_the_cut_is_not_lost_to_rounding() -> None:
    # 100 * 0.29 is 28.999999999999996 in floating point, the cut is meant to be 29.
    assert max(range(100), key=rates(100, kind="stlr", cut_frac=0.29).__getitem__) == 29


def test_triangular_by_hand() -> None:
    # 16 steps, 2 cycles: stepsize 4; base 1/5. it = 2: cycle 1, x = |2/4 - 2 + 1| = 1/2.
    got = rates(16, kind="clr", cycles=2, ratio=5)
    triangle = [0.2, 0.4, 0.6, 0.8, 1.0, 0.8, 0.6, 0.4]
    assert got == pytest.approx(triangle * 2)


def test_triangular2_halves_each_peak() -> None:
    got = rates(16, kind="clr", clr_mode="triangular2", cycles=2, ratio=5)
    assert got[4] == pytest.approx(1.0)
    assert got[12] == pytest.approx(0.2 + 0.8 / 2)
    assert got[14] == pytest.approx(0.2 + 0.8 / 2 / 2)


def test_exp_range_decays_by_gamma_a_step() -> None:
    got = rates(16, kind="clr", clr_mode="exp_range", cycles=2, ratio=5, gamma=0.9)
    assert got[4] == pytest.approx(0.2 + 0.8 * 0.9**4)
    assert got[12] == pytest.approx(0.2 + 0.8 * 0.9**12)
    assert got[8] == pytest.approx(0.2)


def test_warm_restarts_by_hand() -> None:
    # 14 steps in 3 cycles, each twice as long as the one before: 2 + 4 + 8.
    got = rates(14, kind="sgdr", cycles=3, cycle_multiplier=2, ratio=1000)
    low = 0.001
    def at(progress: float) -> float:
        return low + (1 - low) / 2 * (1 + math.cos(math.pi * progress))
    expected = [at(0), at(1 / 2)] + [at(n / 4) for n in range(4)] + [at(n / 8) for n in range(8)]
    assert got == pytest.approx(expected)


@pytest.mark.parametrize(("steps", "cycles", "multiplier", "restarts"), [
    (300, 2, 2, [100]), (300, 3, 1, [100, 200]), (26, 3, 3, [2, 8]), (5, 50, 2, [2]), (40, 0.5, 2, []),
])
def test_warm_restarts_fill_the_stage_with_whole_periods(
    steps: int, cycles: float, multiplier: float, restarts: list[int]
) -> None:
    got = rates(steps, kind="sgdr", cycles=cycles, cycle_multiplier=multiplier, ratio=1000)
    assert [step for step in range(1, steps) if got[step] > got[step - 1]] == restarts
    last = steps - (restarts[-1] if restarts else 0)
    assert got[-1] <= 0.001 + (1 + math.cos(math.pi * (last - 1) / last)) / 2


def test_one_cycle_agrees_with_the_reference() -> None:
    vectors = VECTORS["one_cycle"]
    steps, config = len(vectors["pct"]) - 1, ScheduleConfig(pct_start=vectors["pct_start"])
    assert vectors["pct"] == pytest.approx([step / steps for step in range(steps + 1)])
    got = [vectors["lr_max"] * one_cycle(step, steps, config) for step in range(steps + 1)]
    assert got == pytest.approx(vectors["lr"], rel=1e-5)


def test_one_cycle_over_the_steps_of_a_stage_is_that_curve() -> None:
    vectors = VECTORS["one_cycle"]
    assert rates(40, 1e-3, kind="one_cycle") == pytest.approx(vectors["lr"][:40], rel=1e-5)


def test_constant_with_warm_up() -> None:
    assert rates(10, 2.0, kind="constant", warmup=0.4) == pytest.approx([0.5, 1.0, 1.5, 2, 2, 2, 2, 2, 2, 2])
    assert rates(3, 2.0, kind="constant") == [2.0, 2.0, 2.0]


def test_each_group_learns_slower_than_the_next_by_the_factor() -> None:
    settings = ClassifierConfig(factor=2.6)
    schedule = build_schedule(settings, steps=100, groups=4, peak=0.01)
    # Step 10 is the peak of 100 steps with cut_frac 0.1; the head is group 3 and has the full rate.
    assert schedule.rates(10) == pytest.approx((0.01 / 2.6**3, 0.01 / 2.6**2, 0.01 / 2.6, 0.01))


@given(kind=st.sampled_from(KINDS), steps=st.integers(1, 300), share=st.floats(0, 0.9), ratio=st.floats(1, 1000),
       cycles=st.floats(0.5, 50), mode=st.sampled_from(("triangular", "triangular2", "exp_range")))
def test_rates_stay_between_nothing_and_the_peak(
    kind: Any, steps: int, share: float, ratio: float, cycles: float, mode: Any
) -> None:
    got = rates(steps, kind=kind, cut_frac=share, pct_start=share, warmup=share, ratio=ratio, cycles=cycles,
                clr_mode=mode)
    assert all(0 < rate <= 1 + 1e-9 for rate in got)


def test_a_step_beyond_the_end_has_the_last_rate() -> None:
    schedule = build_schedule(ClassifierConfig(), steps=10, groups=1, peak=1.0)
    assert schedule.lr(12, 0) == schedule.lr(9, 0)


def test_what_does_not_exist_is_refused() -> None:
    schedule = build_schedule(ClassifierConfig(), steps=10, groups=2, peak=1.0)
    with pytest.raises(ValueError, match="no step -1"):
        schedule.lr(-1, 0)
    with pytest.raises(ValueError, match="no layer group 2"):
        schedule.lr(0, 2)
