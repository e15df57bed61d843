"""Between the weights before and after the language model's tuning the classifier begins where it reads best."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.runs.test_head_start import states_of
from ulmengine import events as ev
from ulmengine.events import outcome
from ulmengine.models import load_bundle
from ulmengine.nets import TextClassifier
from ulmengine.record import RunFolder
from ulmengine.runs import Run, interpolation
from ulmengine.runs.head_start import STRENGTHS
from ulmengine.runs.interpolation import FOLDS, SHARES, interpolate
from ulmengine.runs.networks import new_classifier, new_language_model
from ulmengine.runs.prepare import Prepared, prepare

from .made import tiny_config, write_corpus

Weights = dict[str, torch.Tensor]


def made(tmp_path: Path, *settings: str) -> tuple[TextClassifier, Prepared]:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv", 160), *settings)
    prepared = outcome(prepare(config, tmp_path / "cache"))
    torch.manual_seed(3)
    model = new_classifier(prepared, new_language_model(prepared, "forward").encoder)
    torch.nn.init.normal_(model.encoder.embedding.weight, std=0.5)  # texts that differ by their words
    return model, prepared


def weights_of(model: TextClassifier) -> Weights:
    return {name: value.clone() for name, value in model.encoder.state_dict().items()}


def blind(weights: Weights) -> Weights:
    """An encoder to which all words are alike."""
    return weights | {"embedding.weight": torch.zeros_like(weights["embedding.weight"])}


@pytest.mark.parametrize("helps", [False, True])
def test_what_reads_better_is_taken(tmp_path: Path, helps: bool) -> None:
    model, prepared = made(tmp_path)
    knowing = weights_of(model)
    before, after = (blind(knowing), knowing) if helps else (knowing, blind(knowing))
    model.encoder.load_state_dict(after)
    notes = [event.text for event in interpolate(model, before, prepared, "forward")
             if isinstance(event, ev.Note)]
    found = weights_of(model)
    share = next(share for share in SHARES if f"takes {share:.0%}." in notes[0])
    assert share >= 0.25 if helps else share <= 0.75
    for name, value in found.items():
        torch.testing.assert_close(value, before[name] + share * (after[name] - before[name]))


def test_the_losses_are_those_of_a_cross_validation(tmp_path: Path) -> None:
    model, prepared = made(tmp_path)
    after = weights_of(model)
    before = {name: value + 0.1 * torch.randn_like(value) for name, value in after.items()}
    note = next(event.text for event in interpolate(model, before, prepared, "forward")
                if isinstance(event, ev.Note))
    targets = prepared.documents.targets("train")
    folds = np.random.default_rng(prepared.config.seed).permutation(len(targets)) % FOLDS
    losses = []
    for share in SHARES:
        model.encoder.load_state_dict({name: before[name] + share * (after[name] - before[name]) for name in after})
        regression = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTHS[2], max_iter=1000))
        chances = cross_val_predict(regression, states_of(model.eval(), prepared, "train"), targets,
                                    cv=PredefinedSplit(folds), method="predict_proba")
        losses.append(log_loss(targets, chances))
    best = int(np.argmin(losses))
    assert f"takes {SHARES[best]:.0%}." in note
    told = [float(word.rstrip(",.;")) for word in note.split() if word.startswith("0.")]
    assert told == [pytest.approx(loss, abs=8e-3) for loss in (losses[best], losses[0], losses[-1])]


def test_the_trial_is_told_as_one_piece_of_work_and_can_be_left_at_any_time(tmp_path: Path) -> None:
    model, prepared = made(tmp_path)
    before = weights_of(model)
    told = [event for event in interpolate(model, before, prepared, "forward")
            if isinstance(event, ev.Progress)]
    assert {(event.task, event.total) for event in told} == \
        {("Trying how much of the tuned language model to take", len(SHARES))}
    done = [event.done for event in told]
    assert done == sorted(done)
    assert 0 < done[0] < 0.5
    assert len(SHARES) - 0.5 < done[-1] <= len(SHARES)
    for number in (0, len(told) - 1):  # while documents are read, and while a regression is fitted
        trial = interpolate(model, before, prepared, "forward")
        for _ in range(number + 1):
            next(trial)
        trial.close()
        with pytest.raises(StopIteration):
            next(trial)


@pytest.mark.parametrize(("settings", "told"), [((), "language model"),
                                                (("model.direction=both",), "backward language model")])
def test_of_two_directions_the_note_says_which_it_is_of(tmp_path: Path, settings: tuple[str, ...], told: str) -> None:
    model, prepared = made(tmp_path, *settings)
    note = next(event.text for event in interpolate(model, weights_of(model), prepared, "backward")
                if isinstance(event, ev.Note))
    assert note.startswith(f"Of what tuning has changed in the {told} the classifier takes ")


@pytest.mark.parametrize("several", [False, True])
def test_a_label_that_hardly_a_document_bears_and_several_a_document_are_fine(tmp_path: Path, several: bool) -> None:
    def label(row: int) -> str:
        if row in {7, 8, 9}:
            return "rare"
        return ("fruit;food" if several and row % 4 == 1 else "fruit") if row % 2 else "tool"

    lines = [f"{'ripe red apples' if row % 2 else 'a heavy steel hammer'} number {row},{label(row)}"
             for row in range(160)]
    corpus = tmp_path / "labels.csv"
    corpus.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    config = tiny_config(corpus, f"corpus.label_delimiter='{';' if several else ''}'")
    prepared = outcome(prepare(config, tmp_path / "cache"))
    targets = prepared.documents.targets("train")
    rare = list(prepared.documents.labels).index("rare")
    assert 0 < (targets[:, rare] if several else targets == rare).sum() < FOLDS  # a fold is fitted without it
    torch.manual_seed(3)
    model = new_classifier(prepared, new_language_model(prepared, "forward").encoder)
    torch.nn.init.normal_(model.encoder.embedding.weight, std=0.5)
    knowing = weights_of(model)
    list(interpolate(model, blind(knowing), prepared, "forward"))
    share = weights_of(model)["embedding.weight"].norm() / knowing["embedding.weight"].norm()
    assert float(share) >= 0.25 - 1e-4


def test_long_documents_are_tried_on_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, prepared = made(tmp_path)
    lengths = prepared.stores["train"].lengths
    assert len(interpolation._rows(prepared)) == len(lengths)
    monkeypatch.setattr(interpolation, "MOST", 40)
    rows = interpolation._rows(prepared)
    assert (len(rows), len(set(rows))) == (40, 40)
    assert list(rows) == sorted(rows)
    monkeypatch.setattr(interpolation, "LEAST", 2)
    monkeypatch.setattr(interpolation, "MOST_TOKENS", 200)
    rows = interpolation._rows(prepared)
    assert 8 < len(rows) < 40
    assert lengths[rows].sum() <= 200
    monkeypatch.setattr(interpolation, "MOST_TOKENS", 1)
    assert len(interpolation._rows(prepared)) == 8


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The setting that names a language model of such texts."""
    place = tmp_path_factory.mktemp("pretrained")
    folder = RunFolder.create(place / "language", tiny_config(
        write_corpus(place / "texts.csv", 160, seed=5), "classifier.epochs=[0]", "language_model.epochs=3"))
    list(Run(folder, cache=place / "cache").events())
    return f"model.pretrained='{folder.model_path}'"


