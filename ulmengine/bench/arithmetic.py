"""How much arithmetic a piece of work is: that of its matrix products, beside which everything else is little.

The product of (m, k) and (k, n) is 2 * m * k * n floating point operations. So a layer reads a token with
2 * 4 * hidden * (inputs + hidden), and a token is scored against the vocabulary with 2 * embedding * vocabulary. What
learns takes as much again for the gradient of what went in, and once more for that of its weights. Padding is no work.
"""

from __future__ import annotations

from ulmengine.config import Sizes

_GATES = 4


def language_model(sizes: Sizes, vocabulary: int, tokens: int, *, learns: bool) -> float:
    """Operations of reading and predicting ``tokens`` with the full softmax; ``learns``: with the backward pass."""
    predicting = 2.0 * sizes.embedding * vocabulary * tokens
    return (reading(sizes, tokens) + predicting) * (3 if learns else 1)


def reading(sizes: Sizes, tokens: int) -> float:
    """Operations of the encoder's forward pass over ``tokens``."""
    return sum(2.0 * _GATES * hidden * (inputs + hidden) * tokens for inputs, hidden in sizes.widths)


def classifier(sizes: Sizes, tokens: int, learnt: int, unfrozen: int) -> float:
    """Operations of a classifier's training step, its head left out.

    :param tokens: that are read, ``learnt``: that lie in the windows, through which alone gradients go.
    :param unfrozen: layer groups that learn, the head being the first and the embedding the last. Layers below them
        have no backward pass, and the lowest that learns has no gradient of what went in.
    """
    total = reading(sizes, tokens)
    for number, (inputs, hidden) in enumerate(sizes.widths):
        above = sizes.layers - number  # groups above this layer, the head among them
        if unfrozen > above:
            weights, states = inputs + hidden, hidden
            total += 2.0 * _GATES * hidden * (weights + states + (inputs if unfrozen > above + 1 else 0)) * learnt
    return total
