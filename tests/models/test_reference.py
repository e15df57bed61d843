"""Weights of fastai: read without running anything, moved to this program's vocabulary."""

from __future__ import annotations

import os
import pickle
import sys
import types

import numpy as np
import pytest
import torch

from ulmengine.inference import Predictor
from ulmengine.models import ModelError, classes_of, import_reference, load_bundle
from ulmengine.models.unpickle import read_vocabulary, read_weights

# As fastai 1 has them: other specials in another order, a filler at the end.
WORDS = ["xxunk", "xxpad", "xxbos", "xxfld", "xxmaj", "xxup", "xxrep", "xxwrep", "the", "film", "was", "xxfake"]
EMBEDDING, HIDDEN = 4, 6


def weights(rows=12):
    """A two-layer language model under fastai's names."""
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.rand(shape, generator=generator) - .5

    state = {"0.encoder.weight": draw(rows, EMBEDDING), "1.decoder.bias": draw(rows)}
    state["0.encoder_dp.emb.weight"] = state["1.decoder.weight"] = state["0.encoder.weight"]
    for number, (inputs, hidden) in enumerate([(EMBEDDING, HIDDEN), (HIDDEN, EMBEDDING)]):
        state[f"0.rnns.{number}.weight_hh_l0_raw"] = draw(4 * hidden, hidden)
        state[f"0.rnns.{number}.module.weight_ih_l0"] = draw(4 * hidden, inputs)
        state[f"0.rnns.{number}.module.weight_hh_l0"] = draw(4 * hidden, hidden)
        state[f"0.rnns.{number}.module.bias_ih_l0"] = draw(4 * hidden)
        state[f"0.rnns.{number}.module.bias_hh_l0"] = draw(4 * hidden)
    return state


def written(folder, state=None, words=WORDS):
    torch.save(weights() if state is None else state, folder / "w.pth")
    (folder / "v.pkl").write_bytes(pickle.dumps(words))
    return folder / "w.pth", folder / "v.pkl", folder / "m.ulmfit"


def lstm_by_hand(x, ih, hh, bias):
    """One layer, gate by gate in NumPy (gates i, f, g, o)."""
    hidden = hh.shape[1]
    h = c = np.zeros(hidden)
    out = []
    for vector in x:
        gates = ih @ vector + hh @ h + bias
        i, f, o = (1 / (1 + np.exp(-gates[place * hidden:(place + 1) * hidden])) for place in (0, 1, 3))
        c = f * c + i * np.tanh(gates[2 * hidden:3 * hidden])
        h = o * np.tanh(c)
        out.append(h)
    return np.array(out)


def test_the_imported_model_scores_as_the_weights_say(tmp_path):
    paths = written(tmp_path)
    import_reference(*paths, title="Old")
    bundle = load_bundle(paths[2])
    model = bundle.language_models()["forward"]
    assert bundle.description.title == "Old"
    assert bundle.description.sizes == (EMBEDDING, HIDDEN, 2)
    ids = bundle.tokenizer.encode("the film was")
    tokens = [bundle.tokenizer.vocabulary.tokens[index] for index in ids]
    assert tokens == ["xxbos", "the", "film", "was"]
    got = model.logits(torch.tensor([ids]))[0][0].detach().numpy()

    raw = {name: value.double().numpy() for name, value in weights().items()}
    x = raw["0.encoder.weight"][[WORDS.index(token) for token in tokens]]
    for number in range(2):
        name = f"0.rnns.{number}."
        x = lstm_by_hand(x, raw[f"{name}module.weight_ih_l0"], raw[f"{name}weight_hh_l0_raw"],
                         raw[f"{name}module.bias_ih_l0"] + raw[f"{name}module.bias_hh_l0"])
    scores = x @ raw["0.encoder.weight"].T + raw["1.decoder.bias"]
    for word in ("the", "film", "was", "xxmaj", "xxunk"):
        place = bundle.tokenizer.vocabulary.index(word)
        assert got[:, place] == pytest.approx(scores[:, WORDS.index(word)], abs=1e-5)
    # xxeos is not in the old vocabulary: the mean row, the mean bias.
    mean = x @ raw["0.encoder.weight"].mean(0) + raw["1.decoder.bias"].mean()
    assert got[:, 3] == pytest.approx(mean, abs=1e-5)
    assert "xxfake" not in bundle.tokenizer.vocabulary


