"""Commands that train: sample, train, pretrain, find-lr."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from ulmengine.config import (
    RunConfig,
    difference,
    refuse_undecodable,
    usual_for,
    with_absolute_paths,
    with_settings,
)
from ulmengine.disk import bare_name, passing_folder
from ulmengine.events import Diverging, Event, Failed, RangeEnded, RangePoint, RunStarted, SaveFailed, Step
from ulmengine.models import SUFFIX, models_folder
from ulmengine.nets import choose_device
from ulmengine.plan import ControlError, RunControl, RunState, drive, sample_config
from ulmengine.record import RunFolder, RunFolderError, check_change, in_words, load_description, summary
from ulmengine.record.checkpoints import CheckpointFolder
from ulmengine.record.failures import before_it_grew, lower_rate
from ulmengine.runs import Run, find_learning_rate, own_texts
from ulmengine.runs.explained import explain
from ulmengine.runs.prepare import with_best_pretrained
from ulmengine.training.distributed import World, join, started_again, started_by_torchrun, torchrun_job

from .output import ProgressView, complain, say, say_json, with_progress
from .plot import check_picture, draw_range_test

RETRY_S = 30.0
"""Seconds after which a run that a full disk has paused is tried again, where nobody is there to press a button."""


def run_sample(options: argparse.Namespace) -> int:
    """``sample``: the whole method on the built-in sample."""
    config = with_settings(sample_config(), options.set)
    out = options.out or Path(tempfile.mkdtemp(prefix="ulmfit-sample-"))
    if (out / "config.toml").exists():
        raise RunFolderError(f"{out} holds a run already; give another folder with --out")
    options.resume = options.take_over = options.finish = False
    options.checkpoint = None
    return _run(RunFolder.create(out, config), options)


def run_train(options: argparse.Namespace) -> int:
    """``train`` and ``pretrain``: a run as its configuration says, or of a corpus with the usual settings."""
    config = _as_asked(_described(options.config), options)
    if options.pretrain:
        classifier = config.classifier.model_copy(update={"epochs": (0,)})
        config = config.model_copy(update={"classifier": classifier})
    if not options.pretrain and options.explain_defaults:
        _explain_defaults(config, options)
        return 0
    out = options.out or _beside(options.config)
    if started_by_torchrun():
        return _run_together(out, config, options)
    return _run_to_model(_folder(out, _settled(out, config), options), options)


def _described(path: Path) -> RunConfig:
    """What ``path`` describes, or the usual settings for the corpus that it is.

    :raises RunFolderError: it is the folder of a run. :raises ConfigError: its name is not UTF-8.
    """
    if path.suffix == ".toml" or not (path.is_file() or path.is_dir()):  # the description may come through a pipe
        return load_description(path)
    if (path / "config.toml").exists():
        raise RunFolderError(f"{path} is the folder of a run; name its {path / 'config.toml'}, and --out {path}")
    return usual_for(path)


def _beside(path: Path) -> Path:
    """Where the run of a configuration or of a corpus lies, if nobody says."""
    if path.suffix == ".toml":
        return path.with_name(f"{path.stem}-run")
    corpus = path.absolute()  # "." has no name
    return corpus.with_name(f"{bare_name(corpus)}-run")


def _as_asked(config: RunConfig, options: argparse.Namespace) -> RunConfig:
    """``config`` with the settings that are given now, its paths as seen from the file that was named."""
    asked = with_absolute_paths(with_settings(config, options.set), options.config.parent)
    refuse_undecodable(asked, str(options.config))
    return asked


def _settled(out: Path, config: RunConfig) -> RunConfig:
    """``config`` for the run in ``out``: if that has to be made, with the best of the models that are there now."""
    if (out / "config.toml").exists():
        return config
    return with_progress(with_best_pretrained(config, RunFolder(out).cache, models_folder()))


def _explain_defaults(config: RunConfig, options: argparse.Namespace) -> None:
    """Say which settings the corpus decides, or has its own usual values of."""
    with passing_folder("corpus") as cache:
        found = with_progress(explain(config, cache, models_folder()))
    for one in found:
        if options.json:
            say_json({"setting": one.name, "value": one.value, "plain": one.plain, "why": one.why})
        else:
            other = "" if one.plain == "auto" else f" (plain: {_listed(one.plain)})"
            say(f"{one.name} = {_listed(one.value)}{other}: {one.why}")
    if not options.json and all(one.plain == "auto" for one in found):
        say("Everything else is usual for any corpus.")


def _listed(value: Any) -> str:
    """A setting's value as ``--set`` takes it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def run_pretrain(options: argparse.Namespace) -> int:
    """``pretrain``: a language model as a configuration says, or of texts, with a card."""
    if options.config.suffix == ".toml":
        given = [f"--{name}" for name in ("title", "language", "licence", "model") if getattr(options, name)]
        if given:
            raise ValueError(f"{options.config} is a configuration, and {', '.join(given)} is for a model of TEXTS; "
                             "name the texts, or leave it out")
        return run_train(options)
    if started_by_torchrun():
        raise ValueError(f"{options.config}: several processes need a CONFIG.toml. Begin with one, stop it (Ctrl+C), "
                         "and go on with torchrun and the config.toml in the run's folder, with --out and --resume")
    texts = options.config.resolve()
    out = options.out or _beside(texts)
    own = own_texts.published(RunFolder(out))
    if (options.model is not None and options.model.exists() and options.model.suffix == SUFFIX
            and options.model.absolute() != own):
        raise ValueError(f"{options.model} is there already; choose another name")
    if (out / "config.toml").exists():
        folder = _folder(out, _as_asked(RunFolder.open(out).config(), options), options)
    elif options.checkpoint is not None or options.finish:
        raise RunFolderError(f"{out} holds no run that could be gone on with or finished")
    else:
        found = with_progress(own_texts.survey(texts, out / "cache"))
        title = options.title or bare_name(texts)
        about = own_texts.ModelInfo(title, options.language or found.language, options.licence)
        config = own_texts.pretraining_config(texts, about, found, size=options.size, epochs=options.epochs)
        complain(f"{found.documents:,} texts, about {found.tokens:,} tokens "
                 f"({'words' if found.kind == 'word' else 'pieces of words'})")
        folder = own_texts.begin_pretraining(out, with_settings(config, options.set), about)
    over = _is_over(folder, options)
    code = _run(folder, options)
    if code == 0:
        stands = over and own is not None and own.exists()
        place = own if stands else own_texts.publish(folder, options.model or models_folder())
        complain(f"the model stands at {place}")
    return code


