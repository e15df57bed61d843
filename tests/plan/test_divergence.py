"""A loss that grows: told once a stage, and only when it is far above what its task began with."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest

from ulmengine.events import Diverging, StageStarted, Step
from ulmengine.plan.divergence import Divergence


def told(losses: Iterable[float], task: str = "language_model", watch: Divergence | None = None, index: int = 0,
         before: int = 0) -> list[Diverging]:
    watch = watch or Divergence()
    watch.saw(StageStarted(index, "a stage", ("layer 1", "decoder"), 2, 1, 100, task))
    found = [watch.saw(Step(index, 1, n, before + n, loss, (0.1,), 1.0, 10, 0.1)) for n, loss in enumerate(losses, 1)]
    return [one for one in found if one is not None]


def test_a_loss_that_grows_is_told_once() -> None:
    # Begins at 5, so the bound is 1.5 * 5 + 0.5 = 8; a loss counts at most 16.
    found = told([5.0] * 20 + [95.0] * 40)
    assert len(found) == 1
    assert (found[0].stage, found[0].began) == (0, 5.0)
    # Smoothed with 0.9 after 20 steps at 5: the sum is 5 (1 - 0.9^20) = 4.392, its weight 0.8784. Each further step
    # makes it 0.9 of itself + 1.6: 5.553 / 0.8906 = 6.24, 6.598 / 0.9015 = 7.32, 7.538 / 0.9114 = 8.27 > 8.
    assert found[0].total == 23
    assert found[0].loss == pytest.approx(8.27, abs=0.01)


@pytest.mark.parametrize("losses", [
    [5.0 - 0.02 * n for n in range(200)],  # as it should be
    [5.0] * 30 + [400.0] + [5.0] * 30,  # one wild step
    [5.0] * 20 + [7.5] * 100,  # worse, but not beyond what the schedule's peak may do
    [5.0] * 20 + [math.nan] * 20,  # no number: the run fails by itself
    [0.69] * 5 + [0.05] * 50 + [1.4] * 50,  # two classes: 1.5 * ln 2 + 0.5 = 1.54
])
def test_what_is_no_divergence(losses: list[float]) -> None:
    assert told(losses) == []


def test_a_later_stage_is_measured_by_the_beginning_of_its_task() -> None:
    watch = Divergence()
    assert told([4.0] * 10 + [0.3] * 50, "classifier", watch, 1) == []
    # The next stage begins at 0.3 and is worse for a while; the bound is still 1.5 * 4 + 0.5 = 6.5.
    assert told([0.3] * 10 + [3.0] * 50, "classifier", watch, 2, 60) == []
    assert len(told([0.3] * 10 + [20.0] * 50, "classifier", watch, 3, 120)) == 1


def test_it_says_from_where_to_go_back() -> None:
    (found,) = told([5.0] * 10 + [4.0] * 30 + [60.0] * 20)
    assert found.since == 40  # the smoothed loss was lowest at the last of the good steps
