"""Nested lists and tuples of tensors (an LSTM's state) taken apart and put together again."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def take_apart(tree: Any) -> tuple[list[Tensor], Any]:
    """The tensors of ``tree`` (tensors, None, lists, tuples) in order, and its form in plain JSON values.

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
