"""The parts that pages are made of: labels, lists, buttons, cards, empty states, what takes dropped files."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QComboBox, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.theme import Type
from studio.widgets import (
    Button,
    CalmCombo,
    Card,
    DropArea,
    ElidedLabel,
    EmptyState,
    FailureCard,
    FittingLabel,
    Paragraph,
    Readout,
    StatusDot,
)
from ulmengine.events import Failed


def test_a_list_too_narrow_for_its_entry_says_so_with_dots_and_tells_runs_apart(qtbot: QtBot) -> None:
    box = CalmCombo()
    qtbot.addWidget(box)
    box.addItem("Auto: subject, body")
    box.resize(400, 28)
    box.show()
    assert box.shown_text() == "Auto: subject, body"
    box.resize(120, 28)
    assert "…" in box.shown_text()
    assert box.currentText() == "Auto: subject, body"
    shown = []
    for name in ("Run 2026-11-30-173059", "Run 2026-11-30-175301"):
        box.addItem(name)
        box.setCurrentText(name)
        shown.append(box.shown_text())
    assert shown[0] != shown[1]
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


def test_a_list_that_is_filled_after_it_was_shown_fits_its_entries_within_reason(qtbot: QtBot) -> None:
    box = CalmCombo()
    qtbot.addWidget(box)
    box.fit_entries(200)
    box.show()
    for entries, whole in ((["no", "yes"], True), (["Cancellation", "Technical fault"], True), (["word " * 40], False)):
        box.clear()
        box.addItems(entries)
        box.setCurrentText(entries[-1])
        box.resize(box.sizeHint())
        assert (box.shown_text() == entries[-1]) is whole
        assert box.minimumSizeHint() == box.sizeHint()
        assert box.sizeHint().width() <= 200


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
    buttons = {button.text(): button for button in card.findChildren(Button)}
    buttons["Copy"].click()
    assert QGuiApplication.clipboard().text() == \
        "Not enough memory\n\nStep 120 is safe.\n\nHalve the batch.\n\nTraceback: x"
    with qtbot.waitSignal(card.dismissed):
        buttons["Halve and continue"].click()
    assert tried == ["halve"]
    assert card.isHidden()


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


def test_enter_presses_the_button_that_has_the_focus(qtbot: QtBot) -> None:
    button = Button("Next")
    qtbot.addWidget(button)
    button.show()
    with qtbot.waitSignal(button.clicked, timeout=1_000):
        qtbot.keyClick(button, Qt.Key.Key_Return)


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


def test_no_wording_is_cut_where_a_shorter_one_fits_in_any_width(qtbot: QtBot) -> None:
    label = FittingLabel(Type.SMALL, numbers=True)
    qtbot.addWidget(label)
    for step in range(1, 40, 7):  # the advances of some, rounded, are less than they take
        label.set_wordings(f"step {step} of 120, epoch 1 of {step}", f"step {step} of 120", f"{step}")
        for width in range(label.fontMetrics().horizontalAdvance(f"{step}") + 2, 240):
            label.resize(width, 20)
            assert "…" not in label.shown()


def test_a_reading_that_there_is_no_room_for_has_dots_and_is_whole_in_the_tooltip(qtbot: QtBot) -> None:
    label = Readout()
    qtbot.addWidget(label)
    text = "  ·  ".join(f"epoch {n}: loss {n / 7:.4f}, accuracy {n / 9:.4f}" for n in range(8))
    height = label.height()
    label.resize(2_000, height)
    label.show()
    label.read(text)
    assert (label.shown(), label.toolTip()) == (text, "")
    label.resize(400, height)
    assert label.shown().endswith("…")
    assert text.startswith(label.shown().rstrip("…"))
    assert len(label.shown()) > 60
    assert (label.toolTip(), label.height()) == (text, height)
    label.read("")
    assert label.toolTip() == ""
