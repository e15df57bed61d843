"""Every page, looked at by the machine: no cut text, no control without a name, Tab reads on, nothing but English.

What is looked at are the scenes that ``python -m tests.gui.screens`` takes pictures of; what counts as a fault stands
in ``looking.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QStyle,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio import theme
from studio.engine.job import shutdown_jobs
from studio.frame.placing import SMALLEST
from studio.pages import available
from studio.pages.base import Page
from studio.pages.corpus.understood import ENCODINGS
from studio.widgets import Button, CalmCombo, IconButton, Label
from studio.widgets.layouts import scrolling
from studio.window import MainWindow
from ulmengine.corpus.readers.formats import FORMAT_NAMES

from . import looking
from .scenes import STATES, Material, Scene, at_rest, made_up

SIZES = ((1280, 800), (SMALLEST.width(), SMALLEST.height()))
NAMES = (
    r"ULMFiT Studio|made|New|New \(2\)|AdamW|Adam|SGD|NT-ASGD|float32|bfloat16|float16|cpu|cuda.*"
    r"|mps|/.*|\S+\.(csv|jsonl)|head|decoder|embedding|layer \d|Ctrl\+.*|F\d+|F, L|→.*|[\d.,]+ [kMG]|[A-Z]:.*"
    r"|English, small \(Wikipedia.*\)|(about )?[\d.]+ [kMG]B|bad|good|so-so|text|label|source|2026-01-.*"
)
"""Names, keys, figures and the labels of the corpus: the same in every language."""


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return made_up(tmp_path_factory.mktemp("looks") / "made")


@pytest.fixture
def foreign() -> Iterator[None]:
    """Everything is said in another language."""
    language = looking.Brackets()
    QApplication.installTranslator(language)
    yield
    QApplication.removeTranslator(language)


class Looks:
    """The tests of one page; ``key`` is the page's."""

    key = ""
    names = ""
    """What else on this page is no text of the program, as a pattern."""

    @pytest.fixture
    def scene(self, tmp_path: Path, material: Material, qtbot: QtBot) -> Iterator[Scene]:
        made = Scene(tmp_path / "scene", material)
        yield made
        made.close()
        assert shutdown_jobs(20)

    def test_no_text_is_cut(self, scene: Scene) -> None:
        self.no_text_is_cut(scene, "full")

    def test_names_order_and_language(self, foreign: None, scene: Scene) -> None:
        self.named_ordered_translated(scene, "full")

    @pytest.mark.slow
    def test_no_text_is_cut_on_any_tab(self, scene: Scene) -> None:
        page, found = scene.show(self.key, "full"), []
        for tabs in page.findChildren(QTabWidget):
            for place in range(tabs.count()):
                if tabs.isVisible() and tabs.isTabVisible(place):
                    tabs.setCurrentIndex(place)
                    at_rest(scene.window)
                    found += [f"{tabs.tabText(place)} {fault}" for fault in self.faults_of_size(scene, page)]
        none(found)

    @pytest.mark.slow
    @pytest.mark.parametrize("state", [state for state in STATES if state != "full"])
    def test_no_text_is_cut_in_other_states(self, scene: Scene, state: str) -> None:
        self.no_text_is_cut(scene, state)

    @pytest.mark.slow
    @pytest.mark.parametrize("state", [state for state in STATES if state != "full"])
    def test_names_order_and_language_in_other_states(self, foreign: None, scene: Scene, state: str) -> None:
        self.named_ordered_translated(scene, state)

    def test_icons_are_drawn_in_the_colours_of_the_theme(self, scene: Scene) -> None:
        scene.show(self.key, "full")
        scene.shell.toast("Some news", "warning", "Do it", scene.window.raise_)
        for mode in ("dark", "light"):
            theme.current().apply(mode)
            QTest.qWait(30)
            found = looking.foreign_icons(scene.window)
            none([f"{mode}: {fault}" for fault in found])

    def no_text_is_cut(self, scene: Scene, state: str) -> None:
        """Nothing is cut, squeezed or to be scrolled sideways at any of the sizes."""
        page = scene.show(self.key, state)
        none(self.faults_of_size(scene, page))

    def faults_of_size(self, scene: Scene, page: Page) -> list[str]:
        """What is wrong at each of the sizes."""
        found = []
        for width, height in SIZES:
            scene.window.setMinimumSize(0, 0)
            scene.window.resize(width, height)
            at_rest(scene.window)
            faults = [*looking.clipped(scene.window), *looking.squeezed(page), *looking.beyond(page)]
            found += [f"{width}x{height}: {fault}" for fault in faults]
        return found

    def named_ordered_translated(self, scene: Scene, state: str) -> None:
        """Controls have names, Tab goes through them as one reads, and every word is the translator's."""
        page = scene.show(self.key, state)
        scene.window.setMinimumSize(0, 0)
        scene.window.resize(*SIZES[0])
        at_rest(scene.window)
        names = re.compile(f"{NAMES}|{self.names}" if self.names else NAMES)
        found = [*looking.unnamed(scene.window), *looking.broken_tab_order(page)]
        wild = set(looking.untranslated(scene.window, names))
        for tabs in page.findChildren(QTabWidget):
            for place in range(tabs.count() if tabs.isVisible() else 0):
                tabs.setCurrentIndex(place)
                found += looking.unnamed(page)
                wild.update(looking.untranslated(page, names))
        none([*found, *(f"not translated: {text!r}" for text in sorted(wild))])


def none(found: list[str]) -> None:
    """Fail with all of ``found``."""
    if found:
        pytest.fail("\n".join(found), pytrace=False)


