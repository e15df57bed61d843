"""The command that tries the method on known corpora: experiments."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .output import say, say_json


def add_commands(commands: Any) -> None:
    """Add this group's commands to the parser's ``commands``."""
    tried = commands.add_parser("experiments", help="what the program reaches on known corpora, beside word counts")
    tried.add_argument("experiment", type=Path, metavar="FILE.toml", help="as resources/experiments/usual.toml")
    tried.add_argument("--data", type=Path, required=True, help="the folder with the corpora's files")
    tried.add_argument("--out", type=Path, required=True, help="folder of the runs; what has finished there is kept")
    tried.add_argument("--part", choices=("validation", "test"), default="validation",
                       help="test: on test documents, by which nothing may be chosen (default: validation)")
    tried.add_argument("--only", default="", metavar="NAME", help="this corpus alone")
    tried.add_argument("--json", action="store_true", help="a line of JSON for every run instead of the table")
    tried.set_defaults(command=run_experiments)


def run_experiments(options: argparse.Namespace) -> int:
    """``experiments``: every run of an experiment, and a table of them."""
    from ulmengine.bench.experiments import read_experiment, run_experiment, table

    rows = []
    for row in run_experiment(
        read_experiment(options.experiment), options.data, options.out, options.part, options.only
    ):
        rows.append(row)
        if options.json:
            say_json(asdict(row))
        else:
            say(f"{row.corpus}, {row.labels:,} labels, draw {row.draw}: network {row.network:.3f}, word counts "
                f"{row.counts:.3f}, as shipped {row.shipped:.3f}")
    if not options.json:
        say(table(rows))
    return 0
