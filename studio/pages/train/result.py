"""The end of a run: how good it is, how sure that is, and whether the simple baseline would have done."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.plots.history import RunHistory
from studio.theme import Type
from studio.widgets import Beside, Card, Label, Paragraph, PrimaryButton
from studio.widgets.layouts import STRETCH, as_widget, in_column, in_row
from studio.words import corrected_words, part_words
from ulmengine.events import Evaluated

from .figures import interval, percent, verdict

READABLE = 320
"""Px of the sentence beside the figures; where it would be narrower it stands below them."""


class ResultCard(Card):
    """Hidden until :meth:`show_result` has something to show."""

    classifyWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.saved = _Score(self.tr("The saved model"))
        self.own = _Score(self.tr("Network alone"))
        self.baseline = _Score(self.tr("TF-IDF + logistic regression"))
        self.saved.setToolTip(self.tr("Where network and word counts answer together, the mean of both, weighted on "
                                      "the validation documents; else the network."))
        self.words = Paragraph(muted=False)
        self.about = Paragraph(step=Type.SMALL)
        self.classify = PrimaryButton(self.tr("Classify texts"), "classify")
        self.classify.clicked.connect(self.classifyWanted)
        scores = as_widget(in_row(self.saved, self.own, self.baseline, STRETCH, gap=theme.XL))
        said = as_widget(in_column(self.words, self.about, STRETCH, gap=theme.XS))
        right = as_widget(in_row(STRETCH, (self.classify, 0, Qt.AlignmentFlag.AlignVCenter)))
        said.setMinimumWidth(READABLE)
        self.body.addWidget(Beside(scores, Beside(said, right, theme.XL, first_grows=True), theme.XL))
        self.hide()

    def show_result(self, history: RunHistory) -> None:
        """Show how the run ended; nothing as long as it has not."""
        result = history.evaluated
        self.setVisible(history.finished is not None)
        if history.finished is None:
            return
        measured = result is not None
        self.saved.setVisible(measured)
        self.baseline.setVisible(measured)
        self.own.setVisible(result is not None and result.has_blend)
        self.classify.setVisible(measured or history.has_classifier)
        if result is not None:
            self._show(result)
        elif history.has_classifier:
            self.words.setText(self.tr("The classifier is trained and saved. No documents were held back, so nobody "
                                       "can say how good it is: hold some back on the Corpus page, under Split."))
        else:
            self.words.setText(self.tr("The language model is trained and saved. The corpus has no labels, so there is "
                                       "no classifier to measure."))
        self.about.setText(self._below(history))
        self.setAccessibleName(self.tr("Result") + ": " + self.words.text())

    def _show(self, result: Evaluated) -> None:
        self.own.show_score(result.accuracy, result.interval)
        self.baseline.show_score(result.baseline_accuracy, result.baseline_interval)
        self.saved.show_score(*result.saved)
        self.words.setText(verdict(result))

    def _below(self, history: RunHistory) -> str:
        parts = []
        if history.evaluated is not None:
            told = history.evaluated
            corrected = corrected_words(told.relabelled, told.part)
            parts.append(self.tr("Accuracy on {count} {part}, with 95% intervals.").format(
                count=f"{told.documents:,}",
                part=f"{part_words(told.part)} ({corrected})" if corrected else part_words(told.part)
            ))
        if history.finished is not None:
            parts.append(self.tr("Trained in {time}.").format(time=_time(history.finished.seconds)))
        return " ".join(parts)


class _Score(QWidget):
    """A large figure, its interval, and whose it is."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._value = Label("", Type.TITLE, numbers=True)
        self._span = Label("", Type.SMALL, muted=True, numbers=True)
        in_column(Label(name, Type.SMALL, muted=True), self._value, self._span, STRETCH, inside=self, gap=0)

    def show_score(self, accuracy: float, span: tuple[float, float]) -> None:
        self._value.setText(percent(accuracy))
        self._span.setText(interval(*span))
        self.setAccessibleName(f"{self._name}: {percent(accuracy)}, {interval(*span)}")


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
