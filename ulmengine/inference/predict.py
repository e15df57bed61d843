"""Predictions for texts of any number and length, in the order they were given."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ulmengine.events import Event, Progress
from ulmengine.models import Bundle
from ulmengine.nets import TextClassifier, choose_device, precision_for, set_precision
from ulmengine.training.batches import cut, padded

from .blend import Blend
from .calibrate import Floats, average, probabilities
from .errors import InferenceError
from .predictions import Who

T = TypeVar("T")
Reader = Callable[[Tensor, Tensor], Tensor]  # tokens (batch, time), lengths (batch,) -> figures (batch, n): scores, say
# Texts are taken in windows of at most so many and so many characters, sorted by length inside, answered in order.
WINDOW_TEXTS = 2_048
WINDOW_CHARACTERS = 16_000_000
# A batch is at most so many rows, and so many rows times the longest one's tokens.
BATCH_ROWS = 128
BATCH_TOKENS = 32_768


@dataclass(frozen=True)
class Prediction:
    """What is predicted for one text.

    ``label``: the likeliest one; for several labels those from 0.5 on, joined by commas (empty: none).
    ``labels``: the same as a tuple. ``probabilities``: by label, in the model's order.
    """

    label: str
    labels: tuple[str, ...]
    probabilities: dict[str, float]

    @property
    def certainty(self) -> float:
        """The probability of the likeliest label; where none of several applies, that not even this one does."""
        best = max(self.probabilities.values())
        return best if self.labels else 1 - best


class Predictor:
    """A model made ready to answer; all set-up happens here, but what the first question makes ready of the weights.

    :param model: an opened bundle.
    :param device: "auto" (a graphics card if there is one), or torch's name of one.
    :param precision: "auto", "float32", "bfloat16" or "float16". By itself an imported model answers in float32, to
        the digits that the program gives it comes from; rounded products move probabilities by half a hundredth.
    :raises InferenceError: there is no such device or precision.
    """

    def __init__(self, model: Bundle, device: str = "auto", precision: str = "auto") -> None:
        self.labels, self.multi_label, self.temperature = model.labels, model.multi_label, model.temperature
        self.refit = model.description.refit
        self.tokenizer, self.blend = model.tokenizer, None if model.counts is None else Blend.unpack(*model.counts)
        if self.blend is not None and self.blend.counts.classes != len(self.labels):
            raise InferenceError(f"the model's word counts know {self.blend.counts.classes} labels, its networks "
                                 f"{len(self.labels)}; save or download the model again")
        self.networks = dict(model.classifiers())
        try:
            self.device = choose_device(device)
            exact = precision == "auto" and model.description.imported
            self.precision = precision_for(self.device, "float32" if exact else precision)
            for network in self.networks.values():
                set_precision(network.to(self.device).eval(), self.precision)
        except (RuntimeError, ValueError) as error:
            raise InferenceError(f"{device}, {precision}: the model cannot run like that ({error})") from error
        self._readers: dict[str, Reader] = {name: reader_of(network) for name, network in self.networks.items()}

    def twin(self) -> Predictor:
        """The same weights with scratch memory of its own: another thread may ask it while this one is asked.

        Its weights are not made ready: it is for what takes gradients, not for many texts.
        """
        other = copy.copy(self)
        other.networks = {name: copy.deepcopy(network, {id(one): one for one in (*network.parameters(),
                                                                                 *network.buffers())})
                          for name, network in self.networks.items()}
        other._readers = dict(other.networks)
        return other

    @property
    def _own(self) -> Who:
        """Whose answers the model as a whole gives."""
        return "network" if self.blend is None else "blend"

    def predict(self, texts: Iterable[str]) -> Iterator[Prediction]:
        """A prediction for every text, in their order, while they are read: ``texts`` may be endless."""
        for window in windows(texts):
            yield from map(self._prediction, self._answers(window)[self._own])

    def predict_one(self, text: str) -> Prediction:
        """The prediction for one text."""
        return next(self.predict([text]))

    def probabilities(self, texts: Iterable[str]) -> Floats:
        """(texts, classes) calibrated probabilities of all ``texts``."""
        return self.answers(texts)[self._own]

    def answers(self, texts: Iterable[str]) -> dict[Who, Floats]:
        """(texts, classes) probabilities of the "network" and, if there is one, of the word "counts" and the "blend"
        of both, which is the model's answer."""
        found = [self._answers(window) for window in windows(texts)] or [self._answers([])]
        return {who: np.concatenate([part[who] for part in found]) for who in found[0]}

    def logits(self, texts: Iterable[str]) -> Floats:
        """(texts, classes) logits before the temperature, directions averaged; all ``texts`` at once in memory."""
        return self.logits_of([self.tokenizer.encode(text) for text in texts])

    def logits_of(self, documents: Sequence[Sequence[int]]) -> Floats:
        """The same of token ids; each document has at least one."""
        scores = [self._read(reader, documents, name, len(self.labels)) for name, reader in self._readers.items()]
        if not all(np.isfinite(one).all() for one in scores):
            raise InferenceError("the model's answers are not numbers: its weights are damaged or have diverged; use "
                                 "the model of an earlier checkpoint")
        return average(scores, multi_label=self.multi_label)

    def pooled(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts, features) what the networks' heads score, the directions beside each other."""
        documents = [self.tokenizer.encode(text) for text in texts]
        return np.concatenate([self._read(network.pooled, documents, name, 1)
                               for name, network in self.networks.items()], axis=1)

    def _answers(self, texts: Sequence[str]) -> dict[Who, Floats]:
        network = probabilities(self.logits(texts), self.temperature, multi_label=self.multi_label)
        if self.blend is None:
            return {"network": network}
        counts = self.blend.counts.probabilities(texts)
        return {"network": network, "counts": counts, "blend": self.blend.mixed(network, counts)}

    def _prediction(self, row: Floats) -> Prediction:
        values = dict(zip(self.labels, row.tolist(), strict=True))
        if self.multi_label:
            chosen = tuple(label for label, value in values.items() if value >= 0.5)
        else:
            chosen = (self.labels[int(row.argmax())],)
        return Prediction(", ".join(chosen), chosen, values)

    def _read(
        self, reader: Reader, documents: Sequence[Sequence[int]], direction: str, width: int
    ) -> NDArray[np.float32]:
        """(documents, figures) what ``reader`` makes of each; ``width``: how many figures, where there are none."""
        found: NDArray[np.float32] | None = None
        for places in batches([len(document) for document in documents]):
            part = self._batch(reader, [documents[place] for place in places], direction == "backward")
            found = np.empty((len(documents), part.shape[1]), dtype=np.float32) if found is None else found
            found[places] = part
        return np.zeros((0, width), np.float32) if found is None else found

    # Not inference mode: the same networks take gradients for explanations, in the same scratch memory.
    @torch.no_grad()
    def _batch(self, reader: Reader, documents: Sequence[Sequence[int]], backwards: bool) -> NDArray[np.float32]:
        """The same of one batch, longest first; in halves where the device's memory is too small."""
        tokens, lengths = padded([document[::-1] for document in documents] if backwards else documents)
        try:
            found: NDArray[np.float32] = reader(tokens.to(self.device), lengths).float().cpu().numpy()
            return found
        except torch.OutOfMemoryError as error:
            if len(documents) == 1:
                raise InferenceError(
                    f"a text of {lengths[0]:,} tokens does not fit into the memory of {self.device}; close other "
                    "programs that use it, or predict on cpu"
                ) from error
        half = len(documents) // 2
        parts = (documents[:half], documents[half:])
        return np.concatenate([self._batch(reader, part, backwards) for part in parts])


