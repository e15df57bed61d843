"""A small training in one of several processes: ``python -m tests.training.data_parallel KIND OUT [KEPT]``.

Writes the weights and the losses; run under several processes or alone, the result should be the same. "begun" stops
in the middle of an epoch and saves in the folder KEPT, "gone_on" goes on from there, "whole" does both at one go;
"dropping-begun" and so on with dropouts, which are each process' own.
"""

from __future__ import annotations

import gc
import sys
from contextlib import nullcontext
from pathlib import Path

import torch
from safetensors.torch import save_file

from ulmengine.events import EpochEnded, Step
from ulmengine.nets import classifier_loss
from ulmengine.training import Checkpoints, TrainContext, train_classifier, train_language_model
from ulmengine.training.distributed import World, join, started_by_torchrun

from . import builders


def in_parts(kind: str, out: Path, kept: Path, world: World | None) -> None:
    """Five rows, so that two processes have unequal shares of them."""
    checkpoints = Checkpoints(kept)
    dropping, kind = kind.startswith("dropping-"), kind.removeprefix("dropping-")
    writes = world is None or world.writes
    ctx = TrainContext(world=world, checkpoint=checkpoints.save if writes else None)  # type: ignore[arg-type]
    plan = builders.stage(builders.plans()[0], epochs=2, lr=0.5, optimizer=builders.SGD)
    latest = checkpoints.latest() if kind == "gone_on" else None
    start = None if latest is None else checkpoints.load(latest.name)
    model = builders.language_model(dropout=None if dropping else builders.NO_DROPOUT)
    events = train_language_model(model, *builders.streams(5), plan, ctx, start)
    losses = []
    for event in events:
        if isinstance(event, Step):
            losses.append(event.loss)
            if kind == "begun" and event.total == 3:
                if world is not None:
                    world.agree_to_stop(True)
                break
    events.close()
    drawn = torch.rand(3)  # what comes after the stage, the next one's head say, is not each process' own
    if writes:
        save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}
                  | {"losses": torch.tensor(losses), "drawn": drawn}, out)


def main(kind: str, out: Path, kept: Path | None = None) -> None:
    torch.set_num_threads(1)
    device = torch.device("cpu")
    with join(device) if started_by_torchrun() else nullcontext() as world:
        if kept is not None:
            in_parts(kind, out, kept, world)
            return
        ctx = TrainContext(world=world)
        accumulation = builders.SGD.model_copy(update={"accumulation": 2, "clip": 0.5})
        lm, _, everything = builders.plans()
        if kind == "language_model":
            model = builders.language_model(dropout=builders.NO_DROPOUT)
            plan = builders.stage(lm, epochs=2, lr=0.5, optimizer=accumulation)
            events = train_language_model(model, *builders.streams(), plan, ctx)
        else:
            # Of this seed the two last documents are not so alike that how sums are rounded decides the batch norm.
            model = builders.text_classifier(seed=5, dropout=builders.NO_DROPOUT)  # type: ignore[assignment]
            plan = builders.stage(everything, epochs=2, lr=0.5, optimizer=accumulation,
                                  freeze_batch_norm=kind != "batch_norm")
            weighted = builders.config().classifier.model_copy(update={"class_weights": "balanced"})
            loss = classifier_loss(weighted, torch.tensor([20, 4]), multi_label=False)
            # Batches of 7 leave one of two documents at the end, and one of the processes with a single one.
            events = train_classifier(model, *builders.documents(7), plan, loss, ctx)  # type: ignore[arg-type]
        said = list(events)
        figures = [[e.loss, e.grad_norm, float(e.tokens)] for e in said if isinstance(e, Step)]
        valid = [e.metrics["valid_loss"] for e in said if isinstance(e, EpochEnded)]
        if world is None or world.writes:
            tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
            save_file(tensors | {"figures": torch.tensor(figures), "valid": torch.tensor(valid)}, out)


def left_behind() -> list[str]:
    """The threads of gloo that still run: one that frees a tensor while Python shuts down ends the process by abort."""
    names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    return [name for name in names if "gloo" in name]


if __name__ == "__main__":
    gc.disable()  # what goes away only when Python happens to collect must not count as gone
    main(sys.argv[1], *map(Path, sys.argv[2:4]))
    if left_behind():
        sys.exit(f"threads are left behind: {left_behind()}")
