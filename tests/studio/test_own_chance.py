"""What may go on beside a run draws nothing from the source of random numbers that all threads share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo  # an optimizer brings it in, and it looks torch's own functions over: before they are replaced

from studio.pages.classify.answering import make_ready
from studio.pages.model.sizes import Network
from studio.pages.model.speed import measure_speed
from tests.gui.classify.help import TEXTS, make_bundle
from ulmengine.config import ModelConfig, RunConfig, Sizes
from ulmengine.events import outcome
from ulmengine.inference import explain_by_occlusion


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "made.ulmfit")


@pytest.fixture
def untouched(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Setting the shared source back afterwards is no way out: a run may have drawn from it in the meantime."""
    before = torch.get_rng_state()

    def refuse(*arguments: Any, **named: Any) -> None:
        raise AssertionError("the shared random state was set")

    for name in ("set_rng_state", "manual_seed", "seed"):
        monkeypatch.setattr(torch, name, refuse)
        monkeypatch.setattr(torch.random, name, refuse)
    yield
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.usefixtures("untouched")
def test_opening_a_model_and_asking_it(bundle: Path) -> None:
    answering = outcome(make_ready(bundle, "cpu", "float32"))
    assert len(list(answering.predict(list(TEXTS)))) == len(TEXTS)
    assert outcome(answering.answer(TEXTS[0])).prediction.label
    assert outcome(answering.explain(TEXTS[0], None)).words
    assert outcome(explain_by_occlusion(answering.predictor, TEXTS[0])).words


@pytest.mark.parametrize("pooling", ["concat", "attention", "last"])
@pytest.mark.usefixtures("untouched")
def test_measuring_the_speed(pooling: str) -> None:
    model = ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2, head_hidden=5,
                        pooling=pooling)  # type: ignore[arg-type]
    config = RunConfig(model=model)
    speed = outcome(measure_speed(Network(Sizes(6, 8, 2), model, 60, 3), config, None))
    assert speed.language_model > 0
    assert speed.classifier > 0
