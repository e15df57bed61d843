"""ONNX: the written file answers as the model does, or nothing is written; what is not installed is said."""

from __future__ import annotations

import ast
import json
from itertools import product

import numpy as np
import pytest
import torch

from tests.models.made import TOKENS, save
from ulmengine.config import ModelConfig, Sizes
from ulmengine.inference import Baseline, Predictor, onnx
from ulmengine.models import ModelError, load_bundle, onnx_snippet
from ulmengine.nets import AWDLSTM, TextClassifier
from ulmengine.plan import sample_texts
from ulmengine.tokens import SPECIALS, Vocabulary, WordTokenizer, terms_from_json

# One token; within one chunk; over chunks; longer than the 40 tokens that are pooled, so that a window moves.
TEXTS = ["", "good film", "bad good film " * 4, "film bad good good unknown " * 11, "good bad film bad " * 23]
SIZES = Sizes(6, 6, 3)


def written(folder, *, pooling="concat", skip=False, directions=("forward",), multi_label=False):
    """A classifier with statistics and attention that are not those of a new one."""
    direction = "both" if len(directions) == 2 else directions[0]
    model = ModelConfig(preset="custom", embedding_size=6, hidden_size=6, layers=3, head_hidden=5, pooling=pooling,
                        skip_connections=skip, direction=direction)
    state = {}
    for number, name in enumerate(directions):
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(number)
            encoder = AWDLSTM(len(TOKENS.vocabulary), SIZES, model.dropout, skip_connections=skip)
            network = TextClassifier(encoder, 3, model, bptt=7, max_tokens=40)
            for key, value in network.state_dict().items():
                if ("norm" in key and value.is_floating_point()) or "pool" in key:
                    value.copy_(torch.rand_like(value) + .5)
                elif value.is_floating_point():
                    value.mul_(3)  # far enough from nought that a wrong gate would show
        state |= {f"{name}.{key}": value for key, value in network.state_dict().items()}
    return save(folder / "m.ulmfit", state, sizes=SIZES, model=model, labels=("a", "b", "c"), multi_label=multi_label,
                temperature=1.7, card={"title": "Three"})


@pytest.mark.parametrize(("pooling", "skip", "directions", "multi_label"), [
    *product(("concat", "attention", "last"), (False, True), (("forward",),), (False,)),
    ("concat", False, ("backward",), False), ("concat", False, ("forward", "backward"), False),
    ("attention", True, ("forward", "backward"), True), ("concat", False, ("forward",), True),
])
def test_the_file_answers_as_the_predictor_does(tmp_path, pooling, skip, directions, multi_label):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    bundle = load_bundle(written(tmp_path, pooling=pooling, skip=skip, directions=directions, multi_label=multi_label))
    check = onnx.export_onnx(bundle, tmp_path / "m.onnx", TEXTS)
    assert check.texts == 5
    assert check.difference < 1e-5

    session = runtime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    meta = session.get_modelmeta().custom_metadata_map
    assert json.loads(meta["labels"]) == ["a", "b", "c"]
    assert json.loads(meta["tokenizer"]) == TOKENS.to_json()
    wanted = Predictor(bundle, "cpu", "float32").probabilities(TEXTS)
    assert np.ptp(wanted, axis=0).max() > .01  # the texts are told apart, so that agreement says something
    for text, row in zip(TEXTS, wanted, strict=True):
        ids = np.array([TOKENS.encode(text)])
        found = session.run(["probabilities"], {"tokens": ids, "lengths": np.array([ids.shape[1]])})[0]
        assert found[0] == pytest.approx(row, abs=1e-5)


