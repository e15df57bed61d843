"""Batches for the classifier: whole documents of like length side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ulmengine.tokens import PAD, TokensError, TokenStore

POOL = 50
"""Batches' worth of documents that are sorted together in training (as in fastai)."""

Order = npt.NDArray[np.int64]


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
        self.batch_size, self._budget, self._limit = batch_size, token_budget, max_tokens
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
        for indices in self.batches(n)[skip:]:
            yield self._collate(indices)

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
        """Consecutive batches; ``lengths`` are what counts against the budget, none longer than the one before
        within a batch."""
        batches: list[Order] = []
        start = 0
        while start < len(order):
            rows = self.batch_size
            if self._budget:
                rows = min(rows, max(1, self._budget // max(1, int(lengths[order[start]]))))
            if self._train and len(order) - start == rows + 1 and rows > 2:
                rows -= 1  # leaves two for the last batch, not one
            batches.append(order[start : start + rows])
            start += rows
        return batches

    def _collate(self, indices: Order) -> DocumentBatch:
        indices = indices[np.argsort(-self._lengths[indices], kind="stable")]
        lengths = self._lengths[indices]
        tokens = np.full((len(indices), max(1, int(lengths[0]))), PAD, dtype=np.int64)
        for row, index in enumerate(indices):
            document = self._store[int(index)]
            document = document[::-1] if self._backwards else document
            tokens[row, : lengths[row]] = document[len(document) - lengths[row] :]
        targets = None if self._targets is None else self._targets[torch.from_numpy(indices)]
        return DocumentBatch(torch.from_numpy(tokens), torch.from_numpy(lengths), targets, indices)
