"""How far the tuned language model is taken: somewhere between the pretrained weights and the tuned ones.

Tuning on a corpus teaches its language, and moves the encoder away from what it knew of texts at large. Which of both
weighs more differs from corpus to corpus. The straight line between the weights before and after (Wortsman et al. 2022,
2109.01903) holds encoders that know both; taken is the one from whose states a regression tells the labels of the
training documents best, cross-validated.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ulmengine.config import RunConfig
from ulmengine.events import Event, Note, Progress
from ulmengine.nets import TextClassifier

from .head_start import STRENGTHS, Floats, mean_loss, pooled_states, regression, standardised
from .prepare import Prepared

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
FOLDS = 5
MOST, MOST_TOKENS = 1_000, 100_000
"""So many documents, or of longer ones so many tokens, are enough to tell the shares apart."""
LEAST = 50
"""Of fewer documents the cross-validation says nothing."""


def interpolate(
    model: TextClassifier, before: dict[str, Tensor], config: RunConfig, prepared: Prepared, direction: str
) -> Generator[Event, None, None]:
    """Move the encoder of ``model`` from its tuned weights towards those ``before`` as far as that helps.

    :param before: of the encoder, by the same names.
    """
    after = {name: value.clone() for name, value in model.encoder.state_dict().items()}
    rows = _rows(prepared, config)
    if len(rows) < LEAST:
        return
    losses = []
    for number, share in enumerate(SHARES):
        _move(model, before, after, share)
        states, targets = yield from pooled_states(model, config, prepared, direction, "train", rows)
        if not np.isfinite(states).all():
            _move(model, before, after, 1.0)
            return  # it has diverged: the first step of the training says so, and what to do
        losses.append((yield from _loss(states, targets, model.classes, config)))
        yield Progress("Trying how much of the tuned language model to take", number + 1, len(SHARES))
    best = int(np.argmin(losses))
    _move(model, before, after, SHARES[best])
    yield Note(
        f"Of what tuning has changed in the language model the classifier takes {SHARES[best]:.0%}: a regression that "
        f"starts there has a cross-validated loss of {losses[best]:.3f} on {len(rows):,} training documents, one that "
        f"starts from the pretrained weights {losses[0]:.3f}, from the tuned ones {losses[-1]:.3f}."
    )


def _rows(prepared: Prepared, config: RunConfig) -> NDArray[np.int64]:
    """Training documents drawn for the trial, in their order."""
    lengths = np.minimum(prepared.stores["train"].lengths, config.tokens.max_tokens)
    drawn = np.random.default_rng(config.seed).permutation(len(lengths))[:MOST]
    fits = int(np.searchsorted(np.cumsum(lengths[drawn]), MOST_TOKENS, side="right"))
    return np.sort(drawn[: max(fits, min(len(drawn), 4 * LEAST))])


def _move(model: TextClassifier, before: dict[str, Tensor], after: dict[str, Tensor], share: float) -> None:
    model.encoder.load_state_dict({
        name: before[name].to(value.device).lerp(value, share) if value.is_floating_point() else value
        for name, value in after.items()
    })


def _loss(
    states: Floats, targets: NDArray[np.generic], classes: int, config: RunConfig
) -> Generator[Event, None, float]:
    """Mean cross entropy of documents by a regression that was fitted on the other folds."""
    folds = np.random.default_rng(config.seed).permutation(len(states)) % FOLDS
    total, balanced = 0.0, config.classifier.class_weights == "balanced"
    for fold in range(FOLDS):
        held = folds == fold
        scaled, mean, deviation = standardised(states[~held])
        weight, bias = yield from regression(scaled, targets[~held], classes, STRENGTHS[2], balanced)
        scores = (states[held] - mean) / deviation @ weight.T + bias
        total += mean_loss(scores, targets[held]) * int(held.sum())
    return total / len(states)
