"""The window fits its screen, and every page works in a small one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from studio import theme
from studio.app import make_window
from studio.frame.dialogs import ShortcutsDialog
from studio.frame.palette import ROW
from studio.frame.placing import SMALLEST
from studio.frame.runbar import RunBar
from studio.frame.tour import Stop
from studio.pages import available
from studio.pages.base import Page
from studio.pages.evaluate.page import EvaluatePage
from studio.pages.settings.keys import KeysCard
from studio.settings import Settings
from studio.widgets import Beside, Button, Cells, EmptyState, Lines, Paragraph, SectionTitle, Stacked, Turning
from studio.window import MainWindow
from ulmengine import events as ev
from ulmengine.plan.control import Move, RunState
from ulmengine.record import RunFolder

from .evaluate.help import measured_run
from .fakes import FakeRun, ScriptedAsk
from .scenes import Material, Scene, made_up


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """What full pages are full of."""
    return made_up(tmp_path_factory.mktemp("material"))


def test_a_new_window_stands_wholly_on_the_screen(window: MainWindow) -> None:
    space = window.screen().availableGeometry()
    assert space.contains(window.frameGeometry())
    assert window.minimumSize().width() <= space.width()


def test_a_window_that_was_larger_than_this_screen_fits_it(
    run: FakeRun, settings: Settings, ask: ScriptedAsk, qtbot: QtBot
) -> None:
    large = make_window(settings, ask, run)  # type: ignore[arg-type]
    large.setMinimumSize(0, 0)
    large.setGeometry(500, 300, 3_000, 2_000)
    settings.change(geometry=large.saveGeometry().toBase64().toStdString())
    large.deleteLater()
    window = make_window(settings, ask, FakeRun())  # type: ignore[arg-type]
    window.show()
    space = window.screen().availableGeometry()
    assert space.contains(window.geometry())
    frame = QMargins(10, 40, 10, 10)
    window.placing.fit(frame)
    assert space.contains(window.geometry().marginsAdded(frame))
    assert window.minimumSize() == SMALLEST.boundedTo(space.marginsRemoved(frame).size())
    window.close()
    window.deleteLater()


def _whole(page: Page) -> bool:
    least = page.minimumSizeHint()
    return page.width() >= least.width() and page.height() >= least.height()


@pytest.mark.parametrize("size", [SMALLEST, QSize(640, 400)])
def test_what_a_page_has_no_room_for_is_scrolled_and_not_squeezed(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, size: QSize
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.setMinimumSize(0, 0)
    window.resize(size)
    area = next(one for one in window.findChildren(QScrollArea) if one.widget() is window.pages)
    for entry in available():
        window.go(entry.key)
        page = window.pages.page(entry.key)
        assert page is not None
        qtbot.waitUntil(lambda page=page: _whole(page), timeout=5_000)
        if size == SMALLEST:
            assert page.minimumSizeHint().width() <= area.viewport().width(), entry.key


SMALL = QSize(683, 384)
"""What is left of 1366 x 768 px at a scale of 200 %."""


@pytest.fixture
def small(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window on a small screen."""
    window.setMinimumSize(1, 1)
    window.resize(SMALL)
    qtbot.waitUntil(lambda: window.size() == SMALL)
    return window


def test_the_palette_fits_a_small_window(small: MainWindow) -> None:
    small.open_palette()
    palette = small.palette_view
    assert small.rect().contains(palette.geometry())
    assert palette.list.height() >= 5 * ROW
    small.resize(400, 240)
    assert small.rect().contains(palette.geometry())
    small.resize(1280, 800)
    assert palette.list.height() == 9 * ROW + 4  # as many as it ever shows


def test_toasts_fit_a_small_window_and_the_newest_is_seen(small: MainWindow) -> None:
    told = "It says something of some length, so that it has several lines in the width of a toast."
    for number in range(4):
        small.shell.toast(f"{told} {number}", "info", "Undo")

    def seen() -> list[str]:
        shown = [toast for toast in small.toasts.shown if toast.isVisible()]
        assert all(small.rect().contains(toast.geometry()) for toast in shown)
        assert not any(one.geometry().intersects(two.geometry())
                       for place, one in enumerate(shown) for two in shown[:place])
        return [toast.notice.text[-1] for toast in shown]

    assert 1 <= len(seen()) < 4
    assert seen()[-1] == "3"
    small.resize(300, 384)
    assert seen()[-1] == "3"
    small.resize(1280, 800)
    assert seen() == ["0", "1", "2", "3"]


