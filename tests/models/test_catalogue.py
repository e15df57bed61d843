"""The catalogue: what lies in a folder, and moving models in, out and back."""

from __future__ import annotations

import math

import pytest
import torch

from tests.models.made import save
from ulmengine.models import (
    ModelError,
    add_model,
    delete_model,
    free_path,
    knows_enough,
    load_bundle,
    own_models,
    restore_model,
    shipped_models,
)


def test_shipped_models_can_all_be_used():
    for entry in shipped_models():
        assert entry.shipped
        assert entry.description is not None, entry.problem


def test_own_models_with_and_without_a_title(tmp_path):
    save(tmp_path / "b.ulmfit", card={"title": "Reviews"})
    save(tmp_path / "a.ulmfit")
    (tmp_path / "broken.ulmfit").write_bytes(b"PK")
    (tmp_path / "notes.txt").write_text("no model", encoding="utf-8")
    one, two, broken = own_models(tmp_path)
    assert (one.name, two.name, broken.name) == ("a", "Reviews", "broken")
    assert two.bytes == (tmp_path / "b.ulmfit").stat().st_size
    assert broken.description is None
    assert "damaged" in broken.problem
    assert own_models(tmp_path / "nowhere") == ()


def test_adding_copies_under_a_free_name(tmp_path):
    source = save(tmp_path / "m.ulmfit")
    paths = [add_model(source, tmp_path / "own") for _ in range(2)]
    assert [path.name for path in paths] == ["m.ulmfit", "m 2.ulmfit"]
    assert load_bundle(paths[1]).labels == ("neg", "pos")
    (tmp_path / "x.ulmfit").write_text("no model", encoding="utf-8")
    with pytest.raises(ModelError, match="not a model"):
        add_model(tmp_path / "x.ulmfit", tmp_path / "own")
    state = load_bundle(source).state
    spoilt = {name: torch.full_like(value, math.nan) for name, value in state.items() if value.is_floating_point()}
    save(tmp_path / "y.ulmfit", {**state, **spoilt})
    with pytest.raises(ModelError, match="are not numbers"):
        add_model(tmp_path / "y.ulmfit", tmp_path / "own")
    assert len(own_models(tmp_path / "own")) == 2


def test_deleting_can_be_undone(tmp_path):
    path = save(tmp_path / "m.ulmfit")
    waiting = delete_model(path)
    assert own_models(tmp_path) == ()
    assert restore_model(waiting) == path
    assert len(own_models(tmp_path)) == 1
    delete_model(path).unlink()
    with pytest.raises(ModelError, match="cannot be moved"):
        restore_model(waiting)


def test_names_are_made_safe(tmp_path):
    assert free_path(tmp_path, "../a/b: c?").name == "_a_b_ c_.ulmfit"
    assert free_path(tmp_path, "  ").name == "model.ulmfit"


def test_a_model_is_of_use_from_six_words_in_ten_on():
    assert knows_enough(0.6)
    assert knows_enough(1.0)
    assert not knows_enough(0.599)
