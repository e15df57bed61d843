"""One document: its text, or its tokens."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from studio import theme
from studio.widgets import Button, ElidedLabel, IconButton, Paragraph
from ulmengine.tokens import Tokenizer

from .tokens import TokenView

LONGEST = 200_000
"""Characters of a document that are shown."""


class DocumentPanel(QWidget):
    """The document picked in the table, as tokens or as it stands in the file."""

    stepped = Signal(int)
    """The person wants the next (1) or the previous (-1) document."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._tokenizer: Tokenizer | None = None
        self._learnt = ""
        self.heading = ElidedLabel(self.tr("No document is picked"), theme.Type.STRONG)
        self.back = IconButton("chevron-up", self.tr("Previous document"))
        self.forth = IconButton("chevron-down", self.tr("Next document"))
        self.switch = Button(self.tr("Show the text"), "text", "quiet")
        self.tokens = TokenView()
        self.plain = QPlainTextEdit()
        self.plain.setReadOnly(True)
        self.plain.setTabChangesFocus(True)
        self.plain.setAccessibleName(self.tr("Text of the document"))
        self.legend = Paragraph("", theme.Type.SMALL)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.tokens)
        self._stack.addWidget(self.plain)
        self._arrange()
        self.back.clicked.connect(self._go_back)
        self.forth.clicked.connect(self._go_forth)
        self.switch.clicked.connect(self._switch)
        self._retell()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.XS)
        top.addWidget(self.heading, 1)
        top.addWidget(self.switch)
        top.addWidget(self.back)
        top.addWidget(self.forth)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.M, 0, 0)
        column.setSpacing(theme.S)
        column.addLayout(top)
        column.addWidget(self._stack, 1)
        column.addWidget(self.legend)

    def set_tokenizer(self, tokenizer: Tokenizer | None, learnt: str) -> None:
        """Cut documents with ``tokenizer``; ``learnt`` says where its vocabulary comes from."""
        self._tokenizer, self._learnt = tokenizer, learnt
        self._show()

    def show_document(self, heading: str, text: str) -> None:
        """Show another document; an empty ``heading`` for none."""
        self.heading.setText(heading or self.tr("No document is picked"))
        self._text = text
        self._show()

    def _show(self) -> None:
        self.plain.setPlainText(self._text[:LONGEST])
        if self._tokenizer is None or not self._text:
            self.tokens.show_tokens((), None)
        else:
            self.tokens.show_tokens(self._tokenizer.tokens(self._text[:LONGEST]), self._tokenizer.vocabulary)
        self._retell()

    def _retell(self) -> None:
        if not self._text:
            self.legend.setText(self.tr("Pick a row in the table to see the document as the network gets it."))
        elif self._tokenizer is None:
            self.legend.setText(self.tr("The tokens are shown as soon as the corpus has been read."))
        else:
            told = self.tr("{tokens} tokens, {unknown} of them unknown (underlined) to the vocabulary {learnt}.")
            self.legend.setText(told.format(
                tokens=f"{len(self.tokens.tokens):,}", unknown=f"{self.tokens.unknown():,}", learnt=self._learnt
            ))

    @Slot()
    def _switch(self) -> None:
        plain = self._stack.currentWidget() is self.tokens
        self._stack.setCurrentWidget(self.plain if plain else self.tokens)
        self.switch.setText(self.tr("Show the tokens") if plain else self.tr("Show the text"))
        self.switch.setAccessibleName(self.switch.text())

    @Slot()
    def _go_back(self) -> None:
        self.stepped.emit(-1)

    @Slot()
    def _go_forth(self) -> None:
        self.stepped.emit(1)