def test_the_time_of_a_toast_runs_only_while_it_is_seen(small: MainWindow) -> None:
    told = "It says something of some length, so that it has several lines in the width of a toast."
    for number in range(4):
        small.shell.toast(f"{told} {number}", "info", "Undo")
    toasts = list(small.toasts.shown)
    assert not toasts[0].isVisible()
    QApplication.sendEvent(toasts[0], QEvent(QEvent.Type.Leave))
    for toast in reversed(toasts):  # the newest goes first, and there is room for those that waited behind
        assert toast.isVisible()
        runs = [one.isVisible() and not one.underMouse() for one in toasts]
        assert [one._timer.isActive() for one in toasts] == runs
        toast.close_toast()


def test_the_tour_fits_a_small_window(small: MainWindow) -> None:
    small.take_tour()
    for size in (SMALL, QSize(400, 300)):
        small.resize(size)
        small.tour._put()
        assert small.rect().contains(small.tour.card.geometry())
        part = QWidget(small.pages)
        part.setGeometry(20, 20, 3_000, 2_000)  # as a part of a page that is scrolled
        part.show()
        small.pages.page("home").beside = part  # type: ignore[union-attr]
        small.tour.stops = (Stop("home", "beside", "", ""),)
        small.tour._put()
        view = small.pages.parentWidget()
        assert view is not None
        around = QRect(view.mapTo(small, QPoint()), view.size()).adjusted(-4, -4, 4, 4)  # the frame's own width
        assert small.tour.frame.isVisible()
        assert around.contains(small.tour.frame.geometry())
    small.tour.end()


def test_steps_on_the_rail_do_not_lie_on_one_another(small: MainWindow, qtbot: QtBot) -> None:
    items = list(small.rail.items.values())
    qtbot.waitUntil(lambda: items[-1].geometry().bottom() < SMALL.height())
    for one, two in pairwise(items):
        assert one.geometry().bottom() < two.geometry().top()
    small.resize(1280, 800)
    assert {item.height() for item in items} == {38}


def test_dialogs_are_no_larger_than_the_screen(window: MainWindow, qtbot: QtBot) -> None:
    space = window.screen().availableSize()
    many = [QAction("Do what this line says", window, shortcut=QKeySequence(f"F{n}")) for n in range(1, 36)] * 4
    for actions, scrolled in ((many, True), (window.actions(), False)):
        dialog = ShortcutsDialog(actions, window)
        dialog.show()
        area = dialog.findChildren(QScrollArea)[0]
        qtbot.waitUntil(area.isVisible)
        assert dialog.width() <= space.width()
        assert dialog.height() <= space.height()
        assert bool(area.verticalScrollBar().maximum()) == scrolled
        assert area.horizontalScrollBar().maximum() == 0
        dialog.close()
        dialog.deleteLater()


def test_the_title_of_home_is_whole_where_there_is_little_room(small: MainWindow, qtbot: QtBot) -> None:
    title = small.pages.page("home").findChildren(SectionTitle)[0].heading  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: title.shown() == "Train a text classifier")
    small.resize(1280, 800)
    qtbot.waitUntil(lambda: title.shown() == "Train a text classifier you understand")


def test_cells_stand_beside_one_another_where_they_fit(qtbot: QtBot) -> None:
    cells = Cells(100)
    qtbot.addWidget(cells)
    parts = [Button(str(n)) for n in range(5)]
    for part in parts:
        cells.add(part)
    gap = parts[0].parentWidget().layout().horizontalSpacing()
    cells.resize(5 * 100 + 4 * gap, 80)
    cells.show()
    assert cells.columns == 5
    cells.resize(5 * 100 + 4 * gap - 1, 80)
    assert cells.columns == 4
    cells.resize(90, 200)
    assert cells.columns == 1
    assert cells.minimumSizeHint().width() == 100
    cells.resize(2 * 100 + gap, 80)
    cells.set_shown(parts[0], False)
    assert parts[1].y() < parts[3].y()


def test_two_parts_stand_below_one_another_where_they_do_not_fit(qtbot: QtBot) -> None:
    first, second = Button("first"), Button("second")
    first.setMinimumWidth(150)
    second.setMinimumWidth(200)
    both = Beside(first, second, 10)
    qtbot.addWidget(both)
    both.resize(360, 80)
    both.show()
    assert second.y() == first.y()
    both.resize(359, 80)
    qtbot.waitUntil(lambda: second.y() > first.y(), timeout=5_000)
    assert both.minimumSizeHint().width() == 200


