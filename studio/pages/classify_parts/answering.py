"""A trained classifier at work, safe to be asked by several jobs; without any widget."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from ulmengine.events import Event, Progress
from ulmengine.inference.explain import Explanation, explain_by_gradient
from ulmengine.inference.predict import Prediction, Predictor
from ulmengine.models import ModelError, load_bundle


@dataclass(frozen=True)
class Answer:
    """What the model says of one text, and which words its answer hangs on."""

    prediction: Prediction
    explanation: Explanation


class Answering:
    """A model made ready. Its networks share scratch memory, so one question is answered at a time."""

    def __init__(self, path: Path, predictor: Predictor, title: str) -> None:
        self.path = path
        self.predictor = predictor
        self.title = title
        self._lock = threading.Lock()

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes."""
        return self.predictor.labels

    def answer(self, text: str, label: str | None) -> Generator[Event, None, Answer]:
        """Predict and explain one text; ``label``: which label to explain, the likeliest if None."""
        yield Progress("Reading the text", 0, 0)
        with self._lock:
            prediction = self.predictor.predict_one(text)
        yield Progress("Weighing the words", 0, 0)
        with self._lock:
            return Answer(prediction, explain_by_gradient(self.predictor, text, label))

    def predict(self, texts: list[str]) -> Iterator[Prediction]:
        """Predictions for some texts, in their order; other questions wait meanwhile."""
        with self._lock:
            found = list(self.predictor.predict(texts))
        yield from found


def make_ready(path: Path, device: str, precision: str) -> Generator[Event, None, Answering]:
    """Open the model at ``path``.

    :raises ModelError: it cannot be opened, or is no classifier.
    """
    yield Progress("Opening the model", 0, 0)
    bundle = load_bundle(path)
    if not bundle.labels:
        raise ModelError(f"{path.name} is a language model: it knows no labels. Choose a classifier, or train one.")
    predictor = Predictor(bundle, device, precision)
    return Answering(path, predictor, bundle.description.title or path.stem)
