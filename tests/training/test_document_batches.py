"""The classifier's batches: every document once, little padding, the longest first, the same again."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tokens.helpers import store_of
from ulmengine.tokens import PAD, TokensError
from ulmengine.training.batches import DocumentBatches

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=60)


def documents(lengths: list[int]) -> list[list[int]]:
    """Document ``i`` is ``100 + i`` over and over with its place last."""
    return [[100 + i] * (length - 1) + [200 + i] for i, length in enumerate(lengths)]


@settings(max_examples=60)
@given(
    lengths=LENGTHS, size=st.integers(1, 9), train=st.booleans(), backwards=st.booleans(),
    budget=st.one_of(st.none(), st.integers(1, 200)),
)
def test_every_document_once_with_its_own_target(
    lengths: list[int], size: int, train: bool, backwards: bool, budget: int | None
) -> None:
    texts = documents(lengths)
    targets = np.arange(len(texts)) * 3
    batches = DocumentBatches(
        store_of(texts), targets, size, train=train, seed=2, backwards=backwards, token_budget=budget
    )
    for epoch in (0, 1):
        found: dict[int, list[int]] = {}
        made = list(batches.epoch(epoch))
        for batch in made:
            assert batch.tokens.dtype == batch.lengths.dtype == torch.int64
            assert batch.tokens.shape == (len(batch.indices), int(batch.lengths.max()))
            assert batch.lengths.tolist() == sorted(batch.lengths.tolist(), reverse=True)
            assert len(batch.indices) <= size
            assert batch.targets is not None
            assert batch.targets.tolist() == (batch.indices * 3).tolist()
            if budget:
                assert len(batch.indices) == 1 or batch.tokens.numel() <= budget
            for row, length, index in zip(batch.tokens, batch.lengths, batch.indices, strict=True):
                assert row[length:].eq(PAD).all()
                found[int(index)] = row[:length].tolist()
        assert found == {i: text[::-1] if backwards else text for i, text in enumerate(texts)}
        assert len(made) == len(batches)
        assert int(made[0].lengths.max()) == max(lengths)
        if train and not budget and size > 2 and len(texts) > 1:
            assert min(len(batch.indices) for batch in made) > 1  # batch norm cannot train on one document


def test_validation_is_sorted_and_the_same_every_epoch() -> None:
    batches = DocumentBatches(store_of(documents([3, 9, 1, 5, 9])), None, 2, train=False, seed=1)
    order = [batch.indices.tolist() for batch in batches.epoch(0)]
    assert order == [[1, 4], [3, 0], [2]]
    assert order == [batch.indices.tolist() for batch in batches.epoch(5)]
    assert all(batch.targets is None for batch in batches.epoch(0))
    some = DocumentBatches(store_of(documents([3, 9, 1, 5, 9])), None, 2, train=False, only=np.array([0, 1, 2]))
    assert [batch.indices.tolist() for batch in some.epoch(0)] == [[1, 0], [2]]


@pytest.mark.parametrize("budget", [None, 900])
def test_training_is_shuffled_each_epoch_and_the_same_again(budget: int | None) -> None:
    lengths = np.random.default_rng(0).integers(5, 60, 500).tolist()
    store = store_of([[7] * length for length in lengths])

    def order(seed: int, epoch: int) -> list[list[int]]:
        batches = DocumentBatches(store, None, 16, train=True, seed=seed, token_budget=budget)
        return [batch.indices.tolist() for batch in batches.epoch(epoch)]

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)
    # not only the order of the batches is new, but who stands with whom
    assert {frozenset(batch) for batch in order(1, 0)} != {frozenset(batch) for batch in order(1, 1)}
    # only the first batch is chosen by length
    longest = [max(lengths[i] for i in batch) for batch in order(1, 0)]
    assert longest[0] == max(lengths)
    assert longest[1:] != sorted(longest[1:], reverse=True)


def test_a_token_budget_bounds_the_padding() -> None:
    lengths = np.random.default_rng(1).lognormal(5.2, 0.7, 3_000).astype(int).clip(10, 2_000).tolist()
    store = store_of([[7] * length for length in lengths])
    batches = list(DocumentBatches(store, None, 64, train=True, seed=0, token_budget=16_000).epoch(0))
    places = sum(batch.tokens.numel() for batch in batches)
    assert 1 - sum(lengths) / places < 0.1
    assert max(batch.tokens.numel() for batch in batches) <= 16_000


def test_sorting_in_pools_pads_little() -> None:
    lengths = np.random.default_rng(1).lognormal(5.2, 0.7, 3_000).astype(int).clip(10, 2_000).tolist()
    store = store_of([[7] * length for length in lengths])
    batches = list(DocumentBatches(store, None, 32, train=True, seed=0).epoch(0))
    places = sum(batch.tokens.numel() for batch in batches)
    assert 1 - sum(lengths) / places < 0.16  # what the reference pads on IMDb reviews


@pytest.mark.parametrize("skip", [0, 1, 4])
@pytest.mark.parametrize("train", [False, True])
def test_a_position_gives_exactly_the_rest(train: bool, skip: int) -> None:
    store = store_of(documents(np.random.default_rng(0).integers(1, 30, 40).tolist()))
    batches = DocumentBatches(store, np.arange(40), 6, train=train, seed=8)
    rest, again = list(islice(batches.epoch(3), skip, None)), list(batches.epoch(3, skip))
    assert len(rest) == len(again)
    assert all(torch.equal(one.tokens, other.tokens) for one, other in zip(rest, again, strict=True))
    assert [one.indices.tolist() for one in rest] == [other.indices.tolist() for other in again]


@pytest.mark.parametrize(("backwards", "kept"), [(False, [13, 14]), (True, [11, 10])])
def test_the_limit_keeps_the_last_tokens_read(backwards: bool, kept: list[int]) -> None:
    store = store_of([[10, 11, 12, 13, 14], [20]])
    (batch,) = DocumentBatches(store, None, 2, train=False, max_tokens=2, backwards=backwards).epoch(0)
    assert batch.tokens.tolist() == [kept, [20, PAD]]
    assert batch.lengths.tolist() == [2, 1]


def test_targets_of_several_labels_keep_their_type() -> None:
    targets = np.array([[0, 1], [1, 1]], dtype=np.float32)
    (batch,) = DocumentBatches(store_of([[5], [6, 7]]), targets, 2, train=False).epoch(0)
    assert batch.targets is not None
    assert batch.targets.dtype == torch.float32
    assert batch.targets.tolist() == [[1, 1], [0, 1]]


def test_wrong_targets_and_no_documents_are_errors() -> None:
    with pytest.raises(TokensError, match="2 documents but 3 labels"):
        DocumentBatches(store_of([[5], [6]]), np.zeros(3), 2, train=True)
    with pytest.raises(TokensError, match="no documents"):
        DocumentBatches(store_of([]), None, 2, train=True)
