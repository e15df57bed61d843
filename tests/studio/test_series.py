from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.plots.pyramid import MinMaxPyramid
from studio.plots.series import RECENT, SeriesBuffer, Smoothed, recent


def filled(values: np.ndarray, pieces: int = 7) -> tuple[SeriesBuffer, MinMaxPyramid]:
    series = SeriesBuffer(4)
    pyramid = MinMaxPyramid(series)
    for part in np.array_split(np.arange(len(values)), pieces):
        series.extend(part.astype(float), values[part])
        pyramid.update()
    return series, pyramid


def test_a_series_keeps_every_point_in_order() -> None:
    series = SeriesBuffer(2)
    for n in range(100):
        series.extend([n], [n * n])
    assert series.x.tolist() == list(range(100))
    assert series.y.tolist() == [n * n for n in range(100)]


def test_smoothing_by_hand() -> None:
    # beta 0.5 on 4, 0, 2: states 2, 1, 1.5; corrections 1/2, 3/4, 7/8
    line = Smoothed(0.5)
    line.extend([4.0])
    line.extend([0.0, 2.0])
    assert line.y.tolist() == pytest.approx([4.0, 4 / 3, 12 / 7])


def test_no_value_more_is_no_change_and_no_smoothing_gives_what_came() -> None:
    line = Smoothed(0.0)
    for values in ([4.0], [], [0.1, 2.0]):
        line.extend(values)
    assert line.y.tolist() == [4.0, 0.1, 2.0]


def test_the_figure_of_a_curve_is_the_end_of_its_smoothed_line() -> None:
    assert recent(np.empty(0)) is None
    assert math.isnan(recent(np.array([math.nan])) or 0.0)
    # 4 and 3 with 0.9: (0.09 * 4 + 0.1 * 3) / 0.19; what is no number is passed over
    assert recent(np.array([4.0, math.nan, 3.0])) == pytest.approx(0.66 / 0.19)
    values = np.sin(np.arange(1_000.0))
    line = Smoothed()
    line.extend(values[-RECENT:])
    assert recent(values) == pytest.approx(line.y[-1], abs=1e-12)


def test_a_constant_stays_constant_however_strong_the_smoothing() -> None:
    line = Smoothed(0.999)
    line.extend(np.full(5_000, 2.5))
    assert np.abs(line.y - 2.5).max() < 1e-9


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=300), st.floats(0.0, 0.999), st.integers(1, 50)
)
def test_smoothing_in_pieces_equals_the_plain_recurrence(values: list[float], beta: float, piece: int) -> None:
    line = Smoothed(beta)
    for start in range(0, len(values), piece):
        line.extend(values[start: start + piece])
    state, wanted = 0.0, []
    for n, value in enumerate(values, 1):
        state = beta * state + (1 - beta) * value
        wanted.append(state / (1 - beta**n))
    assert line.y.tolist() == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_what_is_not_a_number_does_not_spoil_the_rest() -> None:
    line = Smoothed(0.5)
    line.extend([4.0, math.nan, 0.0, math.inf])
    assert line.y.tolist() == pytest.approx([4.0, 4.0, 4 / 3, 4 / 3])


def test_moving_the_slider_equals_smoothing_from_the_start() -> None:
    values = np.sin(np.arange(10_000.0))
    moved, fresh = Smoothed(0.3), Smoothed(0.98)
    moved.extend(values)
    moved.set_beta(0.98, values)
    fresh.extend(values)
    assert np.array_equal(moved.y, fresh.y)


@given(st.integers(1, 3_000), st.integers(1, 60), st.integers(0, 2**32 - 1), st.data())
def test_what_is_drawn_holds_the_extremes_and_both_ends(
    count: int, pixels: int, seed: int, data: st.DataObject
) -> None:
    values = np.random.default_rng(seed).normal(size=count)
    _, pyramid = filled(values)
    low = data.draw(st.integers(0, count - 1))
    high = data.draw(st.integers(low, count - 1))
    drawn = pyramid.visible(low, high, pixels)
    assert (np.diff(drawn) > 0).all()
    start, stop = max(0, low - 1), min(count, high + 2)
    assert (drawn[0], drawn[-1]) == (start, stop - 1)
    assert values[drawn].min() == values[start:stop].min()
    assert values[drawn].max() == values[start:stop].max()


def test_a_growing_curve_does_not_waver() -> None:
    values = np.random.default_rng(3).normal(size=40_000)
    series, pyramid = filled(values[:39_000])
    before = pyramid.visible(0, 1e9, 500)
    series.extend(np.arange(39_000.0, 39_020.0), values[39_000:39_020])
    pyramid.update()
    after = pyramid.visible(0, 1e9, 500)
    old = before[before < 38_000]
    assert np.array_equal(old, after[after < 38_000])
    assert after[-1] == 39_019


def test_a_million_points_stay_few_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    series = SeriesBuffer()
    pyramid = MinMaxPyramid(series)
    series.extend(np.arange(1e6), np.random.default_rng(1).normal(size=1_000_000))
    pyramid.update()
    monkeypatch.delattr(SeriesBuffer, "y")  # what is drawn is found without another look at the million values
    assert len(pyramid.visible(0, 1e6, 1_000)) <= 2 * 1_000 + 60


def test_not_numbers_are_only_drawn_where_there_is_nothing_else() -> None:
    values = np.ones(1_000)
    values[::2] = math.nan
    _, pyramid = filled(values)
    drawn = pyramid.visible(0, 999, 50)
    assert np.isfinite(values[drawn[1:-1]]).all()
