"""Several processes that train one network together: PyTorch's DDP, started by ``torchrun``.

Each process takes its rows of every batch of the same global stream, so that the gradients are those of a single
process with the whole batch. Dropout masks and batch norm see a process' own rows only; the running statistics are
those of process 0.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, Self, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ulmengine.tokens import DocumentBatch, StreamBatch

from .errors import TrainingError

# A paused run keeps the other processes waiting; a day is longer than anyone pauses.
_PATIENCE = timedelta(days=1)


class _Gathered(Protocol):
    def combine(self, parts: Sequence[Self]) -> None: ...


M = TypeVar("M", bound=_Gathered)


@dataclass(frozen=True)
class World:
    """The processes that train together. ``rank``: this one's number; number 0 writes the run's folder."""

    rank: int
    size: int
    device: torch.device

    @property
    def writes(self) -> bool:
        """Whether this process writes the run's folder."""
        return self.rank == 0

    def wrap(self, forward: nn.Module) -> nn.Module:
        """``forward`` inside DDP; to be made anew when other groups learn."""
        if self.device.type != "cuda":
            return DistributedDataParallel(forward)
        return DistributedDataParallel(forward, device_ids=[self.device.index or 0])

    def sum(self, *values: float) -> list[float]:
        """Each of ``values`` added up over all processes."""
        together = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(together)
        return [float(value) for value in together.tolist()]

    def sum_tensor(self, value: Tensor) -> Tensor:
        """``value`` added up over all processes."""
        together = value.detach().clone()
        dist.all_reduce(together)
        return together

    def any(self, asked: bool) -> bool:
        """Whether any process has ``asked``; to be called by all at the same point."""
        return self.sum(float(asked))[0] > 0

    @torch.no_grad()
    def share_buffers(self, module: nn.Module) -> None:
        """Give all processes the buffers (batch-norm statistics) of process 0."""
        for buffer in module.buffers():
            dist.broadcast(buffer, 0)

    def part_random_numbers(self) -> None:
        """Let each process drop out other things: all start from the same random state."""
        torch.manual_seed(int(torch.randint(2**62, ())) + self.rank)

    def merge(self, figures: M) -> None:
        """Give every process the ``figures`` of all together, the same bits everywhere."""
        every: list[M | None] = [None] * self.size
        dist.all_gather_object(every, figures)
        figures.combine([part for part in every if part is not None])

    def barrier(self) -> None:
        """Wait for all."""
        dist.barrier()


def started_by_torchrun() -> bool:
    """Whether this process is one of several that ``torchrun`` has started."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ


@contextmanager
def join(device: torch.device) -> Iterator[World]:
    """Meet the other processes (nccl on graphics cards, gloo elsewhere); leave them at the end.

    :raises TrainingError: this process was not started by ``torchrun``.
    """
    if not started_by_torchrun():
        raise TrainingError("several processes train together only when torchrun has started them")
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    try:
        yield World(dist.get_rank(), dist.get_world_size(), device)
    finally:
        dist.destroy_process_group()


def no_sync(call: nn.Module, last: bool) -> AbstractContextManager[None]:
    """Let DDP exchange gradients in the ``last`` batch of an accumulation only."""
    if isinstance(call, DistributedDataParallel) and not last:
        return call.no_sync()
    return nullcontext()


def rows_of(batch: StreamBatch, world: World | None) -> StreamBatch:
    """This process' rows of a language-model batch.

    :raises TrainingError: there are fewer rows than processes.
    """
    if world is None:
        return batch
    part = slice(world.rank, None, world.size)
    if len(batch.inputs) < world.size:
        raise TrainingError(f"a batch of {len(batch.inputs)} rows cannot be shared by {world.size} processes; "
                            "use a larger batch size or fewer processes")
    return replace(batch, inputs=batch.inputs[part], targets=batch.targets[part])


def documents_of(batch: DocumentBatch, world: World | None) -> DocumentBatch:
    """This process' documents of a batch: every n-th, so that lengths are shared fairly; cut to their longest.

    A process for which none is left takes the first one along without counting it (``indices`` is empty), because
    all processes have to take part in the exchange.
    """
    if world is None:
        return batch
    own = batch.indices[world.rank :: world.size]
    part = slice(world.rank, None, world.size) if len(own) else slice(0, 1)
    lengths = batch.lengths[part]
    targets = None if batch.targets is None else batch.targets[part]
    tokens = batch.tokens[part, : int(lengths[0])]
    return replace(batch, tokens=tokens, lengths=lengths, targets=targets, indices=own)
