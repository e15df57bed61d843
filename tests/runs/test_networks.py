"""The networks of a run: what they take from a pretrained model, and that their scores are those of their documents."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.events import StageStarted, outcome
from ulmengine.inference import probabilities
from ulmengine.models import load_bundle, save_bundle
from ulmengine.nets import LanguageModel, TextClassifier
from ulmengine.plan import plan_stages
from ulmengine.runs.finalize import _scores
from ulmengine.runs.networks import new_classifier, new_language_model
from ulmengine.runs.prepare import Prepared, prepare
from ulmengine.runs.stages import Stages
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer
from ulmengine.training import Checkpoints, TrainContext

from .made import tiny_config, write_corpus

# Some words of the corpus in another order than there, and some that it does not have.
OLD = (*SPECIALS, "saw", "elsewhere", "the", "plum", "apple", "nowhere", "new")
SIZES = Sizes(6, 8, 2)


def pretrained(path: Path, *directions: str, softmax: Literal["full", "adaptive"] = "full") -> Path:
    """A language model with weights of its own in each direction."""
    state = {}
    for seed, direction in enumerate(directions):
        torch.manual_seed(seed)
        net = LanguageModel(len(OLD), SIZES, DropoutConfig(), softmax=softmax)
        torch.nn.init.normal_(net.decoder.bias)
        state |= {f"{direction}.{name}": value for name, value in net.state_dict().items()}
    model = ModelConfig(preset="custom", embedding_size=6, hidden_size=8, layers=2)
    save_bundle(path, kind="language_model", state=state, tokenizer=WordTokenizer(Vocabulary(OLD)).to_json(),
                sizes=SIZES, model=model, softmax=softmax)
    return path


def prepared_with(tmp_path: Path, *settings: str) -> Prepared:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv"), *settings)
    return outcome(prepare(config, tmp_path / "cache"))


def assert_moved_by_name(old: dict[str, Tensor], new: dict[str, Tensor], words: tuple[str, ...], bias: bool) -> None:
    """Each known word has the row of its name, each new one the mean of all rows; the layers are as they were."""
    moved = {"encoder.embedding.weight"} | ({"decoder.bias"} if bias else set())
    for name in moved:
        assert len(new[name]) == len(words)
        for row, word in zip(new[name], words, strict=True):
            expected = old[name][OLD.index(word)] if word in OLD else old[name].double().mean(0).float()
            torch.testing.assert_close(row, expected, rtol=1e-5, atol=1e-6)
    layers = [name for name in old if name.startswith("encoder.layers.")]
    assert len(layers) == 8
    assert all(torch.equal(new[name], old[name]) for name in layers)


def test_a_run_starts_from_the_pretrained_weights_word_by_word(tmp_path: Path) -> None:
    """Of both networks, each from its own direction; seen at the moment before the first step."""
    path = pretrained(tmp_path / "old.ulmfit", "forward", "backward")
    prepared = prepared_with(tmp_path, f"model.pretrained='{path}'", "model.direction=both")
    words = prepared.tokenizer.vocabulary.tokens
    assert {"saw", "the", "plum", "hammer", "box"} <= set(words)
    assert words != OLD[: len(words)]
    plans = plan_stages(prepared.config, layers=2, pretrained=True)
    for direction in ("forward", "backward"):
        stages = Stages(prepared, tuple(p for p in plans if p.direction == direction), TrainContext(),
                        Checkpoints(tmp_path / direction))
        old = load_bundle(path).weights(direction)
        events = stages.events(None)
        assert isinstance(next(events), StageStarted)
        net = stages.language_models[direction]
        assert_moved_by_name(old, net.state_dict(), words, bias=True)
        events.close()


def test_without_a_language_model_stage_the_classifier_reads_with_the_pretrained_weights(tmp_path: Path) -> None:
    path = pretrained(tmp_path / "old.ulmfit", "forward")
    prepared = prepared_with(tmp_path, f"model.pretrained='{path}'", "language_model.epochs=0")
    plans = plan_stages(prepared.config, layers=2, pretrained=True)
    stages = Stages(prepared, plans, TrainContext(), Checkpoints(tmp_path / "run"))
    events = stages.events(None)
    next(event for event in events if isinstance(event, StageStarted))
    assert_moved_by_name(load_bundle(path).weights("forward"), stages.classifiers["forward"].state_dict(),
                         prepared.tokenizer.vocabulary.tokens, bias=False)
    events.close()


def test_a_direction_that_the_pretrained_model_does_not_read_starts_from_nothing(tmp_path: Path) -> None:
    path = pretrained(tmp_path / "old.ulmfit", "forward")
    prepared = prepared_with(tmp_path, f"model.pretrained='{path}'", "model.direction=both")
    layer = "encoder.layers.0.weight_hh"
    net = new_language_model(prepared, "backward")
    assert not torch.equal(net.state_dict()[layer], load_bundle(path).weights("forward")[layer])
    assert not net.decoder.bias.any()


def test_clusters_of_another_vocabulary_begin_anew(tmp_path: Path) -> None:
    """Below 64 words there is one cluster of rarer words, from there on there are two."""
    path = pretrained(tmp_path / "old.ulmfit", "forward", softmax="adaptive")
    prepared = prepared_with(tmp_path, f"model.pretrained='{path}'", "language_model.softmax=adaptive")
    words = prepared.tokenizer.vocabulary.tokens
    assert len(words) >= 64
    net = new_language_model(prepared, "forward")
    assert_moved_by_name(load_bundle(path).weights("forward"), net.state_dict(), words, bias=True)
    assert net.state_dict()["decoder.cluster_weight"].shape == (2, SIZES.embedding)


def fresh_classifier(prepared: Prepared, direction: str, seed: int) -> TextClassifier:
    torch.manual_seed(seed)
    net = new_classifier(prepared, new_language_model(prepared, direction).encoder)
    # As large as a trained one's, so that each document has scores of its own.
    torch.nn.init.normal_(net.encoder.embedding.weight)
    return net.eval()


def one_by_one(net: TextClassifier, prepared: Prepared, part: str, backwards: bool) -> np.ndarray:
    """Scores of each document read alone, in the order of the documents."""
    rows = []
    for text in prepared.documents.texts(part):
        tokens = prepared.tokenizer.encode(text)
        read = torch.tensor([tokens[::-1] if backwards else tokens])
        with torch.no_grad():
            rows.append(net(read, torch.tensor([read.shape[1]]))[0].double().numpy())
    return np.stack(rows)


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_scores_come_back_to_their_documents(tmp_path: Path, direction: str) -> None:
    """Measured sorted by length, several at once; expected of each document alone."""
    prepared = prepared_with(tmp_path, "classifier.batch_size=2")
    net = fresh_classifier(prepared, direction, 3)
    expected = one_by_one(net, prepared, "validation", direction == "backward")
    lengths = prepared.stores["validation"].lengths.tolist()
    assert lengths != sorted(lengths, reverse=True)
    assert min(np.abs(a - b).max() for a, b in itertools.combinations(expected, 2)) > 1e-4
    found = outcome(_scores(prepared, {direction: net}, "validation"))
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_of_two_directions_the_probabilities_are_averaged_document_by_document(tmp_path: Path) -> None:
    prepared = prepared_with(tmp_path, "classifier.batch_size=2", "model.direction=both")
    nets = {name: fresh_classifier(prepared, name, seed) for seed, name in enumerate(("forward", "backward"))}
    found = outcome(_scores(prepared, nets, "test"))
    assert found is not None
    shares = []
    for name, net in nets.items():
        powers = np.exp(one_by_one(net, prepared, "test", name == "backward"))
        shares.append(powers / powers.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(probabilities(found), (shares[0] + shares[1]) / 2, atol=1e-5)
