from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from studio import theme
from studio.engine.job import run_job
from studio.facts import ALL_LABELS, CorpusFacts, batches_an_epoch, facts_key, steps_of
from studio.pages import page_of_setting
from studio.pages.rates.page import RatesPage
from studio.pages.rates.range_card import recommended
from studio.project import Project
from studio.shell import Shell
from studio.shown.plan import planned
from tests.gui.fakes import FakeRun
from tests.gui.mouse import drag, line, pixel, value
from ulmengine.config import RunConfig
from ulmengine.events import Event, RangeEnded, RangePoint
from ulmengine.models import pretrained_path
from ulmengine.plan import plan_stages
from ulmengine.plan.control import Move


def sweep(nap: float = 0.0) -> Generator[Event, None, str]:
    for n in range(1, 41):
        time.sleep(nap)
        yield RangePoint(n, 40, 10 ** (-6 + 0.15 * n), 3 - 0.05 * n, 3 - 0.05 * n)
    yield RangeEnded({"valley": 0.0031, "steepest": 0.0012}, False)
    return "result"


ASKED: list[tuple[RunConfig, str, Path]] = []
"""What the stand-ins for the engine's range test were asked."""


def quick(config: RunConfig, task: str, cache: Path) -> Generator[Event, None, Any]:
    ASKED.append((config, task, cache))
    return sweep()


def slow(config: RunConfig, task: str, cache: Path) -> Generator[Event, None, Any]:
    ASKED.append((config, task, cache))
    return sweep(0.05)


def test_from_nothing_all_layers_learn_at_one_rate(page: RatesPage, project: Project) -> None:
    page.schedule.choose("language_model")
    project.change({"model.pretrained": "auto"})
    factor = page.settings.fields["language_model.factor"]
    assert not factor.isHidden()
    project.change({"model.pretrained": "none"})
    assert factor.isHidden()  # the plan has no use for it
    assert page.settings.fields["language_model.interpolate"].isHidden()  # nor are there weights of before
    language_model = planned(project.config, project.folder)[0]
    assert len(set(language_model.schedule(10).rates(3))) == 1
    assert not page.show_setting("language_model.factor")
    page.schedule.choose("classifier")
    assert not page.settings.fields["classifier.factor"].isHidden()  # a classifier spares its lower layers as ever
    page.schedule.choose("language_model")
    assert page.settings.fields["language_model.factor"].isHidden()
    project.change({"model.pretrained": "auto"})
    assert not page.settings.fields["language_model.factor"].isHidden()
    assert not page.settings.fields["language_model.interpolate"].isHidden()
    project.change({"model.head_hidden": 50})  # a head that begins at random asks no regression
    assert page.settings.fields["language_model.interpolate"].isHidden()


@pytest.fixture
def page(project: Project, shell: Shell, qtbot: QtBot) -> RatesPage:
    ASKED.clear()
    project.change({"corpus.path": "corpus.csv"})
    made = RatesPage(project, shell)
    made.range.make = quick
    qtbot.addWidget(made)
    made.resize(1_090, 720)
    made.show()
    qtbot.waitExposed(made)
    return made


def find(page: RatesPage, qtbot: QtBot) -> None:
    button = page.range.search if page.range.search.isVisible() else page.range.again
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.range.running, timeout=10_000)


def suggestion(page: RatesPage, rule: str) -> QWidget | None:
    """The button that takes what ``rule`` suggests."""
    return next((one for one in page.range._takes if one.rule == rule), None)


def test_the_range_test_draws_suggests_and_is_taken(page: RatesPage, project: Project, qtbot: QtBot) -> None:
    find(page, qtbot)
    assert ASKED[0][1:] == ("classifier", project.cache)
    assert [point.step for point in page.range.plot.points] == list(range(1, 41))
    assert "weights are left as they were" in page.range.readout.text()
    take = suggestion(page, "valley")
    assert take is not None
    assert suggestion(page, "minimum") is None
    QTest.mouseClick(take, Qt.MouseButton.LeftButton)
    assert project.config.classifier.lr == 0.0031
    assert page.range.plot.region.getRegion()[1] == pytest.approx(-2.509, abs=0.001)
    project.undo.undo()
    assert project.config.classifier.lr == 0.004


