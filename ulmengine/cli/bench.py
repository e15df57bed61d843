"""The command that measures: bench."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from importlib import import_module
from typing import Any

from .answers import read_texts
from .bench_options import OPTIONS
from .output import complain, say, say_json

NO_REFERENCE = ("the reference (fastai) is not installed here; install it, or name a Python that has it with "
                "--reference-python")


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
