"""Weights in eight bits: what the file holds, what comes back, what is refused, and what it costs."""

from __future__ import annotations

import json
import shutil
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from tests.runs.made import write_corpus
from ulmengine.cli import main
from ulmengine.config import RunConfig, with_settings
from ulmengine.inference import Predictor
from ulmengine.models import ModelError, describe_bundle, load_bundle, save_again, save_bundle
from ulmengine.models.int8 import dequantised, quantised
from ulmengine.record import RunFolder

from . import made

TEXTS = ["good film good", "bad bad film", "the film", "good bad"]


def entries_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def with_weights(path, change):
    """The model with ``change`` made to its stored tensors."""
    entries = entries_of(path)
    state = load(entries["weights.safetensors"])
    change(state)
    return written(path, {**entries, "weights.safetensors": save(state)})


def test_a_row_by_hand(tmp_path):
    state = {"forward.w": torch.tensor([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0]]), "forward.b": torch.tensor([0.3])}
    small = quantised(state)
    assert small["forward.w"].tolist() == [[64, -127, 32], [0, 0, 0]]  # 63.5 and 31.75 rounded, half to even
    assert small["forward.w.scale"].tolist() == pytest.approx([2 / 127, 1.0])
    assert small["forward.b"] is state["forward.b"]
    back = dequantised(small, tmp_path)
    assert back["forward.w"].flatten().tolist() == pytest.approx([128 / 127, -2.0, 64 / 127, 0, 0, 0])
    assert set(back) == set(state)


def test_what_comes_back_is_nearly_what_went_and_the_rest_is_exact(tmp_path):
    bundle = load_bundle(made.save(tmp_path / "m.ulmfit", card={"title": "T"}, temperature=1.7))
    save_again(bundle, tmp_path / "s.ulmfit", "int8")
    small = load_bundle(tmp_path / "s.ulmfit")
    assert (small.description.dtype, small.description.format, small.description.title) == ("int8", 2, "T")
    assert small.state.keys() == bundle.state.keys()
    for name, value in bundle.state.items():
        if value.dim() > 1:
            half_a_step = value.abs().flatten(1).amax(1) / 127 / 2
            assert ((small.state[name] - value).abs().flatten(1).amax(1) <= half_a_step * 1.001).all(), name
        else:
            assert torch.equal(small.state[name], value), name
    stored = load(entries_of(tmp_path / "s.ulmfit")["weights.safetensors"])
    assert stored["forward.encoder.embedding.weight"].dtype == torch.int8
    assert stored["forward.encoder.layers.0.weight_hh"].dtype == torch.int8
    assert stored["forward.head.blocks.1.linear.weight"].dtype == torch.int8
    far = np.abs(Predictor(small, "cpu").probabilities(TEXTS) - Predictor(bundle, "cpu").probabilities(TEXTS)).max()
    assert 0 < far < .02
    save_again(small, tmp_path / "again.ulmfit")
    assert load_bundle(tmp_path / "again.ulmfit").description.dtype == "int8"


def test_other_models_are_written_as_older_programs_read_them(tmp_path):
    assert describe_bundle(made.save(tmp_path / "m.ulmfit")).format == 1
    assert describe_bundle(made.save(tmp_path / "h.ulmfit", dtype="float16")).format == 1


def zero(state):
    state["forward.encoder.embedding.weight.scale"][2] = 0


def negative(state):
    state["forward.encoder.embedding.weight.scale"][0] = -1


def no_number(state):
    state["forward.encoder.embedding.weight.scale"][1] = float("nan")


def lacking(state):
    del state["forward.encoder.layers.1.weight_hh.scale"]


def short(state):
    name = "forward.encoder.embedding.weight.scale"
    state[name] = state[name][:-1].clone()


def of_another_kind(state):
    name = "forward.encoder.embedding.weight.scale"
    state[name] = state[name].half()


def too_low(state):
    state["forward.encoder.embedding.weight"][0, 0] = -128


def left_over(state):
    state["forward.encoder.layers.0.bias_ih.scale"] = torch.ones(32)


@pytest.mark.parametrize("change", [zero, negative, no_number, lacking, short, of_another_kind, too_low])
def test_damaged_scales_are_refused_in_words(tmp_path, change):
    path = made.save(tmp_path / "m.ulmfit", dtype="int8")
    with pytest.raises(ModelError, match=r"m\.ulmfit.*scales.*copy or download"):
        load_bundle(with_weights(path, change))


