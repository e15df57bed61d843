"""How a batch of sequences of different lengths lies in memory: real tokens only, one time step after another.

Rows are sorted by length, longest first, so that the rows still alive at a step are always the first ones. A batch
of equal lengths is the special case in which every step holds all rows. Nothing is ever computed on padding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor


def moved(values: Tensor, device: torch.device) -> Tensor:
    """``values`` on ``device``, without waiting for the work before.

    Apple's cards read the source later than the copy returns, when a passing tensor's memory may be another's already:
    there it waits.
    """
    return values.to(device, non_blocking=device.type != "mps")


@dataclass(frozen=True, eq=False)
class Layout:
    """``sizes[t]``: rows alive at step t, never growing. N = sum(sizes) is the number of real tokens."""

    sizes: tuple[int, ...]
    device: torch.device

    @staticmethod
    def equal(batch: int, time: int, device: torch.device) -> Layout:
        """All ``batch`` rows are ``time`` tokens long."""
        return Layout((batch,) * time, device)

    @staticmethod
    def of(lengths: Tensor, device: torch.device | None = None) -> Layout:
        """Rows of these ``lengths`` (batch,), best on the CPU, for tokens on ``device`` (absent: that of ``lengths``).

        :raises ValueError: a length below 1, or lengths that are not sorted from the longest to the shortest.
        """
        counts = lengths.tolist()
        if not counts or counts[-1] < 1 or any(a < b for a, b in pairwise(counts)):
            raise ValueError(f"lengths must be sorted from the longest down and be at least 1, not {counts}")
        sizes, alive = [], len(counts)
        for step in range(counts[0]):
            while counts[alive - 1] <= step:
                alive -= 1
            sizes.append(alive)
        return Layout(tuple(sizes), device or lengths.device)

    @property
    def batch(self) -> int:
        return self.sizes[0]

    @property
    def time(self) -> int:
        return len(self.sizes)

    @cached_property
    def tokens(self) -> int:
        return sum(self.sizes)

    @property
    def is_equal(self) -> bool:
        return self.sizes[0] == self.sizes[-1]

    @cached_property
    def sizes_tensor(self) -> Tensor:
        """(time,) on the CPU, as PyTorch's packed sequences want it."""
        return torch.tensor(self.sizes)

    @cached_property
    def places(self) -> Tensor:
        """(N,) where each token stands among all time * batch places, one time step after another.

        Worked out on the CPU: on a graphics card, finding out how many there are would wait for all work before.
        """
        real = torch.arange(self.batch) < self.sizes_tensor[:, None]
        return moved(real.flatten().nonzero().squeeze(1), self.device)

    @cached_property
    def rows(self) -> Tensor:
        """(N,) the row each token belongs to."""
        return self.places % self.batch

    def pack(self, values: Tensor) -> Tensor:
        """(batch, time, ...) -> (N, ...)"""
        by_time = values.transpose(0, 1).flatten(0, 1)
        return by_time if self.is_equal else by_time.index_select(0, self.places)

    def unpack(self, packed: Tensor) -> Tensor:
        """(N, features) -> (batch, time, features), zeros where no token stands."""
        if not self.is_equal:
            padded = packed.new_zeros(self.time * self.batch, packed.shape[-1])
            packed = padded.index_copy(0, self.places, packed)
        return packed.view(self.time, self.batch, -1).transpose(0, 1)

    def scale_rows(self, packed: Tensor, mask: Tensor | None) -> Tensor:
        """Multiply every token of row b, (N, features), by ``mask[b]``, (batch, features): locked dropout."""
        if mask is None:
            return packed
        mask = mask.to(packed.dtype)
        if self.is_equal:
            return (packed.view(self.time, self.batch, -1) * mask).view(packed.shape)
        return packed * mask[self.rows]
