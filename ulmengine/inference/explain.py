"""Which words a prediction hangs on."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ulmengine.corpus.documents import BETWEEN, as_read, stretches
from ulmengine.events import Event, Progress
from ulmengine.nets import TextClassifier
from ulmengine.tokens import PAD
from ulmengine.training.batches import padded

from .align import Span, word_spans
from .blend import Blend
from .calibrate import Floats, probabilities
from .errors import InferenceError
from .predict import Predictor

# A longer text is left out of in this many parts at most, neighbouring words together.
OCCLUSIONS = 400
_AT_ONCE = 64
_FLATTEST = 1e-12


@dataclass(frozen=True)
class WordWeight:
    """Characters ``start`` to ``end`` of the text and how much they speak for the label (below 0: against it)."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Explanation:
    """Why ``label`` got its ``probability``: the words in the order of the text.

    ``weights`` of ``gradient`` are first-order changes of the label's log-odds, of ``occlusion`` real ones: how far
    the log-odds fall when the word is not there. Both are of the model's answer: of network and word counts together
    where it answers with both.
    """

    text: str
    label: str
    probability: float
    method: Literal["gradient", "occlusion"]
    words: tuple[WordWeight, ...]

    def as_read(self) -> Explanation:
        """The same of the text as a person reads it: see :func:`ulmengine.corpus.documents.as_read`."""
        words: list[WordWeight] = []
        shown = 0
        for start, end in stretches(self.text):
            words += [WordWeight(one.start - start + shown, one.end - start + shown, one.weight)
                      for one in self.words if start <= one.start and one.end <= end]
            shown += end - start + len(BETWEEN)
        return replace(self, text=as_read(self.text), words=tuple(words))

    def scaled(self) -> tuple[float, ...]:
        """The words' weights from -1 to 1, the strongest at one end; for colours."""
        largest = max((abs(word.weight) for word in self.words), default=0.0)
        return tuple(word.weight / largest if largest else 0.0 for word in self.words)


def explain_by_gradient(predictor: Predictor, text: str, label: str | None = None) -> Explanation:
    """Input times gradient (Denil et al. 2014, 1412.6815; Ancona et al. 2018, 1711.06104): one pass there and back.

    :param label: which label to explain; absent: the likeliest.
    :raises InferenceError: the model does not know the label.
    """
    ids, spans, target, probability = _asked(predictor, text, label)
    weights = np.zeros(len(ids))
    for name, network in predictor.networks.items():
        weights += gradient_times_input(network, ids, target, name == "backward", predictor.multi_label,
                                        1.0 if predictor.blend is None else predictor.temperature)
    weights /= len(predictor.networks)
    found = np.array([weights[list(span.tokens)].sum() for span in spans])
    if predictor.blend is not None:
        found = _with_counts(predictor, predictor.blend, text, spans, target, found)
    words = tuple(WordWeight(span.start, span.end, weight) for span, weight in zip(spans, found.tolist(), strict=True))
    return Explanation(text, predictor.labels[target], probability, "gradient", words)


def explain_by_occlusion(
    predictor: Predictor, text: str, label: str | None = None
) -> Generator[Event, None, Explanation]:
    """Leave every word out in turn and see what becomes of the label (Li et al. 2016, 1612.08220).

    :param label: which label to explain; absent: the likeliest.
    :raises InferenceError: the model does not know the label.
    """
    ids, spans, target, probability = _asked(predictor, text, label)
    parts = [part.tolist() for part in np.array_split(np.arange(len(spans)), min(len(spans), OCCLUSIONS) or 1)]
    whole = _answered(predictor, [ids], [text], target)[0]
    falls: list[float] = []
    for start in range(0, len(parts), _AT_ONCE):
        yield Progress("explain", start, len(parts), "words")
        chosen = [[spans[word] for word in part] for part in parts[start : start + _AT_ONCE]]
        left = [np.delete(ids, [place for span in part for place in span.tokens]).tolist() for part in chosen]
        falls += (whole - _answered(predictor, left, [_rest(text, part) for part in chosen], target)).tolist()
    yield Progress("explain", len(parts), len(parts), "words")
    words = tuple(
        WordWeight(spans[word].start, spans[word].end, fall / len(part))
        for part, fall in zip(parts, falls, strict=True) for word in part
    )
    return Explanation(text, predictor.labels[target], probability, "occlusion", words)


