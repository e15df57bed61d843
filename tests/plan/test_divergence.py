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
    # Begins at 5, so the bound is 1.5 * 5 + 0.5 = 8; five losses in a row above 16 tell.
    (found,) = told([5.0] * 20 + [95.0] * 40)
    assert (found.stage, found.began, found.total, found.loss) == (0, 5.0, 25, 95.0)
    # Ten above 8 alone do, with the smoothed loss: after 20 steps at 5 the sum is 5 (1 - 0.9^20) = 4.392, after ten
    # more at 12 it is 0.9^10 of that + 12 (1 - 0.9^10) = 9.347, over a weight of 1 - 0.9^30 = 0.9576.
    (found,) = told([5.0] * 20 + [12.0] * 40)
    assert found.total == 30
    assert found.loss == pytest.approx(9.76, abs=0.01)


@pytest.mark.parametrize("losses", [
    [5.0 - 0.02 * n for n in range(200)],  # as it should be
    [5.0] * 30 + [400.0] + [5.0] * 30,  # one wild step
    [5.0] * 20 + [7.5] * 100,  # worse, but not beyond what the schedule's peak may do
    [5.0] * 20 + [math.nan] * 20,  # no number: the run fails by itself
    [0.69] * 5 + [0.05] * 50 + [1.4] * 50,  # two classes: 1.5 * ln 2 + 0.5 = 1.54
    [0.01] + [4.0] * 60,  # many classes, and the first batch an easy one
    [1.0, 0.5, 1.5, 0.9, 1.1, *([4.0, 0.3, 3.6, 0.8, 3.9, 1.2] * 20)],  # small batches, and the first five easy ones
    [0.7] * 9 + [400.0] * 2 + [0.7] * 30,  # two wild steps
    [0.0, 0.02, 3.4, 0.1, 0.0, 1.9, 4.2, 0.0, 0.3, 0.0, 2.8, 0.1] * 9,  # batches of one document
])
def test_what_is_no_divergence(losses: list[float]) -> None:
    assert told(losses) == []


def test_a_later_stage_is_measured_by_the_beginning_of_its_task() -> None:
    watch = Divergence()
    assert told([4.0] * 10 + [0.3] * 50, "classifier", watch, 1) == []
    # The next stage begins at 0.3 and is worse for a while; the bound is still 1.5 * 4 + 0.5 = 6.5.
    assert told([0.3] * 10 + [3.0] * 50, "classifier", watch, 2, 60) == []
    assert len(told([0.3] * 10 + [20.0] * 50, "classifier", watch, 3, 120)) == 1


# What real runs said, of 300 documents, at a peak rate of 10 and at the usual one.
GROWN = ([1.01, 3929.89, 17888.34, 21444.56, 23097.89, 9542.42, 13001.54, 7380.15], [9197.15, 239885.88, 180596.25])
SHORTER = ([0.07, 1402.8], [9438.36, 550366.06], [373812.47, 100643.87], [145745.19])
SOUND = ([0.39, 0.39, 0.49, 0.8, 0.51, 0.88, 0.86, 0.54], [0.53, 0.77, 0.92, 0.7, 0.73, 1.04, 0.47, 0.83],
         [0.41, 0.53, 1.15, 1.24, 0.63, 0.57, 0.38, 0.63], [0.31, 0.61, 1.89, 0.49])


@pytest.mark.parametrize(("stages", "steps", "since"), [
    (GROWN, [6, 9], 1), (SHORTER, [6, 7], 1), (SOUND, [], 0),
    ([[0.5] * 6, [9.0] * 3 + [0.4] * 5, [0.4] * 8], [], 0),
    # Somewhat above, in stages that are shorter than ten steps.
    ([[0.5] * 8, [0.5] * 8, [0.5] * 7 + [0.4999], [1.9] * 8, [1.9] * 8, [1.9] * 8], [34, 41], 24),
])
def test_short_stages_tell_as_well(stages: tuple[list[float], ...], steps: list[int], since: int) -> None:
    watch, found, before = Divergence(), [], 0
    for index, losses in enumerate(stages):
        found += told(losses, "classifier", watch, index, before)
        before += len(losses)
    assert [one.total for one in found] == steps
    assert all((one.began, one.since) == (stages[0][0], since) for one in found)


def test_another_direction_begins_anew() -> None:
    watch = Divergence()
    assert told([4.0] * 30, watch=watch) == []
    watch.saw(StageStarted(1, "from scratch", ("decoder",), 1, 1, 100, "language_model", "backward"))
    assert not any(watch.saw(Step(1, 1, n, 30 + n, 10.3, (0.1,), 1.0, 10, 0.1)) for n in range(1, 60))


def test_what_was_told_is_told_again_unless_the_run_went_on() -> None:
    losses = [5.0] * 18 + [95.0] * 5
    for steps, again in ((0, True), (1, False)):
        watch = Divergence()
        (first,) = told(losses, watch=watch)
        watch.saw(first)
        if steps:
            assert watch.saw(Step(0, 1, 24, 24, 95.0, (0.1,), 1.0, 10, 0.1)) is not None
        assert (watch.saw(Step(0, 1, 25, 25, 95.0, (0.1,), 1.0, 10, 0.1)) is not None) is again


def test_it_says_from_where_to_go_back() -> None:
    (found,) = told([5.0] * 10 + [4.0] * 30 + [60.0] * 20)
    assert found.since == 40  # the smoothed loss was lowest at the last of the good steps
