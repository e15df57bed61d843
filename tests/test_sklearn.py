"""The classifier as scikit-learn uses it: fitted, cloned, crossed, in a pipeline, saved without pickle."""

from __future__ import annotations

import csv
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.models.made import save
from tests.runs.made import write_corpus
from ulmengine.inference import Baseline
from ulmengine.models import Columns, load_bundle
from ulmengine.sklearn import UlmfitClassifier

SETTINGS = ("tokens.min_frequency=1", "language_model.epochs=0", "classifier.epochs=[3, 3, 3]", "classifier.lr=0.02",
            "classifier.batch_size=8", "compute.threads=1")


def unfitted(**changes):
    usual = {"preset": "tiny", "pretrained": "none", "settings": SETTINGS, "device": "cpu"}
    return UlmfitClassifier(**{**usual, **changes})


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[str]]:
    path = write_corpus(tmp_path_factory.mktemp("corpus") / "c.csv", 100)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["label"] for row in rows]


@pytest.fixture(scope="module")
def fitted(labelled: tuple[list[str], list[str]]) -> UlmfitClassifier:
    return unfitted().fit(*labelled)


def test_it_learns_what_tells_the_labels_apart(fitted, labelled):
    texts, labels = labelled
    assert fitted.classes_.tolist() == ["fruit", "tool"]
    assert fitted.score(texts, labels) > .9
    shares = fitted.predict_proba(np.array(texts[:7], dtype=object))
    assert shares.shape == (7, 2)
    assert shares.sum(1) == pytest.approx(np.ones(7))
    assert fitted.predict(texts[:7]).tolist() == [("fruit", "tool")[row[1] > row[0]] for row in shares.tolist()]


def test_numbers_stay_numbers_and_a_saved_one_answers_the_same(labelled, tmp_path):
    texts, names = labelled
    model = unfitted(keep=tmp_path / "run").fit(texts, [{"fruit": 10, "tool": 9}[name] for name in names])
    assert model.classes_.tolist() == [9, 10]  # by number, not as "10" and "9"
    model.save(tmp_path / "m.ulmfit")
    with zipfile.ZipFile(tmp_path / "m.ulmfit") as file:
        assert not any(entry.endswith((".pkl", ".pickle")) for entry in file.namelist())
    again = UlmfitClassifier.load(tmp_path / "m.ulmfit")
    assert again.classes_.tolist() == [9, 10]
    assert again.predict_proba(texts) == pytest.approx(model.predict_proba(texts), abs=1e-6)
    assert again.predict(texts).tolist() == model.predict(texts).tolist()
    assert model.score(texts, [{"fruit": 10, "tool": 9}[name] for name in names]) > .9
    assert (tmp_path / "run" / "events.jsonl").is_file()


def test_labels_with_spaces_at_their_ends_and_one_of_spaces_alone_are_saved_as_they_are(labelled, tmp_path):
    texts, names = labelled
    called = {"fruit": " fruit\t", "tool": "tool  s "}
    given = [called[name] for name in names]
    given[:20] = ["  "] * 20
    model = unfitted(settings=(*SETTINGS, "classifier.epochs=[1]")).fit(texts, given)
    assert model.classes_.tolist() == ["  ", " fruit\t", "tool  s "]
    model.save(tmp_path / "m.ulmfit")
    assert set(load_bundle(tmp_path / "m.ulmfit").labels) == {"class 0", " fruit\t", "tool  s "}
    again = UlmfitClassifier.load(tmp_path / "m.ulmfit")
    assert again.classes_.tolist() == model.classes_.tolist()
    assert again.predict_proba(texts[:9]) == pytest.approx(model.predict_proba(texts[:9]), abs=1e-6)
    assert set(model.predict(texts)) <= {"  ", " fruit\t", "tool  s "}


def test_a_copy_for_another_process_answers_the_same(fitted, labelled):
    copy = pickle.loads(pickle.dumps(fitted))
    assert copy.predict_proba(labelled[0][:9]).tolist() == fitted.predict_proba(labelled[0][:9]).tolist()