def test_two_parts_with_a_handle_turn_where_they_do_not_fit(qtbot: QtBot) -> None:
    first, second = QWidget(), QWidget()
    first.setMinimumSize(150, 60)
    second.setMinimumSize(200, 80)
    window = QWidget()
    qtbot.addWidget(window)
    both = Turning(first, second, (300, 200), window)
    gap = both.handleWidth()
    both.resize(350 + gap, 100)
    window.show()
    assert both.orientation() == Qt.Orientation.Horizontal
    assert (both.minimumSizeHint().width(), both.minimumSizeHint().height()) == (200, 80)
    both.resize(349 + gap, 100)
    assert both.orientation() == Qt.Orientation.Vertical
    assert both.minimumSizeHint().height() == 60 + gap + 80
    both.resize(900, 100)
    assert both.orientation() == Qt.Orientation.Horizontal
    assert first.width() > second.width()  # shared as before


def _in_order(bar: RunBar) -> None:
    """The parts of the run bar stand beside one another, within it."""
    parts = [part for part in (bar.dot, bar.stage, bar.bar, bar.left, bar.own, bar.stop, bar.start, bar.pause,
                               bar.advice) if part.isVisible()]
    edges = [edge for part in parts for edge in (part.mapTo(bar, QPoint()).x(),
                                                 part.mapTo(bar, QPoint()).x() + part.width())]
    assert edges == sorted(edges)
    assert edges[-1] <= bar.width()


