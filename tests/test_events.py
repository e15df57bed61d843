"""Every event crosses JSON and pickle unchanged."""

from __future__ import annotations

import dataclasses
import json
import pickle
from typing import Any, get_type_hints

import pytest

from ulmengine.events import EVENTS, Event, from_json, to_json

EXAMPLES: dict[str, Any] = {
    "str": "é", "int": 3, "float": 0.1, "float | None": None,
    "bool": True, "tuple[str, ...]": ("a", "b"), "tuple[float, ...]": (0.1, 1e-9),
    "tuple[float, float]": (0.1, 0.2), "dict[str, float]": {"f1": 0.5},
    "dict[str, typing.Any]": {"classifier.lr": 0.1},
    "tuple[dict[str, typing.Any], ...]": ({"name": "head", "lr": 0.1},),
}


def example(kind: str) -> Event:
    cls = EVENTS[kind]
    hints = get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls)]
    return cls(**{name: EXAMPLES[getattr(hints[name], "__name__", "")
               if hints[name] in (str, int, float, bool) else str(hints[name])] for name in names})


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_crosses_json_and_pickle_unchanged(kind: str) -> None:
    event = example(kind)
    assert from_json(json.loads(json.dumps(to_json(event)))) == event
    assert pickle.loads(pickle.dumps(event)) == event
    assert next(iter(to_json(event).items())) == ("type", kind)


def test_keys_of_a_newer_writer_are_passed_over_and_unknown_kinds_refused() -> None:
    assert from_json({"type": "stopped", "total": 3, "mood": "calm"}) == EVENTS["stopped"](3)  # type: ignore[call-arg]
    with pytest.raises(KeyError):
        from_json({"type": "from_the_future"})
