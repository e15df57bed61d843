"""Back-propagation through time for text classification (BPT3C, 1801.06146, 3.3).

A document is read in chunks, the state carried from one to the next. The last tokens of each document, its window,
are pooled and carry the gradient; what lies before is read without one, and far before not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from .awd_lstm import AWDLSTM, Draw, State, first_rows
from .kernels.layout import Layout, moved

# What stands so many windows, and so many tokens, ahead of a document's window leaves no trace in the state there, and
# is not read: the longest texts would take minutes for nothing.
AHEAD, AHEAD_LEAST = 4, 5_000


class Windows(NamedTuple):
    """The hidden states of the documents' windows, sorted by their length from the longest down.

    ``pieces``: one for each chunk, (rows, time, features) of the rows that have not ended, zeros behind a row's end.
    ``lengths``: (batch,) tokens of each window, on the CPU.
    ``back``: (batch,) the row that each document has become, on the device.
    """

    pieces: list[Tensor]
    lengths: Tensor
    back: Tensor


def window_starts(lengths: Tensor, bptt: int, max_tokens: int) -> Tensor:
    """Where each window begins: at the first border of a chunk from which at most ``max_tokens`` are left.

    At least the document's last chunk is kept. Counted document by document, so that the batch a document is in
    cannot matter.
    """
    over = (lengths - max_tokens).clamp(min=0)
    last_chunk = (lengths - 1) // bptt
    return torch.minimum(-(-over // bptt), last_chunk) * bptt


def read_documents(
    encoder: AWDLSTM, tokens: Tensor, lengths: Tensor, bptt: int, max_tokens: int, draw: Draw | None = None
) -> Windows:
    """Read right-padded ``tokens`` (batch, time) of these ``lengths``, rows sorted from the longest down.

    The lengths decide what is done, so they are best on the CPU: every look at a graphics card waits for its work.

    :raises ValueError: rows that are not sorted, or an empty one.
    """
    lengths, device = lengths.cpu(), tokens.device
    counts = lengths.tolist()
    if not counts or counts[-1] < 1 or any(a < b for a, b in pairwise(counts)):
        raise ValueError(f"documents must be sorted from the longest down and have at least one token, not {counts}")
    draw = draw or encoder.draw(len(lengths))
    starts = window_starts(lengths, bptt, max_tokens)
    state = _read_ahead(encoder, tokens, starts, bptt, max(AHEAD_LEAST, AHEAD * max_tokens), draw)
    left = lengths - starts
    # Cut to their windows the documents have other lengths, so they are sorted anew.
    order = torch.argsort(left, descending=True, stable=True)
    back, sorted_left = moved(torch.argsort(order), device), left[order]
    places = (starts[order, None] + torch.arange(int(sorted_left[0]))).clamp(max=tokens.shape[1] - 1)
    order = moved(order, device)
    windows = tokens[order].gather(1, moved(places, device))
    state = tuple((h[order], c[order]) for h, c in state)
    pieces = _read_windows(encoder, windows, sorted_left, bptt, state, draw.rows(order))
    return Windows(pieces, sorted_left, back)


@torch.no_grad()
def _read_ahead(encoder: AWDLSTM, tokens: Tensor, starts: Tensor, bptt: int, most: int, draw: Draw) -> State:
    """State of every document where its window begins, read from at most ``most`` tokens before it.

    Longer documents have later windows and come first.
    """
    state = encoder.zero_state(len(starts))
    firsts = (starts - most).clamp(min=0) // bptt * bptt
    for start in range(int(firsts[-1]), int(starts[0]), bptt):
        part = slice(int((firsts > start).sum()), int((starts > start).sum()))
        if part.start == part.stop:
            continue
        before = tuple((h[part], c[part]) for h, c in state)
        after = encoder(tokens[part, start : start + bptt], before, draw=draw.rows(part)).state
        for (h, c), (new_h, new_c) in zip(state, after, strict=True):
            h[part], c[part] = new_h, new_c
    return state


def _read_windows(
    encoder: AWDLSTM, windows: Tensor, lengths: Tensor, bptt: int, state: State, draw: Draw
) -> list[Tensor]:
    """Hidden states, a piece a chunk, of ``windows`` (batch, time) of these ``lengths``, longest first."""
    chunks = list(_chunks(windows, lengths, bptt))
    vectors = _embedded(encoder, chunks, draw)
    pieces = []
    for (chunk, here), known in zip(chunks, vectors, strict=True):
        alive = len(here)
        before, masks = first_rows(state, alive), draw.rows(slice(0, alive))
        encoded = encoder(chunk, before, here, masks, known)
        state = encoded.state
        pieces.append(encoded.layout.unpack(encoded.hidden))
    return pieces


def _chunks(windows: Tensor, lengths: Tensor, bptt: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Chunk by chunk the tokens of the rows still alive, (alive, at most bptt), and how many are real, (alive,)."""
    for start in range(0, windows.shape[1], bptt):
        alive = int((lengths > start).sum())
        chunk = windows[:alive, start : start + bptt]
        yield chunk, (lengths[:alive] - start).clamp(max=chunk.shape[1])


def _embedded(encoder: AWDLSTM, chunks: list[tuple[Tensor, Tensor]], draw: Draw) -> Iterable[Tensor | None]:
    """Where the embedding learns, the vectors of all chunks: one look-up, and one gradient as large as the matrix.

    Otherwise ``None`` for each chunk, which then looks up its own.
    """
    if not torch.is_grad_enabled() or not encoder.embedding.weight.requires_grad:
        return [None] * len(chunks)
    tokens = [Layout.of(lengths, chunk.device).pack(chunk) for chunk, lengths in chunks]
    return torch.split(encoder.embed(torch.cat(tokens), draw.words), [len(part) for part in tokens])
