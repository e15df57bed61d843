"""What the tests of the Corpus page share: a wait for quiet, a file opened, a list used by hand."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from studio.pages.corpus.page import CorpusPage


def settle(qtbot: QtBot, page: CorpusPage) -> None:
    qtbot.waitUntil(lambda: not page.analysis.busy and not page.document.reading, timeout=60_000)


def opened(qtbot: QtBot, page: CorpusPage, path: Path) -> None:
    page.dropped([str(path)])
    settle(qtbot, page)


def typed(qtbot: QtBot, box: QComboBox, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    line = box.lineEdit()
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Delete)  # an empty text takes the place of what stood there too
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, key)


def choose(box: QComboBox, value: str) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())
