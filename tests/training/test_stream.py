"""The language-model stream, against a slow plain reading of what it promises."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tokens.helpers import store_of
from ulmengine.tokens import TokensError, TokenStore
from ulmengine.training.batches import LanguageModelStream, StreamBatch

IGNORED = -100


def numbered(lengths: Sequence[int], first: int = 10) -> list[list[int]]:
    """Documents in which every token stands once: 10, 11, 12, ..."""
    documents, token = [], first
    for length in lengths:
        documents.append(list(range(token, token + length)))
        token += length
    return documents


def rows_of(batches: Sequence[StreamBatch]) -> list[list[tuple[int, int]]]:
    """Input and target of every position that counts, row by row."""
    rows: list[list[tuple[int, int]]] = [[] for _ in range(len(batches[0].inputs))]
    for batch in batches:
        for row, (inputs, targets) in enumerate(zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True)):
            rows[row] += [(i, t) for i, t in zip(inputs, targets, strict=True) if t != IGNORED]
    return rows


def targets_in_order(stream: LanguageModelStream, epoch: int) -> list[int]:
    """The targets of the rows, one row after another: the stream itself."""
    return [target for row in rows_of(list(stream.epoch(epoch))) for _, target in row]


@settings(max_examples=60)
@given(
    lengths=st.lists(st.integers(0, 23), min_size=1, max_size=12).filter(any), batch=st.integers(1, 7),
    bptt=st.integers(1, 9), shuffle=st.booleans(), backwards=st.booleans(), jitter=st.booleans(),
    cut=st.integers(0, 12),
)
def test_every_token_is_a_target_exactly_once_and_follows_its_input(
    lengths: list[int], batch: int, bptt: int, shuffle: bool, backwards: bool, jitter: bool, cut: int
) -> None:
    documents = numbered(lengths)
    stores = [store_of(part) for part in (documents[:cut], documents[cut:])]  # two stores are one stream
    stream = LanguageModelStream(
        stores, batch, bptt, seed=3, shuffle=shuffle, backwards=backwards, jitter=jitter
    )
    for epoch in (0, 1):
        batches = list(stream.epoch(epoch))
        rows = rows_of(batches)
        seen = [target for row in rows for _, target in row]
        assert sorted(seen) == list(range(10, 10 + sum(lengths)))
        # the slow reference: the ring of all documents in the order in which the targets show them
        ring = {target: seen[place - 1] for place, target in enumerate(seen)}
        assert all(ring[target] == source for row in rows for source, target in row)
        # documents stay whole; in a backward stream they are reversed, and so is their order
        read = seen[::-1] if backwards else seen
        starts = {document[0]: document for document in documents if document}
        place = 0
        while place < len(read):
            document = starts[read[place]]
            assert read[place : place + len(document)] == document
            place += len(document)
        # rows carry on from one batch to the next, and differ by one token at most
        assert max(map(len, rows)) - min(map(len, rows)) <= 1
        assert [one.fresh for one in batches] == [True] + [False] * (len(batches) - 1)
    assert jitter or len(stream) == len(batches)


def test_rows_and_targets_by_hand() -> None:
    """Ten tokens in three rows of 4, 3 and 3, two at a time, not shuffled."""
    stream = LanguageModelStream([store_of([[10, 11, 12], [13, 14, 15, 16, 17], [18, 19]])], 3, 2, shuffle=False)
    first, second = stream.epoch(0)
    assert first.inputs.tolist() == [[19, 10], [13, 14], [16, 17]]
    assert first.targets.tolist() == [[10, 11], [14, 15], [17, 18]]
    assert second.inputs[:, 0].tolist() == [11, 15, 18]
    assert second.targets.tolist() == [[12, 13], [16, IGNORED], [19, IGNORED]]
    assert second.inputs[0].tolist() == [11, 12]
    assert first.inputs.dtype == first.targets.dtype == torch.int64
    assert len(stream) == 2
    assert first.lr_scale == 1.0


def test_the_backward_stream_is_the_reversed_stream() -> None:
    documents = numbered([5, 1, 9, 4])
    forward = LanguageModelStream([store_of(documents)], 3, 4, seed=5)
    backward = LanguageModelStream([store_of(documents)], 3, 4, seed=5, backwards=True)
    for epoch in (0, 1):
        assert targets_in_order(backward, epoch) == targets_in_order(forward, epoch)[::-1]


def test_the_order_is_new_each_epoch_and_the_same_again() -> None:
    store = store_of(numbered([3] * 30))
    stream = LanguageModelStream([store], 4, 5, seed=1)
    assert targets_in_order(stream, 0) != targets_in_order(stream, 1)
    assert targets_in_order(stream, 1) == targets_in_order(LanguageModelStream([store], 4, 5, seed=1), 1)
    assert targets_in_order(stream, 0) != targets_in_order(LanguageModelStream([store], 4, 5, seed=2), 0)
    still = LanguageModelStream([store], 4, 5, seed=1, shuffle=False)
    assert targets_in_order(still, 0) == targets_in_order(still, 7) == list(range(10, 100))


@pytest.mark.parametrize("jitter", [False, True])
@pytest.mark.parametrize("skip", [0, 1, 3])
def test_a_position_gives_exactly_the_rest(jitter: bool, skip: int) -> None:
    stream = LanguageModelStream([store_of(numbered([7, 30, 2, 11]))], 2, 6, seed=9, jitter=jitter)
    rest = list(islice(stream.epoch(4), skip, None))
    again = list(stream.epoch(4, skip))
    assert len(rest) == len(again)
    for one, other in zip(rest, again, strict=True):
        assert torch.equal(one.inputs, other.inputs)
        assert torch.equal(one.targets, other.targets)
        assert (one.lr_scale, one.fresh) == (other.lr_scale, other.fresh)


def test_jitter_is_as_published() -> None:
    """1708.02182, section 5: around bptt 70 with a deviation of 5, around half of it with probability 0.05; the rate
    is scaled by the length."""
    stream = LanguageModelStream([store_of([range(60_000)])], 1, 70, jitter=True)
    widths = np.array(stream.widths(0)[:-1])
    halves = widths < 52
    assert 0.02 < halves.mean() < 0.09
    assert abs(widths[~halves].mean() - 70) < 1
    assert abs(widths[~halves].std() - 5) < 1
    assert abs(widths[halves].mean() - 35) < 3
    batch = next(iter(stream.epoch(0)))
    assert batch.lr_scale == pytest.approx(batch.inputs.shape[1] / 70)
    assert stream.widths(0) != stream.widths(1)


def test_a_corpus_smaller_than_the_batch() -> None:
    (batch,) = LanguageModelStream([store_of([[7, 8]])], 4, 10).epoch(0)
    assert batch.inputs.shape == (4, 1)
    assert sorted(batch.targets.flatten().tolist()) == [IGNORED, IGNORED, 7, 8]


@pytest.mark.parametrize("stores", [[], [store_of([])], [store_of([[], []])]])
def test_no_text_is_an_error(stores: list[TokenStore]) -> None:
    with pytest.raises(TokensError, match="no text"):
        LanguageModelStream(stores, 2, 2)
