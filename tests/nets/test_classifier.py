"""The classifier: padding, windows, BPT3C, pooling, head, layer groups."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ulmengine.config import DropoutConfig, ModelConfig, Sizes
from ulmengine.nets import AWDLSTM, LanguageModel, TextClassifier, bpt3c, freeze_to, layer_groups
from ulmengine.nets.bpt3c import Windows, read_documents, window_starts
from ulmengine.nets.head import BatchNorm
from ulmengine.nets.kernels import layer_pass

from .plain import largest_error

QUIET = DropoutConfig(multiplier=0, head=0)


def make(dropout: DropoutConfig = QUIET, bptt: int = 4, max_tokens: int = 1000, **model: object) -> TextClassifier:
    torch.manual_seed(0)
    config = ModelConfig(dropout=dropout, head_hidden=6, **model)  # type: ignore[arg-type]
    encoder = AWDLSTM(50, Sizes(8, 12, 3), dropout, skip_connections=config.skip_connections)
    return TextClassifier(encoder, 3, config, bptt=bptt, max_tokens=max_tokens)


def documents(lengths: list[int]) -> list[Tensor]:
    chance = torch.Generator().manual_seed(1)
    return [torch.randint(2, 50, (length,), generator=chance) for length in lengths]


def batch(rows: list[Tensor], wider: int = 0) -> tuple[Tensor, Tensor]:
    padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=1)
    padded = torch.nn.functional.pad(padded, (0, wider), value=1)
    return padded, torch.tensor([len(row) for row in rows])


@pytest.mark.parametrize(
    "options", [{}, {"pooling": "attention"}, {"pooling": "last"}, {"skip_connections": True}], ids=str)
@pytest.mark.parametrize("max_tokens", [1000, 9])
def test_padded_is_as_alone(options: dict[str, object], max_tokens: int) -> None:
    model = make(max_tokens=max_tokens, **options).eval()
    rows = documents([23, 22, 14, 9, 8, 5, 1])
    together = model(*batch(rows, wider=11))
    for row, scores in zip(rows, together, strict=True):
        assert largest_error(model(*batch([row]))[0], scores) < 1e-5


def test_what_padding_holds_does_not_matter() -> None:
    model = make().eval()
    tokens, lengths = batch(documents([13, 4, 1]), wider=3)
    other = tokens.clone()
    for row, length in enumerate(lengths.tolist()):
        other[row, length:] = 17
    assert torch.equal(model(tokens, lengths), model(other, lengths))


@pytest.mark.parametrize("by_steps", [True, False], ids=["own", "framework"])
def test_chunks_are_as_one_long_pass(by_steps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores and all gradients, whatever the chunk length, when the documents fit into their windows."""
    monkeypatch.setattr(layer_pass, "goes_by_steps", lambda *_: by_steps)
    rows, targets = documents([19, 19, 12, 3, 1]), torch.tensor([0, 1, 2, 0, 1])
    results = []
    for bptt in (1000, 4, 3):
        model = make(bptt=bptt)
        scores = model(*batch(rows))
        torch.nn.functional.cross_entropy(scores, targets).backward()
        results.append([scores.detach(), *(p.grad for p in model.parameters())])
    for chunked in results[1:]:
        for actual, expected in zip(chunked, results[0], strict=True):
            assert largest_error(actual, expected) < 1e-4


def test_window_starts_by_hand() -> None:
    """Chunks of 10, at most 25 tokens: 47 -> from 30 (17 left), 45 -> from 20 (25 left), 25 and less -> from 0."""
    lengths = torch.tensor([47, 46, 45, 31, 26, 25, 3])
    assert window_starts(lengths, 10, 25).tolist() == [30, 30, 20, 10, 10, 0, 0]
    assert window_starts(torch.tensor([30, 29]), 10, 3).tolist() == [20, 20]


def whole(windows: Windows) -> Tensor:
    """Their hidden states in the documents' order, (batch, time, features)."""
    rows = len(windows.lengths)
    padded = [torch.nn.functional.pad(piece, (0, 0, 0, 0, 0, rows - len(piece))) for piece in windows.pieces]
    return torch.cat(padded, dim=1)[windows.back]


def test_gradient_and_pooling_stop_at_the_window() -> None:
    """State passes from before the window, the gradient does not: as if the state there were given."""
    model = make(max_tokens=8)
    rows = documents([18, 17, 6])
    grown: list[Tensor] = []
    hook = model.encoder.embedding.register_forward_hook(lambda _m, args, _out: grown.append(args[0]))
    windows = read_documents(model.encoder, *batch(rows), 4, 8)
    hook.remove()
    assert windows.lengths[windows.back].tolist() == [6, 5, 6]
    whole(windows).sum().backward()
    gradient = model.encoder.embedding.weight.grad
    assert gradient is not None
    inside = torch.cat([rows[0][12:], rows[1][12:], rows[2]])
    touched = set(gradient.abs().sum(1).nonzero().squeeze(1).tolist())
    assert touched == set(inside.tolist())
    # No token is read twice, none is left out, no padding is read.
    assert sorted(torch.cat(grown).tolist()) == sorted(torch.cat(rows).tolist())
    everything = whole(read_documents(make(max_tokens=1000).encoder, *batch(rows), 4, 1000))
    assert largest_error(whole(windows)[0, :6], everything[0, 12:18]) < 1e-5
    assert largest_error(whole(windows)[1, :5], everything[1, 12:17]) < 1e-5


