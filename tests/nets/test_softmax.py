"""The chunked cross entropy, and the adaptive and sampled softmax, against plain ones."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from ulmengine.nets import chunked_cross_entropy
from ulmengine.nets.adaptive import AdaptiveDecoder, borders
from ulmengine.nets.decoder import Decoder
from ulmengine.nets.kernels import chunked
from ulmengine.nets.sampled_softmax import SampledDecoder, draw_words, expected_log_counts
from ulmengine.tokens import IGNORED

from .plain import largest_error

N, FEATURES, CLASSES = 37, 6, 11


@pytest.fixture
def problem(monkeypatch: pytest.MonkeyPatch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Small chunks of 7 rows, softmax blocks of 2; two targets that do not count."""
    monkeypatch.setattr(chunked, "BYTES", 7 * CLASSES * 8)
    monkeypatch.setattr(chunked, "BLOCK", 2 * CLASSES)
    torch.manual_seed(0)
    targets = torch.randint(CLASSES, (N,))
    targets[[3, 36]] = IGNORED
    hidden, weight, bias = torch.randn(N, FEATURES), torch.randn(CLASSES, FEATURES), torch.randn(CLASSES)
    return hidden.double().requires_grad_(), weight.double().requires_grad_(), bias.double().requires_grad_(), targets


def plain(hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(hidden @ weight.T + bias, targets, reduction="sum", ignore_index=IGNORED)


def test_value_and_gradients_in_float64(problem: tuple[Tensor, ...]) -> None:
    *leaves, targets = problem
    loss = chunked_cross_entropy(*leaves, targets) / 35
    expected = plain(*leaves, targets) / 35
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-12)
    for actual, right in zip(torch.autograd.grad(loss, leaves), torch.autograd.grad(expected, leaves), strict=True):
        assert largest_error(actual, right) < 1e-12


def test_gradient_by_finite_differences(problem: tuple[Tensor, ...]) -> None:
    *leaves, targets = problem
    gradients = torch.autograd.grad(chunked_cross_entropy(*leaves, targets), leaves)
    for leaf, gradient in zip(leaves, gradients, strict=True):
        for place in range(0, leaf.numel(), 5):
            values = []
            for step in (1e-5, -1e-5):
                moved = leaf.detach().clone()
                moved.view(-1)[place] += step
                with torch.no_grad():
                    values.append(plain(*(moved if other is leaf else other for other in leaves), targets))
            assert float(gradient.view(-1)[place]) == pytest.approx(float(values[0] - values[1]) / 2e-5, abs=1e-6)


def test_the_gradient_is_taken_once(problem: tuple[Tensor, ...]) -> None:
    loss = chunked_cross_entropy(*problem)
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="already taken"):
        loss.backward()


def test_only_wanted_gradients(problem: tuple[Tensor, ...]) -> None:
    hidden, weight, bias, targets = problem
    chunked_cross_entropy(hidden.detach(), weight, bias.detach(), targets).backward()
    assert hidden.grad is None
    assert weight.grad is not None
    with torch.no_grad():
        assert not chunked_cross_entropy(hidden, weight, bias, targets).requires_grad


def test_huge_scores_stay_finite() -> None:
    hidden = torch.tensor([[300.0], [-300.0]], requires_grad=True)
    weight, bias = torch.tensor([[1.0], [-1.0]], requires_grad=True), torch.zeros(2)
    loss = chunked_cross_entropy(hidden, weight, bias, torch.tensor([1, 1]))
    assert float(loss.detach()) == pytest.approx(600.0)
    loss.backward()
    assert hidden.grad is not None
    assert torch.allclose(hidden.grad, torch.tensor([[2.0], [0.0]]))


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16], ids=str)
def test_narrow_products(problem: tuple[Tensor, ...], precision: torch.dtype) -> None:
    *leaves, targets = problem
    single = [leaf.detach().float().requires_grad_() for leaf in leaves]
    loss = chunked_cross_entropy(*single, targets, precision) / 35
    expected = plain(*leaves, targets) / 35
    assert loss.dtype == torch.float32
    assert largest_error(loss, expected) < 1e-2
    for actual, right in zip(torch.autograd.grad(loss, single), torch.autograd.grad(expected, leaves), strict=True):
        assert actual.dtype == torch.float32
        assert largest_error(actual, right) < 2e-2


def test_scores_of_the_batch_never_exist_at_once() -> None:
    """4,096 rows of 4,000 words are 66 MB in float32; no tensor of half that size may be made."""
    hidden, weight = torch.randn(4096, 8, requires_grad=True), torch.randn(4000, 8, requires_grad=True)
    targets, bias = torch.randint(4000, (4096,)), torch.zeros(4000, requires_grad=True)
    original, chunked.BYTES = chunked.BYTES, 4 * 2**20
    try:
        with torch.profiler.profile(profile_memory=True) as profile:
            chunked_cross_entropy(hidden, weight, bias, targets).backward()
    finally:
        chunked.BYTES = original
    largest = max((event.cpu_memory_usage for event in profile.events()), default=0)
    assert 0 < largest < 33e6


