"""Ctrl+Z where a field has the focus: the program's step, unless something is just being typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from studio.frame.commands import trouble_with
from studio.project import Project
from studio.widgets.config_field import ConfigField
from studio.window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def open_model(window: MainWindow, folder: Path, qtbot: QtBot) -> Project:
    """A project, the window in front."""
    assert window.shell.new_project(folder)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5_000)
    window.go("model")
    project = window.shell.project
    assert project is not None
    return project


def box_of(window: MainWindow, name: str) -> QWidget:
    """The number's box of the setting called ``name``, with the focus."""
    page = window.pages.page("model")
    assert page is not None
    assert page.show_setting(name)
    found = next(one for one in page.findChildren(ConfigField) if one.name == name and one.isVisible())
    box = found.editor.controls()[0]
    box.setFocus(Qt.FocusReason.TabFocusReason)
    assert box.hasFocus()
    return box


def test_ctrl_z_undoes_a_number_that_return_has_taken(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    project = open_model(window, tmp_path / "one", qtbot)
    usual = project.config.model.dropout.embedding
    assert usual != 0.3
    box = box_of(window, "model.dropout.embedding")
    QTest.keyClick(box, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(box, "0.3")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert project.config.model.dropout.embedding == 0.3
    QTest.keyClick(box, Qt.Key.Key_Z, CTRL)
    assert project.config.model.dropout.embedding == usual
    QTest.keyClick(box, Qt.Key.Key_Z, CTRL | SHIFT)
    assert project.config.model.dropout.embedding == 0.3


def test_ctrl_z_undoes_the_projects_step_from_a_field_that_was_only_reached(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    project = open_model(window, tmp_path / "one", qtbot)
    project.change({"classifier.lr": 0.5})
    box = box_of(window, "model.dropout.embedding")
    QTest.keyClick(box, Qt.Key.Key_Z, CTRL)
    assert project.config.classifier.lr == 0.004


def test_in_the_middle_of_typing_the_keys_are_the_texts(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    project = open_model(window, tmp_path / "one", qtbot)
    project.change({"classifier.lr": 0.5})
    line = QLineEdit(window)
    line.setText("before")
    line.show()
    line.setFocus()
    QTest.keyClicks(line, " after")
    QTest.keyClick(line, Qt.Key.Key_Z, CTRL)
    assert line.text() == "before"
    QTest.keyClick(line, Qt.Key.Key_Y, CTRL)
    assert line.text() == "before after"
    assert project.config.classifier.lr == 0.5
    QTest.keyClick(line, Qt.Key.Key_Return)
    QTest.keyClick(line, Qt.Key.Key_Z, CTRL)
    assert (line.text(), project.config.classifier.lr) == ("before after", 0.004)


def test_what_was_just_typed_is_undone_first_and_then_the_programs_steps(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    project = open_model(window, tmp_path / "one", qtbot)
    usual = project.config.model.dropout.embedding
    box = box_of(window, "model.dropout.embedding")
    QTest.keyClick(box, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(box, "0.3")
    QTest.keyClick(box, Qt.Key.Key_Return)
    QTest.keyClick(box, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(box, "0.4")
    QTest.keyClick(box, Qt.Key.Key_Z, CTRL)
    line = box.findChild(QLineEdit)
    assert line is not None
    assert (line.text(), project.config.model.dropout.embedding) == ("0.3", 0.3)
    QTest.keyClick(box, Qt.Key.Key_Z, CTRL)
    assert project.config.model.dropout.embedding == usual


def test_a_line_gives_the_key_back_once_its_typing_is_undone_and_never_goes_past_what_was_taken(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    project = open_model(window, tmp_path / "one", qtbot)
    project.change({"classifier.lr": 0.5})
    line = QLineEdit(window)
    line.show()
    line.setFocus()
    QTest.keyClicks(line, "first")
    QTest.keyClick(line, Qt.Key.Key_Return)
    QTest.keyClicks(line, " second")
    QTest.keyClick(line, Qt.Key.Key_Z, CTRL)
    assert (line.text(), project.config.classifier.lr) == ("first", 0.5)
    QTest.keyClick(line, Qt.Key.Key_Y, CTRL)
    assert line.text() == "first second"
    QTest.keyClick(line, Qt.Key.Key_Z, CTRL)
    QTest.keyClick(line, Qt.Key.Key_Z, CTRL)
    assert (line.text(), project.config.classifier.lr) == ("first", 0.004)


def test_a_text_of_several_lines_has_the_keys_as_long_as_it_can_use_them(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    project = open_model(window, tmp_path / "one", qtbot)
    project.change({"classifier.lr": 0.5})
    text = QPlainTextEdit(window)
    text.show()
    text.setFocus()
    QTest.keyClicks(text, "some")
    QTest.keyClick(text, Qt.Key.Key_Z, CTRL)
    QTest.keyClick(text, Qt.Key.Key_Z, CTRL)
    assert (text.toPlainText(), project.config.classifier.lr) == ("", 0.5)
    text.setPlainText("")  # nothing is left of it
    QTest.keyClick(text, Qt.Key.Key_Z, CTRL)
    assert project.config.classifier.lr == 0.004


@pytest.mark.parametrize("keys", ["Ctrl+Shift+Z", "Ctrl+Y"])
def test_both_keys_of_redo_do_it_again_and_are_not_to_be_given_away(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, keys: str
) -> None:
    project = open_model(window, tmp_path / "one", qtbot)
    project.change({"classifier.lr": 0.5})
    project.undo.undo()
    pressed = QKeySequence(keys)[0]  # type: ignore[index]  # missing in PySide6's description of it
    QTest.keyClick(window, pressed.key(), pressed.keyboardModifiers())
    assert project.config.classifier.lr == 0.5
    assert "has its meaning everywhere" in trouble_with("quit", keys, {})
