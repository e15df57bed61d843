"""Short news in the corner of the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.shell import Notice
from studio.widgets import Button, Paragraph, Toasts


def test_a_toast_has_room_for_all_of_its_lines(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 600)
    window.show()
    toasts = Toasts(window, lift=64)
    text = "/home/someone/.local/share/ulmfit-studio/projects/Questions/runs/2026-11-25/config.toml: cannot be read"
    toasts.show_notice(Notice(text, "error"))
    toast = toasts.shown[0]
    words = toast.findChild(Paragraph)
    assert words is not None
    needed = words.fontMetrics().boundingRect(QRect(0, 0, words.width(), 9_999), Qt.TextFlag.TextWordWrap, text)
    assert words.height() >= needed.height()
    assert words.mapTo(toast, words.rect().bottomLeft()).y() < toast.height()
    assert toast.geometry().bottom() <= 600 - 64
    toasts.clear()


def test_toasts_stack_do_not_repeat_and_act(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 600)
    window.show()
    toasts = Toasts(window, lift=64)
    acted: list[str] = []
    toasts.show_notice(Notice("first"))
    toasts.show_notice(Notice("second", "error", "Do it", lambda: acted.append("done")))
    toasts.show_notice(Notice("first"))
    assert [toast.notice.text for toast in toasts.shown] == ["second", "first"]
    second, first = toasts.shown
    assert first.geometry().bottom() <= 600 - 64
    assert second.geometry().bottom() < first.geometry().top()
    next(button for button in second.findChildren(Button) if button.text() == "Do it").click()
    assert acted == ["done"]
    for number in range(6):
        toasts.show_notice(Notice(str(number)))
    assert len(toasts.shown) == 4
    toasts.clear()
    assert toasts.shown == []


@pytest.mark.parametrize("by", ["key", "mouse"])
def test_toasts_do_not_cover_what_was_just_used(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1000, 600)
    used, other = Button("Correct the label", parent=window), Button("Another", parent=window)
    used.move(800, 470)
    other.move(40, 40)
    window.show()
    used.adjustSize()
    toasts = Toasts(window, lift=64, inset=184)
    qtbot.waitUntil(window.isActiveWindow)
    if by == "key":
        used.setFocus()
    else:
        used.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        other.setFocus()
        monkeypatch.setattr(QWidget, "underMouse", lambda widget: widget is window)
        monkeypatch.setattr("PySide6.QtGui.QCursor.pos", lambda: used.mapToGlobal(used.rect().center()))
    toasts.show_notice(Notice("The label is good now."))
    [first] = toasts.shown
    assert not first.geometry().intersects(used.geometry())
    assert first.geometry().left() >= 184
    toasts.show_notice(Notice("another"))
    assert toasts.shown[0].x() == toasts.shown[1].x()  # a stack stays together
    toasts.clear()
    monkeypatch.undo()
    monkeypatch.setattr(QWidget, "underMouse", lambda _: False)
    other.setFocus()
    toasts.show_notice(Notice("nothing in its way"))
    [usual] = toasts.shown
    assert usual.geometry().right() > 1000 - 64
    used.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    used.setFocus()  # reached with the tab key while it is covered
    assert not usual.geometry().intersects(used.geometry())
    toasts.clear()


def test_a_toast_whose_button_has_the_focus_stays_where_it_is(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1000, 600)
    window.show()
    toasts = Toasts(window, lift=64)
    qtbot.waitUntil(window.isActiveWindow)
    toasts.show_notice(Notice("Moved.", button="Undo", action=lambda: None))
    [toast] = toasts.shown
    next(button for button in toast.findChildren(Button) if button.text() == "Undo").setFocus()
    for width in (1001, 1002, 1003):  # the window is dragged larger
        window.resize(width, 600)
        assert toast.geometry().right() > width - 64
        assert toast.geometry().top() > 300
    toasts.show_notice(Notice("another"))
    assert toast.geometry().right() > 1003 - 64
    toasts.clear()
