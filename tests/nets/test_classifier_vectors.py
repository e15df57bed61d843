"""The classifier against numbers computed by the reference implementation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.nets import AWDLSTM, TextClassifier, from_reference_names

DATA = Path(__file__).parent / "data"


@pytest.fixture
def vectors() -> dict[str, np.ndarray]:
    with np.load(DATA / "classifier_eval.npz") as data:
        return dict(data)


@pytest.fixture
def model(vectors: dict[str, np.ndarray]) -> TextClassifier:
    config = ModelConfig(head_hidden=10, dropout=DropoutConfig(multiplier=0, head=0))
    encoder = AWDLSTM(64, Sizes(12, 20, 3), config.dropout)
    made = TextClassifier(encoder, 3, config, bptt=int(vectors["bptt"]), max_tokens=int(vectors["max_len"]))
    state = {name[2:]: torch.from_numpy(values) for name, values in vectors.items() if name.startswith("w/")}
    made.load_state_dict(from_reference_names(state))
    return made.eval()


def close(actual: torch.Tensor, expected: np.ndarray) -> None:
    error = np.abs(actual.detach().double().numpy() - expected).max()
    assert error <= 1e-5 * np.abs(expected).max(), error


def test_padded_batch_agrees(model: TextClassifier, vectors: dict[str, np.ndarray]) -> None:
    documents = [torch.from_numpy(vectors[f"doc{n}"]) for n in range(5)]
    tokens = torch.nn.utils.rnn.pad_sequence(documents, batch_first=True, padding_value=1)
    close(model(tokens, torch.tensor([len(document) for document in documents])), vectors["logits"])


def test_each_document_alone_agrees(model: TextClassifier, vectors: dict[str, np.ndarray]) -> None:
    with np.load(DATA / "classifier_alone.npz") as data:
        expected = data["logits"]
    for n, logits in enumerate(expected):
        document = torch.from_numpy(vectors[f"doc{n}"])[None]
        close(model(document, torch.tensor([document.shape[1]]))[0], logits)
