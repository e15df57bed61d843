"""How a linear head begins: as logistic regression on what the encoder makes of the training documents.

A head of random weights would first pull at an encoder that knows better: its gradients are noise until it has learnt
something itself. The regression is where training the head alone would end, and what is tuned starts from there.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from numpy.typing import NDArray

from ulmengine.events import Event, Progress
from ulmengine.inference.baseline import scores_of
from ulmengine.nets import TextClassifier

from .batches import document_batches, read_documents
from .prepare import Prepared

Floats = NDArray[np.float32]

# Inverse strengths of the L2 penalty that are tried, on standardised states; without validation documents the middle.
STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
MOST = 20_000
"""So many documents are enough for a regression on some hundred states."""
LEAST_DEVIATION = 1e-5**0.5
"""What differs by less is taken to differ by so much: the head's batch norm cannot divide by less."""


def begin_head(model: TextClassifier, prepared: Prepared, direction: str) -> Generator[Event, None, None]:
    """Let the head of ``model`` begin as the regression that answers the validation documents best."""
    balanced = prepared.config.classifier.class_weights == "balanced"
    states, targets = yield from pooled_states(model, prepared, direction, "train", _drawn(prepared, "train"))
    if not np.isfinite(states).all():
        return  # an encoder that has diverged: the first step of the training says so, and what to do
    scaled, mean, deviation = standardised(states)
    held = None
    if prepared.documents.count("validation"):
        found, answers = yield from pooled_states(
            model, prepared, direction, "validation", _drawn(prepared, "validation"))
        held = ((found - mean) / deviation).astype(np.float32), answers
    best, weights = np.inf, None
    for number, strength in enumerate(STRENGTHS if held else (STRENGTHS[2],), start=1):
        tried = yield from regression(scaled, targets, model.classes, strength, balanced)
        loss = 0.0 if held is None else mean_loss(held[0] @ tried[0].T + tried[1], held[1])
        if weights is None or loss < best:
            best, weights = loss, tried
        yield Progress("Fitting the head", number, len(STRENGTHS) if held else 1)
    assert weights is not None
    device = next(model.parameters()).device
    model.head.begin_as(*(
        torch.as_tensor(values, dtype=torch.float32, device=device) for values in (mean, deviation**2, *weights)
    ))


def _drawn(prepared: Prepared, part: str) -> NDArray[np.int64]:
    count = prepared.documents.count(part)
    return np.sort(np.random.default_rng(prepared.config.seed).permutation(count)[:MOST])


def standardised(states: Floats) -> tuple[Floats, NDArray[np.float64], NDArray[np.float64]]:
    """``states`` with a mean of 0 and a deviation of 1, and the means and deviations (features,) they had."""
    mean, deviation = states.mean(axis=0, dtype=np.float64), states.std(axis=0, dtype=np.float64)
    deviation = np.maximum(deviation, LEAST_DEVIATION)
    return ((states - mean) / deviation).astype(np.float32), mean, deviation


def pooled_states(
    model: TextClassifier, prepared: Prepared, direction: str, part: str, chosen: NDArray[np.int64]
) -> Generator[Event, None, tuple[Floats, NDArray[np.generic]]]:
    """Pooled states (documents, features) of the ``chosen`` documents of ``part``, sorted, and their targets."""
    batches = document_batches(prepared, direction, part, shuffled=False, only=chosen)
    assert batches is not None
    states = np.zeros((len(chosen), prepared.config.model.pooled(model.encoder.sizes.embedding)), dtype=np.float32)
    yield from read_documents(model, model.pooled, batches, chosen, states, "Reading for the head")
    return states, prepared.documents.targets(part)[chosen]


def regression(
    states: Floats, targets: NDArray[np.generic], classes: int, strength: float, balanced: bool
) -> Generator[Event, None, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Weights (classes, features) and biases (classes,) of logistic regression, one for each label if there are
    several a document; each of these is told of, for a hundred take their time."""
    weight, bias = np.zeros((classes, states.shape[1])), np.zeros(classes)
    from sklearn.linear_model import LogisticRegression  # half a second, which only a run that begins waits for

    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3, class_weight="balanced" if balanced else None)
    if targets.ndim > 1:
        for label in range(classes):
            column = targets[:, label].astype(np.int64)
            if 0 < column.sum() < len(column):
                model.fit(states, column)
                weight[label], bias[label] = model.coef_[0], model.intercept_[0]
            else:
                bias[label] = 4.0 if column.all() else -4.0
            yield Progress(f"Fitting the head with strength {strength:g}", label + 1, classes, "labels")
        return weight, bias
    present = np.unique(targets.astype(np.int64))
    if len(present) == 1:
        bias[present] = 4.0
        return weight, bias
    yield Progress(f"Fitting the head with strength {strength:g}", 0, 0)
    weight, bias = scores_of(model.fit(states, targets.astype(np.int64)), classes)
    return weight, np.maximum(bias, bias[present].min() - 4.0)  # of those never seen


def mean_loss(scores: NDArray[np.floating], targets: NDArray[np.generic]) -> float:
    """Mean cross entropy of ``scores`` (documents, classes)."""
    logits = torch.as_tensor(np.asarray(scores, dtype=np.float64))
    if targets.ndim > 1:
        return float(torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.as_tensor(targets).double()))
    return float(torch.nn.functional.cross_entropy(logits, torch.as_tensor(targets.astype(np.int64))))
