"""The picture of a schedule, whose handles set it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.plots.schedule_plot import SchedulePlot
from tests.gui.looking import letters
from tests.studio import replay
from ulmengine.config import RunConfig
from ulmengine.plan.stages import StagePlan, plan_stages


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


@pytest.mark.parametrize(("epochs", "begins"), [
    ((1, 1, 1, 1), 3), ((1, 1, 1, 2), 3), ((3, 1, 1, 1), 0), ((1, 2, 2, 1), 3), ((1,), 0)])
def test_the_handles_stand_on_the_last_of_the_longest_stages(
    designer: SchedulePlot, epochs: tuple[int, ...], begins: int
) -> None:
    config = replay.small_config()
    plans = plan_stages(config.model_copy(update={"classifier": config.classifier.model_copy(update={
        "epochs": epochs})}), pretrained=True)
    designer.set_plans(plans, "classifier")
    before = sum(plan.epochs for plan in plans if plan.task != "classifier")
    assert before + begins <= designer.peak.pos().x() < before + begins + max(epochs)
    heard: list[dict[str, float]] = []
    designer.edited.connect(heard.append)
    designer.peak.setPos(designer.peak.pos().x(), designer.peak.pos().y())
    edited = designer._edited_plan()
    assert edited is not None
    assert all(values["lr"] == pytest.approx(edited.settings.lr, rel=.05) for values in heard)


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
    names = [letters(name.mapRectToScene(name.boundingRect())) for name in designer._bands._names if name.isVisible()]
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
