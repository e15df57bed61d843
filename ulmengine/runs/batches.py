"""The batches of a run's stages, made from its stores."""

from __future__ import annotations

from ulmengine.config import RunConfig
from ulmengine.tokens import DocumentBatches, LanguageModelStream

from .prepare import Prepared

# Validation needs no gradients: larger batches cost no more memory than training's and take less time.
_EVALUATION = 2


def streams(
    config: RunConfig, prepared: Prepared, direction: str
) -> tuple[LanguageModelStream, LanguageModelStream | None]:
    """Training and validation streams of the language model; no validation where there are no such documents."""
    settings, backwards = config.language_model, direction == "backward"
    stores = prepared.language_model_stores()
    rows = rows_read(config, sum(store.tokens for store in stores))
    train = LanguageModelStream(
        stores, rows, settings.bptt, seed=config.seed, backwards=backwards, jitter=settings.jitter
    )
    held = prepared.stores.get("validation")
    if held is None or not held.tokens:
        return train, None
    rows = rows_read(config, held.tokens)
    return train, LanguageModelStream([held], rows, settings.bptt, shuffle=False, backwards=backwards)


def rows_read(config: RunConfig, tokens: int) -> int:
    """How many rows the language model reads of a corpus of so many ``tokens``.

    A small corpus cut into many rows gives each row less than a chunk: then fewer rows than asked for are read.
    """
    settings = config.language_model
    return max(1, min(settings.batch_size, tokens // settings.bptt))


def document_batches(
    config: RunConfig, prepared: Prepared, direction: str, part: str, *, shuffled: bool = True
) -> DocumentBatches | None:
    """Batches of the documents of ``part``; None where there are none.

    :param shuffled: the part "train" is shuffled, as training wants it; no other ever is.
    """
    store = prepared.stores.get(part)
    if store is None:
        return None
    settings, train = config.classifier, part == "train" and shuffled
    times = 1 if train else _EVALUATION
    return DocumentBatches(
        store, prepared.documents.targets(part), settings.batch_size * times, train=train, seed=config.seed,
        backwards=direction == "backward", token_budget=config.tokens.batch_tokens * times or None,
    )
