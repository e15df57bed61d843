"""A run that replays a made-up record: all that a real one says, at any speed, without a network."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from collections.abc import Generator, Iterator

from studio.engine.host import RunRequest
from ulmengine import events as ev
from ulmengine.config import ClassifierConfig, LanguageModelConfig, RunConfig
from ulmengine.plan.control import RunControl
from ulmengine.plan.stages import StagePlan, plan_stages

SECONDS = 0.05


def small_config(steps_name: str = "replay", **changes: object) -> RunConfig:
    """A description with one language-model and three classifier stages."""
    return RunConfig(
        name=steps_name, language_model=LanguageModelConfig(epochs=2),
        classifier=ClassifierConfig(epochs=(1, 1, 2), refit=0), **changes,  # type: ignore[arg-type]
    )


def script(config: RunConfig, steps: int = 20, *, baseline: float = 0.81) -> Iterator[ev.Event]:
    """Everything a run of ``steps`` optimizer steps an epoch says, in order."""
    plans = plan_stages(config, pretrained=True)
    yield ev.RunStarted(config.name, "cpu", "float32", 1_234_567, tuple(plan.describe() for plan in plans))
    yield ev.Progress("Reading the corpus", 600, 600, "documents")
    total = 0
    for plan in plans:
        yield from _stage(plan, steps, total)
        total += plan.epochs * steps
    accuracy = 0.874
    yield ev.Evaluated("test", 120, accuracy, (0.81, 0.93), {"macro_f1": 0.86}, baseline, (0.74, 0.87))
    yield ev.ModelSaved("model.ulmfit")
    yield ev.Finished(accuracy, baseline, "model.ulmfit", total * SECONDS)


def _stage(plan: StagePlan, steps: int, total: int) -> Iterator[ev.Event]:
    whole = plan.epochs * steps
    schedule = plan.schedule(whole)
    yield ev.StageStarted(
        plan.index, plan.name, plan.groups, plan.unfrozen, plan.epochs, whole, plan.task, plan.direction
    )
    for step in range(1, whole + 1):
        rates = tuple(schedule.lr(step - 1, g) for g in range(len(plan.groups) - plan.unfrozen, len(plan.groups)))
        yield ev.Step(plan.index, (step - 1) // steps + 1, step, total + step, loss_at(plan.index, step, whole), rates,
                      1.0 + 0.3 * math.sin(step), 2_240, SECONDS)
        if step % steps == 0:
            yield from _epoch(plan, step // steps, total + step, loss_at(plan.index, step, whole))
    last = loss_at(plan.index, whole, whole)
    yield ev.StageEnded(plan.index, plan.name, plan.unfrozen, plan.epochs, last, last * 1.1, _metrics(plan, last),
                        whole * SECONDS)
    yield ev.Checkpointed(f"stage-{plan.index}", "stage", total + whole, 4_000_000, 0.1)


def _epoch(plan: StagePlan, epoch: int, total: int, loss: float) -> Iterator[ev.Event]:
    drift = {group: 0.02 * (n + 1) * epoch for n, group in enumerate(plan.groups)}
    yield ev.EpochEnded(plan.index, epoch, total, loss, {"valid_loss": loss * 1.1, **_metrics(plan, loss)}, True,
                        SECONDS * 20, drift)
    if plan.task == "language_model":
        yield ev.TextWritten(plan.index, epoch, "my parcel", f"my parcel has not arrived yet ({epoch})")
    yield ev.Checkpointed(f"step-{total:07d}", "epoch", total, 4_000_000, 0.1)


def _metrics(plan: StagePlan, loss: float) -> dict[str, float]:
    if plan.task == "language_model":
        return {"perplexity": math.exp(loss * 1.1)}
    return {"accuracy": max(0.3, 1 - loss / 2)}


def loss_at(stage: int, step: int, whole: int) -> float:
    """A falling, wavering loss; the language model's is higher than the classifier's."""
    start, floor = (6.0, 3.8) if stage == 0 else (1.6 / stage, 0.3)
    return floor + (start - floor) * math.exp(-3 * step / whole) + 0.08 * math.sin(step * 1.7) * (1 if stage else 3)


def replay(
    request: RunRequest, control: RunControl, *, steps: int = 20, nap: float = 0.0, baseline: float = 0.81
) -> Generator[ev.Event, None, object]:
    """The whole script, ``nap`` seconds an event."""
    for event in script(request.config, steps, baseline=baseline):
        if nap:
            time.sleep(nap)
        yield event
    return "done"


def endless(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """A stage that never ends; writes ``closed`` into the folder when it is closed."""
    yield ev.RunStarted(request.config.name, "cpu", "float32", 10, ({"name": "one"},))
    yield ev.StageStarted(0, "one", ("head",), 1, 1, 10**9, "classifier")
    step = 0
    try:
        while True:
            step += 1
            time.sleep(0.002)
            yield ev.Step(0, 1, step, step, 1.0, (0.1,), 1.0, 10, 0.002)
    finally:
        (request.folder / "closed").write_text(str(step), encoding="utf-8")


def skipping(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """A stage that ends when it is to be skipped, and a run that ends with it."""
    yield ev.StageStarted(0, "one", ("head",), 1, 1, 10**9, "classifier")
    step = 0
    while not control.take_skip():
        step += 1
        time.sleep(0.002)
        yield ev.Step(0, 1, step, step, 1.0, (0.1,), 1.0, 10, 0.002)
    yield ev.StageEnded(0, "one", 1, 1, 1.0, 1.0, {}, 1.0, "asked")
    return None


def finishing(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """A stage that ends when the run is to finish, after it was asked for in another process or when it began."""
    yield ev.StageStarted(0, "one", ("head",), 1, 1, 10**9, "classifier")
    step = 0
    while not (request.finish or control.take_finish()):
        step += 1
        time.sleep(0.002)
        yield ev.Step(0, 1, step, step, 1.0, (0.1,), 1.0, 10, 0.002)
    yield ev.Finished(0.5, 0.5, f"after {step} steps, from {request.checkpoint}", 1.0)
    return None


def flood(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """50,000 steps as fast as Python can say them."""
    for step in range(1, 50_001):
        yield ev.Step(0, 1, step, step, 1.0 / step, (0.1,), 1.0, 10, 0.0)
    return None


def out_of_memory(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """Some steps, a checkpoint, and then no memory."""
    yield ev.Step(0, 1, 1, 1, 1.0, (0.1,), 1.0, 10, 0.0)
    yield ev.Checkpointed("step-0000001", "epoch", 1, 10, 0.0)
    return _keeps_memory(bytearray(300 * 1024 * 1024))


def _keeps_memory(block: bytearray) -> object:
    block[::4096] = b"x" * len(block[::4096])
    raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")


def broken(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """A mistake in the program after one step."""
    yield ev.Step(0, 1, 1, 1, 1.0, (0.1,), 1.0, 10, 0.0)
    raise ZeroDivisionError("a mistake")


def killed(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """A process that is killed from outside after a checkpoint."""
    yield ev.Checkpointed("step-0000007", "time", 7, 10, 0.0)
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGKILL)
    return None


def deaf(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """A step that does not end."""
    yield ev.Step(0, 1, 1, 1, 1.0, (0.1,), 1.0, 10, 0.0)
    time.sleep(3600)
    return None


def idle(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """Work that says nothing for three seconds, but is no step."""
    yield ev.Progress("Reading the corpus", 0, 0)
    time.sleep(3.0)
    return None


def loaded(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """Says whether Qt is loaded where the run is carried out."""
    yield ev.Note("Qt" if any(name.startswith("PySide6") for name in sys.modules) else "no Qt")
    return None


def steady(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """Ten steps, a tenth of a second each."""
    for step in range(1, 11):
        time.sleep(0.1)
        yield ev.Step(0, 1, step, step, 1.0, (0.1,), 1.0, 10, 0.1)
    return None


def waiting_for_room(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """A run that finds the disk full once, and has room when it is asked again."""
    request.folder.mkdir(parents=True)
    yield ev.Step(0, 1, 1, 1, 1.0, (0.1,), 1.0, 10, 0.0)
    yield ev.Note("So that it is running.")
    yield ev.SaveFailed("The disk is full.", "Free some space.")
    yield ev.Checkpointed("step-0000001", "epoch", 1, 10, 0.0)
    return None


def no_room_to_stop(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """A run without end that finds the disk full when it is stopped for the first time, and then no more."""
    full = [ev.SaveFailed("The disk is full.", "Free some space.", stopping=True)]
    control.put_down = lambda: full.pop() if full else None
    request.folder.mkdir(parents=True, exist_ok=True)
    step = 0
    while True:
        step += 1
        time.sleep(0.01)
        yield ev.Step(0, 1, step, step, 1.0, (0.1,), 1.0, 10, 0.0)


def failing_run(request: RunRequest, control: RunControl) -> Generator[ev.Event, None, object]:
    """A run that tells its own failure as its last event, as the real one does."""
    yield ev.Step(0, 1, 1, 1, math.nan, (0.1,), 1.0, 10, 0.0)
    yield ev.Failed("nan_loss", "The loss is not a number any more at step 2", "Everything up to step 1 is saved.",
                    "Use a lower learning rate.", "details")
    return None
