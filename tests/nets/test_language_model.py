"""The language model: state, regularisation, tying, transfer, writing."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ulmengine.config import DropoutConfig, Sizes
from ulmengine.nets import LanguageModel, generate, transfer_embedding
from ulmengine.tokens import IGNORED

SIZES = Sizes(8, 12, 3)


def make(multiplier: float = 0.0, **options: object) -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(40, SIZES, DropoutConfig(multiplier=multiplier), **options)  # type: ignore[arg-type]


def tokens(batch: int = 3, time: int = 9) -> Tensor:
    return torch.randint(2, 40, (batch, time), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("skip", [False, True])
def test_two_chunks_with_state_read_as_one(skip: bool) -> None:
    model = make(skip_connections=skip).eval()
    whole, end = model.logits(tokens())
    first, state = model.logits(tokens()[:, :4])
    second, last = model.logits(tokens()[:, 4:], state)
    assert torch.allclose(torch.cat([first, second], 1), whole, atol=1e-6)
    for (h, c), (right_h, right_c) in zip(last, end, strict=True):
        assert torch.allclose(h, right_h, atol=1e-6)
        assert torch.allclose(c, right_c, atol=1e-6)


def test_skip_connections_add_where_widths_agree() -> None:
    """8 -> 12 -> 12 -> 8: only the middle layer has equal widths. Silenced, it hands its input through."""
    model = make(skip_connections=True).eval()
    middle = model.encoder.layers[1]
    with torch.no_grad():
        for parameter in middle.parameters():
            parameter.zero_()
    seen = []
    hooks = [
        layer.register_forward_hook(lambda _layer, args, out: seen.append((args[0], out[0])))
        for layer in model.encoder.layers
    ]
    model.logits(tokens())
    for hook in hooks:
        hook.remove()
    assert not seen[1][1].any()
    assert torch.equal(seen[2][0], seen[0][1])


def test_state_is_cut_off_and_shaped_by_layer_and_batch() -> None:
    model = make(0.5)
    loss = model.loss(tokens()[:, :-1], tokens()[:, 1:], None)
    assert [h.shape[1] for h, _ in loss.state] == [12, 12, 8]
    assert all(part.shape[0] == 3 and not part.requires_grad for pair in loss.state for part in pair)
    second = model.loss(tokens()[:, :-1], tokens()[:, 1:], loss.state)
    second.total.backward()
    assert all(part.grad is None for pair in loss.state for part in pair)


def test_regularisation_by_hand_and_not_in_evaluation() -> None:
    model = make(0.0)
    batch = tokens()
    hidden = model.encoder(batch[:, :-1])
    values = hidden.layout.unpack(hidden.hidden).detach()
    ar = float(values.square().mean())
    tar = float((values[:, 1:] - values[:, :-1]).square().mean())
    loss = model.loss(batch[:, :-1], batch[:, 1:], None, alpha=3.0, beta=5.0)
    assert float(loss.total.detach()) == pytest.approx(float(loss.cross_entropy) + 3 * ar + 5 * tar, rel=1e-5)
    quiet = model.eval().loss(batch[:, :-1], batch[:, 1:], None, alpha=3.0, beta=5.0)
    assert float(quiet.total.detach()) == float(quiet.cross_entropy)


def test_ar_sees_the_dropped_output_and_tar_the_raw() -> None:
    torch.manual_seed(0)
    model = LanguageModel(40, SIZES, DropoutConfig(multiplier=1, output=0.5, embedding=0, input=0, weight=0, hidden=0))
    batch = tokens(64, 30)
    raw = model.encoder(batch[:, :-1])
    values = raw.layout.unpack(raw.hidden).detach()
    loss = model.loss(batch[:, :-1], batch[:, 1:], None, alpha=0.0, beta=1000.0)
    tar = 1000 * float((values[:, 1:] - values[:, :-1]).square().mean())
    assert float(loss.total.detach() - loss.cross_entropy) == pytest.approx(tar, rel=1e-3)
    loss = model.loss(batch[:, :-1], batch[:, 1:], None, alpha=1000.0, beta=0.0)
    # Dropped at p = 0.5 the mean square doubles on average.
    ar = 1000 * float(values.square().mean())
    assert float(loss.total.detach() - loss.cross_entropy) == pytest.approx(2 * ar, rel=0.15)


def test_targets_that_do_not_count() -> None:
    model = make().eval()
    batch, targets = tokens(), tokens()[:, 1:].clone()
    targets[1, 3:] = IGNORED
    loss = model.loss(batch[:, :-1], targets, None)
    logs = model.logits(batch[:, :-1])[0].detach().log_softmax(2)
    counted = [(b, t) for b in range(3) for t in range(8) if targets[b, t] != IGNORED]
    by_hand = -sum(float(logs[b, t, targets[b, t]]) for b, t in counted) / len(counted)
    assert loss.tokens == len(counted) == 19
    assert float(loss.cross_entropy) == pytest.approx(by_hand, rel=1e-5)
    nothing = model.loss(batch[:, :-1], torch.full_like(targets, IGNORED), None)
    assert float(nothing.total.detach()) == 0.0


def test_one_token_has_no_change_over_time() -> None:
    assert math.isfinite(float(make(0.5).loss(tokens()[:, :1], tokens()[:, 1:2], None).total.detach()))


def test_embedding_and_decoder_are_one_tensor_once() -> None:
    model = make()
    assert [n for n, _ in model.named_parameters() if "embedding" in n or "decoder" in n] == [
        "encoder.embedding.weight", "decoder.bias",
    ]
    with torch.no_grad():
        model.encoder.embedding.weight[7] = 0
        model.decoder.bias[7] = 100
    for tied in (model, copy.deepcopy(model), make()):
        tied.load_state_dict(model.state_dict())
        assert int(tied.logits(tokens())[0][0, 0].argmax()) == 7
        assert not tied.encoder.embed(torch.tensor([7]), None).any()


def test_vocabulary_transfer_agrees_with_the_reference() -> None:
    vector = json.loads((Path(__file__).parent / "data" / "vocabulary_transfer.json").read_text())
    mapping = np.array([vector["old_vocab"].index(w) if w in vector["old_vocab"] else -1 for w in vector["new_vocab"]])
    rows, bias = transfer_embedding(torch.tensor(vector["old_rows"]), torch.tensor(vector["old_bias"]), mapping)
    assert bias is not None
    assert np.allclose(rows.numpy(), vector["new_rows"], rtol=1e-5, atol=1e-7)
    assert np.allclose(bias.numpy(), vector["new_bias"], rtol=1e-5, atol=1e-7)
    assert transfer_embedding(rows, None, mapping[:0])[1] is None
    with pytest.raises(ValueError, match="row 9"):
        transfer_embedding(rows, bias, np.array([9]))


def test_initialisation_as_published() -> None:
    """Embedding uniform in +-0.1, all else in +-1/sqrt(hidden) (1708.02182, 5), decoder bias 0."""
    torch.manual_seed(0)
    model = LanguageModel(3000, Sizes(40, 100, 2), DropoutConfig())
    embedding = model.encoder.embedding.weight.detach()
    assert 0.099 < float(embedding.abs().max()) <= 0.1
    assert float(embedding.std()) == pytest.approx(0.1 / math.sqrt(3), rel=0.02)
    for layer, width in zip(model.encoder.layers, (100, 40), strict=True):
        for parameter in layer.parameters():
            assert 0.9 / math.sqrt(width) < float(parameter.detach().abs().max()) <= 1 / math.sqrt(width)
    assert not model.decoder.bias.any()


@pytest.mark.parametrize("softmax", ["full", "adaptive", "sampled"])
def test_every_softmax_learns_a_sentence(softmax: str) -> None:
    torch.manual_seed(0)
    model = LanguageModel(80, Sizes(16, 32, 2), DropoutConfig(multiplier=0), softmax=softmax)
    batch = torch.tensor([[5, 9, 70, 30, 5, 9, 70, 30, 5]]).repeat(4, 1)
    torch.nn.init.normal_(model.encoder.embedding.weight)  # words far apart are learnt sooner
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        model.loss(batch[:, :-1], batch[:, 1:], None, alpha=0, beta=0).total.backward()
        optimizer.step()
    assert float(model.eval().loss(batch[:, :-1], batch[:, 1:], None).cross_entropy) < 0.5
    chance = torch.Generator().manual_seed(0)
    assert generate(model, torch.tensor([5, 9]), 5, temperature=0, generator=chance) == [70, 30, 5, 9, 70]


def test_unknown_softmax() -> None:
    with pytest.raises(ValueError, match="full, adaptive or sampled"):
        make(softmax="soft")


def test_writing_is_repeatable_and_leaves_no_trace() -> None:
    model = make(0.5).train()
    torch.manual_seed(5)
    before = torch.get_rng_state()
    texts = [
        generate(model, torch.tensor([3]), 30, top_k=k, temperature=t, generator=torch.Generator().manual_seed(2))
        for k, t in ((40, 0.8), (40, 0.8), (0, 5.0), (1, 0.8))
    ]
    assert texts[0] == texts[1] != texts[2]
    assert model.training
    assert torch.equal(torch.get_rng_state(), before)
    assert all(len(text) == 30 and not {0, 1} & set(text) for text in texts)
    greedy = generate(model, torch.tensor([3]), 30, temperature=0, generator=torch.Generator())
    assert texts[3] == greedy
    with pytest.raises(ValueError, match="at least one token"):
        generate(model, torch.tensor([], dtype=torch.long), 1, generator=torch.Generator())
