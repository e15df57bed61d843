"""One text: typed or pasted, answered as it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.widgets import Beside, Button, Card, ElidedLabel, Paragraph, Turning
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row, scrolling
from ulmengine.corpus.documents import BETWEEN, as_read, joined, stretches
from ulmengine.events import Failed
from ulmengine.inference.explain import Explanation
from ulmengine.inference.sources import is_blank

from .answering import Answer, Answering, names_of
from .editor import MarkedEditor, MarksLegend
from .other_models import BesideAnswers
from .probability_bars import ProbabilityBars
from .stored import table_text

EDITOR_HEIGHT = 110
LEGEND, ANSWER = 250, 260
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
        self._opening = ""
        self._opened = "", ""
        """What was put into the editor from elsewhere, as it is read and as the network is given it."""
        self._others: tuple[Answering, ...] = ()
        self._names: tuple[str, ...] = ()
        self.answer: Answer | None = None
        self.editor = MarkedEditor()
        self.label = ElidedLabel("", theme.Type.TITLE)
        self.told = Paragraph("", theme.Type.SMALL)
        self.bars = ProbabilityBars()
        self.legend = MarksLegend()
        self.hint = Paragraph(self.tr("Pick a label to see which words speak for it."), theme.Type.SMALL)
        self.whose = ElidedLabel("", theme.Type.SMALL, muted=True, mode=Qt.TextElideMode.ElideMiddle)
        self.beside = BesideAnswers()
        self.paste = Button(self.tr("Paste"), "import", "quiet")
        self.paste.setToolTip(self.tr("Put the text of the clipboard here, in place of what stands here"))
        self.copy = Button(self.tr("Copy the answer"), "copy", "quiet")
        self.copy.setToolTip(self.tr("Text, label and probabilities, ready for a spreadsheet"))
        self.clear = Button(self.tr("Clear"), "close", "quiet")
        self._gather = QTimer(self, singleShot=True, interval=GATHER_MS)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._slot = JobSlot(self, self._answered, self._failed)
        self._words = JobSlot(self, self._weighed, self._failed)
        self._arrange()
        self.editor.textChanged.connect(self._changed)
        self.clear.clicked.connect(self._clear)
        self.paste.clicked.connect(self._paste)
        self.copy.clicked.connect(self._copy)
        self.beside.failed.connect(self.failed)
        self.bars.picked.connect(self._explain)
        self._gather.timeout.connect(self._gathered)
        self._pause.timeout.connect(self._weigh)
        self._show(None)

    def _arrange(self) -> None:
        self.legend.setMinimumWidth(LEGEND)
        buttons = as_widget(in_row(STRETCH, self.paste, self.copy, self.clear, gap=-1))
        text = as_widget(in_column((self.editor, 1), Beside(self.legend, buttons, first_grows=True), gap=theme.XS))
        card = Card()
        for part in (self.whose, self.label, self.told, self.bars, self.hint):
            card.body.addWidget(part)
        self.set_others(())
        self.editor.setMinimumHeight(EDITOR_HEIGHT)
        answer = scrolling(as_widget(in_column(card, self.beside, STRETCH, gap=theme.M, margins=(0, 0, theme.S, 0))))
        answer.setMinimumSize(ANSWER, EDITOR_HEIGHT)
        both = Turning(text, answer, (600, 400))
        both.setStretchFactor(0, 3)
        both.setStretchFactor(1, 2)
        in_column(both, inside=self, margins=(0, theme.M, 0, 0))

    def set_opening(self, name: str) -> None:
        """The model called ``name`` is being opened; "": none is, any more."""
        self._opening = name
        if self.answer is None:
            self.label.setText(self._waiting_words())

    def set_model(self, answering: Answering) -> None:
        """Ask another model, at once."""
        self._answering, self._wanted, self._opening = answering, None, ""
        self._show(None)
        self.ask()

    def set_others(self, models: Sequence[Answering]) -> None:
        """These models answer beside the one in use."""
        self._others = tuple(models)
        whole = (self._answering, *models) if self._answering is not None else tuple(models)
        names = self._names = names_of(whole)
        labels = self._answering.labels if self._answering is not None else ()
        self.beside.set_models(models, names[len(whole) - len(models):], labels)
        self.whose.setText(names[0] if models else "")
        self.whose.setVisible(bool(models))
        if self.answer is not None:
            self.beside.ask(self.answer.given, self.answer.prediction.label)

    def look_at_names(self) -> None:
        """A run may have been renamed meanwhile."""
        if self._others and self._answering is not None and names_of((self._answering, *self._others)) != self._names:
            self.set_others(self._others)

    @property
    def busy(self) -> bool:
        """Whether an answer, or which words count for it, is on its way."""
        return self._gather.isActive() or self._pause.isActive() or any(
            part.running for part in (self._slot, self._words)) or self.beside.busy

    @Slot()
    def ask(self) -> None:
        """Ask about the text as it stands, and which words count, at once; what was asked before is of the past."""
        self._pause.stop()
        self._begin()

    def _begin(self) -> None:
        self._gather.stop()
        self._words.cancel()
        text, given, answering = self.editor.toPlainText(), self._given(), self._answering
        if answering is None or is_blank(given):
            self._slot.cancel()
            self._show(None)
        else:
            self._slot.start(lambda: answering.answer(text, given))

    @Slot()
    def _gathered(self) -> None:
        """One question at a time: the answer under way comes first, then the newest text gets its turn."""
        if not self._slot.running or is_blank(self._given()):
            self._begin()

    def show_text(self, text: str) -> None:
        """Put ``text``, as the network is given it, into the editor as it is read, and ask about it, and which words
        speak for its own label; what the person had there comes back by undo."""
        self._wanted = None
        self._replace(as_read(text))
        self._opened = self.editor.toPlainText(), text
        self.editor.moveCursor(QTextCursor.MoveOperation.Start)
        self.editor.document().setModified(False)
        self.ask()

    def _given(self) -> str:
        """What the network is given for the text as it stands: columns that are read beside each other have its marks.
        So also in what a person types for a model of several columns."""
        text = self.editor.toPlainText()
        read, given = self._opened
        learnt = len(self._answering.text_columns) if self._answering is not None else 1
        cells, columns = text.split(BETWEEN), len(stretches(given))
        if len(cells) == max(columns, learnt):
            return joined(cells)
        return given if columns > 1 and text == read else text

    @property
    def has_own_text(self) -> bool:
        """Whether the person has typed or pasted what stands in the editor."""
        return self.editor.document().isModified() and not is_blank(self._given())

    @Slot()
    def _changed(self) -> None:
        if is_blank(self._given()):
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

    @Slot()
    def _paste(self) -> None:
        text = QGuiApplication.clipboard().text()
        if text:
            self._replace(text)

    def _replace(self, text: str) -> None:
        self.editor.selectAll()
        self.editor.insertPlainText(text)  # can be undone, unlike setPlainText()
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)  # so that the key for undo is the editor's

    @Slot()
    def _copy(self) -> None:
        """As a table of two lines: what a spreadsheet takes, and a person can read."""
        if self.answer is not None:
            said = self.answer.prediction
            QGuiApplication.clipboard().setText(table_text([
                ("text", "label", *said.probabilities),
                (self.answer.text, said.label, *(f"{value:.6f}" for value in said.probabilities.values()))]))

    @Slot(str)
    def _explain(self, label: str) -> None:
        self._wanted = label
        self.ask()

    @Slot(object)
    def _answered(self, answer: Answer) -> None:
        """Also the answer to a text that has grown since is shown; the next one is asked for at once."""
        self.answered.emit()
        if not is_blank(self._given()):
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
        text, label = answer.given, label or (answer.prediction.labels or (None,))[0]
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
        if self._opening:
            return self.tr("Opening {name}…").format(name=self._opening)
        if self._answering is None:
            return self.tr("No model is ready")
        return self.tr("No text yet") if is_blank(self._given()) else self.tr("No answer yet")

    def _show(self, answer: Answer | None) -> None:
        self.answer = answer
        self.copy.setEnabled(answer is not None)
        self.beside.ask(answer.given if answer is not None else "", answer.prediction.label if answer else "")
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
        self.told.setText(self.tr("{share} sure").format(share=f"{said.certainty:.1%}"))
        self.bars.show_probabilities(said.probabilities, self._wanted or (why.label if why else said.label))
        self.bars.show()
        self.hint.setVisible(len(said.probabilities) > 1)
        if why is not None:  # the marks of the text before stay until then
            self.legend.show_label(why.label)
            self.editor.show_explanation(why)
