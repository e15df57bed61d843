"""Commands that train: sample, train, pretrain, find-lr."""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from ulmengine.config import RunConfig, difference, load, with_settings
from ulmengine.events import Event, Failed, RangeEnded, RangePoint, SaveFailed
from ulmengine.runs import RunFolder, RunFolderError, change, in_words, sample_config, summary
from ulmengine.training import ControlError, RunControl, drive

from .output import ProgressView, complain, say, say_json

if TYPE_CHECKING:
    from ulmengine.training.distributed import World

RETRY_S = 30.0
"""Seconds after which a run that a full disk has paused is tried again, where nobody is there to press a button."""


def add_commands(commands: Any) -> None:
    """Add this group's commands to the parser's ``commands``."""
    sample = commands.add_parser("sample", help="run the whole method on the built-in sample")
    sample.add_argument("--out", type=Path, help="folder of the run (default: a new temporary folder)")
    _common(sample)
    sample.set_defaults(command=run_sample)

    for name, text in (("train", "train a classifier as a configuration says"),
                       ("pretrain", "train a language model only")):
        train = commands.add_parser(name, help=text)
        train.add_argument("config", type=Path, metavar="CONFIG.toml")
        train.add_argument("--out", type=Path, help="folder of the run (default: beside the configuration)")
        train.add_argument("--resume", action="store_true",
                           help="go on from the run's last checkpoint; --set may change rates, batches and device")
        train.add_argument("--checkpoint", metavar="NAME",
                           help="go back to this checkpoint and on from it; what came after it is given up")
        _common(train)
        train.set_defaults(command=run_train, pretrain=name == "pretrain")

    find = commands.add_parser("find-lr", help="look for a learning rate with the range test")
    find.add_argument("config", type=Path, metavar="CONFIG.toml")
    find.add_argument("--stage", choices=("language_model", "classifier"), default="classifier")
    find.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the curve")
    _common(find)
    find.set_defaults(command=run_find_lr)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line; the last one is the result")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="change a setting, for example --set classifier.lr=0.02")


def run_sample(options: argparse.Namespace) -> int:
    """``sample``: the whole method on the built-in sample."""
    config = with_settings(sample_config(), options.set)
    out = options.out or Path(tempfile.mkdtemp(prefix="ulmfit-sample-"))
    if (out / "config.toml").exists():
        raise RunFolderError(f"{out} holds a run already; give another folder with --out")
    return _run(RunFolder.create(out, config), resume=False, as_json=options.json)


def run_train(options: argparse.Namespace) -> int:
    """``train`` and ``pretrain``: a run as its configuration says."""
    from ulmengine.training.distributed import started_by_torchrun

    config = _with_absolute_paths(with_settings(load(options.config), options.set), options.config)
    if options.pretrain:
        classifier = config.classifier.model_copy(update={"epochs": (0,)})
        config = config.model_copy(update={"classifier": classifier})
    out = options.out or options.config.with_suffix("").with_name(f"{options.config.stem}-run")
    if started_by_torchrun():
        return _run_together(out, config, options)
    exists, go_on = (out / "config.toml").exists(), options.resume or options.checkpoint is not None
    if exists and not go_on:
        raise RunFolderError(f"{out} holds a run already; add --resume to go on with it, or give another --out")
    if options.checkpoint is not None and not exists:
        raise RunFolderError(f"{out} holds no run, so there is no checkpoint {options.checkpoint} to go back to")
    folder = RunFolder.open(out) if exists else RunFolder.create(out, config)
    if exists:
        _change(folder, options.set, config)
    return _run(folder, resume=exists, as_json=options.json, checkpoint=options.checkpoint)


def _change(folder: RunFolder, settings: list[str], wanted: RunConfig) -> None:
    """Let a run that goes on take what ``settings`` may change; what else ``wanted`` says is told."""
    changed = change(folder, with_settings(folder.config(), settings)) if settings else {}
    if changed:
        complain("settings changed: " + "; ".join(f"{name} {told}" for name, told in changed.items()))
    unused = difference(wanted, folder.config())
    if unused:
        complain(f"the run goes on with its own settings; not used: {', '.join(unused)}")