def test_a_test_that_is_given_up_is_not_told_as_one_under_way(
    page: RatesPage, run: FakeRun, shell: Shell, qtbot: QtBot
) -> None:
    page.range.make = slow
    page.range.begin()
    qtbot.waitUntil(lambda: "Step" in page.range.readout.text(), timeout=10_000)
    shell.starter.start()
    qtbot.waitUntil(lambda: not page.range.running, timeout=10_000)
    assert "given up" in page.range.readout.text()
    run.move(Move.BEGUN)
    run.move(Move.ENDED)
    assert "Step" not in page.range.readout.text()
    page.range.make = quick
    find(page, qtbot)
    assert "weights are left as they were" in page.range.readout.text()
    assert "given up" not in page.range.readout.text()


def test_the_mark_of_the_minimum_says_that_it_is_a_tenth_of_the_rate_with_the_lowest_loss(
    page: RatesPage, qtbot: QtBot
) -> None:
    def valleys(config: RunConfig, task: str, cache: Path) -> Generator[Event, None, Any]:
        for n in range(1, 41):
            loss = 3 - 0.05 * n if n <= 36 else 1.2 + 0.3 * (n - 36)
            yield RangePoint(n, 40, 10 ** (-6 + 0.15 * n), loss, loss)
        yield RangeEnded({"valley": 0.0028, "minimum": 10 ** (-6 + 0.15 * 36) / 10}, True)
        return "result"

    page.range.make = valleys
    find(page, qtbot)
    assert page.range.plot._marks["minimum"].label.format == "minimum ÷ 10 0.025"
    take = suggestion(page, "minimum")
    assert take is not None
    assert take.text() == "minimum ÷ 10  0.025"  # type: ignore[attr-defined]
    assert "90 times below the rate at which it is lowest" in page.range.readout.text()  # 0.25 / 0.0028
    ends = "The weights are left as they were. The band's edges are peak and lowest rate."
    assert page.range.readout.text().endswith(ends)
    for found, said in (((False, ""), "No rate can be told"), ((True, ""), "The loss hardly fell"),
                        ((True, "x."), "x.")):
        told = page.range._result_words(*found)
        assert told.startswith(said)
        assert told.endswith(f". {ends}")


def test_what_the_cursor_reads_moves_nothing_and_hides_nothing_for_good(page: RatesPage, qtbot: QtBot) -> None:
    page.resize(700, 520)
    find(page, qtbot)
    for card, x, read in ((page.range, -3.0, "rate 0.001"), (page.schedule, 0.5, "epoch 0.50")):
        qtbot.wait(20)
        place, said = card.plot.geometry(), card.readout.text()
        card.plot.cursorMoved.emit(x)
        qtbot.wait(20)
        assert card.readout.reading.startswith(read)
        assert card.plot.geometry() == place
        card.plot.cursorMoved.emit(None)
        assert (card.readout.text(), card.readout.reading) == (said, "")


def test_what_the_cursor_reads_of_the_plan_follows_undo(page: RatesPage, project: Project, qtbot: QtBot) -> None:
    card = page.schedule
    project.change({"language_model.lr": 0.01})
    card.plot.cursorMoved.emit(0.5)
    qtbot.waitUntil(lambda: card.readout.reading != "", timeout=5_000)
    before = card.readout.reading
    qtbot.wait(1_100)  # else both changes were one step
    project.change({"language_model.lr": 0.02})
    qtbot.waitUntil(lambda: card.readout.reading != before, timeout=5_000)
    project.undo.undo()
    qtbot.waitUntil(lambda: card.readout.reading == before, timeout=5_000)
    card.plot.cursorMoved.emit(None)
    project.undo.redo()
    assert card.readout.reading == ""


def test_the_band_sets_peak_and_ratio(page: RatesPage, project: Project, qtbot: QtBot) -> None:
    find(page, qtbot)
    page.range.plot.region.setRegion((-4.0, -2.0))
    assert project.config.classifier.lr == 0.01
    assert project.config.classifier.schedule.ratio == 100.0


def test_the_language_model_has_its_own(page: RatesPage, project: Project, qtbot: QtBot) -> None:
    QTest.mouseClick(page.schedule.choice.button(0), Qt.MouseButton.LeftButton)
    assert "language_model.lr" in page.settings.fields
    assert "classifier.lr" not in page.settings.fields
    find(page, qtbot)
    assert ASKED[-1][1] == "language_model"
    take = suggestion(page, "steepest")
    assert take is not None
    QTest.mouseClick(take, Qt.MouseButton.LeftButton)
    assert project.config.language_model.lr == 0.0012