def gradient_times_input(
    network: TextClassifier, ids: Sequence[int], target: int, backwards: bool, multi_label: bool = False,
    temperature: float = 1.0,
) -> Floats:
    """(tokens,) the embedded token times the gradient of the ``target``'s log-odds, in the order of ``ids``.

    Tokens before the classifier's window (its ``max_tokens``) have none. The network is not changed.
    """
    tokens, lengths = padded([ids[::-1] if backwards else ids])
    device = network.encoder.device
    table = network.encoder.embedding.weight.detach()
    vectors = table[tokens[0].to(device)].requires_grad_()
    # Every position becomes a word of its own with its own vector, so that a word's occurrences are told apart.
    rows = torch.cat([table[: PAD + 1], vectors])
    places = torch.arange(PAD + 1, len(rows), device=device).unsqueeze(0)
    with torch.enable_grad():
        scores = torch.func.functional_call(
            network, {"encoder.embedding.weight": rows}, (places, lengths.to(device)), strict=False
        )
        scores = scores / temperature
        chosen = scores[0, target] if multi_label else _odds(scores, target)[0]
        gradient, = torch.autograd.grad(chosen, vectors)
    weights = (gradient * vectors).sum(1).detach().cpu().double().numpy()
    return np.asarray(weights[::-1] if backwards else weights)


def log_odds(logits: Floats, target: int, multi_label: bool = False) -> Floats:
    """(documents,) log of p / (1 - p) of class ``target``."""
    if multi_label:
        return np.asarray(logits[:, target])
    return _odds(torch.from_numpy(logits), target).numpy()


def _odds(scores: Tensor, target: int) -> Tensor:
    others = [number for number in range(scores.shape[1]) if number != target]
    return scores[:, target] - scores[:, others].logsumexp(1) if others else scores[:, target]


def _with_counts(
    predictor: Predictor, blend: Blend, text: str, spans: Sequence[Span], target: int, by_network: Floats
) -> Floats:
    """The words' weights for the answer of both, from those for the network's: each has its share of the log-odds'
    change as far as the probability of both hangs on its own."""
    answers = predictor.answers([text])
    network, counts, both = (answers[who][0] for who in ("network", "counts", "blend"))
    by_counts = blend.counts.contributions(text, [(span.start, span.end) for span in spans])
    others = np.delete(counts, target)
    change = by_counts[:, target]
    if not predictor.multi_label and others.sum() > 0:
        change = change - np.delete(by_counts, target, axis=1) @ (others / others.sum())
    steep = [max(float(one[target] * (1 - one[target])), _FLATTEST) for one in (network, counts, both)]
    mixed = blend.weight * steep[0] * by_network + (1 - blend.weight) * steep[1] * change
    return np.asarray(mixed / steep[2])


def _answered(predictor: Predictor, documents: Sequence[Sequence[int]], texts: Sequence[str], target: int) -> Floats:
    """(documents,) log-odds of class ``target`` in the model's answer to ``documents``, which are these ``texts``."""
    logits = predictor.logits_of(documents)
    if predictor.blend is None:
        return log_odds(logits, target, predictor.multi_label)
    network = probabilities(logits, predictor.temperature, multi_label=predictor.multi_label)
    both = predictor.blend.mixed(network, predictor.blend.counts.probabilities(texts))[:, target]
    return np.asarray(np.log(np.maximum(both, _FLATTEST)) - np.log(np.maximum(1 - both, _FLATTEST)))


def _rest(text: str, spans: Sequence[Span]) -> str:
    """``text`` without ``spans``."""
    left, end = [], 0
    for span in sorted(spans):
        left.append(text[end : span.start])
        end = span.end
    return "".join([*left, text[end:]])


def _asked(predictor: Predictor, text: str, label: str | None) -> tuple[list[int], list[Span], int, float]:
    """The tokens and words of ``text``, the label that is explained, and its probability."""
    if label is not None and label not in predictor.labels:
        raise InferenceError(f"the model does not know the label {label!r}; it knows {', '.join(predictor.labels)}")
    ids, tokens = predictor.tokenizer.encode(text), predictor.tokenizer.tokens(text)
    spans = word_spans(text, tokens) if len(tokens) == len(ids) else []
    found = predictor.probabilities([text])[0]
    target = int(found.argmax()) if label is None else predictor.labels.index(label)
    return ids, spans, target, float(found[target])
