"""A small training in one of several processes: ``python -m tests.training.data_parallel KIND OUT``.

Writes the weights and the losses; run under several processes or alone, the result should be the same.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import torch
from safetensors.torch import save_file

from ulmengine.events import EpochEnded, Step
from ulmengine.nets import classifier_loss
from ulmengine.training import TrainContext, train_classifier, train_language_model
from ulmengine.training.distributed import join, started_by_torchrun

from . import builders


def main(kind: str, out: Path) -> None:
    torch.set_num_threads(1)
    device = torch.device("cpu")
    with join(device) if started_by_torchrun() else nullcontext() as world:
        ctx = TrainContext(world=world)
        accumulation = builders.SGD.model_copy(update={"accumulation": 2, "clip": 0.5})
        lm, _, everything = builders.plans()
        if kind == "language_model":
            model = builders.language_model(dropout=builders.NO_DROPOUT)
            plan = builders.stage(lm, epochs=2, lr=0.5, optimizer=accumulation)
            events = train_language_model(model, *builders.streams(), plan, ctx)
        else:
            model = builders.text_classifier(dropout=builders.NO_DROPOUT)  # type: ignore[assignment]
            plan = builders.stage(everything, epochs=2, lr=0.5, optimizer=accumulation, freeze_batch_norm=True)
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


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
