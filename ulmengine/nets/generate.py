"""Let a language model write."""

from __future__ import annotations

import torch
from torch import Tensor

from ulmengine.tokens import PAD, UNK

from .language_model import LanguageModel


@torch.no_grad()
def generate(
    model: LanguageModel,
    prompt: Tensor,
    length: int,
    *,
    temperature: float = 0.8,
    top_k: int = 40,
    generator: torch.Generator,
) -> list[int]:
    """``length`` tokens that ``model`` writes after ``prompt`` (time,), which is not repeated.

    :param temperature: below 1 prefers likely words more strongly; 0 always takes the likeliest.
    :param top_k: draw among so many of the likeliest words; 0: among all.
    :param generator: on the CPU; the only source of chance, so that writing never disturbs training's random state.
    :raises ValueError: an empty prompt.
    """
    if prompt.numel() == 0:
        raise ValueError("the language model needs at least one token to start from")
    was_training = model.training
    model.eval()
    try:
        state, written = None, []
        tokens = prompt.reshape(1, -1).to(model.encoder.device)
        for _ in range(length):
            scores, state = model.next_scores(tokens, state)
            choice = _choose(scores[0].float().cpu(), temperature, top_k, generator)
            written.append(choice)
            tokens = torch.full((1, 1), choice, device=tokens.device)
        return written
    finally:
        model.train(was_training)


def _choose(
    scores: Tensor, temperature: float, top_k: int, generator: torch.Generator
) -> int:
    """One token drawn by its ``scores`` (vocabulary,)."""
    scores[[UNK, PAD]] = float("-inf")
    if temperature <= 0:
        return int(scores.argmax())
    best, places = scores.topk(min(top_k or len(scores), len(scores)))
    probabilities = (best / temperature).softmax(0)
    return int(places[torch.multinomial(probabilities, 1, generator=generator)])
