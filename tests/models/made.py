"""Small models for the tests, made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.models import save_bundle
from ulmengine.nets import AWDLSTM, LanguageModel, TextClassifier
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer

SIZES = Sizes(6, 8, 2)
MODEL = ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2, head_hidden=5)
TOKENS = WordTokenizer(Vocabulary((*SPECIALS, "good", "bad", "film")))


def classifier(seed: int = 0) -> TextClassifier:
    """Two classes, in evaluation mode."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        encoder = AWDLSTM(len(TOKENS.vocabulary), SIZES, DropoutConfig())
        return TextClassifier(encoder, 2, MODEL, bptt=7, max_tokens=40).eval()


def language_model() -> LanguageModel:
    """In evaluation mode."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(1)
        return LanguageModel(len(TOKENS.vocabulary), SIZES, DropoutConfig()).eval()


def save(path: Path, state: dict[str, Tensor] | None = None, **changes: Any) -> Path:
    """A classifier's bundle at ``path``, with ``changes`` to what is saved."""
    values: dict[str, Any] = {
        "kind": "classifier", "state": state or classifier().state_dict(), "tokenizer": TOKENS.to_json(),
        "sizes": SIZES, "model": MODEL, "labels": ("neg", "pos"), "max_tokens": 40, "bptt": 7,
    }
    save_bundle(path, **{**values, **changes})
    return path