def test_rows_must_be_sorted_and_not_empty() -> None:
    model = make().eval()
    for lengths in ([2, 3], [3, 0]):
        with pytest.raises(ValueError, match="longest"):
            model(torch.full((2, 3), 5), torch.tensor(lengths))


def test_head_has_the_papers_shape() -> None:
    first, last = make().head.blocks
    assert (first.linear.in_features, first.linear.out_features) == (24, 6)
    assert (last.linear.in_features, last.linear.out_features) == (6, 3)


def test_the_last_state_alone_is_scored() -> None:
    """The head over the state after the last token, by hand, whatever came before it in other chunks."""
    model = make(pooling="last").eval()
    rows = documents([11, 4, 1])
    first, last = model.head.blocks
    assert (first.linear.in_features, last.linear.out_features) == (8, 3)
    for row, scores in zip(rows, model(*batch(rows)), strict=True):
        state = model.encoder(row[None]).hidden[-1]
        inner = first.linear.weight @ (state / (1 + first.norm.eps) ** 0.5)
        assert largest_error(last.linear.weight @ (inner.relu() / (1 + last.norm.eps) ** 0.5), scores) < 1e-5


def test_a_batch_of_one_document_trains() -> None:
    model = make()
    before = model.head.blocks[0].norm.running_mean.clone()
    model(*batch(documents([5]))).sum().backward()
    assert torch.equal(model.head.blocks[0].norm.running_mean, before)


def test_frozen_statistics_stay() -> None:
    model = make()
    model.head.freeze_statistics()
    norms = [module for module in model.modules() if isinstance(module, BatchNorm)]
    model(*batch(documents([5, 4, 4])))
    assert all(not norm.running_mean.any() for norm in norms)
    model.head.freeze_statistics(False)
    model(*batch(documents([5, 4, 4])))
    assert all(norm.running_mean.any() for norm in norms)


def test_groups_hold_every_parameter_once() -> None:
    classifier, language_model = make(), LanguageModel(50, Sizes(8, 12, 3), QUIET)
    for model, names in (
        (classifier, ["embedding", "layer 1", "layer 2", "layer 3", "head"]),
        (language_model, ["layer 1", "layer 2", "layer 3", "decoder"]),
    ):
        groups = layer_groups(model)
        assert [name for name, _ in groups] == names
        every = [id(p) for _, parameters in groups for p in parameters.values()]
        assert sorted(every) == sorted(id(p) for p in model.parameters())


@pytest.mark.usefixtures("own_path")
@pytest.mark.parametrize("unfrozen", [1, 2, 3, 4, 5])
def test_frozen_groups_get_no_gradient_and_cost_no_backward_work(unfrozen: int) -> None:
    model = make(DropoutConfig())
    freeze_to(model, 5)
    model(*batch(documents([9, 9, 5]))).sum().backward()
    freeze_to(model, unfrozen)
    groups = layer_groups(model)
    frozen = [p for _, parameters in groups[: 5 - unfrozen] for p in parameters.values()]
    assert all(p.grad is None for p in frozen)
    with torch.profiler.profile() as profile:
        model(*batch(documents([9, 9, 5]))).sum().backward()
    assert all(p.grad is None for p in frozen)
    assert all(p.grad is not None for _, parameters in groups[5 - unfrozen :] for p in parameters.values())
    backward = sum(event.count for event in profile.key_averages() if event.key == "StepsBackward")
    assert backward == 3 * min(3, unfrozen - 1)  # three chunks, each unfrozen layer once


def test_dropout_stays_on_in_frozen_groups() -> None:
    model = make(DropoutConfig(multiplier=1))
    freeze_to(model, 1)
    tokens, lengths = batch(documents([9, 9, 5]))
    one = whole(read_documents(model.encoder, tokens, lengths, 4, 1000))
    assert not one.requires_grad
    assert not torch.equal(one, whole(read_documents(model.encoder, tokens, lengths, 4, 1000)))


def test_impossible_number_of_groups() -> None:
    for unfrozen in (0, 6):
        with pytest.raises(ValueError, match="between 1 and 5"):
            freeze_to(make(), unfrozen)


@pytest.mark.parametrize("by_steps", [True, False], ids=["own", "framework"])
def test_recurrent_weights_learn_when_a_document_is_longer_than_the_window(
    by_steps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_pass, "goes_by_steps", lambda *_: by_steps)
    model = make(DropoutConfig(multiplier=1, head=0), max_tokens=9).train()
    model(*batch(documents([23, 22, 14, 9]))).square().sum().backward()
    for layer in model.encoder.layers:
        assert layer.weight_hh.grad is not None
        assert layer.weight_hh.grad.abs().sum() > 0


def test_what_stands_far_ahead_of_the_window_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40 tokens the last 4 are the window, which begins at 36; 8 tokens ahead are read: from 28 on."""
    monkeypatch.setattr(bpt3c, "AHEAD", 1)
    monkeypatch.setattr(bpt3c, "AHEAD_LEAST", 8)
    model = make(max_tokens=4).eval()
    rows = documents([40, 21, 13, 3])
    scores = model(*batch(rows))
    for row, score in zip(rows, scores, strict=True):
        assert largest_error(model(*batch([row]))[0], score) < 1e-5
    far, near = rows[0].clone(), rows[0].clone()
    far[:28] = 7
    near[28] = 7 if near[28] != 7 else 8
    assert torch.equal(model(*batch([far])), model(*batch([rows[0]])))
    assert not torch.equal(model(*batch([near])), model(*batch([rows[0]])))
    assert largest_error(model(*batch([rows[0][28:]]))[0], scores[0]) < 1e-5
