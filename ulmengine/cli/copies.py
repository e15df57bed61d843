"""Commands around runs that are there: checkpoints, branch, export, import, notes."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ulmengine.config import with_settings
from ulmengine.record import START, CheckpointFolder, RunFolder, export_model, export_run, import_run
from ulmengine.record.branch import branch as branch_off

from .models import export_snippet, export_to_int8, export_to_onnx
from .output import say, say_json


def add_commands(commands: Any) -> None:
    """Add this group's commands to the parser's ``commands``."""
    listed = commands.add_parser("checkpoints", help="list the checkpoints of a run")
    listed.add_argument("run", type=Path, metavar="RUN")
    listed.add_argument("--json", action="store_true")
    listed.set_defaults(command=run_checkpoints)

    branch = commands.add_parser("branch", help="make a new run that goes on from a checkpoint of another one")
    branch.add_argument("run", type=Path, metavar="RUN")
    branch.add_argument("--checkpoint", metavar="NAME", help="default: the newest one that is whole")
    branch.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the new run")
    branch.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting in it")
    branch.set_defaults(command=run_branch)

    export = commands.add_parser("export", help="copy a run to a folder or one .zip file, with the exact commands; "
                                 "or give its model, or any other one, to other programs")
    export.add_argument("run", type=Path, metavar="RUN", help="a run's folder; for --onnx, --int8 and --snippet also "
                        "a model")
    kind = export.add_mutually_exclusive_group(required=True)
    kind.add_argument("--out", type=Path, metavar="TARGET",
                      help="a folder, a .zip file, or a .ulmfit file for the model alone")
    kind.add_argument("--onnx", type=Path, metavar="FILE",
                      help="the classifier's network (without the word counts that may answer with it) for any "
                           "program that runs ONNX, checked against the original on texts (to be installed: "
                           "ulmfit-studio[onnx])")
    kind.add_argument("--int8", type=Path, metavar="FILE.ulmfit",
                      help="the classifier with its weights in eight bits, a quarter as large; what that costs in "
                           "accuracy on the validation documents of its run is said first")
    kind.add_argument("--snippet", action="store_true", help="print a few lines of Python that use the model")
    export.add_argument("--texts", type=Path, metavar="FILE",
                        help="what an ONNX file is checked on, or with labels what --int8 is measured on (default: the "
                             "built-in sample, or the run's validation documents)")
    export.add_argument("--no-checkpoints", action="store_true", help="smaller; the copy cannot go on then")
    export.set_defaults(command=run_export)

    taken = commands.add_parser("import", help="take up a run that was exported")
    taken.add_argument("path", type=Path, metavar="FILE")
    taken.add_argument("--into", type=Path, required=True, metavar="DIR", help="folder of runs")
    taken.set_defaults(command=run_import)


    notes = commands.add_parser("notes", help="show what was noted about a run, or note something")
    notes.add_argument("run", type=Path, metavar="RUN")
    notes.add_argument("text", nargs="*", metavar="TEXT", help="added as a line of its own")
    notes.set_defaults(command=run_notes)


def run_checkpoints(options: argparse.Namespace) -> int:
    """``checkpoints``: each with its step, why it was made, and whether it is whole."""
    folder = RunFolder.open(options.run)
    there = CheckpointFolder(folder.checkpoints)
    if not options.json and folder.state() != "new":
        say(f"{START}  the beginning of the run")
    for info in there.all():
        whole = there.verify(info.name)
        if options.json:
            say_json({**asdict(info), "whole": whole})
        else:
            marks = f"{'  best' if info.best else ''}{'' if whole else '  DAMAGED'}"
            say(f"{info.name}  stage {info.stage + 1}  step {info.total:,}  {info.bytes / 1e6:,.1f} MB{marks}")
    return 0


def run_branch(options: argparse.Namespace) -> int:
    """``branch``: a new run; the command that trains it is said."""
    source = RunFolder.open(options.run)
    name = options.checkpoint
    if name is None:
        latest = CheckpointFolder(source.checkpoints).latest()
        if latest is None:
            raise ValueError(f"{options.run} has no checkpoint to branch off from")
        name = latest.name
    made = branch_off(source, name, options.out, with_settings(source.config(), options.set))
    say(f"python -m ulmengine train {made.config_path} --out {made.path} --resume")
    return 0


def run_export(options: argparse.Namespace) -> int:
    """``export``: where the copy stands; for a name that ends in .ulmfit it is one of the model alone."""
    if options.snippet:
        return export_snippet(options.run)
    if options.onnx is not None:
        return export_to_onnx(options.run, options.onnx, options.texts)
    if options.int8 is not None:
        return export_to_int8(options.run, options.int8, options.texts)
    if options.out.suffix.lower() == ".ulmfit":
        say(str(export_model(RunFolder.open(options.run), options.out)))
        return 0
    say(str(export_run(RunFolder.open(options.run), options.out, checkpoints=not options.no_checkpoints)))
    return 0


def run_import(options: argparse.Namespace) -> int:
    """``import``: where the run stands now."""
    say(str(import_run(options.path, options.into).path))
    return 0


def run_notes(options: argparse.Namespace) -> int:
    """``notes``: all of them, the new one last."""
    folder = RunFolder.open(options.run)
    noted = folder.notes()
    if options.text:
        noted += ("" if not noted or noted.endswith("\n") else "\n") + " ".join(options.text) + "\n"
        folder.write_notes(noted)
    if noted:
        say(noted.rstrip("\n"))
    return 0
