"""Commands that say what is there: runs, models, doctor."""

from __future__ import annotations

import argparse

from ulmengine.counting import counted
from ulmengine.doctor import checks, report
from ulmengine.models import models_folder, own_models, shipped_models
from ulmengine.record import find_runs, run_line, summary
from ulmengine.record.phrases import corrected_words

from .output import complain, say, say_json, say_text


def run_runs(options: argparse.Namespace) -> None:
    """``runs``: every run below a folder with its state and result."""
    if not options.folder.is_dir():
        raise ValueError(f"{options.folder} is no folder")
    found = find_runs(options.folder)
    if not found:
        complain(f"no runs in {options.folder}")
    for run in found:
        result, line = summary(run), run_line(run)
        if options.json:
            say_json({"name": run.path.name, "state": line.state or "unreadable", "title": line.name,
                      "tags": list(line.about.tags), "archived": line.about.archived, "notes": line.notes,
                      "differs": line.differs, "problem": line.problem or line.failed, **result})
            continue
        if line.problem:
            first, *others = line.problem.split("\n")  # as many as settings that cannot be used
            complain(f"{run.path.name}: {first}", *others)
            continue
        figure = "" if line.perplexity is None else f"perplexity {line.perplexity:.1f}"
        if line.accuracy is not None:
            corrected = corrected_words(line.relabelled, line.part).format(n=f"{line.relabelled:,}")
            figure = (f"accuracy {line.accuracy:.1%} (baseline {line.baseline:.1%}) on {line.part} documents"
                      + (f" ({corrected})" if corrected else ""))
        stages = counted(len(result["stages"]), "stage", "stages")
        say(f"{run.path.name:30} {line.state:12} {stages}  {figure or line.failed}".rstrip())


def run_models(options: argparse.Namespace) -> None:
    """``models``: every model with what it is, how large, and how good."""
    if options.folder is not None and not options.folder.is_dir():
        raise ValueError(f"{options.folder} is no folder")
    for entry in (*shipped_models(), *own_models(options.folder or models_folder())):
        about = entry.description
        if options.json:
            values = {} if about is None else about.model_dump(mode="json", exclude={"format"})
            say_json({"name": entry.name, "path": str(entry.path), "bytes": entry.bytes, "shipped": entry.shipped,
                      "problem": entry.problem, **values})
        elif about is None:
            complain(f"{entry.name}: {entry.problem}")
        else:
            kind = f"{len(about.labels)} labels" if about.labels else "language model"
            say(f"{entry.name:40} {kind:16} {'+'.join(about.directions):16} {entry.bytes / 1e6:8,.1f} MB  {entry.path}")


def run_doctor(options: argparse.Namespace) -> int:
    """``doctor``: one line a check; fails if something that training needs is missing."""
    found = checks()
    if options.json:
        for check in found:
            say_json({"name": check.name, "ok": check.ok, "found": check.found, "advice": check.advice})
    else:
        say_text(report(found))
    return 0 if all(check.ok for check in found) else 1
