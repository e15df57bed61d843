"""One text: typed or pasted, answered as it changes."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.pages.parts.painted import Painted
from studio.pages.parts.scroll import scrolling
from studio.widgets import Button, Card, ElidedLabel, Paragraph
from ulmengine.events import Failed
from ulmengine.inference.explain import Explanation

from .answering import Answer, Answering
from .editor import MarkedEditor, MarksLegend

GATHER_MS = 5
"""Keys that come within so long are one change."""
PAUSE_MS = 200
"""Which words count is asked when nothing was typed for so long: the answer itself never waits for it."""


class OneText(QWidget):
    """Editor on the left; label, probabilities and what the colours mean on the right."""

    failed = Signal(object)
    """A :class:`ulmengine.events.Failed`."""
    answered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answering: Answering | None = None
        self._wanted: str | None = None
        self.answer: Answer | None = None
        self.editor = MarkedEditor()
        self.label = ElidedLabel("", theme.Type.TITLE)
        self.told = Paragraph("", theme.Type.SMALL)
        self.bars = ProbabilityBars()
        self.legend = MarksLegend()
        self.hint = Paragraph(self.tr("Pick a label to see which words speak for it."), theme.Type.SMALL)
        self.clear = Button(self.tr("Clear"), "close", "quiet")
        self._gather, self._pause = _timer(self, GATHER_MS), _timer(self, PAUSE_MS)
        self._slot, self._words = JobSlot(self), JobSlot(self)
        self._arrange()
        self.editor.textChanged.connect(self._changed)
        self.clear.clicked.connect(self._clear)
        self.bars.picked.connect(self._explain)
        self._gather.timeout.connect(self._gathered)
        self._pause.timeout.connect(self._weigh)
        self._slot.finished.connect(self._answered)
        self._slot.failed.connect(self._failed)
        self._words.finished.connect(self._weighed)
        self._words.failed.connect(self._failed)
        self._show(None)

    def _arrange(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(theme.XS)
        left.addWidget(self.editor, 1)
        line = QHBoxLayout()
        line.addWidget(self.legend, 1, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.clear)
        left.addLayout(line)
        card = Card()
        card.body.addWidget(self.label)
        card.body.addWidget(self.told)
        card.body.addWidget(self.bars)
        card.body.addWidget(self.hint)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.S, 0)
        column.addWidget(card)
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.M, 0, 0)
        row.setSpacing(theme.L)
        row.addLayout(left, 3)
        row.addWidget(scrolling(inside), 2)

    def set_model(self, answering: Answering | None) -> None:
        """Ask another model, at once."""
        self._answering, self._wanted = answering, None
        self._show(None)
        self.ask()

    @property
    def busy(self) -> bool:
        """Whether an answer, or which words count for it, is on its way."""
        return self._gather.isActive() or self._pause.isActive() or self._slot.running or self._words.running

    @Slot()
    def ask(self) -> None:
        """Ask about the text as it stands, and which words count, at once; what was asked before is of the past."""
        self._pause.stop()
        self._begin()

    def _begin(self) -> None:
        self._gather.stop()
        self._words.cancel()
        text, answering = self.editor.toPlainText(), self._answering
        if answering is None or not text.strip():
            self._slot.cancel()
            self._show(None)
        else:
            self._slot.start(lambda: answering.answer(text))

    @Slot()
    def _gathered(self) -> None:
        """One question at a time: the answer under way comes first, then the newest text gets its turn."""
        if not self._slot.running or not self.editor.toPlainText().strip():
            self._begin()

    def show_text(self, text: str) -> None:
        """Put ``text`` into the editor and ask about it, and which words speak for its own label."""
        self._wanted = None
        self.editor.setPlainText(text)
        self.ask()

    @Slot()
    def _changed(self) -> None:
        if not self.editor.toPlainText().strip():
            self._wanted = None
        self.clear.setEnabled(bool(self.editor.toPlainText()))
        if self.answer is None:
            self.label.setText(self._waiting_words())
        self._words.cancel()
        self._pause.start()
        self._gather.start()

    @Slot()
    def _clear(self) -> None:
        self.editor.selectAll()
        self.editor.textCursor().removeSelectedText()  # can be undone, unlike clear()
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(str)
    def _explain(self, label: str) -> None:
        self._wanted = label
        self.ask()

    @Slot(object)
    def _answered(self, answer: Answer) -> None:
        """Also the answer to a text that has grown since is shown; the next one is asked for at once."""
        self.answered.emit()
        if self.editor.toPlainText().strip():
            self._show(answer)
        if answer.text != self.editor.toPlainText():
            self._begin()
        elif not self._pause.isActive():
            self._weigh()

    @Slot()
    def _weigh(self) -> None:
        """Ask which words count, if the answer to the text as it stands is there."""
        answer, answering, label = self.answer, self._answering, self._wanted
        if answer is None or answering is None or answer.text != self.editor.toPlainText() or self._slot.running:
            return
        text, label = answer.text, label or (answer.prediction.labels or (None,))[0]
        self._words.start(lambda: answering.explain(text, label))

    @Slot(object)
    def _weighed(self, explanation: Explanation) -> None:
        if self.answer is not None and self.answer.text == explanation.text == self.editor.toPlainText():
            self._show(replace(self.answer, explanation=explanation))

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        self._show(None)
        self.failed.emit(failure)

    def _waiting_words(self) -> str:
        """What stands in the label's place while there is none."""
        if self._answering is None:
            return self.tr("No model is ready")
        return self.tr("No answer yet") if self.editor.toPlainText().strip() else self.tr("No text yet")

    def _show(self, answer: Answer | None) -> None:
        self.answer = answer
        self.clear.setEnabled(bool(self.editor.toPlainText()))
        if answer is None:
            self.label.setText(self._waiting_words())
            self.told.setText(self.tr("The likeliest label and all probabilities stand here."))
            self.bars.show_probabilities({}, "")
            self.bars.hide()
            self.hint.hide()
            self.legend.show_label("")
            self.editor.show_explanation(None)
            return
        said, why = answer.prediction, answer.explanation
        self.label.setText(said.label or self.tr("none of the labels"))
        best = max(said.probabilities.values())
        self.told.setText(self.tr("{share} sure").format(share=f"{best:.1%}"))
        self.bars.show_probabilities(said.probabilities, self._wanted or (why.label if why else said.label))
        self.bars.show()
        self.hint.setVisible(len(said.probabilities) > 1)
        if why is not None:  # the marks of the text before stay until then
            self.legend.show_label(why.label)
            self.editor.show_explanation(why)


