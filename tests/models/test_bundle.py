"""Bundles: what is saved is what is opened, and whatever else is handed in is refused with a word."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save as dump_tensors

from tests.models.made import MODEL, SIZES, TOKENS, classifier, language_model, save
from ulmengine.config import DropoutConfig
from ulmengine.models import Description, ModelError, describe_bundle, load_bundle, save_again
from ulmengine.models.archive import CARD, MANIFEST, TOKENIZER, WEIGHTS
from ulmengine.models.inert import read_objects
from ulmengine.models.unpickle import read_vocabulary, read_weights
from ulmengine.nets import LanguageModel, generate

DOCUMENT = torch.tensor([[2, 9, 10, 11]]), torch.tensor([4])


def repacked(path, change: Callable[[dict[str, bytes]], None], method=zipfile.ZIP_STORED):
    """The bundle at ``path`` with its entries changed and put together again by hand."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def described(path, **values):
    """The bundle at ``path`` with some values of its description replaced."""
    def change(entries):
        entries[MANIFEST] = json.dumps({**json.loads(entries[MANIFEST]), **values}).encode()
    return repacked(path, change)


def test_a_classifier_comes_back_as_it_was(tmp_path):
    bundle = load_bundle(save(tmp_path / "m.ulmfit", temperature=1.5, card={"title": "Reviews"}))
    (name, network), = bundle.classifiers().items()
    assert name == "forward"
    assert torch.equal(network(*DOCUMENT), classifier()(*DOCUMENT))
    assert not network.training
    assert (network.bptt, network.max_tokens) == (7, 40)
    assert (bundle.labels, bundle.multi_label, bundle.temperature) == (("neg", "pos"), False, 1.5)
    assert bundle.tokenizer.encode("a good film") == TOKENS.encode("a good film")
    assert bundle.description.title == "Reviews"
    assert bundle.description.parameters == sum(value.numel() for value in classifier().state_dict().values()
                                                if value.is_floating_point())


def test_both_directions(tmp_path):
    one, other = classifier(1), classifier(2)
    state = {f"forward.{name}": value for name, value in one.state_dict().items()}
    state |= {f"backward.{name}": value for name, value in other.state_dict().items()}
    bundle = load_bundle(save(tmp_path / "m.ulmfit", state, model=MODEL.model_copy(update={"direction": "both"})))
    networks = bundle.classifiers()
    assert list(networks) == ["forward", "backward"]
    assert torch.equal(networks["forward"](*DOCUMENT), one(*DOCUMENT))
    assert torch.equal(networks["backward"](*DOCUMENT), other(*DOCUMENT))


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_rows_of_words_that_both_directions_have_stand_in_the_file_once(tmp_path, dtype):
    one, other = classifier(1), classifier(2)
    state = {f"forward.{name}": value for name, value in one.state_dict().items()}
    state |= {f"backward.{name}": value for name, value in other.state_dict().items()}
    both = MODEL.model_copy(update={"direction": "both"})
    apart = load_bundle(save(tmp_path / "apart.ulmfit", state, model=both, dtype=dtype))
    state["backward.encoder.embedding.weight"] = state["forward.encoder.embedding.weight"].clone()
    bundle = load_bundle(save(tmp_path / "m.ulmfit", state, model=both, dtype=dtype))
    assert (apart.description.one_embedding, bundle.description.one_embedding) == (False, True)
    assert (apart.description.format, bundle.description.format) == (2 if dtype == "int8" else 1, 3)
    rows = bundle.state["forward.encoder.embedding.weight"]
    assert apart.description.parameters - bundle.description.parameters == rows.numel()
    assert torch.equal(bundle.state["backward.encoder.embedding.weight"], rows)
    torch.testing.assert_close(rows, state["forward.encoder.embedding.weight"], atol=1e-2, rtol=0)
    other.load_state_dict({name.removeprefix("backward."): value for name, value in bundle.state.items()
                           if name.startswith("backward.")})
    assert torch.equal(bundle.classifiers()["backward"](*DOCUMENT), other(*DOCUMENT))
    save_again(bundle, tmp_path / "again.ulmfit")
    assert load_bundle(tmp_path / "again.ulmfit").description.one_embedding


def test_one_direction_that_claims_to_share_its_words(tmp_path):
    path = described(save(tmp_path / "m.ulmfit"), format=3, one_embedding=True)
    with pytest.raises(ModelError, match="one direction alone shares no words"):
        load_bundle(path)


