"""Benchmarks on another device than the processor: what can be seen of it here, and on a graphics card the rest."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.bench.test_networks import DOCUMENTS, TASK
from ulmengine.bench import agreement, classifier, device, lm, measure, predict
from ulmengine.cli import main
from ulmengine.nets import LanguageModel, TextClassifier
from ulmengine.nets.awd_lstm import Draw
from ulmengine.runs import finalize
from ulmengine.tokens import TokenStore
from ulmengine.training.batches import DocumentBatches

REFERENCE = runpy.run_path(str(Path(measure.__file__).with_name("reference.py")))
CPU = torch.device("cpu")
on_a_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")
without_one = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA card here")


@without_one
@pytest.mark.parametrize("work", ["lm", "classifier", "predict"])
def test_a_device_that_is_not_there_is_said_in_words(work: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", work, "--device", "cuda", "--preset", "tiny"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("error: There is no CUDA device here; choose auto or ")
    assert said.err.endswith("cpu\n")
    assert not said.out


@without_one
def test_auto_is_the_device_that_a_run_takes() -> None:
    assert device.find_device("auto") == CPU
    assert device.placed("auto", "float32") == {"device": "cpu", "precision": "float32"}


def test_a_task_names_the_precision_that_auto_stands_for() -> None:
    assert device.placed("cpu", "auto")["precision"] in ("float32", "bfloat16")


def test_float16_is_for_graphics_cards(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "lm", "--precision", "float16", "--preset", "tiny"]) == 1
    assert "float16 needs a graphics card" in capsys.readouterr().err


@pytest.mark.parametrize("bench", [lm.bench_lm, classifier.bench_classifier, predict.bench_predict])
def test_both_are_told_the_device(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    figures = {"per_s": 1.0, "cpu_s": 1.0, "done": 1, "seconds": 1.0, "step_ms": 1.0, "peak_rss_mb": 1.0,
               "peak_device_mb": 2.0}
    monkeypatch.setattr(device, "placed", lambda *wanted: dict(zip(("device", "precision"), wanted, strict=True)))
    monkeypatch.setattr(measure, "ours", lambda task: told.append(task) or figures)
    monkeypatch.setattr(
        measure, "reference", lambda _, task: told.append(task) or {**figures, "peak_device_mb": 8.0}
    )
    result = bench("python", preset="tiny", device="cuda", precision="float16")
    assert {(task["device"], task["precision"]) for task in told} == {("cuda", "float16")}
    assert result["peak_device_mb"] == 2.0
    assert result["reference"]["peak_device_mb"] == 8.0
    assert result["ratio"]["peak_device_mb"] == 0.25


def test_why_the_reference_failed_is_said_where_only_a_later_part_of_prediction_did(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {"per_s": 1.0, "cpu_s": 1.0, "done": 1, "seconds": 1.0, "step_ms": 1.0, "peak_rss_mb": 1.0}

    def reference(_python: str, task: dict[str, Any]) -> dict[str, Any]:
        if task["lengths"] == [[predict.SENTENCE]] * 21:
            raise measure.BenchError("its memory was full")
        return figures

    monkeypatch.setattr(measure, "ours", lambda _task: figures)
    monkeypatch.setattr(measure, "reference", reference)
    result = predict.bench_predict("python", preset="tiny")
    assert (result["reference"], result["reference_missing"]) == (None, "its memory was full")
    assert "ratio" not in result


def test_the_clock_is_read_when_the_step_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    monkeypatch.setattr(measure.time, "perf_counter", lambda: happened.append("clock") or float(len(happened)))
    measure.timed(lambda _: happened.append("step") or 1, [1, 2], lambda: happened.append("wait"))
    assert happened == ["clock", "step", "wait", "clock"] * 2


def test_each_device_is_waited_for_in_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[str] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda *place: waited.append(f"cuda{len(place)}"))
    monkeypatch.setattr(torch.mps, "synchronize", lambda: waited.append("mps"))
    for kind in ("cpu", "cuda", "mps"):
        device.waiting(torch.device(kind))()
        REFERENCE["waiting"](kind)()
    assert waited == ["cuda1", "cuda0", "mps", "mps"]


def test_a_part_of_a_step_is_timed_without_its_first() -> None:
    parts = [(0.0, 9.0), (1.0, 1.002), (2.0, 2.004), (3.0, 3.003)]
    assert device.median_ms("part", CPU, parts) == REFERENCE["median_ms"]("part", "cpu", parts) == {"part_ms": 3.0}
    assert device.median_ms("part", torch.device("mps"), parts) == REFERENCE["median_ms"]("part", "mps", parts) == {}


def test_a_card_notes_the_times_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []

    class Event:
        """Stands in for the card's."""

        def __init__(self, *, enable_timing: bool) -> None:
            assert enable_timing

        def record(self) -> None:
            happened.append("noted")

        def elapsed_time(self, later: Event) -> float:
            return 5.0

    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda *_: pytest.fail("waited"))
    cuda = torch.device("cuda")
    assert device.median_ms("part", cuda, [(device.mark(cuda), device.mark(cuda))]) == {"part_ms": 5.0}
    marks = [(REFERENCE["mark"]("cuda"), REFERENCE["mark"]("cuda"))]
    assert REFERENCE["median_ms"]("part", "cuda", marks) == {"part_ms": 5.0}
    assert happened == ["noted"] * 4


