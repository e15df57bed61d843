"""What the language model writes as it learns: the newest text, and how it wrote before."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studio import theme
from studio.theme import Type
from studio.widgets import Card, IconButton
from ulmengine.events import TextWritten

HEIGHT = 66


class Writing(Card):
    """One text at a time, with a way back to those before. Hidden as long as nothing was written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(" ", margin=theme.M, parent=parent)
        self.texts: list[TextWritten] = []
        self.at = -1
        self.back = IconButton("chevron-left", self.tr("How it wrote one epoch earlier"))
        self.forth = IconButton("chevron-right", self.tr("How it wrote one epoch later"))
        self.header.addWidget(self.back)
        self.header.addWidget(self.forth)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFixedHeight(HEIGHT)
        self.text.setWordWrapMode(QTextOption.WrapMode.WordWrap)
        self.text.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        theme.set_type(self.text, Type.SMALL)
        self.text.setAccessibleName(self.tr("Text written by the language model"))
        self.body.addWidget(self.text)
        self.back.clicked.connect(self._back)
        self.forth.clicked.connect(self._forth)
        self.hide()

    def show_texts(self, texts: list[TextWritten]) -> None:
        """Show ``texts``, oldest first; the newest one unless an earlier one is being read."""
        if texts == self.texts:
            return
        newest = self.at == len(self.texts) - 1
        self.texts = list(texts)
        self.setVisible(bool(texts))
        self._go(len(texts) - 1 if newest else min(self.at, len(texts) - 1))

    @Slot()
    def _back(self) -> None:
        self._go(self.at - 1)

    @Slot()
    def _forth(self) -> None:
        self._go(self.at + 1)

    def _go(self, at: int) -> None:
        self.at = at
        self.back.setEnabled(at > 0)
        self.forth.setEnabled(at < len(self.texts) - 1)
        if 0 <= at < len(self.texts):
            one = self.texts[at]
            self.set_title(self.tr("It writes, after epoch {epoch}").format(epoch=one.epoch))
            text = one.text if one.text.startswith(one.prompt) else f"{one.prompt} … {one.text}"
            if self.text.toPlainText() != text:
                self.text.setPlainText(text)
