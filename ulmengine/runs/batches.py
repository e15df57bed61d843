"""The batches of a run's stages, made from its stores, and what a network makes of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ulmengine.config import RunConfig
from ulmengine.events import Event, Progress
from ulmengine.nets import TextClassifier
from ulmengine.plan import StagePlan
from ulmengine.tokens import TokenStore
from ulmengine.training.batches import DocumentBatches, LanguageModelStream

from .prepare import Prepared

# Validation needs no gradients: larger batches cost no more memory than training's and take less time.
_EVALUATION = 2
ALL_LABELLED = "train and validation"
"""In place of a part: the documents of both."""
STEPS = 500
"""Steps of a language model from scratch after which it is taken to have learnt something."""


def streams(prepared: Prepared, direction: str) -> tuple[LanguageModelStream, LanguageModelStream | None]:
    """Training and validation streams of the language model; no validation where there are no such documents."""
    config, backwards = prepared.config, direction == "backward"
    settings = config.language_model
    train = LanguageModelStream(
        prepared.language_model_stores(), rows_read(config, prepared.language_model_tokens), settings.bptt,
        seed=config.seed, backwards=backwards, jitter=settings.jitter,
    )
    held = prepared.stores.get("validation")
    if held is None or not held.tokens:
        return train, None
    rows = rows_read(config, held.tokens)
    return train, LanguageModelStream([held], rows, settings.bptt, shuffle=False, backwards=backwards)


def steps_of(prepared: Prepared, plans: Sequence[StagePlan]) -> list[int]:
    """Optimizer steps that each of the stages ``plans`` will have; 0 where there is nothing to train it on."""
    batches: dict[tuple[str, bool], int] = {}  # the same in both directions
    for plan in plans:
        kind = plan.task, plan.refit
        if kind not in batches:
            batches[kind] = _batches_of(prepared, plan)
    return [plan.steps(batches[plan.task, plan.refit]) for plan in plans]


def _batches_of(prepared: Prepared, plan: StagePlan) -> int:
    if plan.task == "language_model":
        return len(streams(prepared, plan.direction)[0])
    found = document_batches(prepared, plan.direction, ALL_LABELLED if plan.refit else "train")
    return 0 if found is None else len(found)


def rows_read(config: RunConfig, tokens: int) -> int:
    """How many rows the language model reads of a corpus of so many ``tokens``.

    A small corpus cut into many rows gives each row less than a chunk: then fewer rows than asked for are read.
    """
    settings = config.language_model
    return max(1, min(settings.batch_size, tokens // settings.bptt))


def has_learnt(prepared: Prepared) -> bool:
    """Whether the encoder has learnt enough of the language for a regression to read what it makes of documents.

    Before that documents hardly differ in it: weights that tell them apart all the same are so large that the dropouts
    of training throw every answer about, from which the classifier does not recover. (450 German tweets, 60 steps from
    scratch: the training loss of the last stage was 10 to 25 with such a beginning and 0.64 without.)
    """
    if prepared.pretrained is not None:
        return True
    settings, tokens = prepared.config.language_model, prepared.language_model_tokens
    steps = settings.epochs * tokens // (rows_read(prepared.config, tokens) * settings.bptt)
    return steps >= STEPS


def _part(prepared: Prepared, part: str) -> tuple[TokenStore | None, NDArray[np.generic]]:
    """The documents of ``part`` and their targets."""
    documents, stores = prepared.documents, prepared.stores
    if part != ALL_LABELLED:
        return stores.get(part), documents.targets(part)
    both = [stores[name] for name in ("train", "validation")]
    offsets = np.concatenate([[0], *(store.lengths for store in both)]).cumsum()
    store = TokenStore(np.concatenate([store.ids for store in both]), offsets, " ".join(s.fingerprint for s in both))
    return store, np.concatenate([documents.targets("train"), documents.targets("validation")])


def document_batches(
    prepared: Prepared, direction: str, part: str, *, shuffled: bool = True,
    only: NDArray[np.int64] | None = None,
) -> DocumentBatches | None:
    """Batches of the documents of ``part``, or of :data:`ALL_LABELLED`; None where there are none.

    :param shuffled: what is trained on is shuffled; "validation" and "test" never are.
    :param only: of what is not shuffled these documents alone.
    """
    store, targets = _part(prepared, part)
    if store is None:
        return None
    config, train = prepared.config, part in ("train", ALL_LABELLED) and shuffled
    times = 1 if train else _EVALUATION
    return DocumentBatches(
        store, targets, config.classifier.batch_size * times, train=train, seed=config.seed,
        backwards=direction == "backward", token_budget=config.tokens.batch_tokens * times or None,
        only=only,
    )


def read_documents(
    model: TextClassifier, ask: Callable[[Tensor, Tensor], Tensor], batches: DocumentBatches,
    chosen: NDArray[np.int64], into: NDArray[np.floating], task: str,
) -> Generator[Event, None, None]:
    """Write ``into`` an array (documents, features) what ``ask``, of the ``model``, makes of the ``chosen`` documents,
    which are sorted and all in ``batches``."""
    device = next(model.parameters()).device
    model.eval()
    total = len(batches)  # which sorts all documents each time that it is asked
    for number, batch in enumerate(batches.epoch(0), start=1):
        # The mode is entered anew for each batch: a suspended generator must not leave it on for its consumer.
        with torch.no_grad():
            found = ask(batch.tokens.to(device), batch.lengths)
        into[np.searchsorted(chosen, batch.indices)] = found.cpu().double().numpy()
        yield Progress(task, number, total, "batches")
