"""Explanations: gradients against small changes of the real weights, occlusions against shorter texts."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from tests.corpus.helpers import with_events
from tests.inference.made import Made, network, tokenizer
from ulmengine.inference import (
    Baseline,
    Blend,
    Explanation,
    InferenceError,
    Predictor,
    WordWeight,
    explain,
    explain_by_gradient,
    explain_by_occlusion,
)

TEXT = "The film was NOT very good!"


def predictor_of(**networks):
    return Predictor(Made(networks), device="cpu", precision="float32")


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_gradient_is_what_a_small_change_of_a_word_does(direction):
    net = network(seed=5)
    ids = tokenizer().encode("the film was not very good")  # every word once, so its row is its occurrence
    weights = explain.gradient_times_input(net, ids, 1, direction == "backward")
    order = ids[::-1] if direction == "backward" else ids
    table, step = net.encoder.embedding.weight, 5e-3
    for token, weight in zip(ids, weights, strict=True):
        odds = []
        for sign in (1, -1):
            row = table.data[token].clone()
            table.data[token] *= 1 + sign * step
            with torch.no_grad():
                scores = net(torch.tensor([order]), torch.tensor([len(order)]))[0]
            table.data[token] = row
            odds.append(float(scores[1] - scores[0]))
        assert weight == pytest.approx((odds[0] - odds[1]) / (2 * step), rel=1e-2, abs=1e-3)


def test_gradient_shows_words_of_the_text():
    found = explain_by_gradient(predictor_of(forward=network(), backward=network(seed=1)), TEXT)
    assert [TEXT[word.start:word.end] for word in found.words] == ["The", "film", "was", "NOT", "very", "good", "!"]
    assert found.method == "gradient"
    assert 0 < found.probability < 1
    assert max(map(abs, found.scaled())) == pytest.approx(1)


def test_two_classes_explain_each_other_with_opposite_signs():
    predictor = predictor_of(forward=network())
    one, other = (explain_by_gradient(predictor, TEXT, label) for label in ("neg", "pos"))
    assert [word.weight for word in one.words] == pytest.approx([-word.weight for word in other.words], abs=1e-5)


def test_occlusion_is_the_fall_without_the_word():
    predictor = predictor_of(forward=network())
    text = "the film was good"
    found, events = with_events(explain_by_occlusion(predictor, text, "pos"))

    def odds(some):
        negative, positive = predictor.logits([some])[0]
        return positive - negative

    for word in found.words:
        without = " ".join((text[:word.start] + text[word.end:]).split())
        assert word.weight == pytest.approx(odds(text) - odds(without), abs=1e-5)
    assert events[-1].done == events[-1].total == 4


def test_long_texts_are_left_out_in_parts(monkeypatch):
    monkeypatch.setattr(explain, "OCCLUSIONS", 3)
    found, _ = with_events(explain_by_occlusion(predictor_of(forward=network()), "good film " * 5))
    weights = [word.weight for word in found.words]
    assert len(weights) == 10
    assert len(set(weights)) == 3


def test_several_labels():
    predictor = Predictor(Made({"forward": network(3)}, "abc", multi_label=True), device="cpu", precision="float32")
    assert explain_by_gradient(predictor, TEXT, "b").label == "b"
    assert len(with_events(explain_by_occlusion(predictor, TEXT, "b"))[0].words) == 7


LEARNT = ["a good film", "the film was very good", "a bad story", "the story was not bad but the film was bad"]


def with_counts(weight, *, parts=True, seed=0):
    blend = Blend(Baseline(LEARNT, np.array([1, 1, 0, 0]), 2, parts=parts), weight)
    trained = Made({"forward": network(seed=seed)}, temperature=2.0)
    trained.counts = blend.pack()
    return Predictor(trained, device="cpu", precision="float32")


@pytest.mark.parametrize("parts", [False, True])
@pytest.mark.parametrize("text", ["the film was good and not bad", "a very bad bad story"])
def test_what_words_add_to_the_counts_is_what_the_counts_say(parts, text):
    counts = Baseline(LEARNT, np.array([1, 1, 0, 0]), 2, parts=parts)
    spans = [(match.start(), match.end()) for match in re.finditer(r"\w+", text)]
    negative, positive = counts.contributions(text, spans).sum(0)
    nothing, whole = (counts.probabilities([one])[0] for one in ("", text))
    assert positive - negative == pytest.approx(np.log(whole[1] / whole[0]) - np.log(nothing[1] / nothing[0]), abs=1e-5)
    assert counts.contributions(text, []).shape == (0, 2)


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.8, 1.0])
def test_where_words_are_counted_too_the_words_are_those_of_the_answer(weight):
    text = "the film was good and not bad"
    predictor = with_counts(weight)
    assert predictor.blend is not None
    found = explain_by_gradient(predictor, text, "pos")
    assert found.probability == pytest.approx(predictor.predict_one(text).probabilities["pos"])
    by_network = [word.weight for word in explain_by_gradient(predictor_of(forward=network()), text, "pos").words]
    added = predictor.blend.counts.contributions(text, [(word.start, word.end) for word in found.words])
    told = predictor.answers([text])
    of_network, of_counts = (np.log(told[who][0, 1] / told[who][0, 0]) for who in ("network", "counts"))

    def odds(step, word):
        chances = [1 / (1 + np.exp(-(of + step * by))) for of, by in (
            (of_network, by_network[word] / 2.0), (of_counts, added[word, 1] - added[word, 0]))]
        both = weight * chances[0] + (1 - weight) * chances[1]
        return np.log(both / (1 - both))

    for place, word in enumerate(found.words):
        assert word.weight == pytest.approx((odds(1e-4, place) - odds(-1e-4, place)) / 2e-4, rel=1e-3, abs=1e-5)


def test_occlusion_leaves_words_out_of_the_counts_too():
    text = "the film was good, not bad"
    predictor = with_counts(0.2)
    found, _ = with_events(explain_by_occlusion(predictor, text, "pos"))

    def odds(some):
        said = predictor.predict_one(some).probabilities
        return np.log(said["pos"] / said["neg"])

    for word in found.words:
        assert word.weight == pytest.approx(odds(text) - odds(text[:word.start] + text[word.end:]), abs=1e-5)
    strongest = max(found.words, key=lambda word: word.weight)
    assert text[strongest.start:strongest.end] == "good"


def test_the_label_that_is_explained_is_the_answer():
    texts = ["a good film", "a bad story", "the film was not very good"]
    differ = 0
    for seed in range(6):
        predictor = with_counts(0.1, seed=seed)
        for text in texts:
            label = predictor.predict_one(text).label
            assert explain_by_gradient(predictor, text).label == label
            differ += predictor.labels[int(predictor.answers([text])["network"][0].argmax())] != label
    assert differ  # the network by itself would have said something else


def test_the_network_is_left_as_it_was():
    net = network()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    explain_by_gradient(predictor_of(forward=net), TEXT)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_empty_text_and_unknown_label():
    predictor = predictor_of(forward=network())
    assert explain_by_gradient(predictor, "").words == ()
    assert with_events(explain_by_occlusion(predictor, ""))[0].words == ()
    with pytest.raises(InferenceError, match="neg, pos"):
        explain_by_gradient(predictor, TEXT, "fair")


def test_scaled():
    words = (WordWeight(0, 1, -4.0), WordWeight(2, 3, 1.0))
    assert Explanation("a b", "x", .5, "gradient", words).scaled() == (-1, .25)
    assert Explanation("a b", "x", .5, "gradient", (WordWeight(0, 1, 0.0),)).scaled() == (0,)


def test_log_odds_by_hand():
    logits = np.log(np.array([[.7, .2, .1]]))
    assert explain.log_odds(logits, 0) == pytest.approx(np.log(.7 / .3))
    assert explain.log_odds(logits, 1, multi_label=True) == pytest.approx(np.log(.2))
