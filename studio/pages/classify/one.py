"""One text: typed or pasted, answered as it changes."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio import theme
from studio.pages.parts.jobslot import JobSlot
from studio.pages.parts.scroll import scrolling
from studio.widgets import Button, Card, ElidedLabel, Paragraph
from ulmengine.events import Failed

from .answering import Answer, Answering
from .bars import ProbabilityBars
from .editor import MarkedEditor
from .marks import MarksLegend

PAUSE_MS = 250
"""A text is asked about when nothing was typed for so long."""


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
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._slot = JobSlot(self)
        self._arrange()
        self.editor.textChanged.connect(self._changed)
        self.clear.clicked.connect(self._clear)
        self.bars.picked.connect(self._explain)
        self._pause.timeout.connect(self.ask)
        self._slot.finished.connect(self._answered)
        self._slot.failed.connect(self._failed)
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
        self._slot.cancel()
        self.ask()

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._pause.isActive() or self._slot.running

    @Slot()
    def ask(self) -> None:
        """Ask about the text as it stands."""
        self._pause.stop()
        text, answering, label = self.editor.toPlainText(), self._answering, self._wanted
        if answering is None or not text.strip():
            self._slot.cancel()
            self._show(None)
            return
        self._slot.start(lambda: answering.answer(text, label))

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
        self._pause.start()

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
        self.answered.emit()
        if answer.explanation.text == self.editor.toPlainText():
            self._show(answer)

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
        said = answer.prediction
        self.label.setText(said.label or self.tr("none of the labels"))
        best = max(said.probabilities.values())
        self.told.setText(self.tr("{share} sure").format(share=f"{best:.1%}"))
        self.bars.show_probabilities(said.probabilities, answer.explanation.label)
        self.bars.show()
        self.hint.setVisible(len(said.probabilities) > 1)
        self.legend.show_label(answer.explanation.label)
        self.editor.show_explanation(answer.explanation)