def zipf(vocabulary: int, count: int) -> Tensor:
    return torch.multinomial(1 / torch.arange(1.0, vocabulary + 1), count, replacement=True)


def decoder_problem(decoder: Decoder, vocabulary: int) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(1)
    torch.nn.init.normal_(decoder.bias)
    targets = zipf(vocabulary, 50)
    targets[7] = IGNORED
    return torch.randn(50, 6, requires_grad=True), torch.randn(vocabulary, 6, requires_grad=True), targets


def test_adaptive_is_a_distribution_and_its_loss_is_that_distributions() -> None:
    decoder = AdaptiveDecoder(100, 6)
    hidden, weight, targets = decoder_problem(decoder, 100)
    assert borders(100) == (12, 50, 100)
    logs = decoder.scores(hidden, weight)
    assert torch.allclose(logs.exp().sum(1), torch.ones(50), atol=1e-5)
    expected = F.nll_loss(logs, targets, reduction="sum", ignore_index=IGNORED)
    loss = decoder.loss(hidden, weight, targets)
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
    leaves = (hidden, weight, *decoder.parameters())
    for actual, right in zip(torch.autograd.grad(loss, leaves), torch.autograd.grad(expected, leaves), strict=True):
        assert largest_error(actual, right) < 1e-4


def test_adaptive_by_hand() -> None:
    """Four words, one common; all scores 0: the common word and the cluster share, then three share the cluster."""
    decoder = AdaptiveDecoder(4, 2)
    torch.nn.init.zeros_(decoder.cluster_weight)
    logs = decoder.scores(torch.zeros(1, 2), torch.zeros(4, 2))
    assert logs[0].tolist() == pytest.approx([math.log(1 / 2)] + [math.log(1 / 6)] * 3)


def test_sampled_against_the_formula() -> None:
    """-log of exp(own) over exp(own) + sum over drawn rivals, every score less its log expected count."""
    decoder = SampledDecoder(200)
    hidden, weight, targets = decoder_problem(decoder, 200)
    torch.manual_seed(2)
    loss = decoder.loss(hidden, weight, targets)
    torch.manual_seed(2)
    words = draw_words(200, decoder.draws, hidden.device)
    corrected = hidden @ weight.T + decoder.bias - expected_log_counts(torch.arange(200), 200, decoder.draws)
    rows = []
    for scores, target in zip(corrected, targets.tolist(), strict=True):
        if target != IGNORED:
            rivals = [scores[target], *(scores[word] for word in words.tolist() if word != target)]
            rows.append(torch.stack(rivals).logsumexp(0) - scores[target])
    expected = torch.stack(rows).sum()
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
    leaves = (hidden, weight, decoder.bias)
    for actual, right in zip(torch.autograd.grad(loss, leaves), torch.autograd.grad(expected, leaves), strict=True):
        assert largest_error(actual, right) < 1e-4


def test_sampled_is_exact_in_evaluation() -> None:
    decoder = SampledDecoder(200).eval()
    hidden, weight, targets = decoder_problem(decoder, 200)
    expected = plain(hidden, weight, decoder.bias, targets)
    assert float(decoder.loss(hidden, weight, targets).detach()) == pytest.approx(float(expected.detach()), rel=1e-5)


def test_drawn_words_are_distributed_as_said() -> None:
    torch.manual_seed(3)
    seen = torch.zeros(50)
    for _ in range(4000):
        seen[draw_words(50, 20, torch.device("cpu"))] += 1
    share = expected_log_counts(torch.arange(50), 50, 20).exp()
    deviation = (share * (1 - share) / 4000).sqrt()
    assert ((seen / 4000 - share).abs() <= 5 * deviation + 1e-9).all()


@pytest.mark.parametrize("kind", [Decoder, SampledDecoder])
def test_words_that_no_text_holds_are_left_as_they_are(kind: type[Decoder]) -> None:
    torch.manual_seed(1)
    decoder, hidden = kind(200), torch.randn(11, 6)
    weight, targets = torch.randn(200, 6, requires_grad=True), torch.randint(0, 40, (11,))
    decoder.words = 40
    decoder.loss(hidden, weight, targets).backward()
    assert weight.grad is not None
    assert decoder.bias.grad is not None
    assert not weight.grad[40:].any()
    assert not decoder.bias.grad[40:].any()
    assert weight.grad[targets].abs().sum(1).min() > 0
    if kind is Decoder:
        scores = hidden @ weight.detach()[:40].T
        trained = decoder.loss(hidden, weight, targets)
        assert trained.item() == pytest.approx(F.cross_entropy(scores, targets, reduction="sum").item(), rel=1e-5)
    decoder.eval()
    everything = F.cross_entropy(hidden @ weight.detach().T, targets, reduction="sum")
    assert decoder.loss(hidden, weight, targets).item() == pytest.approx(everything.item(), rel=1e-5)
