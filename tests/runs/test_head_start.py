"""A linear head begins as logistic regression on the pooled states, as the library itself would answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ulmengine import events as ev
from ulmengine.config import ModelConfig
from ulmengine.events import outcome
from ulmengine.nets import TextClassifier
from ulmengine.nets.head import Head
from ulmengine.record import RunFolder
from ulmengine.runs import Run, batches, find_learning_rate, head_start
from ulmengine.runs.batches import document_batches
from ulmengine.runs.head_start import STRENGTHS, begin_head
from ulmengine.runs.networks import new_classifier, new_language_model
from ulmengine.runs.prepare import Prepared, prepare

from .made import tiny_config, write_corpus


def states_of(model: TextClassifier, prepared: Prepared, part: str) -> np.ndarray:
    """Last state, maximum and mean of every document by itself, without batches."""
    rows = []
    with torch.no_grad():
        for number in range(prepared.documents.count(part)):
            ids = torch.tensor(np.asarray(prepared.stores[part][number], dtype=np.int64))[None]
            hidden = model.encoder(ids).hidden
            rows.append(torch.cat([hidden[-1], hidden.amax(0), hidden.mean(0)]).numpy())
    return np.stack(rows).astype(np.float64)


@pytest.mark.parametrize(("settings", "features"), [
    ([], 96), (["classifier.class_weights=balanced"], 96), (["model.pooling=last"], 32),
], ids=str)
def test_the_head_answers_as_the_best_regression(tmp_path: Path, settings: list[str], features: int) -> None:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv", 160), "corpus.split.validation=0.3", *settings)
    prepared = outcome(prepare(config, tmp_path / "cache"))
    torch.manual_seed(3)
    model = new_classifier(prepared, new_language_model(prepared, "forward").encoder)
    # Texts that differ by their words, and by more than the least that a batch norm divides by.
    torch.nn.init.normal_(model.encoder.embedding.weight, std=2.0)
    outcome(begin_head(model, prepared, "forward"))

    train, held = (states_of(model.eval(), prepared, part)[:, :features] for part in ("train", "validation"))
    targets, answers = prepared.documents.targets("train"), prepared.documents.targets("validation")
    found = []
    for strength in STRENGTHS:
        weight = "balanced" if config.classifier.class_weights == "balanced" else None
        regression = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000, class_weight=weight))
        chances = regression.fit(train, targets).predict_proba(held)
        found.append((-np.log(chances[np.arange(len(answers)), answers]).mean(), chances))
    expected = min(found, key=lambda pair: pair[0])[1]

    batches = document_batches(prepared, "forward", "validation")
    assert batches is not None
    ours = np.zeros_like(expected)
    with torch.no_grad():
        for batch in batches.epoch(0):
            ours[batch.indices] = model(batch.tokens, batch.lengths).softmax(1).numpy()
    assert ours == pytest.approx(expected, abs=0.02)
    assert (ours.argmax(1) == answers).mean() > 0.7  # of 48, and half of them by chance


def test_of_many_labels_a_document_each_fit_is_told_and_answers_as_the_library(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    states = rng.normal(size=(60, 4)).astype(np.float32)
    targets = (states @ rng.normal(size=(4, 7)) + rng.normal(size=(60, 7)) > 0).astype(np.float32)
    work, told = head_start.regression(states, targets, 7, 0.1, balanced=False), []
    weight, bias = ev.outcome(work, told.append)
    assert [(event.done, event.total) for event in told if isinstance(event, ev.Progress)] == \
        [(n, 7) for n in range(1, 8)]
    for label in range(7):
        alone = LogisticRegression(C=0.1, max_iter=1000).fit(states, targets[:, label])
        assert [*weight[label], bias[label]] == pytest.approx([*alone.coef_[0], alone.intercept_[0]], abs=0.01)


def test_a_head_of_two_layers_begins_at_random(tmp_path: Path) -> None:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv"), "model.head_hidden=5")
    prepared = outcome(prepare(config, tmp_path / "cache"))
    model = new_classifier(prepared, new_language_model(prepared, "forward").encoder)
    assert not model.head.is_linear
    assert [block.linear.weight.shape for block in model.head.blocks] == [(5, 96), (2, 5)]


def test_the_head_scores_what_hardly_differs_as_it_was_told() -> None:
    head = Head(1, 2, ModelConfig(head_hidden=0))
    mean, variance = torch.tensor([0.5, -0.2, 0.0]), torch.tensor([2e-5, 4e-5, 1.0])
    weight, bias = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]), torch.tensor([0.1, -0.4])
    head.begin_as(mean, variance, weight, bias)
    values = torch.tensor([[0.51, -0.19, 2.0], [0.49, -0.21, -1.0]])
    by_hand = ((values - mean) / variance.sqrt()) @ weight.T + bias
    assert head.eval().blocks[0](values).tolist() == [pytest.approx(row, rel=1e-4) for row in by_hand.tolist()]


def test_of_a_large_corpus_only_the_chosen_documents_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv", 120), "corpus.split.validation=0.2")
    prepared = outcome(prepare(config, tmp_path / "cache"))
    model = new_classifier(prepared, new_language_model(prepared, "forward").encoder).eval()
    every, targets = states_of(model, prepared, "train"), prepared.documents.targets("train")
    monkeypatch.setattr(head_start, "MOST", 13)
    chosen = head_start._drawn(prepared, "train")
    read: list[int] = []
    pooled = model.pooled

    def counting(tokens: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        read.append(len(tokens))
        return pooled(tokens, lengths)

    monkeypatch.setattr(model, "pooled", counting)
    states, answers = outcome(head_start.pooled_states(model, prepared, "forward", "train", chosen))
    assert read == [13]  # together, and not each with what stands beside it in the corpus
    assert (states.shape, answers.shape) == ((13, every.shape[1]), (13,))
    found = [int(np.abs(every - state).max(1).argmin()) for state in states]
    assert found == sorted(set(found))
    assert states == pytest.approx(every[found], abs=1e-5)
    assert answers.tolist() == targets[found].tolist()


@pytest.mark.parametrize("steps", [30, 31])
def test_the_range_test_tries_the_head_that_the_run_begins_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv"), "language_model.epochs=3")
    prepared = outcome(prepare(config, tmp_path / "cache"))
    tokens = sum(store.tokens for store in prepared.language_model_stores())
    assert 3 * tokens // (4 * 16) == 30  # steps of the language model, which an encoder from scratch has learnt by
    monkeypatch.setattr(batches, "STEPS", steps)
    events = list(find_learning_rate(config, "classifier", tmp_path / "cache", steps=5))
    fitted = any(isinstance(event, ev.Progress) and event.task == "Fitting the head" for event in events)
    assert fitted is (steps == 30)
    folder = RunFolder.create(tmp_path / "run", config)
    told = [event.task for event in Run(folder, cache=tmp_path / "cache").events() if isinstance(event, ev.Progress)]
    assert ("Fitting the head" in told) is (steps == 30)
