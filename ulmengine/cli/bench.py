"""The command that measures, bench: which work has which options, and how it is done."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from .output import complain, say, say_json

NETWORKS = ("lm", "classifier", "predict", "save")
WORKS = (*NETWORKS, "tokenize", "corpus", "quality")
COMPUTED = (*NETWORKS, "quality")
COMPARED = ("lm", "classifier", "predict", "tokenize", "quality")
LEAST_VOCABULARY = 3
"""The unknown word, the padding, and a word that random text is made of."""


class Option(NamedTuple):
    """An option: the ``works`` that have it, what it ``tells`` them, and ``how`` ``add_argument`` is to read it."""

    works: tuple[str, ...]
    tells: str
    how: dict[str, Any]


def _number(least: int) -> dict[str, Any]:
    """How an option is read that is a number, ``least`` or more."""

    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is too few; give {least:,} or more")
        return value

    return {"type": number, "metavar": "N"}  # argparse says the function's name where the text is none


_COUNT = _number(1)
_FILE = {"type": Path, "metavar": "FILE"}
_FLAG = {"action": "store_true"}

OPTIONS = {
    "--preset": Option(NETWORKS, "size of the network; default: paper", {"choices": ("paper", "small", "tiny")}),
    "--vocab": Option(NETWORKS, "words of its vocabulary; default: 30,000", _number(LEAST_VOCABULARY)),
    "--batch": Option(NETWORKS, "rows or documents at once; default: 64, of classifier 32; of predict the reference's",
                      _COUNT),
    "--seq": Option(NETWORKS, "tokens read at once; default: 72", _COUNT),
    "--steps": Option(("lm", "classifier", "save"), "measured steps; default: 3, of save 5 and as many saves", _COUNT),
    "--documents": Option(("predict", "quality"), "how many; default: 1,000, of quality 2,000 to learn from and as "
                          "many to measure on", _COUNT),
    "--device": Option(COMPUTED, "on what both compute; auto: as a run chooses; default: cpu",
                       {"choices": ("auto", "cpu", "cuda", "mps")}),
    "--precision": Option(COMPUTED, "of our products; float16 on a graphics card only; default: auto",
                          {"choices": ("auto", "float32", "bfloat16", "float16")}),
    "--softmax": Option(("lm",), "over the words; default: full", {"choices": ("full", "adaptive", "sampled")}),
    "--validate": Option(("lm",), "measure validation instead of training", _FLAG),
    "--threads": Option(COMPUTED, "of both; default: 0, as many as there are cores", _number(0)),
    "--texts": Option(("predict", "tokenize", "quality"), "corpus to answer with --model, to cut into tokens, to learn "
                      "the language from", _FILE),
    "--held-out": Option(("quality",), "texts whose perplexity is taken", _FILE),
    "--labelled": Option(("quality",), "corpus of the classifier", _FILE),
    "--seeds": Option(("quality",), "how often all is trained, on other documents each time; default: 3", _COUNT),
    "--agreement": Option(("predict",), "compare the labels in this precision with those in float32", _FLAG),
    "--model": Option(("predict",), "compare them of this classifier, on --documents of the --texts", _FILE),
    "--megabytes": Option(("corpus",), "size of the table; default: 200", _COUNT),
    "--reference": Option(COMPARED, "measure fastai in the same run, if it is installed", _FLAG),
    "--reference-python": Option(COMPARED, "the Python in which fastai is installed", {"metavar": "PYTHON"}),
}
NO_REFERENCE = ("the reference (fastai) is not installed here; install it, or name a Python that has it with "
                "--reference-python")


def add_command(commands: Any) -> None:
    """Add the command to the parser's ``commands``."""
    bench = commands.add_parser("bench", help="measure speed, memory, quality; beside the reference (fastai) if wanted")
    bench.add_argument("work", choices=WORKS)
    for name, option in OPTIONS.items():
        # What is not given is not there: it can be told from what is, and the work's own default holds.
        bench.add_argument(name, default=argparse.SUPPRESS, help=f"{', '.join(option.works)}: {option.tells}",
                           **option.how)
    bench.add_argument("--json", action="store_true")
    bench.set_defaults(command=("bench", "run_bench"))


def run_bench(options: argparse.Namespace) -> None:
    """``bench``: figures of one kind of work; says so where the reference is not there to be measured.

    :raises ValueError: the work does not have an option that was given, or lacks one that it needs.
    """
    given = _given(options)
    missing = False
    if given.pop("reference", False) and "reference_python" not in given:
        given["reference_python"] = sys.executable
        missing = importlib.util.find_spec("fastai") is None
    if missing:
        del given["reference_python"]
        complain(f"{NO_REFERENCE}; measuring without it")
    figures = _measure(options.work, given)
    if missing:
        figures |= {"reference": None, "reference_missing": NO_REFERENCE}
    if options.json:
        say_json(figures)
    else:
        _show(figures)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """The options that were given, by the names of parameters."""
    names = {name: name.removeprefix("--").replace("-", "_") for name in OPTIONS}
    given = [name for name in OPTIONS if hasattr(options, names[name])]
    foreign = [name for name in given if options.work not in OPTIONS[name].works]
    if foreign:
        raise ValueError(f"bench {options.work} has no {' or '.join(foreign)}")
    return {names[name]: getattr(options, names[name]) for name in given}


def _measure(work: str, given: dict[str, Any]) -> dict[str, Any]:
    if work == "quality":
        missing = [f"--{name.replace('_', '-')}" for name in ("texts", "held_out", "labelled") if name not in given]
        if missing:
            raise ValueError(f"bench quality needs three corpora; name with {', '.join(missing)} FILE what is missing")
        given["told"] = complain
    elif work == "tokenize":
        if "texts" not in given:
            raise ValueError("bench tokenize needs texts: name a corpus of 5,000 or more documents with --texts FILE")
        from .answers import read_texts  # needs PyTorch, which the options do not

        given["texts"] = list(read_texts(given["texts"]))
    found: dict[str, Any] = getattr(import_module(f"ulmengine.bench.{work}"), f"bench_{work}")(**given)
    return found


def _show(figures: dict[str, Any], indent: str = "") -> None:
    for name, value in figures.items():
        if isinstance(value, dict):
            say(f"{indent}{name}:")
            _show(value, indent + "  ")
        else:
            say(f"{indent}{name:18} {value:,.3f}" if isinstance(value, float) else f"{indent}{name:18} {value}")