class TestHome(Looks):
    key = "home"


class TestCorpus(Looks):
    key = "corpus"
    names = "|".join((*ENCODINGS, *FORMAT_NAMES))


class TestModel(Looks):
    key = "model"


class TestRates(Looks):
    key = "rates"


class TestTrain(Looks):
    key = "train"


class TestEvaluate(Looks):
    key = "evaluate"
    names = r"(bad|good|so-so)  \d+%|text number.*"


class TestClassify(Looks):
    key = "classify"


class TestRuns(Looks):
    key = "runs"


class TestModels(Looks):
    key = "models"


class TestSettings(Looks):
    key = "settings"


def test_every_page_is_looked_at() -> None:
    assert {one.key for one in Looks.__subclasses__()} == {entry.key for entry in available()}


# What is looked for is found


def shown(qtbot: QtBot, *parts: QWidget) -> QWidget:
    """A window with ``parts`` below one another."""
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    for part in parts:
        column.addWidget(part)
    window.show()
    at_rest(window)
    return window


def test_a_cut_text_is_found(qtbot: QtBot) -> None:
    label, button, box = Label("quite a long sentence"), Button("another long sentence"), CalmCombo()
    box.addItem("chosen of a list")
    window = shown(qtbot, label, button, box)
    assert looking.clipped(window) == []
    for part in (label, button, box):
        part.setFixedWidth(40)
    at_rest(window)
    assert len(looking.clipped(window)) == 3


def test_a_page_that_is_too_wide_or_squeezed_is_found(qtbot: QtBot) -> None:
    inside = Button("wide")
    inside.setMinimumWidth(500)
    window = shown(qtbot, scrolling(inside))
    window.resize(300, 200)
    at_rest(window)
    assert len(looking.beyond(window)) == 1
    window.resize(600, 200)
    at_rest(window)
    assert looking.beyond(window) == looking.squeezed(window) == []
    assert window.layout() is not None
    window.layout().setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
    window.setMinimumSize(0, 0)
    window.resize(300, 10)
    at_rest(window)
    assert looking.squeezed(window)


def test_a_control_without_a_name_is_found(qtbot: QtBot) -> None:
    line, box, named = QLineEdit(), QComboBox(), QLineEdit()
    caption = QLabel("Name")
    caption.setBuddy(named)
    window = shown(qtbot, line, box, caption, named, QPushButton("text"))
    assert len(looking.unnamed(window)) == 2
    line.setAccessibleName("a line")
    box.setAccessibleName("a list")
    assert looking.unnamed(window) == []


def test_an_order_that_jumps_back_is_found(qtbot: QtBot) -> None:
    first, second, third = (QPushButton(text) for text in ("first", "second", "third"))
    page = QWidget()
    column = QVBoxLayout(page)
    for one in (first, second, third):
        column.addWidget(one)
    frame, other = QPushButton("frame"), QPushButton("other")
    window = shown(qtbot, frame, other, page)
    assert window.isVisible()
    assert looking.broken_tab_order(page) == []
    QWidget.setTabOrder(third, second)
    assert [fault[:14] for fault in looking.broken_tab_order(page)] == ["Tab jumps back"]
    QWidget.setTabOrder(second, third)
    QWidget.setTabOrder(second, other)
    QWidget.setTabOrder(other, third)
    assert any(fault.startswith("Tab leaves the page") for fault in looking.broken_tab_order(page))
    third.setFocusProxy(first)
    second.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    assert looking.broken_tab_order(page) == []


def test_a_text_that_is_not_translated_is_found(qtbot: QtBot, foreign: None) -> None:
    translated = QLabel(QApplication.translate("Test", "translated"))
    window = shown(qtbot, translated, QLabel("plain"), QLabel("/tmp/a.csv"))
    assert looking.untranslated(window, re.compile(NAMES)) == ["plain"]
    translated.setToolTip("so is this")
    assert looking.untranslated(window, re.compile(NAMES)) == ["plain", "so is this"]


def test_an_icon_in_a_foreign_colour_is_found(qtbot: QtBot) -> None:
    shown = QWidget()
    qtbot.addWidget(shown)
    column = QVBoxLayout(shown)
    ours, standard, old = IconButton("close", "ours"), QPushButton("standard"), QLabel()
    standard.setIcon(shown.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxCritical))
    standard.setText("standard")
    for part in (ours, standard, old):
        column.addWidget(part)
    old.setPixmap(theme.current().pixmap("info", 16, "accent"))
    shown.show()
    assert [fault.partition(" in ")[0] for fault in looking.foreign_icons(shown)] == ["QPushButton 'standard'"]
    theme.current().apply("dark")
    assert len(looking.foreign_icons(shown)) == 2  # nobody has drawn the label's anew


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_windows_beside_the_main_one_have_icons_of_the_theme(window: MainWindow, mode: theme.Mode) -> None:
    theme.current().apply(mode)
    window.commands["show_help"].trigger()
    window.commands["show_shortcuts"].trigger()
    box, ask, line = QMessageBox(window), QInputDialog(window), QLineEdit(window)
    box.setStandardButtons(QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel)
    line.setClearButtonEnabled(True)
    line.setText("so that it can be cleared")
    for one in (box, ask, line):
        one.show()
    shown = [*window.findChildren(QDialog), line]
    assert len(shown) == 5
    assert any(one.isVisible() for one in line.findChildren(QToolButton))
    found = [fault for one in shown for fault in looking.foreign_icons(one)]
    for one in shown:
        one.close()
    none(found)
