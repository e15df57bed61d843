"""How far the tuned language model is taken: somewhere between the pretrained weights and the tuned ones.

Tuning on a corpus teaches its language, and moves the encoder away from what it knew of texts at large. Which of both
weighs more differs from corpus to corpus. The straight line between the weights before and after (Wortsman et al. 2022,
2109.01903) holds encoders that know both; taken is the one from whose states a regression tells the labels of the
training documents best, cross-validated.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from ulmengine.config import RunConfig
from ulmengine.events import Event, Note, Progress, retold
from ulmengine.nets import TextClassifier
from ulmengine.training.tensors import copy_of

from .head_start import STRENGTHS, Floats, mean_loss, pooled_states, regression, standardised
from .prepare import Prepared

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
FOLDS = 5
MOST, MOST_TOKENS = 1_000, 100_000
"""So many documents, or of longer ones so many tokens, are enough to tell the shares apart."""
LEAST = 50
"""Of fewer documents the cross-validation says nothing."""
_TASK = "Trying how much of the tuned language model to take"
_READING = 0.8
"""Of the time for one share so much goes into reading the documents, roughly; the rest into the regressions."""

T = TypeVar("T")


def interpolate(
    model: TextClassifier, before: dict[str, Tensor], prepared: Prepared, direction: str
) -> Generator[Event, None, None]:
    """Move the encoder of ``model`` from its tuned weights towards those ``before`` as far as that helps.

    Each of several processes that train together tries for itself. Should their sums differ in a last bit and a share
    with it, they still begin as one: DDP gives all of them the weights of process 0.

    :param before: of the encoder, by the same names.
    """
    after, config = copy_of(model.encoder.state_dict().items()), prepared.config
    rows = _rows(prepared)
    if len(rows) < LEAST:
        return
    losses = []
    for number, share in enumerate(SHARES):
        move_between(model.encoder, before, after, share)
        reading = pooled_states(model, prepared, direction, "train", rows)
        states, targets = yield from _as_part(reading, number, _READING)
        if not np.isfinite(states).all():
            move_between(model.encoder, before, after, 1.0)
            return  # it has diverged: the first step of the training says so, and what to do
        losses.append((yield from _loss(states, targets, model.classes, config, number)))
    best = int(np.argmin(losses))
    move_between(model.encoder, before, after, SHARES[best])
    which = f"{direction} language model" if config.model.direction == "both" else "language model"
    yield Note(
        f"Of what tuning has changed in the {which} the classifier takes {SHARES[best]:.0%}. A simple classifier that "
        f"starts there has a loss of {losses[best]:.3f} on training documents that it was not fitted to "
        f"({len(rows):,} cross-validated); with the pretrained weights it has {losses[0]:.3f}, with the tuned ones "
        f"{losses[-1]:.3f}. Lower is better."
    )


def _rows(prepared: Prepared) -> NDArray[np.int64]:
    """Training documents drawn for the trial, in their order."""
    lengths = np.minimum(prepared.stores["train"].lengths, prepared.config.tokens.max_tokens)
    drawn = np.random.default_rng(prepared.config.seed).permutation(len(lengths))[:MOST]
    fits = int(np.searchsorted(np.cumsum(lengths[drawn]), MOST_TOKENS, side="right"))
    return np.sort(drawn[: max(fits, min(len(drawn), 4 * LEAST))])


def move_between(model: nn.Module, before: Mapping[str, Tensor], after: Mapping[str, Tensor], share: float) -> None:
    """Give ``model`` the weights at that ``share`` of the straight line from those ``before`` to those ``after``."""
    model.load_state_dict({
        name: before[name].to(value.device).lerp(value, share) if value.is_floating_point() else value
        for name, value in after.items()
    })


def _as_part(work: Generator[Event, None, T], begin: float, length: float) -> Generator[Event, None, T]:
    """``work``, its progress told as that from ``begin`` on of all the shares; it takes ``length`` of one."""
    def of_all(event: Event) -> tuple[Event]:
        if isinstance(event, Progress):
            event = Progress(_TASK, begin + length * event.done / max(1, event.total), len(SHARES))
        return (event,)

    return retold(work, of_all)


def _loss(
    states: Floats, targets: NDArray[np.generic], classes: int, config: RunConfig, number: int
) -> Generator[Event, None, float]:
    """Mean cross entropy of documents by a regression that was fitted on the other folds."""
    folds = np.random.default_rng(config.seed).permutation(len(states)) % FOLDS
    total, balanced = 0.0, config.classifier.class_weights == "balanced"
    for fold in range(FOLDS):
        held = folds == fold
        scaled, mean, deviation = standardised(states[~held])
        fitting, length = regression(scaled, targets[~held], classes, STRENGTHS[2], balanced), (1 - _READING) / FOLDS
        weight, bias = yield from _as_part(fitting, number + _READING + fold * length, length)
        scores = (states[held] - mean) / deviation @ weight.T + bias
        total += mean_loss(scores, targets[held]) * int(held.sum())
    return total / len(states)
