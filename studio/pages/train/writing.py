"""What the language model writes as it learns: the newest text, and how it wrote before."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from studio import theme
from studio.theme import Type
from studio.widgets import Card, IconButton
from ulmengine.events import TextWritten

LEAST, MOST = 3, 12
"""Lines of the text that are shown, as there is room."""


class WholeLines(QPlainTextEdit):
    """A text to be read, of which no line is ever cut in half, however high it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rest = 0
        self.setReadOnly(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.document().setDocumentMargin(0)
        self.setViewportMargins(0, theme.XS, 0, theme.XS)
        theme.set_type(self, Type.SMALL)
        self._fit()

    @property
    def line(self) -> int:
        """Height of a line, px."""
        return self.fontMetrics().lineSpacing()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        """Give the space that a whole line does not fill to the margin below."""
        around = max(0, self.height() - self.viewport().height() - self._rest)
        self.setMinimumHeight(around + LEAST * self.line)
        self.setMaximumHeight(around + MOST * self.line)
        rest = max(0, self.height() - around) % self.line
        if rest != self._rest:
            self._rest = rest
            self.setViewportMargins(0, theme.XS, 0, theme.XS + rest)


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
        self.text = WholeLines()
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