def test_a_run_that_stopped_between_the_stages_ends_as_one_that_did_not(tmp_path: Path, pretrained: str) -> None:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv", 160), pretrained, "language_model.epochs=2")
    states, taken = [], []
    for name in ("whole", "stopped", "stopped while trying"):
        folder = RunFolder.create(tmp_path / name, config)
        if name != "whole":
            events = Run(folder, cache=tmp_path / "cache").events()
            for event in events:
                if name == "stopped" and isinstance(event, ev.StageStarted) and event.task == "classifier":
                    break
                if name != "stopped" and isinstance(event, ev.Progress) and event.task.startswith("Trying") \
                        and event.done > 2:
                    break
            events.close()
        list(Run(folder, cache=tmp_path / "cache").events(resume=name != "whole"))
        taken.append([event.text for event in folder.events(ev.Note)
                      if isinstance(event, ev.Note) and "the classifier takes" in event.text])
        assert load_bundle(folder.model_path).description.card["started from"] == "tiny"
        states.append(load_bundle(folder.model_path).state)
    assert len(taken[0]) == 1
    assert taken[1] == taken[2] == taken[0]
    assert all(torch.equal(states[0][name], other[name]) for other in states[1:] for name in states[0])


@pytest.mark.parametrize("without", ["language_model.interpolate=false", "language_model.epochs=0",
                                     "model.pretrained=none", "model.head_hidden=5"])
def test_only_a_tuned_model_that_was_pretrained_is_tried(
    tmp_path: Path, pretrained: str, without: str
) -> None:
    config = tiny_config(write_corpus(tmp_path / "corpus.csv", 160), pretrained, without)
    folder = RunFolder.create(tmp_path / "run", config)
    list(Run(folder, cache=tmp_path / "cache").events())
    notes = [event.text for event in folder.events(ev.Note)]
    assert not any("the classifier takes" in text for text in notes)
