"""Tensors in training: which weights learn and how far they have moved, copies by name, states taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ulmengine.nets import LayerGroup


def learning(groups: Sequence[LayerGroup]) -> Iterator[tuple[str, nn.Parameter]]:
    """Name and tensor of every weight that is not frozen."""
    for group in groups:
        yield from ((name, p) for name, p in group.parameters.items() if p.requires_grad)


def copy_of(tensors: Iterable[tuple[str, Tensor]]) -> dict[str, Tensor]:
    """A copy of ``tensors`` by name that later training does not change."""
    return {name: tensor.detach().clone() for name, tensor in tensors}


def below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those of ``tensors`` whose names begin with ``prefix``, by what follows it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


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


def take_apart(tree: Any) -> tuple[list[Tensor], Any]:
    """The tensors of ``tree`` (an LSTM's state: tensors, None, lists, tuples) in order, and its form in plain JSON.

    :raises TypeError: something else is in it.
    """
    tensors: list[Tensor] = []

    def form_of(node: Any) -> Any:
        if node is None:
            return None
        if isinstance(node, Tensor):
            tensors.append(node)
            return len(tensors) - 1
        if isinstance(node, (list, tuple)):
            return ["list" if isinstance(node, list) else "tuple", *(form_of(item) for item in node)]
        raise TypeError(f"a state holds tensors, None, lists and tuples, not {type(node).__name__}")

    form = form_of(tree)
    return tensors, form


def put_together(tensors: list[Tensor], form: Any) -> Any:
    """The tree that :func:`take_apart` took apart."""
    if form is None:
        return None
    if isinstance(form, int):
        return tensors[form]
    kind, *items = form
    nodes = [put_together(tensors, item) for item in items]
    return nodes if kind == "list" else tuple(nodes)