def _folder(out: Path, config: RunConfig, options: argparse.Namespace) -> RunFolder:
    """The run in ``out``, made or changed as asked.

    A run that is there already is gone on with when that was asked for, or when torchrun has started this process anew
    to go on with its own run: never with one that another call has left there.

    :raises RunFolderError: there is a run, and nobody asked for it.
    """
    job = torchrun_job()
    if not (out / "config.toml").exists():
        if options.checkpoint is not None:
            raise RunFolderError(f"{out} holds no run, so there is no checkpoint {options.checkpoint} to go back to")
        if options.finish:
            raise RunFolderError(f"{out} holds no run that could be finished")
        folder = RunFolder.create(out, config)
    else:
        folder = RunFolder.open(out)
        again = started_again() and folder.job == job
        if not (again or options.resume or options.finish) and options.checkpoint is None:
            raise RunFolderError(f"{out} holds a run already; add --resume to go on with it, or give another --out")
        if again:
            # From the newest checkpoint, and whatever node the dead process had the lock on.
            options.checkpoint, options.take_over = None, True
        else:
            _tell_change(folder, _as_asked(folder.config(), options), config)
        options.resume = True
    if job:
        folder.give_to_job(job)
    return folder


def _tell_change(folder: RunFolder, after: RunConfig, wanted: RunConfig) -> None:
    """Say what going on with ``after`` changes in a run, and what else of ``wanted`` is not used.

    :raises RunFolderError: something among it cannot change in a run that has begun.
    """
    changed = check_change(folder, after)
    if changed:
        complain("settings changed: " + "; ".join(f"{name} {told}" for name, told in changed.items()))
    # The best pretrained model was looked for as the run began; a file that leaves that open says nothing else.
    unused = [name for name in difference(wanted, after)
              if name != "model.pretrained" or wanted.model.pretrained != "auto"]
    if unused:
        complain(f"the run keeps its own settings; the file says otherwise, which is not used: {', '.join(unused)}")