def test_the_handles_change_the_project_in_one_step_of_undo(page: RatesPage, project: Project) -> None:
    page.schedule.plot.peak.setPos(page.schedule.plot.peak.pos().x(), 0.02)
    page.schedule.plot.peak.setPos(page.schedule.plot.peak.pos().x(), 0.03)
    assert project.config.classifier.lr == 0.03
    while project.undo.canUndo() and project.config.classifier.lr != 0.004:
        project.undo.undo()
    assert project.config.classifier.lr == 0.004
    assert page.schedule.plot.peak.pos().y() == pytest.approx(0.004)


def test_only_the_settings_that_a_kind_has_are_shown(page: RatesPage, project: Project) -> None:
    def shown() -> set[str]:
        return {name.rpartition(".")[2] for name, row in page.settings.fields.items() if row.isVisible()}

    common = {"kind", "lr", "factor", "epochs", "refit", "stage_decay"}
    for kind, own in (("stlr", {"cut_frac", "ratio"}), ("one_cycle", {"pct_start"}), ("constant", {"warmup"}),
                      ("sgdr", {"ratio", "cycles", "cycle_multiplier"}), ("clr", {"ratio", "cycles", "clr_mode"})):
        project.change({"classifier.schedule.kind": kind})
        assert shown() == common | own


def test_no_test_while_a_run_is_alive(page: RatesPage, run: FakeRun, qtbot: QtBot) -> None:
    run.move(Move.START)
    assert not page.range.search.isEnabled()
    run.move(Move.BROKEN)
    assert page.range.search.isEnabled()


def test_a_run_that_begins_ends_the_test_first(page: RatesPage, run: FakeRun, qtbot: QtBot) -> None:
    page.range.make = slow
    QTest.mouseClick(page.range.search, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.range.plot.points) > 2, timeout=10_000)
    said: list[str] = []
    page.shell.noticed.connect(lambda notice: said.append(notice.text))
    assert page.shell.starter.start()
    assert run.calls == []  # the test ends its step first, and the window does not wait for it
    qtbot.waitUntil(lambda: run.calls == ["start"], timeout=10_000)
    assert not page.range.running
    assert any("range test was given up" in text for text in said)


def test_a_run_that_still_waits_does_not_begin_in_a_project_that_is_closed(
    project: Project, shell: Shell, run: FakeRun, qtbot: QtBot
) -> None:
    test = run_job(shell, lambda: sweep(0.05))
    shell.claims.claim(test, "")
    with qtbot.waitSignal(test.ended, timeout=10_000):
        assert shell.starter.start()
        shell.close_project()
    assert run.calls == []


def test_a_test_can_be_given_up(page: RatesPage, project: Project, qtbot: QtBot) -> None:
    page.range.make = slow
    QTest.mouseClick(page.range.search, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.range.plot.points) > 2, timeout=10_000)
    QTest.mouseClick(page.range.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.range.running, timeout=10_000)
    assert page.range.again.isVisible()
    assert project.config.classifier.lr == 0.004


def test_a_test_stays_in_view_from_its_beginning_to_its_end(page: RatesPage, qtbot: QtBot) -> None:
    area = QScrollArea()
    qtbot.addWidget(area)
    area.setWidgetResizable(True)
    page.setMinimumHeight(1_000)
    area.setWidget(page)
    area.resize(760, 420)
    area.show()
    page.show()

    def seen() -> bool:
        view = area.viewport()
        box = QRect(page.range.mapTo(view, QPoint()), page.range.size())
        return box.intersected(view.rect()).height() >= min(box.height(), view.height()) - theme.L

    page.range.make = slow
    area.ensureWidgetVisible(page.range.search)
    page.range.search.setFocus()
    page.range.search.click()
    qtbot.waitUntil(lambda: len(page.range.plot.points) > 2, timeout=10_000)
    qtbot.waitUntil(seen, timeout=2_000)
    assert page.range.cancel.hasFocus()
    page.range.cancel.click()
    qtbot.waitUntil(lambda: not page.range.running, timeout=10_000)
    qtbot.waitUntil(seen, timeout=2_000)
    assert page.range.again.hasFocus()
    area.takeWidget()


def test_the_picture_says_whose_rates_it_shows(page: RatesPage, run: FakeRun) -> None:
    assert "next run" not in page.heading.below.text()
    run.move(Move.START)
    assert "next run" in page.heading.below.text()
    run.move(Move.BROKEN)
    assert "next run" not in page.heading.below.text()