def test_a_language_model(tmp_path):
    model = language_model()
    path = save(tmp_path / "m.ulmfit", model.state_dict(), kind="language_model", labels=())
    loaded = load_bundle(path).language_models()["forward"]
    assert torch.equal(loaded.logits(DOCUMENT[0])[0], model.logits(DOCUMENT[0])[0])
    with pytest.raises(ModelError, match="language model and knows no labels"):
        load_bundle(path).classifiers()
    with pytest.raises(ModelError, match="this is a classifier"):
        load_bundle(save(tmp_path / "c.ulmfit")).language_models()


@pytest.mark.parametrize("softmax", ["full", "adaptive", "sampled"])
def test_a_language_model_of_every_softmax_opens_and_writes(tmp_path, softmax):
    torch.manual_seed(2)
    model = LanguageModel(len(TOKENS.vocabulary), SIZES, DropoutConfig(), softmax=softmax).eval()
    for parameter in model.decoder.parameters():
        torch.nn.init.normal_(parameter)
    path = save(tmp_path / "m.ulmfit", model.state_dict(), kind="language_model", labels=(), softmax=softmax)
    bundle = load_bundle(path)
    assert bundle.description.softmax == softmax
    loaded = bundle.language_models()["forward"]
    assert type(loaded.decoder) is type(model.decoder)
    assert torch.equal(loaded.logits(DOCUMENT[0])[0], model.logits(DOCUMENT[0])[0])
    written = [generate(net, torch.tensor([2]), 6, generator=torch.Generator().manual_seed(1))
               for net in (model, loaded)]
    assert written[0] == written[1]


def test_a_description_without_a_softmax_means_the_full_one(tmp_path):
    path = save(tmp_path / "m.ulmfit", language_model().state_dict(), kind="language_model", labels=())
    values = json.loads(load_bundle(path).description.model_dump_json())
    del values["softmax"]
    assert Description.model_validate(values).softmax == "full"


def test_opening_leaves_random_numbers_alone(tmp_path):
    path = save(tmp_path / "m.ulmfit")
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    load_bundle(path).classifiers()
    assert torch.equal(torch.rand(3), expected)


def test_half_precision_halves_matrices_only(tmp_path):
    whole, half = save(tmp_path / "w.ulmfit"), save(tmp_path / "h.ulmfit", dtype="float16")
    first, second = load_bundle(whole).state, load_bundle(half).state
    assert all(value.dtype == torch.float32 for value in second.values() if value.is_floating_point())
    for name, value in first.items():
        expected = value.half().float() if value.is_floating_point() and value.dim() > 1 else value
        assert torch.equal(second[name], expected), name
    saved = sum(value.numel() * 2 for value in first.values() if value.is_floating_point() and value.dim() > 1)
    assert whole.stat().st_size - half.stat().st_size == pytest.approx(saved, abs=300)


def test_numbers_beyond_half_precision_stay_whole(tmp_path):
    state = classifier().state_dict()
    state["encoder.embedding.weight"][3, 3] = 1e6
    loaded = load_bundle(save(tmp_path / "m.ulmfit", state, dtype="float16"))
    assert loaded.weights("forward")["encoder.embedding.weight"][3, 3] == 1e6


def test_shared_memory_is_saved_twice_rather_than_refused(tmp_path):
    state = classifier().state_dict()
    state["head.copy"] = state["encoder.embedding.weight"]
    bundle = load_bundle(save(tmp_path / "m.ulmfit", state))
    assert torch.equal(bundle.weights("forward")["head.copy"], state["encoder.embedding.weight"])
    with pytest.raises(ModelError, match="do not fit the model's description"):
        bundle.classifiers()


def test_the_card_is_readable(tmp_path):
    card = {"title": "Reviews", "summary": "Tells good from bad.", "licence": "CC0", "results": {"accuracy": 0.91234},
            "made_of": ["one", "two"]}
    text = load_bundle(save(tmp_path / "m.ulmfit", card=card)).card
    for line in ("# Reviews", "Tells good from bad.", "## Licence", "- accuracy: 0.9123", "## Made of", "- two",
                 "- labels: neg, pos", "- embedding / hidden / layers: 6 / 8 / 2"):
        assert line in text.splitlines()


def test_a_save_that_fails_leaves_the_old_model(tmp_path, monkeypatch):
    path = save(tmp_path / "m.ulmfit", card={"title": "Old"})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(ModelError, match="No space left on device"):
        save(path, card={"title": "New"})
    monkeypatch.undo()
    assert describe_bundle(path).title == "Old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.ulmfit"]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_cut_short(tmp_path, share):
    path = save(tmp_path / "m.ulmfit")
    content = path.read_bytes()
    path.write_bytes(content[:int(len(content) * share)])
    with pytest.raises(ModelError, match=r"cut short|not a model"):
        load_bundle(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_bytes_missing_in_the_middle(tmp_path, share):
    path = save(tmp_path / "m.ulmfit")
    content = path.read_bytes()
    start = int(len(content) * share)
    path.write_bytes(content[:start] + content[start + 512:])
    with pytest.raises(ModelError, match="damaged or was cut short"):
        load_bundle(path)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.4, 0.6, 0.8, 0.99])
