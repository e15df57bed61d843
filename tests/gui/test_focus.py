"""Whoever uses the keyboard sees where the focus is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio import theme
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