@pytest.mark.slow
def test_a_network_of_the_papers_size_on_real_texts(tmp_path):
    """400/1152/3 with the words of the built-in sample, its documents longer than a chunk."""
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    texts = sample_texts(40)
    cut = WordTokenizer(Vocabulary(SPECIALS))
    words = sorted({word for text in texts for word in cut.tokens(text)} - set(SPECIALS))
    tokens = WordTokenizer(Vocabulary((*SPECIALS, *words)))
    model = ModelConfig(preset="paper")
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        network = TextClassifier(AWDLSTM(len(tokens.vocabulary), model.sizes(), model.dropout), 6, model,
                                 bptt=10, max_tokens=30).eval()
        for name, value in network.state_dict().items():
            if ("norm" in name and value.is_floating_point()):
                value.copy_(torch.rand_like(value) + .5)
            elif value.is_floating_point():
                value.mul_(3)  # as far from nought as learning brings it
    assert tuple(model.sizes()) == (400, 1152, 3)
    bundle = load_bundle(save(tmp_path / "p.ulmfit", network.state_dict(), tokenizer=tokens.to_json(),
                              sizes=model.sizes(), model=model, labels=tuple("abcdef"), bptt=10, max_tokens=30))
    joined = [" ".join(texts[n:n + 3]) for n in range(0, 12, 3)] + texts[12:16]
    check = onnx.export_onnx(bundle, tmp_path / "p.onnx", joined)
    assert check.difference < 1e-5
    session = runtime.InferenceSession(str(tmp_path / "p.onnx"), providers=["CPUExecutionProvider"])
    wanted = Predictor(bundle, "cpu", "float32").probabilities(joined)
    assert np.ptp(wanted, axis=0).max() > .01
    for text, row in zip(joined, wanted, strict=True):
        ids = np.array([tokens.encode(text)])
        found = session.run(["probabilities"], {"tokens": ids, "lengths": np.array([ids.shape[1]])})[0]
        assert found[0] == pytest.approx(row, abs=1e-5)


COUNTED = {
    "parts": (["good film", "bad film", "so good"] * 4, True),
    "words": (["good film", "bad film", "so good"] * 4, False),
    "characters": (["好看的电影", "难看的电影", "不好不坏"] * 4, True),
    "none": (["?", "!", "..."] * 4, True),  # no words at all: each class has its share
}


@pytest.mark.parametrize(("counted", "directions", "multi_label"), [
    ("parts", ("forward",), False), ("words", ("forward",), False), ("characters", ("forward",), False),
    ("none", ("forward",), False), ("parts", ("forward", "backward"), False), ("parts", ("forward", "backward"), True),
])
def test_word_counts_answer_together_with_the_network_in_the_file_too(
    tmp_path, capsys, counted, directions, multi_label
):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    plain = load_bundle(written(tmp_path, directions=directions, multi_label=multi_label))
    seen, parts = COUNTED[counted]
    targets = np.eye(3)[np.arange(12) % 3] if multi_label else np.arange(12) % 3
    counts = Baseline(seen, targets, 3, parts=parts)
    counts.sharpness = 1.7
    about = plain.description
    save(tmp_path / "b.ulmfit", dict(plain.state), sizes=SIZES, model=about.model,
         labels=plain.labels, temperature=about.temperature, counts=(.4, *counts.pack()), card={"title": "Blended"},
         multi_label=multi_label)
    bundle = load_bundle(tmp_path / "b.ulmfit")
    texts = [*TEXTS, "Good GOOD good film, so so", "好看 的\n\n电影"]
    check = onnx.export_onnx(bundle, tmp_path / "b.onnx", texts)
    assert check.texts == len(texts)
    assert check.difference < 1e-5

    session = runtime.InferenceSession(str(tmp_path / "b.onnx"), providers=["CPUExecutionProvider"])
    meta = session.get_modelmeta().custom_metadata_map
    inputs = {"parts": {"terms", "parts"}, "words": {"terms"}, "characters": {"terms"}, "none": set()}[counted]
    assert {one.name for one in session.get_inputs()} == {"tokens", "lengths"} | inputs
    assert {"terms", "parts"} & set(meta) == inputs
    assert all(json.loads(meta[name])["how"] for name in inputs)
    assert "40% of the network and 60% of word counts" in meta["answers"]
    assert meta["card"].startswith("# Blended")
    assert meta["answers"] in meta["card"]
    answers = Predictor(bundle, "cpu", "float32").answers(texts)
    assert np.abs(answers["blend"] - answers["network"]).max() > .01
    cut = {name: terms_from_json(json.loads(meta[name])) for name in inputs}
    for row, text in enumerate(texts):
        ids = np.array([TOKENS.encode(text)])
        given = {"tokens": ids, "lengths": np.array([ids.shape[1]])}
        given |= {name: np.array([one(text)], dtype=object) for name, one in cut.items()}
        both, network = session.run(["probabilities", "network"], given)
        assert both[0] == pytest.approx(answers["blend"][row], abs=1e-5)
        assert network[0] == pytest.approx(answers["network"][row], abs=1e-5)

    exec(compile(onnx_snippet(tmp_path / "b.onnx", counted=True), "snippet", "exec"), {})
    printed = ast.literal_eval(capsys.readouterr().out)
    assert printed == pytest.approx(Predictor(bundle, "cpu", "float32").predict_one("the first text").probabilities,
                                    abs=1e-5)


