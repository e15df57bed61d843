"""How well a language model predicts the words of texts."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ulmengine.config import NONE, CorpusConfig, LanguageModelConfig
from ulmengine.config.corpus import SplitConfig
from ulmengine.corpus import open_corpus
from ulmengine.events import Event
from ulmengine.models import Bundle
from ulmengine.tokens import UNK, encode_texts
from ulmengine.training.batches import LanguageModelStream
from ulmengine.training.tasks import LanguageModelTask

ROWS = 32
"""So many rows are read side by side: the first word of each is predicted from nothing."""


@dataclass(frozen=True)
class WordsPredicted:
    """``perplexity``: of each direction, by its name. ``tokens``: that were predicted; ``unknown``: the share of them
    that stand for a word which the model does not know, 0 to 1: they are easily predicted, so that models with
    other words cannot be compared by their perplexities."""

    perplexity: dict[str, float]
    tokens: int
    unknown: float


def measure_language_model(
    bundle: Bundle, texts: Path, cache: Path, columns: Sequence[str] = (), kind: str = ""
) -> Generator[Event, None, WordsPredicted]:
    """Let the language model predict every word of ``texts`` (a file, an archive or a folder), read as in pretraining.

    :param columns: those with the texts, as a person has named them; none: they are found. ``kind``: the format to read
        the texts in; "": it is found.
    :raises CorpusError: they cannot be read. :raises TokensError: there are no words in them.
    :raises ModelError: the bundle holds a classifier.
    """
    networks = bundle.language_models()
    config = CorpusConfig(path=str(texts), format=kind, text_columns=tuple(columns), label_columns=(NONE,),
                          split=SplitConfig(method="stratified", validation=0.0, test=0.0))
    documents = yield from open_corpus(config, cache)
    part = "unlabelled" if documents.count("unlabelled") else "train"
    store = yield from encode_texts(documents.texts(part), bundle.tokenizer, cache / "tokens",
                                    key=documents.fingerprint, total=documents.count(part))
    settings, found = LanguageModelConfig(), {}
    for direction, network in networks.items():
        rows = max(1, min(ROWS, store.tokens // settings.bptt))
        stream = LanguageModelStream([store], rows, settings.bptt, shuffle=False, backwards=direction == "backward")
        task = LanguageModelTask(network, None, stream, settings, torch.device("cpu"), None)
        found[direction] = (yield from task.validate(0))["perplexity"]
    return WordsPredicted(found, store.tokens, float((store.ids == UNK).mean()))
