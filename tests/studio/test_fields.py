"""The settings of a run as the forms see them."""

from __future__ import annotations

import pytest

from studio.fields import all_fields, field
from studio.pages import available, page_of_setting
from studio.words import choice_words, help_of, state_words
from ulmengine.config import RunConfig, value_of
from ulmengine.plan.control import RunState


def test_every_setting_of_the_description_is_a_field_once() -> None:
    def count(values: dict[str, object]) -> int:
        return sum(count(value) if isinstance(value, dict) else 1 for value in values.values())

    assert len(all_fields()) == count(RunConfig().model_dump())


def test_a_field_knows_what_was_declared() -> None:
    rate = field("classifier.lr")
    assert (rate.kind, rate.label, rate.unit, rate.log) == ("number", "Peak learning rate", "per step", True)
    assert (rate.low, rate.low_open, rate.high) == (0.0, True, 10.0)
    assert rate.path == "Classifier"
    kind = field("language_model.schedule.kind")
    assert kind.choices == ("stlr", "one_cycle", "clr", "sgdr", "constant")
    assert kind.path == "Language model / Schedule"
    assert field("classifier.epochs").kind == "integers"
    assert field("corpus.text_columns").kind == "texts"
    assert field("language_model.jitter").kind == "switch"
    assert field("compute.device").kind == "text"


def test_defaults_are_those_of_a_new_run() -> None:
    config = RunConfig()
    assert all(field(name).default == value_of(config, name) for name in all_fields())


def test_an_unknown_setting_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"no setting called 'classifier\.speed'"):
        field("classifier.speed")


def test_every_choice_and_state_has_words_and_every_setting_help() -> None:
    for one in all_fields().values():
        assert help_of(one)
        assert all(choice_words(choice) for choice in one.choices)
    assert all(state_words(state) for state in RunState)
    assert help_of(field("classifier.lr")).endswith("From 0 to 10 per step.")


def test_every_setting_belongs_to_a_page_that_there_is() -> None:
    keys = {entry.key for entry in available()}
    wanted = {page_of_setting(name) for name in all_fields()}
    assert wanted <= {"corpus", "model", "rates", "train", "settings"}
    assert {"home", "settings"} <= keys
