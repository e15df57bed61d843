from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from studio import theme
from studio.plots.history import RunHistory
from studio.plots.look import Axis
from studio.plots.loss_plot import LossPlot
from studio.plots.plot import Plot
from studio.plots.range_plot import RangePlot
from studio.plots.run_plots import RunPlots, beta_of, position_of
from studio.plots.schedule_plot import SchedulePlot
from studio.plots.small_plot import SmallPlot, figures
from tests.studio import replay
from ulmengine import events as ev
from ulmengine.config import RunConfig, with_settings
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
    redraw(plots)
    steps = [event for event in events if isinstance(event, ev.Step)]
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
                  for curve in plots.loss._curves for x, y in zip(*curve._raw.getData(), strict=True))
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
    plots.history.extend([ev.StageEnded(0, "language model", 3, 1, 4.0, 4.4, {}, 1.0, True)])
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
    assert "step 95" in plots.readout.text()
    plots.loss.cursorMoved.emit(None)
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


def test_the_small_plots_have_room_for_their_numbers(qtbot: QtBot) -> None:
    axis = Axis("left", narrow=True)
    assert axis.tickStrings([0.0, 10_000.0, 20_000.0], 1, 10_000) == ["0", "10k", "20k"]
    assert axis.tickStrings([12_500.0, 1_000_000.0], 1, 2_500) == ["12.5k", "1,000k"]
    assert axis.tickStrings([5_000.0], 1, 1_000) == ["5000"]
    assert Axis("left").tickStrings([10_000.0], 1, 5_000) == ["10,000"]


def test_numbers_below_one_another_are_not_closer_than_lines(qtbot: QtBot) -> None:
    axis, line = Axis("left"), QFontMetricsF(theme.current().font(theme.Type.SMALL, numbers=True)).height()
    axis.setRange(0.0, 0.4)
    tenths = [0.0, 0.1, 0.2, 0.3, 0.4]
    for lines_apart, wanted in ((1.2, ["0.0", "0.1", "0.2", "0.3", "0.4"]), (0.7, ["0.0", "", "0.2", "", "0.4"]),
                                (0.3, ["0.0", "", "", "", ""])):
        axis.setGeometry(QRectF(0, 0, 56, 4 * lines_apart * line))
        axis.tickValues(0.0, 0.4, 4 * lines_apart * line)
        assert axis.tickStrings(tenths, 1, 0.1) == wanted


@pytest.mark.parametrize("height", [40, 50, 60, 80, 120, 250, 400])
@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0042), (4.55, 6.25), (5.62, 6.35)])
def test_no_number_of_a_finer_level_stands_on_one_of_a_coarser(
    qtbot: QtBot, height: int, low: float, high: float
) -> None:
    axis, line = Axis("left"), QFontMetricsF(theme.current().font(theme.Type.SMALL, numbers=True)).height()
    axis.setRange(low, high)
    axis.setGeometry(QRectF(0, 0, 56, height))
    shown = [value for spacing, values in axis.tickValues(low, high, height)
             for value, text in zip(values, axis.tickStrings(values, 1, spacing), strict=True) if text]
    assert shown
    assert all((after - before) * height / (high - low) >= line for before, after in pairwise(sorted(shown)))


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


# The designer


def first_classifier(config: RunConfig) -> tuple[tuple[StagePlan, ...], StagePlan]:
    plans = plan_stages(config, pretrained=True)
    return plans, next(plan for plan in plans if plan.task == "classifier")


@pytest.fixture
def designer(qtbot: QtBot) -> SchedulePlot:
    plot = SchedulePlot()
    qtbot.addWidget(plot)
    plot.resize(800, 300)
    plot.show()
    qtbot.waitExposed(plot)
    return plot


def test_handles_stand_on_the_peak_and_on_the_lowest_rate(designer: SchedulePlot) -> None:
    plans, plan = first_classifier(replay.small_config())
    designer.set_plans(plans, "classifier")
    # The longest stage, of two epochs, begins after two of language model and two of one; the cut is at a tenth of it.
    assert designer.peak.pos().x() == pytest.approx(4.2, abs=0.011)
    assert designer.peak.pos().y() == pytest.approx(plan.peak)
    # STLR's last step is one step short of the lowest rate, the peak / 32
    assert designer.low.pos().y() == pytest.approx(plan.peak / 32, rel=0.4)


def test_the_picture_has_the_steps_that_the_run_will_have(designer: SchedulePlot) -> None:
    plans, _ = first_classifier(replay.small_config())
    designer.set_plans(plans, "classifier", {"language_model": 3, "classifier": 7})
    x, y = designer._lines[-1].getData()
    # The last stage: 2 epochs of 7 steps from epoch 4 on. cut = floor(1.4) = 1, so the rate falls from step 1 for
    # 1 x (1 / 0.1 - 1) = 9 steps and lies at its lowest from step 10 on, not only at the end.
    assert x.tolist() == pytest.approx([*(4 + step / 7 for step in range(14)), 6.0])
    assert int(np.argmax(y)) == 1
    assert y[10:].tolist() == pytest.approx([plans[-1].peak / 32] * 5)
    assert y[9] > 2 * y[10]
    assert designer.low.pos().x() == pytest.approx(4 + 10 / 7)
    assert f"head {plans[-1].peak:.2g}" in designer.read(4.0 + 1.5 / 7)


