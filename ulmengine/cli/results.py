"""Commands that read what runs were measured at: measure, compare, report."""

from __future__ import annotations

import argparse
from pathlib import Path

from ulmengine.corpus.findings import documents_are
from ulmengine.counting import counted
from ulmengine.inference import Paired, PredictionsError, compare
from ulmengine.record import RunFolder, in_words
from ulmengine.runs.measured import Measured, evaluated, measure_again, open_measured
from ulmengine.runs.report import write_report

from .output import say, say_json, with_progress


def run_measure(options: argparse.Namespace) -> None:
    """``measure``: evaluation.json and predictions.parquet anew."""
    folder = RunFolder.open(options.run)
    measured = with_progress(measure_again(folder, folder.cache))
    if options.json:
        say_json(measured.record)
    else:
        say(in_words(evaluated(measured)))


def run_report(options: argparse.Namespace) -> None:
    """``report``: what was asked, data, curves, results, mistakes, limits, the command; nothing is fetched."""
    try:
        path = with_progress(write_report(RunFolder.open(options.run), options.out))
    except PredictionsError as error:
        raise PredictionsError(f"{error}: python -m ulmengine measure {options.run}") from error
    say(str(path))


def run_compare(options: argparse.Namespace) -> None:
    """``compare``: the paired difference of two runs with its interval."""
    first, second = _kept(options.first), _kept(options.second)
    common = first.part == second.part == "test"
    found = compare(first.kept, second.kept, options.part or ("test" if common else "validation"))
    paired = found.paired
    if options.json:
        say_json({
            "part": found.part, **paired.to_json(), "relabelled": found.relabelled, "only_first": found.only_first,
            "only_second": found.only_second, "mended_documents": found.first.keys[found.mended].tolist(),
            "broken_documents": found.first.keys[found.broken].tolist(),
        })
        return
    names = [path.resolve().name for path in (options.first, options.second)]
    if names[0] == names[1]:
        names = [str(options.first), str(options.second)]
    both = counted(paired.documents, f"{found.part} document", f"{found.part} documents")
    say(f"{names[0]}: right in {paired.first:.1%} of {both}")
    say(f"{names[1]}: right in {paired.second:.1%}")
    say(f"difference {100 * paired.difference:+.1f} points{_words(paired)}")
    say(f"mended {paired.mended:,} that {names[0]} has wrong, broken {paired.broken:,} that it has right")
    if found.part == "validation" and (first.record.get("refit") or second.record.get("refit")):
        say("compared are the networks before they learnt from these documents too")
    if found.relabelled:
        say(documents_are(found.relabelled, "left out: it bears another label in the other run",
                          "left out: they bear another label in the other run"))
    for count, name in ((found.only_first, names[0]), (found.only_second, names[1])):
        if count:
            say(documents_are(count, *[f"that only {name} was measured on"] * 2))


def _kept(path: Path) -> Measured:
    try:
        return open_measured(RunFolder.open(path))
    except PredictionsError as error:
        raise PredictionsError(f"{error}: python -m ulmengine measure {path}") from error


def _words(paired: Paired) -> str:
    """How sure the difference is."""
    if paired.verdict == "too few":
        return f": {documents_are(paired.documents, 'is', 'are')} too few to tell the runs apart"
    if not paired.mended and not paired.broken:
        return ": both are right in the same documents"
    verdict = "may be chance" if paired.verdict == "no difference" else \
        f"the second run is {paired.verdict}, more than chance explains"
    return f" (95 % interval {100 * paired.low:+.1f} to {100 * paired.high:+.1f}): {verdict}"
