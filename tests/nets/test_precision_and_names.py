"""Precision: where it applies, how near it stays, which kernels it uses. Names: what is and is not understood."""

from __future__ import annotations

import pytest
import torch

from tests.nets.reference_names import to_reference_names
from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.nets import (
    AWDLSTM,
    LanguageModel,
    TextClassifier,
    WeightsError,
    from_reference_names,
    precision_for,
    set_precision,
)
from ulmengine.nets.kernels.native import reads_lstm

CPU = torch.device("cpu")
QUIET = DropoutConfig(multiplier=0, head=0)


def test_precision_by_name() -> None:
    assert precision_for(CPU, "float32") == torch.float32
    assert precision_for(CPU, "bfloat16") == torch.bfloat16
    assert precision_for(CPU, "auto") in (torch.float32, torch.bfloat16)
    with pytest.raises(ValueError, match="graphics card"):
        precision_for(CPU, "float16")
    with pytest.raises(ValueError, match="choose auto"):
        precision_for(CPU, "double")


def losses(precision: torch.dtype) -> list[float]:
    torch.manual_seed(0)
    model = LanguageModel(60, Sizes(16, 24, 2), QUIET)
    set_precision(model, precision)
    batch = torch.randint(2, 60, (4, 13), generator=torch.Generator().manual_seed(1))
    optimizer, seen = torch.optim.SGD(model.parameters(), lr=1.0), []
    for _ in range(10):
        loss = model.loss(batch[:, :-1], batch[:, 1:], None)
        optimizer.zero_grad()
        loss.total.backward()
        optimizer.step()
        seen.append(float(loss.cross_entropy))
    assert all(p.dtype == torch.float32 and p.grad.dtype == torch.float32 for p in model.parameters())
    return seen


@pytest.mark.usefixtures("own_path")
def test_bfloat16_trains_as_float32() -> None:
    assert losses(torch.bfloat16) == pytest.approx(losses(torch.float32), rel=0.01)


@pytest.mark.usefixtures("own_path")
def test_head_and_pooling_stay_float32() -> None:
    torch.manual_seed(0)
    model = TextClassifier(AWDLSTM(30, Sizes(8, 12, 2), QUIET), 3, ModelConfig(dropout=QUIET), bptt=4).eval()
    tokens, lengths = torch.randint(2, 30, (2, 9)), torch.tensor([9, 4])
    exact = model(tokens, lengths)
    set_precision(model, torch.bfloat16)
    scores = model(tokens, lengths)
    assert scores.dtype == torch.float32
    assert all(part.dtype == torch.float32 for pair in model.encoder(tokens).state for part in pair)
    assert (scores - exact).abs().max() < 0.05 * exact.abs().max()


def kernels(precision: torch.dtype, training: bool) -> set[str]:
    model = LanguageModel(60, Sizes(16, 24, 2), DropoutConfig())
    set_precision(model, precision)
    batch = torch.randint(2, 60, (8, 13))
    with torch.profiler.profile() as profile, torch.set_grad_enabled(training):
        loss = model.train(training).loss(batch[:, :-1], batch[:, 1:], None)
        if training:
            loss.total.backward()
    return {event.key for event in profile.key_averages()}


@pytest.mark.usefixtures("own_path")
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("training", [True, False])
def test_profile_shows_the_packed_products(precision: torch.dtype, training: bool) -> None:
    used = kernels(precision, training)
    assert {"mkldnn::_linear_pointwise", "mkldnn::_reorder_linear_weight"} <= used
    # A processor for which oneDNN has no LSTM reads by the framework's plain functions.
    assert not {"aten::linear", *(["aten::lstm"] if training or reads_lstm(torch.empty(0)) else [])} & used
    assert ("StepsBackward" in used) is training


def test_small_networks_are_read_by_the_frameworks_fused_kernel() -> None:
    model = LanguageModel(60, Sizes(16, 24, 2), QUIET).eval()
    with torch.profiler.profile() as profile, torch.no_grad():
        model.logits(torch.randint(2, 60, (1, 13)))
    assert "aten::mkldnn_rnn_layer" in {event.key for event in profile.key_averages()}


def test_encoder_files_and_older_copies_are_understood() -> None:
    raw, copy = torch.ones(4), torch.zeros(4)
    state = {
        "encoder.weight": raw, "encoder_dp.emb.weight": raw, "rnns.0.weight_hh_l0_raw": raw,
        "rnns.0.module.weight_hh_l0": copy, "rnns.0.module.weight_ih_l0": raw, "rnns.0.module.bias_ih_l0": raw,
        "rnns.0.module.bias_hh_l0": raw,
    }
    ours = from_reference_names(state)
    assert set(ours) == {"encoder.embedding.weight"} | {
        f"encoder.layers.0.{name}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    }
    assert ours["encoder.layers.0.weight_hh"] is raw


def test_classifier_names_go_both_ways() -> None:
    state = TextClassifier(AWDLSTM(30, Sizes(8, 12, 2), QUIET), 3, ModelConfig(dropout=QUIET)).state_dict()
    theirs = to_reference_names(state)
    assert {"0.module.encoder.weight", "0.module.rnns.1.weight_hh_l0_raw", "1.layers.0.0.running_mean"} <= set(theirs)
    back = from_reference_names(theirs)
    assert set(back) == set(state)
    assert all(torch.equal(back[name], state[name]) for name in state)


def test_foreign_weights_are_refused() -> None:
    with pytest.raises(WeightsError, match=r"transformer\.wte"):
        from_reference_names({"transformer.wte.weight": torch.ones(1)})
    with pytest.raises(WeightsError, match="cluster"):
        to_reference_names({"decoder.cluster_bias": torch.ones(1)})


@pytest.mark.parametrize(
    ("bfloat16", "capability", "expected"),
    [(True, (8, 0), torch.bfloat16), (False, (7, 5), torch.float16), (False, (6, 1), torch.float32)],
    ids=["Ampere", "Turing", "Pascal"],
)
def test_a_card_computes_in_what_its_tensor_cores_have(
    bfloat16: bool, capability: tuple[int, int], expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: bfloat16)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: capability)
    assert precision_for(torch.device("cuda"), "auto") is expected
