"""A language in which every text is put in brackets: what stands without them cannot be translated."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.app import make_window
from studio.frame.commands import TABLE, keys_in_force, text_of
from studio.frame.language import install_language
from studio.frame.palette import Palette
from studio.pages import available
from studio.settings import Settings
from studio.widgets import ElidedLabel
from studio.window import MainWindow
from tests.gui.fakes import FakeRun, ScriptedAsk

NAMES = re.compile(
    r"ULMFiT Studio|project|AdamW|Adam|SGD|NT-ASGD|float32|bfloat16|float16|cpu|cuda.*|mps|/.*|\S+\.csv"
    r"|head|decoder|embedding|layer \d|Ctrl\+.*|F\d+|F, L|→.*|[\d.,]+ [kMG]|x|[A-Z]:.*"
    r"|English, small \(Wikipedia.*\)|(about )?[\d.]+ [MG]B"
)
"""Names, keys, figures: the same in every language. Layer groups go by the engine's names."""


class Brackets(QTranslator):
    """Translates everything."""

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return f"⟦{text}⟧" if text else ""

    def isEmpty(self) -> bool:
        return False


@pytest.fixture
def window(
    qtbot: QtBot, run: FakeRun, settings: Settings, ask: ScriptedAsk, tmp_path: Path
) -> Iterator[MainWindow]:
    language = Brackets()
    QApplication.installTranslator(language)
    made = make_window(settings, ask, run)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    assert made.shell.new_project(tmp_path / "project")
    made.show()
    yield made
    made.close()
    QApplication.removeTranslator(language)


def texts(widget: QWidget) -> Iterator[str]:
    """Everything that ``widget`` and what it holds say to the eye and to a screen reader."""
    for one in (widget, *widget.findChildren(QWidget)):
        if isinstance(one, (QLabel, ElidedLabel, QAbstractButton)):
            yield one.text()
        elif isinstance(one, QComboBox):
            yield from (one.itemText(n) for n in range(one.count()))
        yield one.accessibleName()
        yield re.sub(r"</?p>", "", one.toolTip())


def untranslated(widget: QWidget) -> set[str]:
    found = {text for text in texts(widget) if re.search(r"[A-Za-z]{2}", text) and "⟦" not in text}
    return {text for text in found if not NAMES.fullmatch(text)}


@pytest.mark.parametrize("key", ["model", "rates", "settings"])
def test_everything_on_a_page_can_be_translated(window: MainWindow, key: str) -> None:
    window.go(key)
    page = window.pages.page(key)
    assert page is not None
    assert untranslated(page) == set()


def test_everything_of_the_frame_can_be_translated(window: MainWindow) -> None:
    window.open_palette()
    assert untranslated(window.rail) | untranslated(window.bar) == set()
    palette = window.findChild(Palette)
    assert palette is not None
    assert {entry.title for entry in window.palette_entries() if "⟦" not in entry.title} == set()


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    """A folder with a translation of two words into Esperanto."""
    source = tmp_path / "studio_eo.ts"
    source.write_text("""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS><TS version="2.1" language="eo"><context><name>Commands</name>
<message><source>New project</source><translation>Nova projekto</translation></message></context>
<context><name>Pages</name><message><source>Settings</source><translation>Agordoj</translation></message></context></TS>
""", encoding="utf-8")
    made = subprocess.run([sys.executable, "-c", "from PySide6.scripts.pyside_tool import lrelease; lrelease()",
                           str(source)], capture_output=True, text=True)
    if not (tmp_path / "studio_eo.qm").is_file():
        pytest.skip(f"no lrelease here: {made.stderr}")
    return tmp_path


def test_a_translation_that_is_there_is_spoken(compiled: Path, qapp: QApplication) -> None:
    installed = install_language(qapp, QLocale("eo"), compiled)
    try:
        keys = keys_in_force({})
        assert {text_of(line): keys[line.slot] for line in TABLE}["Nova projekto"] == "Ctrl+N"
        assert available()[-1].words() == "Agordoj"
        assert available()[0].words() == "Home"
    finally:
        for translator in installed:
            qapp.removeTranslator(translator)
    assert install_language(qapp, QLocale("tlh"), compiled) == []
