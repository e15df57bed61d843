"""Slow plain networks in a few lines each: what the fast ones are compared with."""

from __future__ import annotations

import torch
from torch import Tensor


def lstm_cell(x: Tensor, h: Tensor, c: Tensor, weights: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """One step of an LSTM as the textbook has it; gates i, f, g, o."""
    ih, hh, bias_ih, bias_hh = weights
    i, f, g, o = (x @ ih.T + bias_ih + h @ hh.T + bias_hh).chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def lstm(
    rows: list[Tensor], state: tuple[Tensor, Tensor], weights: tuple[Tensor, ...]
) -> tuple[list[Tensor], Tensor, Tensor]:
    """Every row (time, inputs) by itself: its hidden states, and all last hidden and cell states."""
    outs, hs, cs = [], [], []
    for row, h, c in zip(rows, state[0].split(1), state[1].split(1), strict=True):
        seen = []
        for x in row:
            h, c = lstm_cell(x[None], h, c, weights)
            seen.append(h)
        outs.append(torch.cat(seen))
        hs.append(h)
        cs.append(c)
    return outs, torch.cat(hs), torch.cat(cs)


def largest_error(actual: Tensor, expected: Tensor) -> float:
    """Largest difference relative to the largest number expected."""
    scale = float(expected.detach().abs().max())
    return float((actual.detach().double() - expected.detach().double()).abs().max()) / max(scale, 1e-12)