def test_memory_of_a_card_is_among_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "synchronize", lambda *_: None)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda *_: 3 * 2**20)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda *_: "a card")
    figures = device.timed_on(torch.device("cuda"), lambda n: n, [1, 2])
    assert (figures["peak_device_mb"], figures["device_name"], figures["device"]) == (3.0, "a card", "cuda")
    assert "peak_device_mb" not in device.timed_on(CPU, lambda n: n, [1, 2])


def test_the_share_of_the_peak_is_that_of_a_plain_product(monkeypatch: pytest.MonkeyPatch) -> None:
    assert device.reached(6e12, 2.0, CPU, torch.float32) == {"tflops": 3.0}
    monkeypatch.setattr(device, "product_tflops", lambda *_: 12.0)
    card = device.reached(6e12, 2.0, torch.device("cuda"), torch.bfloat16)
    assert card == {"tflops": 3.0, "product_tflops": 12.0, "share_of_product": 0.25}


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_a_plain_product_is_measured(precision: torch.dtype) -> None:
    assert device.product_tflops(CPU, precision, size=64, repeats=2) > 0


def test_only_the_full_softmax_has_known_arithmetic() -> None:
    assert lm.train(TASK)["tflops"] > 0
    assert "tflops" not in lm.train({**TASK, "softmax": "sampled"})


def test_what_answers_is_the_network_in_the_precision_that_is_measured() -> None:
    network = classifier.build(DOCUMENTS).eval()
    assert predict.reader(network, torch.bfloat16) is not network
    assert {layer.precision for layer in network.encoder.layers} == {torch.bfloat16}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """On which devices the tokens and the lengths lay that a classifier was asked about."""
    found = set()

    def forward(
        network: TextClassifier, tokens: torch.Tensor, lengths: torch.Tensor, draw: Draw | None = None,
    ) -> torch.Tensor:
        found.add((tokens.device.type, lengths.device.type))
        scores = torch.zeros(len(lengths), network.classes)
        if not network.training:
            return scores  # not on "meta", which holds no values that could be read back
        return scores.to(tokens.device) * next(p for p in network.parameters() if p.requires_grad).sum()

    monkeypatch.setattr(TextClassifier, "forward", forward)
    return found


ON_META = {**DOCUMENTS, "device": "meta", "unfrozen": 4}


@pytest.mark.parametrize("work", [classifier.train, predict.bulk, agreement.of_random_documents])
def test_the_lengths_stay_on_the_processor(work: Any, asked: set[tuple[str, str]]) -> None:
    work(ON_META)
    assert asked == {("meta", "cpu")}, "to look at one on a card would wait for the card's work"


def test_the_lengths_stay_there_when_a_run_is_measured_too(
    asked: set[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TokenStore(np.arange(9, dtype=np.uint16), np.array([0, 5, 9]), "made")
    documents = DocumentBatches(store, None, 2, train=False)
    monkeypatch.setattr(finalize, "document_batches", lambda *_: documents)
    prepared: Any = SimpleNamespace(documents=SimpleNamespace(count=lambda _: 2, multi_label=False))
    list(finalize._scores(prepared, {"forward": classifier.build(ON_META)}, "test"))
    assert asked == {("meta", "cpu")}


# cuDNN says that weights which DropConnect has made do not lie in one piece; they never do.
whole_weights = pytest.mark.filterwarnings("ignore:RNN module weights")


@on_a_card
@whole_weights
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("work", [lm.train, lm.validate])
def test_the_language_model_is_measured_on_a_card(work: Any, precision: str) -> None:
    result = work({**TASK, "device": "cuda", "precision": precision})
    assert result["done"] == 2 * 2 * 5
    assert work is lm.validate or 0 < result["optimizer_ms"] < result["step_ms"]
    assert result["peak_device_mb"] > 0
    assert 0 < result["share_of_product"] < 1


@on_a_card
@whole_weights
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_the_classifier_is_measured_on_a_card(precision: str) -> None:
    task = {**DOCUMENTS, "device": "cuda", "precision": precision}
    assert classifier.train({**task, "unfrozen": 4})["done"] == 4
    assert predict.bulk(task)["done"] == 4


@on_a_card
@whole_weights
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_training_step_goes_through_cudnn_and_its_state_stays_there(precision: str) -> None:
    model: LanguageModel = lm.build({**TASK, "device": "cuda", "precision": precision}).train()
    batch = lm.random_tokens(60, 2, 6).cuda()
    with torch.profiler.profile() as profile:
        loss = model.loss(batch[:, :-1], batch[:, 1:], None)
        loss.total.backward()
        torch.cuda.synchronize()
    names = {event.key for event in profile.key_averages()}
    assert "aten::_cudnn_rnn" in names
    assert any("_cudnn_rnn_backward" in name for name in names)
    assert {part.device.type for pair in loss.state for part in pair} == {"cuda"}
    assert {part.dtype for pair in loss.state for part in pair} == {torch.float32}
    again = model.loss(batch[:, :-1], batch[:, 1:], loss.state)
    assert torch.isfinite(again.total)
    assert all(p.grad is not None and p.grad.device.type == "cuda" for p in model.parameters())