def test_the_picture_is_drawn_with_the_batches_of_the_corpus(page: RatesPage, project: Project) -> None:
    assert "until the corpus has been read" in page.schedule.readout.text()
    config = project.config.model_copy(update={
        "classifier": project.config.classifier.model_copy(update={"batch_size": 16}),
        "language_model": project.config.language_model.model_copy(update={"batch_size": 10, "bptt": 50}),
    })
    # 100 documents of 40 tokens and 25 more: 5,000 tokens in 10 rows of 500, ten chunks of 50 each. 100 documents by
    # 16 are six batches and one of four; 97 would leave one alone, which joins the others.
    facts = CorpusFacts(facts_key(config), 2, 500, 100, 25, 40.0, 40.0)
    assert batches_an_epoch(config, facts) == {"language_model": 10, "classifier": 7, ALL_LABELS: 7}
    # With twenty more to validate on, the stage that learns from all labels has 120 to read.
    assert batches_an_epoch(config, replace(facts, held=20)) == {"language_model": 10, "classifier": 7, ALL_LABELS: 8}
    plans = plan_stages(config, layers=2, pretrained=True, classifier=True, held=True)
    steps = [steps_of(plan, batches_an_epoch(config, replace(facts, held=20))) for plan in plans]
    assert plans[-1].refit
    assert (steps[-2] / plans[-2].epochs, steps[-1] / plans[-1].epochs) == (7, 8)
    assert batches_an_epoch(config, replace(facts, train=97))["classifier"] == 6
    assert "classifier" not in batches_an_epoch(config, replace(facts, classes=0))
    CorpusFacts(facts_key(project.run_config()), 2, 500, 64, 0, 40.0, 40.0).save(project.cache)
    page.activated()
    assert "until the corpus has been read" not in page.schedule.readout.text()


def test_where_the_shipped_model_knows_too_few_words_the_picture_is_of_a_language_model_from_scratch(
    page: RatesPage, project: Project
) -> None:
    page.schedule.choose("language_model")
    config = project.run_config()
    shipped = str(pretrained_path(config))
    facts = CorpusFacts(facts_key(config), 2, 500, 64, 0, 40.0, 40.0, shares={shipped: 0.59})
    facts.save(project.cache)
    page.activated()
    assert page.settings.fields["language_model.factor"].isHidden()
    language_model = next(plan for plan in page.schedule.plot.plans if plan.task == "language_model")
    assert len(set(language_model.schedule(10).rates(3))) == 1
    replace(facts, shares={shipped: 0.6}).save(project.cache)
    page.activated()
    assert not page.settings.fields["language_model.factor"].isHidden()


def test_one_rate_is_recommended_with_a_reason(page: RatesPage, qtbot: QtBot) -> None:
    find(page, qtbot)
    valley, steepest = suggestion(page, "valley"), suggestion(page, "steepest")
    assert valley is not None
    assert steepest is not None
    assert (valley.recommended, steepest.recommended) == (True, False)
    assert "recommended" in valley.text()
    # The loss falls to the last rate tried, 10 ** (-6 + 0.15 * 40) = 1, which is 1 / 0.0031 = 320 times the valley.
    assert page.range.readout.text().startswith("0.0031 is recommended")
    assert " 320 times" in page.range.readout.text()


def test_nothing_is_recommended_where_the_loss_hardly_falls() -> None:
    flat = [RangePoint(n, 40, 10 ** (-6 + 0.15 * n), 3.0, 3.0 - 0.0005 * n) for n in range(1, 41)]
    assert recommended({"valley": 0.0031, "minimum": 0.1}, flat) is None
    lucky = [RangePoint(1, 40, 1e-6, 2.0, 2.0), *flat[1:]]  # the first loss alone lies low
    assert recommended({"valley": 0.0031, "minimum": 0.1}, lucky) is None
    falls = [RangePoint(n, 40, 10 ** (-6 + 0.15 * n), 3.0, 3.0 - 0.05 * n) for n in range(1, 41)]
    best = recommended({"minimum": 0.1}, falls)
    assert best is not None
    assert best[0] == "minimum"


def test_a_setting_is_found_on_either_side(page: RatesPage) -> None:
    assert page.show_setting("language_model.schedule.cut_frac")
    assert page.schedule.task == "language_model"
    assert page.show_setting("classifier.factor")
    assert page.schedule.task == "classifier"
    assert not page.show_setting("model.preset")