def test_a_later_stages_ring_sets_the_rate_that_the_first_one_has(designer: SchedulePlot) -> None:
    base = replay.small_config()
    config = base.model_copy(update={"classifier": base.classifier.model_copy(update={"stage_decay": 0.5, "lr": 0.01})})
    designer.set_plans(plan_stages(config, pretrained=True), "classifier")
    assert designer.peak.pos().y() == pytest.approx(0.0025)  # halved twice
    heard: list[dict[str, float]] = []
    designer.edited.connect(heard.append)
    designer.peak.setPos(4.2, 0.005)
    assert heard[-1]["lr"] == pytest.approx(0.02)


def test_the_handles_are_never_cut(designer: SchedulePlot, qtbot: QtBot) -> None:
    for kind in ("stlr", "constant", "clr", "one_cycle"):
        base = replay.small_config()
        schedule = base.classifier.schedule.model_copy(update={"kind": kind})
        config = base.model_copy(update={"classifier": base.classifier.model_copy(update={"schedule": schedule})})
        for height in (300, 120):
            designer.resize(800, height)
            designer.set_plans(plan_stages(config, pretrained=True), "classifier")
            qtbot.waitUntil(lambda: not designer._gap.isActive())
            for handle in (designer.peak, designer.low):
                if handle.isVisible():
                    at = designer.view.mapViewToDevice(handle.pos())
                    area = designer.view.sceneBoundingRect()
                    assert area.adjusted(8, 8, -8, -8).contains(at), (kind, height)


@pytest.mark.parametrize("height", [170, 190, 300])
def test_a_handle_hides_no_name_of_a_stage(designer: SchedulePlot, qtbot: QtBot, height: int) -> None:
    plans, _ = first_classifier(replay.small_config())
    designer.set_plans(plans, "classifier")
    designer.resize(800, height)
    qtbot.waitUntil(lambda: not designer._gap.isActive())
    designer.redraw()
    ring = designer.view.mapViewToScene(designer.peak.pos()).y() - 7.5  # it is 15 px wide
    names = [_letters(name.mapRectToScene(name.boundingRect())) for name in designer._bands._names if name.isVisible()]
    assert names
    assert max(box.bottom() for box in names) <= ring


def test_dragging_the_handles_tells_new_settings(designer: SchedulePlot) -> None:
    plans, plan = first_classifier(replay.small_config())
    designer.set_plans(plans, "classifier")
    heard: list[dict[str, float]] = []
    designer.edited.connect(heard.append)
    designer.peak.setPos(4.6, 0.02)
    assert heard[-1] == {"lr": 0.02, "schedule.cut_frac": 0.3}
    designer.low.setPos(5.8, plan.peak / 8)
    assert heard[-1] == {"schedule.ratio": 8.0}
    designer.peak.setPos(1.0, -5.0)  # beyond the axis and before the stage
    assert heard[-1]["schedule.cut_frac"] == 0.0
    assert heard[-1]["lr"] > 0


def test_the_arrow_keys_move_the_peak(designer: SchedulePlot, qtbot: QtBot) -> None:
    plans, plan = first_classifier(replay.small_config())
    designer.set_plans(plans, "classifier")
    heard: list[dict[str, float]] = []
    designer.edited.connect(heard.append)
    QTest.keyClick(designer, Qt.Key.Key_Up)
    QTest.keyClick(designer, Qt.Key.Key_Right)
    assert heard == [{"lr": pytest.approx(plan.peak * 1.1)}, {"schedule.cut_frac": pytest.approx(0.11)}]


@pytest.mark.parametrize("kind", ["stlr", "one_cycle", "clr", "sgdr", "constant"])
def test_every_kind_of_schedule_is_drawn_with_the_engines_function(designer: SchedulePlot, kind: str) -> None:
    base = replay.small_config()
    schedule = base.classifier.schedule.model_copy(update={"kind": kind})
    config = base.model_copy(update={"classifier": base.classifier.model_copy(update={"schedule": schedule})})
    plans, plan = first_classifier(config)
    designer.set_plans(plans, "classifier")
    x, y = designer._lines[3].getData()  # after the three groups of the language model: the head in the first stage
    rates = plan.schedule(100)
    assert y.tolist() == pytest.approx([rates.lr(round((at - 2) * 100), 3) for at in x])
    assert designer.low.isVisible() == (kind in ("stlr", "clr", "sgdr"))


# The range test


def _letters(box: QRectF) -> QRectF:
    """A label without the margin of 4 px that pyqtgraph puts around its text."""
    return box.adjusted(4, 4, -4, -4)


