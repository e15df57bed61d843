"""The language model against numbers computed by the reference implementation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.nets.reference_names import to_reference_names
from ulmengine.config import DropoutConfig, Sizes
from ulmengine.nets import LanguageModel, from_reference_names
from ulmengine.nets.kernels import layer_pass

DATA = Path(__file__).parent / "data" / "language_model.npz"


def close(actual: torch.Tensor, expected: np.ndarray, relative: float = 1e-5) -> None:
    """Largest error at most ``relative`` times the largest number."""
    error = np.abs(actual.detach().double().numpy() - expected).max()
    assert error <= relative * np.abs(expected).max(), error


@pytest.fixture
def vectors() -> dict[str, np.ndarray]:
    with np.load(DATA) as data:
        return dict(data)


def reference_model(vectors: dict[str, np.ndarray]) -> LanguageModel:
    model = LanguageModel(64, Sizes(12, 20, 3), DropoutConfig(multiplier=0))
    state = {name[5:]: torch.from_numpy(values) for name, values in vectors.items() if name.startswith("init/")}
    model.load_state_dict(from_reference_names(state))
    return model


@pytest.mark.parametrize("own", [True, False], ids=["own", "framework"])
def test_three_steps_of_training_agree(
    vectors: dict[str, np.ndarray], own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_pass, "goes_by_steps", lambda *_: own)
    model = reference_model(vectors)
    optimizer = torch.optim.SGD(model.parameters(), lr=float(vectors["lr"]))
    state = logits_state = None
    for step, batch in enumerate(torch.from_numpy(vectors["tokens"])):
        logits, logits_state = model.logits(batch[:, :-1], logits_state)
        close(logits, vectors["logits"][step])
        alpha, beta = float(vectors["alpha"]), float(vectors["beta"])
        loss = model.loss(batch[:, :-1], batch[:, 1:], state, alpha=alpha, beta=beta)
        close(loss.total, vectors["losses_total"][step])
        close(loss.cross_entropy, vectors["losses_ce"][step])
        assert loss.tokens == 4 * 9
        optimizer.zero_grad()
        loss.total.backward()
        optimizer.step()
        state = logits_state = loss.state
    for name, values in to_reference_names(model.state_dict()).items():
        close(values, vectors[f"final/{name}"])


def test_names_go_both_ways(vectors: dict[str, np.ndarray]) -> None:
    names = {name[5:] for name in vectors if name.startswith("init/")}
    assert set(to_reference_names(reference_model(vectors).state_dict())) == names
