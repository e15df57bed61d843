"""Settings as they are edited: scales and sliders, numbers, lists, choices, switches, and the forms they stand in."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from studio.fields import all_fields, field
from studio.project import Project
from studio.widgets import ConfigField, ConfigForm, NumberBox, Scale, section_names
from studio.widgets.editors import ChoiceEditor, NumberEditor, SwitchEditor, TextEditor


def test_a_linear_scale_puts_the_middle_in_the_middle() -> None:
    scale = Scale(0.0, 0.9)
    assert scale.to_value(500) == pytest.approx(0.45)
    assert scale.to_position(0.45) == 500
    assert (scale.to_value(0), scale.to_value(1000)) == (0.0, 0.9)


def test_a_logarithmic_scale_puts_the_geometric_mean_in_the_middle() -> None:
    scale = Scale(1.0, 10_000.0, log=True)
    assert scale.to_value(500) == pytest.approx(100.0)
    assert scale.to_position(100.0) == 500
    assert scale.to_value(1000) == 10_000.0


def test_a_logarithmic_scale_from_zero_begins_far_below_the_usual_value() -> None:
    scale = Scale(0.0, 10.0, log=True, usual=4e-3)
    assert scale.floor == pytest.approx(1e-6)
    assert scale.to_position(0.0) == 0
    assert scale.to_value(scale.to_position(4e-3)) == pytest.approx(4e-3, rel=0.02)


def test_a_long_scale_gives_the_small_numbers_room() -> None:
    scale = Scale(0, 1_000, whole=True, usual=4)
    assert scale.to_position(4) > 100
    assert scale.to_value(scale.to_position(4)) == 4
    assert scale.to_value(1000) == 1000


@pytest.mark.parametrize("name", [f.name for f in all_fields().values() if f.kind in ("integer", "number")])
def test_every_number_can_be_set_with_its_slider_to_both_ends_and_near_its_usual_value(
    project: Project, qtbot: QtBot, name: str
) -> None:
    one = field(name)
    if one.low == one.high:
        return
    row = ConfigField(project, name)
    qtbot.addWidget(row)
    assert isinstance(row.editor, NumberEditor)
    slider = row.editor.slider
    if slider.isHidden():
        return
    slider.setValue(1000)
    assert project.value(name) == one.high
    slider.setValue(0)
    assert project.value(name) == row.editor.scale.floor
    row.reset.click()
    assert project.value(name) == one.default


def test_every_setting_has_an_editor_with_name_help_and_unit(project: Project, qtbot: QtBot) -> None:
    for one in all_fields().values():
        row = ConfigField(project, one.name)
        qtbot.addWidget(row)
        for control in row.editor.controls():
            assert one.label in control.accessibleName()
            assert one.help in control.accessibleDescription()
            assert control.toolTip()
        if one.kind in ("integer", "number"):
            assert row.unit.text() == one.counted(one.default)


def test_typing_a_number_changes_the_project_and_the_slider(project: Project, qtbot: QtBot) -> None:
    row = ConfigField(project, "model.dropout.input")
    qtbot.addWidget(row)
    row.show()
    editor = row.editor
    assert isinstance(editor, NumberEditor)
    editor.box.selectAll()
    qtbot.keyClicks(editor.box, "0.45")
    qtbot.keyClick(editor.box, Qt.Key.Key_Return)
    assert project.config.model.dropout.input == 0.45
    assert editor.slider.value() == 500
    assert not row.reset.isHidden()


def test_a_number_out_of_range_is_marked_and_does_not_get_through(project: Project, qtbot: QtBot) -> None:
    row = ConfigField(project, "model.dropout.input")
    qtbot.addWidget(row)
    row.show()
    editor = row.editor
    assert isinstance(editor, NumberEditor)
    editor.box.selectAll()
    qtbot.keyClicks(editor.box, "3")
    assert editor.box.property("wrong")
    qtbot.keyClick(editor.box, Qt.Key.Key_Return)
    assert project.config.model.dropout.input == 0.4
    assert editor.box.text() == "0.4"


def test_an_exclusive_bound_is_refused_with_a_reason(project: Project, qtbot: QtBot) -> None:
    row = ConfigField(project, "classifier.lr")
    qtbot.addWidget(row)
    editor = row.editor
    assert isinstance(editor, NumberEditor)
    editor.box.setValue(0.0)
    assert row.said.text() == "Not taken: input should be greater than 0."
    assert project.config.classifier.lr == 0.004
    assert editor.box.text() == "0.004"


@pytest.mark.parametrize(("typed", "said"), [
    ("1,1,1,99999", "Not taken: give one to ten stages of 0 to 1000 epochs, for example 1, 1, 1, 2."),
    ("1,x", "“1,x” is not a list of whole numbers with commas between them. It stays 1, 1, 1, 6."),
    ("1,1,1,2", ""), ("0,1", ""), ("1000", "")])
def test_what_is_not_taken_is_told_below_the_field_in_words(
    project: Project, qtbot: QtBot, typed: str, said: str
) -> None:
    row = ConfigField(project, "classifier.epochs")
    qtbot.addWidget(row)
    (line,) = row.editor.controls()
    assert isinstance(line, QLineEdit)
    line.setText(typed)
    line.editingFinished.emit()
    assert row.said.text() == said
    assert line.text().replace(" ", "") == ("1,1,1,6" if said else typed)


def test_arrow_keys_step_and_the_wheel_does_not_without_focus(qtbot: QtBot) -> None:
    box = NumberBox(Scale(0, 100, whole=True, usual=50))
    qtbot.addWidget(box)
    box.set_value(50)
    box.show()
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert box.value() == 51
    box.clearFocus()
    wheel = QWheelEvent(QPointF(5, 5), QPointF(5, 5), QPoint(0, 120), QPoint(0, 120), Qt.MouseButton.NoButton,
                        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(box, wheel)
    assert box.value() == 51


def test_choice_switch_text_and_list_editors(project: Project, qtbot: QtBot) -> None:
    rows = {name: ConfigField(project, name) for name in
            ("language_model.schedule.kind", "language_model.jitter", "corpus.encoding", "classifier.epochs")}
    for row in rows.values():
        qtbot.addWidget(row)
    choice, switch, text, numbers = (row.editor for row in rows.values())
    assert isinstance(choice, ChoiceEditor)
    assert isinstance(switch, SwitchEditor)
    assert isinstance(text, TextEditor)
    assert isinstance(numbers, TextEditor)
    choice.combo.activated.emit(choice.combo.findData("sgdr"))
    switch.check.click()
    for line, words in ((text.line, "cp1252"), (numbers.line, "1, 2, 3")):
        line.clear()
        qtbot.keyClicks(line, words)
        qtbot.keyClick(line, Qt.Key.Key_Return)
    config = project.config
    assert config.language_model.schedule.kind == "sgdr"
    assert config.language_model.jitter is True
    assert config.corpus.encoding == "cp1252"
    assert config.classifier.epochs == (1, 2, 3)


def test_a_list_that_is_no_list_of_numbers_is_marked_and_forgotten(project: Project, qtbot: QtBot) -> None:
    row = ConfigField(project, "classifier.epochs")
    qtbot.addWidget(row)
    line = row.findChild(QLineEdit)
    assert line is not None
    line.clear()
    qtbot.keyClicks(line, "1, two")
    assert line.property("wrong")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "1, 1, 1, 6"


def test_fields_follow_undo(project: Project, qtbot: QtBot) -> None:
    row = ConfigField(project, "model.preset")
    qtbot.addWidget(row)
    combo = row.findChild(QComboBox)
    assert combo is not None
    project.change({"model.preset": "paper"})
    assert combo.currentData() == "paper"
    project.undo.undo()
    assert combo.currentData() == "small"


def test_a_device_unknown_here_is_still_shown(project: Project, qtbot: QtBot) -> None:
    project.change({"compute.device": "cuda:7"})
    row = ConfigField(project, "compute.device")
    qtbot.addWidget(row)
    combo = row.findChild(QComboBox)
    assert combo is not None
    assert combo.currentData() == "cuda:7"
    assert combo.findData("auto") >= 0


def test_a_form_folds_the_rarer_settings(project: Project, qtbot: QtBot) -> None:
    form = ConfigForm(project, "model.")
    qtbot.addWidget(form)
    form.show()
    assert set(form.fields) == {name for name in all_fields() if name.startswith("model.") and name.count(".") == 1}
    assert form.fields["model.preset"].isVisible()
    assert not form.fields["model.layers"].isVisible()
    form.more.click()
    assert form.fields["model.layers"].isVisible()
    form.more.click()
    assert form.show_field("model.layers")
    assert form.fields["model.layers"].isVisible()
    assert not form.show_field("classifier.lr")


def test_section_names_leaves_nested_sections_out() -> None:
    assert section_names("corpus.split.") == [
        "corpus.split.method", "corpus.split.column", "corpus.split.validation", "corpus.split.test",
        "corpus.split.unmeasured",
    ]
    assert "corpus.split.method" not in section_names("corpus.")


def test_a_number_out_of_range_is_refused_in_words(project: Project, qtbot: QtBot) -> None:
    row = ConfigField(project, "classifier.lr")
    qtbot.addWidget(row)
    row.show()
    box = row.editor.controls()[0]
    before = project.value("classifier.lr")
    assert isinstance(box, NumberBox)
    for typed, told in (("5000", "more than the highest value, 10"), ("abc", "not a number")):
        box.setFocus()
        box.selectAll()
        qtbot.keyClicks(box, typed)
        qtbot.keyClick(box, Qt.Key.Key_Return)
        assert project.value("classifier.lr") == before
        assert told in row.said.text()
        assert not row.said.isHidden()
    box.selectAll()
    qtbot.keyClicks(box, "0.02")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert project.value("classifier.lr") == 0.02
    assert row.said.isHidden()


def test_what_a_number_counts_is_said_once_and_what_nought_means(project: Project, qtbot: QtBot) -> None:
    threads = ConfigField(project, "compute.threads")
    qtbot.addWidget(threads)
    assert threads.unit.text() == "all cores"
    project.change({"compute.threads": 4})
    assert threads.unit.text() == ""
    assert field("saving.minutes").counted(5.0) == "minutes"
    assert field("saving.minutes").counted(0.0) == "at epochs only"
    assert field("saving.keep").counted(2) == ""
