"""A trained classifier at work, safe to be asked by several jobs; without any widget."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from studio.pages.parts.model_names import model_name, saved_at
from ulmengine.config import ConfigError
from ulmengine.events import Event, Progress
from ulmengine.inference.explain import Explanation, explain_by_gradient
from ulmengine.inference.predict import Prediction, Predictor
from ulmengine.models import Columns, ModelError, load_bundle
from ulmengine.record import RunFolder

_FIRST = "This is a text."


@dataclass(frozen=True)
class Answer:
    """What the model says of one text, and which words its answer hangs on, once that is worked out.

    ``given``: as the network is given it; ``text``: as the person reads it.
    """

    text: str
    given: str
    prediction: Prediction
    explanation: Explanation | None = None


class Answering:
    """A model made ready. Its networks share scratch memory, so one question is answered at a time; which words count
    is asked of a twin, which takes longer and holds up no answer."""

    def __init__(
        self, path: Path, predictor: Predictor, title: str, *, saved: int = 0, text_columns: tuple[str, ...] = (),
        columns: Columns | None = None,
    ) -> None:
        self.path = path
        self.predictor = predictor
        self._own_title = title
        self.name = ""
        """What the page that asks it calls it, where that knows other models too; "" elsewhere."""
        self.saved = saved
        """When the file was written that was opened: see :func:`saved_at`."""
        self.text_columns = text_columns
        """The columns of a table it learnt from, where they are known."""
        self.columns = columns
        """Those of texts and labels, where the model's file tells them."""
        self._lock, self._words_lock = threading.Lock(), threading.Lock()
        self._twin = predictor.twin()

    @property
    def title(self) -> str:
        """What the model is called now: its run may have been renamed since it was opened."""
        return self.name or model_name(self.path, self._own_title)

    @property
    def labels(self) -> tuple[str, ...]:
        return self.predictor.labels

    def answer(self, text: str, given: str = "") -> Generator[Event, None, Answer]:
        """Predict one text; ``given``: what the network is given for it, where that is something else."""
        yield Progress(_tr("Reading the text"), 0, 0)
        with self._lock:
            return Answer(text, given or text, self.predictor.predict_one(given or text))

    def explain(self, text: str, label: str | None) -> Generator[Event, None, Explanation]:
        """Which words of a text, as the network is given it, count for ``label``, the likeliest if None."""
        yield Progress(_tr("Weighing the words"), 0, 0)
        with self._words_lock:
            return explain_by_gradient(self._twin, text, label).as_read()

    def predict(self, texts: list[str]) -> Iterator[Prediction]:
        """Predictions for some texts, in their order; other questions wait meanwhile."""
        with self._lock:
            found = list(self.predictor.predict(texts))
        yield from found


def names_of(models: Sequence[Answering]) -> tuple[str, ...]:
    """What the models are called, no two of them alike."""
    names: list[str] = []
    for one in models:
        name, number = one.title, 2
        while name in names:
            name, number = f"{one.title} ({number})", number + 1
        names.append(name)
    return tuple(names)


def make_ready(path: Path, device: str, precision: str) -> Generator[Event, None, Answering]:
    """Open the model at ``path``.

    :raises ModelError: it cannot be opened, or is no classifier.
    """
    yield Progress(_tr("Opening the model"), 0, 0)
    saved = saved_at(path)
    bundle = load_bundle(path)
    if not bundle.labels:
        raise ModelError(_tr("{file} is a language model: it knows no labels. Choose a classifier, or train one.")
                         .format(file=path.name))
    predictor = Predictor(bundle, device, precision)
    predictor.predict_one(_FIRST)  # what the first question makes ready is not to hold up the person's
    return Answering(path, predictor, bundle.description.title, saved=saved, columns=bundle.columns,
                     text_columns=bundle.columns.text if bundle.columns else trained_columns(path))


def trained_columns(path: Path) -> tuple[str, ...]:
    """The text columns that were chosen for the run whose model lies at ``path``; none if it is not a run's."""
    folder = RunFolder(path.parent)
    if folder.model_path != path or not folder.config_path.is_file():
        return ()
    try:
        return folder.config().corpus.text_columns
    except ConfigError:
        return ()  # the model itself can be asked all the same


def _tr(text: str) -> str:
    return QCoreApplication.translate("Classify", text)
