"""Whole Learners that fastai has exported: read without fastai and without running anything of them."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import types
import zipfile

import numpy as np
import pytest
import torch

from ulmengine.cli import main
from ulmengine.inference import Predictor
from ulmengine.models import ModelError, import_reference, load_bundle
from ulmengine.models.inert import Inert, read_objects
from ulmengine.models.unpickle import is_export, read_learner, read_weights

from .learners import exported, filled, modules_of
from .test_reference import WORDS, classifier_weights, lstm_by_hand, scored_by_hand, weights


@pytest.fixture
def fastai(monkeypatch):
    return filled(monkeypatch)


def test_an_exported_classifier_answers_as_its_weights_say(tmp_path, fastai):
    labels = ["desc", " loc ", "num"]
    state = classifier_weights()
    path = exported(tmp_path / "export.pkl", fastai, state, labels)
    assert is_export(path)
    found = read_learner(path)
    assert found.state.keys() == state.keys()
    assert all(torch.equal(found.state[name], value) for name, value in state.items())
    assert (found.words, found.labels, found.multi_label) == (WORDS, labels, False)
    import_reference(path, None, tmp_path / "m.ulmfit")
    bundle = load_bundle(tmp_path / "m.ulmfit")
    assert bundle.labels == tuple(labels)
    assert (bundle.description.bptt, bundle.description.max_tokens) == (50, 900)
    text = "the film was the film"
    scores = scored_by_hand(state, [WORDS.index(token) for token in bundle.tokenizer.tokens(text)])
    assert Predictor(bundle, "cpu", "float32").logits([text])[0] == pytest.approx(scores, abs=1e-5)


def test_an_exported_language_model_scores_as_its_weights_say(tmp_path, fastai):
    import_reference(exported(tmp_path / "lm.pkl", fastai, weights()), None, tmp_path / "m.ulmfit")
    bundle = load_bundle(tmp_path / "m.ulmfit")
    ids = bundle.tokenizer.encode("the film was")
    raw = {name: value.double().numpy() for name, value in weights().items()}
    x = raw["0.encoder.weight"][[WORDS.index(bundle.tokenizer.vocabulary.tokens[n]) for n in ids]]
    for number in range(2):
        name = f"0.rnns.{number}."
        x = lstm_by_hand(x, raw[f"{name}module.weight_ih_l0"], raw[f"{name}weight_hh_l0_raw"],
                         raw[f"{name}module.bias_ih_l0"] + raw[f"{name}module.bias_hh_l0"])
    scores = x @ raw["0.encoder.weight"].T + raw["1.decoder.bias"]
    got = bundle.language_models()["forward"].logits(torch.tensor([ids]))[0][0].detach().numpy()
    assert got[:, bundle.tokenizer.vocabulary.index("film")] == pytest.approx(scores[:, WORDS.index("film")], abs=1e-5)


def test_several_labels_a_document_are_known_from_the_file(tmp_path, fastai):
    path = exported(tmp_path / "e.pkl", fastai, classifier_weights(), ["a", "b", "c"], "MultiCategorize")
    import_reference(path, None, tmp_path / "m.ulmfit")
    assert load_bundle(tmp_path / "m.ulmfit").multi_label


def test_the_command_takes_it_without_a_vocabulary(tmp_path, fastai, capsys):
    path = exported(tmp_path / "e.pkl", fastai, classifier_weights(), ["a", "b", "c"])
    assert main(["import-model", str(path), "--out", str(tmp_path / "m.ulmfit")]) == 0
    assert load_bundle(tmp_path / "m.ulmfit").labels == ("a", "b", "c")


class Evil:
    def __init__(self, function, *given):
        self.call = function, given

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(("function", "given", "asked"), [
    (os.mkdir, ("{trap}",), "mkdir"), (os.system, ("mkdir {trap}",), "system"),
    (eval, ("__import__('os').mkdir('{trap}')",), "eval"), (exec, ("open('{trap}', 'w')",), "exec"),
    (subprocess.check_call, (["mkdir", "{trap}"],), "subprocess.check_call"), (open, ("{trap}", "w"), "open"),
])
def test_a_learner_that_would_run_a_program_is_refused_in_words(tmp_path, fastai, function, given, asked):
    trap = tmp_path / "sprung"
    told = [[part.format(trap=trap) for part in one] if isinstance(one, list) else one.format(trap=trap)
            for one in given]
    learner = fastai("fastai.text.learner.TextLearner", model=Evil(function, *told), dls=None)
    torch.save(learner, tmp_path / "e.pkl", pickle_protocol=2)
    with pytest.raises(ModelError, match=rf"e\.pkl: asks for .*{asked}.*Nothing of it was run"):
        read_learner(tmp_path / "e.pkl")
    assert main(["import-model", str(tmp_path / "e.pkl"), "--out", str(tmp_path / "m.ulmfit")]) != 0
    assert not trap.exists()


def test_what_is_not_refused_is_not_run_either(tmp_path):
    """A bound method, a function of the person's own, a class that writes when it is made: stand-ins all of them."""
    trap = tmp_path / "sprung"
    module = types.ModuleType("own_things")
    exec(f"def run(*given):\n    open({str(trap)!r}, 'w')\n"
         "class Loud:\n    def __setstate__(self, state): run()", vars(module))
    sys.modules["own_things"] = module
    try:
        module.run.__module__ = module.Loud.__module__ = "own_things"
        loud = module.Loud()
        loud.x = 1
        torch.save({"a": Evil(module.run, 1), "b": loud, "c": Evil(getattr, loud, "__setstate__")}, tmp_path / "e.pkl")
        found = read_objects(tmp_path / "e.pkl")
    finally:
        del sys.modules["own_things"]
    assert not trap.exists()
    assert all(isinstance(one, Inert) for one in found.values())
    assert found["b"].state == {"x": 1}


