"""The text to be classified, with the words marked that its label hangs on."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QSizePolicy, QTextEdit, QWidget

from studio import theme
from studio.pages.parts.painted import Painted
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


_PAD = 4


class MarksLegend(Painted):
    """Two words marked as the words of the text are: one for the label, one against it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._words: tuple[str, ...] = ()

    def show_label(self, label: str) -> None:
        """Say what speaks for and against ``label``; "" for nothing."""
        self._words = (self.tr("for {label}").format(label=label), self.tr("against it")) if label else ()
        self.setAccessibleName(self.tr("Marked words speak for {label}, underlined ones against it").format(
            label=label) if label else "")
        self.setToolTip(self.accessibleName())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, round(self.metrics(theme.Type.SMALL).height()) + 2 * _PAD)

    def minimumSizeHint(self) -> QSize:
        """As high as it is, and as narrow as may be."""
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._words:
            return
        painter, metrics = self.painter(), self.metrics(theme.Type.SMALL)
        painter.setFont(self.type(theme.Type.SMALL))
        left = self._say(painter, 0.0, self.lead()) if self.lead() else 0.0
        for number, words in enumerate(self._words):
            room = self.width() - left - 2 * _PAD - (0 if number else metrics.horizontalAdvance(self._words[1]) + 24)
            text = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, max(24.0, room))
            left = self._mark(painter, left, text, against=bool(number)) + theme.S
        painter.end()

    def lead(self) -> str:
        """What stands before the two; nothing where a long label needs the room."""
        metrics, lead = self.metrics(theme.Type.SMALL), self.tr("These words speak")
        marked = sum(metrics.horizontalAdvance(words) + 2 * _PAD + theme.S for words in self._words)
        return lead if metrics.horizontalAdvance(lead) + theme.S + marked <= self.width() else ""

    def _say(self, painter: QPainter, left: float, text: str) -> float:
        """Plain words; gives where they end."""
        width = self.metrics(theme.Type.SMALL).horizontalAdvance(text)
        painter.setPen(self.color("muted"))
        painter.drawText(QRectF(left, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        return left + width + theme.S

    def _mark(self, painter: QPainter, left: float, text: str, *, against: bool) -> float:
        """A mark with ``text`` in it; gives where it ends."""
        metrics, name = self.metrics(theme.Type.SMALL), "series2" if against else "series1"
        box = QRectF(left, _PAD / 2, metrics.horizontalAdvance(text) + 2 * _PAD, self.height() - _PAD)
        painter.fillRect(box, self.blend(name, STRONGEST))
        painter.setPen(self.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        if against:
            painter.setPen(QPen(self.color(name), 1.5, Qt.PenStyle.DashLine))
            y = box.bottom() - 2
            painter.drawLine(QPointF(box.left() + _PAD, y), QPointF(box.right() - _PAD, y))
        return box.right()