def run_find_lr(options: argparse.Namespace) -> int:
    """``find-lr``: the range test; the network is left as it was."""
    config = _as_asked(_described(options.config), options)
    if options.plot is not None:
        check_picture(options.plot)
    points: list[RangePoint] = []
    last: Event | None = None
    with passing_folder("corpus") as cache, ProgressView(as_json=options.json) as view:
        for last in find_learning_rate(config, options.stage, cache, own=models_folder()):
            view.show(last)
            if isinstance(last, RangePoint):
                points.append(last)
    if isinstance(last, Failed):
        return _failed(last)
    if options.plot is not None:
        draw_range_test(points, last.suggestions if isinstance(last, RangeEnded) else {}, options.plot)
    if not options.json and last is not None:
        say(in_words(last))
    return 0


def _run_together(out: Path, config: RunConfig, options: argparse.Namespace) -> int:
    """One of several processes that torchrun has started; the first writes the folder and shows the progress."""
    with join(choose_device(config.compute.device)) as world:
        refused: Exception | None = None
        if world.writes:
            try:
                _folder(out, _settled(out, config), options)
            except (ValueError, OSError) as error:  # whatever it is: the others wait to be told
                refused = error
        if world.any(refused is not None):
            if refused is None:
                return 1  # the first process says why
            raise refused
        # The first process alone knows whether the run was there before.
        options.resume, options.checkpoint = world.tell((options.resume, options.checkpoint))
        return _run_to_model(RunFolder.open(out), options, world)


def _run_to_model(folder: RunFolder, options: argparse.Namespace, world: World | None = None) -> int:
    """:func:`_run`; what ``pretrain TEXTS`` had begun ends among the models here too."""
    code = _run(folder, options, world)
    if code == 0 and (world is None or world.writes) and own_texts.waits_to_be_published(folder):
        complain(f"the model stands at {own_texts.publish(folder, models_folder())}")
    return code


def _run(folder: RunFolder, options: argparse.Namespace, world: World | None = None) -> int:
    writes, as_json = world is None or world.writes, options.json
    if world is None and _is_over(folder, options):
        complain("the run has finished already: there is nothing to go on with (--checkpoint goes back in it)")
        if as_json:
            say_json(summary(folder))
        return 0
    control = RunControl()
    failed: Failed | None = None
    diverging: Diverging | None = None
    expected = _grows_already(folder) if options.resume and options.checkpoint is None else None
    with ProgressView(as_json=as_json and writes, quiet=not writes) as view, _stopping(control):
        def show(event: Event) -> None:
            nonlocal failed, diverging
            failed = event if isinstance(event, Failed) else failed
            view.show(event)
            # Nobody is there to ask, so nothing more is spent on it; who goes on with what was told has chosen to.
            if isinstance(event, Diverging) and event.stage != expected:
                diverging = event
                with suppress(ControlError):  # it is being stopped already
                    control.stop()
            if isinstance(event, SaveFailed):
                complain(f"{event.text} {event.advice} Trying again every {RETRY_S:.0f} seconds; Ctrl+C stops.")
                waiting = threading.Timer(RETRY_S, _go_on, (control,))
                waiting.daemon = True
                waiting.start()

        config = _as_asked(folder.config(), options) if options.resume else None
        run = Run(folder, skip=control.take_skip, world=world, take_over=options.take_over, config=config)
        events = run.events(resume=options.resume, checkpoint=options.checkpoint, finish=options.finish)
        drive(events, control, show, agree=None if world is None else world.agree_to_stop)
    if not writes:
        return 0
    result = summary(folder)
    if failed is not None:
        return _failed(failed, folder)
    if as_json:
        say_json(result)
    if control.state is RunState.STOPPED and diverging is not None:
        _grown(folder, diverging)
        return 1
    if control.state is RunState.STOPPED:
        complain(f"stopped; everything is saved in {folder.path}; go on with --resume")
        return 1
    return 0