def test_white_space_of_several_signs_keeps_its_row(tmp_path):
    words = [*WORDS[:-2], "\n▁\n", "▁"]  # in fastai's tokens a sign stands for the space; alone it is a word
    import_reference(*written(tmp_path, words=words))
    bundle = load_bundle(tmp_path / "m.ulmfit")
    tokenizer, embedding = bundle.tokenizer, bundle.state["forward.encoder.embedding.weight"]
    assert tokenizer.tokens("the\n \nfilm") == ["xxbos", "the", "\n \n", "film"]
    assert torch.equal(embedding[tokenizer.vocabulary.index("\n \n")], weights()["0.encoder.weight"][10])
    assert torch.equal(embedding[tokenizer.vocabulary.index("▁")], weights()["0.encoder.weight"][11])


def test_an_imported_classifier_answers_in_full_precision_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr("ulmengine.nets.precision._has_bfloat16", lambda _: True)
    import_reference(*written(tmp_path, classifier_weights(), [WORDS, ["a", "b", "c"]]))
    bundle = load_bundle(tmp_path / "m.ulmfit")
    assert bundle.description.imported
    assert Predictor(bundle, "cpu").precision is torch.float32
    assert Predictor(bundle, "cpu", "bfloat16").precision is torch.bfloat16


def classifier_weights(classes=3, seed=1):
    """A text classifier under fastai's names, its statistics those of one that has learnt."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.rand(shape, generator=generator) + .5

    state = {name.replace("0.", "0.module.", 1): value for name, value in weights().items() if not name.startswith("1")}
    for block, (inputs, outputs) in enumerate([(3 * EMBEDDING, 5), (5, classes)]):
        for name in ("weight", "bias", "running_mean", "running_var"):
            state[f"1.layers.{block}.0.{name}"] = draw(inputs)
        state[f"1.layers.{block}.0.num_batches_tracked"] = torch.tensor(7)
        state[f"1.layers.{block}.2.weight"] = draw(outputs, inputs) - 1
    return state


def scored_by_hand(state, ids):
    """The classifier's scores of one document, in NumPy."""
    raw = {name: value.double().numpy() for name, value in state.items()}
    x = raw["0.module.encoder.weight"][ids]
    for number in range(2):
        name = f"0.module.rnns.{number}."
        x = lstm_by_hand(x, raw[f"{name}module.weight_ih_l0"], raw[f"{name}weight_hh_l0_raw"],
                         raw[f"{name}module.bias_ih_l0"] + raw[f"{name}module.bias_hh_l0"])
    values = np.concatenate([x[-1], x.max(0), x.mean(0)])
    for block in range(2):
        name = f"1.layers.{block}."
        normed = (values - raw[f"{name}0.running_mean"]) / np.sqrt(raw[f"{name}0.running_var"] + 1e-5)
        values = raw[f"{name}2.weight"] @ (normed * raw[f"{name}0.weight"] + raw[f"{name}0.bias"])
        values = np.maximum(values, 0) if block == 0 else values
    return values


@pytest.mark.parametrize("in_file", [True, False])
def test_a_text_classifier_answers_as_its_weights_say(tmp_path, in_file):
    labels = ["desc", "loc", "num"]
    state = classifier_weights()
    paths = written(tmp_path, {"model": state, "opt": {}}, [WORDS, labels] if in_file else WORDS)
    import_reference(*paths, labels=() if in_file else labels)
    bundle = load_bundle(paths[2])
    assert bundle.labels == ("desc", "loc", "num")
    assert (bundle.description.bptt, bundle.description.max_tokens) == (72, 1440)
    predictor = Predictor(bundle, "cpu", "float32")
    text = "the film was the film"
    scores = scored_by_hand(state, [WORDS.index(token) for token in bundle.tokenizer.tokens(text)])
    assert predictor.logits([text])[0] == pytest.approx(scores, abs=1e-5)


