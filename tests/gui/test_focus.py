"""Whoever uses the keyboard sees where the focus is."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractSpinBox, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio import theme
from studio.frame.rail import Rail
from studio.pages import available
from studio.pages.corpus.lengths import LengthHistogram
from studio.pages.parts.rows_table import RowsTable
from studio.plots.schedule_plot import SchedulePlot
from studio.widgets import Button, Card
from studio.window import MainWindow
from tests.gui.fakes import FakeRun
from tests.gui.pages_help import FRUIT, write_csv
from ulmengine.events import Finished, RunStarted
from ulmengine.plan.control import Move
from ulmengine.record import RunFolder


def shown(qtbot: QtBot, widget: QWidget) -> QWidget:
    """``widget`` below a button that has the focus."""
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    button = Button("first")
    column.addWidget(button)
    column.addWidget(widget)
    window.resize(400, 320)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5_000)
    button.setFocus()
    return window


def accent_pixels(image: QImage) -> int:
    wanted = theme.colors().color("accent").rgb()
    return sum(image.pixel(x, y) == wanted for x in range(image.width()) for y in (0, 1, image.height() - 2))


def test_a_card_that_takes_the_focus_shows_it(qtbot: QtBot) -> None:
    card = Card("A stage")
    card.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    window = shown(qtbot, card)
    assert accent_pixels(card.grab().toImage()) == 0
    card.setFocus(Qt.FocusReason.TabFocusReason)
    assert accent_pixels(card.grab().toImage()) > card.width()
    window.close()


def test_a_plot_reached_by_keyboard_has_a_frame(qtbot: QtBot) -> None:
    plot = SchedulePlot()
    window = shown(qtbot, plot)
    plot.setFocus(Qt.FocusReason.MouseFocusReason)
    assert accent_pixels(plot.grab().toImage()) == 0
    window.findChild(Button).setFocus()  # type: ignore[union-attr]
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    assert accent_pixels(plot.grab().toImage()) > plot.width()
    window.close()


def test_a_table_and_the_histogram_show_the_focus(qtbot: QtBot) -> None:
    for widget in (RowsTable("Documents"), LengthHistogram()):
        window = shown(qtbot, widget)
        assert accent_pixels(widget.grab().toImage()) == 0
        inside = widget.viewport().geometry() if isinstance(widget, RowsTable) else widget.rect()
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        assert accent_pixels(widget.grab().toImage()) > widget.width()
        if isinstance(widget, RowsTable):
            assert widget.viewport().geometry() == inside  # nothing moves when it comes
        window.close()


def test_a_button_with_the_focus_has_one_frame(qtbot: QtBot) -> None:
    button = Button("Take the tour")
    window = shown(qtbot, button)
    button.setText("")
    before = button.grab().toImage()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    after = button.grab().toImage()
    inside = [(x, y) for x in range(5, button.width() - 5) for y in range(5, button.height() - 5)]
    assert all(before.pixel(*place) == after.pixel(*place) for place in inside)
    window.close()


def test_tab_comes_to_the_step_of_the_page_that_is_shown(qtbot: QtBot) -> None:
    rail = Rail(available())
    window = shown(qtbot, rail)
    rail.select("home")
    rail.items["home"].setFocus(Qt.FocusReason.TabFocusReason)
    rail.search.setFocus()
    rail.select("evaluate")
    qtbot.keyClick(rail.search, Qt.Key.Key_Tab)
    assert window.focusWidget() is rail.items["evaluate"]
    window.close()


@pytest.mark.parametrize("size", [(960, 600), (1_280, 800)])
@pytest.mark.parametrize("way", ["bar", "key"])
def test_whoever_starts_a_run_is_not_on_stop_afterwards(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot, size: tuple[int, int], way: str
) -> None:
    window.resize(*size)
    assert window.shell.new_project(tmp_path / "one")
    project = window.shell.project
    assert project is not None
    project.change({"corpus.path": str(write_csv(tmp_path / "a.csv", FRUIT))})
    with RunFolder.create(project.runs / "a", project.run_config()).open_log() as log:
        log.append(RunStarted("a", "cpu", "float32", 1, ()))
        log.append(Finished(.8, .75, "m", 12.0))
    window.shell.show_newest_run()
    for key in ("train", "rates"):
        window.go(key)
        qtbot.wait(30)
    window.activateWindow()
    rates = window.pages.page("rates")
    assert rates is not None
    held = window.bar.start if way == "bar" else next(
        one for one in rates.findChildren(QAbstractSpinBox) if one.isVisible())
    held.setFocus()
    if way == "bar":
        qtbot.keyClick(held, Qt.Key.Key_Space)
    else:
        window.start_run()
    assert run.calls == ["start"]
    assert window.pages.key == "train"
    assert _called(window) != "Stop"
    run.move(Move.BEGUN)
    run.say(RunStarted("b", "cpu", "float32", 1, ()))
    qtbot.wait(30)
    assert _called(window) == "Pause"
    run.move(Move.PAUSE)
    run.move(Move.HELD)
    assert _called(window) == "Resume"
    if way == "bar":
        run.move(Move.STOP)
        run.move(Move.CLOSED)
        assert _called(window) == "Start"


def _called(window: MainWindow) -> str:
    focus = window.focusWidget()
    return focus.accessibleName() if focus is not None else ""


def test_a_button_of_the_bar_that_stays_keeps_the_focus(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    run.move(Move.BEGUN)
    window.bar.stop.setFocus()  # the person's own choice
    run.say(RunStarted("b", "cpu", "float32", 1, ()))
    run.move(Move.PAUSE)
    run.move(Move.HELD)
    assert window.focusWidget() is window.bar.stop
    window.rail.search.setFocus()
    run.move(Move.RESUME)
    assert window.focusWidget() is window.rail.search
