"""How much of the corpus the vocabulary knows."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio import theme
from studio.pages.parts.painted import Painted
from studio.widgets import Paragraph
from ulmengine.tokens import Coverage

WORDS = 24
"""Unknown words that are named."""


class CoveragePanel(QWidget):
    """The share of running words known, as a bar and a number, and the commonest words that are not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = ShareBar()
        self.told = Paragraph("", muted=False)
        self.unknown = Paragraph("", theme.Type.SMALL)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.S)
        column.addWidget(self.bar)
        column.addWidget(self.told)
        column.addWidget(self.unknown)

    def show_coverage(self, coverage: Coverage | None, model: str) -> None:
        """Show what the vocabulary of ``model`` knows; an empty ``model``: the vocabulary is the corpus' own."""
        if coverage is None:
            self.bar.set_share(0.0)
            self.told.setText("")
            self.unknown.setText("")
            return
        self.bar.set_share(coverage.share)
        share = f"{coverage.share:.1%}"
        if model:
            self.told.setText(self.tr("{share} of the running words are known to {model}.").format(
                share=share, model=model))
        else:
            self.told.setText(self.tr(
                "No pretrained model is chosen. Of the running words {share} get a place in a vocabulary made of "
                "these documents; the others are too rare."
            ).format(share=share))
        if not model:
            self.unknown.setText("")
            return
        words = "   ".join(f"{visible(word)}\u00a0{count:,}" for word, count in coverage.unknown[:WORDS])
        self.unknown.setText(self.tr("Commonest unknown words:  {words}").format(words=words) if words else "")


def visible(word: str) -> str:
    """A word with the characters named that have no shape of their own."""
    return "".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in word)


class ShareBar(Painted):
    """A share between 0 and 1."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Share of running words known"))
        self._share = 0.0
        self.setFixedHeight(10)

    def set_share(self, share: float) -> None:
        """Show ``share``."""
        self._share = min(1.0, max(0.0, share))
        self.setAccessibleDescription(f"{self._share:.1%}")
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(200, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The bar on its ground."""
        painter = self.painter()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color("border"))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setBrush(self.color("series1"))
        painter.drawRoundedRect(QRectF(0, 0, self.width() * self._share, self.height()), 4, 4)
        painter.end()
