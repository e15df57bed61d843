"""The plots of a run: curves, planned rates, stages and what is told of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from studio import theme
from studio.plots.history import RunHistory
from studio.plots.loss_plot import LossPlot
from studio.plots.plot import Plot
from studio.plots.range_plot import RangePlot
from studio.plots.run_plots import RunPlots, beta_of, position_of
from studio.plots.schedule_plot import SchedulePlot
from tests.studio import replay
from ulmengine import events as ev
from ulmengine.config import with_settings
from ulmengine.plan.stages import StagePlan, plan_stages


@pytest.fixture
def plans() -> tuple[StagePlan, ...]:
    return plan_stages(replay.small_config(), pretrained=True)


@pytest.fixture
def plots(qtbot: QtBot, plans: tuple[StagePlan, ...]) -> RunPlots:
    shown = RunPlots(RunHistory())
    qtbot.addWidget(shown)
    shown.resize(900, 500)
    shown.set_history(shown.history, plans)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def told(count: int | None = None, steps: int = 30) -> list[ev.Event]:
    return list(replay.script(replay.small_config(), steps))[:count]


def redraw(plots: RunPlots) -> None:
    plots.mark()
    plots.loss.redraw()
    plots.rate.redraw()


def test_the_curve_is_what_the_run_said(plots: RunPlots) -> None:
    events = told()
    plots.history.extend(events)
    steps = [event for event in events if isinstance(event, ev.Step)]
    redraw(plots)
    plots.loss.set_following(False)
    plots.loss.view.setXRange(0, steps[-1].total)
    redraw(plots)
    x = np.concatenate([curve._raw.getData()[0] for curve in plots.loss._curves])
    y = np.concatenate([curve._raw.getData()[1] for curve in plots.loss._curves])
    assert x.tolist() == [step.total for step in steps]
    assert y.tolist() == [step.loss for step in steps]
    ends = [event for event in events if isinstance(event, ev.EpochEnded)]
    shown = sorted((point.pos().x(), point.pos().y()) for point in plots.loss._valid.points()
                   if math.isfinite(point.pos().y()))
    assert shown == [(end.total, end.metrics["valid_loss"]) for end in ends]


@pytest.mark.parametrize("height", [110, 160, 400])
def test_the_names_of_the_stages_stand_above_the_curves(plots: RunPlots, qtbot: QtBot, height: int) -> None:
    plots.history.extend(told())
    plots.loss.setFixedHeight(height)
    QTest.qWait(20)
    redraw(plots)
    names = [name for name in plots.loss._bands._names if name.isVisible()]
    assert names
    lowest = max(name.mapRectToScene(name.boundingRect()).bottom() for name in names)
    highest = min(plots.loss.view.mapViewToScene(QPointF(x, y)).y()
                  for curve, stage in zip(plots.loss._curves, plots.history.stages, strict=True)
                  if stage.task == plots.history.stages[-1].task  # the axis fits these
                  for x, y in zip(*curve._raw.getData(), strict=True))
    assert highest > lowest - 5  # the margin of the letters' box


def test_what_is_new_is_drawn_with_the_first_painting_and_not_before(qtbot: QtBot) -> None:
    plots = RunPlots(RunHistory())
    qtbot.addWidget(plots)
    plots.resize(900, 500)
    plots.history.extend(told())
    plots.mark()
    plots.show()
    assert not plots.loss._curves
    plots.grab()
    assert plots.loss._curves


def test_the_newest_point_is_always_drawn(plots: RunPlots) -> None:
    plots.history.extend([
        ev.StageStarted(0, "language model", ("layer 1", "decoder"), 2, 1, 100_000, "language_model")])
    for start in range(0, 60_000, 7_001):
        plots.history.extend(
            ev.Step(0, 1, n, n, 5.0 + math.sin(n), (0.1, 0.2), 1.0, 10, 0.1) for n in range(start + 1, start + 7_002)
        )
        redraw(plots)
        x = plots.loss._curves[0]._raw.getData()[0]
        assert x[-1] == start + 7_001
        assert len(x) < 5_000
        (left, right), _ = plots.loss.view.viewRange()
        assert left <= 1
        assert right >= start + 7_001


def test_the_planned_line_is_the_schedule_itself(plots: RunPlots, plans: tuple[StagePlan, ...]) -> None:
    plots.history.extend(told(40))
    redraw(plots)
    schedule = plans[0].schedule(60)
    lines = [ghost for ghost in plots.rate._ghosts if ghost.isVisible()]
    for group, ghost in enumerate(lines[: len(plans[0].groups)]):
        x, y = ghost.getData()
        assert x.tolist() == list(range(1, 61))
        assert y.tolist() == pytest.approx([schedule.lr(step, group) for step in range(60)])


def test_stages_to_come_are_planned_as_soon_as_their_length_is_known(plots: RunPlots) -> None:
    plots.history.extend(told())
    plots.history.stages = plots.history.stages[:2]  # the head's stage has begun, two more are to come
    redraw(plots)
    ends = [ghost.getData()[0][-1] for ghost in plots.rate._ghosts if ghost.isVisible()]
    # language model 60 steps (3 groups), head 30 (1), + layer 2 30 (2), all layers 60 (4)
    assert ends == [60] * 3 + [90] + [120] * 2 + [180] * 4


def test_the_epoch_that_is_kept_is_not_called_the_best_where_another_was_more_accurate(plots: RunPlots) -> None:
    plots.history.extend(told())
    redraw(plots)
    assert "was not clearly better" not in plots.loss.summary()
    last = plots.history.stages[-1]
    first, second = (replace(last.ends[0], epoch=epoch, metrics={"accuracy": accuracy, "valid_loss": 1.2}, best=True)
                     for epoch, accuracy in ((1, 0.348), (2, 0.304)))
    last.ends = [first, second]
    assert plots.loss.summary().endswith(
        "Kept by accuracy: epoch 2 with 30.4%, validation loss 1.200. Epoch 1 with 34.8% was not clearly better.")


def test_the_loss_is_told_smoothed_before_it_is_drawn_too(plots: RunPlots) -> None:
    plots.history.extend(told())
    before = plots.loss.summary()
    redraw(plots)
    assert plots.loss.summary() == before


def test_a_run_that_tells_their_lengths_has_all_its_stages_planned_from_the_beginning(plots: RunPlots) -> None:
    config = with_settings(replay.small_config(), ["classifier.refit=2"])
    plans = plan_stages(config, pretrained=True)
    lengths = (60, 30, 30, 60, 66)  # more batches an epoch in the last, which reads the validation documents too
    started, *others = told(40)
    assert isinstance(started, ev.RunStarted)
    described = tuple({**plan.describe(), "steps": steps} for plan, steps in zip(plans, lengths, strict=True))
    plots.set_history(plots.history, plans)
    plots.history.extend([replace(started, stages=described), *others])
    redraw(plots)
    ends = [ghost.getData()[0][-1] for ghost in plots.rate._ghosts if ghost.isVisible()]
    assert ends == [60] * 3 + [90] + [120] * 2 + [180] * 4 + [246] * 4


def test_a_stage_that_was_ended_early_has_no_plan_beyond_its_end(
    plots: RunPlots, plans: tuple[StagePlan, ...]
) -> None:
    begun = told(40)
    done = sum(isinstance(event, ev.Step) for event in begun)
    plots.history.extend(begun)
    redraw(plots)
    assert {ghost.getData()[0][-1] for ghost in plots.rate._ghosts if ghost.isVisible()} == {60}
    plots.history.extend([ev.StageEnded(0, "language model", 3, 1, 4.0, 4.4, {}, 1.0, "asked")])
    redraw(plots)
    lines = [ghost.getData() for ghost in plots.rate._ghosts if ghost.isVisible()][:len(plans[0].groups)]
    schedule = plans[0].schedule(60)  # the rates are those of the whole stage, as they were
    for group, (x, y) in enumerate(lines):
        assert x.tolist() == list(range(1, done + 1))
        assert y.tolist() == pytest.approx([schedule.lr(step, group) for step in range(done)])
    plots.history.extend([ev.StageStarted(1, "classifier: head", plans[1].groups, 1, 1, 30, "classifier")])
    redraw(plots)
    ends = [ghost.getData()[0][-1] for ghost in plots.rate._ghosts if ghost.isVisible()]
    assert ends[:4] == [done] * 3 + [done + 30]


def test_zooming_ends_following_and_the_button_begins_it_again(plots: RunPlots, qtbot: QtBot) -> None:
    plots.history.extend(told(100))
    redraw(plots)
    assert not plots.follow.isVisible()
    plots.rate.view.setXRange(5, 10)
    plots.rate.view.sigRangeChangedManually.emit([True, True])
    assert plots.follow.isVisible()
    assert plots.loss.view.viewRange()[0] == pytest.approx([5, 10], abs=0.5)
    plots.history.extend(told()[100:])
    redraw(plots)
    assert plots.loss.view.viewRange()[0] == pytest.approx([5, 10], abs=0.5)
    QTest.mouseClick(plots.follow, Qt.MouseButton.LeftButton)
    assert not plots.follow.isVisible()
    assert plots.loss.view.viewRange()[0][1] > 180


def test_logarithmic_and_back(plots: RunPlots) -> None:
    plots.history.extend(told(60))
    plots.log.setChecked(True)
    redraw(plots)
    y = plots.loss._curves[0]._raw.getData()[1]
    assert y.tolist() == pytest.approx(np.log10(plots.history.stages[0].loss.y).tolist())
    plots.log.setChecked(False)
    redraw(plots)
    assert plots.loss._curves[0]._raw.getData()[1].tolist() == plots.history.stages[0].loss.y.tolist()


def test_the_slider_smooths_the_whole_curve(plots: RunPlots) -> None:
    plots.history.extend(told(60))
    redraw(plots)
    plots.smoothing.setValue(0)
    redraw(plots)
    assert not plots.loss._curves[0]._smooth.isVisible()  # type: ignore[union-attr]
    plots.smoothing.setValue(position_of(0.9))
    redraw(plots)
    values = plots.history.stages[0].loss.y
    state, wanted = 0.0, []
    beta = beta_of(position_of(0.9))
    for n, value in enumerate(values, 1):
        state = beta * state + (1 - beta) * value
        wanted.append(state / (1 - beta**n))
    assert plots.loss._curves[0]._smooth.getData()[1].tolist() == pytest.approx(wanted)  # type: ignore[union-attr]
    assert beta == pytest.approx(0.9, abs=0.002)
    assert beta_of(1_000) <= 0.999


def test_reading_at_the_cursor(plots: RunPlots) -> None:
    plots.history.extend(told())
    redraw(plots)
    said = plots.read(95.2)
    assert "step 95" in said
    assert "classifier: head + layer 2" in said
    assert "layer 2" in said
    assert plots.read(1e6) == ""
    plots.loss.setFocus()
    plots.loss.cursorMoved.emit(95.0)
    assert "step 95" in plots.readout.reading
    assert plots.readout.height() >= 2 * plots.readout.fontMetrics().lineSpacing()  # there are many layers to tell of
    plots.loss.cursorMoved.emit(None)
    assert plots.readout.reading == ""
    assert plots.readout.text().startswith("Loss ")


def test_what_a_screen_reader_says(plots: RunPlots) -> None:
    plots.history.extend(told(50))
    redraw(plots)
    assert "falling" in plots.loss.accessibleDescription()
    assert "decoder" in plots.rate.accessibleDescription()


def test_the_plots_follow_the_theme(plots: RunPlots) -> None:
    plots.history.extend(told(50))
    redraw(plots)
    theme.current().apply("dark")
    redraw(plots)
    dark = theme.colors()
    assert plots.loss.backgroundBrush().color() == dark.color("panel")
    assert plots.loss._curves[0]._smooth.opts["pen"].color() == dark.color("series1")  # type: ignore[union-attr]
    raw = plots.loss._curves[0]._raw.opts["pen"].color()
    assert raw.alpha() == 255
    assert raw != dark.color("series1")


@pytest.mark.parametrize("make", [SchedulePlot, RangePlot, lambda: LossPlot(RunHistory())])
def test_a_theme_that_changes_after_a_plot_was_closed_does_not_reach_it(
    qtbot: QtBot, make: Callable[[], Plot]
) -> None:
    plot = make()
    plot.close()
    with qtbot.capture_exceptions() as caught:
        theme.current().apply("dark")
    assert caught == []
    plot.deleteLater()


def test_nothing_of_the_plotting_library_is_to_be_seen(plots: RunPlots) -> None:
    assert [menu for menu in plots.findChildren(QMenu) if menu.isVisible()] == []


def test_the_picture_is_saved(plots: RunPlots, tmp_path: Path) -> None:
    plots.history.extend(told())
    redraw(plots)
    plots.save_picture(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 10_000
    with pytest.raises(OSError, match="cannot be written"):
        plots.save_picture(tmp_path / "missing" / "curves.png")


def test_what_a_log_has_lost_is_hatched_and_told(plots: RunPlots) -> None:
    step = ev.Step(0, 1, 1, 1, 0.5, (0.1, 0.2), 1.0, 1, 1.0)
    plots.history.extend([
        ev.StageStarted(0, "language model", ("layer 1", "decoder"), 2, 1, 100, "language_model"),
        *(replace(step, step=n, total=n) for n in (1, 2, 3)), ev.LogLost(3, 40), replace(step, step=41, total=41),
    ])
    redraw(plots)
    assert [gap.getRegion() for gap in plots.loss._bands._gaps if gap.isVisible()] == [(3, 40)]
    assert "lacks what was said between the steps 3 and 40" in plots.history.notes[-1].text


def first_step(events: list[ev.Event], start: int) -> int:
    """The step of the run with which ``events`` go on from the place ``start``."""
    return next(one.total for one in events[start:] if isinstance(one, ev.Step))


def test_the_axis_of_the_loss_fits_the_task_in_hand(plots: RunPlots) -> None:
    events = told()
    first = next(n for n, one in enumerate(events) if isinstance(one, ev.Step) and one.stage > 0)
    plots.history.extend([replace(one, loss=one.loss + 6) if isinstance(one, ev.Step) and n < first else one
                          for n, one in enumerate(events)][:first])
    redraw(plots)
    bounds = plots.loss.bounds()
    assert bounds is not None
    assert bounds[3] > 6
    plots.history.extend(events[first:])
    redraw(plots)
    bounds = plots.loss.bounds()
    losses = [one.loss for one in events[first:] if isinstance(one, ev.Step)]
    assert bounds is not None
    assert bounds[2] <= min(losses)
    assert max(losses) <= bounds[3] < 6
    assert bounds[0] == first_step(events, first) - 1  # the language model is what its card shows