def test_counts_that_are_not_the_models_are_found_out(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    plain = load_bundle(written(tmp_path))
    arrays, terms = Baseline(["good film", "bad film", "so good"] * 4, np.arange(12) % 3, 3).pack()
    about = plain.description
    save(tmp_path / "b.ulmfit", dict(plain.state), sizes=SIZES, model=about.model, labels=plain.labels,
         counts=(.4, arrays, terms))
    monkeypatch.setattr(onnx, "terms_from_json", lambda _: str.split)  # no pairs of words
    with pytest.raises(onnx.OnnxDiffersError, match=r"not written.*differ"):
        onnx.export_onnx(load_bundle(tmp_path / "b.ulmfit"), tmp_path / "b.onnx", TEXTS)
    assert not (tmp_path / "b.onnx").exists()


def test_texts_with_half_a_character_are_passed_over(tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    plain = load_bundle(written(tmp_path))
    arrays, terms = Baseline(["good film", "bad film", "so good"] * 4, np.arange(12) % 3, 3).pack()
    save(tmp_path / "b.ulmfit", dict(plain.state), sizes=SIZES, model=plain.description.model, labels=plain.labels,
         counts=(.4, arrays, terms))
    bundle = load_bundle(tmp_path / "b.ulmfit")
    assert onnx.export_onnx(bundle, tmp_path / "b.onnx", [*TEXTS, "half \ud83d of one"]).texts == len(TEXTS)
    with pytest.raises(ModelError, match="no texts"):
        onnx.export_onnx(bundle, tmp_path / "c.onnx", ["half \ud83d of one"])


def test_a_file_that_differs_is_not_written(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    bundle = load_bundle(written(tmp_path))
    monkeypatch.setattr(onnx, "_GATES", (0, 1, 2, 3))  # the gates in the wrong order
    with pytest.raises(onnx.OnnxDiffersError, match=r"not written.*differ"):
        onnx.export_onnx(bundle, tmp_path / "m.onnx", TEXTS)
    assert [path.name for path in tmp_path.iterdir()] == ["m.ulmfit"]


def test_what_is_not_installed_is_said(tmp_path, monkeypatch):
    bundle = load_bundle(written(tmp_path))
    monkeypatch.setattr(onnx, "find_spec", {}.get)
    with pytest.raises(onnx.OnnxMissingError, match=r"onnx and onnxruntime.*pip install ulmfit-studio\[onnx\]"):
        onnx.export_onnx(bundle, tmp_path / "m.onnx", TEXTS)


def test_nothing_is_written_over_and_a_language_model_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx, "need_onnx", lambda: None)
    (tmp_path / "m.onnx").write_text("mine", encoding="utf-8")
    with pytest.raises(ModelError, match="is there already"):
        onnx.export_onnx(load_bundle(written(tmp_path)), tmp_path / "m.onnx", TEXTS)
    assert (tmp_path / "m.onnx").read_text(encoding="utf-8") == "mine"
