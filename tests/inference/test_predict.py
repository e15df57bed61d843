"""Predictions: the network's own answers, in the order of the texts, however they are bucketed."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import torch

from tests.inference.made import WORDS, Made, network, tokenizer
from ulmengine.inference import InferenceError, Predictor, predict
from ulmengine.inference.predict import batches, windows


def alone(net, text, backwards=False):
    """Logits of one document, computed one at a time without any batching."""
    ids = tokenizer().encode(text)
    tokens = torch.tensor([ids[::-1] if backwards else ids])
    with torch.no_grad():
        return net(tokens, torch.tensor([len(ids)]))[0].double().numpy()


def soft(logits):
    return np.exp(logits) / np.exp(logits).sum()


def texts(count):
    pick = random.Random(3)
    return [" ".join(pick.choices(WORDS, k=pick.choice((0, 1, 2, 5, 30, 90)))) for _ in range(count)]


def test_answers_are_those_of_each_text_alone_in_the_given_order(monkeypatch):
    monkeypatch.setattr(predict, "WINDOW_TEXTS", 16)
    monkeypatch.setattr(predict, "BATCH_TOKENS", 200)
    net, given = network(3), texts(50)
    predictor = Predictor(Made({"forward": net}, "abc"), device="cpu", precision="float32")
    found = list(predictor.predict(given))
    for text, prediction in zip(given, found, strict=True):
        expected = soft(alone(net, text))
        assert list(prediction.probabilities.values()) == pytest.approx(expected, abs=1e-5)
        assert prediction.label == "abc"[expected.argmax()]
    assert predictor.probabilities(given) == pytest.approx(
        np.array([list(one.probabilities.values()) for one in found]))


def test_both_directions_are_averaged():
    one, other = network(seed=1), network(seed=2)
    predictor = Predictor(Made({"forward": one, "backward": other}), device="cpu", precision="float32")
    text = "the film was not very good and a bad story"
    expected = (soft(alone(one, text)) + soft(alone(other, text, backwards=True))) / 2
    assert list(predictor.predict_one(text).probabilities.values()) == pytest.approx(expected, abs=1e-5)


def test_the_temperature_divides_the_logits():
    net, text = network(), "a good film"
    hot = Predictor(Made({"forward": net}, temperature=4.0), device="cpu", precision="float32")
    assert list(hot.predict_one(text).probabilities.values()) == pytest.approx(soft(alone(net, text) / 4), abs=1e-5)


def test_several_labels_are_each_decided_alone():
    net = network(3)
    predictor = Predictor(Made({"forward": net}, "abc", multi_label=True), device="cpu", precision="float32")
    for text in texts(20):
        chances = 1 / (1 + np.exp(-alone(net, text)))
        found = predictor.predict_one(text)
        assert list(found.probabilities.values()) == pytest.approx(chances, abs=1e-5)
        assert found.labels == tuple(label for label, chance in zip("abc", chances, strict=True) if chance >= .5)
        assert found.label == ", ".join(found.labels)


def test_an_endless_stream_is_answered_as_it_is_read(monkeypatch):
    monkeypatch.setattr(predict, "WINDOW_TEXTS", 8)
    predictor = Predictor(Made({"forward": network()}), device="cpu")
    read = itertools.count()
    stream = (f"good film {next(read)}" for _ in itertools.count())
    assert len(list(itertools.islice(predictor.predict(stream), 20))) == 20
    assert next(read) == 24


def test_windows_are_bounded_by_size(monkeypatch):
    monkeypatch.setattr(predict, "WINDOW_CHARACTERS", 10)
    assert list(windows(["aaaa", "bbbb", "cc", "d" * 30, "e"])) == [["aaaa", "bbbb", "cc"], ["d" * 30], ["e"]]


def test_every_document_is_in_one_batch_and_batches_are_sorted(monkeypatch):
    monkeypatch.setattr(predict, "BATCH_TOKENS", 30)
    monkeypatch.setattr(predict, "BATCH_ROWS", 4)
    lengths = [3, 50, 1, 9, 9, 2, 10, 1, 1, 1, 1]
    found = list(batches(lengths))
    assert sorted(np.concatenate(found).tolist()) == list(range(11))
    for batch in found:
        inside = [lengths[position] for position in batch]
        assert inside == sorted(inside, reverse=True)
        assert len(batch) == 1 or inside[0] * len(batch) <= 30
        assert len(batch) <= 4


def test_no_texts_and_empty_texts():
    predictor = Predictor(Made({"forward": network()}), device="cpu")
    assert list(predictor.predict([])) == []
    assert predictor.probabilities([]).shape == (0, 2)
    assert sum(predictor.predict_one("").probabilities.values()) == pytest.approx(1)


def test_set_up_is_done_once(monkeypatch: pytest.MonkeyPatch):
    done: list[str] = []
    for name in ("set_precision", "reader_of"):
        work = getattr(predict, name)
        monkeypatch.setattr(predict, name, lambda *given, name=name, work=work: done.append(name) or work(*given))
    predictor = Predictor(Made({"forward": network()}), device="cpu")
    for _ in range(3):
        predictor.predict_one("a good film")
    assert done == ["set_precision", "reader_of"]


def test_a_batch_too_large_for_the_device_is_halved(monkeypatch):
    net, given = network(), [*texts(20), "good"]
    expected = Predictor(Made({"forward": net}), device="cpu", precision="float32").probabilities(given)
    rows = []

    def small(tokens, lengths):
        if len(tokens) > limit:
            raise torch.OutOfMemoryError("CUDA out of memory")
        rows.append(len(tokens))
        return reader(tokens, lengths)

    limit = 3
    predictor = Predictor(Made({"forward": net}), device="cpu", precision="float32")
    reader = predictor._readers["forward"]
    monkeypatch.setitem(predictor._readers, "forward", small)
    assert predictor.probabilities(given) == pytest.approx(expected, abs=1e-6)
    assert max(rows) in (2, 3)
    limit = 0
    with pytest.raises(InferenceError, match="does not fit into the memory"):
        predictor.predict_one("good")


def test_a_device_that_is_not_there_is_told():
    with pytest.raises(InferenceError, match="choose auto, "):
        Predictor(Made({"forward": network()}), device="cuda:77")
    with pytest.raises(InferenceError, match="no device called"):
        Predictor(Made({"forward": network()}), device="abacus")
    with pytest.raises(InferenceError, match="float16"):
        Predictor(Made({"forward": network()}), device="cpu", precision="float16")
