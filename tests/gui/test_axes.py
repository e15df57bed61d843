"""The numbers beside the axes of plots, large and small."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QPainter, QPixmap
from pytestqt.qtbot import QtBot

from studio import theme
from studio.plots.history import RunHistory
from studio.plots.look import Axis
from studio.plots.rate_plot import RatePlot
from studio.plots.small_plot import SmallPlot, figures
from ulmengine import events as ev


def test_the_small_plots_have_room_for_their_numbers(qtbot: QtBot) -> None:
    axis = Axis("left", narrow=True)
    assert axis.tickStrings([0.0, 10_000.0, 20_000.0], 1, 10_000) == ["0", "10k", "20k"]
    assert axis.tickStrings([12_500.0, 1_000_000.0], 1, 2_500) == ["12.5k", "1,000k"]
    assert axis.tickStrings([5_000.0], 1, 1_000) == ["5000"]
    assert Axis("bottom").tickStrings([10_000.0], 1, 5_000) == ["10,000"]


@pytest.mark.parametrize(("highest", "values", "said"), [
    (180_000.0, [0.0, 50_000.0, 150_000.0], ["0", "50k", "150k"]),
    (99_000.0, [0.0, 80_000.0], ["0", "80k"]), (9_000.0, [0.0, 8_000.0], ["0", "8000"]),
    (12_000.0, [0.0, 10_000.0], ["0", "10k"]),
    (9_999.0, [0.0, 5_000.0], ["0", "5000"]), (12_600.0, [0.0, 12_500.0], ["0", "12.5k"])])
def test_long_numbers_beside_an_axis_with_a_title_stay_clear_of_it(
    qtbot: QtBot, highest: float, values: list[float], said: list[str]
) -> None:
    axis = Axis("left")
    axis.setRange(0.0, highest)
    assert axis.tickStrings(values, 1, values[1]) == said
    widest = max(map(QFontMetricsF(theme.current().font(theme.Type.SMALL, numbers=True)).horizontalAdvance, said))
    assert widest <= 56 - 14  # the axis less the title


@pytest.mark.parametrize("found", [[1.0], [1.0, 1.0], [.98], [.4, .9], [.03], [.02, .05]])
def test_no_share_above_one_or_below_none_stands_beside_the_accuracy(qtbot: QtBot, found: list[float]) -> None:
    history = RunHistory()
    history.extend([ev.StageStarted(0, "head", ("head",), 1, 2, 20, "classifier")])
    history.extend(ev.EpochEnded(0, n, 10 * n, .5, {"accuracy": share, "valid_loss": .5}, True, 1.0)
                   for n, share in enumerate(found, 1))
    plot = SmallPlot(history, figures()[0])
    qtbot.addWidget(plot)
    plot.resize(150, 70)
    plot.show()
    plot.redraw()
    axis = plot.getAxis("left")
    named = shown_on(axis, *axis.range, axis.height())
    assert named
    assert max(named) <= 1.0
    assert min(named) >= 0.0
    assert plot.view.viewRange()[1][1] >= max(found)


def shown_on(axis: Axis, low: float, high: float, height: float) -> list[float]:
    """The numbers that are put into words."""
    return sorted(value for spacing, values in axis.tickValues(low, high, height)
                  for value, text in zip(values, axis.tickStrings(values, 1, spacing), strict=True) if text)


def test_numbers_below_one_another_are_not_closer_than_lines(qtbot: QtBot) -> None:
    axis, line = Axis("left"), QFontMetricsF(theme.current().font(theme.Type.SMALL, numbers=True)).height()
    axis.setRange(0.0, 0.4)
    # What stands at an end of the axis would be cut there.
    for lines_apart, wanted in ((1.2, [0.1, 0.2, 0.3]), (0.7, [0.1, 0.3])):
        size = 4 * lines_apart * line
        axis.setGeometry(QRectF(0, 0, 56, size))
        assert shown_on(axis, 0.0, 0.4, size) == pytest.approx(wanted)


@pytest.mark.parametrize("height", [96, 110, 130, 180])
@pytest.mark.parametrize("high", [0.001, 0.0036, 0.004, 0.0077, 0.05])
def test_two_numbers_at_least_are_drawn_beside_a_low_plot_of_rates(qtbot: QtBot, height: int, high: float) -> None:
    history = RunHistory()
    history.extend([ev.StageStarted(0, "classifier: head", ("head",), 1, 1, 5, "classifier"),
                    *(ev.Step(0, 1, n, n, 1.0, (high * n / 5,), 1.0, 10, 0.1) for n in range(1, 6))])
    plot = RatePlot(history)
    qtbot.addWidget(plot)
    plot.resize(600, height)
    plot.show()
    qtbot.waitExposed(plot)
    plot.redraw()
    plot.grab()
    axis, picture = plot.getAxis("left"), QPixmap(100, 100)
    painter = QPainter(picture)
    _, _, texts = axis.generateDrawSpecs(painter)
    painter.end()
    assert len([text for _, _, text in texts if text]) >= 2


@pytest.mark.parametrize("height", [40, 50, 60, 80, 120, 250, 400])
@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0042), (4.55, 6.25), (5.62, 6.35)])
def test_no_number_of_a_finer_level_stands_on_one_of_a_coarser(
    qtbot: QtBot, height: int, low: float, high: float
) -> None:
    axis, line = Axis("left"), QFontMetricsF(theme.current().font(theme.Type.SMALL, numbers=True)).height()
    axis.setRange(low, high)
    axis.setGeometry(QRectF(0, 0, 56, height))
    shown = shown_on(axis, low, high, height)
    assert len(shown) >= 2  # a single number says nothing of the scale
    assert all((after - before) * height / (high - low) >= line for before, after in pairwise(shown))


def test_powers_of_ten_below_one_another_are_not_closer_than_lines_either(qtbot: QtBot) -> None:
    axis, line = Axis("left"), QFontMetricsF(theme.current().font(theme.Type.SMALL, numbers=True)).height()
    axis.setLogMode(y=True)
    axis.setRange(-6.2, -0.9)
    for lines_apart, wanted in ((1.2, [-6, -5, -4, -3, -2, -1]), (0.7, [-6, -4, -2]), (0.3, [-6, -1])):
        size = 5.3 * lines_apart * line
        axis.setGeometry(QRectF(0, 0, 56, size))
        ((_, powers),) = axis.logTickValues(-6.2, -0.9, size, [])
        assert powers == wanted


def test_a_plot_of_nothing_has_no_numbers(qtbot: QtBot) -> None:
    history = RunHistory()
    plot = SmallPlot(history, next(shown for shown in figures() if shown.metric == "accuracy"))
    qtbot.addWidget(plot)
    plot.redraw()
    assert not plot.getAxis("left").style["showValues"]
    history.extend([ev.StageStarted(0, "classifier: head", ("head",), 1, 1, 5, "classifier"),
                    ev.EpochEnded(0, 1, 5, 1.0, {"accuracy": 0.5}, True, 1.0)])
    plot.redraw()
    assert plot.getAxis("left").style["showValues"]
