"""The parts that pages are made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.fields import all_fields, field
from studio.project import Project
from studio.shell import Notice
from studio.widgets import (
    Button,
    CalmCombo,
    Card,
    ConfigField,
    ConfigForm,
    DropArea,
    ElidedLabel,
    EmptyState,
    FailureCard,
    NumberBox,
    Paragraph,
    Scale,
    StatusDot,
    Toasts,
    section_names,
)
from studio.widgets.editors import ChoiceEditor, NumberEditor, SwitchEditor, TextEditor
from ulmengine.events import Failed


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
    with qtbot.waitSignal(row.refused) as told:
        editor.box.setValue(0.0)
    assert "classifier.lr" in told.args[0]
    assert project.config.classifier.lr == 0.004
    assert editor.box.text() == "0.004"


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


def test_a_list_too_narrow_for_its_entry_says_so_with_dots(qtbot: QtBot) -> None:
    box = CalmCombo()
    qtbot.addWidget(box)
    box.addItem("Auto: subject, body")
    box.resize(400, 28)
    box.show()
    assert box.shown_text() == "Auto: subject, body"
    box.resize(120, 28)
    assert box.shown_text().endswith("…")
    assert box.currentText() == "Auto: subject, body"
    assert not box.grab().isNull()


@pytest.mark.parametrize("text", ["Network and counts together", "Mended by 2026-11-28-221006: 0", "a"])
def test_a_list_as_wide_as_it_asks_for_shows_its_longest_entry_whole(text: str, qtbot: QtBot) -> None:
    box = CalmCombo()
    qtbot.addWidget(box)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.addItem(text)
    box.show()
    box.resize(box.sizeHint())
    assert box.shown_text() == text


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


def test_an_elided_label_keeps_its_whole_text_in_the_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("a rather long text that cannot possibly fit")
    qtbot.addWidget(label)
    label.resize(40, 20)
    label.show()
    assert label.toolTip() == label.text()
    label.resize(1_000, 20)
    assert label.toolTip() == ""
    assert label.minimumSizeHint().width() < 60


def test_a_paragraph_grows_as_it_gets_narrower_also_in_a_scroll_area(qtbot: QtBot) -> None:
    area = QScrollArea()
    qtbot.addWidget(area)
    area.setWidgetResizable(True)
    inside = QWidget()
    column = QVBoxLayout(inside)
    paragraph = Paragraph("word " * 60)
    column.addWidget(paragraph)
    column.addStretch(1)
    area.setWidget(inside)
    area.resize(700, 200)
    area.show()
    qtbot.waitExposed(area)
    wide = paragraph.height()
    area.resize(250, 200)
    qtbot.waitUntil(lambda: paragraph.height() > 2 * wide)
    area.resize(700, 200)
    qtbot.waitUntil(lambda: paragraph.height() == wide)


def test_failure_card_tells_copies_and_tries(qtbot: QtBot) -> None:
    card = FailureCard()
    qtbot.addWidget(card)
    tried: list[str] = []
    failure = Failed("out_of_memory", "Not enough memory", "Step 120 is safe.", "Halve the batch.", "Traceback: x")
    card.show_failure(failure, [("Halve and continue", lambda: tried.append("halve"))])
    assert not card.isHidden()
    assert card.accessibleName() == "Not enough memory. Step 120 is safe. Halve the batch."
    buttons = _buttons(card)
    buttons["Copy"].click()
    assert QGuiApplication.clipboard().text() == \
        "Not enough memory\n\nStep 120 is safe.\n\nHalve the batch.\n\nTraceback: x"
    with qtbot.waitSignal(card.dismissed):
        buttons["Halve and continue"].click()
    assert tried == ["halve"]
    assert card.isHidden()


def _buttons(widget: QWidget) -> dict[str, Button]:
    return {button.text(): button for button in widget.findChildren(Button)}


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


def test_an_empty_state_wraps_its_text_where_there_is_little_room(qtbot: QtBot) -> None:
    empty = EmptyState("folder", "Nothing", "a word or two " * 12)
    qtbot.addWidget(empty)
    empty.resize(800, 400)
    empty.show()
    assert empty.text.width() == 440
    assert abs(empty.text.geometry().center().x() - 400) <= 1
    high = empty.text.height()
    empty.resize(300, 400)
    qtbot.waitUntil(lambda: empty.text.width() <= 300)
    assert empty.text.height() > high


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
    _buttons(second)["Do it"].click()
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


def test_drop_area_takes_files_and_folders_but_no_web_pages(qtbot: QtBot, tmp_path: Path) -> None:
    area = DropArea("Drop", "a file")
    qtbot.addWidget(area)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.org/x.csv")])
    drop = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                      Qt.KeyboardModifier.NoModifier)
    with qtbot.waitSignal(area.dropped) as told:
        area.dropEvent(drop)
    assert told.args[0] == [tmp_path]
    with qtbot.waitSignal(area.clicked):
        qtbot.keyClick(area, Qt.Key.Key_Return)


def test_dots_are_told_in_words_and_drawn(qtbot: QtBot) -> None:
    dot = StatusDot("problem")
    qtbot.addWidget(dot)
    assert dot.accessibleName() == "needs attention"
    drawn = {kind: _picture(dot, kind) for kind in ("", "ready", "busy", "done", "problem")}
    assert len(set(drawn.values())) == 5


def _picture(dot: StatusDot, kind: str) -> bytes:
    dot.set_kind(kind)
    image = dot.grab().toImage()
    return bytes(image.constBits())


def test_cards_and_empty_states_paint_in_both_appearances(qtbot: QtBot) -> None:
    from studio import theme

    card = Card("Title", below="more")
    card.body.addWidget(EmptyState("folder", "Nothing yet", "Drop something."))
    qtbot.addWidget(card)
    card.resize(500, 300)
    light = card.grab().toImage()
    theme.current().apply("dark")
    assert card.grab().toImage() != light
    theme.current().apply("light")
    assert card.grab().toImage() == light


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


def test_enter_presses_the_button_that_has_the_focus(qtbot: QtBot) -> None:
    button = Button("Next")
    qtbot.addWidget(button)
    button.show()
    with qtbot.waitSignal(button.clicked, timeout=1_000):
        qtbot.keyClick(button, Qt.Key.Key_Return)


def test_what_a_number_counts_is_said_once_and_what_nought_means(project: Project, qtbot: QtBot) -> None:
    threads = ConfigField(project, "compute.threads")
    qtbot.addWidget(threads)
    assert threads.unit.text() == "all cores"
    project.change({"compute.threads": 4})
    assert threads.unit.text() == ""
    assert field("saving.minutes").counted(5.0) == "minutes"
    assert field("saving.minutes").counted(0.0) == "at epochs only"
    assert field("saving.keep").counted(2) == ""


@pytest.mark.parametrize("role", ["plain", "danger", "quiet"])
def test_a_button_that_is_switched_on_is_seen_to_be(qtbot: QtBot, role: str) -> None:
    button = Button("Log", role=role)
    qtbot.addWidget(button)
    button.setCheckable(True)
    button.show()
    off = button.grab().toImage()
    button.setChecked(True)
    on = button.grab().toImage()
    differ = sum(off.pixel(x, y) != on.pixel(x, y) for x in range(off.width()) for y in range(off.height()))
    assert differ > off.width() * off.height() / 2  # the whole ground, not a line of it