def run_find_lr(options: argparse.Namespace) -> int:
    """``find-lr``: the range test; the network is left as it was."""
    from ulmengine.runs import find_learning_rate

    config = _with_absolute_paths(with_settings(load(options.config), options.set), options.config)
    points: list[RangePoint] = []
    last: Event | None = None
    with tempfile.TemporaryDirectory() as cache, ProgressView(as_json=options.json) as view:
        for last in find_learning_rate(config, options.stage, Path(cache)):
            view.show(last)
            if isinstance(last, RangePoint):
                points.append(last)
    if isinstance(last, Failed):
        return _failed(last)
    if options.plot:
        from .plot import draw_range_test

        draw_range_test(points, last.suggestions if isinstance(last, RangeEnded) else {}, options.plot)
    if not options.json and last is not None:
        say(in_words(last))
    return 0


def _run_together(out: Path, config: RunConfig, options: argparse.Namespace) -> int:
    """One of several processes that torchrun has started; the first writes the folder and shows the progress.

    When torchrun starts them anew after one has died, they go on from the last checkpoint.
    """
    from ulmengine.runs import choose_device
    from ulmengine.training.distributed import join

    with join(choose_device(config.compute.device)) as world:
        exists = (out / "config.toml").exists()
        resume = exists and (options.resume or int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0)
        if exists and not resume:
            raise RunFolderError(f"{out} holds a run already; add --resume to go on with it, or give another --out")
        world.barrier()
        if world.writes and not exists:
            RunFolder.create(out, config)
        world.barrier()
        return _run(RunFolder.open(out), resume=resume, as_json=options.json, world=world)


def _run(
    folder: RunFolder, *, resume: bool, as_json: bool, world: World | None = None, checkpoint: str | None = None
) -> int:
    from ulmengine.runs import Run

    writes = world is None or world.writes
    control = RunControl()
    failed: Failed | None = None
    with ProgressView(as_json=as_json and writes, quiet=not writes) as view, _stopping(control):
        def show(event: Event) -> None:
            nonlocal failed
            failed = event if isinstance(event, Failed) else failed
            view.show(event)
            if isinstance(event, SaveFailed):
                complain(f"{event.text} {event.advice} Trying again every {RETRY_S:.0f} seconds; Ctrl+C stops.")
                waiting = threading.Timer(RETRY_S, _go_on, (control,))
                waiting.daemon = True
                waiting.start()

        run = Run(folder, skip=control.take_skip, world=world)
        events = run.events(resume=resume, checkpoint=checkpoint)
        drive(events, control, show, agree=None if world is None else world.any)
    if not writes:
        return 0
    result = summary(folder)
    if failed is not None:
        return _failed(failed)
    if as_json:
        say_json(result)
    if result["type"] == "stopped":
        complain(f"stopped; everything is saved in {folder.path}; go on with --resume")
        return 1
    return 0


def _go_on(control: RunControl) -> None:
    with suppress(ControlError):  # stopped in the meantime
        control.resume()


def _failed(event: Failed) -> int:
    complain("\n".join(part for part in (f"error: {event.title}", event.kept, event.advice) if part))
    return 1


def _with_absolute_paths(config: RunConfig, source: Path) -> RunConfig:
    """Paths in a configuration are relative to its own folder; a frozen record must not depend on that."""
    base = source.resolve().parent
    names = ("path", "test_path", "unlabelled_path")
    paths = {name: str(base / value) for name in names if (value := getattr(config.corpus, name))}
    model = config.model
    if model.pretrained not in ("auto", "none"):
        model = model.model_copy(update={"pretrained": str(base / model.pretrained)})
    return config.model_copy(update={"corpus": config.corpus.model_copy(update=paths), "model": model})


@contextmanager
def _stopping(control: RunControl) -> Iterator[None]:
    """Ctrl+C once stops after the current step and saves; twice quits at once."""
    def handle(_signal: int, _frame: FrameType | None) -> None:
        if control.stop_requested:
            os._exit(1)
        complain("stopping after this step (Ctrl+C again quits at once)")
        try:
            control.stop()
        except ControlError as error:  # not begun yet, or over already
            raise KeyboardInterrupt from error

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