def test_no_unlabelled_texts_are_as_none(fitted, labelled):
    again = unfitted(unlabelled=[]).fit(*labelled)
    assert again.predict_proba(labelled[0]) == pytest.approx(fitted.predict_proba(labelled[0]), abs=1e-6)


def test_in_a_pipeline_under_cross_validation(labelled):
    texts, labels = labelled
    shout = FunctionTransformer(lambda values: [text.lower() for text in values])
    scores = cross_val_score(Pipeline([("lower", shout), ("ulmfit", unfitted())]), texts, labels, cv=2)
    assert len(scores) == 2
    assert scores.max() > .7  # chance is 0.5; of fifty texts it learns not in every fold
    assert clone(unfitted(validation=.2)).get_params()["validation"] == .2


def test_all_texts_may_be_learnt_from(labelled):
    made = unfitted(validation=0.0, settings=(*SETTINGS, "classifier.epochs=[1]")).fit(*labelled)
    assert made.predict(labelled[0][:2]).tolist()


def test_several_labels_a_text(labelled):
    texts, names = labelled
    targets = np.array([[name == "fruit", name == "tool", len(text) > 40]
                        for text, name in zip(texts, names, strict=True)], dtype=int)
    model = unfitted().fit(texts, targets)
    found = model.predict(texts)
    assert found.shape == targets.shape
    assert (found[:, :2] == targets[:, :2]).mean() > .8
    assert ((model.predict_proba(texts) >= .5) == found).all()


def test_the_callers_random_numbers_go_on_as_if_nothing_had_been(labelled):
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    unfitted(settings=(*SETTINGS, "classifier.epochs=[1]")).fit(*labelled)
    assert torch.equal(torch.rand(2), wanted)


def test_mistakes_are_told():
    with pytest.raises(NotFittedError, match="call fit"):
        unfitted().predict(["a"])
    with pytest.raises(ValueError, match="only one label"):
        unfitted().fit(["a", "b"], ["x", "x"])
    with pytest.raises(ValueError, match="3 texts do not go with 2"):
        unfitted().fit(["a", "b", "c"], ["x", "y"])
    with pytest.raises(ValueError, match="place 1"):
        unfitted().fit(["a", None], ["x", "y"])
    with pytest.raises(ValueError, match="classifier"):
        unfitted(settings=("classifier.nonsense=1",)).fit(["a", "b"], ["x", "y"])
    with pytest.raises(ValueError, match="none"):
        UlmfitClassifier.load(Path("none.ulmfit"))


def test_word_counts_beside_the_network_go_into_the_file(tmp_path):
    texts = ["good film", "bad film", "good good", "bad bad film"] * 5
    counts = Baseline(texts, np.array([1, 0, 1, 0] * 5), 2).pack()
    columns = Columns(text=("Subject", "Body"), label=("Kind",))
    first = UlmfitClassifier.load(save(tmp_path / "m.ulmfit", counts=(.4, *counts), columns=columns))
    first.save(tmp_path / "n.ulmfit")
    second = UlmfitClassifier.load(tmp_path / "n.ulmfit")
    assert second.bundle_.description.blend == .4
    assert second.bundle_.columns == columns
    assert second.bundle_.description.parameters == first.bundle_.description.parameters
    assert second.predict_proba(texts).tolist() == first.predict_proba(texts).tolist()
    assert second.predict(texts[:4]).tolist() == ["pos", "neg", "pos", "neg"]


@pytest.mark.parametrize("y", [[["a"], ["a", "b"]], [["a", "b"], ["b", "c"]]])
def test_lists_of_labels_are_told_what_to_become(y: list[list[str]]) -> None:
    with pytest.raises(ValueError, match=r"matrix \(n, labels\) of 0 and 1.*MultiLabelBinarizer"):
        UlmfitClassifier().fit(["one text", "another text"], y)
