"""Several processes that train one network together: PyTorch's DDP, started by ``torchrun``.

Each process takes its rows of every batch of the same global stream, so that the gradients are those of a single
process with the whole batch; so are batch norm's statistics. Dropout masks see a process' own rows only.
"""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib import import_module
from typing import Any, TypeVar

import numpy as np
import psutil
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from ulmengine.config import ComputeConfig
from ulmengine.nets.head import BatchNorm
from ulmengine.plan.errors import TrainingError
from ulmengine.tokens.pool import cores

from .batches import DocumentBatch, StreamBatch
from .tensors import put_together, take_apart

# A paused run keeps the other processes waiting; a day is longer than anyone pauses.
_PATIENCE = timedelta(days=1)

V = TypeVar("V")


@dataclass
class World:
    """The processes that train together.

    :ivar rank: this one's number; number 0 writes the run's folder.
    :ivar stopping: all have agreed to stop at this step, so that they can still exchange something.
    """

    rank: int
    size: int
    device: torch.device
    stopping: bool = False

    @property
    def writes(self) -> bool:
        """Whether this process writes the run's folder."""
        return self.rank == 0

    def wrap(self, forward: nn.Module) -> nn.Module:
        """``forward`` inside DDP, its batch norms over all rows; to be made anew when other groups learn."""
        for module in forward.modules():
            if isinstance(module, BatchNorm):
                module.over_all = _sum_over_all
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

    def agree_to_stop(self, asked: bool) -> bool:
        """Whether any process has ``asked`` to stop; all stop at this step then."""
        self.stopping = self.any(asked)
        return self.stopping

    def whole_state(self, state: Any) -> Any:
        """The ``state`` of all processes' rows (see :func:`rows_of`) as one process would have it, on the CPU."""
        tensors, form = take_apart(state)
        every = self.gather([tensor.cpu() for tensor in tensors])
        return put_together([_interleave(parts) for parts in zip(*every, strict=True)], form)

    def own_state(self, state: Any) -> Any:
        """The part of a whole ``state`` that belongs to this process' rows."""
        tensors, form = take_apart(state)
        return put_together([tensor[self.rank :: self.size].clone() for tensor in tensors], form)

    @torch.no_grad()
    def share_buffers(self, module: nn.Module) -> None:
        """Give all processes the buffers (batch-norm statistics) of process 0."""
        for buffer in module.buffers():
            dist.broadcast(buffer, 0)

    def part_random_numbers(self, seed: int, step: int) -> None:
        """Let each process drop out other things in ``step``: they follow from the run's ``seed``, the step and its own
        number alone, so that going on from a checkpoint, which knows of no process but the first, gives the same bits.
        """
        torch.manual_seed(int(np.random.SeedSequence((seed, step, self.rank)).generate_state(1)[0]))

    def gather(self, value: V) -> list[V]:
        """The ``value`` of every process, in their order."""
        every: list[Any] = [None] * self.size
        dist.all_gather_object(every, value)
        return every

    def tell(self, value: V) -> V:
        """The ``value`` that process 0 gives."""
        box = [value]
        dist.broadcast_object_list(box, 0)
        return box[0]

    def barrier(self) -> None:
        """Wait for all."""
        dist.barrier()


class _SumOverAll(torch.autograd.Function):
    """The sum over all processes; of its gradient too, for each process' loss hangs on it."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:  # noqa: ARG004 - nothing is kept
        together = value.detach().clone()
        dist.all_reduce(together)
        return together

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ARG004
        together = gradient.clone()
        dist.all_reduce(together)
        return together


def _sum_over_all(value: Tensor) -> Tensor:
    together: Tensor = _SumOverAll.apply(value)  # type: ignore[no-untyped-call]
    return together


def started_by_torchrun() -> bool:
    """Whether this process is one of several that ``torchrun`` has started."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ


def torchrun_job() -> str:
    """Which call of ``torchrun`` has started this process, the same when it starts it anew; empty: none has.

    Without ``--rdzv-id`` every call has the same name, so the process that waits for this one tells them apart.
    """
    name = os.environ.get("TORCHELASTIC_RUN_ID", "")
    if name != "none":
        return name
    agent = psutil.Process(os.getppid())
    return f"{socket.gethostname()} {agent.pid} {agent.create_time():.2f}"


def started_again() -> bool:
    """Whether ``torchrun`` has started this process anew, because one of its processes had died."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


def processes_here() -> int:
    """How many processes on this machine train together."""
    return max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def use_threads(compute: ComputeConfig) -> None:
    """Let PyTorch use as many threads as set; the number decides how sums are split, and so the last bits.

    Where none is set, the processes that train together on this machine share its cores.
    """
    wanted = compute.threads or max(1, cores() // processes_here())
    if torch.get_num_threads() != wanted:
        torch.set_num_threads(wanted)


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
    # Before there is a group: its functions take the one that stands when they are first read as their default and hold
    # it for ever. A group that is never freed keeps threads, and one of them that frees a tensor while Python shuts
    # down ends the process by abort, after its work is done.
    import_module("torch.distributed.nn.functional")
    store, rank, size = next(rendezvous("env://", timeout=_PATIENCE))
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", store=_own_part(store, size), rank=rank,
                            world_size=size, timeout=_PATIENCE)
    try:
        yield World(dist.get_rank(), dist.get_world_size(), device)
    finally:
        # DDP's wrappers hold the group, and cycles may hold them.
        gc.collect()
        dist.destroy_process_group()


def _own_part(store: Any, size: int) -> Any:
    """The part of torchrun's ``store`` for this attempt: there the addresses of processes that have died still stand.

    Only on one machine: with several, each counts its own restarts.
    """
    if processes_here() < size:
        return store
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    return dist.PrefixStore(f"attempt {attempt}", store)  # type: ignore[attr-defined]


def _interleave(parts: Sequence[Tensor]) -> Tensor:
    """Rows 0, n, 2n, … of ``parts[0]``, rows 1, n + 1, … of ``parts[1]`` and so on in their order."""
    whole = parts[0].new_empty(sum(len(part) for part in parts), *parts[0].shape[1:])
    for number, part in enumerate(parts):
        whole[number :: len(parts)] = part
    return whole


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