def rewritten(path, name, content):
    """The file with the entry called ``name`` replaced."""
    with zipfile.ZipFile(path) as old:
        entries = {entry.filename: old.read(entry.filename) for entry in old.infolist()}
    place = next(entry for entry in entries if entry.endswith(name))
    entries[place] = content(entries[place])
    with zipfile.ZipFile(path, "w") as new:
        for entry, kept in entries.items():
            new.writestr(entry, kept)
    return path


@pytest.mark.parametrize(("name", "content"), [
    ("data/0", lambda raw: raw[:-4]), ("data/0", lambda raw: raw + b"1234"), ("data.pkl", lambda raw: raw[:-9]),
    ("data.pkl", lambda _: b"cos\nsystem\n."), ("data.pkl", lambda _: pickle.dumps([1])),
])
def test_damaged_files_are_told(tmp_path, fastai, name, content):
    path = exported(tmp_path / "e.pkl", fastai, classifier_weights(), ["a", "b", "c"])
    rewritten(path, name, content)
    with pytest.raises(ModelError, match=r"e\.pkl"):
        read_learner(path)


def test_a_tensor_is_never_larger_than_its_memory(tmp_path):
    """A view that repeats one number a billion times takes no more memory than that number."""
    torch.save({"w": torch.zeros(1).expand(1 << 20)}, tmp_path / "e.pkl")
    with pytest.raises(ModelError, match="larger than its memory"):
        read_objects(tmp_path / "e.pkl")
    with zipfile.ZipFile(tmp_path / "zeros.pkl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", pickle.dumps({}))
        archive.writestr("a/data/0", bytes(1 << 20))
    with pytest.raises(ModelError, match="no file that torch"):
        read_objects(tmp_path / "zeros.pkl")
    torch.save(np.zeros(3), tmp_path / "numpy.pkl")
    assert isinstance(read_objects(tmp_path / "numpy.pkl"), Inert)