@pytest.mark.parametrize(("first", "size"), [
    ((400, 150), (400, 150)), ((900, 300), (900, 300)), ((900, 600), (400, 150)),
])
def test_the_names_of_the_suggestions_do_not_overlap(
    qtbot: QtBot, first: tuple[int, int], size: tuple[int, int]
) -> None:
    plot = RangePlot()
    qtbot.addWidget(plot)
    plot.resize(*first)
    plot.show()
    qtbot.waitExposed(plot)
    plot.add([ev.RangePoint(n, 50, 10 ** (-6 + 0.1 * n), 3 - n * 0.02, 3 - n * 0.02) for n in range(1, 51)])
    plot.set_suggestions({"valley": 0.003, "steepest": 0.0028, "slide": 0.0031, "minimum": 0.08})
    plot.redraw()
    qtbot.wait(50)
    plot.resize(*size)
    qtbot.wait(50)
    boxes = [line.label.mapRectToScene(line.label.boundingRect()) for line in plot._marks.values()]
    area = plot.view.sceneBoundingRect().adjusted(-2, -2, 2, 2)
    for number, box in enumerate(boxes):
        assert area.contains(box)
        assert not any(_letters(box).intersects(_letters(other))
                       for other in boxes[number + 1 :])
    for line, box in zip(plot._marks.values(), boxes, strict=True):
        for other in plot._marks.values():
            if other is not line and box.left() < plot.view.mapViewToScene(other.pos()).x() < box.right():
                assert line.zValue() > other.zValue()  # no line is drawn through a name


@pytest.mark.parametrize("size", [(712, 170), (712, 300), (390, 150)])
def test_the_names_of_the_suggestions_stand_where_the_curve_is_not(qtbot: QtBot, size: tuple[int, int]) -> None:
    plot = RangePlot()
    qtbot.addWidget(plot)
    plot.resize(*size)
    plot.show()
    qtbot.waitExposed(plot)
    # Level up to a rate of 1e-4, falling until 0.1, and then running away.
    rates = [-7 + 0.08 * n for n in range(1, 94)]
    losses = [1.1 - 0.15 * max(0.0, min(x, -1.0) + 4) + 3 * max(0.0, x + 1) ** 2 for x in rates]
    plot.add([ev.RangePoint(n, 100, 10**x, y, y) for n, (x, y) in enumerate(zip(rates, losses, strict=True), 1)])
    plot.set_suggestions({"valley": 0.0016, "slide": 0.03, "steepest": 0.0008, "minimum": 0.01})
    plot.redraw()
    qtbot.wait(20)
    curve = [plot.view.mapViewToScene(QPointF(x, y)) for x, y in zip(rates, losses, strict=True)]
    for line in plot._marks.values():
        box = _letters(line.label.mapRectToScene(line.label.boundingRect()))
        assert not any(box.contains(place) for place in curve)
        assert line.zValue() < plot._raw.zValue() < plot._smooth.zValue()  # where the curve runs away, it is on top


def test_the_range_test_grows_and_ends(qtbot: QtBot) -> None:
    plot = RangePlot()
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    plot.show()
    qtbot.waitExposed(plot)
    points = [ev.RangePoint(n, 50, 10 ** (-6 + 0.1 * n), 3 - n * 0.02, 3 - n * 0.02) for n in range(1, 51)]
    plot.add(points[:20])
    plot.redraw()
    assert plot._smooth.getData()[0].tolist() == pytest.approx([-6 + 0.1 * n for n in range(1, 21)])
    plot.add(points[20:])
    plot.set_suggestions({"valley": 0.003, "steepest": 0.001})
    plot.redraw()
    assert plot._marks["valley"].value() == pytest.approx(math.log10(0.003))
    heard: list[tuple[float, float]] = []
    plot.rangeEdited.connect(lambda low, high: heard.append((low, high)))
    plot.set_range(1e-4, 1e-2)
    assert heard == []
    plot.region.setRegion((-3.0, -1.0))
    assert heard[-1] == pytest.approx((1e-3, 1e-1))
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert heard[-1] == pytest.approx((1e-3, 10**-1.05))
    assert "valley" in plot.summary()


def test_what_a_log_has_lost_is_hatched_and_told(plots: RunPlots) -> None:
    step = ev.Step(0, 1, 1, 1, 0.5, (0.1, 0.2), 1.0, 1, 1.0)
    plots.history.extend([
        ev.StageStarted(0, "language model", ("layer 1", "decoder"), 2, 1, 100, "language_model"),
        *(replace(step, step=n, total=n) for n in (1, 2, 3)), ev.LogLost(3, 40), replace(step, step=41, total=41),
    ])
    redraw(plots)
    assert [gap.getRegion() for gap in plots.loss._bands._gaps if gap.isVisible()] == [(3, 40)]
    assert "lacks what was said between the steps 3 and 40" in plots.history.notes[-1].text
