"""A control that is brought into view, in pages that have no layout yet."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QStackedWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.widgets import focus_in_view


class Pages(QStackedWidget):
    """A page in view, and one of forty lines that scrolls, of which nothing was laid out."""

    def __init__(self) -> None:
        super().__init__()
        self.addWidget(QWidget())
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        inside = QWidget()
        self.column = QVBoxLayout(inside)
        self.lines = [QLineEdit() for _ in range(40)]
        for line in self.lines:
            self.column.addWidget(line)
        self.area.setWidget(inside)
        self.addWidget(self.area)
        self.resize(300, 200)

    def sees(self, line: QLineEdit) -> bool:
        """Whether the whole of ``line`` is seen."""
        return line.isVisible() and line.visibleRegion().boundingRect().height() == line.height()


@pytest.fixture
def pages(qtbot: QtBot) -> Pages:
    found = Pages()
    qtbot.addWidget(found)
    found.show()
    qtbot.waitExposed(found)
    return found


def test_a_page_that_is_shown_much_later_is_scrolled_then(pages: Pages, qtbot: QtBot) -> None:
    focus_in_view(pages.lines[30])
    QTest.qWait(250)
    pages.setCurrentWidget(pages.area)
    qtbot.waitUntil(lambda: pages.sees(pages.lines[30]))


def test_what_grows_above_the_control_is_followed_and_ends_when_the_person_scrolls(pages: Pages, qtbot: QtBot) -> None:
    pages.setCurrentWidget(pages.area)
    focus_in_view(pages.lines[30])
    qtbot.waitUntil(lambda: pages.sees(pages.lines[30]))
    QTest.qWait(250)
    pages.lines[3].setFixedHeight(700)
    QTest.qWait(20)
    qtbot.waitUntil(lambda: pages.sees(pages.lines[30]))

    place = QPointF(pages.area.viewport().rect().center())
    wheel = QWheelEvent(place, pages.area.viewport().mapToGlobal(place), QPoint(), QPoint(0, 12000),
                        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(pages.area.viewport(), wheel)
    there = pages.area.verticalScrollBar().value()
    assert not pages.sees(pages.lines[30])
    pages.lines[3].setFixedHeight(900)
    QTest.qWait(100)
    assert pages.area.verticalScrollBar().value() == there


def test_another_control_that_takes_the_focus_ends_it(pages: Pages, qtbot: QtBot) -> None:
    pages.setCurrentWidget(pages.area)
    focus_in_view(pages.lines[30])
    qtbot.waitUntil(lambda: pages.sees(pages.lines[30]))
    pages.lines[0].setFocus()
    pages.area.verticalScrollBar().setValue(0)
    pages.lines[20].setFixedHeight(300)
    QTest.qWait(100)
    assert pages.area.verticalScrollBar().value() == 0