def test_both_directions_become_one_classifier(tmp_path):
    paths = written(tmp_path, classifier_weights(), [WORDS, ["a", "b", "c"]])
    torch.save(classifier_weights(seed=2), tmp_path / "b.pth")
    import_reference(*paths, backward=tmp_path / "b.pth")
    bundle = load_bundle(paths[2])
    assert bundle.description.directions == ("forward", "backward")
    text = "the film was"
    ids = [WORDS.index(token) for token in bundle.tokenizer.tokens(text)]
    shares = [np.exp(scores) / np.exp(scores).sum() for scores in
              (scored_by_hand(classifier_weights(), ids), scored_by_hand(classifier_weights(seed=2), ids[::-1]))]
    assert Predictor(bundle, "cpu", "float32").probabilities([text])[0] == pytest.approx(np.mean(shares, 0), abs=1e-5)


def test_labels_that_do_not_fit_the_classifier_are_told(tmp_path):
    paths = written(tmp_path, classifier_weights())
    assert classes_of(paths[0]) == 3
    for labels in ((), ("a", "b"), ("a", "b", "b")):
        with pytest.raises(ModelError, match=r"3 labels apart.*dls\.vocab"):
            import_reference(*paths, labels=labels)
    torch.save(weights(), tmp_path / "b.pth")
    assert classes_of(tmp_path / "b.pth") == 0
    with pytest.raises(ModelError, match="belong together"):
        import_reference(*paths, labels=("a", "b", "c"), backward=tmp_path / "b.pth")
    assert not paths[2].exists()


def test_an_encoder_alone_gets_a_bias_of_zeros(tmp_path):
    state = {name[2:]: value for name, value in weights().items() if name.startswith("0.")}
    paths = written(tmp_path, state)
    import_reference(*paths, direction="backward")
    assert not load_bundle(paths[2]).weights("backward")["decoder.bias"].any()


def test_a_saved_learner_and_the_old_file_format(tmp_path):
    torch.save({"model": weights(), "opt": {"lr": .1}}, tmp_path / "w.pth", _use_new_zipfile_serialization=False)
    assert set(read_weights(tmp_path / "w.pth")) == set(weights())


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_nothing_is_run(tmp_path):
    trap = tmp_path / "sprung"
    (tmp_path / "v.pkl").write_bytes(pickle.dumps(["the", Evil(trap)]))
    with pytest.raises(ModelError, match="no plain vocabulary"):
        read_vocabulary(tmp_path / "v.pkl")
    torch.save({"0.encoder.weight": Evil(trap)}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match="may want to run a program"):
        read_weights(tmp_path / "w.pth")
    torch.save({"0.encoder.weight": Evil(trap)}, tmp_path / "w.pth", _use_new_zipfile_serialization=False)
    with pytest.raises(ModelError, match="more than weights"):
        read_weights(tmp_path / "w.pth")
    assert not trap.exists()


def _as_in_fastai(module, name):
    """A class of that name and place, as far as a pickle knows."""
    return type(name, (), {"__module__": module, "__qualname__": name})


@pytest.fixture
def collections(monkeypatch):
    made = {}
    for module, name in (("fastcore.foundation", "L"), ("fastai.data.transforms", "CategoryMap")):
        made[name] = _as_in_fastai(module, name)
        for depth in range(module.count(".") + 1):
            above = ".".join(module.split(".")[: depth + 1])
            monkeypatch.setitem(sys.modules, above, types.ModuleType(above))
        setattr(sys.modules[module], name, made[name])

    def make(name, items):
        one = made[name]()
        one.items, one.o2i = items, {}
        return one

    return make


def test_a_vocabulary_as_fastai_holds_it(tmp_path, collections):
    labels = collections("CategoryMap", collections("L", ["neg", "pos"]))
    for values, expected in ((collections("L", [["a", "b"], labels]), (["a", "b"], ["neg", "pos"])),
                             ([["a", "b"], labels], (["a", "b"], ["neg", "pos"])),
                             (collections("L", ["a", "b"]), (["a", "b"], []))):
        (tmp_path / "v.pkl").write_bytes(pickle.dumps(values))
        assert read_vocabulary(tmp_path / "v.pkl") == expected