def _timer(parent: QWidget, milliseconds: int) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    return timer


ROW = 30


class ProbabilityBars(Painted):
    """A bar a label, likeliest first. Picking one (click, or arrows and Enter) asks which words speak for it."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Probabilities of the labels"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._values: tuple[tuple[str, float], ...] = ()
        self._explained = ""
        self._at = 0
        self._hover = -1

    def show_probabilities(self, values: dict[str, float], explained: str) -> None:
        """Show ``values``; ``explained`` is the label whose words are marked in the text."""
        self._values = tuple(sorted(values.items(), key=lambda item: -item[1]))
        self._explained = explained
        self._at = min(self._at, max(0, len(self._values) - 1))
        self.setAccessibleDescription(", ".join(f"{name} {value:.0%}" for name, value in self._values))
        self.setFixedHeight(max(1, len(self._values)) * ROW + 2)
        self.update()

    @property
    def values(self) -> tuple[tuple[str, float], ...]:
        """What is shown, likeliest first."""
        return self._values

    def sizeHint(self) -> QSize:
        """All bars below one another."""
        return QSize(300, max(1, len(self._values)) * ROW + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Label, bar and share of every row."""
        painter = self.painter()
        metrics = self.metrics()
        longest = max((metrics.horizontalAdvance(name) for name, _ in self._values), default=0.0)
        for row, (name, value) in enumerate(self._values):
            self._paint_row(painter, row, name, value, min(longest + 12, self.width() * 0.4))
        painter.end()

    def _paint_row(self, painter: QPainter, row: int, name: str, value: float, label: float) -> None:
        top, metrics = row * ROW + 1, self.metrics()
        focused = row == self._at and self.hasFocus()
        if row == self._hover or focused or name == self._explained:
            painter.setPen(self.color("accent") if focused else Qt.PenStyle.NoPen)
            painter.setBrush(self.color("accent_soft" if name == self._explained else "hover"))
            painter.drawRoundedRect(QRectF(0.5, top + 0.5, self.width() - 1, ROW - 1), 4, 4)
        painter.setFont(self.type(theme.Type.STRONG if row == 0 else theme.Type.BODY, numbers=True))
        painter.setPen(self.color("text"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(8, top, label, ROW), middle | Qt.AlignmentFlag.AlignLeft,
                         metrics.elidedText(name, Qt.TextElideMode.ElideRight, label - 4))
        space = metrics.horizontalAdvance("100.0%") + 8
        room = max(8.0, self.width() - label - space - 24)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color("border"))
        painter.drawRoundedRect(QRectF(label + 8, top + 10, room, ROW - 20), 4, 4)
        painter.setBrush(self.color("series1") if row == 0 else self.blend("series1", 0.55))
        painter.drawRoundedRect(QRectF(label + 8, top + 10, max(2.0, room * value), ROW - 20), 4, 4)
        painter.setPen(self.color("text" if row == 0 else "muted"))
        painter.drawText(QRectF(self.width() - space - 8, top, space, ROW), middle | Qt.AlignmentFlag.AlignRight,
                         f"{value:.1%}")

    def _row_at(self, y: float) -> int:
        row = int(y // ROW)
        return row if 0 <= row < len(self._values) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the label under the mouse."""
        row = self._row_at(event.position().y())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._at = row
            self.picked.emit(self._values[row][0])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the row under the mouse."""
        self._hover = self._row_at(event.position().y())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """No row is under the mouse any more."""
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Enter and space pick."""
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._values:
            step = 1 if key == Qt.Key.Key_Down else -1
            self._at = min(len(self._values) - 1, max(0, self._at + step))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._values:
            self.picked.emit(self._values[self._at][0])
        else:
            super().keyPressEvent(event)
