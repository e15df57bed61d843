"""Colours that can be read and told apart, icons, the two appearances."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QAction, QColor, QImage, QPaintEvent, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from studio import theme
from studio.theme import DARK, LIGHT, Colors, Type
from studio.theme.icons import icon_folder


def luminance(color: QColor) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(QColor(one)), luminance(QColor(other))), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_of_black_and_white_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["text", "muted", "accent", "ok", "busy", "warn", "error"])
@pytest.mark.parametrize("ground", ["window", "panel"])
def test_text_colours_have_the_contrast_of_wcag_aa(colors: Colors, name: str, ground: str) -> None:
    assert contrast(getattr(colors, name), getattr(colors, ground)) >= 4.5


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_edges_of_controls_and_series_stand_out_three_to_one(colors: Colors) -> None:
    assert contrast(colors.outline, colors.panel) >= 3.0
    assert contrast(colors.accent_text, colors.accent) >= 4.5
    assert all(contrast(one, colors.panel) >= 3.0 for one in colors.series)


def test_series_are_those_of_the_design() -> None:
    assert LIGHT.series == ("#0072B2", "#D55E00", "#332288", "#7A21DD", "#882255", "#CC79A7")
    assert DARK.series == ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#DDCC77", "#EE7733")


def test_a_blend_is_opaque_and_in_between() -> None:
    half = LIGHT.blend("#000000", 0.5)
    assert half.alpha() == 255
    assert half.red() in (127, 128)
    assert LIGHT.blend("#123456", 1.0) == QColor("#123456")
    assert LIGHT.blend("#123456", 0.0) == QColor(LIGHT.panel)


def test_appearance_changes_palette_icons_and_says_so(qapp: QApplication) -> None:
    heard: list[bool] = []
    themes = theme.current()
    def hear() -> None:
        heard.append(themes.colors.dark)

    themes.changed.connect(hear)
    action = QAction("x", qapp)
    themes.set_icon(action, "play")
    light = action.icon().pixmap(16).toImage()
    themes.apply("dark")
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window)
    assert action.icon().pixmap(16).toImage() != light
    themes.apply("light")
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.window)
    assert heard == [True, False]
    themes.changed.disconnect(hear)
    action.deleteLater()


def test_system_appearance_follows_the_desktop(qapp: QApplication) -> None:
    themes = theme.current()
    themes.apply("system")
    dark = qapp.styleHints().colorScheme() == Qt.ColorScheme.Dark
    assert themes.colors.dark is dark
    themes.apply("light")


def test_every_icon_can_be_drawn_and_is_drawn_in_one_colour(qapp: QApplication) -> None:
    for name in (path.stem for path in icon_folder().glob("*.svg")):
        image = theme.current().pixmap(name, 24, "error").toImage().convertToFormat(QImage.Format.Format_ARGB32)
        pixels = [QColor.fromRgba(image.pixel(x, y)) for x, y in itertools.product(range(image.width()), repeat=2)]
        solid = [pixel for pixel in pixels if pixel.alpha() > 200]
        assert solid, f"{name} is empty"
        wanted = QColor(theme.colors().error)
        near = [zip(pixel.getRgb()[:3], wanted.getRgb()[:3], strict=True) for pixel in solid]
        assert all(abs(a - b) < 4 for pairs in near for a, b in pairs), name


def test_an_unknown_icon_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(KeyError, match="no icon called 'unheard-of'"):
        theme.current().icon("unheard-of")


def test_type_scale(qapp: QApplication) -> None:
    base = theme.current().font().pointSizeF()
    steps = (Type.SMALL, Type.BODY, Type.HEADING, Type.TITLE)
    sizes = [theme.current().font(step).pointSizeF() / base for step in steps]
    assert sizes == pytest.approx([0.9, 1.0, 1.25, 1.6])


def test_muted_label_follows_the_palette(qtbot: object, qapp: QApplication) -> None:
    from studio.widgets import Label

    label: QLabel = Label("x", muted=True)
    label.show()
    theme.current().apply("dark")
    assert label.palette().color(label.foregroundRole()) == QColor(DARK.muted)
    theme.current().apply("light")
    assert label.palette().color(label.foregroundRole()) == QColor(LIGHT.muted)
    label.deleteLater()


def test_a_list_that_is_opened_again_shows_all_of_its_entries(qtbot: QtBot) -> None:
    box = QComboBox()
    qtbot.addWidget(box)
    box.addItems([f"entry {number}" for number in range(5)])
    box.show()
    view = box.view()
    for _ in range(3):
        box.showPopup()
        qtbot.waitUntil(view.isVisible)
        rows = [view.visualRect(box.model().index(row, 0)) for row in range(box.count())]
        assert all(view.viewport().rect().contains(row) for row in rows)
        assert min(row.height() for row in rows) >= 26
        QTest.keyClick(view, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not view.isVisible())


@pytest.fixture
def picture(qtbot: QtBot) -> Callable[[], QWidget]:
    """Makes a window with one of everything."""
    from studio.widgets import Button, CalmCombo, Card, IconButton, Label

    def make() -> QWidget:
        window = Card("A card", below="and what it says")
        qtbot.addWidget(window)
        box = CalmCombo()
        box.addItem("chosen")
        line = QLineEdit("text")
        for part in (Button("primary", "play", "primary"), Button("quiet", "close", "quiet"), box, line,
                     IconButton("reset", "back"), Label("muted", muted=True), QCheckBox("tick")):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            window.body.addWidget(part)
        window.resize(300, 360)
        window.show()
        return window

    return make


def test_after_a_change_everything_looks_as_if_it_had_begun_so(picture: Callable[[], QWidget]) -> None:
    changed = picture()
    theme.current().apply("dark")
    begun = picture()
    assert changed.grab().toImage() == begun.grab().toImage()
    before = changed.grab().toImage()
    theme.current().apply("light")
    assert changed.grab().toImage() != before
    assert changed.grab().toImage() == picture().grab().toImage()


@pytest.mark.parametrize("early", [True, False], ids=["shown at once", "shown later"])
def test_what_was_not_in_view_is_dressed_before_it_is_shown(
    picture: Callable[[], QWidget], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, early: bool
) -> None:
    monkeypatch.setattr("studio.theme.theme.PIECE_S", 0.0)  # a widget a piece
    themes, seen, unseen = theme.current(), picture(), picture()
    unseen.hide()
    themes.change("dark")
    assert not seen.updatesEnabled()  # nobody sees it half-changed
    while not seen.updatesEnabled():
        QCoreApplication.processEvents()
    if early:
        assert themes.changing
        themes.dress(unseen)
    else:
        qtbot.waitUntil(lambda: not themes.changing, timeout=5_000)
    unseen.show()
    wanted = picture().grab().toImage()
    assert seen.grab().toImage() == wanted
    assert unseen.grab().toImage() == wanted
    themes.change("light")  # again, before the first one has reached everything
    themes.change("dark")
    themes.change("light")
    qtbot.waitUntil(lambda: not themes.changing, timeout=5_000)
    assert seen.updatesEnabled()
    assert unseen.grab().toImage() == seen.grab().toImage() == picture().grab().toImage()


def test_what_asked_to_be_painted_just_before_a_change_does_not_keep_the_window_from_it(qtbot: QtBot) -> None:
    class Painted(QWidget):
        times = 0

        def paintEvent(self, event: QPaintEvent) -> None:
            self.times += 1

    window = QWidget()
    qtbot.addWidget(window)
    window.resize(300, 200)
    part = Painted(window)
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: part.times > 0)
    part.update()  # as the palette does when it goes
    theme.current().change("dark")
    QCoreApplication.sendPostedEvents(window, int(QEvent.Type.UpdateRequest))  # while nothing is painted
    part.times = 0
    qtbot.waitUntil(lambda: part.times > 0, timeout=5_000)
    qtbot.waitUntil(lambda: not theme.current().changing, timeout=5_000)
    theme.current().apply("light")
