"""The baseline: it learns, it is deterministic, and odd corpora do not stop it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from ulmengine.inference import Baseline, InferenceError
from ulmengine.inference.baseline import written_without_spaces

GOOD = ["a lovely warm film", "lovely and warm acting", "what a warm story", "lovely lovely film"]
BAD = ["a dull cold film", "dull and cold acting", "what a cold story", "dull dull film"]


def baseline(train, targets, texts, labels):
    """(texts, labels) probabilities."""
    return Baseline(train, targets, len(labels)).probabilities(texts)


def test_agrees_with_scikit_learn_put_together_by_hand():
    targets = np.array([1] * 4 + [0] * 4)
    got = baseline(GOOD + BAD, targets, ["a warm evening", "cold"], ["bad", "good"])
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+")
    model = LogisticRegression(C=10, tol=1e-8, max_iter=1_000).fit(words.fit_transform(GOOD + BAD), targets)
    assert got == pytest.approx(model.predict_proba(words.transform(["a warm evening", "cold"])), abs=1e-3)
    assert got.argmax(1).tolist() == [1, 0]


def test_same_input_same_numbers():
    targets = np.array([1] * 4 + [0] * 4)
    one, other = (baseline(GOOD + BAD, targets, GOOD, ["bad", "good"]) for _ in range(2))
    assert (one == other).all()


def test_texts_without_spaces_are_cut_into_characters():
    good = ["服务很好房间干净", "房间很干净", "早餐很好吃", "干净舒服"]
    bad = ["服务很差房间很脏", "房间太脏", "早餐很难吃", "又脏又差"]
    assert written_without_spaces(good)
    got = baseline(good + bad, np.array([1] * 4 + [0] * 4), ["非常干净", "太脏了"], ["bad", "good"])
    assert got.argmax(1).tolist() == [1, 0]


@pytest.mark.parametrize(("text", "expected"), [
    ("plain words", False), ("とても良いホテルです", True), ("โรงแรมดีมาก", True), ("아주 좋은 영화", False),
    ("", False), ("!!! 123", False), ("हिंदी में एक वाक्य", False),
])
def test_where_words_have_no_spaces(text, expected):
    assert written_without_spaces([text]) is expected


def test_words_keep_their_vowel_signs():
    # As bare letters both words are the same two consonants.
    got = baseline(["मीन", "मीन", "मनु", "मनु"], np.array([0, 0, 1, 1]), ["मीन", "मनु"], ["a", "b"])
    assert got.argmax(1).tolist() == [0, 1]


def test_several_labels_one_of_them_always_there():
    texts = ["red", "blue", "red blue", "green"] * 3
    targets = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 1], [0, 0, 1]] * 3)
    got = baseline(texts, targets, ["red", "green"], ["r", "b", "always"])
    assert got.shape == (2, 3)
    assert (got[0] > .5).tolist() == [True, False, True]
    assert (got[1] > .5).tolist() == [False, False, True]
    assert got[:, 2] == pytest.approx(13 / 14)


def test_a_class_without_training_documents_gets_nothing():
    got = baseline(GOOD + BAD, np.array([2] * 4 + [0] * 4), ["warm"], ["bad", "never", "good"])
    assert got[0, 1] == 0
    assert got.sum() == pytest.approx(1)


def test_one_class_only_and_texts_without_a_word():
    assert baseline(["a", "b"], np.array([0, 0]), ["a"], ["x", "y"]) == pytest.approx(np.array([[3 / 4, 1 / 4]]))
    assert baseline(["", "?!"], np.array([0, 1]), [""], ["x", "y"]) == pytest.approx(np.array([[.5, .5]]))


def test_many_texts_of_one_word_each():
    texts = [f"word{number}" for number in range(1_000)]
    got = baseline(texts, np.arange(1_000) % 2, ["word3"], ["even", "odd"])
    assert got.argmax(1).tolist() == [1]


def test_nothing_to_learn_from_is_told():
    with pytest.raises(InferenceError, match="no training documents"):
        baseline([], np.array([]), ["a"], ["x", "y"])
    with pytest.raises(InferenceError, match="do not fit"):
        baseline(["a"], np.array([0, 1]), ["a"], ["x", "y"])
    assert baseline(GOOD, np.array([0, 1, 0, 1]), [], ["x", "y"]).shape == (0, 2)