def test_a_scale_of_nothing_fits_no_network(tmp_path):
    path = with_weights(made.save(tmp_path / "m.ulmfit", dtype="int8"), left_over)
    with pytest.raises(ModelError, match="do not fit"):
        load_bundle(path).classifiers()


def test_int8_where_the_model_does_not_say_so_is_refused(tmp_path):
    path = made.save(tmp_path / "m.ulmfit", dtype="int8")
    entries = entries_of(path)
    about = json.loads(entries["model.json"])
    written(path, {**entries, "model.json": json.dumps({**about, "dtype": "float32"}).encode()})
    with pytest.raises(ModelError, match="kind that this program does not use"):
        load_bundle(path)


def test_sizes_are_checked_before_memory_is_taken(tmp_path):
    path = made.save(tmp_path / "m.ulmfit", dtype="int8")
    entries = entries_of(path)
    about = json.loads(entries["model.json"])
    written(path, {**entries, "model.json": json.dumps({**about, "sizes": [60_000, 60_000, 60]}).encode()})
    with pytest.raises(ModelError, match="do not fit"):
        load_bundle(path).classifiers()


def test_the_cost_is_measured_on_the_validation_documents_of_the_run(tmp_path, capsys):
    corpus = write_corpus(tmp_path / "c.csv", 60)
    config = with_settings(RunConfig(name="r"), [
        f"corpus.path='{corpus}'", "corpus.split.validation=0.3", "corpus.split.test=0"])
    run = RunFolder.create(tmp_path / "runs" / "r", config)
    made.save(run.model_path, labels=("tool", "fruit"))
    assert main(["export", str(run.path), "--int8", str(tmp_path / "small.ulmfit")]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(tmp_path / "small.ulmfit")
    assert "validation documents" in told.err
    assert "MB instead of" in told.err

    from ulmengine.corpus import open_corpus
    from ulmengine.events import outcome

    documents = outcome(open_corpus(config.corpus, run.cache, seed=config.seed))
    texts = list(documents.texts("validation"))
    truth = [documents.labels[n] for n in documents.targets("validation")]
    before, after = (
        float(np.mean([one.label == label for one, label in zip(
            Predictor(load_bundle(path), "cpu", "float32").predict(texts), truth, strict=True)]))
        for path in (run.model_path, tmp_path / "small.ulmfit"))
    assert (f"right as often as before, in {after:.2%}" if before == after
            else f"right in {after:.2%}") in told.err
    assert before == after or f"instead of {before:.2%}" in told.err
    assert main(["export", str(run.path), "--int8", str(tmp_path / "small.ulmfit")]) != 0  # never over another file


def test_labelled_texts_may_be_given_and_other_models_are_refused(tmp_path, capsys):
    path = made.save(tmp_path / "m.ulmfit")
    table = tmp_path / "t.csv"
    table.write_text("text,label\n" + "".join(f"{text} {n},{('neg', 'pos')[n % 2]}\n" for n, text in
                                               enumerate(TEXTS * 6)), encoding="utf-8")
    assert main(["export", str(path), "--int8", str(tmp_path / "s.ulmfit"), "--texts", str(table)]) == 0
    assert "of 24 given documents" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "s.ulmfit"), "--int8", str(tmp_path / "t.ulmfit")]) != 0
    assert "eight bits already" in capsys.readouterr().err
    save_bundle(tmp_path / "lm.ulmfit", kind="language_model", state=made.language_model().state_dict(),
                tokenizer=made.TOKENS.to_json(), sizes=made.SIZES, model=made.MODEL)
    run = RunFolder.create(tmp_path / "run", with_settings(RunConfig(), [
        f"corpus.path='{table}'", "corpus.label_columns=['none']", "corpus.split.validation=0.3"]))
    shutil.copyfile(tmp_path / "lm.ulmfit", run.model_path)
    for given in ([str(tmp_path / "lm.ulmfit")], [str(run.path)], [str(tmp_path / "lm.ulmfit"), "--texts", str(table)]):
        assert main(["export", *given, "--int8", str(tmp_path / "u.ulmfit")]) != 0
        assert "only a classifier" in capsys.readouterr().err
    assert not (tmp_path / "u.ulmfit").exists()
