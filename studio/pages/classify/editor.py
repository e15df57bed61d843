"""The text to be classified, with the words marked that its label hangs on."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Slot
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QWidget

from studio import theme
from studio.widgets import paths_in
from ulmengine.inference.explain import Explanation

STRONGEST = 0.55
"""How far the strongest word's ground is blended towards the full colour."""
_FAINTEST = 0.12
"""Weights below this share of the strongest are left unmarked."""
MOST_MARKS = 600
"""Of a long text only so many of the strongest words are marked: each mark is painted anew at every key stroke."""


class MarkedEditor(QTextEdit):
    """Plain text to type or paste. Marks lie over the text and never change it, so undo is the person's own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setAccessibleName(self.tr("Text to classify"))
        self.setPlaceholderText(self.tr("Type or paste a text here. Its label appears as you type."))
        self._explanation: Explanation | None = None
        theme.current().changed.connect(self._mark)

    def show_explanation(self, explanation: Explanation | None) -> None:
        """Mark the words of ``explanation``; None: no marks."""
        self._explanation = explanation
        self._mark()

    def marks(self) -> list[tuple[str, bool]]:
        """The marked words and whether each speaks for the label."""
        return [(selection.cursor.selectedText(), bool(selection.format.property(_FOR)))
                for selection in self.extraSelections()]

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Files are for the page, which classifies them; only text goes in here."""
        return not paths_in(source) and super().canInsertFromMimeData(source)

    @Slot()
    def _mark(self) -> None:
        found = self._explanation
        if found is None or found.text != self.toPlainText():
            self.setExtraSelections([])
            return
        place = utf16_places(found.text)
        selections: list[QTextEdit.ExtraSelection] = []
        strengths = found.scaled()
        faintest = max(_FAINTEST, *sorted(map(abs, strengths))[-MOST_MARKS:][:1])
        for word, strength in zip(found.words, strengths, strict=True):
            if abs(strength) >= faintest and len(selections) < MOST_MARKS:
                selection = QTextEdit.ExtraSelection()
                cursor = QTextCursor(self.document())
                cursor.setPosition(place[word.start])
                cursor.setPosition(place[word.end], QTextCursor.MoveMode.KeepAnchor)
                selection.cursor = cursor
                selection.format = mark_format(strength)
                selections.append(selection)
        self.setExtraSelections(selections)


_FOR = int(QTextCharFormat.Property.UserProperty)


def mark_format(strength: float) -> QTextCharFormat:
    """The look of a word that speaks for the label (above 0) or against it: by colour, and against also by a line."""
    colors = theme.colors()
    look = QTextCharFormat()
    name = "series1" if strength > 0 else "series2"
    look.setBackground(colors.blend(name, STRONGEST * abs(strength)))
    look.setForeground(colors.color("text"))
    if strength < 0:
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DashUnderline)
        look.setUnderlineColor(colors.color(name))
    look.setProperty(_FOR, strength > 0)
    return look


def utf16_places(text: str) -> list[int]:
    """For each character of ``text`` (and its end) the position that Qt counts, two for a character beyond 16 bits."""
    places, at = [], 0
    for character in text:
        places.append(at)
        at += 2 if ord(character) > 0xFFFF else 1
    return [*places, at]