def say(name):
    """The pickle of a name."""
    return b"c" + name.rpartition(".")[0].encode() + b"\n" + name.rpartition(".")[2].encode() + b"\n"


# A tensor of no numbers, as torch.save writes it.
NOTHING = (say("torch._utils._rebuild_tensor_v2") + b"((Vstorage\n" + say("torch.FloatStorage")
           + b"V0\nVcpu\nI0\ntQI0\n(I0\nt(I1\nt\x89" + say("collections.OrderedDict") + b")RtR")


@pytest.mark.parametrize("told", [
    b"(" + NOTHING + b"I0\n(I1048576\nt(I1\nttb",  # __setstate__: memory for a million numbers, whatever lay there
    b"I0\nI1\ns", b"(I1\n\x90",
])
def test_nothing_is_done_to_a_tensor(tmp_path, told):
    with zipfile.ZipFile(tmp_path / "e.pth", "w") as archive:
        archive.writestr("a/data.pkl", b"\x80\x02}Vw\n" + NOTHING + told + b"s.")
        archive.writestr("a/data/0", b"")
    for read in (read_objects, read_weights):
        with pytest.raises(ModelError, match=r"e\.pth.*with a tensor|e\.pth.*change a tensor"):
            read(tmp_path / "e.pth")


def test_what_is_read_is_a_plain_tensor(tmp_path, fastai):
    torch.save({"model": {"w": torch.ones(2)}, "opt": fastai("fastai.x.Own")}, tmp_path / "e.pth")
    assert type(read_weights(tmp_path / "e.pth")["w"]) is torch.Tensor
    found = read_learner(exported(tmp_path / "e.pkl", fastai, classifier_weights(), ["a", "b", "c"])).state
    assert {type(value) for value in found.values()} == {torch.Tensor}


def test_views_and_types_of_numbers(tmp_path):
    base = torch.arange(12, dtype=torch.float16).reshape(3, 4)
    values = {"turned": base.T, "part": base[1:, ::2], "long": torch.tensor([1, 2]), "empty": torch.zeros(0, 3),
              "parameter": torch.nn.Parameter(torch.ones(2, 2)), "bool": torch.tensor([True, False])}
    torch.save(values, tmp_path / "e.pkl")
    found = read_objects(tmp_path / "e.pkl")
    assert found["turned"].tolist() == [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]]
    assert found["part"].tolist() == [[4, 6], [8, 10]]
    assert found["long"].tolist() == [1, 2]
    assert found["empty"].shape == (0, 3)
    assert found["parameter"].tolist() == [[1, 1], [1, 1]]
    assert found["bool"].tolist() == [True, False]


def test_parts_within_parts_come_to_an_end(tmp_path, fastai):
    part = fastai("torch.nn.modules.container.Sequential2", _modules={})
    for _ in range(39):  # half a million million names
        part = fastai("torch.nn.modules.container.Sequential2", _modules={"a": part, "b": part})
    torch.save(fastai("fastai.learner.Learner", model=part, dls=None), tmp_path / "e.pkl")
    with pytest.raises(ModelError, match="too many parts"):
        read_learner(tmp_path / "e.pkl")


def test_what_holds_no_text_model(tmp_path, fastai):
    torch.save({"w": torch.zeros(2)}, tmp_path / "e.pkl")
    with pytest.raises(ModelError, match="no fastai Learner"):
        read_learner(tmp_path / "e.pkl")
    torch.save(fastai("fastai.learner.Learner", model=modules_of(fastai, weights()), dls=None), tmp_path / "f.pkl")
    with pytest.raises(ModelError, match="no vocabulary"):
        read_learner(tmp_path / "f.pkl")
    buffer = io.BytesIO()
    torch.save({"w": torch.zeros(2)}, buffer, _use_new_zipfile_serialization=False)
    (tmp_path / "old.pkl").write_bytes(buffer.getvalue())
    assert not is_export(tmp_path / "old.pkl")
