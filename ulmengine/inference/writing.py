"""Text that a language model writes on from a person's own words."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ulmengine.models import Bundle
from ulmengine.nets import LanguageModel, generate
from ulmengine.tokens import BOS

from .errors import InferenceError

COOLEST, HOTTEST = 0.01, 100.0
"""Between them a temperature still makes a difference; beyond, the scores are no numbers or all alike."""
_SEED_DIGITS = 18
"""So many fit into the 64 bits that random numbers begin with."""


def generate_text(
    bundle: Bundle, prompt: str = "", *, length: int = 40, temperature: float = 0.8, top_k: int = 40, seed: int = 0,
    direction: str = "",
) -> str:
    """What the language model writes after ``prompt``; a model that reads backward writes what stands before it.

    :param length: tokens to write; ``temperature`` and ``top_k``: as of :func:`ulmengine.nets.generate`.
    :param seed: the same one gives the same text.
    :param direction: of the network that writes; empty: forward where there is one.
    :raises InferenceError: the model has no network of that direction, or there is no such length, temperature or seed.
    :raises ModelError: the bundle holds a classifier.
    """
    if length < 1:
        raise InferenceError(f"at least one token is to be written, not {length}")
    if temperature != 0 and not COOLEST <= temperature <= HOTTEST:
        raise InferenceError(f"the temperature is 0, for the likeliest word each time, or from {COOLEST} to {HOTTEST}, "
                             f"not {temperature}")
    if abs(seed) >= 10**_SEED_DIGITS:
        raise InferenceError(f"the seed is a whole number of at most {_SEED_DIGITS} digits, not {seed}")
    if top_k < 0:
        raise InferenceError(f"top-k is 0, for all words, or a number of words, not {top_k}")
    networks = bundle.language_models()
    chosen = direction or ("forward" if "forward" in networks else "backward")
    if chosen not in networks:
        raise InferenceError(f"the model does not read {chosen}; it reads {' and '.join(networks)}")
    source = torch.Generator().manual_seed(seed)
    given = bundle.tokenizer.encode(prompt)[1:]
    written = write_on(
        networks[chosen], given, length, backward=chosen == "backward", temperature=temperature, top_k=top_k,
        generator=source,
    )
    return bundle.tokenizer.decode(written)


def write_on(
    network: LanguageModel, given: Sequence[int], length: int, *, backward: bool, generator: torch.Generator,
    temperature: float = 0.8, top_k: int = 40,
) -> list[int]:
    """Tokens that stand after ``given`` (before it if ``backward``), in the order in which a person reads them.

    :param given: tokens of a document without ``BOS``, as a person reads them. A backward network gets them from the
        last one on, after the ``BOS`` that ends what it read before: as it meets them in training.
    """
    prompt = torch.tensor([BOS, *(reversed(given) if backward else given)])
    written = generate(network, prompt, length, temperature=temperature, top_k=top_k, generator=generator)
    return written[::-1] if backward else written
