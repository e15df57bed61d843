"""One document: its text, or its tokens."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QStackedWidget, QTextEdit, QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.pages.parts.correct_label import CorrectLabel
from studio.widgets import Button, ElidedLabel, IconButton, Paragraph
from studio.widgets.layouts import STRETCH, in_column, in_row
from ulmengine.corpus import Documents
from ulmengine.events import Failed
from ulmengine.tokens import SPECIALS, Tokenizer, Vocabulary

from .jobs import Seen, read_document

PATIENCE_MS = 250
"""So long the document before stays in view; then it is said that the next one is being read."""


class DocumentPanel(QWidget):
    """The document picked in the table, as tokens or as it stands in the file.

    It is read and cut in the background: with a document as long as a book that takes a while.
    """

    stepped = Signal(int)
    """The person wants the next (1) or the previous (-1) document."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._documents: Documents | None = None
        self._row = 0
        self._tokenizer: Tokenizer | None = None
        self._learnt = ""
        self._seen: Seen | None = None
        self._work = JobSlot(self, self._read, self._failed)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._still_reading)
        self.heading = ElidedLabel(self.tr("No document is picked"), theme.Type.STRONG)
        self.back = IconButton("chevron-up", self.tr("Previous document"))
        self.forth = IconButton("chevron-down", self.tr("Next document"))
        self.switch = Button(self.tr("Show the text"), "text", "quiet")
        self.tokens = TokenView()
        self.plain = QPlainTextEdit(readOnly=True, tabChangesFocus=True)
        self.plain.setAccessibleName(self.tr("Text of the document"))
        self.legend = Paragraph("", theme.Type.SMALL)
        self.correct = CorrectLabel()
        self.correct.hide()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.tokens)
        self._stack.addWidget(self.plain)
        tools = in_row(self.switch, STRETCH, self.back, self.forth, gap=theme.XS)
        in_column(self.heading, tools, (self._stack, 1), self.legend, self.correct, inside=self,
                  margins=(0, theme.M, 0, 0))
        self.back.clicked.connect(self._go_back)
        self.forth.clicked.connect(self._go_forth)
        self.switch.clicked.connect(self._switch)
        self._retell()

    @property
    def reading(self) -> bool:
        """Whether a document is on its way."""
        return self._work.running

    def set_tokenizer(self, tokenizer: Tokenizer | None, learnt: str) -> None:
        """Cut documents with ``tokenizer``; ``learnt`` says where its vocabulary comes from."""
        self._tokenizer, self._learnt = tokenizer, learnt
        self._begin()

    def show_document(self, heading: str, documents: Documents, row: int) -> None:
        """Show the document of another source row."""
        self.heading.setText(heading)
        self._documents, self._row = documents, row
        self._begin()

    @property
    def row(self) -> int | None:
        """The source row in view."""
        return None if self._documents is None else self._row

    def show_labels(self, labels: Sequence[str]) -> None:
        """The document bears these labels, which can be corrected; without any nothing can."""
        self.correct.setVisible(bool(labels))
        self.correct.show_document(labels)

    def focus_label(self) -> None:
        """Let the keys choose the right label."""
        box = self.correct.several if self.correct.one.isHidden() else self.correct.one
        box.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def clear(self) -> None:
        self.correct.hide()
        self.heading.setText(self.tr("No document is picked"))
        self._documents = None
        self._begin()

    def _begin(self) -> None:
        documents, row, tokenizer = self._documents, self._row, self._tokenizer
        if documents is None:
            self._work.cancel()
            self._patience.stop()
            self._show(None)
        else:
            self._patience.start()
            self._work.start(lambda: read_document(documents, row, tokenizer))

    @Slot(object)
    def _read(self, seen: Seen) -> None:
        self._patience.stop()
        self._show(seen)

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        self._patience.stop()
        self._show(None)
        self.legend.setText(failure.title)

    @Slot()
    def _still_reading(self) -> None:
        self._show(None)
        self.legend.setText(self.tr("Reading the document…"))

    def _show(self, seen: Seen | None) -> None:
        self._seen = seen
        self._fill()
        self._retell()

    def _fill(self) -> None:
        """Fill the view that is in front, and only that: laying a long text out takes a while."""
        seen = self._seen
        if self._stack.currentWidget() is self.plain:
            self.plain.setPlainText(seen.text if seen else "")
        else:
            known = self._tokenizer.vocabulary if self._tokenizer else None
            self.tokens.show_tokens((seen.tokens or ()) if seen else (), known)

    def _retell(self) -> None:
        seen = self._seen
        if seen is None:
            self.legend.setText(self.tr("Pick a row in the table to see the document as the network gets it."))
            return
        if seen.tokens is None:
            told = self.tr("The tokens are shown as soon as the corpus has been read.")
        else:
            told = self.tr("{tokens} tokens, {unknown} of them unknown (underlined) to the vocabulary {learnt}.")
            told = told.format(tokens=f"{len(seen.tokens):,}", unknown=f"{seen.unknown:,}", learnt=self._learnt)
        if seen.characters > len(seen.text):
            told += " " + self.tr("These are the first {shown} of {all} characters.").format(
                shown=f"{len(seen.text):,}", all=f"{seen.characters:,}")
        self.legend.setText(told)

    @Slot()
    def _switch(self) -> None:
        plain = self._stack.currentWidget() is self.tokens
        self._stack.setCurrentWidget(self.plain if plain else self.tokens)
        self._fill()
        self.switch.setText(self.tr("Show the tokens") if plain else self.tr("Show the text"))
        self.switch.setAccessibleName(self.switch.text())

    @Slot()
    def _go_back(self) -> None:
        self.stepped.emit(-1)

    @Slot()
    def _go_forth(self) -> None:
        self.stepped.emit(1)


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