def test_a_drag_of_the_peak_gives_the_rate_under_the_mouse(page: RatesPage, project: Project) -> None:
    project.change({"classifier.lr": 0.005})
    plot = page.schedule.plot
    ring = plot.peak.pos()
    start = pixel(plot, ring.x(), ring.y())
    end = start + QPoint(0, 40)
    wanted = value(plot, end).y()  # on the scale that stood when the mouse was pressed
    standing: list[float] = []
    drag(plot.viewport(), line(start, end), lambda: standing.append(value(plot, end).y()))
    assert standing == [pytest.approx(wanted)]
    assert project.config.classifier.lr == pytest.approx(wanted, rel=0.06)
    # Let go, the ring stands on the curve, and the view is fitted to it.
    assert plot.peak.pos().y() == pytest.approx(project.config.classifier.lr)
    assert value(plot, end).y() != pytest.approx(wanted)
    project.undo.undo()
    assert project.config.classifier.lr == 0.005
    assert not project.undo.canUndo() or project.undo.undoText() != "Drag the schedule"


def test_a_drag_sideways_of_a_schedule_without_a_rise_comes_back(page: RatesPage, project: Project) -> None:
    project.change({"classifier.schedule.kind": "clr"})
    plot = page.schedule.plot
    ring = plot.peak.pos()
    start = pixel(plot, ring.x(), ring.y())
    drag(plot.viewport(), line(start, start + QPoint(60, 0)))
    assert plot.peak.pos().x() == pytest.approx(ring.x())
    low = plot.low.pos()
    start = pixel(plot, low.x(), low.y())
    drag(plot.viewport(), line(start, start + QPoint(-30, -25)))
    assert plot.low.pos().x() == pytest.approx(low.x())
    section = project.config.classifier
    assert 1 < section.schedule.ratio < 32
    assert plot.low.pos().y() == pytest.approx(section.lr / section.schedule.ratio, rel=0.05)


def test_the_whole_band_is_dragged_to_where_the_mouse_lets_go(
    page: RatesPage, project: Project, qtbot: QtBot
) -> None:
    find(page, qtbot)
    plot = page.range.plot
    plot.redraw()
    low, high = plot.region.getRegion()
    top, bottom = plot.view.viewRange()[1]
    start = pixel(plot, (low + high) / 2, (top + bottom) / 2)
    end = start + QPoint(-50, 0)
    moved = value(plot, end).x() - value(plot, start).x()
    drag(plot.viewport(), line(start, end, 7))
    assert math.log10(project.config.classifier.lr) == pytest.approx(high + moved, abs=0.03)
    after = plot.region.getRegion()
    section = project.config.classifier
    assert after == pytest.approx((math.log10(section.lr / section.schedule.ratio), math.log10(section.lr)))
    assert section.schedule.ratio == pytest.approx(32, rel=0.05)


def test_suggestions_for_one_task_cannot_be_taken_for_the_other(
    page: RatesPage, project: Project, qtbot: QtBot
) -> None:
    find(page, qtbot)
    assert suggestion(page, "valley") is not None
    QTest.mouseClick(page.schedule.choice.button(0), Qt.MouseButton.LeftButton)
    assert suggestion(page, "valley") is None
    page.range.make = slow
    QTest.mouseClick(page.range.search, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.range.plot.points) > 2, timeout=10_000)
    assert suggestion(page, "valley") is None
    # Back to the other side while it goes: it goes on, and what was found there before is shown when it has ended.
    QTest.mouseClick(page.schedule.choice.button(1), Qt.MouseButton.LeftButton)
    assert page.range.running
    assert "language model's test is under way" in page.range.below.text()
    assert not page.range.search.isEnabled()
    qtbot.waitUntil(lambda: not page.range.running, timeout=10_000)
    valley = suggestion(page, "valley")
    assert valley is not None
    QTest.mouseClick(valley, Qt.MouseButton.LeftButton)
    assert (project.config.classifier.lr, project.config.language_model.lr) == (0.0031, 0.004)
    QTest.mouseClick(page.schedule.choice.button(0), Qt.MouseButton.LeftButton)
    assert len(page.range.plot.points) == 40
    valley = suggestion(page, "valley")
    assert valley is not None
    QTest.mouseClick(valley, Qt.MouseButton.LeftButton)
    assert project.config.language_model.lr == 0.0031