def test_a_page_that_cannot_be_as_narrow_as_the_window_is_scrolled_sideways(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.setMinimumSize(100, 100)
    window.resize(640, 400)
    window.go("settings")
    page = window.pages.page("settings")
    assert page is not None
    area = page.findChild(QScrollArea)
    assert area is not None
    qtbot.waitUntil(lambda: area.horizontalScrollBar().maximum() == area.widget().minimumSizeHint().width() -
                    area.viewport().width() > 0, timeout=5_000)


@pytest.mark.parametrize("width", [640, 683, 853, 1_280, 1_920])
def test_the_run_bar_says_less_where_there_is_less_room_and_cuts_no_word(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot, width: int
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    run.enter(RunState.RUNNING)
    stages = ({"name": "language model"}, {"name": "classifier: head + layer 2 + layer 1"})
    run.say(ev.RunStarted("x", "cuda:0", "float32", 10, stages),
            ev.StageStarted(1, stages[1]["name"], ("a",), 1, 3, 20),
            ev.Step(1, 1, 6, 6, 4.7, (1e-3,), 0.1, 10, 0.5))
    window.setMinimumSize(100, 100)
    window.resize(width, 400)
    bar = window.bar
    qtbot.waitUntil(lambda: bar.width() == width - window.rail.width(), timeout=5_000)
    qtbot.wait(20)
    _in_order(bar)
    for label in (bar.stage, bar.step, bar.left):
        assert not label.isVisible() or "…" not in label.shown(), label.text()
    assert bar.stage.shown().startswith("2 of 2")
    assert "6 of 20" in bar.step.shown()
    assert bar.step.text() in bar.step.toolTip() or bar.step.shown() == bar.step.text()
    for state in RunState:
        run.enter(state)
        qtbot.wait(20)
        _in_order(bar)
    if width >= 1_280:
        run.enter(RunState.RUNNING)
        assert bar.stage.shown() == "2 of 2: classifier: head + layer 2 + layer 1"


@pytest.mark.parametrize("width", [683, 853, 960, 1_280, 1_366, 1_920])
@pytest.mark.parametrize("more", [{}, {"blend_accuracy": .825, "blend_interval": (.8, .9)}])
def test_the_run_bar_tells_of_corrected_test_labels_at_every_size(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot, width: int, more: dict[str, Any]
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    window.shell.starter.start()
    run.move(Move.BEGUN)
    run.say(ev.Evaluated("test", 500, 0.812, (0.75, 0.86), {}, 0.8, (0.7, 0.85), relabelled=12, **more))
    run.move(Move.ENDED)
    window.setMinimumSize(100, 100)
    window.resize(width, 400)
    bar = window.bar
    qtbot.waitUntil(lambda: bar.width() == width - window.rail.width(), timeout=5_000)
    qtbot.wait(20)
    said = bar.stage.shown()
    assert said.endswith((" corrected)", " corrected) with word counts")), said
    assert (said == bar.stage.text()) is (width >= 1_280 and not more)


@pytest.mark.parametrize("width", [640, 683, 853, 1_280, 1_920])
def test_the_way_back_to_the_projects_run_has_its_place_in_the_run_bar(
    window: MainWindow, run: FakeRun, tmp_path: Path, qtbot: QtBot, width: int
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    project, bar = window.shell.project, window.bar
    assert project is not None
    RunFolder.create(project.runs / "2026-01-01", project.run_config())
    other = RunFolder.create(tmp_path / "other" / "2026-01-02", project.run_config())
    window.setMinimumSize(100, 100)
    window.resize(width, 400)
    run.start(project.run_config(), other.path)
    run.enter(RunState.RUNNING)
    run.say(ev.StageStarted(0, "language model", ("a",), 1, 1, 20), ev.Step(0, 1, 6, 6, 4.7, (1e-3,), 0.1, 10, 0.5))
    qtbot.waitUntil(lambda: bar.width() == width - window.rail.width(), timeout=5_000)
    qtbot.wait(20)
    assert "6 of 20" in bar.step.shown()
    assert bar.own.isVisible()
    assert bar.own.accessibleName() == "Project's run"
    _in_order(bar)


@pytest.mark.parametrize("key", [entry.key for entry in available()])
def test_in_the_smallest_window_there_is_nothing_to_scroll_sideways(
    key: str, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    if key == "evaluate":
        measured_run(tmp_path / "one")
    window.setMinimumSize(100, 100)
    window.resize(683, 384)  # 1366x768 at 200 %
    window.go(key)
    page = window.pages.page(key)
    assert page is not None
    if isinstance(page, EvaluatePage):
        qtbot.waitUntil(lambda: page.texts is not None, timeout=20_000)
    area = next(one for one in window.findChildren(QScrollArea) if one.widget() is window.pages)
    qtbot.waitUntil(lambda: page.minimumSizeHint().width() <= area.viewport().width(), timeout=5_000)
    assert area.horizontalScrollBar().maximum() == 0
    bar = window.bar
    _in_order(bar)


@pytest.mark.parametrize(("key", "state"), [
    ("corpus", "full"), ("corpus", "failed"), ("train", "full"), ("train", "busy"), ("train", "failed"),
    ("classify", "failed"), ("models", "full"), ("models", "failed"), ("evaluate", "failed"), ("runs", "failed"),
])
def test_nor_is_there_when_it_is_full_or_something_has_failed(
    key: str, state: str, material: Material, tmp_path: Path, qtbot: QtBot
) -> None:
    scene = Scene(tmp_path / "scene", material)
    try:
        scene.window.setMinimumSize(100, 100)
        scene.window.resize(683, 384)
        page = scene.show(key, state)
        area = next(one for one in scene.window.findChildren(QScrollArea) if one.widget() is scene.window.pages)
        qtbot.waitUntil(lambda: page.minimumSizeHint().width() <= area.viewport().width(), timeout=5_000)
        assert scene.window.width() == 683
        assert area.horizontalScrollBar().maximum() == 0
        bar = scene.window.bar
        _in_order(bar)
    finally:
        scene.close()


def test_parts_take_as_many_lines_as_they_need(qtbot: QtBot) -> None:
    lines = Lines()
    qtbot.addWidget(lines)
    parts = [Button(text) for text in ("one", "another one", "a third one")]
    for part in parts:
        lines.add(part)
    wide = lines.sizeHint().width()
    lines.resize(wide, 100)
    lines.show()
    assert {part.y() for part in parts} == {0}
    assert parts[2].geometry().right() + 1 == wide
    lines.resize(wide - 1, 100)
    assert [part.y() == 0 for part in parts] == [True, True, False]
    assert parts[2].x() == 0
    assert lines.minimumSizeHint().height() == parts[2].geometry().bottom() + 1
    parts[1].hide()
    qtbot.waitUntil(lambda: parts[2].y() == 0, timeout=5_000)
    assert lines.minimumSizeHint().width() == max(parts[0].sizeHint().width(), parts[2].sizeHint().width())


def test_no_tab_of_evaluate_is_cut(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    assert window.shell.new_project(tmp_path / "one")
    measured_run(tmp_path / "one")
    window.resize(SMALLEST)
    window.go("evaluate")
    page = window.pages.page("evaluate")
    assert isinstance(page, EvaluatePage)
    qtbot.waitUntil(lambda: page.texts is not None, timeout=20_000)
    bar = page.views.tabBar()
    assert bar.width() >= bar.sizeHint().width()


def test_of_parts_in_the_same_place_the_one_in_view_counts(qtbot: QtBot) -> None:
    wide, narrow, stack = Button("wide"), Button("narrow"), Stacked()
    wide.setMinimumWidth(700)
    narrow.setMinimumWidth(100)
    qtbot.addWidget(stack)
    stack.addWidget(narrow)
    stack.addWidget(wide)
    assert stack.minimumSizeHint().width() == 100
    stack.setCurrentIndex(1)
    assert stack.minimumSizeHint().width() == 700


def test_buttons_of_an_empty_place_stand_below_one_another_where_it_is_narrow(qtbot: QtBot) -> None:
    empty = EmptyState("train", "Nothing", "yet")
    qtbot.addWidget(empty)
    buttons = [Button(text) for text in ("one button", "another button", "a third button")]
    for button in buttons:
        empty.add_button(button)
    empty.resize(900, 400)
    empty.show()
    qtbot.waitUntil(lambda: buttons[0].y() == buttons[2].y() and buttons[0].x() < buttons[2].x(), timeout=5_000)
    empty.resize(empty.minimumSizeHint().width(), 400)
    qtbot.waitUntil(lambda: buttons[0].y() < buttons[1].y() < buttons[2].y(), timeout=5_000)


def test_no_button_of_a_grid_is_cut(qtbot: QtBot) -> None:
    cells = Cells(100)
    qtbot.addWidget(cells)
    for text in ("Measure the speed of this machine", "Set"):
        cells.add(Button(text))
    cells.resize(340, 100)
    cells.show()
    assert cells.columns == 1
    assert all(button.width() >= button.minimumSizeHint().width() for button in cells.findChildren(Button))
    assert cells.minimumSizeHint().width() >= cells.findChildren(Button)[0].minimumSizeHint().width()


def test_what_a_key_does_is_read_in_whole(window: MainWindow, qtbot: QtBot) -> None:
    card = KeysCard(window.shell)
    qtbot.addWidget(card)
    card.resize(560, 800)
    card.show()
    for line in card.lines.values():
        [told] = line.findChildren(Paragraph)
        assert told.height() >= told._height(told.width())


@pytest.mark.parametrize("tab", range(1, 5))
def test_another_tab_of_a_page_that_is_scrolled_leaves_it_where_it_is(
    tab: int, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    assert window.shell.new_project(tmp_path / "one")
    measured_run(tmp_path / "one")
    window.setMinimumSize(100, 100)
    window.resize(683, 384)
    window.go("evaluate")
    page = window.pages.page("evaluate")
    assert isinstance(page, EvaluatePage)
    qtbot.waitUntil(lambda: page.texts is not None, timeout=20_000)
    area = next(one for one in window.findChildren(QScrollArea) if one.widget() is window.pages)
    matrix, bar = page.views.matrix, page.views.tabBar()
    cell = matrix._box(0, 1).center().toPoint()
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=cell)
    QTest.qWait(50)
    before = area.verticalScrollBar().value()
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(tab).center())
    QTest.qWait(50)
    assert page.views.currentIndex() == tab
    assert area.verticalScrollBar().value() == before


def test_every_strip_of_tabs_takes_the_focus_when_it_is_clicked(window: MainWindow, tmp_path: Path) -> None:
    assert window.shell.new_project(tmp_path / "one")
    for entry in available():
        window.go(entry.key)
    bars = window.pages.findChildren(QTabBar)
    assert len(bars) >= 7
    assert all(bar.focusPolicy() & Qt.FocusPolicy.ClickFocus for bar in bars)


def test_pages_begin_at_the_same_left_edge_below_the_banner(window: MainWindow, tmp_path: Path) -> None:
    assert window.shell.new_project(tmp_path / "one")
    edges = {}
    for entry in available():
        window.go(entry.key)
        page = window.pages.page(entry.key)
        assert page is not None
        edges[entry.key] = page.body.contentsMargins().left() or theme.XL  # what is scrolled has its margins outside
    assert set(edges.values()) == {theme.XL}, edges
