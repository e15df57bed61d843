"""Whoever uses the keyboard sees where the focus is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio import theme
from studio.frame.rail import Rail
from studio.pages import available
from studio.pages.corpus.lengths import LengthHistogram
from studio.pages.parts.rows_table import RowsTable
from studio.plots.schedule_plot import SchedulePlot
from studio.widgets import Button, Card


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