def reader_of(network: TextClassifier) -> Reader:
    """What answers for ``network`` where nothing takes gradients: itself, with its weights made ready for the products
    once, not with every pass. Later training is not seen then."""
    return partial(network, draw=network.encoder.draw(0))


def windows(
    texts: Iterable[T], most: int | None = None, length: Callable[[T], int] = len  # type: ignore[assignment]
) -> Iterator[list[T]]:
    """``texts`` in lists of bounded number (``most``, `WINDOW_TEXTS` unless said) and size, in order.

    :param length: the characters of one.
    """
    most = most or WINDOW_TEXTS
    window: list[T] = []
    characters = 0
    for text in texts:
        window.append(text)
        characters += length(text)
        if len(window) >= most or characters >= WINDOW_CHARACTERS:
            yield window
            window, characters = [], 0
    if window:
        yield window


def asked_in_windows(
    texts: Iterable[str], ask: Callable[[list[str]], T], task: str, total: int, most: int | None = None
) -> Generator[Event, None, list[T]]:
    """What ``ask`` gives of each window of ``texts``, of which there are ``total``; tells how far it has come."""
    found, done = [], 0
    for window in windows(texts, most):
        yield Progress(task, done, total, "documents")
        found.append(ask(window))
        done += len(window)
    return found


def batches(lengths: Sequence[int]) -> list[NDArray[np.int64]]:
    """Positions of documents of these ``lengths`` in batches, longest first, each sorted from the longest down."""
    sizes = np.asarray(lengths, dtype=np.int64)
    return cut(np.argsort(-sizes, kind="stable"), sizes, BATCH_ROWS, BATCH_TOKENS)
