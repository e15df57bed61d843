"""Commands around a run: config, runs, doctor."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ulmengine.config import RunConfig, dumps, with_settings
from ulmengine.config.published import RATES
from ulmengine.doctor import checks, report
from ulmengine.record import find_runs, run_line, summary

from .output import complain, say, say_json

PUBLISHED = (
    *(f"{name}={value}" for name, value in RATES.items()),
    "model.dropout.multiplier=1.0", "model.dropout.embedding=0.05", "model.head_hidden=50",
)
"""What stands in 1801.06146, 4.1, where it is not the default, which is for smaller networks and corpora."""


def add_commands(commands: Any) -> None:
    """Add this group's commands to the parser's ``commands``."""
    config = commands.add_parser("config", help="print a complete, commented configuration for a corpus")
    config.add_argument("file", type=Path, metavar="FILE")
    config.add_argument("--text", action="append", default=[], metavar="COL", help="a text column (repeatable)")
    config.add_argument("--label", action="append", default=[], metavar="COL", help="a label column (repeatable)")
    config.add_argument("--preset", choices=("tiny", "small", "paper"), default="small")
    config.set_defaults(command=run_config)

    runs = commands.add_parser("runs", help="list the runs in a folder")
    runs.add_argument("folder", type=Path, metavar="DIR")
    runs.add_argument("--json", action="store_true")
    runs.set_defaults(command=run_runs)

    doctor = commands.add_parser("doctor", help="check what the program needs on this machine")
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(command=run_doctor)


def run_config(options: argparse.Namespace) -> int:
    """``config``: TOML for a corpus, with what was understood of it filled in."""
    from ulmengine.corpus import preview

    settings = {"path": str(options.file.resolve()), "text_columns": tuple(options.text),
                "label_columns": tuple(options.label)}
    base = with_settings(RunConfig(name=options.file.name.split(".")[0]), [
        f"model.preset={options.preset}", *(PUBLISHED if options.preset == "paper" else ()),
    ])
    wanted = base.corpus.model_copy(update=settings)
    understood = preview(options.file, wanted, rows=50).understood
    corpus = wanted.model_copy(update={
        "text_columns": understood.text_columns, "label_columns": understood.label_columns,
    })
    say(dumps(base.model_copy(update={"corpus": corpus}), comments=True).rstrip())
    return 0


def run_runs(options: argparse.Namespace) -> int:
    """``runs``: every run below a folder with its state and result."""
    if not options.folder.is_dir():
        raise ValueError(f"{options.folder} is no folder")
    found = find_runs(options.folder)
    if not found:
        complain(f"no runs in {options.folder}")
    for run in found:
        result, line = summary(run), run_line(run)
        if options.json:
            say_json({"name": run.path.name, "state": line.state, "title": line.name, "tags": list(line.about.tags),
                      "archived": line.about.archived, "notes": line.notes, "differs": line.differs,
                      "problem": line.problem, **result})
            continue
        if line.problem:
            complain(f"{run.path.name}: {line.problem}")
            continue
        figure = "" if line.accuracy is None else (
            f"accuracy {line.accuracy:.1%} (baseline {result['baseline_accuracy']:.1%})"
        )
        say(f"{run.path.name:30} {line.state:12} {len(result['stages'])} stages  {figure}")
    return 0


def run_doctor(options: argparse.Namespace) -> int:
    """``doctor``: one line a check; fails if something that training needs is missing."""
    found = checks()
    if options.json:
        for check in found:
            say_json({"name": check.name, "ok": check.ok, "found": check.found, "advice": check.advice})
    else:
        say(report(found))
    return 0 if all(check.ok for check in found) else 1
