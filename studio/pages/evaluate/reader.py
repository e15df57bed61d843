"""One document read closely: its words coloured, what it was given and what was said, and what it was learnt from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.engine.jobslot import JobSlot
from studio.pages.classify.editor import MarkedEditor, MarksLegend
from studio.pages.parts.correct_label import CorrectLabel
from studio.widgets import CalmCombo, ElidedLabel, IconButton, Label, Paragraph
from studio.widgets.layouts import as_widget, in_column, in_row, scrolling
from ulmengine.corpus.documents import as_read
from ulmengine.events import Event, Failed, Progress
from ulmengine.inference.explain import Explanation

from .answers import Answers
from .jobs import Asked, Texts, read_text
from .nearby import Nearby


class Reader(QWidget):
    """Empty until :meth:`show_answer`."""

    stepped = Signal(int)
    """The next (1) or the previous (-1) document is wanted."""
    corrected = Signal(int, object, str)
    """The answer's position, the labels that it is to bear, and why."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answers: Answers | None = None
        self._texts: Texts | None = None
        self._asked: Asked | None = None
        self._position = -1
        self._text: str | None = None
        self.heading = ElidedLabel(self.tr("No document is picked"), theme.Type.STRONG, numbers=True)
        self.told = Paragraph("", theme.Type.SMALL)
        self.back = IconButton("chevron-up", self.tr("Previous document"))
        self.forth = IconButton("chevron-down", self.tr("Next document"))
        self.editor = MarkedEditor()
        self.editor.setReadOnly(True)
        self.editor.setAccessibleName(self.tr("Text of the document"))
        self.editor.setPlaceholderText("")
        self.legend = MarksLegend()
        self.learnt = Paragraph("", theme.Type.SMALL)
        self.weighing = ElidedLabel("", theme.Type.SMALL, muted=True, numbers=True)
        self.method = CalmCombo()
        self.label = CalmCombo()
        self.correct = CorrectLabel()
        self.nearest = Nearby()
        self._reading = JobSlot(self, self._read, self._failed)
        self._explaining = JobSlot(self, self._explained, self._failed)
        self._looking = JobSlot(self, self.nearest.show_found, self._not_found)
        self._arrange()
        self._connect()
        self.clear()

    def _arrange(self) -> None:
        self.method.addItem(self.tr("by gradient"), "gradient")
        self.method.addItem(self.tr("by leaving words out"), "occlusion")
        self.method.setAccessibleName(self.tr("How words are weighed"))
        self.method.setToolTip(self.tr("Gradient is quick and a reckoning; leaving each word out in turn is slower "
                                       "and shows what really happens without it"))
        self.label.setAccessibleName(self.tr("Label whose words are coloured"))
        self.editor.setMinimumHeight(98)  # five lines
        top = in_row((self.heading, 1), self.back, self.forth, gap=theme.XS)
        ways = in_row(Label(self.tr("Words for"), theme.Type.SMALL, muted=True), (self.label, 1), (self.method, 1))
        # The label is corrected above what comes and goes: the button is not to move under the mouse.
        column = in_column(top, self.correct, self.told, ways, self.learnt, (self.editor, 1), self.legend,
                           self.weighing, self.nearest, margins=(0, 0, theme.XS, 0))
        in_column(scrolling(as_widget(column)), inside=self)

    def _connect(self) -> None:
        self.back.clicked.connect(self._go_back)
        self.forth.clicked.connect(self._go_forth)
        self.method.activated.connect(self._explain)
        self.label.activated.connect(self._explain)
        self.correct.corrected.connect(self._corrected)
        self._explaining.events.connect(self._explaining_on)
        self.nearest.wanted.connect(self._look)
        self._looking.events.connect(self.nearest.show_events)

    @property
    def position(self) -> int:
        """Which of the answers is in view, -1 if none."""
        return self._position

    @property
    def has_texts(self) -> bool:
        """Whether a document that is picked can be read."""
        return self._texts is not None

    @property
    def busy(self) -> bool:
        """Whether anything is on its way."""
        return self._reading.running or self._explaining.running or self._looking.running

    def set_answers(self, answers: Answers, *, correctable: bool = True, learnt: str = "") -> None:
        """Another part or run is shown; its texts and its model come later.

        :param correctable: its labels are the project's.
        :param learnt: what the model has learnt from these documents since, in words.
        """
        self.learnt.setText(learnt)
        self.learnt.setVisible(bool(learnt))
        self.correct.setVisible(correctable)
        self._answers, self._texts, self._asked = answers, None, None
        self.clear()
        self.correct.set_labels(answers.kept.labels, answers.kept.multi_label)

    def set_texts(self, texts: Texts) -> None:
        """The texts are there."""
        self._texts = texts
        self._begin()

    @Slot(object)
    def set_asked(self, asked: Asked) -> None:
        """The model can be asked now."""
        self._asked = asked
        self.nearest.choose(asked.by)
        self._explain()
        self._look()

    def show_answer(self, position: int, now: Sequence[str] | None) -> None:
        """Show the document of one answer, which bears the labels ``now``; None: as they were given."""
        assert self._answers is not None
        self._position = position
        kept, one = self._answers.kept, np.array([position])
        given, said = kept.names(kept.targets[one])[0], kept.names(self._answers.said[one])[0]
        self.heading.setText(self.tr("Row {row}  ·  given {given}, said {said} ({sure})").format(
            row=f"{int(kept.rows[position]) + 1:,}", given=given or self.tr("none"), said=said or self.tr("none"),
            sure=f"{self._answers.confidence[position]:.0%}"))
        self._show_labels(position)
        if now is None:
            self.told.setText("")
        else:
            self.retell(now)
        self._begin()

    def retell(self, now: Sequence[str]) -> None:
        """The labels that the document bears ``now`` may have been corrected."""
        if self._answers is None or self._position < 0:
            return
        corrected = set(now) != set(self._answers.given_to(self._position))
        self.told.setText(self.tr("The label has been corrected to {label}; the next run learns and measures with it."
                                  ).format(label=", ".join(now) or self.tr("none")) if corrected else "")
        self.correct.show_document(now)
        self.correct.setEnabled(True)

    def _show_labels(self, position: int) -> None:
        """What was said and what was given first, then the others by their probability."""
        assert self._answers is not None
        kept = self._answers.kept
        values = self._answers.values[position]
        first = [int(values.argmax())]
        if not kept.multi_label:
            first.append(int(kept.targets[position]))
        order = list(dict.fromkeys([*first, *np.argsort(-values, kind="stable").tolist()]))[:50]
        self.label.clear()
        for number in order:
            self.label.addItem(f"{kept.labels[number]}  {values[number]:.0%}", kept.labels[number])
        self.label.setCurrentIndex(0)

    def clear(self) -> None:
        """Nothing is picked."""
        self._position, self._text = -1, None
        for slot in (self._reading, self._explaining, self._looking):
            slot.cancel()
        self.heading.setText(self.tr("No document is picked"))
        self.told.setText(self.tr("Pick a document in the list to read it."))
        self.editor.setPlainText("")
        self.editor.show_explanation(None)
        self._weigh("")
        self.legend.show_label("")
        self.label.clear()
        self.correct.setEnabled(False)
        self.nearest.clear()

    def _begin(self) -> None:
        self._text = None
        self._weigh("")
        self.editor.show_explanation(None)
        self.legend.show_label("")
        self.nearest.wait()
        texts, position = self._texts, self._position
        if texts is None or position < 0:
            return
        row = int(texts.rows[position])
        if row < 0:
            self.editor.setPlainText("")
            self.told.setText(self.tr("This document is no longer in the corpus."))
            return
        self._reading.start(lambda: read_text(texts.documents, row))

    @Slot(object)
    def _read(self, text: str) -> None:
        self._text = text
        self.editor.setPlainText(as_read(text))
        self._explain()
        self._look()

    @Slot()
    def _explain(self) -> None:
        asked, text, label = self._asked, self._text, self.label.currentData()
        if asked is None or not text or label is None or self._answers is None:
            return
        method, who = self.method.currentData(), self._answers.who
        if not asked.can_explain(who):
            self._weigh(self.tr("Which words the baseline goes by is not kept with the run."))
            return
        self._weigh(self.tr("Weighing the words…"))
        self._explaining.start(lambda: asked.explain(text, str(label), method, who))

    @Slot(object)
    def _explaining_on(self, events: list[Event]) -> None:
        newest = next((one for one in reversed(events) if isinstance(one, Progress) and one.total), None)
        if newest is not None and newest.done < newest.total:
            self._weigh(self.tr("Leaving words out: {done} of {total}").format(
                done=f"{newest.done:,.0f}", total=f"{newest.total:,.0f}"))

    def _weigh(self, words: str) -> None:
        """Say how far the words are weighed, in the place of what the colours mean."""
        self.weighing.setText(words)
        self.weighing.setVisible(bool(words))
        self.legend.setVisible(not words)

    @Slot(object)
    def _explained(self, explanation: Explanation) -> None:
        self._weigh("")
        self.editor.show_explanation(explanation.as_read())
        self.legend.show_label(explanation.label)

    @Slot()
    def _look(self) -> None:
        asked, text, by = self._asked, self._text, self.nearest.by
        if asked is not None and text:
            self._looking.start(lambda: asked.nearest(text, by))

    @Slot(object)
    def _not_found(self, failure: Failed) -> None:
        """What the network cannot tell, the words can."""
        if self.nearest.by == "network":
            self.nearest.choose("words")
            self._look()
        self._failed(failure)

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        self._weigh("")
        self.told.setText(failure.title)

    @Slot(object, str)
    def _corrected(self, labels: tuple[str, ...], why: str) -> None:
        if self._position >= 0:
            self.corrected.emit(self._position, labels, why)

    @Slot()
    def _go_back(self) -> None:
        self.stepped.emit(-1)

    @Slot()
    def _go_forth(self) -> None:
        self.stepped.emit(1)
