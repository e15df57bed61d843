"""Random states of every kind of device are kept and put back, here with devices that only pretend to be there."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from ulmengine.training.random_state import RandomState


def draw() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(()))


def stored_and_read(state: RandomState) -> RandomState:
    """As it comes out of a checkpoint."""
    return RandomState(load(save(state.tensors)), json.loads(json.dumps(state.values)))


def test_what_is_drawn_next_is_the_same_after_packing_and_putting_back() -> None:
    before = RandomState.capture()
    drawn = draw()
    stored_and_read(before).restore()
    assert draw() == drawn


def test_an_apple_processors_generator_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    put_back: list[Tensor] = []
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: torch.tensor([7], dtype=torch.uint8))
    monkeypatch.setattr(torch.mps, "set_rng_state", put_back.append)
    stored_and_read(RandomState.capture()).restore()
    assert [state.tolist() for state in put_back] == [[7]]


@pytest.mark.parametrize(("cards", "expected"), [(2, [[[1], [2]]]), (1, [])], ids=["the same cards", "one fewer"])
def test_an_intel_cards_generators_go_along(
    cards: int, expected: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_back: list[Any] = []
    states = [torch.tensor([number], dtype=torch.uint8) for number in (1, 2)]
    monkeypatch.setattr(torch.xpu, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.xpu, "get_rng_state_all", lambda: states)
    monkeypatch.setattr(torch.xpu, "device_count", lambda: cards)
    monkeypatch.setattr(torch.xpu, "set_rng_state_all", lambda given: put_back.append([s.tolist() for s in given]))
    stored_and_read(RandomState.capture()).restore()
    assert put_back == expected