def _is_over(folder: RunFolder, options: argparse.Namespace) -> bool:
    """Whether the run is to go on that has its model, with no other settings than those it has finished with."""
    if not options.resume or options.finish or options.checkpoint is not None:
        return False
    own = folder.config()
    return (folder.state() is RunState.FINISHED and folder.model_path.is_file()
            and not difference(own, _as_asked(own, options)))


def _grows_already(folder: RunFolder) -> int | None:
    """The stage in which the loss was told to grow, if no step came after that."""
    last = deque(folder.events(Diverging, Step), maxlen=1)
    return last[0].stage if last and isinstance(last[0], Diverging) else None


def _go_on(control: RunControl) -> None:
    with suppress(ControlError):  # stopped in the meantime
        control.resume()


def _failed(event: Failed, folder: RunFolder | None = None) -> int:
    complain(*"\n".join(part for part in (f"error: {event.title}", event.kept, event.advice) if part).split("\n"))
    if folder is not None and event.remedy:
        config, out = (shlex.quote(str(path)) for path in (folder.config_path, folder.path))
        change = " ".join(f"--set {name}={json.dumps(value)}" for name, value in event.remedy.items())
        complain("To go on so:", f"    python -m ulmengine train {config} --out {out} --resume {change}")
        if event.cause == "nan_loss":
            complain("If that leads to the same, add --checkpoint with an earlier one: "
                     f"python -m ulmengine checkpoints {out} lists them.")
    return 1


def _grown(folder: RunFolder, told: Diverging) -> None:
    """Say why the run was stopped whose loss grows, and how it may go on."""
    # Of the plan: where the log was lost, so was the word that the stage began.
    plan = list(folder.events(RunStarted))[-1].stages
    good = before_it_grew(CheckpointFolder(folder.checkpoints).all(), told)
    back, where = ("start", "the beginning") if good is None else (good.name, f"step {good.total:,}")
    remedy = lower_rate(folder.config(), plan[told.stage]["task"])
    slower = " ".join(f"--set {name}={value}" for name, value in remedy.items())
    config, out = (shlex.quote(str(path)) for path in (folder.config_path, folder.path))
    again = f"    python -m ulmengine train {config} --out {out}"
    complain(f"error: The loss grows instead of falling: it is at {told.loss:.3g} at step {told.total:,}, after "
             f"{told.began:.3g} at the beginning. A peak rate that is too high does this. The run was stopped, and "
             "everything up to there is saved.", f"To go back to {where} and lower the rate:",
             f"{again} --checkpoint {back} {slower}", "To go on as it is:", f"{again} --resume")


# Not begun yet, or over already: there is no step to wait for.
_AT_REST = (RunState.IDLE, RunState.STOPPED, RunState.FINISHED, RunState.FAILED, RunState.INTERRUPTED)


@contextmanager
def _stopping(control: RunControl) -> Iterator[None]:
    """Ctrl+C once stops after the current step and saves; twice quits at once.

    A system or a queue that wants the process to end, and a terminal that closes, are heard like one Ctrl+C, however
    often they say so: torchrun hands Ctrl+C on to processes that have heard it themselves.
    """
    alone = not torchrun_job()

    def handle(number: int, _frame: FrameType | None) -> None:
        if not control.ask_to_stop():
            if number == signal.SIGINT and alone:
                os._exit(1)
            return
        if control.state in _AT_REST:
            raise KeyboardInterrupt
        # Written past sys.stderr, which may be in the middle of a line; a closed terminal takes nothing any more.
        with suppress(OSError):
            os.write(2, b"stopping after this step (Ctrl+C again quits at once)\n")

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [number for number in (getattr(signal, name) for name in names)
               if signal.getsignal(number) is not signal.SIG_IGN]  # nohup has asked for that
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
