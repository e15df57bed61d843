"""One document as the network gets it: its tokens, coloured."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QWidget

from studio import theme
from ulmengine.tokens import SPECIALS, Vocabulary

MOST = 3_000
"""Tokens shown of one document; more than anyone reads, few enough to be drawn at once."""
_GAP = "\u2009 "


class TokenView(QTextEdit):
    """Shows tokens as little boxes: marks of the text rules, words the vocabulary knows, words it does not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setAccessibleName(self.tr("Tokens of the document"))
        self._tokens: tuple[str, ...] = ()
        self._vocabulary: Vocabulary | None = None
        theme.current().changed.connect(self._draw)

    def show_tokens(self, tokens: Sequence[str], vocabulary: Vocabulary | None) -> None:
        """Show ``tokens``; those that ``vocabulary`` lacks are marked as unknown (None: all are taken as known)."""
        self._tokens, self._vocabulary = tuple(tokens), vocabulary
        self._draw()

    @property
    def tokens(self) -> tuple[str, ...]:
        """What is shown."""
        return self._tokens

    @Slot()
    def _draw(self) -> None:
        self.clear()
        cursor = QTextCursor(self.document())
        plain = QTextCharFormat()
        formats = {kind: self._format(kind) for kind in ("mark", "known", "other", "unknown")}
        cursor.beginEditBlock()
        for place, token in enumerate(self._tokens[:MOST]):
            cursor.insertText(shown(token), formats[self._kind(token, place)])
            cursor.insertText(_GAP, plain)
        if len(self._tokens) > MOST:
            cursor.insertText(self.tr("… %n more", "", len(self._tokens) - MOST), plain)
        cursor.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _kind(self, token: str, place: int) -> str:
        if token in SPECIALS:
            return "mark"
        if self._vocabulary is not None and token not in self._vocabulary:
            return "unknown"
        return "known" if place % 2 else "other"

    def _format(self, kind: str) -> QTextCharFormat:
        colors = theme.colors()
        look = QTextCharFormat()
        fill, ink = {
            "mark": (colors.color("accent_soft"), colors.color("accent")),
            "known": (colors.blend("text", 0.07), colors.color("text")),
            "other": (colors.blend("text", 0.13), colors.color("text")),
            "unknown": (colors.color("warn_soft"), colors.color("warn")),
        }[kind]
        look.setBackground(fill)
        look.setForeground(ink)
        if kind == "unknown":
            look.setFontUnderline(True)
        if kind == "mark":
            look.setFontPointSize(self.font().pointSizeF() * theme.Type.SMALL.scale)
        return look


def shown(token: str) -> str:
    """A token with its white space made visible and unable to break in the middle."""
    visible = token.replace("\n", "↵").replace("\t", "⇥").replace(" ", "\u00a0")
    return f"\u00a0{visible}\u00a0"
