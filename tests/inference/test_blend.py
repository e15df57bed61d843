"""Network and word counts together: the weight against a plain search, the counts through a file, the answers."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from ulmengine.inference import (
    TRANSFERRED,
    Baseline,
    Blend,
    InferenceError,
    Predictor,
    counts_beside,
    fit_weight,
    sharpness_of,
)
from ulmengine.models import ModelError, as_stored, load_bundle, save_bundle

from . import made

GOOD = ["a warm bright film", "warm and good story", "a good film", "bright, very good"]
BAD = ["a cold bad film", "bad and dull story", "a dull film", "cold, very bad"]


def chances(right: list[float]) -> np.ndarray:
    """Of two classes; the first is right with these probabilities."""
    return np.column_stack([right, 1 - np.array(right)])


def test_the_weight_is_the_likeliest_by_a_plain_search() -> None:
    draw = np.random.default_rng(0)
    network, counts = chances(draw.uniform(0.2, 1, 200).tolist()), chances(draw.uniform(0.4, 0.9, 200).tolist())
    targets = np.zeros(200, dtype=np.int64)
    grid = np.linspace(0, 1, 1001)
    costs = [-np.log(w * network[:, 0] + (1 - w) * counts[:, 0]).sum() + 80 * (w - TRANSFERRED) ** 2 for w in grid]
    assert fit_weight(network, counts, targets) == pytest.approx(grid[int(np.argmin(costs))], abs=0.003)


def test_documents_that_say_nothing_leave_the_weight_in_the_middle() -> None:
    same = chances([0.6, 0.6])
    assert fit_weight(same, same, np.zeros(2, dtype=np.int64)) == pytest.approx(TRANSFERRED, abs=1e-3)
    assert fit_weight(same, same, np.zeros(2, dtype=np.int64), middle=0.3) == pytest.approx(0.3, abs=1e-3)


def test_of_several_labels_each_counts() -> None:
    network, counts = np.array([[0.9, 0.4], [0.6, 0.2]]), np.array([[0.8, 0.9], [0.9, 0.3]])
    targets = np.array([[1, 1], [1, 0]])
    grid = np.linspace(0, 1, 1001)

    def cost(weight: float) -> float:
        mean = weight * network + (1 - weight) * counts
        surprise = -np.log([mean[0, 0], mean[0, 1], mean[1, 0], 1 - mean[1, 1]]).sum()
        return float(surprise + 80 * (weight - TRANSFERRED) ** 2)

    assert fit_weight(network, counts, targets, multi_label=True) == pytest.approx(min(grid, key=cost), abs=0.003)


def test_counts_that_are_always_wrong_are_left_out() -> None:
    sure = chances([0.95] * 400)
    assert fit_weight(sure, 1 - sure, np.zeros(400, dtype=np.int64)) is None
    # a dozen documents do not decide that: 12 * 0.9 / (0.05 + 0.9 w) = 160 (w - 0.7)
    few = fit_weight(sure[:12], 1 - sure[:12], np.zeros(12, dtype=np.int64), middle=0.7)
    assert few == pytest.approx(0.79, abs=0.005)


def drawn(scores: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """A class a row, each as likely as the soft-max of its scores."""
    return np.array([draw.choice(len(row), p=np.exp(row) / np.exp(row).sum()) for row in scores])


@pytest.mark.parametrize("times", [0.5, 3.0])
def test_counts_that_dare_too_little_or_too_much_are_set_right(times: float) -> None:
    draw = np.random.default_rng(2)
    scores = draw.normal(size=(4_000, 5)) * 2
    said = np.exp(scores / times) / np.exp(scores / times).sum(1, keepdims=True)
    assert sharpness_of(said, drawn(scores, draw)) == pytest.approx(times, rel=0.05)
    odds = draw.normal(size=(4_000, 3)) * 2
    labels = (draw.uniform(size=odds.shape) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    alone = 1 / (1 + np.exp(-odds / times))
    assert sharpness_of(alone, labels, multi_label=True) == pytest.approx(times, rel=0.05)


def test_few_documents_hardly_change_how_sharp_counts_are() -> None:
    """All of three are right: without a prior no sharpness would be great enough."""
    said = chances([0.55, 0.6, 0.58])
    assert 1 < sharpness_of(said, np.zeros(3, dtype=np.int64)) < 1.2


def test_sharp_counts_answer_so_from_a_file_too(tmp_path: Path) -> None:
    counts = counts_of(3)
    plain = counts.probabilities(["a good film"])
    counts.sharpness = 2.5
    sharp = counts.probabilities(["a good film"])
    assert sharp == pytest.approx(plain**2.5 / (plain**2.5).sum(1, keepdims=True))
    arrays, about = counts.pack()
    assert Baseline.unpack(arrays, about).probabilities(["a good film"]) == pytest.approx(sharp, abs=2e-3)
    del about["sharpness"]  # as it was written before
    assert Baseline.unpack(arrays, about).probabilities(["a good film"]) == pytest.approx(plain, abs=2e-3)
    for usual in (0.37, 1, 12.18, 1_000.0):
        assert np.isfinite(Baseline.unpack(arrays, {**about, "sharpness": usual}).probabilities(["a good film"])).all()
    for odd in (0, -1.0, float("nan"), float("inf"), 10**400, 1e308, "much", None, [1]):
        with pytest.raises(InferenceError, match="cannot be used"):
            Baseline.unpack(arrays, {**about, "sharpness": odd})


def counts_of(classes: int = 2) -> Baseline:
    return Baseline(GOOD + BAD, np.array([1] * 4 + [0] * 4), classes)


@pytest.mark.parametrize("classes", [2, 3])  # of the third no document was seen
def test_packed_counts_answer_the_same_to_half_precision(classes: int) -> None:
    counts = counts_of(classes)
    arrays, about = counts.pack()
    assert arrays["weight"].dtype == np.float16
    again = Baseline.unpack(arrays, about)
    texts = ["a warm story", "unknown words", "", "dull and cold"]
    assert again.probabilities(texts) == pytest.approx(counts.probabilities(texts), abs=2e-3)
    assert Baseline.unpack(*again.pack()).probabilities(texts) == pytest.approx(again.probabilities(texts), abs=1e-9)


def test_counts_of_scripts_without_spaces_and_of_no_words_are_packed_too() -> None:
    chinese = Baseline(["很好吃", "很干净", "太脏了", "不好吃"], np.array([1, 1, 0, 0]), 2)
    again = Baseline.unpack(*chinese.pack())
    assert again.probabilities(["非常干净"]) == pytest.approx(chinese.probabilities(["非常干净"]), abs=2e-3)
    empty = Baseline(["", "?"], np.array([0, 1]), 2)
    assert Baseline.unpack(*empty.pack()).probabilities(["x"]) == pytest.approx(np.array([[0.5, 0.5]]))


def test_parts_of_words_are_counted_beside_the_words() -> None:
    texts = ["warmly told", "warmest of stories", "coldly made", "coldness itself"]
    counts, alone = counts_beside(texts, np.array([1, 1, 0, 0]), 2), Baseline(texts, np.array([1, 1, 0, 0]), 2)
    unseen = ["warmth", "cold"]  # no word of them was seen, their beginnings were
    assert alone.probabilities(unseen) == pytest.approx(np.full((2, 2), 0.5))
    assert counts.probabilities(unseen).argmax(1).tolist() == [1, 0]
    arrays, about = counts.pack()
    # " warmth " has the runs wa, arm, ... of the texts; its own are cut at the borders of the word, which are spaces
    assert {" w", "warm", "old "} <= set(about["parts"])
    assert arrays["weight"].shape == (2, len(about["terms"]) + len(about["parts"])) == (2, len(arrays["idf"]))
    assert Baseline.unpack(arrays, about).probabilities(texts + unseen) == pytest.approx(
        counts.probabilities(texts + unseen), abs=2e-3)


def test_the_probabilities_of_parts_are_those_of_one_regression_on_both() -> None:
    texts, targets = GOOD + BAD, np.array([1] * 4 + [0] * 4)
    readings = [TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+"),
                TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)]
    features = np.hstack([one.fit_transform(texts).toarray() for one in readings])
    expected = LogisticRegression(C=10.0, tol=1e-8, max_iter=5_000).fit(features, targets)
    asked = ["a warm story", "dull and cold", "unseen"]
    found = expected.predict_proba(np.hstack([one.transform(asked).toarray() for one in readings]))
    assert counts_beside(texts, targets, 2).probabilities(asked) == pytest.approx(found, abs=1e-4)


def test_so_many_classes_so_few_terms() -> None:
    random = np.random.default_rng(0)
    texts = [" ".join("".join(random.choice(list("abcdefghij"), 6)) for _ in range(20)) for _ in range(400)]
    arrays, about = counts_beside(texts, np.arange(400) % 50, 50).pack()
    assert len(about["terms"]) == len(about["parts"]) == 4_000  # 200,000 weights of each kind
    assert arrays["weight"].nbytes == 2 * 50 * 8_000


def saved(path: Path, blend: Blend | None) -> Path:
    network = made.network()
    save_bundle(
        path, kind="classifier", state={f"forward.{name}": value for name, value in network.state_dict().items()},
        tokenizer=made.tokenizer().to_json(), sizes=(6, 8, 2), model=made.MODEL, labels=("neg", "pos"), bptt=7,
        max_tokens=40, temperature=2.0, counts=None if blend is None else blend.pack(),
    )
    return path


def test_a_model_with_counts_answers_with_the_mean_of_both(tmp_path: Path) -> None:
    texts = ["a good film", "the story was bad"]
    alone = Predictor(load_bundle(saved(tmp_path / "alone.ulmfit", None)), "cpu", "float32").probabilities(texts)
    blend = Blend(counts_of(), 0.3)
    predictor = Predictor(load_bundle(saved(tmp_path / "both.ulmfit", blend)), "cpu", "float32")
    counts = counts_of().probabilities(texts)
    expected = 0.3 * alone + 0.7 * counts
    assert predictor.probabilities(texts) == pytest.approx(expected, abs=2e-3)
    said = [list(one.probabilities.values()) for one in predictor.predict(texts)]
    assert np.array(said) == pytest.approx(expected, abs=2e-3)
    told = predictor.answers(texts)
    assert list(told) == ["network", "counts", "blend"]
    assert told["network"] == pytest.approx(alone)
    assert told["counts"] == pytest.approx(counts, abs=2e-3)


def test_counts_that_do_not_fit_the_model_are_refused(tmp_path: Path) -> None:
    bundle = load_bundle(saved(tmp_path / "three.ulmfit", Blend(counts_of(3), 0.3)))
    with pytest.raises(InferenceError, match="3 labels"):
        Predictor(bundle, "cpu")
    arrays, about = counts_of().pack()
    with pytest.raises(InferenceError, match="word counts"):
        Baseline.unpack({**arrays, "weight": arrays["weight"][:, 1:]}, about)
    with pytest.raises(InferenceError, match="weight is missing"):
        Baseline.unpack({}, about)
    with pytest.raises(InferenceError, match=r"multi_label is missing\); save"):
        Baseline.unpack(arrays, {})
    count = len(about["terms"])
    for odd in ({"terms": "x" * count}, {"terms": [1] * count}, {"terms": ["a"] * count}, {"terms": 7},
                {"multi_label": "no"}, {"multi_label": None}):
        with pytest.raises(InferenceError, match="word counts cannot be used"):
            Baseline.unpack(arrays, {**about, **odd})


def test_a_file_without_the_terms_of_its_counts_is_damaged(tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.ulmfit", Blend(counts_of(), 0.3))
    cut = tmp_path / "cut.ulmfit"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(cut, "w") as target:
        for entry in source.infolist():
            if entry.filename != "counts.json":
                target.writestr(entry, source.read(entry))
    with pytest.raises(ModelError, match="word counts"):
        load_bundle(cut)


def test_rounding_is_what_the_file_holds(tmp_path: Path) -> None:
    network = made.network()
    as_stored(network)
    state = {f"forward.{name}": value for name, value in network.state_dict().items()}
    save_bundle(tmp_path / "m.ulmfit", kind="classifier", state=state, tokenizer=made.tokenizer().to_json(),
                sizes=(6, 8, 2), model=made.MODEL, labels=("neg", "pos"), dtype="float16")
    opened = load_bundle(tmp_path / "m.ulmfit").state
    assert all(torch.equal(opened[name], value) for name, value in state.items())
