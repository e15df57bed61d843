"""The command that measures: which options a work has, and that they come to it."""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ulmengine.bench import classifier, corpus, lm, predict, quality, save, tokenize
from ulmengine.cli import answers, bench, main

MODULES = {"lm": lm, "classifier": classifier, "predict": predict, "save": save, "tokenize": tokenize,
           "corpus": corpus, "quality": quality}
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the work was given; nothing is measured."""
    found: dict[str, Any] = {}

    def stand_in(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def bench_it(*given: Any, **options: Any) -> dict[str, Any]:
            found.update(inspect.signature(real).bind(*given, **options).arguments, work=name)
            return {}

        return bench_it

    for name, module in MODULES.items():
        monkeypatch.setattr(module, f"bench_{name}", stand_in(name, getattr(module, f"bench_{name}")))
    monkeypatch.setattr(answers, "read_texts", lambda path: [path.name])
    return found


FOREIGN = [
    ("quality", "--preset tiny"), ("quality", "--vocab 60"), ("quality", "--batch 8"), ("quality", "--seq 5"),
    ("quality", "--steps 3"), ("quality", "--softmax full"), ("quality", "--validate"), ("corpus", "--steps 1"),
    ("corpus", "--device cpu"), ("corpus", "--reference"), ("save", "--reference"), ("save", "--documents 5"),
    ("save", "--reference-python python"), ("tokenize", "--threads 1"), ("tokenize", "--vocab 60"),
    ("classifier", "--softmax full"), ("classifier", "--texts t.csv"), ("predict", "--steps 2"), ("lm", "--seeds 1"),
]


@pytest.mark.parametrize(("work", "option"), FOREIGN)
def test_an_option_that_the_work_does_not_have_is_refused(
    work: str, option: str, measured: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", work, *option.split()]) == 1
    assert capsys.readouterr().err == f"error: bench {work} has no {option.split()[0]}\n"
    assert not measured


def test_all_of_them_are_named(measured: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "corpus", "--reference-python", "python", "--steps=3", "--megabytes", "1"]) == 1
    assert capsys.readouterr().err == "error: bench corpus has no --steps or --reference-python\n"
    assert not measured


VALUES = {"preset": "tiny", "vocab": 60, "batch": 8, "seq": 5, "steps": 2, "documents": 7, "device": "auto",
          "precision": "float32", "softmax": "sampled", "threads": 2, "seeds": 2, "megabytes": 3, "texts": Path("t"),
          "held_out": Path("h"), "labelled": Path("l"), "model": Path("m"), "reference_python": "python"}


@pytest.mark.parametrize("work", MODULES)
def test_every_option_that_it_has_comes_to_the_work(work: str, measured: dict[str, Any]) -> None:
    wanted, words = {}, ["bench", work]
    for name, option in bench.OPTIONS.items():
        parameter = name.removeprefix("--").replace("-", "_")
        if work in option.works:
            wanted[parameter] = VALUES.get(parameter, True)
            words += [name, str(VALUES[parameter])] if parameter in VALUES else [name]
    wanted.pop("reference", None)  # who measures it is told
    if work == "tokenize":
        wanted["texts"] = ["t"]
    assert main(words) == 0
    measured.pop("told", None)
    assert measured == {"work": work, **wanted}


@pytest.mark.parametrize("work", ["lm", "classifier", "predict", "save", "corpus"])
def test_what_is_not_given_is_left_to_the_work(work: str, measured: dict[str, Any]) -> None:
    assert main(["bench", work]) == 0
    assert {name for name, value in measured.items() if value is not None} == {"work"}


@pytest.mark.parametrize("count", ["0", "-1", "some"])
def test_less_than_one_is_no_count(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "lm", "--steps", count])
    assert re.search(r"too few|invalid number value", capsys.readouterr().err)


@pytest.mark.parametrize(("option", "least"), [("--threads -3", 0), ("--vocab 1", 3), ("--vocab 2", 3)])
@pytest.mark.parametrize("work", bench.NETWORKS)
def test_what_no_work_could_do_with_is_refused_in_words(
    work: str, option: str, least: int, measured: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["bench", work, *option.split()])
    name, value = option.split()
    assert f"argument {name}: {value} is too few; give {least} or more" in capsys.readouterr().err
    assert not measured
    assert main(["bench", work, name, str(least)]) == 0


@pytest.mark.parametrize("work", bench.COMPARED)
def test_that_the_reference_is_not_installed_is_among_the_figures(
    work: str, measured: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # noqa: ARG005
    files = {"tokenize": "--texts t", "quality": "--texts t --held-out h --labelled l"}.get(work, "")
    assert main(["bench", work, "--json", "--reference", *files.split()]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {"reference": None, "reference_missing": bench.NO_REFERENCE}
    assert bench.NO_REFERENCE in said.err
    assert measured["work"] == work


def test_the_help_names_the_works_of_an_option(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    said = capsys.readouterr().out
    assert re.search(r"--steps N +lm, classifier, save: measured", said)
    assert re.search(r"--seeds N +quality: ", said)


def shown() -> list[str]:
    """The commands of README, and those that its words make of them."""
    text = README.read_text(encoding="utf-8").replace("\\\n", " ")
    return [
        *re.findall(r"-m ulmengine (bench .*?)(?:  +#.*)?$", text, re.MULTILINE), "bench predict", "bench save",
        "bench tokenize --texts FILE", "bench corpus --megabytes 9", "bench lm --device cuda --precision float16",
        "bench predict --agreement --model FILE --texts FILE --documents 9", "bench save --preset small",
    ]


@pytest.mark.parametrize("line", shown())
def test_what_readme_shows_is_measured(line: str, measured: dict[str, Any]) -> None:
    words = shlex.split(line)
    assert main(words) == 0
    assert measured["work"] == words[1]
