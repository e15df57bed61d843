"""What a checkpoint costs: a language model trains as in a run and is saved after every step."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ulmengine.config import RunConfig, with_settings
from ulmengine.events import Checkpointed, Event, SaveFailed, Step
from ulmengine.nets import precision_for
from ulmengine.plan import plan_stages
from ulmengine.record import saved_event
from ulmengine.tokens import TokenStore
from ulmengine.tokens.store import id_type
from ulmengine.training import Checkpoints, Snapshot, StageResult, TrainContext, train_language_model
from ulmengine.training.batches import LanguageModelStream

from .device import network_task
from .lm import build, random_tokens
from .measure import BenchError, BenchTask, ours, peak_rss_mb

EVERY_S = 600.0
"""Seconds between two checkpoints of the run whose share of time is given."""
_AT_ONCE = 1e-9  # minutes; a checkpoint is due after every step


def bench_save(
    *, preset: str = "paper", vocab: int = 30_000, batch: int = 64, seq: int = 72, steps: int = 5,
    precision: str = "auto", threads: int = 0, device: str = "cpu",
) -> dict[str, Any]:
    """Seconds and bytes of a checkpoint after each of the ``steps``, in a temporary folder.

    A checkpoint holds the network, the optimizer with its moments, the states of the text that is being read and of
    the random numbers; the first of a stage also writes the weights the stage began with, for all that follow.

    :returns: ``save_s`` and ``step_s`` (medians after the first of each), ``bytes`` and ``mb_per_s`` of a save,
        ``share_of_time``: of a run that saves every 10 minutes; ``first_save_s``, ``shared_bytes``: written once a
        stage, and again as the best weights after an epoch that was better; ``peak_rss_mb``.
    :raises BenchError: there is no such device, or the work failed. :raises ValueError: it has no such precision.
    """
    with tempfile.TemporaryDirectory(prefix="bench-save-") as name:
        return ours({
            **network_task(preset, vocab, seq, device, precision, threads), "work": "save", "batch": batch,
            "saves": steps, "softmax": "full", "folder": name,
        })


def save(task: BenchTask) -> dict[str, Any]:
    """Train and save, one after the other, until enough was saved."""
    checkpoints = Checkpoints(Path(task["folder"]))
    steps: list[float] = []
    saves: list[float] = []
    events = _training(task, checkpoints)
    try:
        now = time.perf_counter()
        while len(saves) <= task["saves"]:
            event = next(events)
            before, now = now, time.perf_counter()
            if isinstance(event, Step):
                steps.append(now - before)
            elif isinstance(event, Checkpointed):
                saves.append(now - before)
            elif isinstance(event, SaveFailed):
                raise BenchError(f"{event.text} {event.advice}")
    finally:
        events.close()
    return _figures(task, checkpoints, steps, saves)


def _training(task: BenchTask, checkpoints: Checkpoints) -> Generator[Event, None, StageResult]:
    """The events of a stage: ``Step``, ``Checkpointed``, ``Step`` and so on."""
    device = torch.device(task["device"])
    wanted = {
        "model.preset": task["preset"], "language_model.batch_size": task["batch"],
        "language_model.bptt": task["time"], "language_model.epochs": 1,
    }
    config = with_settings(RunConfig(), [f"{name}={value}" for name, value in wanted.items()])
    plan = plan_stages(config, pretrained=False, classifier=False)[0]

    def write(snapshot: Snapshot) -> Event:
        began = time.perf_counter()
        info = checkpoints.save(snapshot)
        checkpoints.prune(config.saving.keep)
        return saved_event(info, time.perf_counter() - began)

    ctx = TrainContext(
        device=device, precision=precision_for(device, task["precision"]), minutes=_AT_ONCE, checkpoint=write,
        read_every=1,
    )
    return train_language_model(build(task), _stream(task), None, plan, ctx)


def _stream(task: BenchTask) -> LanguageModelStream:
    """Random text that is enough for the steps before each save, and one more so that the epoch does not end."""
    count = task["batch"] * task["time"] * (task["saves"] + 2)
    ids = random_tokens(task["vocabulary"], count).numpy().astype(id_type(task["vocabulary"]))
    store = TokenStore(ids, np.array([0, count], dtype=np.int64), "bench")
    return LanguageModelStream([store], task["batch"], task["time"])


def _figures(task: BenchTask, checkpoints: Checkpoints, steps: list[float], saves: list[float]) -> dict[str, Any]:
    latest = checkpoints.all()[-1]
    own = int(latest.files["state"]["bytes"])
    seconds = statistics.median(saves[1:])
    return {
        "save_s": round(seconds, 4), "step_s": round(statistics.median(steps[1:]), 4), "bytes": own,
        "mb_per_s": round(own / 1e6 / seconds, 1), "share_of_time": round(seconds / EVERY_S, 6),
        "first_save_s": round(saves[0], 4), "shared_bytes": latest.bytes - own, "saves": len(saves) - 1,
        "device": task["device"], "precision": task["precision"], "peak_rss_mb": peak_rss_mb(),
    }