def test_weights_saved_with_their_optimizer(tmp_path, collections):
    """As ``learn.save("name")`` writes them: the optimizer's state has collections of fastai in it."""
    state = collections("L", [{"mom": np.float64(.9)}])
    torch.save({"model": weights(), "opt": {"state": state, "hypers": state}}, tmp_path / "w.pth")
    found = read_weights(tmp_path / "w.pth")
    assert set(found) == set(weights())
    assert all(torch.equal(found[name], value) for name, value in weights().items())


@pytest.mark.parametrize(("values", "expected"), [
    (["a", "b"], ["a", "b"]), ({"itos": ["a"]}, ["a"]), ({"vocab": ["b"], "min_freq": 3}, ["b"]),
])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_vocabularies_in_every_protocol(tmp_path, values, expected, protocol):
    (tmp_path / "v.pkl").write_bytes(pickle.dumps(values, protocol))
    assert read_vocabulary(tmp_path / "v.pkl") == (expected, [])


@pytest.mark.parametrize("content", [
    b"", b"hello", pickle.dumps([1, 2]), pickle.dumps([]), pickle.dumps("abc"), pickle.dumps({"itos": "abc"}),
    pickle.dumps(["a", b"b"]), pickle.dumps({"itos": ["a"], "share": .5}), pickle.dumps({"itos": ["a"], 1: {None}}),
    pickle.dumps({1, 2}), pickle.dumps(["a"])[:-3], pickle.dumps(np.array(["a"])),
])
def test_what_is_no_vocabulary(tmp_path, content):
    (tmp_path / "v.pkl").write_bytes(content)
    with pytest.raises(ModelError, match=r"v\.pkl"):
        read_vocabulary(tmp_path / "v.pkl")


def test_a_list_that_holds_itself(tmp_path):
    words: list[object] = ["a"]
    words.append(words)
    (tmp_path / "v.pkl").write_bytes(pickle.dumps(words))
    with pytest.raises(ModelError, match="no list of words"):
        read_vocabulary(tmp_path / "v.pkl")


def test_files_that_do_not_belong_together(tmp_path):
    paths = written(tmp_path, weights(rows=40))
    with pytest.raises(ModelError, match="belong together"):
        import_reference(*paths)
    paths = written(tmp_path, {**weights(), "0.cnn.weight": torch.zeros(2)})
    with pytest.raises(ModelError, match="belongs to no AWD-LSTM"):
        import_reference(*paths)
    state = weights()
    del state["0.rnns.1.weight_hh_l0_raw"], state["0.rnns.1.module.weight_hh_l0"]
    paths = written(tmp_path, state)
    with pytest.raises(ModelError, match="not those of an AWD-LSTM"):
        import_reference(*paths)
    assert not paths[2].exists()


@pytest.mark.parametrize("content", [b"", b"abc", pickle.dumps({"a": 1})])
def test_what_is_no_weights(tmp_path, content):
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(ModelError, match=r"w\.pth"):
        read_weights(tmp_path / "w.pth")
    with pytest.raises(ModelError, match="cannot be read"):
        read_weights(tmp_path / "missing.pth")


@pytest.mark.parametrize(("key", "number", "taken"), [
    ("0.encoder.weight", float("nan"), False), ("0.rnns.1.weight_hh_l0_raw", float("inf"), False),
    ("1.decoder.bias", -float("inf"), False), ("0.rnns.0.module.bias_ih_l0", 1e300, False),
    ("1.decoder.bias", 0.0, True), ("0.encoder.weight", -65_504.0, True), ("0.rnns.0.module.bias_ih_l0", 1e-300, True),
])
def test_weights_that_are_no_numbers_are_not_taken(tmp_path, key, number, taken):
    state = {name: value.double() for name, value in weights().items()}
    state[key].view(-1)[1] = number
    paths = written(tmp_path, state)
    if taken:
        import_reference(*paths)
        assert load_bundle(paths[2]).state
        return
    with pytest.raises(ModelError, match=r"w\.pth: some of the weights .* are not numbers"):
        import_reference(*paths)
    assert not paths[2].exists()