def test_one_wrong_byte_in_the_weights(tmp_path, share):
    path = save(tmp_path / "m.ulmfit")
    with zipfile.ZipFile(path) as archive:
        weights = archive.getinfo(WEIGHTS)
    content = bytearray(path.read_bytes())
    content[weights.header_offset + 30 + len(WEIGHTS) + int(share * weights.compress_size)] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ModelError, match="the model is damaged or was cut short"):
        load_bundle(path)


def test_other_files(tmp_path):
    (tmp_path / "t.ulmfit").write_text("label,text\n", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "z.ulmfit", "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    for name in ("t", "z"):
        with pytest.raises(ModelError, match="not a model of ULMFiT Studio"):
            load_bundle(tmp_path / f"{name}.ulmfit")
    with pytest.raises(ModelError, match="No such file"):
        load_bundle(tmp_path / "missing.ulmfit")
    with pytest.raises(ModelError, match=r"is a folder; name a \.ulmfit file"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/passwd", "extra.bin"])
def test_a_name_that_has_no_place(tmp_path, name):
    path = repacked(save(tmp_path / "m.ulmfit"), lambda entries: entries.update({name: b"x"}))
    with pytest.raises(ModelError, match="has no place in a model"):
        load_bundle(path)


def test_entries_that_unpack_to_many_times_the_file(tmp_path):
    path = repacked(save(tmp_path / "m.ulmfit"), lambda entries: entries.update({CARD: b"0" * 15_000_000}),
                    zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelError, match="many times as large as the file"):
        load_bundle(path)


def test_an_entry_that_says_it_is_small_is_unpacked_no_further(tmp_path):
    zeros = bytes(200_000_000)
    path = repacked(save(tmp_path / "m.ulmfit"), lambda entries: entries.update({CARD: zeros}), zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo(CARD).header_offset
    content = bytearray(path.read_bytes())
    lie = struct.pack("<L", zlib.crc32(zeros[:1_000])), struct.pack("<L", 1_000)
    for begin in (place + 14, content.rindex(CARD.encode()) - 30):  # the entry's own header, and its line in the list
        content[begin : begin + 4], content[begin + 8 : begin + 12] = lie
    path.write_bytes(content)
    tracemalloc.start()
    load_bundle(path)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_entries_compressed_in_another_way(tmp_path):
    path = repacked(save(tmp_path / "m.ulmfit"), lambda _: None, zipfile.ZIP_BZIP2)
    with pytest.raises(ModelError, match="are compressed in another way"):
        load_bundle(path)


def test_a_model_is_as_large_whenever_it_is_saved(tmp_path):
    sizes = {save(tmp_path / f"{when}.ulmfit", card={"date": when}).stat().st_size
             for when in ("2026-11-30", "2027-01-08", "1999-09-09")}
    assert len(sizes) == 1


def test_a_model_that_was_stored_without_compression(tmp_path):
    path = repacked(save(tmp_path / "m.ulmfit"), lambda _: None)
    assert load_bundle(path).labels == ("neg", "pos")


def test_an_entry_larger_than_permitted(tmp_path):
    path = repacked(save(tmp_path / "m.ulmfit"), lambda entries: entries.update({CARD: b"0" * ((16 << 20) + 1)}))
    with pytest.raises(ModelError, match=r"card\.md says it is"):
        load_bundle(path)


def test_a_missing_entry(tmp_path):
    path = repacked(save(tmp_path / "m.ulmfit"), lambda entries: entries.pop(TOKENIZER))
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        load_bundle(path)


def test_a_newer_version(tmp_path):
    path = described(save(tmp_path / "m.ulmfit"), format=4, something_new=True)
    with pytest.raises(ModelError, match="newer version of the program"):
        load_bundle(path)


@pytest.mark.parametrize(("values", "word"), [
    ({"labels": ["a", "b", "c"]}, "do not fit the model's description"),
    ({"vocabulary": 13}, "tokeniser has 12 tokens, the network 13|do not fit"),
    ({"sizes": [6, 60_000, 60]}, "do not fit the model's description"),
    ({"sizes": [6, 10**9, 2]}, "no network has the sizes"),
    ({"labels": ["a", "a"]}, "a label stands in it twice"),
    ({"labels": []}, "a classifier needs labels"),
    ({"directions": ["backward"]}, "weights of the backward network are missing"),
    ({"temperature": 0}, "temperature"), ({"kind": "picture"}, "kind"), ({"sizes": "large"}, "sizes"),
])
def test_a_description_that_does_not_fit(tmp_path, values, word):
    path = described(save(tmp_path / "m.ulmfit"), **values)

    def use():
        bundle = load_bundle(path)
        bundle.classifiers()

    with pytest.raises(ModelError, match=word):
        use()


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_a_description_that_is_none(tmp_path, content):
    path = repacked(save(tmp_path / "m.ulmfit"), lambda entries: entries.update({MANIFEST: content}))
    with pytest.raises(ModelError, match="description"):
        load_bundle(path)


def test_a_tokeniser_that_does_not_fit(tmp_path):
    path = repacked(save(tmp_path / "m.ulmfit"), lambda entries: entries.update({TOKENIZER: b'{"kind": "runes"}'}))
    with pytest.raises(ModelError, match="tokeniser cannot be used"):
        _ = load_bundle(path).tokenizer
    short = {**TOKENS.to_json(), "tokens": list(TOKENS.vocabulary.tokens[:-1])}
    path = save(tmp_path / "s.ulmfit", tokenizer=short)
    with pytest.raises(ModelError, match="11 tokens, the network 12"):
        _ = load_bundle(path).tokenizer


def test_weights_that_are_none(tmp_path):
    path = repacked(save(tmp_path / "m.ulmfit"), lambda entries: entries.update({WEIGHTS: b"abc"}))
    with pytest.raises(ModelError, match="weights are damaged"):
        load_bundle(path)
    path = repacked(save(tmp_path / "n.ulmfit"),
                    lambda entries: entries.update({WEIGHTS: dump_tensors({"x": torch.zeros(1)})}))
    with pytest.raises(ModelError, match="weights of the forward network are missing"):
        load_bundle(path)


@pytest.mark.parametrize(("changes", "word"), [
    ({"labels": ()}, "a classifier needs labels"), ({"card": {"when": object()}}, "cannot be saved"),
    ({"state": {"x": torch.zeros(1)}}, "no encoder"),
    ({"model": MODEL.model_copy(update={"direction": "both"})}, "under forward. and backward."),
])
def test_what_cannot_be_saved_is_told_and_nothing_is_written(tmp_path, changes, word):
    with pytest.raises(ModelError, match=word):
        save(tmp_path / "m.ulmfit", **changes)
    assert list(tmp_path.iterdir()) == []


def test_sizes_are_those_of_the_network(tmp_path):
    assert describe_bundle(save(tmp_path / "m.ulmfit")).sizes == SIZES


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    state = {name: value.clone() for name, value in classifier().state_dict().items()}
    state["encoder.layers.0.weight_hh"][2, 1] = float("nan")
    with pytest.raises(ModelError, match=r"encoder\.layers\.0\.weight_hh are not numbers"):
        load_bundle(save(tmp_path / "nan.ulmfit", state))


def test_whole_numbers_in_place_of_weights_are_refused_by_name(tmp_path: Path) -> None:
    name = "encoder.embedding.weight"
    for kind in (torch.int64, torch.int32):
        state = dict(classifier().state_dict())
        state[name] = state[name].to(kind)
        with pytest.raises(ModelError, match=f"{name} are whole numbers"):
            load_bundle(save(tmp_path / "whole.ulmfit", state)).classifiers()
    for kind in (torch.float16, torch.float32, torch.float64):  # and what is counted in whole numbers may be
        state = {key: value.to(kind) if value.is_floating_point() else value
                 for key, value in classifier().state_dict().items()}
        assert any(not value.is_floating_point() for value in state.values())
        assert load_bundle(save(tmp_path / "m.ulmfit", state)).classifiers()


@pytest.mark.parametrize(("name", "why"), [
    ("no-numbers", "not numbers"), ("unknown-numbers", "F6_E3M2"),
    ("gap-in-tokens", "not numbered from 0"),
])
def test_hostile_models_are_refused_at_loading(name: str, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        load_bundle(Path(__file__).parent / "data" / f"{name}.ulmfit")


def test_a_network_is_opened_without_torchs_compiler(tmp_path: Path) -> None:
    """Its imports take longer than all else that the first answer waits for."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "for name in ('torch._dynamo', 'sympy'): sys.modules[name] = None\n"
        "from ulmengine.models import load_bundle\n"
        f"load_bundle(Path({str(save(tmp_path / 'a.ulmfit'))!r})).classifiers()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("read", [load_bundle, read_objects, read_vocabulary, read_weights])
def test_what_may_never_end_is_not_read(tmp_path, read):
    os.mkfifo(tmp_path / "pipe.pth")
    for path in (tmp_path / "pipe.pth", Path("/dev/zero")):
        with pytest.raises(ModelError, match="a device or a pipe, which is no file"):
            read(path)
