"""Layer groups of a network in training: which weights belong together, which of them learn, how far they moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class LayerGroup:
    """Weights that share a learning rate. ``parameters``: name in the network -> tensor, no tensor twice."""

    name: str
    parameters: dict[str, nn.Parameter]


def named_groups(model: nn.Module, groups: Iterable[tuple[str, Sequence[nn.Parameter]]]) -> tuple[LayerGroup, ...]:
    """``groups`` (name, parameters; embedding first, head last) with each weight's name in ``model``.

    A weight that is tied to another place stands once, in the first group that has it.
    """
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    taken: set[int] = set()
    found = []
    for name, parameters in groups:
        own = {names[id(p)]: p for p in parameters if id(p) not in taken}
        taken |= {id(p) for p in parameters}
        found.append(LayerGroup(name, own))
    return tuple(found)


def learning(groups: Sequence[LayerGroup]) -> Iterator[tuple[str, nn.Parameter]]:
    """Name and tensor of every weight that is not frozen."""
    for group in groups:
        yield from ((name, p) for name, p in group.parameters.items() if p.requires_grad)


def copy_of(tensors: Iterable[tuple[str, Tensor]]) -> dict[str, Tensor]:
    """A copy of ``tensors`` by name that later training does not change."""
    return {name: tensor.detach().clone() for name, tensor in tensors}


@torch.no_grad()
def drift(groups: Sequence[LayerGroup], start: dict[str, Tensor]) -> dict[str, float]:
    """How far each group has moved from ``start``, relative to its length there; a frozen group has not moved.

    A group that starts at zero has no length to compare with: its distance itself is given.
    """
    moved: dict[str, float] = {}
    for group in groups:
        both = [(p, start[name]) for name, p in group.parameters.items() if name in start]
        distance = sum(float((p - before).square().sum(dtype=torch.float64)) for p, before in both) ** 0.5
        length = sum(float(before.square().sum(dtype=torch.float64)) for _, before in both) ** 0.5
        moved[group.name] = distance / length if length else distance
    return moved
