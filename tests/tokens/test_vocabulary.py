"""Vocabularies: order, transfer, coverage."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from tests.corpus.helpers import with_events
from ulmengine.tokens import (
    PAD,
    SPECIALS,
    UNK,
    TokensError,
    Vocabulary,
    WordTokenizer,
    count_tokens,
    coverage_of_counts,
    vocabulary_transfer,
)

from .helpers import data


def test_special_tokens_come_first_then_the_commonest() -> None:
    counts = {"b": 3, "a": 3, "c": 9, "once": 1, "xxmaj": 50}
    vocabulary = Vocabulary.from_counts(counts, size=100, min_frequency=2)
    assert vocabulary.tokens == (*SPECIALS, "c", "a", "b")
    assert (vocabulary.index("xxunk"), vocabulary.index("xxpad"), vocabulary.index("c")) == (UNK, PAD, 9)
    assert vocabulary.index("never seen") == UNK
    assert "c" in vocabulary
    assert "once" not in vocabulary


def test_size_counts_the_special_tokens() -> None:
    vocabulary = Vocabulary.from_counts({str(n): 100 - n for n in range(50)}, size=12, min_frequency=1)
    assert vocabulary.tokens == (*SPECIALS, "0", "1", "2")


def test_with_specials_brings_them_to_the_head_and_drops_doubles() -> None:
    assert Vocabulary.with_specials(["the", "xxbos", "cat", "the"]).tokens == (*SPECIALS, "the", "cat")


@pytest.mark.parametrize(
    ("tokens", "word"), [(("the", *SPECIALS), "begin with"), ((*SPECIALS, "the", "the"), "'the'"), ((), "begin with")]
)
def test_a_damaged_vocabulary_is_refused(tokens: tuple[str, ...], word: str) -> None:
    with pytest.raises(TokensError, match=word):
        Vocabulary(tokens)


def test_transfer_is_by_name() -> None:
    old = Vocabulary((*SPECIALS, "the", "cat", "sat"))
    new = Vocabulary((*SPECIALS, "dog", "the", "sat", "mat"))
    assert vocabulary_transfer(old, new).tolist() == [*range(9), -1, 9, 11, -1]


def test_transfer_gives_the_rows_of_the_reference() -> None:
    """Rows and bias of the reference; its small vocabularies have three special tokens, ours nine."""
    values = json.loads(data("vocabulary_transfer.json").read_text("utf-8"))
    old, new = (Vocabulary((*SPECIALS, *values[name][3:])) for name in ("old_vocab", "new_vocab"))
    mapping = vocabulary_transfer(old, new)
    rows, bias = np.array(values["old_rows"]), np.array(values["old_bias"])
    place = {token: row for row, token in enumerate(values["old_vocab"])}
    for row, token in enumerate(values["new_vocab"]):
        source = mapping[new.index(token)]
        expected_row = rows.mean(0) if source < 0 else rows[place[old.tokens[source]]]
        expected_bias = bias.mean() if source < 0 else bias[place[old.tokens[source]]]
        np.testing.assert_allclose(expected_row, values["new_rows"][row], atol=1e-6)
        assert expected_bias == pytest.approx(values["new_bias"][row], abs=1e-6)


def test_counts_leave_out_xxbos_and_hold_every_other_token() -> None:
    counts, _ = with_events(count_tokens(["The cat. The dog.", "cat"], WordTokenizer(Vocabulary(SPECIALS))))
    assert counts == Counter({"xxmaj": 2, "the": 2, "cat": 2, "dog": 1, ".": 2})


def test_coverage_is_the_share_of_running_words() -> None:
    vocabulary = Vocabulary((*SPECIALS, "the", "cat"))
    # words: the cat purrs the dog purrs the -> 7 words, 4 known; marks, numbers, line break and xxmaj are no words
    counts, _ = with_events(count_tokens(["The cat purrs!", "the dog, 12, purrs\nthe"], WordTokenizer(vocabulary)))
    found = coverage_of_counts(counts, vocabulary)
    assert found.share == pytest.approx(4 / 7)
    assert found.unknown == (("purrs", 2), ("dog", 1))
    assert found.words == 7


def test_coverage_leaves_special_tokens_out() -> None:
    counts = {"xxbos": 2, "the": 2, "cat": 1, "purrs": 2}
    found = coverage_of_counts(counts, Vocabulary((*SPECIALS, "the")))
    assert found.share == pytest.approx(2 / 5)
    assert found.unknown == (("purrs", 2), ("cat", 1))


def test_coverage_of_nothing_is_whole() -> None:
    assert coverage_of_counts({}, Vocabulary(SPECIALS)).share == 1.0
