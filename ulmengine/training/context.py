"""What a stage of training is given, what it can save of itself, and what it gives back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ulmengine.events import Event

from .distributed import World
from .optimizers import LayerOptimizer
from .tensors import below


@dataclass(frozen=True)
class Snapshot:
    """Everything needed to go on with a stage exactly where it stands.

    :ivar reason: "epoch", "stage", "time" or "stop".
    :ivar stage: index of the stage in the plan. :ivar total: optimizer steps of the run so far.
    :ivar best: whether the epoch that has just ended is the stage's best.
    :ivar finished: whether the stage is over; its weights are the kept ones then.
    :ivar tensors: weights, optimizer and random states: the live tensors, to be written before training goes on.
    :ivar shared: tensors that many snapshots have in common, by a name that is never used for others.
    :ivar values: the rest, in plain JSON values.
    """

    reason: str
    stage: int
    total: int
    best: bool
    finished: bool
    tensors: dict[str, Tensor]
    shared: dict[str, dict[str, Tensor]]
    values: dict[str, Any]

    def weights(self) -> dict[str, Tensor]:
        """The network's state dict."""
        return below("model.", self.tensors)


@dataclass(frozen=True)
class Taken:
    """An optimizer step that was taken, over all processes.

    :ivar loss: mean loss, on the device. :ivar norm: length of the gradient before clipping, on the device.
    :ivar weight: targets or documents it was the mean of. :ivar tokens: real tokens read.
    :ivar rates: of all layer groups. :ivar batches: how many were taken together.
    """

    loss: Tensor
    norm: Tensor
    weight: float
    tokens: int
    rates: tuple[float, ...]
    batches: int


@dataclass(frozen=True)
class StageResult:
    """How a stage ended. The network holds the kept weights: those of the best epoch.

    :ivar metrics: validation figures of the best epoch. :ivar total: optimizer steps of the run so far.
    :ivar why: it ended, as in :class:`ulmengine.events.StageEnded`.
    """

    train_loss: float
    valid_loss: float
    metrics: dict[str, float]
    total: int
    seconds: float
    why: str


@dataclass
class TrainContext:
    """What one run's stages have in common; handed from stage to stage.

    :ivar total: optimizer steps of the run so far; the stages count it on.
    :ivar minutes: take a snapshot this often besides the end of every epoch and stage; 0: only there.
    :ivar checkpoint: writes a snapshot before it returns; what it returns is said by the run.
    :ivar write: lets the language model write: gives a prompt and what follows it.
    :ivar skip: asked after every step whether the stage is to end here.
    :ivar end_at_once: a stage that is taken up from a snapshot is to end without another step.
    :ivar optimizer: the one in use; kept from one classifier stage to the next, so that what the learning groups have
        gathered is not lost.
    :ivar read_every: steps between two looks at the losses; 0: each step on the CPU, every 16 on a graphics card,
        where each look waits for the device.
    :ivar world: the processes that train together; None: this one alone.
    :ivar folder: the run's, where the snapshots go.
    :ivar put_down: saves the stage in hand as it stands between two of its events; None where none is in hand.
    :ivar unsaid: what the stage that was left last had still to say; it is said once the stage is taken up again.
    """

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    precision: torch.dtype = torch.float32
    total: int = 0
    minutes: float = 0.0
    checkpoint: Callable[[Snapshot], Event | None] | None = None
    write: Callable[[nn.Module], tuple[str, str]] | None = None
    skip: Callable[[], bool] | None = None
    end_at_once: bool = False
    optimizer: LayerOptimizer | None = None
    read_every: int = 0
    world: World | None = None
    folder: Path = field(default_factory=Path)
    clock: Callable[[], float] = time.monotonic
    put_down: Callable[[], None] | None = field(default=None, init=False)
    unsaid: tuple[Event, ...] = field(default=(), init=False)
