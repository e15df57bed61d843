"""Small models for the tests, made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import torch

from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.nets import AWDLSTM, TextClassifier
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer

WORDS = ("good", "bad", "film", "the", "a", "was", "not", "very", "story", ".", "!", "and")
MODEL = ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2, head_hidden=5)


def tokenizer() -> WordTokenizer:
    """Knows :data:`WORDS`."""
    return WordTokenizer(Vocabulary(SPECIALS + WORDS))


def network(classes: int = 2, seed: int = 0, max_tokens: int = 40) -> TextClassifier:
    """A classifier with weights large enough to make up its mind, in evaluation mode."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        encoder = AWDLSTM(len(SPECIALS) + len(WORDS), Sizes(6, 8, 2), DropoutConfig())
        made = TextClassifier(encoder, classes, MODEL, bptt=7, max_tokens=max_tokens)
        for parameter in made.parameters():
            torch.nn.init.normal_(parameter, std=.7)
    return made.eval()


class Made:
    """What a predictor takes, without a file."""

    def __init__(
        self, networks: Mapping[str, TextClassifier], labels: Sequence[str] = ("neg", "pos"), *,
        multi_label: bool = False, temperature: float = 1.0,
    ) -> None:
        self.labels, self.multi_label, self.temperature = tuple(labels), multi_label, temperature
        self.tokenizer = tokenizer()
        self._networks, self.counts = networks, None
        self.description = SimpleNamespace(refit=False, imported=False)

    def classifiers(self) -> Mapping[str, TextClassifier]:
        return self._networks
