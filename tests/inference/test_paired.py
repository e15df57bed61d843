"""The paired difference: by hand, and against a bootstrap that draws documents one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ulmengine.inference import InferenceError, paired_difference, part_predictions
from ulmengine.inference.paired import compare


def test_shares_and_counts_by_hand():
    first = np.array([1, 1, 0, 0, 1, 0, 1, 1], dtype=bool)
    second = np.array([1, 1, 1, 1, 1, 0, 0, 1], dtype=bool)
    found = paired_difference(first, second)
    assert (found.documents, found.mended, found.broken) == (8, 2, 1)
    assert (found.first, found.second, found.difference) == (5 / 8, 6 / 8, 1 / 8)
    assert found.verdict == "no difference"
    assert paired_difference(first, second) == found  # the same seed, the same interval


def test_the_interval_is_that_of_drawing_documents_with_replacement():
    random = np.random.default_rng(5)
    first = random.random(400) < 0.80
    second = np.where(random.random(400) < 0.12, ~first, first)
    found = paired_difference(first, second)
    plain = np.random.default_rng(6)
    gains = second.astype(float) - first
    means = [gains[plain.integers(400, size=400)].mean() for _ in range(20_000)]
    low, high = np.quantile(means, [0.025, 0.975])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.0026)


def test_overlapping_intervals_may_still_differ_for_sure():
    # 30 of 1,000 documents mended and none broken: 3 points that chance does not explain, though each share's own
    # interval is nearly 5 points wide.
    first = np.arange(1_000) >= 200
    second = np.arange(1_000) >= 170
    found = paired_difference(first, second)
    assert found.verdict == "better"
    assert 0.019 < found.low < found.difference == 0.03 < found.high < 0.042


def test_equal_answers_have_no_width():
    found = paired_difference(np.ones(6, bool), np.ones(6, bool))
    assert (found.difference, found.low, found.high, found.verdict) == (0, 0, 0, "no difference")


@pytest.mark.parametrize(("documents", "verdict"), [(1, "too few"), (2, "too few"), (5, "too few"), (6, "better")])
def test_a_handful_of_documents_tells_nothing_even_where_all_go_one_way(documents: int, verdict: str):
    # A fair coin falls the same way 5 times once in 16, which is more than 5 %; 6 times once in 32.
    assert paired_difference(np.zeros(documents, bool), np.ones(documents, bool)).verdict == verdict


def test_nothing_and_unlike_things_are_refused():
    with pytest.raises(InferenceError, match="no documents"):
        paired_difference(np.zeros(0, bool), np.zeros(0, bool))
    with pytest.raises(InferenceError, match="same documents"):
        paired_difference(np.zeros(3, bool), np.zeros(2, bool))


def _kept(keys: str, truth: str, said: str, labels: str = "ab"):
    scores = np.array([[0.9 if label == one else 0.1 / (len(labels) - 1) for label in labels] for one in said])
    return part_predictions(
        "test", [f"main:{key}" for key in keys], np.arange(len(keys)),
        np.array([labels.index(one) for one in truth]), {"network": scores}, labels=list(labels),
        multi_label=False, corpus="c", temperature=1.0,
    )


def test_a_duel_goes_by_document_and_label_name_not_by_order():
    first = _kept("1234", "abab", "abba")  # 1 and 2 right, 3 and 4 wrong
    second = _kept("5421", "abba", "abaa", "ba")  # 4 and 1 right, 2 wrong; 5 was not asked of the first
    found = compare(first, second)
    assert found.first.keys.tolist() == found.second.keys.tolist() == ["main:1", "main:2", "main:4"]
    assert (found.only_first, found.only_second, found.relabelled) == (1, 1, 0)
    assert [found.first.keys[place] for place in found.mended] == ["main:4"]
    assert [found.first.keys[place] for place in found.broken] == ["main:2"]
    assert (found.paired.first, found.paired.second) == (2 / 3, 2 / 3)


def test_a_document_that_bears_another_label_in_the_other_run_is_left_out():
    found = compare(_kept("12", "ab", "ab"), _kept("12", "aa", "ab"))
    assert (found.relabelled, found.paired.documents) == (1, 1)


def test_runs_of_other_documents_are_refused():
    with pytest.raises(InferenceError, match="different documents"):
        compare(_kept("12", "ab", "ab"), _kept("34", "ab", "ab"))


def test_runs_are_compared_by_what_their_saved_models_answer():
    first, second = _kept("12", "ab", "aa"), _kept("12", "ab", "aa")
    second = replace(second, given={**second.given, "blend": _kept("12", "ab", "ab").given["network"]})
    assert (first.saved, second.saved) == ("network", "blend")
    assert (compare(first, second).paired.first, compare(first, second).paired.second) == (.5, 1.0)