def test_batches_optimizer_and_loss_stand_behind_folds(page: RatesPage, project: Project) -> None:
    batch = page.settings.fields["classifier.batch_size"]
    assert not batch.isVisible()
    QTest.mouseClick(page.settings.folds["batches"].button, Qt.MouseButton.LeftButton)
    assert batch.isVisible()
    batch.editor.controls()[0].setFocus()
    project.change({"classifier.batch_size": 16})
    # The other task has its own, and the fold stays open.
    QTest.mouseClick(page.schedule.choice.button(0), Qt.MouseButton.LeftButton)
    assert page.settings.fields["language_model.batch_size"].isVisible()
    assert "language_model.label_smoothing" not in page.settings.fields
    QTest.mouseClick(page.settings.folds["batches"].button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(page.schedule.choice.button(1), Qt.MouseButton.LeftButton)
    assert not page.settings.fields["classifier.batch_size"].isVisible()


def test_only_what_the_optimizer_and_the_loss_have_is_shown(page: RatesPage, project: Project) -> None:
    for fold in page.settings.folds.values():
        fold.unfold(True)
    rows = page.settings.fields
    assert rows["classifier.optimizer.beta2"].isVisible()
    assert not rows["classifier.optimizer.nonmonotone"].isVisible()
    assert not rows["classifier.focal_gamma"].isVisible()
    project.change({"classifier.optimizer.kind": "nt_asgd", "classifier.loss": "focal"})
    assert not rows["classifier.optimizer.beta2"].isVisible()
    assert rows["classifier.optimizer.nonmonotone"].isVisible()
    assert rows["classifier.focal_gamma"].isVisible()


@pytest.mark.parametrize("name", [
    "classifier.batch_size", "classifier.bptt", "classifier.optimizer.kind", "classifier.optimizer.clip",
    "classifier.class_weights", "classifier.label_smoothing", "classifier.early_stopping", "language_model.alpha",
    "language_model.batch_size", "language_model.optimizer.weight_decay", "language_model.epochs",
])
def test_a_setting_of_the_training_is_found_by_its_name(page: RatesPage, name: str) -> None:
    assert page_of_setting(name) == "rates"
    assert page.show_setting(name)
    assert page.settings.fields[name].isVisible()


def test_a_setting_without_use_here_is_not_pretended_to_be_shown(page: RatesPage) -> None:
    assert not page.show_setting("classifier.schedule.cycles")


def test_the_log_button_and_the_key_go_together(page: RatesPage) -> None:
    QTest.keyClick(page.schedule.plot, Qt.Key.Key_L)
    assert page.schedule.log.isChecked()
    QTest.mouseClick(page.schedule.log, Qt.MouseButton.LeftButton)
    assert not page.schedule.plot.log_y


def test_a_corpus_without_labels_has_no_classifier_to_plan(page: RatesPage, project: Project) -> None:
    assert {plan.task for plan in page.schedule.plot.plans} == {"language_model", "classifier"}
    CorpusFacts(facts_key(project.run_config()), 0, 5_000, 0, 900, 20.0, 20.0).save(project.cache)
    page.activated()
    assert {plan.task for plan in page.schedule.plot.plans} == {"language_model"}
    assert page.schedule.task == page.settings.task == "language_model"
    assert not page.schedule.choice.button(1).isEnabled()
    project.change({"corpus.path": "another.csv"})
    assert page.schedule.choice.button(1).isEnabled()


def test_the_hint_names_the_handles_that_there_are(page: RatesPage, project: Project) -> None:
    for kind, ring, diamond in (("stlr", "where it lies", True), ("clr", "up or down", True),
                                ("sgdr", "up or down", True), ("one_cycle", "where it lies", False),
                                ("constant", "where it lies", False)):
        project.change({"classifier.schedule.kind": kind})
        assert ring in page.schedule.readout.text()
        assert ("diamond" in page.schedule.readout.text()) == diamond == page.schedule.plot.low.isVisible()


def test_a_drag_beside_the_handles_moves_nothing_and_the_view_still_follows(page: RatesPage, project: Project) -> None:
    plot = page.schedule.plot
    ring = plot.peak.pos()
    start = pixel(plot, ring.x(), ring.y()) + QPoint(60, 25)
    drag(plot.viewport(), line(start, start + QPoint(40, 20)))
    assert project.config.classifier.lr == 0.004
    assert plot.following
    project.change({"classifier.lr": 0.1})
    assert plot.view.viewRange()[1][1] > 0.1
