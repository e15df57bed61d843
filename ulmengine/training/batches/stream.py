"""Batches for the language model: one long stream of text, read in parallel rows.

Every document's tokens stand one after another in the stream; each row of a batch reads its own contiguous part of
it, so that the network's state is carried from one batch to the next (1708.02182, section 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ulmengine.tokens import IGNORED, PAD, TokensError, TokenStore


@dataclass
class StreamBatch:
    """One step of the language model.

    ``inputs``, ``targets``: (batch, time) int64; the target of a token is the one after it, ``IGNORED`` where a row
    has no more. ``lr_scale``: by how much the rate is multiplied (1 without jitter). ``fresh``: the first batch of an
    epoch, before which the network's state is reset.
    """

    inputs: Tensor
    targets: Tensor
    lr_scale: float
    fresh: bool


class LanguageModelStream:
    """The documents of one or several stores as a stream, every token a target exactly once an epoch.

    The stream is a ring: the first token's input is the last token, as if the last document stood before the first.
    Rows differ by one token in length at most; the last batch of an epoch is as short as what is left.

    :param batch_size: rows read side by side.
    :param bptt: tokens a batch.
    :param shuffle: put the documents in a new order each epoch.
    :param backwards: read the whole stream from its end to its beginning.
    :param jitter: draw each batch's length at random around ``bptt``, or around half of it one time in twenty, and
        scale the rate with the length (1708.02182, section 5).
    :raises TokensError: there are no tokens.
    """

    def __init__(
        self, stores: Sequence[TokenStore], batch_size: int, bptt: int, *,
        seed: int = 0, shuffle: bool = True, backwards: bool = False, jitter: bool = False,
    ) -> None:
        self.tokens = sum(store.tokens for store in stores)
        if not self.tokens:
            raise TokensError("There is no text for the language model: all documents are empty.")
        self._stores = tuple(stores)
        self.batch_size, self.bptt = batch_size, bptt
        self._seed, self._shuffle, self._backwards, self._jitter = seed, shuffle, backwards, jitter
        self._row_lengths = np.full(batch_size, self.tokens // batch_size, dtype=np.int64)
        self._row_lengths[: self.tokens % batch_size] += 1
        self._row_starts = np.cumsum(self._row_lengths) - self._row_lengths

    def __len__(self) -> int:
        """Batches in an epoch; with jitter those of epoch 0, others differ a little."""
        return len(self.widths(0))

    def widths(self, n: int) -> list[int]:
        """How many tokens each batch of epoch ``n`` reads in its longest row."""
        left = int(self._row_lengths[0])
        random = np.random.default_rng((self._seed, n, 1))
        widths: list[int] = []
        while left:
            width = min(left, self._draw(random) if self._jitter else self.bptt)
            widths.append(width)
            left -= width
        return widths

    def _draw(self, random: np.random.Generator) -> int:
        around = self.bptt if random.random() < 0.95 else self.bptt / 2
        return max(min(5, self.bptt), int(random.normal(around, 5)))

    def epoch(self, n: int, skip: int = 0) -> Iterator[StreamBatch]:
        """The batches of epoch ``n`` from number ``skip`` on; the same ones however often it is asked."""
        ring = _Ring(self._stores, self._order(n), backwards=self._backwards)
        widths = self.widths(n)
        position = sum(widths[:skip])
        for number in range(skip, len(widths)):
            width = widths[number]
            scale = width / self.bptt if self._jitter else 1.0
            yield self._batch(ring, position, width, scale, fresh=number == 0)
            position += width

    def _order(self, n: int) -> npt.NDArray[np.int64]:
        documents = sum(map(len, self._stores))
        if self._shuffle:
            return np.random.default_rng((self._seed, n, 0)).permutation(documents)
        return np.arange(documents)

    def _batch(self, ring: _Ring, position: int, width: int, scale: float, *, fresh: bool) -> StreamBatch:
        rows = np.full((self.batch_size, width + 1), PAD, dtype=np.int64)
        targets = np.full((self.batch_size, width), IGNORED, dtype=np.int64)
        for row, (start, length) in enumerate(zip(self._row_starts, self._row_lengths, strict=True)):
            count = min(width, int(length) - position)
            if count > 0:
                first = int(start) + position
                rows[row, : count + 1] = ring.read(first - 1, count + 1)
                targets[row, :count] = rows[row, 1 : count + 1]
        return StreamBatch(torch.from_numpy(rows[:, :-1].copy()), torch.from_numpy(targets), scale, fresh)


class _Ring:
    """The documents in a given order as one ring of tokens; ``backwards``: from its end to its beginning."""

    def __init__(self, stores: Sequence[TokenStore], order: npt.NDArray[np.int64], *, backwards: bool) -> None:
        self._stores, self._order, self._backwards = stores, order, backwards
        self._firsts = np.cumsum([0, *map(len, stores)])
        lengths = np.concatenate([store.lengths for store in stores])[order]
        self._ends = np.cumsum(lengths)
        self._tokens = int(self._ends[-1])

    def read(self, start: int, count: int) -> npt.NDArray[np.int64]:
        """``count`` tokens from position ``start`` (-1: the last one) on."""
        if start < 0:
            return np.concatenate([self.read(self._tokens + start, -start), self.read(0, count + start)])
        if self._backwards:
            return self._forwards(self._tokens - start - count, count)[::-1]
        return self._forwards(start, count)

    def _forwards(self, start: int, count: int) -> npt.NDArray[np.int64]:
        parts: list[npt.NDArray[Any]] = []
        place = int(np.searchsorted(self._ends, start, side="right"))
        while count:
            document = self._document(int(self._order[place]))
            begin = start - (int(self._ends[place]) - len(document))
            part = document[begin : begin + count]
            parts.append(part)
            start += len(part)
            count -= len(part)
            place += 1
        return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64)

    def _document(self, number: int) -> npt.NDArray[Any]:
        store = int(np.searchsorted(self._firsts, number, side="right")) - 1
        return self._stores[store][number - int(self._firsts[store])]
