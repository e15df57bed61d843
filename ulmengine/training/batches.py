"""The batches of which the tasks learn, made of stores of token ids.

For the language model one long stream of text, read in parallel rows: every document's tokens stand one after another
in it; each row of a batch reads its own contiguous part, so that the network's state is carried from one batch to the
next (1708.02182, section 5). For the classifier whole documents of like length side by side.
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

POOL = 50
"""Batches' worth of documents that are sorted together in training (as in fastai)."""

Order = npt.NDArray[np.int64]


def padded(documents: Sequence[Sequence[int] | npt.NDArray[Any]]) -> tuple[Tensor, Tensor]:
    """Right-padded tokens (batch, time) and lengths (batch,) of ``documents``, the longest one first."""
    lengths = [len(document) for document in documents]
    tokens = np.full((len(documents), max(1, lengths[0])), PAD, dtype=np.int64)
    for row, document in enumerate(documents):
        tokens[row, : len(document)] = document
    return torch.from_numpy(tokens), torch.tensor(lengths)


def cut(order: Order, lengths: Order, rows: int, budget: int | None, *, none_alone: bool = False) -> list[Order]:
    """Documents in this ``order`` in batches of at most so many ``rows``, and ``budget`` tokens, padding included.

    :param lengths: of all documents, in ``order`` none longer than the one before it within a batch.
    :param none_alone: leave no single document for the last batch.
    """
    batches: list[Order] = []
    start = 0
    while start < len(order):
        wanted = rows
        if budget:
            wanted = min(rows, max(1, budget // max(1, int(lengths[order[start]]))))
        if none_alone and len(order) - start == wanted + 1 and wanted > 2:
            wanted -= 1  # leaves two for the last batch, not one
        batches.append(order[start : start + wanted])
        start += wanted
    return batches


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
        order = np.arange(sum(map(len, self._stores)))
        if self._shuffle:
            order = np.random.default_rng((self._seed, n, 0)).permutation(order)
        ring, widths = _Ring(self._stores, order, backwards=self._backwards), self.widths(n)
        position = sum(widths[:skip])
        for number in range(skip, len(widths)):
            width = widths[number]
            scale = width / self.bptt if self._jitter else 1.0
            yield self._batch(ring, position, width, scale, fresh=number == 0)
            position += width

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

    def __init__(self, stores: Sequence[TokenStore], order: Order, *, backwards: bool) -> None:
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
            number = int(self._order[place])
            store = int(np.searchsorted(self._firsts, number, side="right")) - 1
            document = self._stores[store][number - int(self._firsts[store])]
            begin = start - (int(self._ends[place]) - len(document))
            part = document[begin : begin + count]
            parts.append(part)
            start += len(part)
            count -= len(part)
            place += 1
        return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64)


@dataclass
class DocumentBatch:
    """Some documents.

    ``tokens``: (batch, time) int64, longest document first, filled up with ``PAD`` on the right. ``lengths``:
    (batch,) int64, real tokens. ``targets``: as given, (batch,) int64 or (batch, classes) float32. ``indices``:
    (batch,) which documents they are.
    """

    tokens: Tensor
    lengths: Tensor
    targets: Tensor | None
    indices: Order


class DocumentBatches:
    """Every document of a store once an epoch.

    Training: shuffled, then sorted by length within pools, so that a batch holds documents of about one length, and
    the batches in random order with that of the longest document first: what does not fit into memory shows at once.
    No batch of one document is made, which batch norm could not train on, unless there is only one.
    Otherwise: the longest first, the same every epoch; of a part of the documents where only that is asked for.

    :param targets: one row for each document of ``store``, int64 (n,) or float32 (n, classes); None: none.
    :param batch_size: the most documents a batch.
    :param backwards: give each document from its end to its beginning.
    :param token_budget: the most tokens a batch, padding included; a batch has fewer documents where they are long
        (at least one). In training, documents then stand with others of at most a tenth less length.
    :param only: numbers of the documents that are given, where it is not for training; None: all.
    :param max_tokens: of a longer document only the last tokens read are given (fastai's cut); None: all.
    :raises TokensError: the number of targets is not that of the documents, or there are no documents.
    """

    def __init__(
        self, store: TokenStore, targets: npt.NDArray[Any] | None, batch_size: int, *, train: bool, seed: int = 0,
        backwards: bool = False, token_budget: int | None = None, max_tokens: int | None = None,
        only: Order | None = None,
    ) -> None:
        if targets is not None and len(targets) != len(store):
            raise TokensError(f"There are {len(store)} documents but {len(targets)} labels.")
        if not len(store):
            raise TokensError("There are no documents to make batches of.")
        self._store = store
        self._targets = None if targets is None else torch.from_numpy(np.ascontiguousarray(targets))
        self._lengths = np.minimum(store.lengths, max_tokens) if max_tokens else store.lengths
        self.batch_size, self._budget = batch_size, token_budget
        self._train, self._seed, self._backwards, self._only = train, seed, backwards, only

    def __len__(self) -> int:
        """Batches in an epoch, the same in every one."""
        return len(self.batches(0))

    def batches(self, n: int) -> list[Order]:
        """The documents of each batch of epoch ``n``."""
        if not self._train:
            order = np.argsort(-self._lengths, kind="stable")
            return self._cut(order if self._only is None else order[np.isin(order, self._only)], self._lengths)
        random = np.random.default_rng((self._seed, n))
        order = random.permutation(len(self._store))
        batches = self._bucketed(order) if self._budget else self._pooled(order)
        longest = next(i for i, batch in enumerate(batches) if self._lengths[batch].max() == self._lengths.max())
        rest = [batch for i, batch in enumerate(batches) if i != longest]
        return [batches[longest], *(rest[i] for i in random.permutation(len(rest)))]

    def epoch(self, n: int, skip: int = 0) -> Iterator[DocumentBatch]:
        """The batches of epoch ``n`` from number ``skip`` on; the same ones however often it is asked."""
        return map(self._collate, self.batches(n)[skip:])

    def _pooled(self, order: Order) -> list[Order]:
        """Sort pools by length, the longest document of all in the first, and cut them into batches."""
        first = int(np.argmax(self._lengths[order]))
        order[[0, first]] = order[[first, 0]]
        size = self.batch_size * POOL
        pools = [order[start : start + size] for start in range(0, len(order), size)]
        order = np.concatenate([pool[np.argsort(-self._lengths[pool], kind="stable")] for pool in pools])
        return self._cut(order, self._lengths)

    def _bucketed(self, order: Order) -> list[Order]:
        """Sort by length class, so that neighbours differ by a tenth at most and change places every epoch.

        The cuts depend on the classes' longest lengths only, which are the same in any order: so is their number.
        """
        classes = np.floor(np.log(np.maximum(self._lengths, 1)) / np.log(1 / 0.9)).astype(np.int64)
        longest = np.zeros(classes.max() + 1, dtype=np.int64)
        np.maximum.at(longest, classes, self._lengths)
        bounds = longest[classes]
        return self._cut(order[np.argsort(-bounds[order], kind="stable")], bounds)

    def _cut(self, order: Order, lengths: Order) -> list[Order]:
        return cut(order, lengths, self.batch_size, self._budget, none_alone=self._train)

    def _collate(self, indices: Order) -> DocumentBatch:
        indices = indices[np.argsort(-self._lengths[indices], kind="stable")]
        documents = [self._store[int(index)][:: -1 if self._backwards else 1] for index in indices]
        tokens, lengths = padded([document[len(document) - length :]
                                  for document, length in zip(documents, self._lengths[indices], strict=True)])
        targets = None if self._targets is None else self._targets[torch.from_numpy(indices)]
        return DocumentBatch(tokens, lengths, targets, indices)
