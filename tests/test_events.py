"""Every event crosses JSON and pickle unchanged."""

from __future__ import annotations

import dataclasses
import json
import math
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


def test_logs_of_every_version_call_them_alike() -> None:
    names = """run_started progress note stage_started finishing step epoch_ended text_written stage_ended checkpointed
        log_lost save_failed diverging range_point range_ended evaluated model_saved failed stopped finished"""
    assert list(EVENTS) == names.split()
    assert all(EVENTS[name].__name__.lower() == name.replace("_", "") for name in EVENTS)


def test_keys_of_a_newer_writer_are_passed_over_and_unknown_kinds_refused() -> None:
    assert from_json({"type": "stopped", "total": 3, "mood": "calm"}) == EVENTS["stopped"](3)  # type: ignore[call-arg]
    with pytest.raises(KeyError):
        from_json({"type": "from_the_future"})


def test_figures_that_are_not_defined_are_null_in_json_and_nan_again_after_it() -> None:
    ended = EVENTS["stage_ended"](0, "head", 1, 1, 0.5, math.nan, {"auc": math.nan, "f1": 0.5}, 1.0)  # type: ignore[call-arg]
    line = json.dumps(to_json(ended), allow_nan=False)
    assert '"valid_loss": null' in line
    back = from_json(json.loads(line))
    assert math.isnan(back.valid_loss)  # type: ignore[attr-defined]
    assert math.isnan(back.metrics["auc"])  # type: ignore[attr-defined]
    assert back.metrics["f1"] == 0.5  # type: ignore[attr-defined]


def test_what_an_earlier_version_wrote_as_a_bare_nan_is_read() -> None:
    line = json.dumps({**to_json(example("step")), "grad_norm": math.inf})
    assert from_json(json.loads(line)).grad_norm == math.inf  # type: ignore[attr-defined]


def test_an_accuracy_that_was_not_measured_stays_none() -> None:
    finished = EVENTS["finished"](None, None, "model", 1.0)  # type: ignore[call-arg]
    assert from_json(to_json(finished)) == finished
