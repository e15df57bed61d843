"""Every field says what it is; descriptions cross TOML unchanged; mistakes are told in the person's words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from ulmengine.config import (
    ConfigError,
    DropoutConfig,
    RunConfig,
    Section,
    bounds,
    declared,
    difference,
    dumps,
    load,
    loads,
    save,
    with_settings,
)


def every_field(section: type[Section], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, info in section.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section):
            yield from every_field(info.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, info


FIELDS = dict(every_field(RunConfig))


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_has_label_help_unit_and_range(name: str) -> None:
    info = FIELDS[name]
    assert info.title
    assert info.title[0].isupper()
    assert info.description
    assert info.description.rstrip(")")[-1] in ".?!"
    if info.annotation in (int, float):
        low, high = bounds(info)
        assert declared(info)["unit"] or name == "seed"  # which counts nothing
        assert low is not None
        assert high is not None
        assert low < high or name == "version"
        assert low <= info.get_default() <= high
    elif info.annotation is str or get_args(info.annotation):
        assert info.get_default(call_default_factory=True) is not None


def test_a_description_crosses_toml_unchanged(tmp_path: Path) -> None:
    config = with_settings(RunConfig(), [
        "corpus.path=a b.csv", "corpus.delimiter='\t'", "corpus.text_columns=['title', 'text']",
        "classifier.epochs=[2, 3]", "model.dropout.multiplier=0", "name='Grüße'",
    ])
    assert loads(dumps(config)) == config == loads(dumps(config, comments=True))
    save(config, tmp_path / "c.toml", comments=True)
    assert load(tmp_path / "c.toml") == config
    assert [p.name for p in tmp_path.iterdir()] == ["c.toml"]
    assert config.corpus.delimiter == "\t"


@pytest.mark.parametrize(("setting", "value"), [
    ("classifier.epochs=1,1,2", (1, 1, 2)), ("classifier.epochs = [2, 3]", (2, 3)), ("classifier.epochs=4", (4,)),
    ("corpus.text_columns=title, text", ("title", "text")), ("corpus.text_columns='title, text'", ("title, text",)),
    ("corpus.label_columns=label", ("label",)), ("corpus.text_columns=", ()),
])
def test_a_list_is_set_with_or_without_its_brackets(setting: str, value: tuple[object, ...]) -> None:
    section, _, name = setting.partition("=")[0].strip().partition(".")
    assert getattr(getattr(with_settings(RunConfig(), [setting]), section), name) == value


@given(st.text(max_size=30), st.floats(1e-6, 10.0))
def test_any_text_and_rate_cross_toml_unchanged(name: str, lr: float) -> None:
    config = RunConfig(name=name, classifier={"lr": lr})  # type: ignore[arg-type]
    assert loads(dumps(config)) == config


@pytest.mark.parametrize(("text", "words"), [
    ("seed = -1", ["seed = -1", "greater than or equal to 0"]),
    ("sed = 1", ["sed", "no such setting"]),
    ("[classifier]\nepochs = []", ["classifier.epochs", "for example 1, 1, 1, 2"]),
    ("[classifier]\nepochs = 3", ["classifier.epochs = 3", "as a list, for example [1, 2]"]),
    ("[model]\npreset = 'huge'", ["model.preset", "paper"]),
    ("[language_model]\nlr = nan", ["language_model.lr", "finite"]),
    ("version = 2", ["newer version", "update"]),
    ("seed = ", ["not valid TOML", "mine.toml"]),
    ("seed = " + "[" * 100_000, ["not valid TOML", "mine.toml"]),
])
def test_a_mistake_is_told_with_its_place(text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(text, "mine.toml")
    assert str(caught.value).startswith("mine.toml: ")
    assert all(word in str(caught.value) for word in words)


def test_a_missing_or_binary_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "endless.toml").symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="is no description of a run"):
        load(tmp_path / "endless.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path / "binary.toml")


@pytest.mark.parametrize("setting", ["classifier.lr", "classifier.rate=1", "classifier=1", "no.such=1", "seed.x=1"])
def test_a_setting_that_does_not_exist_is_refused(setting: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        with_settings(RunConfig(), [setting])


def test_the_difference_names_only_what_differs() -> None:
    other = with_settings(RunConfig(), ["classifier.lr=0.5", "seed=7"])
    assert difference(RunConfig(), other) == {"seed": (42, 7), "classifier.lr": (4e-3, 0.5)}


def test_the_multiplier_scales_all_dropouts_but_the_heads_and_stays_below_one() -> None:
    dropout = DropoutConfig(multiplier=2.0, input=0.4, weight=0.5, head=0.1)
    assert (dropout.effective("input"), dropout.effective("weight"), dropout.effective("head")) == (0.8, 0.9, 0.1)
    assert DropoutConfig(multiplier=0.0).effective("input") == 0.0


def test_what_a_frozen_description_lacks_means_what_was_done_without_it(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[language_model]\nepochs = 3\n")
    assert load(path).language_model.interpolate
    before = load(path, frozen=True)
    assert not before.language_model.interpolate
    assert difference(before, load(path)) == {"language_model.interpolate": (False, True)}
    path.write_text("[language_model]\ninterpolate = true\n")
    assert load(path, frozen=True).language_model.interpolate


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbf" + b"seed = 7\n")
    assert load(tmp_path / "bom.toml").seed == 7


@pytest.mark.parametrize("text", ["", "\n", "  \n\t\n", "\ufeff"])
def test_an_empty_file_is_no_description(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="the file is empty"):
        load(tmp_path / "run.toml")


@pytest.mark.parametrize("text", ['name = "one"', "# all as usual\n", "[model]\n"])
def test_a_short_description_is_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.toml").write_text(text, encoding="utf-8")
    assert load(tmp_path / "run.toml").model == RunConfig().model


@pytest.mark.parametrize("text", ["x = " + "[" * 100_000, "x = " + "{a=" * 100_000])
def test_brackets_without_end_are_told_in_words(text: str) -> None:
    with pytest.raises(ConfigError, match="nested too deeply"):
        loads(text)
