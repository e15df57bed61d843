"""Commands around runs that are there: checkpoints, branch, export, import, notes."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from ulmengine.config import with_settings
from ulmengine.plan.control import RunState
from ulmengine.record import START, CheckpointFolder, RunFolder, export_model, export_run, import_run
from ulmengine.record.copies import branch as branch_off

from .output import complain, say, say_json, say_text


def run_checkpoints(options: argparse.Namespace) -> None:
    """``checkpoints``: each with its step, why it was made, and whether it is whole."""
    folder = RunFolder.open(options.run)
    there = CheckpointFolder(folder.checkpoints)
    if not options.json and folder.state() is not RunState.NEW:
        say(f"{START}  the beginning of the run")
    for info in there.all():
        whole = there.verify(info.name)
        if options.json:
            say_json({**asdict(info), "whole": whole})
        else:
            marks = f"{'  best' if info.best else ''}{'' if whole else '  DAMAGED'}"
            say(f"{info.name}  stage {info.stage + 1}  step {info.total:,}  {info.bytes / 1e6:,.1f} MB{marks}")


def run_branch(options: argparse.Namespace) -> None:
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


def run_export(options: argparse.Namespace) -> None:
    """``export``: where the copy stands; for a name that ends in .ulmfit it is one of the model alone."""
    if options.snippet or options.onnx or options.int8:
        from .models import export  # needs PyTorch, which nothing else here does

        export(options)
    elif options.out.suffix.lower() == ".ulmfit":
        say(str(export_model(RunFolder.open(options.run), options.out)))
    else:
        say(str(export_run(RunFolder.open(options.run), options.out, checkpoints=not options.no_checkpoints)))


def run_import(options: argparse.Namespace) -> None:
    """``import``: where the run stands now."""
    say(str(import_run(options.path, options.into).path))


def run_notes(options: argparse.Namespace) -> None:
    """``notes``: all of them, the new one last."""
    folder = RunFolder.open(options.run)
    noted = folder.notes()
    if options.text:
        noted += ("" if not noted or noted.endswith("\n") else "\n") + " ".join(options.text) + "\n"
        folder.write_notes(noted)
    if noted:
        say_text(noted.rstrip("\n"))
    else:
        complain(f"nothing has been noted about {options.run}")
